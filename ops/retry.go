package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// maxLost is how many batches in a row may lose their answer.
const maxLost = 3

// RetryFailed delivers again what failed, and reports which new delivery
// belongs to which old one. filter narrows the log as in
// [api.Client.Deliveries]; its Status says which failures: [api.Failed] unless
// told, [api.NotSent] adds those that were attempted but never answered. Rows
// that show no attempt are left alone: they may still be on their way.
//
// Each event is delivered again once. Rows of one event are known by what they
// tell: webhook, time, person, trigger and payload. So a delivery whose earlier
// retry has succeeded, or waits, is not sent, and of several failed rows of an
// event only the newest is. Equal events of one second are as many; where it
// cannot be told which of them a retry was for, they are [Unclear] and not
// sent. Portals of 3.0 log no events: there every failed row stands for itself.
//
// A batch is noted in the journal before it is sent. If its answer is lost, the
// log is asked, [SettleTime] later, which of its deliveries have a new row;
// those have been sent, by whomever. The others are sent again. A refused call
// (4xx) ends the run, a 429 is waited for.
//
// The report is right also with an error, which is a [*StoppedError] once a
// batch can be in doubt. It calls getWebhooksLogs and retryWebhooks.
func RetryFailed(ctx context.Context, client *api.Client, filter api.DeliveryFilter, opts ...RetryOption) (RetryReport, error) {
	cfg, err := newRetryConfig(opts)
	if err != nil {
		return RetryReport{}, fmt.Errorf("docspace: RetryFailed: %w", err)
	}
	filter, classes, err := scope(filter)
	if err != nil {
		return RetryReport{}, fmt.Errorf("docspace: RetryFailed: %w", err)
	}
	entries, err := cfg.journal.Load(ctx)
	if err != nil {
		return RetryReport{}, fmt.Errorf("docspace: RetryFailed: %w", err)
	}
	portal := client.Raw().Server
	done, err := newLedger(entries, portal)
	if err != nil {
		return RetryReport{}, fmt.Errorf("docspace: RetryFailed: %w", err)
	}
	if !cfg.unpaced {
		client = client.RateLimited()
	}
	r := &run{
		retryConfig: cfg, client: client, portal: portal, filter: filter, classes: classes,
		history: newHistory(), ledger: done,
	}
	return r.do(ctx)
}

// run is one RetryFailed.
type run struct {
	retryConfig
	client  *api.Client
	portal  string
	filter  api.DeliveryFilter
	classes api.StatusClass

	history *history
	ledger  *ledger
	chosen  map[api.DeliveryID]Retry // what failed; what fails later is another run's
	lost    int                      // batches in a row without an answer
	limited int                      // and turned down with 429
}

func (r *run) do(ctx context.Context) (RetryReport, error) {
	if r.ledger.open != nil {
		if err := r.resume(ctx); err != nil {
			return RetryReport{}, &StoppedError{InDoubt: len(r.ledger.open.IDs), Err: err}
		}
	}
	r.progress(RetryProgress{Phase: Reading})
	if err := r.read(ctx, r.sinceRow); err != nil {
		return RetryReport{}, err
	}
	err := r.retryAll(ctx)
	report := r.report()
	if err != nil {
		stopped := &StoppedError{Left: report.Count(Planned), Err: err}
		if r.ledger.open != nil {
			stopped.InDoubt = len(r.ledger.open.IDs)
		}
		err = stopped
	}
	return report, err
}

// resume finds out about the batch that the run before left in doubt, whatever
// this run's filter is.
func (r *run) resume(ctx context.Context) error {
	open := r.ledger.open
	if !r.dryRun {
		if err := r.pauseUntil(ctx, Recovering, open.Time.Add(r.settle)); err != nil {
			return err
		}
	}
	since := newHistory()
	if err := since.readAgain(ctx, r.client.Deliveries(ctx, api.DeliveryFilter{}), slices.Min(open.IDs)); err != nil {
		return err
	}
	if r.dryRun {
		r.ledger.note(since.settle(*open))
		return nil
	}
	return r.note(ctx, since.settle(*open))
}

// read reads the log back to the row oldest.
func (r *run) read(ctx context.Context, oldest api.DeliveryID) error {
	var opts []api.WalkOption
	if !r.since.IsZero() {
		opts = append(opts, api.ArisenBetween(r.since, time.Time{}))
	}
	return r.history.readAgain(ctx, r.client.Deliveries(ctx, r.filter, opts...), oldest)
}

// retryAll sends what is to be sent, batch by batch.
func (r *run) retryAll(ctx context.Context) error {
	r.chosen = map[api.DeliveryID]Retry{}
	for id := range r.ledger.passed {
		r.chosen[id] = Retry{Delivery: id} // may be gone
	}
	for _, retry := range r.history.plan(r.ledger, r.classes, r.sinceRow) {
		r.chosen[retry.Delivery] = retry
	}
	if r.dryRun {
		return nil
	}
	for batch := r.todo(); len(batch) > 0; batch = r.todo() {
		if err := r.pace(ctx); err != nil {
			return err
		}
		// Somebody else may have retried meanwhile.
		if err := r.read(ctx, r.history.readTo+1); err != nil {
			return err
		}
		if batch = r.todo(); len(batch) == 0 {
			break
		}
		if err := r.send(ctx, batch); err != nil {
			return err
		}
	}
	if r.await > 0 {
		return r.watch(ctx)
	}
	return nil
}

// planned are the failed deliveries that are to be sent, oldest first.
func (r *run) planned() []*row {
	var rows []*row
	for _, retry := range r.history.plan(r.ledger, r.classes, r.sinceRow) {
		if _, chosen := r.chosen[retry.Delivery]; chosen && retry.State == Planned {
			rows = append(rows, r.history.rows[retry.Delivery])
		}
	}
	return rows
}

// todo is the next batch.
func (r *run) todo() []*row {
	planned := r.planned()
	return planned[:min(len(planned), r.batch)]
}

// send sends a batch and notes what became of it.
func (r *run) send(ctx context.Context, batch []*row) error {
	ids := make([]api.DeliveryID, len(batch))
	for i, b := range batch {
		ids[i] = b.id
	}
	r.tell(Sending, time.Time{})
	sending := JournalEntry{Kind: JournalSending, Portal: r.portal, After: r.history.newest, IDs: ids}
	if err := r.note(ctx, sending); err != nil {
		return err
	}
	queued, err := r.client.RetryDeliveries(ctx, ids)
	switch {
	case err == nil, errors.Is(err, api.ErrNotApplied):
		pairs, passed := match(batch, queued)
		r.lost, r.limited = 0, 0
		r.history.add(queued)
		return r.note(ctx, JournalEntry{Kind: JournalSettled, Retried: pairs, Passed: passed})
	case refused(err):
		// Without the caller's context, which must not cost the note.
		if noteErr := r.note(context.WithoutCancel(ctx), JournalEntry{Kind: JournalSettled}); noteErr != nil {
			return errors.Join(err, noteErr)
		}
		return r.turnedDown(ctx, err)
	}
	r.lost++
	if ctx.Err() != nil || r.lost > maxLost {
		return err
	}
	if pauseErr := r.pauseUntil(ctx, Recovering, time.Now().Add(r.settle)); pauseErr != nil {
		return pauseErr
	}
	if readErr := r.read(ctx, min(r.sinceRow, slices.Min(ids))); readErr != nil {
		return errors.Join(err, readErr)
	}
	return r.note(ctx, r.history.settle(sending))
}

// turnedDown waits for a limit. Every other refusal ends the run.
func (r *run) turnedDown(ctx context.Context, err error) error {
	r.limited++
	pause, ok := limitedFor(err)
	if !errors.Is(err, api.ErrRateLimited) || !ok || r.limited > maxLimited {
		return err
	}
	return r.pauseUntil(ctx, Waiting, time.Now().Add(pause))
}

// note appends to the journal. The ledger has what the journal has.
func (r *run) note(ctx context.Context, e JournalEntry) error {
	e.Time = time.Now().UTC()
	if err := r.journal.Append(ctx, e); err != nil {
		return err
	}
	r.ledger.note(e)
	return nil
}

// pace waits for the limit of portals that limit.
func (r *run) pace(ctx context.Context) error {
	if r.unpaced {
		return nil
	}
	return r.pauseUntil(ctx, Waiting, due(r.ledger.sent))
}

func (r *run) pauseUntil(ctx context.Context, phase RetryPhase, until time.Time) error {
	d := time.Until(until)
	if d <= 0 {
		return nil
	}
	r.tell(phase, until)
	return sleep(ctx, d)
}

func (r *run) tell(phase RetryPhase, until time.Time) {
	p := RetryProgress{Phase: phase, Until: until, Left: len(r.planned()), Sent: len(r.ledger.retried)}
	for _, done := range r.ledger.retried {
		if r.history.stateOf(done.New) != Queued {
			p.Settled++
		}
	}
	r.progress(p)
}
