package captures

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
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

// Found is what [Read] found.
type Found struct {
	Folders  []Folder
	Problems []error // recordings that cannot be read, each with its file
	Others   int     // JSON files of folders that are no recordings
}

// packed is the extension of a file with one document a line.
const packed = ".jsonl"

// Load is [Read] for those who take no half: its error has all problems. What
// could be read comes with it.
func Load(path string) ([]Folder, error) {
	found := Read(path)
	return found.Folders, errors.Join(found.Problems...)
}

// Read reads path: a packed file, a file with one document, or a folder, to any
// depth (links to folders are not followed). What cannot be read does not stop
// it. To find no recording at all is a problem.
//
// Below a folder it looks at the files *.json and *.jsonl. No recordings, and
// no problem, are: JSON with neither the member request nor operationId, unless
// it lies below a folder exchanges, deliveries or probes; and JSON lines of which
// the first has neither id nor request, or that are none at all. All other files are recordings, or
// problems if they are broken. So is a file that path names itself.
func Read(path string) Found {
	var found Found
	info, err := os.Stat(path)
	switch {
	case err != nil:
		found.problem(path, err)
	case info.IsDir():
		found.folder(filepath.Clean(path))
	case filepath.Ext(path) == packed:
		found.packed(path)
	default:
		if d := found.document(path, true); d != nil {
			found.Folders = []Folder{{Name: filepath.Base(filepath.Dir(path)), Documents: []*Document{d}}}
		}
	}
	if len(found.Folders)+len(found.Problems) == 0 {
		found.problem(path, errors.New("holds no recordings"))
	}
	return found
}

func (f *Found) problem(path string, err error) {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err // its text has the path too
	}
	f.Problems = append(f.Problems, fmt.Errorf("%s: %w", path, err))
}

// folder reads the folders in path, then the packed files, and then, as one
// Folder, the documents that lie in path and in its exchanges, deliveries and
// probes: those that index.json names in its order, the others behind, by name.
func (f *Found) folder(path string) {
	own := Folder{Name: filepath.Base(path)}
	inKind := isKind(path)
	files := f.files(path, inKind)
	place := order(path)
	slices.SortStableFunc(files, func(a, b string) int { return place(a) - place(b) })
	for _, file := range files {
		if d := f.document(file, inKind || filepath.Dir(file) != path); d != nil {
			own.Documents = append(own.Documents, d)
		}
	}
	if len(own.Documents) > 0 {
		f.Folders = append(f.Folders, own)
	}
}

// files returns the documents of path and reads what else lies in it. In one of
// the kinds' folders all folders belong to it.
func (f *Found) files(path string, inKind bool) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		f.problem(path, err)
	}
	var files []string
	for _, e := range entries {
		inner := filepath.Join(path, e.Name())
		switch {
		case e.IsDir() && (inKind || isKind(inner)):
			files = append(files, f.files(inner, true)...)
		case e.IsDir():
			f.folder(inner)
		case filepath.Ext(inner) == packed:
			f.packed(inner)
		case filepath.Ext(inner) == ".json":
			files = append(files, inner)
		}
	}
	return files
}

func isKind(folder string) bool { return slices.Contains(kinds, Kind(filepath.Base(folder))) }

var kinds = []Kind{Exchange, Delivery, Probe}

// order returns the place of each file of path: that in index.json, or behind
// all of those.
func order(path string) func(file string) int {
	places := map[string]int{}
	var index []struct {
		File string `json:"file"`
	}
	// One that is broken orders nothing, and is a problem like any other file.
	if data, err := os.ReadFile(filepath.Join(path, "index.json")); err == nil && json.Unmarshal(data, &index) == nil { //nolint:gosec // that is what Read is for
		for i, entry := range index {
			places[filepath.Join(path, filepath.FromSlash(entry.File))] = i
		}
	}
	return func(file string) int {
		if i, ok := places[file]; ok {
			return i
		}
		return math.MaxInt32
	}
}

// document reads a file with one document. It returns nil for a problem, and
// for a file that is no recording and need not be one.
func (f *Found) document(path string, must bool) *Document {
	data, err := os.ReadFile(path) //nolint:gosec // that is what Read is for
	if err != nil {
		f.problem(path, err)
		return nil
	}
	if !must && !has(data, "request", "operationId") {
		f.Others++
		return nil
	}
	d, err := Parse(data)
	if err != nil {
		f.problem(path, err)
		return nil
	}
	d.Source = path
	return d
}

// has tells whether data is an object with one of the members, or broken.
func has(data []byte, names ...string) bool {
	if !json.Valid(data) {
		return true
	}
	var object map[string]json.RawMessage
	_ = json.Unmarshal(data, &object) // JSON that is no object has no members
	return slices.ContainsFunc(names, func(name string) bool { return object[name] != nil })
}

// packed reads a file with one document a line.
func (f *Found) packed(path string) {
	data, err := os.ReadFile(path) //nolint:gosec // that is what Read is for
	if err != nil {
		f.problem(path, err)
		return
	}
	folder := Folder{Name: strings.TrimSuffix(filepath.Base(path), packed)}
	n, problems := 0, len(f.Problems)
	for line := range bytes.Lines(data) {
		n++
		if n == 1 && !has(line, "id", "request") {
			f.Others++
			return
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		d, err := Parse(line)
		source := fmt.Sprintf("%s:%d", path, n)
		if err != nil {
			f.problem(source, err)
			continue
		}
		d.Source = source
		folder.Documents = append(folder.Documents, d)
	}
	switch {
	case len(folder.Documents) > 0:
		f.Folders = append(f.Folders, folder)
	case len(f.Problems) == problems:
		f.Others++
	}
}
