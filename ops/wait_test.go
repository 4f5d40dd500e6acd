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

func TestWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answer  func(*http.Request) (int, error)
		outcome ops.Outcome
		text    string
		took    time.Duration // about
	}{
		{"delivered", always(http.StatusNoContent), ops.Delivered, "delivered", 5 * time.Second},
		{"failed", always(http.StatusNotFound), ops.Failed, "failed", 36 * time.Second},
		{"no answer", refusing, ops.NoAnswer, "no answer", 36 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.receiver.set(c.answer)
				start := time.Now()
				row, err := ops.Wait(t.Context(), w.client, w.emit(t, api.FileCreated, "a"))
				if got := ops.OutcomeOf(row); got != c.outcome || got.String() != c.text || err != nil {
					t.Errorf("got %s, %v", got, err)
				}
				if took := time.Since(start); took > c.took+10*time.Second {
					t.Errorf("took %s, want about %s", took, c.took)
				}
				if looks := len(w.Requests()); looks > 20 {
					t.Errorf("looked %d times", looks)
				}
			})
		})
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(*testing.T, *world) api.DeliveryID
		kind    error
		seen    bool
		text    string
	}{
		"unknown id": {func(*testing.T, *world) api.DeliveryID { return 99 }, ops.ErrGone, false, "none of a delivery"},
		"no id":      {func(*testing.T, *world) api.DeliveryID { return 0 }, ops.ErrGone, false, "none of a delivery"},
		"bad id":     {func(*testing.T, *world) api.DeliveryID { return -1 }, api.ErrValidation, false, "ids start at 1"},
		"410 removes the webhook": {func(t *testing.T, w *world) api.DeliveryID {
			w.receiver.set(always(http.StatusGone))
			return w.emit(t, api.FileCreated, "a")
		}, ops.ErrGone, true, "may have answered 410"},
		"switched off by its first event": {func(t *testing.T, w *world) api.DeliveryID {
			if err := w.ChangeWebhook(1, func(h *portal.Webhook) { h.URL = "http://hooks.example.com" }); err != nil {
				t.Fatal(err)
			}
			return w.emit(t, api.FileCreated, "a")
		}, ops.ErrStillPending, true, "switched off"},
		"server down": {func(t *testing.T, w *world) api.DeliveryID {
			if err := w.AddFaults(portal.Fault{Kind: portal.FaultHTML}); err != nil {
				t.Fatal(err)
			}
			return 1
		}, api.ErrServer, false, "502"},
		"not signed in": {func(t *testing.T, w *world) api.DeliveryID {
			if err := w.AddFaults(portal.Fault{Kind: portal.FaultStatus, Status: 401}); err != nil {
				t.Fatal(err)
			}
			return 1
		}, api.ErrUnauthorized, false, "401"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				_, err := ops.Wait(t.Context(), w.client, c.prepare(t, w), ops.MaxWait(time.Minute))
				e, ok := errors.AsType[*ops.WaitError](err)
				if !ok || !errors.Is(err, c.kind) || e.Seen != c.seen || !strings.Contains(err.Error(), c.text) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// A few failures to read are got over; the context ends a wait at once.
func TestWaitPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if err := w.AddFaults(
			portal.Fault{Kind: portal.FaultDrop, Times: 1}, portal.Fault{Kind: portal.FaultCut, Times: 1},
			portal.Fault{Kind: portal.FaultHTML, Times: 1}, portal.Fault{Kind: portal.FaultLimit, RetryAfter: 20, Times: 1},
		); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		row, err := ops.Wait(t.Context(), w.client, w.emit(t, api.FileCreated, "a"))
		if err != nil || ops.OutcomeOf(row) != ops.Delivered || time.Since(start) < 20*time.Second {
			t.Errorf("after %s: %v, %v", time.Since(start), ops.OutcomeOf(row), err)
		}

		w.receiver.set(always(http.StatusNotFound))
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		start = time.Now()
		_, err = ops.Wait(ctx, w.client, w.emit(t, api.FileCreated, "b"))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 7*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

// A row that turns from a failure to a success, as on the announced servers.
func TestWaitGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		seed := w.Seed()
		row := portal.LogRow{ID: 1, Webhook: 1, Trigger: api.FileCreated, Status: 500, RequestHeaders: "{}", RequestPayload: "{}"}
		reset := func(status int) {
			row.Status = status
			seed.Log = []portal.LogRow{row}
			if err := w.Reset(seed); err != nil {
				t.Error(err)
			}
		}
		reset(500)
		go func() {
			time.Sleep(30 * time.Second)
			reset(200)
		}()
		got, err := ops.Wait(t.Context(), w.client, 1, ops.WithGrace(time.Minute))
		if err != nil || got.Status != 200 {
			t.Errorf("got %d, %v", got.Status, err)
		}
		reset(500)
		start := time.Now()
		got, err = ops.Wait(t.Context(), w.client, 1, ops.WithGrace(time.Minute))
		if took := time.Since(start); err != nil || got.Status != 500 || took < time.Minute {
			t.Errorf("after %s: %d, %v", took, got.Status, err)
		}
	})
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	for want, rows := range map[ops.Outcome][]api.Delivery{
		ops.Pending:   {{}, {RequestPayload: "{}"}},
		ops.NoAnswer:  {{RequestHeaders: "{}"}, {ResponsePayload: api.OptString{Set: true}}},
		ops.Delivered: {{Status: 200}, {Status: 299}},
		ops.Failed:    {{Status: 199}, {Status: 301}, {Status: 404}, {Status: 500}},
	} {
		for _, row := range rows {
			if got := ops.OutcomeOf(row); got != want {
				t.Errorf("status %d: %s, want %s", row.Status, got, want)
			}
		}
	}
}
