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
	for _, file := range transcripts(t) {
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
