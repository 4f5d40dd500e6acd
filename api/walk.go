package api

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"
)

// WalkOption sets up one [Client.Deliveries].
type WalkOption func(*walk)

type walk struct {
	oldestFirst bool
	onTotal     func(int64)
	arose       *span
	ahead       int
}

// OldestFirst yields the rows in the order they arose. The server only sorts
// newest first, so the whole walk is read before its first row is yielded, and
// held: about 2 KB a row with payloads, less with [DeliveryFilter] Fields.
func OldestFirst() WalkOption { return func(w *walk) { w.oldestFirst = true } }

// OnTotal calls f with the number of rows that match at the start of the walk,
// before the first row is yielded. Rows that come later are not among them, and
// some of them may vanish.
func OnTotal(f func(total int64)) WalkOption { return func(w *walk) { w.onTotal = f } }

// LookAhead has so many pages travel while the rows of one are yielded, 1 unless
// told. More make up for a portal that is far away, up to the requests that it
// allows in a minute ([WithRateLimit]), and are held in memory.
func LookAhead(pages int) WalkOption { return func(w *walk) { w.ahead = max(1, pages) } }

// ArisenBetween yields only the rows that arose from one instant to the other,
// inclusive, delivered or not; the zero time leaves an end open. (The server only
// filters by when a row was delivered, see [DeliveryFilter].) Newer rows are read
// and passed over; the walk ends an hour before from, since rows hardly ever
// arise in another order than that of their ids.
//
// The instants are those of [WithCorrectedDates], with which the time zone of
// the portal is read; a row whose date cannot be corrected is judged by the date
// as it came. The number of [OnTotal] knows nothing of this.
func ArisenBetween(from, to time.Time) WalkOption {
	return func(w *walk) { w.arose = &span{from: from, to: to} }
}

// Deliveries walks the delivery log as filter narrows it, newest first, from
// the row that is the newest when the loop starts. It ends after the first
// error. It can be ranged over again, which reads the log again.
//
// The server pages by offset while rows come and vanish. The walk lets pages
// overlap by a row, notices by the ids where two do not connect, and reads again
// there, so that no row is yielded twice, and every row that matches from start
// to end is yielded. A row that begins or ceases to match meanwhile may be
// yielded or not.
//
// Pages have [MaxPage] rows unless filter.Limit says less (2 at least), and the
// next one travels while the rows of one are yielded; filter.Offset must be 0.
// Rows always have their ID, whatever filter.Fields says. A filter.Trigger of
// several events becomes a walk for each, merged: that many pages are held.
//
//meta:operation GET /api/2.0/settings/webhooks/log getWebhooksLogs
func (c *Client) Deliveries(ctx context.Context, filter DeliveryFilter, opts ...WalkOption) iter.Seq2[Delivery, error] {
	w := walk{ahead: 1}
	for _, opt := range opts {
		if opt != nil {
			opt(&w)
		}
	}
	filter.Fields = slices.Clone(filter.Fields)
	return func(yield func(Delivery, error) bool) {
		walkers, err := c.walkers(ctx, filter, w.arose)
		if err != nil {
			yield(Delivery{}, err)
			return
		}
		for _, one := range walkers {
			one.ahead = w.ahead
		}
		rows := w.rows(ctx, walkers)
		if w.oldestFirst {
			rows = reversed(rows)
		}
		rows(yield)
	}
}

// walkers returns a walker for each event that filter names.
func (c *Client) walkers(ctx context.Context, filter DeliveryFilter, arose *span) ([]*walker, error) {
	if filter.Offset != 0 {
		return nil, refuse(opListDeliveries, "Offset", fmt.Sprintf("is %d: a walk starts at the newest row", filter.Offset))
	}
	if filter.Limit == 0 {
		filter.Limit = MaxPage
	}
	if filter.Limit == 1 {
		filter.Limit = 2 // pages overlap by a row
	}
	need := []DeliveryField{FieldID}
	if arose != nil {
		need = append(need, FieldCreationTime)
	}
	for _, f := range need {
		if len(filter.Fields) > 0 && !slices.Contains(filter.Fields, f) {
			filter.Fields = append(slices.Clip(filter.Fields), f)
		}
	}
	filters := []DeliveryFilter{filter}
	if filter.Trigger.Len() > 1 {
		filters = nil
		for one := range filter.Trigger.All() {
			filter.Trigger = one
			filters = append(filters, filter)
		}
	}
	walkers := make([]*walker, len(filters))
	for i, f := range filters {
		if _, err := f.params(); err != nil {
			return nil, err
		}
		walkers[i] = newWalker(c, f)
	}
	if arose != nil {
		zone, err := c.dates.zone(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, w := range walkers {
			w.arose = &span{arose.from, arose.to, corrector{zone, c.dates}}
		}
	}
	return walkers, nil
}

// span is from when to when rows arose, by the dates that dates corrects.
type span struct {
	from, to time.Time
	dates    corrector
}

// disorder is how far apart the clocks of a portal's servers may be.
const disorder = time.Hour

// within returns those rows that arose within s, and whether all that follow
// are older. A nil s is for ever.
func (s *span) within(rows []Delivery) (inside []Delivery, over bool) {
	if s == nil {
		return rows, false
	}
	corrected := slices.Clone(rows)
	s.dates.log(corrected)
	for i, row := range corrected {
		arose := row.CreationTime
		switch {
		case !s.from.IsZero() && arose.Before(s.from.Add(-disorder)):
			return inside, true
		case !s.from.IsZero() && arose.Before(s.from), !s.to.IsZero() && arose.After(s.to):
		default:
			inside = append(inside, rows[i])
		}
	}
	return inside, false
}

// rows yields the rows of all walkers, newest first.
func (w walk) rows(ctx context.Context, walkers []*walker) iter.Seq2[Delivery, error] {
	if len(walkers) == 1 {
		walkers[0].onTotal = w.onTotal
		return walkers[0].rows(ctx)
	}
	return func(yield func(Delivery, error) bool) {
		var total int64
		sources := make([]iter.Seq2[Delivery, error], len(walkers))
		for i, one := range walkers {
			one.onTotal = func(n int64) { total += n }
			sources[i] = one.rows(ctx)
		}
		merged(sources, func() {
			if w.onTotal != nil {
				w.onTotal(total)
			}
		})(yield)
	}
}

// merged yields the rows of all sources, newest first, until one fails. It calls
// ready when each has begun.
func merged(sources []iter.Seq2[Delivery, error], ready func()) iter.Seq2[Delivery, error] {
	type head struct {
		next func() (Delivery, error, bool)
		row  Delivery
	}
	return func(yield func(Delivery, error) bool) {
		var heads []*head
		for _, source := range sources {
			next, stop := iter.Pull2(source)
			defer stop()
			row, err, ok := next()
			if err != nil {
				yield(Delivery{}, err)
				return
			}
			if ok {
				heads = append(heads, &head{next, row})
			}
		}
		ready()
		for len(heads) > 0 {
			newest := slices.MaxFunc(heads, func(a, b *head) int { return cmp.Compare(a.row.ID, b.row.ID) })
			if !yield(newest.row, nil) {
				return
			}
			row, err, ok := newest.next()
			switch {
			case err != nil:
				yield(Delivery{}, err)
				return
			case !ok:
				heads = slices.DeleteFunc(heads, func(h *head) bool { return h == newest })
			}
			newest.row = row
		}
	}
}

// reversed yields what rows yields, the last first, and an error after it.
func reversed(rows iter.Seq2[Delivery, error]) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		var all []Delivery
		for row, err := range rows {
			if err != nil {
				yield(Delivery{}, err)
				return
			}
			all = append(all, row)
		}
		for _, row := range slices.Backward(all) {
			if !yield(row, nil) {
				return
			}
		}
	}
}
