package ops

import (
	"cmp"
	"slices"

	"github.com/docspace-go/webhooks/api"
)

// plan judges the failed deliveries of the history: which are to be sent, and
// what else became of the others. Only rows from since on count, and only
// outcomes of classes.
//
// Rows that tell the same are judged together. Each event is owed one success;
// what waits may become one, and what the job has retried had its turn. What is
// owed then is taken from the failed rows, the newest first.
func (h *history) plan(l *ledger, classes api.StatusClass, since api.DeliveryID) []Retry {
	var all []Retry
	for _, group := range h.groups {
		if group[0].legible {
			all = append(all, h.planGroup(group, l, classes, since)...)
			continue
		}
		for i := range group { // each stands for itself
			all = append(all, h.planGroup(group[i:i+1], l, classes, since)...)
		}
	}
	slices.SortFunc(all, func(a, b Retry) int { return cmp.Compare(a.Delivery, b.Delivery) })
	return all
}

func (h *history) planGroup(group []*row, l *ledger, classes api.StatusClass, since api.DeliveryID) []Retry {
	originals, retries := events(group)
	owed := len(originals)
	var subjects []*row               // that failed, or that the job has retried; newest first
	var delivered, pending, sent *row // sent: the newest that was or is to be retried
	for _, r := range slices.Backward(group) {
		known := l.knows(r.id)
		failed := r.outcome == Failed || r.outcome == NoAnswer
		switch {
		case r.outcome == Delivered:
			owed--
			delivered = r
		case r.outcome == Pending:
			owed--
			pending = r
		case known && !h.counts(l.retried[r.id].New):
			owed--
		}
		if known || failed && !l.results[r.id] {
			subjects = append(subjects, r)
		}
		if known && sent == nil {
			sent = r
		}
	}
	var found []Retry
	for _, r := range subjects {
		retry := Retry{Delivery: r.id, Webhook: r.webhook, Trigger: r.trigger}
		switch {
		case l.knows(r.id):
			retry = h.known(retry, l)
		case owed > 0:
			owed--
			retry.State = Planned
			if sent == nil {
				sent = r
			}
		case len(originals) > 1 && len(retries) > 0:
			retry.State = Unclear
		case sent != nil:
			retry.State, retry.By = Superseded, sent.id
		case delivered != nil:
			retry.State, retry.By = AlreadyDelivered, delivered.id
		case pending != nil:
			retry.State, retry.By = AlreadyPending, pending.id
		default:
			retry.State = Unclear
		}
		if r.id >= since && (r.class&classes != 0 || l.knows(r.id)) {
			found = append(found, retry)
		}
	}
	return found
}

// counts reports whether the row id is in the log without having failed.
func (h *history) counts(id api.DeliveryID) bool {
	r := h.rows[id]
	return r != nil && (r.outcome == Delivered || r.outcome == Pending)
}

// known fills in what the job did.
func (h *history) known(retry Retry, l *ledger) Retry {
	done, ok := l.retried[retry.Delivery]
	switch {
	case l.passed[retry.Delivery]:
		retry.State = PassedOver
	case !ok:
		retry.State = Unclear
	default:
		retry.New, retry.Guessed = done.New, done.Guessed
		retry.State = h.stateOf(done.New)
	}
	return retry
}

// stateOf is the state of a delivery that was sent again as the row id.
func (h *history) stateOf(id api.DeliveryID) RetryState {
	r := h.rows[id]
	switch {
	case r == nil:
		return Vanished
	case r.outcome == Delivered:
		return Redelivered
	case r.outcome == Pending:
		return Queued
	}
	return FailedAgain
}
