package portal

import "time"

// Clock tells the portal the time and wakes its worker. Network time-outs are
// real time whatever the clock says.
//
// The default is the computer's clock, which [testing/synctest] fakes. A
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
