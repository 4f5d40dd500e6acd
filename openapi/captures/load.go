package captures

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is what one server and database answered, in recorded order.
type Folder struct {
	Name      string // 3.7.2-mariadb
	Documents []*Document
}

// packed is the extension of a file with one document a line.
const packed = ".jsonl"

// Load reads path: a packed file, a file with one document, a folder of one
// server, or a folder of those. Folders that hold no recording are left out; to
// find none at all is an error, and so is a file that is none.
func Load(path string) ([]Folder, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var folders []Folder
	switch {
	case !info.IsDir() && filepath.Ext(path) == packed:
		folders, err = loadPacked(path)
	case !info.IsDir():
		folders, err = loadFile(path)
	case isFolder(path):
		folders, err = loadFolder(path)
	default:
		folders, err = loadTree(path)
	}
	if err == nil && len(folders) == 0 {
		err = fmt.Errorf("%s holds no recordings", path)
	}
	return folders, err
}

func loadFile(path string) ([]Folder, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	d, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return []Folder{{Name: filepath.Base(filepath.Dir(path)), Documents: []*Document{d}}}, nil
}

func loadPacked(path string) ([]Folder, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	folder := Folder{Name: strings.TrimSuffix(filepath.Base(path), packed)}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for n := 1; lines.Scan(); n++ {
		d, err := Parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		folder.Documents = append(folder.Documents, d)
	}
	return []Folder{folder}, lines.Err()
}

// readFile reads what the caller of [Load] says.
func readFile(path string) ([]byte, error) {
	return os.ReadFile(path) //nolint:gosec // that is what Load is for
}

// loadTree loads what lies directly in path; a folder of documents without
// subfolders counts as one server.
func loadTree(path string) ([]Folder, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var folders []Folder
	loose := Folder{Name: filepath.Base(path)}
	for _, e := range entries {
		inner := filepath.Join(path, e.Name())
		var found []Folder
		switch {
		case e.IsDir() && isFolder(inner):
			found, err = loadFolder(inner)
		case filepath.Ext(inner) == packed:
			found, err = loadPacked(inner)
		case filepath.Ext(inner) == ".json":
			var one []Folder
			if one, err = loadFile(inner); err == nil {
				loose.Documents = append(loose.Documents, one[0].Documents...)
			}
		}
		if err != nil {
			return nil, err
		}
		folders = append(folders, found...)
	}
	if len(loose.Documents) > 0 {
		folders = append(folders, loose)
	}
	return folders, nil
}

// isFolder tells whether path has the subfolders of one server.
func isFolder(path string) bool {
	return slices.ContainsFunc(kinds, func(k Kind) bool {
		info, err := os.Stat(filepath.Join(path, string(k)))
		return err == nil && info.IsDir()
	})
}

var kinds = []Kind{Exchange, Delivery, Probe}

// loadFolder reads the documents that index.json names, in its order, and then
// those that it does not name, by name. It may name some that are not there.
func loadFolder(path string) ([]Folder, error) {
	order, err := readIndex(filepath.Join(path, "index.json"))
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		files, err := filepath.Glob(filepath.Join(path, string(k), "*.json"))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if name := string(k) + "/" + filepath.Base(f); !slices.Contains(order, name) {
				order = append(order, name)
			}
		}
	}
	folder := Folder{Name: filepath.Base(path)}
	for _, name := range order {
		if kind, _, _ := strings.Cut(name, "/"); !slices.Contains(kinds, Kind(kind)) {
			continue // data/: tables, no recordings
		}
		one, err := loadFile(filepath.Join(path, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		folder.Documents = append(folder.Documents, one[0].Documents...)
	}
	return []Folder{folder}, nil
}

func readIndex(path string) ([]string, error) {
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var index []struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	order := make([]string, len(index))
	for i, entry := range index {
		order[i] = entry.File
	}
	return order, nil
}
