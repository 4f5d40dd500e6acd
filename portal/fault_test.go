package portal_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/portal"
)

// fetch sends a request as the owner over a connection.
func fetch(t *testing.T, s *portal.Server, method, path, body string) (answer, error) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", s.Seed().User(portal.Owner).Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const list = "/api/2.0/settings/webhook"
	tests := []struct {
		name   string
		fault  portal.Fault
		status int // 0: the connection breaks before an answer
		header map[string]string
		body   string // a part of it
		cut    bool   // the connection breaks inside the answer
	}{
		{name: "status", fault: portal.Fault{Kind: portal.FaultStatus, Status: 500}, status: 500, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, body: `"statusCode":500`},
		{name: "status by default", fault: portal.Fault{Kind: portal.FaultStatus, RetryAfter: 7}, status: 503, header: map[string]string{"Retry-After": "7"}},
		{name: "text", fault: portal.Fault{Kind: portal.FaultStatus, Status: 504, Body: "upstream gone"}, status: 504, body: "upstream gone"},
		{name: "html", fault: portal.Fault{Kind: portal.FaultHTML}, status: 502, header: map[string]string{"Content-Type": "text/html"}, body: "<title>502"},
		{name: "html that says 200", fault: portal.Fault{Kind: portal.FaultHTML, Status: 200, Body: "<p>"}, status: 200, body: "<p>"},
		{name: "wrong JSON", fault: portal.Fault{Kind: portal.FaultBody, Body: `{"response":`}, status: 200, body: `{"response":`},
		{name: "empty", fault: portal.Fault{Kind: portal.FaultBody}, status: 200},
		{name: "too many", fault: portal.Fault{Kind: portal.FaultLimit}, status: 429, header: map[string]string{"Retry-After": ""}},
		{name: "too many for a while", fault: portal.Fault{Kind: portal.FaultLimit, RetryAfter: 30}, status: 429, header: map[string]string{"Retry-After": "30"}},
		{name: "late", fault: portal.Fault{Kind: portal.FaultDelay, Delay: portal.Duration(10 * time.Millisecond)}, status: 200, body: `"response":[]`},
		{name: "cut", fault: portal.Fault{Kind: portal.FaultCut}, status: 200, body: `{"response":[]`, cut: true},
		{name: "dropped", fault: portal.Fault{Kind: portal.FaultDrop}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := portal.Start(t)
			tt.fault.Operation, tt.fault.Times = "getTenantWebhooks", 1
			if err := s.AddFaults(tt.fault); err != nil {
				t.Fatal(err)
			}
			if got, err := fetch(t, s, "GET", list+"/triggers", ""); err != nil || got.status != 200 {
				t.Errorf("another operation: %+v %v", got, err)
			}
			got, err := fetch(t, s, "GET", list, "")
			switch {
			case tt.status == 0:
				if err == nil {
					t.Fatalf("the connection did not break: %+v", got)
				}
			case tt.cut:
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("the answer was not cut: %+v %v", got, err)
				}
				fallthrough
			default:
				if err != nil && !tt.cut {
					t.Fatal(err)
				}
				if got.status != tt.status || !strings.Contains(got.body, tt.body) {
					t.Errorf("%d %q, want %d %q", got.status, got.body, tt.status, tt.body)
				}
				for name, want := range tt.header {
					if value := got.header.Get(name); value != want {
						t.Errorf("%s: %q, want %q", name, value, want)
					}
				}
			}
			if got, err := fetch(t, s, "GET", list, ""); err != nil || got.status != 200 {
				t.Errorf("after the fault: %+v %v", got, err)
			}
			for _, q := range s.Requests() {
				if q.Fault != "" && (q.Fault != tt.fault.Kind || q.Operation != "getTenantWebhooks") {
					t.Errorf("the request log has the fault %s at %s", q.Fault, q.Operation)
				}
			}
		})
	}
}

func TestFaultAfterTheFact(t *testing.T) {
	t.Parallel()
	p := newPortal(t, &fakeReceiver{answer: status(200)})
	if err := p.AddFaults(portal.Fault{Operation: "removeWebhook", Kind: portal.FaultStatus, Done: true, Skip: 1}); err != nil {
		t.Fatal(err)
	}
	if code, _ := call(p, "DELETE", "webhook/99", ""); code != 404 {
		t.Errorf("the first call was to come out right: %d", code)
	}
	for range 2 { // it is not used up
		if code, body := call(p, "DELETE", "webhook/1", ""); code != 503 {
			t.Errorf("%d %s, want 503", code, body)
		}
	}
	if n := len(p.Webhooks()); n != 0 {
		t.Errorf("%d webhooks are left, want none", n)
	}
	p.ClearFaults()
	if code, _ := call(p, "DELETE", "webhook/1", ""); code != 404 {
		t.Errorf("after the faults were cleared: %d", code)
	}
}

func TestFaultsThatCannotBe(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil)
	for _, f := range []portal.Fault{
		{},
		{Kind: "flood"},
		{Kind: portal.FaultDelay},
		{Kind: portal.FaultStatus, Operation: "makeCoffee"},
		{Kind: portal.FaultStatus, Status: 42},
		{Kind: portal.FaultDrop, Times: -1},
	} {
		if err := p.AddFaults(f); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	if n := len(p.Faults()); n != 0 {
		t.Errorf("%d faults are set", n)
	}
}
