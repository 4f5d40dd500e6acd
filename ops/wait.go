package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// Why [Wait] ends without an outcome.
var (
	// ErrGone is a row that is not in the log: its webhook was removed (by
	// somebody, by a 410, by the block list), it is another person's, or it
	// never was.
	ErrGone = errors.New("the delivery is not in the log")
	// ErrStillPending is a row without an outcome when the time was over.
	ErrStillPending = errors.New("the delivery has no outcome yet")
)

// DefaultMaxWait is how long [Wait] waits unless told. It covers a delivery
// that waits behind another one's retries, not one behind a receiver that
// hangs, which holds up the portal's queue for up to 11 minutes.
const DefaultMaxWait = 5 * time.Minute

// WaitError is a [Wait] without an outcome.
type WaitError struct {
	Delivery api.DeliveryID
	// Seen tells whether the row was in the log at first.
	Seen   bool
	Waited time.Duration
	// Err is [ErrGone], [ErrStillPending], what ended the context, or an
	// [*api.Error].
	Err error
}

// Error says what happened and what to do.
func (e *WaitError) Error() string {
	text := fmt.Sprintf("docspace: waiting for delivery %s: %s", e.Delivery, e.Err)
	switch {
	case errors.Is(e.Err, ErrGone) && e.Seen:
		text += " any more (its webhook was removed: its receiver may have answered 410, or its address be on the block list)"
	case errors.Is(e.Err, ErrGone):
		text += " (its webhook was removed, it is not the caller's, or the id is none of a delivery)"
	case errors.Is(e.Err, ErrStillPending):
		text += fmt.Sprintf(" after %s (the queue may be held up; if the webhook is switched off by now, the portal has given it up)", e.Waited.Round(time.Second))
	}
	return text
}

// Unwrap returns Err.
func (e *WaitError) Unwrap() error { return e.Err }

// WaitOption sets up one [Wait].
type WaitOption func(*waiting)

type waiting struct{ limit, grace time.Duration }

// MaxWait ends the wait after d with [ErrStillPending]; [DefaultMaxWait] unless
// told.
func MaxWait(d time.Duration) WaitOption { return func(w *waiting) { w.limit = d } }

// WithGrace goes on watching a failure for d, in case the row turns to a
// success. No recorded portal does that (see [Outcome]); the vendor has
// announced a sender that keeps retrying in the same row.
func WithGrace(d time.Duration) WaitOption { return func(w *waiting) { w.grace = d } }

// Wait looks at the log until a delivery has an outcome and returns its row; a
// failure is an outcome and no error, see [OutcomeOf]. The pauses grow from half
// a second to ten. It gets over a few failures to read the log in a row. Its
// errors are [*WaitError].
//
// It calls getWebhooksLogs. The portal's sender looks into its queue every 5 s.
func Wait(ctx context.Context, client *api.Client, id api.DeliveryID, opts ...WaitOption) (api.Delivery, error) {
	w := waiting{limit: DefaultMaxWait}
	for _, opt := range opts {
		if opt != nil {
			opt(&w)
		}
	}
	start, pauses := time.Now(), newBackoff()
	var row api.Delivery
	var failedAt time.Time
	fail := func(err error) (api.Delivery, error) {
		return row, &WaitError{Delivery: id, Seen: row.ID != 0, Waited: time.Since(start), Err: err}
	}
	if id == 0 { // would not filter
		return fail(ErrGone)
	}
	for stumbles := 0; ; {
		page, err := client.ListDeliveries(ctx, api.DeliveryFilter{Delivery: id})
		pause := pauses.pause()
		switch {
		case err != nil && passing(ctx, err) && stumbles < maxStumbles:
			stumbles++
			if e, ok := errors.AsType[*api.Error](err); ok {
				pause = max(pause, e.RetryAfter)
			}
		case err != nil:
			return fail(err)
		case len(page.Deliveries) == 0:
			return fail(ErrGone)
		default:
			stumbles, row = 0, page.Deliveries[0]
			if w.over(row, &failedAt) {
				return row, nil
			}
		}
		if time.Since(start)+pause > w.limit {
			if !failedAt.IsZero() {
				return row, nil
			}
			return fail(ErrStillPending)
		}
		if err := sleep(ctx, pause); err != nil {
			return fail(err)
		}
	}
}

// over reports whether row shows an outcome that stands. failedAt is when it
// was first seen to fail.
func (w waiting) over(row api.Delivery, failedAt *time.Time) bool {
	switch OutcomeOf(row) {
	case Delivered:
		return true
	case Pending:
		*failedAt = time.Time{}
		return false
	case Failed, NoAnswer:
	}
	if failedAt.IsZero() {
		*failedAt = time.Now()
	}
	return time.Since(*failedAt) >= w.grace
}
