package portal

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// batchSize is how many deliveries the worker takes at a time. It waits for all
// of them, retries included, before it takes more, so that one slow receiver
// holds up the others (captures under data/queue).
const batchSize = 10

var errFixedClock = errors.New("portal: this portal's clock cannot be moved: start it with a ManualClock")

// work is the worker's loop: batch after batch while something is queued, else
// a look every poll interval.
func (p *Portal) work(ctx context.Context) {
	defer p.running.Done()
	defer p.retire()
	for ctx.Err() == nil {
		batch := p.takeBatch()
		if len(batch) == 0 {
			p.wait(ctx, p.cfg.poll, p.nudge)
			continue
		}
		p.deliverAll(ctx, batch)
	}
}

// retire takes the worker, and a nudge that it did not see, off the count.
func (p *Portal) retire() {
	select {
	case <-p.nudge:
		p.rest(-1)
	default:
	}
	p.rest(-1)
}

func (p *Portal) takeBatch() []*logRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(batchSize, len(p.st.queue))
	batch := append([]*logRow(nil), p.st.queue[:n]...)
	p.st.queue = p.st.queue[n:]
	return batch
}

// deliverAll delivers a batch. While it waits for the batch the worker counts
// as one of the deliveries, and the last of them is the worker again.
func (p *Portal) deliverAll(ctx context.Context, batch []*logRow) {
	p.rest(len(batch) - 1)
	var wg sync.WaitGroup
	left := int32(len(batch))
	for _, r := range batch {
		wg.Go(func() {
			p.deliver(ctx, r)
			if atomic.AddInt32(&left, -1) > 0 {
				p.rest(-1)
			}
		})
	}
	wg.Wait()
}

// wait waits by the clock. It reports false when the portal closes or a nudge
// comes first.
func (p *Portal) wait(ctx context.Context, d time.Duration, nudge <-chan struct{}) bool {
	timer, stop, counted := p.timer(d)
	p.rest(-1)
	select {
	case <-timer:
		if !counted {
			p.rest(1)
		}
		return true
	case <-ctx.Done():
		if stop() {
			p.rest(1)
		}
	case <-nudge: // brings its own count
		if !stop() {
			p.rest(-1) // the timer fired as well
		}
	}
	return false
}

// timer starts a timer. One of a [ManualClock] counts the worker as busy from
// the moment it fires, so that [Portal.Advance] cannot run ahead of it. stop
// reports whether it had not fired.
func (p *Portal) timer(d time.Duration) (timer <-chan time.Time, stop func() bool, counted bool) {
	if c, ok := p.clock.(*ManualClock); ok {
		timer, stop = c.after(d, func() { p.rest(1) })
		return timer, stop, true
	}
	timer, give := p.clock.After(d)
	return timer, func() bool { give(); return true }, false
}

// rest counts what the worker is doing, so that [Portal.Advance] can tell when
// it has nothing left to do but wait for the clock.
func (p *Portal) rest(change int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy += change
	p.settled.Broadcast()
}

// DeliverNow makes an idle worker look for deliveries at once, without waiting
// for its poll interval. It does not wait for them.
func (p *Portal) DeliverNow() {
	p.rest(1)
	select {
	case <-p.closing:
		p.rest(-1)
	case p.nudge <- struct{}{}:
	default:
		p.rest(-1)
	}
}
