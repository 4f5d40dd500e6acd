package webhooks_test

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/docspace-go/webhooks/internal/replay"
	"github.com/docspace-go/webhooks/portal"
)

// TestReplay plays transcripts of the vendor's server to the embedded portal.
// DOCSPACE_REPLAY=DIR plays those of another folder. -v shows the figures.
func TestReplay(t *testing.T) {
	t.Parallel()
	dir := cmp.Or(os.Getenv("DOCSPACE_REPLAY"), filepath.Join("openapi", "fixtures", "replay"))
	var files []string
	for _, form := range []string{"*.jsonl", "*.jsonl.gz"} {
		found, err := filepath.Glob(filepath.Join(dir, form))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatalf("no transcripts (*.jsonl, *.jsonl.gz) in %s", dir)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replay.Play(t, file)
		})
	}
}

// TestReplayCaptures asks the embedded portal what the whole server was asked,
// as far as the answer depends on nothing that happened before.
func TestReplayCaptures(t *testing.T) {
	t.Parallel()
	for server, database := range map[string]portal.Database{"3.7.2-mariadb": portal.MySQL, "3.7.2-postgresql": portal.PostgreSQL} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			replay.Ask(t, filepath.Join("openapi", "fixtures", server+".jsonl"), database)
		})
	}
}
