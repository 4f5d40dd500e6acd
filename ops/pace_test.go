package ops_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/ops"
	"github.com/docspace-go/webhooks/portal"
)

// The portal allows 5 calls in 15 minutes; a run keeps to that, and remembers it
// across runs.
func TestRetryFailedPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, portal.WithLimits(portal.ServerLimits))
		w.receiver.set(always(http.StatusNotFound))
		for range 7 {
			w.emit(t, api.FileCreated, time.Now().String())
			time.Sleep(longEnough)
		}
		w.receiver.set(always(http.StatusOK))
		var journal memory
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		report, err := ops.RetryFailed(ctx, w.client, api.DeliveryFilter{}, ops.BatchSize(1), ops.WithJournal(&journal))
		if e := stopped(t, err); e.Left != 2 || e.InDoubt != 0 || !errors.Is(err, context.DeadlineExceeded) || report.Count(ops.Queued, ops.Redelivered) != 5 {
			t.Errorf("%v: %+v", e, report)
		}
		report, err = ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.BatchSize(1), ops.WithJournal(&journal), ops.AwaitOutcomes(longEnough))
		if err != nil || report.Count(ops.Redelivered) != 7 {
			t.Errorf("%v: %s", err, report)
		}
		if took := time.Since(start); took < 15*time.Minute || took > 16*time.Minute {
			t.Errorf("took %s, want a window of 15 minutes", took)
		}
		for _, r := range w.Requests() {
			if r.Status == http.StatusTooManyRequests {
				t.Errorf("ran into the limit at %s", r.Time)
			}
		}
	})
}

// Somebody else has used the limit up.
func TestRetryFailedLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusNotFound))
		w.emit(t, api.FileCreated, "a")
		time.Sleep(longEnough)
		fault := portal.Fault{Operation: "retryWebhooks", Kind: portal.FaultLimit, Times: 3}
		if err := w.AddFaults(fault); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{})
		if err != nil || report.Count(ops.Queued) != 1 || time.Since(start) < 9*time.Minute {
			t.Errorf("after %s: %v, %s", time.Since(start), err, report)
		}
		fault.RetryAfter = 86400
		if err := w.AddFaults(fault); err != nil {
			t.Fatal(err)
		}
		time.Sleep(longEnough)
		_, err = ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{})
		if e := stopped(t, err); !errors.Is(e, api.ErrRateLimited) || e.Left != 1 || e.InDoubt != 0 {
			t.Error(e)
		}
	})
}

// What a caller is told on the way.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusNotFound))
		w.emit(t, api.FileCreated, "a")
		w.emit(t, api.FileUpdated, "b")
		time.Sleep(longEnough)
		w.receiver.set(always(http.StatusOK))
		var steps []string
		note := func(p ops.RetryProgress) {
			step := fmt.Sprintf("%s %d/%d/%d", p.Phase, p.Left, p.Sent, p.Settled)
			if len(steps) == 0 || steps[len(steps)-1] != step {
				steps = append(steps, step)
			}
			if p.Until.IsZero() != (p.Phase == ops.Reading || p.Phase == ops.Sending) {
				t.Errorf("%s until %s", p.Phase, p.Until)
			}
		}
		if _, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.BatchSize(1), ops.AwaitOutcomes(longEnough), ops.OnProgress(note)); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Join(steps, ", "), "reading 0/0/0, sending 2/0/0, sending 1/1/0, watching 0/2/0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
