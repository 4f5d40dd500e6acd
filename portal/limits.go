package portal

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits are the rates beyond which the portal answers 429. A zero is no limit,
// and the zero value, as on a server as shipped, limits nothing. Unlike the
// server the portal does not exempt clients on its own computer.
type Limits struct {
	PerMinute int `json:"perMinute,omitempty"` // requests of a caller in a minute
	Reads     int `json:"reads,omitempty"`     // GET requests of a caller at a time
	Writes    int `json:"writes,omitempty"`    // other requests of a caller at a time
	PerDay    int `json:"perDay,omitempty"`    // POST and PUT requests of a caller in a day
	Retries   int `json:"retries,omitempty"`   // retry requests of a caller to one path in 15 minutes
}

func (l Limits) check() error {
	if min(l.PerMinute, l.Reads, l.Writes, l.PerDay, l.Retries) < 0 {
		return errors.New("a limit cannot be negative: 0, or leaving it out, is no limit")
	}
	return nil
}

// ServerLimits are those that the vendor's configuration has, switched off.
var ServerLimits = Limits{PerMinute: 1500, Reads: 50, Writes: 15, PerDay: 10_000, Retries: 5}

const (
	retryWindow = 15 * time.Minute
	dayWindow   = 24 * time.Hour
)

// limiter counts requests. Windows that are over are swept once there are many.
type limiter struct {
	sliding map[string][]time.Time
	days    map[string]*day
	running map[string]int
}

type day struct {
	began time.Time
	used  int
}

const manyWindows = 1000

// refusal is why a request is too much: the limit, and when it is lifted if the
// server tells.
type refusal struct {
	limit int
	reset time.Time
}

// enter counts a request. It returns a refusal, or a function to call when the
// request is answered.
//
// The order is ASP.NET's: the limits of all operations, one after the other,
// then the one of the retry operations. A request that a later one refuses has
// been counted by those before it, but takes no place among those that are under
// way. This was read, not recorded.
func (l *limiter) enter(limits Limits, caller string, r *http.Request, retries bool, now time.Time) (*refusal, func()) {
	if l.sliding == nil {
		*l = limiter{map[string][]time.Time{}, map[string]*day{}, map[string]int{}}
	}
	if len(l.sliding) > manyWindows {
		l.sweep(now)
	}
	if !l.slide("minute "+caller, limits.PerMinute, time.Minute, now) {
		return &refusal{limit: limits.PerMinute}, nil
	}
	slot, limit := "write "+caller, limits.Writes
	if r.Method == http.MethodGet {
		slot, limit = "read "+caller, limits.Reads
	}
	if limit > 0 && l.running[slot] >= limit {
		return &refusal{limit: limit}, nil
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		if until, full := l.fixed(caller, limits.PerDay, now); full {
			return &refusal{limit: limits.PerDay, reset: until}, nil
		}
	}
	if retries && !l.slide("retry "+caller+" "+strings.ToLower(r.URL.Path), limits.Retries, retryWindow, now) {
		return &refusal{limit: limits.Retries}, nil
	}
	running := l.running // of this limiter, should another take its place meanwhile
	running[slot]++
	return nil, func() {
		if running[slot]--; running[slot] == 0 {
			delete(running, slot)
		}
	}
}

// slide counts a request in a sliding window. It reports false if there is no
// room.
func (l *limiter) slide(key string, limit int, window time.Duration, now time.Time) bool {
	if limit == 0 {
		return true
	}
	seen := l.sliding[key]
	for len(seen) > 0 && now.Sub(seen[0]) >= window {
		seen = seen[1:]
	}
	full := len(seen) >= limit
	if !full {
		seen = append(seen, now)
	}
	l.sliding[key] = seen
	return !full
}

// fixed counts a request in the window of a day. It reports when the window
// ends and whether it is full.
func (l *limiter) fixed(key string, limit int, now time.Time) (time.Time, bool) {
	if limit == 0 {
		return time.Time{}, false
	}
	d := l.days[key]
	if d == nil || now.Sub(d.began) >= dayWindow {
		d = &day{began: now}
		l.days[key] = d
	}
	full := d.used >= limit
	if !full {
		d.used++
	}
	return d.began.Add(dayWindow), full
}

func (l *limiter) sweep(now time.Time) {
	for key, seen := range l.sliding {
		if len(seen) == 0 || now.Sub(seen[len(seen)-1]) >= retryWindow {
			delete(l.sliding, key)
		}
	}
}

// limit counts the call against the limits. It returns false if the call was too
// much and is answered: without a body, and with Retry-After only by the limit
// of a day (`*.limited.*`). Otherwise leave is to be called in the end.
func (c *call) limit() (leave func(), ok bool) {
	caller, _, _ := net.SplitHostPort(c.r.RemoteAddr)
	if c.user != nil {
		caller = c.user.ID
	}
	c.p.mu.Lock()
	now := c.p.clock.Now()
	refused, done := c.p.limiter.enter(c.p.limits, caller, c.r, c.route.limited, now)
	c.p.mu.Unlock()
	if refused == nil {
		return func() {
			c.p.mu.Lock()
			defer c.p.mu.Unlock()
			done()
		}, true
	}
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(refused.limit))
	h.Set("X-RateLimit-Remaining", "0")
	if !refused.reset.IsZero() {
		h.Set("X-RateLimit-Reset", strconv.FormatInt(refused.reset.Unix(), 10))
		h.Set("Retry-After", strconv.Itoa(int(refused.reset.Sub(now).Seconds())))
	}
	c.writeEmpty(http.StatusTooManyRequests)
	return nil, false
}

// SetLimits changes the limits, all of them, and forgets what has been counted.
func (p *Portal) SetLimits(l Limits) error {
	if err := l.check(); err != nil {
		return fmt.Errorf("portal: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limits, p.limiter = l, limiter{}
	return nil
}

// Limits returns the limits that hold.
func (p *Portal) Limits() Limits {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limits
}
