package ops

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// watch reads the log until every new delivery has an outcome.
func (r *run) watch(ctx context.Context) error {
	deadline, pauses := time.Now().Add(r.await), newBackoff()
	for {
		oldest := r.oldestQueued()
		if oldest == 0 {
			return nil
		}
		pause := pauses.pause()
		if time.Now().Add(pause).After(deadline) {
			return nil
		}
		r.tell(Watching, deadline)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		if err := r.read(ctx, oldest); err != nil {
			return err
		}
	}
}

// oldestQueued is the oldest new delivery without an outcome, 0 if there is none.
func (r *run) oldestQueued() api.DeliveryID {
	var oldest api.DeliveryID
	for _, done := range r.ledger.retried {
		if r.history.stateOf(done.New) == Queued && (oldest == 0 || done.New < oldest) {
			oldest = done.New
		}
	}
	return oldest
}

// report is what became of what was chosen, or of all if nothing was yet.
func (r *run) report() RetryReport {
	report := RetryReport{}
	gone := maps.Clone(r.chosen)
	for _, retry := range r.history.plan(r.ledger, r.classes, r.sinceRow) {
		if _, chosen := r.chosen[retry.Delivery]; r.chosen != nil && !chosen {
			continue
		}
		delete(gone, retry.Delivery)
		if open := r.ledger.open; open != nil && slices.Contains(open.IDs, retry.Delivery) {
			retry.State = Unclear
		}
		report.Retries = append(report.Retries, retry)
	}
	for _, retry := range gone {
		if retry = r.history.known(retry, r.ledger); retry.New == 0 {
			retry.State = PassedOver
		}
		report.Retries = append(report.Retries, retry)
	}
	slices.SortFunc(report.Retries, func(a, b Retry) int { return cmp.Compare(a.Delivery, b.Delivery) })
	for _, one := range r.history.rows {
		if one.outcome == Pending && !r.ledger.results[one.id] {
			report.Pending++
		}
	}
	return report
}
