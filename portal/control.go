package portal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/docspace-go/webhooks/wire"
)

// controlPrefix is where the control endpoints are, below the base path.
const controlPrefix = "/_/control/"

// controlHelp is what a GET of the prefix answers. It must be enough to drive
// the portal with curl alone.
const controlHelp = `Control of this portal, for tests in any language. JSON in, JSON out.
Below, $P is %[1]s; what follows "e.g." can be sent as it stands.

POST   $P/emit      makes something happen; answers the ids of the deliveries that were queued
                    e.g. curl -d '{"trigger":"file.created"}' $P/emit
                    optional: "by" (id of a user), "entity" (what a targetId must equal), "payload" (an object), "private":true,
                    "sample" (the kind of made-up payload: thirdparty or next)
POST   $P/deliver   makes an idle worker deliver now instead of at its next look
                    e.g. curl -X POST $P/deliver
GET    $P/clock     what time it is here
POST   $P/clock     moves the clock ahead, retries and all, and answers when the receivers have answered
                    e.g. curl -d '{"advance":"31s"}' $P/clock
GET    $P/fault     what goes wrong
POST   $P/fault     makes answers go wrong; a list makes several
                    e.g. curl -d '{"operation":"createWebhook","kind":"status","status":503,"times":1}' $P/fault
                    kinds: status (with "status"), html, body, limit (429, with "retryAfter" in seconds), delay ("delay":"2s"), cut, drop
                    optional: "operation" (every one without it), "times" (0 is always), "skip", "body",
                    "done":true (the operation is carried out, only its answer is wrong)
DELETE $P/fault     makes all answers right again
GET    $P/tenant    the state around the webhooks
PUT    $P/tenant    changes what is given of it: "unpaid", "missing", "status" (Active, Suspended, RemovePending,
                    %[2]s), "denyIP", "adminOnly"; the rest stays
                    e.g. curl -X PUT -d '{"unpaid":true}' $P/tenant
GET    $P/limits    the rate limits
PUT    $P/limits    sets all of them: "perMinute", "reads", "writes", "perDay", "retries"; what is left out is unlimited
                    e.g. curl -X PUT -d '{"retries":5}' $P/limits
GET    $P/requests  the latest requests to the API, credentials masked
DELETE $P/requests  forgets them
GET    $P/seed      users, passwords, keys and the rest that the portal was started with
PUT    $P/seed      starts over with another seed, of the same form
POST   $P/reset     starts over with the seed: its webhooks, log and sessions only, no fault, no request noted or counted,
                    a tenant in good order, the limits that the portal was started with. Only the clock does not go back.
What is wrong with a request is answered with 400 and a text; then nothing has changed.
`

// controls are the endpoints below the prefix.
var controls = map[string]func(*Portal, *http.Request) (any, error){
	"POST emit":       (*Portal).controlEmit,
	"POST deliver":    withoutBody(func(p *Portal) (any, error) { p.DeliverNow(); return done, nil }),
	"GET clock":       (*Portal).controlClock,
	"POST clock":      (*Portal).controlAdvance,
	"GET fault":       func(p *Portal, _ *http.Request) (any, error) { return p.Faults(), nil },
	"POST fault":      (*Portal).controlFault,
	"DELETE fault":    func(p *Portal, _ *http.Request) (any, error) { p.ClearFaults(); return done, nil },
	"GET tenant":      func(p *Portal, _ *http.Request) (any, error) { return p.Tenant(), nil },
	"PUT tenant":      (*Portal).controlTenant,
	"GET limits":      func(p *Portal, _ *http.Request) (any, error) { return p.Limits(), nil },
	"PUT limits":      (*Portal).controlLimits,
	"GET requests":    (*Portal).controlRequests,
	"DELETE requests": func(p *Portal, _ *http.Request) (any, error) { p.ForgetRequests(); return done, nil },
	"GET seed":        func(p *Portal, _ *http.Request) (any, error) { return p.Seed(), nil },
	"PUT seed":        (*Portal).controlSeed,
	"POST reset":      withoutBody(func(p *Portal) (any, error) { return done, p.Reset(p.Seed()) }),
}

// done is the answer of what has nothing to tell.
var done = map[string]bool{"done": true}

// serveControl answers a control request.
func (p *Portal) serveControl(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, "The control endpoints answer to this computer only, and to no page of another origin.", http.StatusForbidden)
		return
	}
	name := strings.Trim(strings.TrimPrefix(r.URL.Path, p.cfg.basePath+controlPrefix), "/")
	if name == "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintf(w, controlHelp, //nolint:gosec // plain text, and the host is one of this computer's names
			"http://"+r.Host+p.cfg.basePath+strings.TrimSuffix(controlPrefix, "/"), tenantMoving)
		return
	}
	control, ok := controls[r.Method+" "+name]
	if !ok {
		http.Error(w, "No such control. GET "+p.cfg.basePath+controlPrefix+" tells which there are.", http.StatusNotFound)
		return
	}
	answer, err := control(p, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n')) // the client may be gone; there is nobody to tell
}

// local reports whether a request comes from this computer, asks for it by one
// of its own names and is not from a page of another origin. The latter two keep
// out pages in a browser on this computer, DNS rebinding included.
func local(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() || !localName(r.Host) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// readControl reads the body of a control request.
func readControl(r *http.Request, to any) error {
	if err := readStrictly(io.LimitReader(r.Body, bodyLimit), to); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

// withoutBody is a control that takes nothing but an empty object.
func withoutBody(control func(*Portal) (any, error)) func(*Portal, *http.Request) (any, error) {
	return func(p *Portal, r *http.Request) (any, error) {
		text, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit))
		if err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
		if t := strings.TrimSpace(string(text)); t != "" && t != "{}" {
			return nil, errors.New("body: this control takes none: leave it out")
		}
		return control(p)
	}
}

func (p *Portal) controlEmit(r *http.Request) (any, error) {
	var body struct {
		Trigger string          `json:"trigger"`
		By      string          `json:"by"`
		Entity  string          `json:"entity"`
		Payload json.RawMessage `json:"payload"`
		Sample  Sample          `json:"sample"`
		Private bool            `json:"private"`
	}
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	trigger, err := wire.ParseTriggers(body.Trigger)
	if err != nil {
		return nil, err
	}
	ids, err := p.Emit(r.Context(), Event{Trigger: trigger, By: body.By, Entity: body.Entity, Payload: body.Payload, Sample: body.Sample, Private: body.Private})
	if err != nil {
		return nil, err
	}
	if ids == nil {
		ids = []wire.DeliveryID{}
	}
	return map[string]any{"deliveries": ids}, nil
}

func (p *Portal) controlClock(*http.Request) (any, error) {
	return map[string]string{"now": p.clock.Now().UTC().Format(time.RFC3339Nano)}, nil
}

func (p *Portal) controlAdvance(r *http.Request) (any, error) {
	var body struct {
		Advance Duration `json:"advance"`
	}
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	if body.Advance <= 0 {
		return nil, errors.New("advance: a clock goes ahead only")
	}
	if err := p.Advance(time.Duration(body.Advance)); err != nil {
		return nil, err
	}
	return p.controlClock(r)
}

func (p *Portal) controlFault(r *http.Request) (any, error) {
	var raw json.RawMessage
	if err := readControl(r, &raw); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(raw), "[") {
		raw = json.RawMessage("[" + string(raw) + "]")
	}
	var faults []Fault
	if err := readStrictly(strings.NewReader(string(raw)), &faults); err != nil {
		return nil, fmt.Errorf("fault: %w", err)
	}
	if len(faults) == 0 {
		return nil, errors.New("fault: the list is empty: want one, such as {\"kind\":\"drop\"}; DELETE removes those there are")
	}
	for _, f := range faults {
		if f.Kind == FaultStatus && f.Status == 0 {
			return nil, errors.New("fault: the kind status wants \"status\", such as 503")
		}
	}
	if err := p.AddFaults(faults...); err != nil {
		return nil, err
	}
	return p.Faults(), nil
}

func (p *Portal) controlTenant(r *http.Request) (any, error) {
	var change json.RawMessage
	if err := readControl(r, &change); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	state := p.st.tenant
	if err := readStrictly(bytes.NewReader(change), &state); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if _, ok := tenantStatuses[state.Status]; !ok {
		return nil, fmt.Errorf("status: want %s, %s, %s or %s, not %q", tenantActive, tenantSuspended, tenantRemovePending, tenantMoving, state.Status)
	}
	p.st.tenant = state
	return state, nil
}

func (p *Portal) controlLimits(r *http.Request) (any, error) {
	var limits Limits
	if err := readControl(r, &limits); err != nil {
		return nil, err
	}
	return limits, p.SetLimits(limits)
}

// controlRequests lists requests for other languages.
func (p *Portal) controlRequests(*http.Request) (any, error) {
	type shown struct {
		Time      time.Time   `json:"time"`
		Method    string      `json:"method"`
		Path      string      `json:"path"`
		Query     string      `json:"query,omitempty"`
		Operation string      `json:"operation,omitempty"`
		User      string      `json:"user,omitempty"`
		Header    http.Header `json:"header"`
		Body      string      `json:"body,omitempty"`
		Status    int         `json:"status"`
		Fault     FaultKind   `json:"fault,omitempty"`
	}
	list := []shown{}
	for _, q := range p.Requests() {
		for _, name := range []string{"Authorization", "Cookie"} {
			if q.Header.Get(name) != "" {
				q.Header.Set(name, "REDACTED")
			}
		}
		list = append(list, shown{q.Time, q.Method, q.Path, q.Query, q.Operation, q.User, q.Header, string(q.Body), q.Status, q.Fault})
	}
	return list, nil
}

func (p *Portal) controlSeed(r *http.Request) (any, error) {
	s, err := ReadSeed(r.Body)
	if err != nil {
		return nil, err
	}
	return done, p.Reset(s)
}
