package ops

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// The limit of portals that limit (sensitive_api): so many calls of the batch
// retry in a sliding window.
const (
	pacedCalls  = 5
	pacedWindow = 15*time.Minute + time.Second // requests do not all travel equally fast
)

// due returns when the next call is allowed after calls at the given times.
func due(calls []time.Time) time.Time {
	if len(calls) < pacedCalls {
		return time.Time{}
	}
	sorted := slices.SortedFunc(slices.Values(calls), time.Time.Compare)
	return sorted[len(sorted)-pacedCalls].Add(pacedWindow)
}

// When a portal says 429 all the same, somebody else uses its limit up.
const (
	limitedPause    = pacedWindow / pacedCalls
	maxLimited      = 2 * pacedCalls
	maxLimitedPause = pacedWindow
)

// limitedFor returns how long to wait after a 429, which mostly does not say.
// ok is false if the portal asks for more than a run should wait.
func limitedFor(err error) (pause time.Duration, ok bool) {
	e, isCall := errors.AsType[*api.Error](err)
	if !isCall || e.RetryAfter > maxLimitedPause {
		return 0, false
	}
	return max(limitedPause, e.RetryAfter), true
}

// refused reports whether a failed call cannot have done anything: it was not
// sent, or turned down at the door.
func refused(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		return false
	}
	switch s := e.StatusCode; {
	case s == 0:
		return errors.Is(err, api.ErrValidation) || errors.Is(err, api.ErrRateLimited)
	case s >= 400 && s <= 499:
		return s != http.StatusRequestTimeout && !errors.Is(err, api.ErrUnexpectedAnswer)
	}
	return errors.Is(err, api.ErrRedirected)
}
