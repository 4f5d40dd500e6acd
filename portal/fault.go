package portal

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which an answer goes wrong.
type FaultKind string

// The kinds of faults.
const (
	FaultStatus FaultKind = "status" // the status and, unless Body says otherwise, an error object
	FaultHTML   FaultKind = "html"   // the status and a page of HTML, as from a proxy
	FaultBody   FaultKind = "body"   // the status and Body as JSON, whatever it is; 200 by default
	FaultLimit  FaultKind = "limit"  // 429 without a body, with Retry-After if it is set
	FaultDelay  FaultKind = "delay"  // the true answer, late by Delay
	FaultCut    FaultKind = "cut"    // half of the true answer, then the connection breaks
	FaultDrop   FaultKind = "drop"   // the connection breaks without an answer
)

// Fault makes answers go wrong.
type Fault struct {
	Operation string    `json:"operation,omitempty"` // the vendor's name of the operation; empty is every one
	Kind      FaultKind `json:"kind"`
	Times     int       `json:"times,omitempty"` // how many answers; 0 is all until the faults are cleared
	Skip      int       `json:"skip,omitempty"`  // how many answers come out right before
	// Done says that the operation is carried out all the same and only its
	// answer is wrong. It always is with FaultDelay and FaultCut.
	Done bool `json:"done,omitempty"`

	Status     int      `json:"status,omitempty"` // 503 by default, 502 with FaultHTML
	Body       string   `json:"body,omitempty"`
	Delay      Duration `json:"delay,omitempty"`
	RetryAfter int      `json:"retryAfter,omitempty"` // seconds
}

// Duration is a [time.Duration] that stands in JSON as "1m30s".
type Duration time.Duration

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

func (f Fault) check() error {
	if f.Operation != "" && !slices.ContainsFunc(routes, func(r route) bool { return r.operation == f.Operation }) {
		return fmt.Errorf("portal: no operation %q", f.Operation)
	}
	switch f.Kind {
	case FaultStatus, FaultHTML, FaultBody, FaultLimit, FaultCut, FaultDrop:
	case FaultDelay:
		if f.Delay <= 0 {
			return fmt.Errorf("portal: a delay must be positive")
		}
	default:
		return fmt.Errorf("portal: no kind of fault %q: want status, html, body, limit, delay, cut or drop", f.Kind)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("portal: a fault cannot have the status %d", f.Status)
	}
	if f.Times < 0 || f.Skip < 0 || f.RetryAfter < 0 {
		return fmt.Errorf("portal: times, skip and retryAfter cannot be negative")
	}
	return nil
}

// armed is a fault with what is left of it.
type armed struct {
	Fault
	skip, left int
}

// AddFaults makes answers go wrong. Of several faults that concern an operation
// the first applies until it is used up.
func (p *Portal) AddFaults(faults ...Fault) error {
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range faults {
		p.faults = append(p.faults, &armed{f, f.Skip, f.Times})
	}
	return nil
}

// ClearFaults makes all answers come out right again.
func (p *Portal) ClearFaults() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Faults returns the faults that are not used up, as they were added.
func (p *Portal) Faults() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []Fault{}
	for _, a := range p.faults {
		list = append(list, a.Fault)
	}
	return list
}

// takeFault returns what goes wrong with an operation now.
func (p *Portal) takeFault(operation string) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, a := range p.faults {
		if a.Operation != "" && a.Operation != operation {
			continue
		}
		if a.skip > 0 {
			a.skip--
			return nil
		}
		f := a.Fault
		if f.Times > 0 {
			if a.left--; a.left == 0 {
				p.faults = slices.Delete(p.faults, i, i+1)
			}
		}
		return &f
	}
	return nil
}

// apply lets a fault have its way with a call that serve would answer right.
func (f *Fault) apply(c *call, serve func()) {
	c.fault = f.Kind
	if f.Kind == FaultDelay {
		if !sleep(c.r.Context(), time.Duration(f.Delay)) {
			panic(http.ErrAbortHandler)
		}
		serve()
		return
	}
	held := &heldAnswer{header: http.Header{}}
	if f.Done || f.Kind == FaultCut {
		w := c.w
		c.w = held
		serve()
		c.w = w
	}
	if f.Kind == FaultDrop {
		panic(http.ErrAbortHandler)
	}
	if f.Kind == FaultCut {
		held.cut(c.w)
	}
	f.write(c)
}

// write writes an answer of the fault's own.
func (f *Fault) write(c *call) {
	status, contentType, body := f.Status, "text/plain; charset=utf-8", f.Body
	if f.RetryAfter > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if f.Kind == FaultLimit {
		c.writeEmpty(http.StatusTooManyRequests)
		return
	}
	if f.Kind == FaultHTML {
		status = cmp.Or(status, http.StatusBadGateway)
		contentType = "text/html"
		body = cmp.Or(body, "<!DOCTYPE html>\n<html lang=\"en\"><head><title>"+statusText(status)+"</title></head><body><h1>"+statusText(status)+"</h1></body></html>\n")
	}
	if f.Kind == FaultBody {
		status = cmp.Or(status, http.StatusOK)
		contentType = "application/json; charset=utf-8"
	}
	status = cmp.Or(status, http.StatusServiceUnavailable)
	if f.Kind == FaultStatus && body == "" {
		c.writeError(&apiError{status: status, message: "A fault that was asked for"})
		return
	}
	c.w.Header().Set("Content-Type", contentType)
	c.writeBody(status, []byte(body))
}

// sleep waits in real time. It reports false if the client is gone before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// heldAnswer keeps an answer instead of sending it.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header         { return h.header }
func (h *heldAnswer) WriteHeader(status int)      { h.status = status }
func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }

// cut sends half of the answer and breaks the connection.
func (h *heldAnswer) cut(w http.ResponseWriter) {
	maps.Copy(w.Header(), h.header)
	w.Header().Set("Content-Length", strconv.Itoa(h.body.Len()+1)) // so that even an empty answer lacks something
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes()[:h.body.Len()/2])
	_ = http.NewResponseController(w).Flush() // what is not flushed would not be seen
	panic(http.ErrAbortHandler)
}
