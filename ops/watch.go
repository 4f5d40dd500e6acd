package ops

import (
	"context"
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

func (r *run) report() RetryReport {
	report := RetryReport{}
	for _, retry := range r.history.plan(r.ledger, r.classes, r.sinceRow) {
		if r.chosen != nil && !r.chosen[retry.Delivery] {
			continue
		}
		if open := r.ledger.open; open != nil && slices.Contains(open.IDs, retry.Delivery) {
			retry.State = Unclear
		}
		report.Retries = append(report.Retries, retry)
	}
	for _, one := range r.history.rows {
		if one.outcome == Pending && !r.ledger.results[one.id] {
			report.Pending++
		}
	}
	return report
}
