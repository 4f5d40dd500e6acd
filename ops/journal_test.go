package ops_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/ops"
)

var entries = []ops.JournalEntry{
	{Kind: ops.JournalSending, Time: time.Unix(1, 0).UTC(), Portal: "https://acme.example.com/", After: 9, IDs: []api.DeliveryID{1, 2, 3}},
	{
		Kind: ops.JournalSettled, Time: time.Unix(2, 0).UTC(),
		Retried: []ops.RetriedDelivery{{Old: 1, New: 10}, {Old: 2, New: 11, Guessed: true}}, Passed: []api.DeliveryID{3}, Unknown: []api.DeliveryID{4},
	},
	{Kind: ops.JournalSending, Time: time.Unix(3, 0).UTC(), Portal: "https://acme.example.com/", After: 12, IDs: []api.DeliveryID{5}},
}

// A journal reads back what it was given, also when its last line was cut off at
// any byte, and goes on after it.
func TestFileJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	write := ops.NewFileJournal(path)
	if got, err := write.Load(t.Context()); len(got) > 0 || err != nil {
		t.Fatalf("no file: %v, %v", got, err)
	}
	for _, e := range entries {
		if err := write.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(whole), "\n"); n != len(entries) {
		t.Fatalf("%d lines, want %d", n, len(entries))
	}
	for size := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		intact := strings.Count(string(whole[:size]), "\n")
		j := ops.NewFileJournal(path)
		got, err := j.Load(t.Context())
		if err != nil || len(got) != intact || intact > 0 && !reflect.DeepEqual(got, entries[:intact]) {
			t.Fatalf("cut at %d: %v, %v", size, got, err)
		}
		if err := j.Append(t.Context(), entries[2]); err != nil {
			t.Fatal(err)
		}
		got, err = ops.NewFileJournal(path).Load(t.Context())
		if want := append(entries[:intact:intact], entries[2]); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d, gone on: %v, %v", size, got, err)
		}
		if data, err := os.ReadFile(path); err != nil || data[len(data)-1] != '\n' {
			t.Fatalf("cut at %d: the file ends with what was cut: %v", size, err)
		}
	}
}

func TestFileJournalErrors(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, []byte("{}\nnot JSON\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ops.NewFileJournal(path).Load(t.Context()); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
	dir := ops.NewFileJournal(t.TempDir())
	if _, err := dir.Load(t.Context()); err == nil {
		t.Error("a folder was read")
	}
	if err := dir.Append(t.Context(), entries[0]); err == nil {
		t.Error("a folder was written")
	}
}

// What a job cannot go on from is refused before anything is sent.
func TestForeignJournal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		other := entries[0]
		other.Portal = "https://other.example.com/"
		for name, list := range map[string][]ops.JournalEntry{
			"another portal": {other}, "two batches at once": {entries[0], entries[0]}, "an end without a beginning": {entries[1]}, "a strange kind": {{Kind: "x"}},
		} {
			_, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.WithJournal(&memory{entries: list}))
			if err == nil || len(w.Requests()) > 0 {
				t.Errorf("%s: %v, %d requests", name, err, len(w.Requests()))
			}
		}
	})
}
