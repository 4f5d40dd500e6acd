package portal_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/portal"
)

// control sends a control request.
func control(p *portal.Portal, method, name, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8092/_/control/"+name, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestControlIsOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	if w := control(newPortal(t, nil), "GET", "", ""); w.Code != http.StatusNotFound || w.Body.Len() != 0 {
		t.Errorf("%d %s, want the 404 of an unknown path", w.Code, w.Body)
	}
}

func TestControlIsForThisComputer(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil, portal.WithControl())
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"by address", func(*http.Request) {}, 200},
		{"by name", func(r *http.Request) { r.Host = "localhost:8092" }, 200},
		{"by IPv6", func(r *http.Request) { r.Host, r.RemoteAddr = "[::1]:8092", "[::1]:50000" }, 200},
		{"from its own page", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8092") }, 200},
		{"from elsewhere", func(r *http.Request) { r.RemoteAddr = "192.0.2.7:50000" }, 403},
		{"from nobody knows where", func(r *http.Request) { r.RemoteAddr = "@" }, 403},
		{"by a foreign name", func(r *http.Request) { r.Host = "rebound.example:8092" }, 403},
		{"by no name", func(r *http.Request) { r.Host = "" }, 403},
		{"from a foreign page", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		{"from a page without an origin", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"from a page on another port", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:3000") }, 403},
	} {
		if w := control(p, "GET", "seed", "", tt.change); w.Code != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, w.Code, tt.status)
		}
	}
}

// TestControlHelp sends what the help text shows, as somebody would who has
// nothing but curl and the text.
func TestControlHelp(t *testing.T) {
	t.Parallel()
	f := &fakeReceiver{answer: status(200)}
	p := newPortal(t, f, portal.WithControl())
	help := control(p, "GET", "", "").Body.String()
	examples := regexp.MustCompile(`e\.g\. curl (?:-X (\w+) ?)?(?:-d '([^']*)' )?\$P/(\w+)`).FindAllStringSubmatch(help, -1)
	if len(examples) < 6 {
		t.Fatalf("%d examples in\n%s", len(examples), help)
	}
	for _, e := range examples {
		method := e[1]
		if method == "" {
			method = "POST"
		}
		if w := control(p, method, e[3], e[2]); w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %s", e[0], w.Code, w.Body)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^(GET|POST|PUT|DELETE) +\$P/(\w+)`).FindAllStringSubmatch(help, -1) {
		if w := control(p, line[1], line[2], ""); w.Code == http.StatusNotFound {
			t.Errorf("%s is in the help text only", line[0])
		}
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	f := &fakeReceiver{answer: status(500)}
	p := newPortal(t, f, portal.WithControl())
	for _, step := range []struct {
		method, name, body string
		status             int
		says               string
	}{
		{"POST", "emit", `{"trigger":"group.created"}`, 200, `{"deliveries":[1]}`},
		{"POST", "emit", `{"trigger":"file.created"}`, 200, `{"deliveries":[]}`},
		{"POST", "emit", `{"trigger":"group.created","payload":{"id":"x"},"entity":"x","by":"0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a04"}`, 200, `{"deliveries":[2]}`},
		{"POST", "emit", `{"trigger":"file.created","sample":"thirdparty"}`, 200, `{"deliveries":[]}`},
		{"POST", "emit", `{"trigger":"file.created","sample":"imaginary"}`, 400, "no kind of sample"},
		{"POST", "emit", `{"trigger":"coffee.made"}`, 400, "unknown trigger"},
		{"POST", "emit", `{"triger":"file.created"}`, 400, "unknown field"},
		{"POST", "clock", `{"advance":"2m"}`, 200, `"now"`},
		{"POST", "clock", `{"advance":"-1m"}`, 400, "ahead only"},
		{"GET", "clock", "", 200, `"now"`},
		{"POST", "fault", `[{"kind":"drop"},{"kind":"delay","delay":"2s"}]`, 200, `"delay":"2s"`},
		{"POST", "fault", `{"kind":"flood"}`, 400, "no kind of fault"},
		{"DELETE", "fault", "", 200, "done"},
		{"GET", "fault", "", 200, "[]"},
		{"PUT", "tenant", `{"unpaid":true}`, 200, `"unpaid":true`},
		{"PUT", "tenant", `{"status":"Asleep"}`, 400, "Asleep"},
		{"GET", "tenant", "", 200, `{"unpaid":true}`},
		{"PUT", "tenant", `{"adminOnly":true}`, 200, `{"unpaid":true,"adminOnly":true}`},
		{"PUT", "tenant", `{}`, 200, `{"unpaid":true,"adminOnly":true}`},
		{"PUT", "tenant", `{"unpaid":false,"adminOnly":false}`, 200, `{}`},
		{"PUT", "limits", `{"retries":5}`, 200, `{"retries":5}`},
		{"PUT", "limits", `{"perDay":7}`, 200, `{"perDay":7}`},
		{"GET", "limits", "", 200, `{"perDay":7}`},
		{"PUT", "limits", `{}`, 200, `{}`},
		{"GET", "requests", "", 200, "[]"},
		{"GET", "nothing", "", 404, "No such control"},
	} {
		w := control(p, step.method, step.name, step.body)
		if w.Code != step.status || !strings.Contains(w.Body.String(), step.says) {
			t.Errorf("%s %s %s: %d %s, want %d with %s", step.method, step.name, step.body, w.Code, w.Body, step.status, step.says)
		}
	}
	if n := len(f.all()); n != 12 {
		t.Errorf("%d attempts in the time that was skipped, want 12", n)
	}
	call(p, "GET", "webhook", "")
	if body := control(p, "GET", "requests", "").Body.String(); !strings.Contains(body, `"operation":"getTenantWebhooks"`) || strings.Contains(body, p.Seed().User(portal.Owner).Token) {
		t.Errorf("the requests are %s", body)
	}
	if w := control(p, "POST", "reset", ""); w.Code != 200 || len(p.Log()) != 0 || len(p.Webhooks()) != 1 || len(p.Requests()) != 0 {
		t.Errorf("reset: %d, %d rows, %d webhooks, %d requests", w.Code, len(p.Log()), len(p.Webhooks()), len(p.Requests()))
	}
	seed := portal.DefaultSeed()
	seed.TimeZone = "Europe/Berlin"
	text, err := json.Marshal(seed)
	if err != nil {
		t.Fatal(err)
	}
	if w := control(p, "PUT", "seed", string(text)); w.Code != 200 || len(p.Webhooks()) != 0 || p.Seed().TimeZone != "Europe/Berlin" {
		t.Errorf("another seed: %d %s", w.Code, w.Body)
	}
}

// TestControlMistakes sends what somebody could get wrong. Each is refused with
// a text that helps, and changes nothing.
func TestControlMistakes(t *testing.T) {
	t.Parallel()
	p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithControl(), portal.WithLimits(portal.Limits{PerDay: 9}))
	if w := control(p, "PUT", "tenant", `{"adminOnly":true}`); w.Code != 200 {
		t.Fatal(w.Body)
	}
	if w := control(p, "POST", "fault", `{"kind":"drop","operation":"retryWebhooks"}`); w.Code != 200 {
		t.Fatal(w.Body)
	}
	all := func() (s string) {
		for _, name := range []string{"seed", "tenant", "limits", "fault"} {
			s += control(p, "GET", name, "").Body.String()
		}
		return s
	}
	seed := func(change func(*portal.Webhook)) string {
		h := map[string]any{}
		one := hook("other")
		change(&one)
		h["name"], h["url"], h["secret"] = one.Name, one.URL, string(one.Secret)
		text, err := json.Marshal(map[string]any{"users": portal.DefaultSeed().Users, "webhooks": []any{h}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := all()
	for _, tt := range []struct{ method, name, body, says string }{
		{"POST", "emit", ``, "empty"},
		{"POST", "emit", `{"trigger":"group.created"} {}`, "more after"},
		{"POST", "emit", `{"trigger":"group.created"}}`, "more after"},
		{"POST", "emit", `{"trigger":"group.created","by":"nobody"}`, `nobody has the id "nobody"`},
		{"POST", "emit", `{"trigger":"group.created","payload":"text"}`, "want a JSON object"},
		{"POST", "emit", `{"trigger":"group.created","payload":[1]}`, "want a JSON object"},
		{"POST", "emit", `{"trigger":"group.created","payload":null}`, "want a JSON object"},
		{"POST", "fault", `{"kind":"status"}`, `"status", such as 503`},
		{"POST", "fault", `[{"kind":"drop"},{"kind":"status"}]`, `"status", such as 503`},
		{"POST", "fault", `[]`, "want one"},
		{"POST", "fault", `{"kind":"drop"} x`, "more after"},
		{"PUT", "tenant", `{"unpaid":true} x`, "more after"},
		{"PUT", "tenant", `{"unpaid":true,"status":"Asleep"}`, "want Active"},
		{"PUT", "limits", `{"perMinute":-1}`, "cannot be negative"},
		{"PUT", "limits", ``, "empty"},
		{"PUT", "limits", `{"perHour":1}`, "perHour"},
		{"PUT", "seed", seed(func(h *portal.Webhook) { h.Name = "" }), "webhook 1: name: it is empty"},
		{"PUT", "seed", seed(func(h *portal.Webhook) { h.Secret = "" }), "webhook 1: secret: it is empty"},
		{"PUT", "seed", seed(func(h *portal.Webhook) { h.URL = "" }), "webhook 1: url: want one like"},
		{"PUT", "seed", seed(func(h *portal.Webhook) { h.URL = "example" }), "webhook 1: url: want one like"},
		{"PUT", "seed", seed(func(h *portal.Webhook) { h.URL = "ftp://example/x" }), "webhook 1: url: want one like"},
		{"PUT", "seed", seed(func(*portal.Webhook) {}) + "]", "more after"},
		{"POST", "reset", `{"users":[]}`, "takes none"},
		{"POST", "deliver", `{"now":true}`, "takes none"},
	} {
		if w := control(p, tt.method, tt.name, tt.body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s %s %s: %d %s, want 400 with %s", tt.method, tt.name, tt.body, w.Code, w.Body, tt.says)
		}
		if after := all(); after != before || len(p.Log()) != 0 {
			t.Fatalf("%s %s %s changed something: %d rows,\n%s\nwas\n%s", tt.method, tt.name, tt.body, len(p.Log()), after, before)
		}
	}
	if w := control(p, "PUT", "seed", seed(func(*portal.Webhook) {})); w.Code != http.StatusOK || len(p.Webhooks()) != 1 {
		t.Errorf("a seed without a mistake: %d %s", w.Code, w.Body)
	}
}

// TestControlStartsOver looks at what a reset and another seed leave behind:
// nothing but the clock.
func TestControlStartsOver(t *testing.T) {
	t.Parallel()
	started := portal.Limits{PerMinute: 2}
	p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithControl(), portal.WithLimits(started))
	seed, err := json.Marshal(portal.DefaultSeed())
	if err != nil {
		t.Fatal(err)
	}
	for _, over := range []struct{ method, name, body string }{{"POST", "reset", ""}, {"POST", "reset", "{}"}, {"PUT", "seed", string(seed)}} {
		for range 2 {
			if code, body := call(p, "GET", "webhook", ""); code != http.StatusOK {
				t.Fatalf("%d %s", code, body)
			}
		}
		if code, _ := call(p, "GET", "webhook", ""); code != http.StatusTooManyRequests {
			t.Errorf("a third call: %d", code)
		}
		for _, change := range []struct{ method, name, body string }{
			{"PUT", "limits", `{"perDay":1}`},
			{"PUT", "tenant", `{"missing":true}`},
			{"POST", "fault", `{"kind":"drop"}`},
			{"POST", "clock", `{"advance":"1h"}`},
		} {
			if w := control(p, change.method, change.name, change.body); w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", change.name, w.Code, w.Body)
			}
		}
		clock := control(p, "GET", "clock", "").Body.String()
		if w := control(p, over.method, over.name, over.body); w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", over.name, w.Code, w.Body)
		}
		if p.Limits() != started || p.Tenant() != (portal.TenantState{}) || len(p.Faults()) != 0 || len(p.Requests()) != 0 {
			t.Errorf("after %s: %+v, %+v, %v, %v", over.name, p.Limits(), p.Tenant(), p.Faults(), p.Requests())
		}
		if now := control(p, "GET", "clock", "").Body.String(); now < clock {
			t.Errorf("after %s the clock went back from %s to %s", over.name, clock, now)
		}
	}
}

// TestControlServed goes over a connection, with a base path.
func TestControlServed(t *testing.T) {
	t.Parallel()
	s := portal.Start(t, portal.WithControl(), portal.WithBasePath("/portal/"), portal.WithPollInterval(time.Hour))
	if !strings.HasSuffix(s.URL, "/portal") {
		t.Errorf("URL %s", s.URL)
	}
	got, err := fetch(t, s, "GET", "/_/control/", "")
	if err != nil || got.status != 200 || !strings.Contains(got.body, s.URL+"/_/control") {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = fetch(t, s, "GET", "/api/2.0/settings/webhook", ""); err != nil || got.status != 200 || !strings.Contains(got.body, s.URL+"/api/2.0/settings/webhook") {
		t.Errorf("%+v %v", got, err)
	}
}
