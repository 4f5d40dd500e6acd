package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// FileJournal is a [Journal] in a file, a line of JSON an entry. Each is on the
// disk when Append returns. A last line that a crash cut off counts as not
// written, which is right: what it announces was not begun.
type FileJournal struct {
	path string

	mu     sync.Mutex
	intact int64 // bytes up to the end of the last whole line
}

// NewFileJournal returns the journal in the file at path, which need not exist.
// Remove the file to start a new job.
func NewFileJournal(path string) *FileJournal { return &FileJournal{path: path} }

// Load implements [Journal].
func (j *FileJournal) Load(context.Context) ([]JournalEntry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.intact = 0
	data, err := os.ReadFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	var entries []JournalEntry
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return entries, nil
		}
		var e JournalEntry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("reading the journal: line %d is not an entry: %w", n, err)
		}
		entries = append(entries, e)
		j.intact += int64(len(line)) + 1
		data = rest
	}
}

// Append implements [Journal]. Load must have been called once.
func (j *FileJournal) Append(_ context.Context, entry JournalEntry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	line = append(line, '\n')
	file, err := os.OpenFile(j.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	err = errors.Join(file.Truncate(j.intact), writeAt(file, line, j.intact), file.Sync(), file.Close())
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	j.intact += int64(len(line))
	return nil
}

func writeAt(file *os.File, data []byte, offset int64) error {
	_, err := file.WriteAt(data, offset)
	return err
}

// memoryJournal is the journal of a job that does not outlive its run.
type memoryJournal struct{}

func (memoryJournal) Load(context.Context) ([]JournalEntry, error) { return nil, nil }
func (memoryJournal) Append(context.Context, JournalEntry) error   { return nil }
