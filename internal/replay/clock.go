package replay

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// until waits for an instant of the transcript.
func (r *replay) until(at time.Duration) {
	if d := at - time.Since(r.began); d > 0 {
		time.Sleep(d)
	}
}

// startOf returns when an entry began. The transcript tells when it ended; an
// answer tells how long it took, and the deliveries that an event caused cannot
// have come before it.
func (r *replay) startOf(i int) time.Duration {
	e := &r.entries[i]
	start := e.at()
	if e.Kind == "exchange" && e.Response != nil {
		if _, dur, ok := strings.Cut(e.Response.header("Server-Timing"), "dur="); ok {
			ms, _ := strconv.Atoi(strings.TrimSuffix(dur, "ms"))
			start -= time.Duration(ms) * time.Millisecond
		}
	}
	for _, later := range r.entries[i+1:] {
		if later.delivered() && slices.ContainsFunc(e.Rows, func(row recordedRow) bool { return row.Log == eventID(later) }) {
			start = min(start, later.at()-time.Millisecond)
		}
	}
	return start
}

var eventForm = regexp.MustCompile(`^\{"event":\{"id":(\d+),`)

// eventID returns the log row that a delivery is of.
func eventID(e entry) int {
	m := eventForm.FindStringSubmatch(text(e.Request.Body, ""))
	if m == nil {
		return 0
	}
	id, _ := strconv.Atoi(m[1])
	return id
}

// pollEvery is how long the recorded worker slept, with what a look cost it.
const pollEvery = 5010 * time.Millisecond

// ticks finds out when the recorded worker looked for deliveries: whenever a
// delivery arrived, and in between every five seconds since it was last busy.
func (r *replay) ticks() []time.Duration {
	var busy []time.Duration
	for _, e := range r.entries {
		if e.delivered() {
			busy = append(busy, e.at())
		}
	}
	var all []time.Duration
	end := r.entries[len(r.entries)-1].at() + time.Minute
	at := time.Duration(0)
	if len(busy) > 0 {
		at = busy[0] % pollEvery
	}
	for _, next := range append(busy, end) {
		for ; at < next-500*time.Millisecond; at += pollEvery {
			all = append(all, at)
		}
		all = append(all, next)
		at = next + pollEvery
	}
	return all
}

// tick makes the worker look when the recorded one did.
func (r *replay) tick(done <-chan struct{}) {
	for _, at := range r.ticks() {
		timer := time.NewTimer(at - time.Since(r.began))
		select {
		case <-timer.C:
			r.p.DeliverNow()
		case <-done:
			timer.Stop()
			return
		}
	}
}
