package ops

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// backoff gives the pauses between looks at the log: half of each is jitter, so
// that many watchers do not look at once.
type backoff struct{ next, limit time.Duration }

func newBackoff() *backoff { return &backoff{next: 500 * time.Millisecond, limit: 10 * time.Second} }

func (b *backoff) pause() time.Duration {
	d := b.next
	b.next = min(b.next*3/2, b.limit)
	return d/2 + rand.N(d/2) //nolint:gosec // jitter need not be unpredictable
}

// sleep waits for d, or returns why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxStumbles is how many failures in a row a watch of the log gets over.
const maxStumbles = 5

// passing reports whether a failure to read may be over soon.
func passing(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	if !ok || ctx.Err() != nil || errors.Is(err, api.ErrAnswerTooLarge) {
		return false
	}
	return e.StatusCode >= 500 || e.StatusCode == http.StatusTooManyRequests ||
		e.StatusCode == 0 && !errors.Is(err, api.ErrValidation) ||
		errors.Is(err, api.ErrUnexpectedAnswer)
}
