package ops_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/internal/httpfake"
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

// A webhook goes while its batch is in doubt.
func TestLostAndGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusServiceUnavailable))
		w.emit(t, api.FileCreated, "a")
		w.emit(t, api.FileUpdated, "b")
		time.Sleep(longEnough)
		if err := w.AddFaults(portal.Fault{Operation: "retryWebhooks", Kind: portal.FaultDrop, Times: 1}); err != nil {
			t.Fatal(err)
		}
		var journal memory
		vanish := func(p ops.RetryProgress) {
			if p.Phase == ops.Recovering {
				w.ForgetLog(1)
			}
		}
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.WithJournal(&journal), ops.OnProgress(vanish))
		if got, want := states(report), "1:passed over, 2:queued→3"; got != want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		report, err = ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.WithJournal(&journal))
		if got, want := states(report), "1:passed over, 2:queued→3"; got != want || err != nil {
			t.Errorf("again: %s, %v, want %s", got, err, want)
		}
	})
}

// Answers that are lost now and then do not end a run, and a wait for outcomes
// has its limit.
func TestLostNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusServiceUnavailable))
		for i := range 6 {
			w.emit(t, api.FileCreated, fmt.Sprint(i))
			if err := w.AddFaults(portal.Fault{Operation: "retryWebhooks", Kind: portal.FaultDrop, Times: 1, Skip: min(i, 1)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(longEnough)
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.BatchSize(1), ops.Unpaced())
		if err != nil || len(report.Retries) != 6 || report.Count(ops.Planned, ops.Unclear) != 0 {
			t.Errorf("%s, %v", report, err)
		}
		time.Sleep(longEnough)
		start := time.Now()
		report, err = ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.AwaitOutcomes(20*time.Second))
		if took := time.Since(start); err != nil || report.Count(ops.Queued) != 6 || took > 25*time.Second {
			t.Errorf("after %s: %s, %v", took, report, err)
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

// The vendor has announced servers that queue the old row again instead of
// making a new one.
func TestQueuedInPlace(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]bool{"answered": true, "not answered": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				seed := w.Seed()
				const payload = `{"event":{"id":1,"createOn":"2026-01-01T00:00:00Z"},"payload":{},"webhook":{"id":1}}`
				reset := func(status int) {
					row := portal.LogRow{ID: 1, Webhook: 1, RequestPayload: payload, Status: status}
					if status != 0 {
						row.RequestHeaders = "{}"
					}
					with := seed
					with.Log = []portal.LogRow{row}
					if err := w.Reset(with); err != nil {
						t.Error(err)
					}
				}
				calls := 0
				client := w.as(t, portal.Owner, tripper(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodGet {
						return httpfake.Transport{Handler: w.Portal}.RoundTrip(r)
					}
					calls++
					reset(0)
					go func() {
						time.Sleep(time.Minute)
						reset(200)
					}()
					if !answered {
						return nil, io.ErrUnexpectedEOF
					}
					body := `{"response":[{"id":1,"trigger":128,"creationTime":"2026-01-01T00:00:00Z","requestPayload":` + strconv.Quote(payload) + `,"status":0}],"count":1,"status":0,"statusCode":200}`
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
				}))
				for want, opts := range map[string][]ops.RetryOption{"1:queued→1": nil, "1:redelivered→1": {ops.AwaitOutcomes(longEnough)}} {
					reset(500)
					calls = 0
					report, err := ops.RetryFailed(t.Context(), client, api.DeliveryFilter{}, opts...)
					if got := states(report); got != want || err != nil || calls != 1 {
						t.Errorf("got %s, %v after %d calls, want %s", got, err, calls, want)
					}
					time.Sleep(longEnough)
				}
			})
		})
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
