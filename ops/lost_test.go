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

// A batch whose answer does not come is looked for in the log.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault portal.Fault
		calls int
		want  string
	}{
		"done, dropped":     {portal.Fault{Kind: portal.FaultDrop, Done: true, Times: 1}, 1, "1:redelivered→3, 2:redelivered→4"},
		"done, cut":         {portal.Fault{Kind: portal.FaultCut, Times: 1}, 1, "1:redelivered→3, 2:redelivered→4"},
		"done, 502":         {portal.Fault{Kind: portal.FaultHTML, Done: true, Times: 1}, 1, "1:redelivered→3, 2:redelivered→4"},
		"done, not told":    {portal.Fault{Kind: portal.FaultBody, Body: "{}", Done: true, Times: 1}, 1, "1:redelivered→3, 2:redelivered→4"},
		"not done, dropped": {portal.Fault{Kind: portal.FaultDrop, Times: 1}, 2, "1:redelivered→3, 2:redelivered→4"},
		"not done, 503":     {portal.Fault{Kind: portal.FaultStatus, Times: 2}, 3, "1:redelivered→3, 2:redelivered→4"},
		"refused":           {portal.Fault{Kind: portal.FaultStatus, Status: 403, Times: 1}, 1, "1:planned, 2:planned"},
		"never":             {portal.Fault{Kind: portal.FaultDrop}, 4, "1:unclear, 2:unclear"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.receiver.set(always(http.StatusServiceUnavailable))
				w.emit(t, api.FileCreated, "a")
				w.emit(t, api.FileUpdated, "b")
				time.Sleep(longEnough)
				w.receiver.set(always(http.StatusOK))
				c.fault.Operation = "retryWebhooks"
				if err := w.AddFaults(c.fault); err != nil {
					t.Fatal(err)
				}
				report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.AwaitOutcomes(longEnough))
				if got := states(report); got != c.want {
					t.Errorf("got %s, %v, want %s", got, err, c.want)
				}
				if strings.Contains(c.want, "redelivered") != (err == nil) {
					t.Errorf("got %v", err)
				}
				calls := 0
				for _, r := range w.Requests() {
					if r.Operation == "retryWebhooks" {
						calls++
					}
				}
				if calls != c.calls {
					t.Errorf("%d calls, want %d", calls, c.calls)
				}
			})
		})
	}
}

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

// Payloads that name no event, as on portals of 3.0: rows are paired by the
// order of the answer, and a lost one is only known not to be done if no row came.
func TestNoEvents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault *portal.Fault
		want  string
	}{
		"answered": {nil, "1:queued→3, 2:queued→4"},
		"done":     {&portal.Fault{Operation: "retryWebhooks", Kind: portal.FaultDrop, Done: true, Times: 1}, "1:unclear, 2:unclear"},
		"not done": {&portal.Fault{Operation: "retryWebhooks", Kind: portal.FaultDrop, Times: 1}, "1:queued→3, 2:queued→4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				seed := w.Seed()
				for range 2 {
					seed.Log = append(seed.Log, portal.LogRow{Webhook: 1, Status: 500, RequestPayload: `{"response":{"id":14},"count":1}`})
				}
				if err := w.Reset(seed); err != nil {
					t.Fatal(err)
				}
				if c.fault != nil {
					if err := w.AddFaults(*c.fault); err != nil {
						t.Fatal(err)
					}
				}
				report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{})
				if got := states(report); got != c.want || err != nil {
					t.Errorf("got %s, %v, want %s", got, err, c.want)
				}
			})
		})
	}
}

// Somebody else retries by hand while a run waits for the limit.
func TestRetriedByAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusServiceUnavailable))
		for _, title := range []string{"a", "b", "c", "d", "e", "f"} {
			w.emit(t, api.FileCreated, title)
		}
		time.Sleep(longEnough)
		w.receiver.set(always(http.StatusOK))
		byHand := func(p ops.RetryProgress) {
			if p.Phase == ops.Waiting {
				if _, err := w.client.RetryDelivery(t.Context(), 6); err != nil {
					t.Error(err)
				}
			}
		}
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.BatchSize(1), ops.OnProgress(byHand))
		if err != nil || report.Count(ops.Queued, ops.Redelivered) != 5 || report.Count(ops.AlreadyDelivered, ops.AlreadyPending) != 1 {
			t.Errorf("%s, %v", states(report), err)
		}
		time.Sleep(longEnough)
		if n := w.receiver.successes("f"); n != 1 {
			t.Errorf("%d deliveries of what was retried by hand, want 1", n)
		}
	})
}
