package portal

import (
	"sync"
	"time"
)

// ManualClock is a clock that can be moved ahead, see [Portal.Advance].
type ManualClock struct {
	mu     sync.Mutex
	base   time.Time
	since  time.Time // when base was; zero while the clock stands still
	timers map[*manualTimer]struct{}
	firing int        // timers that are off, but have not woken anybody yet
	fired  *sync.Cond // firing has become less
}

type manualTimer struct {
	at   time.Time
	c    chan time.Time
	wake func()      // called as it fires, before the channel receives
	real *time.Timer // of a clock that runs, else nil
}

// NewManualClock returns a clock that stands at start.
func NewManualClock(start time.Time) *ManualClock {
	return newManualClock(start.UTC(), time.Time{})
}

// NewAdjustableClock returns a clock that runs like the computer's and can be
// moved ahead besides.
func NewAdjustableClock() *ManualClock {
	now := time.Now()
	return newManualClock(now.Round(0).UTC(), now)
}

func newManualClock(base, since time.Time) *ManualClock {
	c := &ManualClock{base: base, since: since, timers: make(map[*manualTimer]struct{})}
	c.fired = sync.NewCond(&c.mu)
	return c
}

// Now implements [Clock].
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *ManualClock) now() time.Time {
	if c.since.IsZero() {
		return c.base
	}
	return c.base.Add(time.Since(c.since))
}

// After implements [Clock].
func (c *ManualClock) After(d time.Duration) (<-chan time.Time, func()) {
	timer, stop := c.after(d, func() {})
	return timer, func() { stop() }
}

// after is After with a function that is called as the timer fires. stop
// reports whether it was in time.
func (c *ManualClock) after(d time.Duration, wake func()) (timer <-chan time.Time, stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &manualTimer{at: c.now().Add(d), c: make(chan time.Time, 1), wake: wake}
	c.timers[t] = struct{}{}
	if !c.since.IsZero() {
		t.real = time.AfterFunc(d, func() { c.fire(t) })
	}
	return t.c, func() bool { return c.drop(t) }
}

// drop takes a timer off. It reports whether it was still on.
func (c *ManualClock) drop(t *manualTimer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off(t)
}

func (c *ManualClock) off(t *manualTimer) bool {
	_, on := c.timers[t]
	delete(c.timers, t)
	if t.real != nil {
		t.real.Stop()
	}
	return on
}

func (c *ManualClock) fire(t *manualTimer) {
	c.mu.Lock()
	on := c.off(t)
	if on {
		c.firing++
	}
	c.mu.Unlock()
	if !on {
		return
	}
	t.wake() // takes the portal's lock, under which the clock is asked; so not under the clock's
	t.c <- c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.firing--
	c.fired.Broadcast()
}

// step moves the clock to the next timer that is due until end and fires it, or
// to end when there is none. It reports whether a timer fired, be it by itself.
func (c *ManualClock) step(end time.Time) bool {
	c.mu.Lock()
	if c.firing > 0 {
		defer c.mu.Unlock()
		for c.firing > 0 {
			c.fired.Wait()
		}
		return true
	}
	var next *manualTimer
	for t := range c.timers {
		if !t.at.After(end) && (next == nil || t.at.Before(next.at)) {
			next = t
		}
	}
	to := end
	if next != nil {
		to = next.at
	}
	if ahead := to.Sub(c.now()); ahead > 0 {
		c.base = c.base.Add(ahead)
		c.hasten()
	}
	c.mu.Unlock()
	if next != nil {
		c.fire(next)
	}
	return next != nil
}

// hasten lets the timers of a clock that runs come sooner.
func (c *ManualClock) hasten() {
	if c.since.IsZero() {
		return
	}
	now := c.now()
	for t := range c.timers {
		t.real.Reset(t.at.Sub(now))
	}
}

// Advance moves the clock ahead by d, which must be a [ManualClock]'s. On the
// way the worker does everything that falls due, retry after retry, so that a
// day is over as soon as the receivers have answered.
func (p *Portal) Advance(d time.Duration) error {
	c, ok := p.clock.(*ManualClock)
	if !ok {
		return errFixedClock
	}
	end := c.Now().Add(d)
	for {
		p.settle()
		if !c.step(end) {
			return nil
		}
	}
}

// settle waits until the worker does nothing but wait for the clock.
func (p *Portal) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.busy > 0 {
		p.settled.Wait()
	}
}
