package portal

import (
	"context"
	"sync"
)

// batchSize is how many deliveries the worker takes at a time. It waits for all
// of them, retries included, before it takes more, so that one slow receiver
// holds up the others (captures under data/queue).
const batchSize = 10

// work is the worker's loop: batch after batch while something is queued, else
// a look every poll interval.
func (p *Portal) work(ctx context.Context) {
	defer p.running.Done()
	for ctx.Err() == nil {
		batch := p.takeBatch()
		if len(batch) == 0 {
			p.idle(ctx)
			continue
		}
		var wg sync.WaitGroup
		for _, r := range batch {
			wg.Go(func() { p.deliver(ctx, r) })
		}
		wg.Wait()
	}
}

func (p *Portal) takeBatch() []*logRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(batchSize, len(p.st.queue))
	batch := append([]*logRow(nil), p.st.queue[:n]...)
	p.st.queue = p.st.queue[n:]
	return batch
}

// idle waits for the next look.
func (p *Portal) idle(ctx context.Context) {
	timer, stop := p.clock.After(p.cfg.poll)
	defer stop()
	p.rest(-1)
	defer p.rest(1)
	select {
	case <-ctx.Done():
	case <-timer:
	case <-p.nudge:
	}
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
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}
