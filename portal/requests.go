package portal

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Request is a request that the portal got, for a test to look at. Printed, it
// is a line without header and body: they hold credentials and secrets.
type Request struct {
	Time      time.Time
	Method    string
	Path      string // decoded, with the base path
	Query     string // as it was sent
	Operation string // the vendor's name; empty if the path or method is none
	User      string // id of who called; empty if nobody was recognised
	Header    http.Header
	Body      []byte // what was read of it, at most 64 KiB
	Status    int    // of the answer; 0 if the connection was broken
	Fault     FaultKind
}

// Format implements [fmt.Formatter] for every verb.
func (r Request) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s %s %d %s", r.Method, r.Path, r.Status, r.Operation)
}

// LogValue implements [slog.LogValuer].
func (r Request) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", r.Method), slog.String("path", r.Path), slog.String("operation", r.Operation), slog.Int("status", r.Status))
}

// keptBody bounds what is kept of a body.
const keptBody = 64 << 10

// note keeps a request. Of many only the latest are kept.
func (p *Portal) note(c *call, status int, at time.Time) {
	r := Request{
		Time: at, Method: c.r.Method, Path: c.r.URL.Path, Query: c.r.URL.RawQuery,
		Header: c.r.Header.Clone(), Body: bytes.Clone(c.body[:min(len(c.body), keptBody)]), Status: status, Fault: c.fault,
	}
	if c.route != nil {
		r.Operation = c.route.operation
	}
	if c.user != nil {
		r.User = c.user.ID
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if excess := len(p.requests) + 1 - p.cfg.requests; excess > 0 {
		p.requests = slices.Delete(p.requests, 0, excess)
	}
	p.requests = append(p.requests, r)
}

// Requests returns the latest requests to the API, the oldest first. Those to
// the control endpoints are not among them.
func (p *Portal) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// ForgetRequests empties what [Portal.Requests] returns.
func (p *Portal) ForgetRequests() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
