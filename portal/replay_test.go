package portal_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
)

// TestReplay plays transcripts of the vendor's server to a portal of the same
// flavour and compares every answer, every probe and every delivery.
// DOCSPACE_REPLAY=DIR plays other transcripts.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(replayFolder(), "*.jsonl"))
	if len(files) == 0 {
		t.Skipf("no transcripts in %s", replayFolder())
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			entries := readTranscript(t, file)
			var result *replay
			synctest.Test(t, func(t *testing.T) {
				result = newReplay(t, entries)
				result.play(t)
			})
			result.report(t)
		})
	}
}
