package api

import (
	"context"
	"fmt"
	"iter"
)

// maxIdle is how many pages in a row may hold nothing new before a walk gives
// up. Each such page means that as many rows came as a page has, or halves what
// is left of the search for the place where rows vanished.
const maxIdle = 1000

// walker reads the log of one filter, newest first. It knows the last row that
// it handed out; at which offset that row is by now only the answers tell.
type walker struct {
	client  *Client
	filter  DeliveryFilter
	onTotal func(int64)
	arose   *span

	ahead  int           // how many pages may travel
	coming []*travelling // in the order of their offsets

	last  DeliveryID // the last row handed out, 0 before the first
	total int64      // of the latest page, -1 before the first
	idle  int        // pages since the last new row

	// Where a page lies beyond the place after last, that is searched for
	// between two offsets: one too small and one too large, -1 where unknown.
	low, high int
	step      int // back from high, while low is unknown
}

func newWalker(c *Client, filter DeliveryFilter) *walker {
	w := &walker{client: c, filter: filter, total: -1}
	w.settle()
	return w
}

// settle ends the search.
func (w *walker) settle() { w.low, w.high, w.step, w.idle = -1, -1, w.filter.Limit-1, 0 }

// rows yields the rows, page by page.
func (w *walker) rows(ctx context.Context) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		defer func() { w.drop() }()
		w.coming = []*travelling{w.send(ctx, 0)}
		for len(w.coming) > 0 {
			fresh, err := w.receive(ctx)
			if err != nil {
				yield(Delivery{}, err)
				return
			}
			for _, row := range fresh {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// receive waits for the first page that travels and returns its new rows. Before
// it decodes them, it sends for further pages where they will be if the log
// holds still. If it has not, they are dropped.
func (w *walker) receive(ctx context.Context) (fresh []Delivery, err error) {
	page := w.coming[0]
	w.coming = w.coming[1:]
	x, err := page.wait()
	if err != nil {
		return nil, err
	}
	w.guess(ctx, page.offset)
	list, err := readDeliveries(x, w.filter)
	if err != nil {
		return nil, err
	}
	if w.total < 0 && w.onTotal != nil {
		w.onTotal(list.Total)
	}
	w.total = list.Total
	fresh, offset, err := w.place(list.Deliveries, page.offset)
	if err != nil {
		return nil, x.failed(ErrUnexpectedAnswer, err.Error())
	}
	x.done()
	fresh, over := w.arose.within(fresh)
	switch {
	case over || offset < 0:
		w.drop()
	case len(w.coming) > 0 && w.coming[0].offset == offset:
	default:
		w.drop()
		w.coming = []*travelling{w.send(ctx, offset)}
		w.guess(ctx, page.offset)
	}
	return fresh, nil
}

// guess sends for the pages after the one at offset, as far as the total goes,
// unless their place is being searched for.
func (w *walker) guess(ctx context.Context, offset int) {
	if n := len(w.coming); n > 0 {
		offset = w.coming[n-1].offset
	}
	for w.high < 0 && len(w.coming) < w.ahead {
		offset += w.filter.Limit - 1
		if int64(offset)+1 >= w.total {
			return
		}
		w.coming = append(w.coming, w.send(ctx, offset))
	}
}

// drop gives up the pages that travel.
func (w *walker) drop() {
	for _, page := range w.coming {
		page.drop()
	}
	w.coming = nil
}

// place finds the new rows in a page that was read at offset, and the offset to
// read at next, -1 after the last page.
//
// Pages overlap by a row. One that holds the last row or a newer one, or starts
// at the top, has the next rows without a gap, however far they have moved.
// One that does not lies beyond them, because rows before it vanished. Only a
// page that is not full shows that nothing follows: the total is counted by a
// query of its own.
func (w *walker) place(page []Delivery, offset int) (fresh []Delivery, next int, err error) {
	for i, row := range page {
		if i > 0 && row.ID >= page[i-1].ID {
			return nil, -1, fmt.Errorf("a page of the log in which row %s follows row %s: want the newest first", row.ID, page[i-1].ID)
		}
	}
	if offset > 0 && (len(page) == 0 || page[0].ID < w.last) {
		w.high = offset
		return nil, w.search(), w.tire()
	}
	fresh = page
	if w.last != 0 {
		fresh = page[firstBelow(page, w.last):]
	}
	end := offset + len(page)
	if len(page) < w.filter.Limit && (int64(end) >= w.total || len(fresh) == 0) {
		return fresh, -1, nil
	}
	if len(fresh) > 0 {
		w.last = fresh[len(fresh)-1].ID
		w.settle()
		return fresh, end - 1, nil
	}
	w.low = offset
	return nil, max(w.search(), end-1), w.tire()
}

// firstBelow returns the index of the first row older than id.
func firstBelow(page []Delivery, id DeliveryID) int {
	for i, row := range page {
		if row.ID < id {
			return i
		}
	}
	return len(page)
}

// search returns the next offset to try.
func (w *walker) search() int {
	switch {
	case w.high < 0:
		return w.low
	case w.low < 0:
		w.step *= 2
		return max(0, w.high-w.step/2)
	case w.high-w.low < 2: // the log moved under the search
		w.low, w.step = -1, w.filter.Limit-1
		return w.search()
	}
	return w.low + (w.high-w.low)/2
}

func (w *walker) tire() error {
	if w.idle++; w.idle > maxIdle {
		return fmt.Errorf("a log that does not go on: %d pages without a new row", w.idle)
	}
	return nil
}

// travelling is a page that was sent for.
type travelling struct {
	offset int
	cancel context.CancelFunc
	came   chan struct{} // closed when x and err are set
	x      exchange
	err    error
}

// send sends for the page at offset.
func (w *walker) send(ctx context.Context, offset int) *travelling {
	ctx, cancel := context.WithCancel(ctx)
	t := &travelling{offset: offset, cancel: cancel, came: make(chan struct{})}
	filter := w.filter
	filter.Offset = offset
	go func() {
		defer close(t.came)
		t.x, t.err = w.client.fetchDeliveries(ctx, filter, call{})
	}()
	return t
}

// wait returns the answer.
func (t *travelling) wait() (exchange, error) {
	<-t.came
	t.cancel()
	return t.x, t.err
}

// drop gives the page up.
func (t *travelling) drop() {
	t.cancel()
	<-t.came
}
