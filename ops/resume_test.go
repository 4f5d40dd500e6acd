package ops_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/ops"
	"github.com/docspace-go/webhooks/portal"
)

// What a run leaves in doubt the next one finds out. A dry run only looks.
func TestResume(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusServiceUnavailable))
		w.emit(t, api.FileCreated, "a")
		w.emit(t, api.FileUpdated, "b")
		time.Sleep(longEnough)
		w.receiver.set(always(http.StatusOK))
		if err := w.AddFaults(portal.Fault{Operation: "retryWebhooks", Kind: portal.FaultDrop, Done: true, Times: 1}); err != nil {
			t.Fatal(err)
		}
		var journal memory
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // ends while the batch settles
		defer cancel()
		report, err := ops.RetryFailed(ctx, w.client, api.DeliveryFilter{}, ops.BatchSize(1), ops.WithJournal(&journal))
		e := stopped(t, err)
		if got, want := states(report), "1:unclear, 2:planned"; got != want || e.Left != 1 || e.InDoubt != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %s, %v", got, err)
		}
		if !strings.Contains(err.Error(), "1 not sent, 1 in doubt") {
			t.Errorf("got %v", err)
		}
		noted := len(journal.entries)
		report, err = ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.WithJournal(&journal), ops.DryRun())
		if got, want := states(report), "1:redelivered→3, 2:planned"; got != want || err != nil || len(journal.entries) != noted {
			t.Errorf("dry run: %s, %v, want %s", got, err, want)
		}
		report, err = ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.WithJournal(&journal), ops.AwaitOutcomes(longEnough))
		if got, want := states(report), "1:redelivered→3, 2:redelivered→4"; got != want || err != nil {
			t.Errorf("resumed: %s, %v, want %s", got, err, want)
		}
	})
}

// Whatever the next run is asked for, it finds out about the batch in doubt.
func TestResumeElsewhere(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]struct {
		filter api.DeliveryFilter
		since  bool
	}{"another webhook": {filter: api.DeliveryFilter{Webhook: 2}}, "a later time": {since: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.receiver.set(always(http.StatusServiceUnavailable))
				w.emit(t, api.FileCreated, "a")
				time.Sleep(longEnough)
				journal := memory{entries: []ops.JournalEntry{{
					Kind: ops.JournalSending, Time: time.Now(), Portal: "https://acme.example.com/", After: 1, IDs: []api.DeliveryID{1},
				}}}
				if _, err := w.client.RetryDelivery(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				opts := []ops.RetryOption{ops.WithJournal(&journal)}
				if next.since {
					opts = append(opts, ops.Since(time.Now().Add(time.Hour)))
				}
				if _, err := ops.RetryFailed(t.Context(), w.client, next.filter, opts...); err != nil {
					t.Fatal(err)
				}
				if got := journal.entries[1].Retried; len(got) != 1 || got[0].Old != 1 || got[0].New != 2 {
					t.Errorf("got %+v, want 1 to be repeated by 2", journal.entries[1])
				}
			})
		})
	}
}
