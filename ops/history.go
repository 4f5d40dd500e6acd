package ops

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// row is what is kept of a row of the log.
type row struct {
	id      api.DeliveryID
	trigger api.Triggers
	outcome Outcome
	class   api.StatusClass
	created time.Time
	content
}

func newRow(d api.Delivery) *row {
	return &row{
		id: d.ID, trigger: d.Trigger, outcome: OutcomeOf(d), class: classOf(d.Status),
		created: d.CreationTime.Time, content: readContent(d.RequestPayload),
	}
}

// history is the log as far as it was read, by what the rows tell.
type history struct {
	rows   map[api.DeliveryID]*row
	groups map[eventKey][]*row // oldest first
	newest api.DeliveryID
	readTo api.DeliveryID // the newest when the log was read; rows before newer ones may be missing
}

func newHistory() *history {
	return &history{rows: map[api.DeliveryID]*row{}, groups: map[eventKey][]*row{}}
}

// read goes through the log, newest first, back to the row oldest, and replaces
// what is known of those rows. It reads all of them or changes nothing.
func (h *history) read(log iter.Seq2[api.Delivery, error], oldest api.DeliveryID) error {
	var fresh []*row
	for d, err := range log {
		if err != nil {
			return err
		}
		if d.ID < oldest {
			break
		}
		fresh = append(fresh, newRow(d))
	}
	maps.DeleteFunc(h.rows, func(id api.DeliveryID, _ *row) bool { return id >= oldest })
	for _, r := range fresh {
		h.rows[r.id] = r
		h.newest = max(h.newest, r.id)
	}
	h.readTo = h.newest
	clear(h.groups)
	for _, id := range slices.Sorted(maps.Keys(h.rows)) {
		r := h.rows[id]
		h.groups[r.key] = append(h.groups[r.key], r)
	}
	return nil
}

// readAgain is read, over failures that pass.
func (h *history) readAgain(ctx context.Context, log iter.Seq2[api.Delivery, error], oldest api.DeliveryID) error {
	pauses := newBackoff()
	for stumbles := 0; ; stumbles++ {
		err := h.read(log, oldest)
		if err == nil || stumbles >= maxStumbles || !passing(ctx, err) {
			return err
		}
		if err := sleep(ctx, pauses.pause()); err != nil {
			return err
		}
	}
}

// sameMoment is how far the rows of two events of one second may lie apart:
// MySQL rounds to whole seconds.
const sameMoment = 1500 * time.Millisecond

// events splits the rows of a group, oldest first, into those of events and the
// retries of these. Equal events happened in the same second; a retry, which
// names the time of its event, is filed later.
func events(group []*row) (originals, retries []*row) {
	if !group[0].legible {
		return group, nil // nothing tells a retry from a repetition
	}
	for _, r := range group {
		apart := r.created.Sub(group[0].created)
		queuedAgain := r.outcome == Pending && r.named != 0 && r.named != r.id
		if r == group[0] || apart <= sameMoment && !queuedAgain {
			originals = append(originals, r)
		} else {
			retries = append(retries, r)
		}
	}
	return originals, retries
}

// add adds rows that were queued just now. The vendor has announced servers that
// queue the old row again.
func (h *history) add(queued []api.Delivery) {
	for _, d := range queued {
		r := newRow(d)
		if old := h.rows[d.ID]; old != nil {
			old.outcome, old.class = r.outcome, r.class
			continue
		}
		h.rows[r.id] = r
		h.groups[r.key] = append(h.groups[r.key], r)
		h.newest = max(h.newest, r.id)
	}
}
