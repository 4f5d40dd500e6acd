package ops

import (
	"errors"
	"fmt"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// Defaults of [RetryFailed].
const (
	// DefaultBatch times 5 is what a portal that limits takes in 15 minutes. The
	// answer to a batch holds the payloads.
	DefaultBatch = 200
	// DefaultSettle is how long a batch whose answer was lost may still be at
	// work before the log is believed about it.
	DefaultSettle = 30 * time.Second
)

// RetryOption sets up one [RetryFailed].
type RetryOption func(*retryConfig)

type retryConfig struct {
	batch    int
	settle   time.Duration
	since    time.Time
	sinceRow api.DeliveryID
	await    time.Duration
	unpaced  bool
	dryRun   bool
	journal  Journal
	progress func(RetryProgress)
}

// BatchSize is how many deliveries a call retries; [DefaultBatch] unless told.
func BatchSize(n int) RetryOption { return func(c *retryConfig) { c.batch = n } }

// Since leaves rows that arose before t alone, and mostly unread: the log is
// read from its newest row. See [api.ArisenBetween], which reads the portal's
// time zone.
func Since(t time.Time) RetryOption { return func(c *retryConfig) { c.since = t } }

// SinceRow leaves rows older than the row id alone, and unread.
func SinceRow(id api.DeliveryID) RetryOption {
	return func(c *retryConfig) { c.sinceRow = id }
}

// AwaitOutcomes waits for what becomes of the new deliveries, limit at most
// after the last batch.
func AwaitOutcomes(limit time.Duration) RetryOption {
	return func(c *retryConfig) { c.await = limit }
}

// Unpaced sends one batch after the other. Portals as shipped do not limit;
// those that do allow 5 calls in 15 minutes, and without this option no more
// are made, by the journal and by [api.Client.RateLimited].
func Unpaced() RetryOption { return func(c *retryConfig) { c.unpaced = true } }

// DryRun finds out what would be sent, and sends nothing.
func DryRun() RetryOption { return func(c *retryConfig) { c.dryRun = true } }

// WithJournal makes the job survive a crash: call again as the same person, with
// the same filter and journal. The job of a run without one ends with the run.
func WithJournal(j Journal) RetryOption { return func(c *retryConfig) { c.journal = j } }

// SettleTime is the wait before the log is asked about a batch whose answer was
// lost; [DefaultSettle] unless told. A batch that a proxy holds back for longer
// would be sent twice.
func SettleTime(d time.Duration) RetryOption { return func(c *retryConfig) { c.settle = d } }

// OnProgress calls f at every step, on the goroutine of [RetryFailed].
func OnProgress(f func(RetryProgress)) RetryOption {
	return func(c *retryConfig) { c.progress = f }
}

// RetryPhase is what a run is doing.
type RetryPhase string

// The phases.
const (
	Reading    RetryPhase = "reading"    // the log
	Sending    RetryPhase = "sending"    // a batch
	Waiting    RetryPhase = "waiting"    // for the portal's limit, until Until
	Recovering RetryPhase = "recovering" // what became of a batch, from Until on
	Watching   RetryPhase = "watching"   // for outcomes
)

// RetryProgress is how far a run has come.
type RetryProgress struct {
	Phase RetryPhase
	// Left counts the deliveries that are still to be sent, Sent those that
	// were, Settled those of them with an outcome.
	Left, Sent, Settled int
	Until               time.Time
}

func newRetryConfig(opts []RetryOption) (retryConfig, error) {
	c := retryConfig{batch: DefaultBatch, settle: DefaultSettle, journal: memoryJournal{}, progress: func(RetryProgress) {}}
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	switch {
	case c.batch < 1:
		return c, fmt.Errorf("BatchSize: %d is not positive", c.batch)
	case c.settle < 0 || c.await < 0:
		return c, errors.New("SettleTime, AwaitOutcomes: a time is negative")
	case c.journal == nil || c.progress == nil:
		return c, errors.New("WithJournal, OnProgress: the argument is nil")
	}
	return c, nil
}

// scope returns the filter of everything that must be known to judge what
// filter names, and the classes of outcomes to be retried.
func scope(filter api.DeliveryFilter) (api.DeliveryFilter, api.StatusClass, error) {
	classes := filter.Status
	if classes == 0 {
		classes = api.Failed
	}
	switch {
	case classes&api.Status2xx != 0:
		return filter, 0, errors.New("the filter's Status has successes")
	case !filter.DeliveredFrom.IsZero() || !filter.DeliveredTo.IsZero():
		return filter, 0, errors.New("the filter has bounds of time, which hide everything that failed: use the option Since")
	case filter.Delivery != 0:
		return filter, 0, errors.New("the filter names one delivery: use api.Client.RetryDelivery")
	case filter.Offset != 0 || len(filter.Fields) > 0:
		return filter, 0, errors.New("the filter has an Offset or Fields: whole rows are needed, and all of them")
	}
	filter.Status = 0
	return filter, classes, nil
}
