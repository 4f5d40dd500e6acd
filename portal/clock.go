package portal

import (
	"sync"
	"time"
)

// Clock tells the portal the time and wakes its worker. Network time-outs are
// real time whatever the clock says.
//
// The default is the computer's clock, which [testing/synctest] fakes; a
// [ManualClock] is moved by hand.
type Clock interface {
	// Now returns the present instant.
	Now() time.Time
	// After returns a channel that receives once d has passed, and a function
	// that gives the timer up.
	After(d time.Duration) (<-chan time.Time, func())
}

// shiftedClock is the computer's clock, moved by a constant.
type shiftedClock struct{ shift time.Duration }

// StartingAt returns a clock that runs like the computer's but starts at t.
func StartingAt(t time.Time) Clock { return shiftedClock{shift: time.Until(t)} }

func (c shiftedClock) Now() time.Time { return time.Now().Add(c.shift).Round(0).UTC() }

func (shiftedClock) After(d time.Duration) (<-chan time.Time, func()) {
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}

// ManualClock stands still until it is told to move, see [Portal.Advance].
type ManualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*manualTimer]struct{}
}

type manualTimer struct {
	at time.Time
	c  chan time.Time
}

// NewManualClock returns a clock that stands at start.
func NewManualClock(start time.Time) *ManualClock {
	return &ManualClock{now: start.UTC(), timers: make(map[*manualTimer]struct{})}
}

// Now implements [Clock].
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After implements [Clock].
func (c *ManualClock) After(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &manualTimer{at: c.now.Add(d), c: make(chan time.Time, 1)}
	if d <= 0 {
		t.c <- c.now
		return t.c, func() {}
	}
	c.timers[t] = struct{}{}
	return t.c, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, t)
	}
}

// step moves the clock to the next timer that is due until end and fires it,
// or to end when there is none. It reports whether a timer fired.
func (c *ManualClock) step(end time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var next *manualTimer
	for t := range c.timers {
		if !t.at.After(end) && (next == nil || t.at.Before(next.at)) {
			next = t
		}
	}
	if next == nil {
		if end.After(c.now) {
			c.now = end
		}
		return false
	}
	if next.at.After(c.now) {
		c.now = next.at
	}
	delete(c.timers, next)
	next.c <- c.now
	return true
}
