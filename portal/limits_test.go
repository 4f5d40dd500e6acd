package portal_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
)

// retryUnknown retries a delivery that is not there, as somebody.
func retryUnknown(p *portal.Portal, role portal.Role, id string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("PUT", "/api/2.0/settings/webhook/"+id+"/retry", nil)
	r.Header.Set("Authorization", p.Seed().User(role).Token)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestRetriesAreLimitedByPath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, nil, portal.WithLimits(portal.ServerLimits))
		for i := range 6 {
			w := retryUnknown(p, portal.Owner, "99")
			if i < 5 && w.Code != http.StatusNotFound {
				t.Fatalf("call %d: %d", i+1, w.Code)
			}
			if i == 5 {
				h := w.Header()
				if w.Code != http.StatusTooManyRequests || w.Body.Len() != 0 || h.Get("X-RateLimit-Limit") != "5" || h.Get("X-RateLimit-Remaining") != "0" || h.Get("Retry-After") != "" {
					t.Errorf("call 6: %d %v %s", w.Code, h, w.Body)
				}
			}
		}
		if w := retryUnknown(p, portal.Owner, "98"); w.Code != http.StatusNotFound {
			t.Errorf("another path: %d", w.Code)
		}
		if w := retryUnknown(p, portal.Admin, "99"); w.Code != http.StatusNotFound {
			t.Errorf("another user: %d", w.Code)
		}
		time.Sleep(15 * time.Minute)
		if w := retryUnknown(p, portal.Owner, "99"); w.Code != http.StatusNotFound {
			t.Errorf("after the window: %d", w.Code)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	ask := func(p *portal.Portal, method string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/api/2.0/settings/webhook", strings.NewReader("{}"))
		r.Header.Set("Authorization", p.Seed().User(portal.Owner).Token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w
	}
	for _, tt := range []struct {
		name    string
		limits  portal.Limits
		method  string
		allowed int
		reset   bool // the answer tells when the limit is lifted
		after   time.Duration
	}{
		{"none", portal.Limits{}, "GET", 100, false, 0},
		{"a minute", portal.Limits{PerMinute: 3}, "GET", 3, false, time.Minute},
		{"a day", portal.Limits{PerDay: 2}, "POST", 2, true, 24 * time.Hour},
		{"a day, for reading", portal.Limits{PerDay: 2}, "GET", 100, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t, nil)
				if err := p.SetLimits(tt.limits); err != nil {
					t.Fatal(err)
				}
				for i := range tt.allowed {
					if w := ask(p, tt.method); w.Code == http.StatusTooManyRequests {
						t.Fatalf("call %d is too much", i+1)
					}
				}
				if tt.after == 0 {
					return
				}
				w := ask(p, tt.method)
				if w.Code != http.StatusTooManyRequests || (w.Header().Get("Retry-After") != "") != tt.reset || (w.Header().Get("X-RateLimit-Reset") != "") != tt.reset {
					t.Errorf("one more: %d %v", w.Code, w.Header())
				}
				time.Sleep(tt.after)
				if w := ask(p, tt.method); w.Code == http.StatusTooManyRequests {
					t.Error("it is not lifted")
				}
			})
		})
	}
}

func TestNegativeLimits(t *testing.T) {
	t.Parallel()
	for _, l := range []portal.Limits{{PerMinute: -1}, {Reads: -1}, {Writes: -1}, {PerDay: -1}, {Retries: -1}} {
		if _, err := portal.New(portal.WithLimits(l)); err == nil {
			t.Errorf("%+v: a portal has them", l)
		}
		p := newPortal(t, nil, portal.WithLimits(portal.ServerLimits))
		if err := p.SetLimits(l); err == nil || p.Limits() != portal.ServerLimits {
			t.Errorf("%+v: %v, and now %+v", l, err, p.Limits())
		}
	}
}

// TestLimitsInOrder fills several limits at once: the answer names the first,
// and what a later one refuses has been counted by the former.
func TestLimitsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, nil, portal.WithLimits(portal.Limits{PerMinute: 4, PerDay: 3, Retries: 1}))
		for i, want := range []struct {
			code  int
			limit string
			reset bool
		}{
			{404, "", false},
			{429, "1", false}, // counted by the minute and the day
			{429, "1", false},
			{429, "3", true}, // the day is full before the retries are asked
			{429, "4", false},
		} {
			w := retryUnknown(p, portal.Owner, "99")
			if h := w.Header(); w.Code != want.code || h.Get("X-RateLimit-Limit") != want.limit || (h.Get("Retry-After") != "") != want.reset {
				t.Errorf("call %d: %d %v, want %+v", i+1, w.Code, h, want)
			}
		}
	})
}

func TestConcurrencyIsLimited(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	p := newPortal(t, slowProbe{entered, leave}, portal.WithLimits(portal.Limits{Writes: 1}))
	first := make(chan int)
	go func() {
		code, _ := call(p, "POST", "webhook", `{"name":"a","uri":"http://127.0.0.1/a","secretKey":"test-secret-1"}`)
		first <- code
	}()
	<-entered
	if code, _ := call(p, "POST", "webhook", "{}"); code != http.StatusTooManyRequests {
		t.Errorf("a second one at a time: %d", code)
	}
	if code, _ := call(p, "GET", "webhook", ""); code != http.StatusOK {
		t.Errorf("reading meanwhile: %d", code)
	}
	if err := p.SetLimits(portal.Limits{Writes: 1}); err != nil { // forgets the one that is under way
		t.Fatal(err)
	}
	close(leave)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first: %d", code)
	}
	if code, _ := call(p, "POST", "webhook", "{}"); code != http.StatusBadRequest {
		t.Errorf("one after the other: %d", code)
	}
}

// slowProbe answers when it is told to.
type slowProbe struct{ entered, leave chan struct{} }

func (s slowProbe) RoundTrip(r *http.Request) (*http.Response, error) {
	s.entered <- struct{}{}
	<-s.leave
	return httpfake.Respond(r, http.StatusOK, nil, ""), nil
}
