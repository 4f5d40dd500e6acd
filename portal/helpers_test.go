package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

// received is a request that a fake receiver got.
type received struct {
	at     time.Time
	method string
	url    string
	header http.Header
	body   string
}

// signature returns the signature header, which is sent in lower case.
func (r received) signature() string { return httpfake.Signature(r.header) }

// fakeReceiver is a receiver without a network. It answers as answer says; HEAD
// is 200.
type fakeReceiver struct {
	answer answering

	mu  sync.Mutex
	got []received
}

// answer is what a fake receiver answers, or what somebody got.
type answer struct {
	status int
	header http.Header
	body   string
}

type answering func(*http.Request) (answer, error)

// status answers with a status and an empty body.
func status(code int) answering {
	return func(*http.Request) (answer, error) { return answer{status: code}, nil }
}

func (f *fakeReceiver) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodHead {
		return httpfake.Respond(r, http.StatusOK, nil, ""), nil
	}
	var body bytes.Buffer
	if r.Body != nil {
		_, _ = io.Copy(&body, r.Body)
	}
	f.mu.Lock()
	f.got = append(f.got, received{time.Now(), r.Method, r.URL.String(), r.Header.Clone(), body.String()})
	f.mu.Unlock()
	a, err := f.answer(r)
	if err != nil {
		return nil, err
	}
	return httpfake.Respond(r, a.status, a.header, a.body), nil
}

// all returns what arrived so far.
func (f *fakeReceiver) all() []received {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]received(nil), f.got...)
}

// after returns how long after the first each request came, in seconds.
func (f *fakeReceiver) after() []int {
	var seconds []int
	for _, r := range f.all() {
		seconds = append(seconds, int(r.at.Sub(f.got[0].at).Round(time.Second)/time.Second))
	}
	return seconds
}

// newPortal returns a portal with one webhook for groups, whose receiver is rt.
func newPortal(t *testing.T, rt http.RoundTripper, opts ...portal.Option) *portal.Portal {
	t.Helper()
	seed := portal.DefaultSeed()
	seed.Webhooks = []portal.Webhook{hook("one")}
	p, err := portal.New(append([]portal.Option{portal.WithSeed(seed), portal.WithTransport(rt)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func hook(name string) portal.Webhook {
	return portal.Webhook{Name: name, URL: "http://127.0.0.1:8080/" + name, Secret: "test-secret-1", Triggers: wire.GroupCreated}
}

// emit makes a group and returns the deliveries.
func emit(t *testing.T, p *portal.Portal) []wire.DeliveryID {
	t.Helper()
	ids, err := p.Emit(context.Background(), portal.Event{Trigger: wire.GroupCreated})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// call sends a request to p as the owner.
func call(p *portal.Portal, method, path, body string) (int, string) {
	return callAs(p, portal.Owner, method, path, body)
}

func callAs(p *portal.Portal, role portal.Role, method, path, body string) (int, string) {
	r := httptest.NewRequest(method, "/api/2.0/settings/"+path, strings.NewReader(body))
	r.Header.Set("Authorization", p.Seed().User(role).Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// memberOf returns a member of the JSON object in s.
func memberOf(t *testing.T, s string, path ...string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	for _, name := range path {
		o, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("no %v in %s", path, s)
		}
		v = o[name]
	}
	return v
}
