package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// RateLimit has the rates that the calls of a client keep to together. A field
// that is zero is what the vendor documents, and what a portal enforces per
// person if it limits at all; a negative one is no limit.
type RateLimit struct {
	// PerMinute is how many requests are sent in any minute; 1500.
	PerMinute int
	// Reads is how many GET requests are sent at a time; 50.
	Reads int
	// Writes is how many others are sent at a time; 15.
	Writes int
	// Retries is how many requests of RetryDelivery for one delivery, and of
	// RetryDeliveries, are sent in any 15 minutes; 5.
	Retries int
}

// WithRateLimit makes calls wait until limits let them pass, attempts of
// [WithRetry] included. A call whose context would end before fails at once with
// [ErrRateLimited] and the wait in [Error.RetryAfter]. Without it nothing is
// limited.
func WithRateLimit(limits RateLimit) Option {
	return func(c *config) error {
		c.limiter = newLimiter(limits)
		return nil
	}
}

// RateLimited returns c if it was made with [WithRateLimit]; else a client like
// c that keeps to the zero [RateLimit], the same one each time. Long jobs use
// it, so that they are not refused halfway.
func (c *Client) RateLimited() *Client {
	if c.cfg.limiter != nil {
		return c
	}
	return c.limited()
}

// limitMargin lengthens windows, because requests do not all travel equally fast.
const limitMargin = time.Second

// limiter holds requests back.
type limiter struct {
	reads, writes slots

	mu      sync.Mutex
	all     window
	allowed int                // of each bucket
	buckets map[string]*window // of the retry operations, by path
}

func newLimiter(limits RateLimit) *limiter {
	return &limiter{
		reads:   newSlots(cmp.Or(limits.Reads, 50)),
		writes:  newSlots(cmp.Or(limits.Writes, 15)),
		all:     window{allowed: cmp.Or(limits.PerMinute, 1500), length: time.Minute + limitMargin},
		allowed: cmp.Or(limits.Retries, 5),
		buckets: map[string]*window{},
	}
}

// admit waits until a request may be sent. leave says that it is over.
func (l *limiter) admit(ctx context.Context, op operation) (leave func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	slots := l.writes
	if op.method == http.MethodGet {
		slots = l.reads
	}
	for {
		if err := slots.enter(ctx); err != nil {
			return nil, err
		}
		wait := l.take(op, time.Now())
		if wait == 0 {
			return slots.leave, nil
		}
		slots.leave() // for others, since this may take minutes
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return nil, limitError(wait)
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// take counts a request if all its windows have room; else it returns how long
// they will not.
func (l *limiter) take(op operation, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	windows := []*window{&l.all}
	if op.effect == delivers {
		windows = append(windows, l.bucket(op.path, now))
	}
	for _, w := range windows {
		wait = max(wait, w.wait(now))
	}
	if wait == 0 {
		for _, w := range windows {
			w.sent = append(w.sent, now)
		}
	}
	return wait
}

// bucket returns the window of a path, and drops those that are empty again.
func (l *limiter) bucket(path string, now time.Time) *window {
	if l.buckets[path] == nil {
		for other, w := range l.buckets {
			if w.forget(now); len(w.sent) == 0 {
				delete(l.buckets, other)
			}
		}
		l.buckets[path] = &window{allowed: l.allowed, length: retryWindow + limitMargin}
	}
	return l.buckets[path]
}

// window allows so many requests within any span of its length. It counts them
// as the portal does: a token bucket would let nearly twice as many pass at
// first, or spread the few that are allowed over the whole span.
type window struct {
	allowed int // negative: no limit
	length  time.Duration
	sent    []time.Time
}

func (w *window) wait(now time.Time) time.Duration {
	if w.allowed < 0 {
		w.sent = w.sent[:0]
		return 0
	}
	w.forget(now)
	if len(w.sent) < w.allowed {
		return 0
	}
	return w.sent[0].Add(w.length).Sub(now)
}

// forget drops what does not count any more.
func (w *window) forget(now time.Time) {
	counts := slices.IndexFunc(w.sent, func(t time.Time) bool { return now.Sub(t) < w.length })
	if counts < 0 {
		counts = len(w.sent)
	}
	w.sent = slices.Delete(w.sent, 0, counts)
}

// slots bound how many are inside at a time; nil does not.
type slots chan struct{}

func newSlots(n int) slots {
	if n < 0 {
		return nil
	}
	return make(slots, n)
}

func (s slots) enter(ctx context.Context) error {
	if s == nil {
		return nil
	}
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slots) leave() {
	if s != nil {
		<-s
	}
}

// limitError is a wait that would outlast the context.
type limitError time.Duration

func (e limitError) Error() string {
	return "not sent: the client keeps to the portal's limits, and the context ends before they let it"
}

// held is the error of a request that was not let pass.
func (x exchange) held(err error) *Error {
	e := x.broken(err)
	if wait, ok := errors.AsType[limitError](err); ok {
		e.kind, e.RetryAfter = ErrRateLimited, time.Duration(wait)
	}
	return e
}
