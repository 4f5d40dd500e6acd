package ops

import (
	"slices"

	"github.com/docspace-go/webhooks/api"
)

// match finds out which of batch each row of a batch's answer repeats. The
// answer has the rows in the order of the request, without those that the portal
// passed over, each with the payload of what it repeats (captures
// retryWebhooks.ok). A delivered payload names its row, which settles it. Where
// none does, as on portals of 3.0, equal numbers settle it, then the text.
func match(batch []*row, queued []api.Delivery) (pairs []RetriedDelivery, passed []api.DeliveryID) {
	left := slices.Clone(batch)
	take := func(i int, answer *api.Delivery, guessed bool) {
		pairs = append(pairs, RetriedDelivery{Old: left[i].id, New: answer.ID, Guessed: guessed})
		left = slices.Delete(left, i, i+1)
	}
	var unnamed []*api.Delivery
	for i := range queued {
		c := readContent(queued[i].RequestPayload)
		at := slices.IndexFunc(left, func(r *row) bool { return c.legible && r.id == c.named && r.key == c.key })
		if at < 0 {
			unnamed = append(unnamed, &queued[i])
			continue
		}
		take(at, &queued[i], false)
	}
	inOrder := len(unnamed) == len(left)
	for _, answer := range unnamed {
		c := readContent(answer.RequestPayload)
		same := func(r *row) bool { return r.key == c.key }
		at := slices.IndexFunc(left, same)
		switch {
		case inOrder:
			take(0, answer, false)
		case at >= 0:
			take(at, answer, slices.ContainsFunc(left[at+1:], same))
		}
	}
	for _, r := range left {
		passed = append(passed, r.id)
	}
	return pairs, passed
}

// settle finds out from a log that was read since what became of a batch whose
// answer is not known.
func (h *history) settle(sending JournalEntry) JournalEntry {
	settled := JournalEntry{Kind: JournalSettled}
	var open []*row
	for _, id := range sending.IDs {
		r := h.rows[id]
		switch {
		case r == nil:
			settled.Passed = append(settled.Passed, id)
		case r.outcome == Pending || r.outcome == Delivered: // a server that retries in the same row
			settled.Retried = append(settled.Retried, RetriedDelivery{Old: id, New: id})
		default:
			open = append(open, r)
		}
	}
	for len(open) > 0 {
		key := open[0].key
		var asked []*row
		open = slices.DeleteFunc(open, func(r *row) bool {
			if r.key == key {
				asked = append(asked, r)
			}
			return r.key == key
		})
		var copies []*row
		for _, r := range h.groups[key] {
			if r.id > sending.After {
				copies = append(copies, r)
			}
		}
		h.pair(&settled, sending.After, asked, copies)
	}
	return settled
}

// pair notes which of the rows asked for the rows copies repeat, all of which
// tell the same. What there is no copy of was not sent.
func (h *history) pair(settled *JournalEntry, after api.DeliveryID, asked, copies []*row) {
	if !asked[0].legible {
		h.pairIllegible(settled, after, asked)
		return
	}
	guessed := len(asked) > 1
	note := func(i, c int, guessed bool) {
		settled.Retried = append(settled.Retried, RetriedDelivery{Old: asked[i].id, New: copies[c].id, Guessed: guessed})
		asked, copies = slices.Delete(asked, i, i+1), slices.Delete(copies, c, c+1)
	}
	for c := 0; c < len(copies); {
		i := slices.IndexFunc(asked, func(r *row) bool { return copies[c].outcome == Pending && copies[c].named == r.id })
		if i < 0 {
			c++
			continue
		}
		note(i, c, false)
	}
	for len(asked) > 0 && len(copies) > 0 { // the portal goes through a batch in order
		note(0, 0, guessed)
	}
}

// pairIllegible does what can be done where a payload names no event: if no row
// came since, nothing was sent; else nobody knows.
func (h *history) pairIllegible(settled *JournalEntry, after api.DeliveryID, asked []*row) {
	if h.newest <= after {
		return
	}
	for _, r := range asked {
		settled.Unknown = append(settled.Unknown, r.id)
	}
}
