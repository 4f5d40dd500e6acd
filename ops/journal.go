package ops

import (
	"context"
	"fmt"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// Journal remembers what a job of [RetryFailed] has sent, so that the next run
// of the same job goes on where the last one ended, however that ended. A job
// is one journal: what it has retried it does not retry again, even if that
// failed. Two runs must not share a journal at the same time.
type Journal interface {
	// Load returns the entries in the order they were appended.
	Load(ctx context.Context) ([]JournalEntry, error)
	// Append adds an entry. It returns when the entry is safe: what the next
	// step does is only right if the entry survives a crash.
	Append(ctx context.Context, entry JournalEntry) error
}

// JournalKind is what a [JournalEntry] notes.
type JournalKind string

// The kinds of entries.
const (
	// JournalSending is written before a batch is sent.
	JournalSending JournalKind = "sending"
	// JournalSettled is written when it is known what became of the batch.
	JournalSettled JournalKind = "settled"
)

// JournalEntry is a step of a job. It holds ids only.
type JournalEntry struct {
	Kind JournalKind `json:"kind"`
	Time time.Time   `json:"time"`

	// Portal is the address of the portal, After its newest row and IDs the
	// batch, before it is sent.
	Portal string           `json:"portal,omitempty"`
	After  api.DeliveryID   `json:"after,omitempty"`
	IDs    []api.DeliveryID `json:"ids,omitempty"`

	// Retried, Passed and Unknown are the batch afterwards: what was queued
	// again, what the portal passed over, and what may be either. What is in
	// none of them was not sent.
	Retried []RetriedDelivery `json:"retried,omitempty"`
	Passed  []api.DeliveryID  `json:"passed,omitempty"`
	Unknown []api.DeliveryID  `json:"unknown,omitempty"`
}

// RetriedDelivery is a delivery and the one that repeats it.
type RetriedDelivery struct {
	Old api.DeliveryID `json:"old"`
	New api.DeliveryID `json:"new"`
	// Guessed says that New may belong to another one of the batch that tells
	// the same.
	Guessed bool `json:"guessed,omitempty"`
}

// ledger is what the entries add up to.
type ledger struct {
	retried map[api.DeliveryID]RetriedDelivery
	results map[api.DeliveryID]bool // the new ones
	passed  map[api.DeliveryID]bool
	unknown map[api.DeliveryID]bool
	sent    []time.Time   // when batches were
	open    *JournalEntry // a batch of which nothing more is known
}

func newLedger(entries []JournalEntry, portal string) (*ledger, error) {
	l := &ledger{
		retried: map[api.DeliveryID]RetriedDelivery{}, results: map[api.DeliveryID]bool{},
		passed: map[api.DeliveryID]bool{}, unknown: map[api.DeliveryID]bool{},
	}
	for i, e := range entries {
		switch {
		case e.Kind == JournalSending && l.open == nil && e.Portal == portal:
			l.note(e)
		case e.Kind == JournalSending && e.Portal != portal:
			return nil, fmt.Errorf("the journal belongs to another portal (entry %d): a job has a journal of its own", i+1)
		case e.Kind == JournalSettled && l.open != nil:
			l.note(e)
		default:
			return nil, fmt.Errorf("the journal is not one of a single job: entry %d (%q) does not follow from the one before", i+1, e.Kind)
		}
	}
	return l, nil
}

func (l *ledger) note(e JournalEntry) {
	if e.Kind == JournalSending {
		l.open = &e
		l.sent = append(l.sent, e.Time)
		return
	}
	l.open = nil
	for _, r := range e.Retried {
		l.retried[r.Old] = r
		l.results[r.New] = true
	}
	for _, id := range e.Passed {
		l.passed[id] = true
	}
	for _, id := range e.Unknown {
		l.unknown[id] = true
	}
}

// knows reports whether the job is through with a delivery.
func (l *ledger) knows(id api.DeliveryID) bool {
	_, retried := l.retried[id]
	return retried || l.passed[id] || l.unknown[id]
}
