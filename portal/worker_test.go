package portal_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/receiver"
)

// hang answers nothing until the client gives up.
func hang(r *http.Request) (answer, error) {
	<-r.Context().Done()
	return answer{}, r.Context().Err()
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		generation portal.Generation
		answer     answering
		options    []portal.Option
		after      []int // seconds after the first attempt
		status     int
	}{
		{name: "3.1 refused", generation: portal.V3_1, answer: status(500), after: []int{0, 2, 6, 14, 30, 62}, status: 500},
		{name: "3.2 refused", generation: portal.V3_2, answer: status(429), after: []int{0, 2, 6, 14, 30, 62}, status: 429},
		{name: "3.6 refused", generation: portal.V3_6, answer: status(404), after: []int{0, 1, 3, 7, 15, 31}, status: 404},
		{name: "3.7 refused", generation: portal.V3_7, answer: status(301), after: []int{0, 1, 3, 7, 15, 31}, status: 301},
		{name: "3.2 silent", generation: portal.V3_2, answer: hang, after: []int{0}, status: 500},
		{name: "3.7 silent", generation: portal.V3_7, answer: hang, after: []int{0, 101, 203, 307, 415, 531}, status: 500},
		{name: "any 2xx will do", generation: portal.V3_7, answer: status(204), after: []int{0}, status: 204},
		{name: "no retry", generation: portal.V3_7, answer: status(500), options: []portal.Option{portal.WithRetrySchedule()}, after: []int{0}, status: 500},
		{name: "own schedule", generation: portal.V3_7, answer: status(500), options: []portal.Option{portal.WithRetrySchedule(time.Minute)}, after: []int{0, 60}, status: 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeReceiver{answer: tt.answer}
				p := newPortal(t, f, append(tt.options, portal.WithGeneration(tt.generation))...)
				emit(t, p)
				time.Sleep(time.Hour)
				if got := f.after(); !slices.Equal(got, tt.after) {
					t.Errorf("attempts after %v s, want %v", got, tt.after)
				}
				if row := p.Log()[0]; row.Status != tt.status {
					t.Errorf("the log says %d, want %d", row.Status, tt.status)
				}
			})
		})
	}
}

func TestBodyTellsOfAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReceiver{answer: status(500)}
		p := newPortal(t, f)
		emit(t, p)
		time.Sleep(time.Minute)
		for i, r := range f.all() {
			retry := memberOf(t, r.body, "webhook", "retryCount")
			if i == 0 && retry != nil || i > 0 && retry != float64(i) {
				t.Errorf("attempt %d has the retryCount %v", i+1, retry)
			}
			if i > 0 && memberOf(t, r.body, "webhook", "lastFailureContent") != "Response status code does not indicate success: 500 (Internal Server Error)." {
				t.Errorf("attempt %d: %s", i+1, r.body)
			}
			if id := memberOf(t, r.body, "event", "id"); id != float64(1) {
				t.Errorf("attempt %d is of %v, want 1", i+1, id)
			}
		}
	})
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		generation portal.Generation
		status     int
		want       []string
	}{
		{portal.V3_6, 301, []string{"POST /one", "GET /elsewhere"}},
		{portal.V3_6, 302, []string{"POST /one", "GET /elsewhere"}},
		{portal.V3_6, 307, []string{"POST /one", "POST /elsewhere"}},
		{portal.V3_7, 307, []string{"POST /one"}},
	} {
		t.Run(fmt.Sprint(tt.generation, " ", tt.status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeReceiver{answer: func(r *http.Request) (answer, error) {
					if r.URL.Path == "/one" {
						return answer{status: tt.status, header: http.Header{"Location": {"/elsewhere"}}}, nil
					}
					return answer{status: http.StatusOK}, nil
				}}
				p := newPortal(t, f, portal.WithGeneration(tt.generation), portal.WithRetrySchedule())
				emit(t, p)
				time.Sleep(time.Minute)
				var got []string
				for _, r := range f.all() {
					got = append(got, r.method+" "+strings.TrimPrefix(r.url, "http://127.0.0.1:8080"))
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("the receiver got %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		database portal.Database
		hooks    int
	}{{portal.MySQL, 0}, {portal.PostgreSQL, 1}} {
		t.Run(tt.database.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeReceiver{answer: status(http.StatusGone)}
				p := newPortal(t, f, portal.WithDatabase(tt.database))
				emit(t, p)
				time.Sleep(time.Hour)
				if n := len(f.all()); n != 6 {
					t.Errorf("%d attempts, want 6", n)
				}
				if hooks := p.Webhooks(); len(hooks) != tt.hooks {
					t.Fatalf("%d webhooks are left, want %d", len(hooks), tt.hooks)
				}
				if tt.hooks == 1 && (p.Webhooks()[0].Disabled || p.Log()[0].Status != 0) {
					t.Errorf("webhook %+v, row %+v: want neither touched", p.Webhooks()[0], p.Log()[0])
				}
			})
		})
	}
}

func TestSwitchedOffAfterThreeDays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		answer   answering
		since    time.Duration
		disabled bool
	}{
		{"failure soon", status(500), 71 * time.Hour, false},
		{"failure late", status(500), 73 * time.Hour, true},
		{"silence late", hang, 73 * time.Hour, false},
		{"success late", status(200), 73 * time.Hour, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t, &fakeReceiver{answer: tt.answer})
				time.Sleep(tt.since)
				emit(t, p)
				time.Sleep(15 * time.Minute)
				if got := p.Webhooks()[0].Disabled; got != tt.disabled {
					t.Errorf("disabled = %v, want %v", got, tt.disabled)
				}
			})
		})
	}
}

func TestURLIsJudgedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		change   func(*portal.Webhook)
		hooks    int
		disabled bool
		rows     int
	}{
		{"address forbidden since", func(w *portal.Webhook) { w.URL = "http://10.0.0.1/in" }, 0, false, 0},
		{"name gone", func(w *portal.Webhook) { w.URL = "http://gone.invalid/in" }, 1, true, 1},
		{"plain http with ssl", func(w *portal.Webhook) { w.TLS = true }, 1, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeReceiver{answer: status(200)}
				p := newPortal(t, f, portal.WithResolver(func(context.Context, string) ([]netip.Addr, error) {
					return nil, &net.DNSError{Err: "no such host"}
				}))
				if err := p.ChangeWebhook(1, tt.change); err != nil {
					t.Fatal(err)
				}
				emit(t, p)
				time.Sleep(time.Minute)
				if len(f.all()) != 0 {
					t.Error("it was delivered")
				}
				hooks, rows := p.Webhooks(), p.Log()
				if len(hooks) != tt.hooks || len(rows) != tt.rows {
					t.Fatalf("%d webhooks and %d rows are left, want %d and %d", len(hooks), len(rows), tt.hooks, tt.rows)
				}
				if tt.hooks == 1 && hooks[0].Disabled != tt.disabled {
					t.Errorf("disabled = %v, want %v", hooks[0].Disabled, tt.disabled)
				}
				if tt.rows == 1 && rows[0].Status != 0 {
					t.Errorf("the row's status is %d, want 0", rows[0].Status)
				}
			})
		})
	}
}

func TestBatchOfTenWaitsForItsSlowest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReceiver{answer: func(r *http.Request) (answer, error) {
			if r.URL.Path == "/slow" {
				time.Sleep(20 * time.Second)
			}
			return answer{status: http.StatusOK}, nil
		}}
		seed := portal.DefaultSeed()
		seed.Webhooks = append(seed.Webhooks, hook("slow"))
		for i := range 10 {
			seed.Webhooks = append(seed.Webhooks, hook(fmt.Sprint(i)))
		}
		p := newPortal(t, f, portal.WithSeed(seed))
		if ids := emit(t, p); len(ids) != 11 {
			t.Fatalf("%d deliveries, want 11", len(ids))
		}
		time.Sleep(time.Minute)
		after := f.after()
		if len(after) != 11 || after[9] != 0 || after[10] != 20 {
			t.Errorf("deliveries after %v s, want ten at once and the last 20 s later", after)
		}
	})
}

func TestSenderKeepsCookies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReceiver{answer: func(*http.Request) (answer, error) {
			return answer{status: http.StatusOK, header: http.Header{"Set-Cookie": {"session=a; Path=/"}}}, nil
		}}
		p := newPortal(t, f)
		for _, pause := range []time.Duration{10 * time.Second, 10 * time.Second, 10 * time.Minute} {
			emit(t, p)
			time.Sleep(pause)
		}
		emit(t, p)
		time.Sleep(10 * time.Second)
		var cookies []string
		for _, r := range f.all() {
			cookies = append(cookies, r.header.Get("Cookie"))
		}
		if want := []string{"", "session=a", "session=a", ""}; !slices.Equal(cookies, want) {
			t.Errorf("cookies %q, want %q", cookies, want)
		}
	})
}

func TestRetryGoesByWhatIsStoredNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReceiver{answer: status(200)}
		p := newPortal(t, f)
		emit(t, p)
		time.Sleep(10 * time.Second)
		if err := p.ChangeWebhook(1, func(w *portal.Webhook) {
			w.Name, w.URL, w.Secret, w.Disabled = "renamed", "http://127.0.0.1:8080/moved", "test-secret-2", true
		}); err != nil {
			t.Fatal(err)
		}
		if code, body := call(p, "PUT", "webhook/1/retry", ""); code != http.StatusOK || memberOf(t, body, "response", "id") != float64(2) {
			t.Fatalf("retry: %d %s", code, body)
		}
		time.Sleep(10 * time.Second)
		got := f.all()
		if len(got) != 2 || !strings.HasSuffix(got[1].url, "/moved") {
			t.Fatalf("the retry went elsewhere: %d requests", len(got))
		}
		if name := memberOf(t, got[1].body, "webhook", "name"); name != "one" {
			t.Errorf("the retry names the webhook %v, want one, as it was", name)
		}
		if got[1].signature() != receiver.Sign([]byte(got[1].body), "test-secret-2") {
			t.Error("the retry is not signed with the present secret")
		}
	})
}

func TestLongAnswerIsLost(t *testing.T) {
	t.Parallel()
	for database, want := range map[portal.Database]int{portal.MySQL: 0, portal.PostgreSQL: 200} {
		t.Run(database.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t, &fakeReceiver{answer: func(*http.Request) (answer, error) {
					return answer{status: http.StatusOK, body: strings.Repeat("x", 1<<16)}, nil
				}}, portal.WithDatabase(database))
				emit(t, p)
				time.Sleep(time.Minute)
				if got := p.Log()[0].Status; got != want {
					t.Errorf("the log says %d, want %d", got, want)
				}
			})
		})
	}
}

func TestDeliverNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReceiver{answer: status(200)}
		p := newPortal(t, f, portal.WithPollInterval(time.Hour))
		synctest.Wait() // the worker has looked and found nothing
		emit(t, p)
		time.Sleep(time.Minute)
		if len(f.all()) != 0 {
			t.Error("delivered before the interval was over")
		}
		p.DeliverNow()
		synctest.Wait()
		if len(f.all()) != 1 {
			t.Error("not delivered when told to")
		}
	})
}

// TestOldText retries a delivery whose text an older server filed.
func TestOldText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReceiver{answer: status(200)}
		seed := portal.DefaultSeed()
		seed.Webhooks = []portal.Webhook{hook("one")}
		seed.Log = []portal.LogRow{{Webhook: 1, Status: 200, RequestPayload: `{"response":{"id":"x"},"count":1}`}}
		p := newPortal(t, f, portal.WithSeed(seed))
		if code, body := call(p, "PUT", "webhook/1/retry", ""); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
		time.Sleep(10 * time.Second)
		got := f.all()
		if len(got) != 1 {
			t.Fatalf("%d deliveries", len(got))
		}
		if trigger := memberOf(t, got[0].body, "event", "trigger"); trigger != "*" || memberOf(t, got[0].body, "event", "triggerId") != nil {
			t.Errorf("event in %s", got[0].body)
		}
		if payload := memberOf(t, got[0].body, "payload"); payload != seed.Log[0].RequestPayload {
			t.Errorf("payload %v, want the text as a string", payload)
		}
	})
}

// TestAdvance moves a day ahead without waiting and without a bubble.
func TestAdvance(t *testing.T) {
	t.Parallel()
	for name, clock := range map[string]*portal.ManualClock{
		"standing": portal.NewManualClock(time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)),
		"running":  portal.NewAdjustableClock(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeReceiver{answer: status(500)}
			p := newPortal(t, f, portal.WithClock(clock))
			before := clock.Now()
			for range 25 {
				emit(t, p)
			}
			if err := p.Advance(24 * time.Hour); err != nil {
				t.Fatal(err)
			}
			if n := len(f.all()); n != 150 {
				t.Errorf("%d attempts in a day, want 25 times 6", n)
			}
			if moved := clock.Now().Sub(before); moved < 24*time.Hour || moved > 25*time.Hour {
				t.Errorf("the clock moved by %v, want a day", moved)
			}
		})
	}
	if err := newPortal(t, &fakeReceiver{answer: status(200)}).Advance(time.Hour); err == nil {
		t.Error("the computer's clock was moved")
	}
}

// TestCloseStops closes a portal in the middle of retries.
func TestCloseStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, &fakeReceiver{answer: hang})
		emit(t, p)
		time.Sleep(time.Minute)
		start := time.Now()
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("closing took %v", took)
		}
	})
}
