package api_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// A mishap is what happens to the first request of an operation. (before, after:
// before or after the portal did what it was asked.)
type mishap struct {
	name   string
	fault  portal.Fault                                                   // of the portal, or
	strike func(*http.Request, http.RoundTripper) (*http.Response, error) // of the network
	kind   error                                                          // of the failure, where it is not sent again
}

var mishaps = []mishap{
	{"429, Retry-After: 2", portal.Fault{Kind: portal.FaultLimit, RetryAfter: 2}, nil, api.ErrRateLimited},
	{"429, Retry-After: 3600", portal.Fault{Kind: portal.FaultLimit, RetryAfter: 3600}, nil, api.ErrRateLimited},
	{"429", portal.Fault{Kind: portal.FaultLimit}, nil, api.ErrRateLimited},
	{"503 before", portal.Fault{Kind: portal.FaultStatus}, nil, api.ErrServer},
	{"503 after", portal.Fault{Kind: portal.FaultStatus, Done: true}, nil, api.ErrServer},
	{"502 page after", portal.Fault{Kind: portal.FaultHTML, Done: true}, nil, api.ErrServer},
	{"500 before", portal.Fault{Kind: portal.FaultStatus, Status: 500}, nil, api.ErrServer},
	{"dropped before", portal.Fault{Kind: portal.FaultDrop}, nil, io.ErrUnexpectedEOF},
	{"dropped after", portal.Fault{Kind: portal.FaultDrop, Done: true}, nil, io.ErrUnexpectedEOF},
	{"cut answer", portal.Fault{Kind: portal.FaultCut}, nil, api.ErrUnexpectedAnswer},
	{"timeout after", portal.Fault{}, func(r *http.Request, way http.RoundTripper) (*http.Response, error) {
		response, err := way.RoundTrip(r)
		if err == nil {
			response.Body = io.NopCloser(&slowBody{ctx: r.Context()})
		}
		return response, err
	}, context.DeadlineExceeded},
	{"not dialled", portal.Fault{}, func(*http.Request, http.RoundTripper) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}, nil},
}

// retried are the operations, by what it takes to undo two of them.
var retried = []struct {
	name string
	call func(context.Context, *api.Client) error
	once func(p *portal.Portal) int // how often the portal did it
}{
	{"getTenantWebhooks", func(ctx context.Context, c *api.Client) error { _, err := c.ListWebhooks(ctx); return err }, nothing},
	{"getWebhookTriggers", func(ctx context.Context, c *api.Client) error { _, err := c.ListTriggers(ctx); return err }, nothing},
	{"getWebhooksLogs", func(ctx context.Context, c *api.Client) error {
		_, err := c.ListDeliveries(ctx, api.DeliveryFilter{})
		return err
	}, nothing},
	{"createWebhook", func(ctx context.Context, c *api.Client) error {
		_, err := c.CreateWebhook(ctx, api.NewWebhook("builds", movingURL+"new", "test-secret-1", api.FileCreated))
		return err
	}, func(p *portal.Portal) int { return len(p.Webhooks()) - 2 }},
	{"updateWebhook", func(ctx context.Context, c *api.Client) error {
		_, err := c.ReplaceWebhook(ctx, api.WebhookUpdate{ID: 1, Name: "ci", URL: movingURL + "0", Enabled: true})
		return err
	}, func(p *portal.Portal) int { return count(p, func(w portal.Webhook) bool { return w.Name == "ci" }) }},
	{"enableWebhook", func(ctx context.Context, c *api.Client) error { _, err := c.DisableWebhook(ctx, 1); return err }, func(p *portal.Portal) int {
		return count(p, func(w portal.Webhook) bool { return w.Disabled })
	}},
	{"removeWebhook", func(ctx context.Context, c *api.Client) error { _, err := c.DeleteWebhook(ctx, 1); return err }, func(p *portal.Portal) int { return 2 - len(p.Webhooks()) }},
	{"retryWebhook", func(ctx context.Context, c *api.Client) error { _, err := c.RetryDelivery(ctx, 1); return err }, func(p *portal.Portal) int { return len(p.Log()) - 3 }},
	{"retryWebhooks", func(ctx context.Context, c *api.Client) error {
		_, err := c.RetryDeliveries(ctx, []api.DeliveryID{1})
		return err
	}, func(p *portal.Portal) int { return len(p.Log()) - 3 }},
}

func nothing(*portal.Portal) int { return 0 }

func count(p *portal.Portal, is func(portal.Webhook) bool) int {
	n := 0
	for _, w := range p.Webhooks() {
		if is(w) {
			n++
		}
	}
	return n
}

// retryTable has what becomes of each operation when its first request meets
// each mishap: what comes back, requests sent, and how often the portal did it.
// read stands for the three that read, put for updating and disabling.
const retryTable = `
                        read   create  put    remove     retry  batch
429, Retry-After: 2     ok 2   ok 2/1  ok 2/1 ok 2/1     ok 2/1 ok 2/1
429, Retry-After: 3600  err 1  err 1/0 err 1/0 err 1/0   err 1/0 err 1/0
429                     ok 2   ok 2/1  ok 2/1 ok 2/1     err 1/0 err 1/0
503 before              ok 2   err 1/0 ok 2/1 ok 2/1     err 1/0 err 1/0
503 after               ok 2   err 1/1 ok 2/1 gone 2/1   err 1/1 err 1/1
502 page after          ok 2   err 1/1 ok 2/1 gone 2/1   err 1/1 err 1/1
500 before              err 1  err 1/0 err 1/0 err 1/0   err 1/0 err 1/0
dropped before          ok 2   err 1/0 ok 2/1 ok 2/1     err 1/0 err 1/0
dropped after           ok 2   err 1/1 ok 2/1 gone 2/1   err 1/1 err 1/1
cut answer              ok 2   err 1/1 ok 2/1 gone 2/1   err 1/1 err 1/1
timeout after           ok 2   err 1/1 ok 2/1 gone 2/1   err 1/1 err 1/1
not dialled             ok 2   ok 2/1  ok 2/1 ok 2/1     ok 2/1 ok 2/1
`

func TestRetries(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(retryTable), "\n")
	columns := map[string]string{
		"getTenantWebhooks": "read", "getWebhookTriggers": "read", "getWebhooksLogs": "read", "createWebhook": "create",
		"updateWebhook": "put", "enableWebhook": "put", "removeWebhook": "remove", "retryWebhook": "retry", "retryWebhooks": "batch",
	}
	for _, m := range mishaps {
		row := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, m.name+"  ") })
		cells := strings.Fields(strings.TrimPrefix(lines[row], m.name))
		for _, op := range retried {
			column := slices.Index(strings.Fields(lines[0]), columns[op.name])
			want := cells[2*column] + " " + cells[2*column+1]
			t.Run(m.name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					if got := meet(t, m, op.name, op.call, op.once); got != want {
						t.Errorf("%s, want %s", got, want)
					}
				})
			})
		}
	}
}

// meet lets an operation meet a mishap and says what became of it, as a cell of
// the table does.
func meet(t *testing.T, m mishap, name string, call func(context.Context, *api.Client) error, done func(*portal.Portal) int) string {
	seed := longLog(3, nil)
	p, way := embedded(t, seed, portal.WithPollInterval(time.Hour))
	method := map[bool]string{true: http.MethodGet}[strings.HasPrefix(name, "get")]
	struck, sent := false, 0
	client := reaching(t, seed, trip(func(r *http.Request) (*http.Response, error) {
		if (r.Method == http.MethodGet) != (method == http.MethodGet) { // disabling reads first
			return way.RoundTrip(r)
		}
		sent++
		if struck || m.strike == nil {
			return way.RoundTrip(r)
		}
		struck = true
		return m.strike(r, way)
	}), api.WithTimeout(time.Minute))
	if m.fault.Kind != "" {
		m.fault.Operation, m.fault.Times = name, 1
		if err := p.AddFaults(m.fault); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	err := call(t.Context(), client)
	cell := fmt.Sprintf("ok %d", sent)
	if err != nil {
		cell = fmt.Sprintf("err %d", sent)
		if errors.Is(err, api.ErrNotFound) {
			cell = fmt.Sprintf("gone %d", sent)
		} else if !errors.Is(err, m.kind) {
			t.Error(err)
		}
		if e := asError(t, err); e.Attempts != sent {
			t.Errorf("%d attempts, %d requests", e.Attempts, sent)
		}
	}
	waited := time.Since(start)
	if m.name == "timeout after" {
		waited -= time.Minute
	}
	if m.name == "429, Retry-After: 2" && waited != 2*time.Second || m.name != "429, Retry-After: 2" && waited > api.DefaultWait {
		t.Errorf("took %s", waited)
	}
	if strings.HasPrefix(name, "get") {
		return cell
	}
	return fmt.Sprintf("%s/%d", cell, done(p))
}

// Waits are random below a bound that doubles up to its own.
func TestRetryWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var longest [8]time.Duration
		for range 200 {
			var at []time.Time
			client := through(t, func(r *http.Request) (*http.Response, error) {
				at = append(at, time.Now())
				return answer(r, 503, nil, http.NoBody), nil
			}, api.WithRetry(api.RetryPolicy{Attempts: 8, Wait: time.Second, MaxWait: 10 * time.Second}))
			_, err := client.ListWebhooks(t.Context())
			if e := asError(t, err); e.Attempts != 8 || len(at) != 8 {
				t.Fatalf("%d attempts, %d requests", e.Attempts, len(at))
			}
			for i := range at[1:] {
				longest[i] = max(longest[i], at[i+1].Sub(at[i]))
			}
		}
		for i, seconds := range []float64{1, 2, 4, 8, 10, 10, 10} {
			if got := longest[i].Seconds(); got > seconds || got < seconds/2 {
				t.Errorf("up to %g s before request %d, want up to %g s", got, i+2, seconds)
			}
		}
	})
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			header string // seconds, or "in " and how long until the date
			policy api.RetryPolicy
			waits  time.Duration
		}{
			"seconds":              {"30", api.RetryPolicy{}, 30 * time.Second},
			"a date":               {"in 20s", api.RetryPolicy{}, 20 * time.Second},
			"longer than default":  {"31", api.RetryPolicy{}, 0},
			"a date too far":       {"in 1h", api.RetryPolicy{}, 0},
			"longer, but accepted": {"3600", api.RetryPolicy{MaxRetryAfter: time.Hour}, time.Hour},
			"longer than accepted": {"2", api.RetryPolicy{MaxRetryAfter: time.Second}, 0},
		} {
			sent := 0
			client := through(t, func(r *http.Request) (*http.Response, error) {
				if sent++; sent > 1 {
					return answer(r, 200, nil, strings.NewReader(listed())), nil
				}
				header := c.header
				if in, ok := strings.CutPrefix(header, "in "); ok {
					d, _ := time.ParseDuration(in)
					header = httpDate(d)
				}
				return answer(r, 429, http.Header{"Retry-After": {header}}, http.NoBody), nil
			}, api.WithRetry(c.policy))
			start := time.Now()
			_, err := client.ListWebhooks(t.Context())
			if d := time.Since(start); d != c.waits {
				t.Errorf("%s: waited %s", name, d)
			}
			if c.waits == 0 {
				wantKinds(t, err, api.ErrRateLimited)
				if e := asError(t, err); e.RetryAfter == 0 {
					t.Error(err)
				}
			} else if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestContextEndsTheWait(t *testing.T) {
	t.Parallel()
	var limited trip = func(r *http.Request) (*http.Response, error) {
		return answer(r, 429, http.Header{"Retry-After": {"10"}}, http.NoBody), nil
	}
	t.Run("cancel", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			start := time.Now()
			_, err := through(t, limited, api.WithRetry(api.RetryPolicy{})).ListWebhooks(ctx)
			wantKinds(t, err, context.Canceled, api.ErrRateLimited)
			if d := time.Since(start); d != time.Second {
				t.Errorf("took %s", d)
			}
		})
	})
	// A wait that outlasts the context is not begun.
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			defer cancel()
			start := time.Now()
			_, err := through(t, limited, api.WithRetry(api.RetryPolicy{})).ListWebhooks(ctx)
			wantKinds(t, err, api.ErrRateLimited)
			if d := time.Since(start); d != 0 || asError(t, err).RetryAfter != 10*time.Second {
				t.Errorf("%v after %s", err, d)
			}
		})
	})
}

func TestRetryOptions(t *testing.T) {
	t.Parallel()
	for _, p := range []api.RetryPolicy{{Attempts: -1}, {Wait: -1}, {MaxWait: -1}, {MaxRetryAfter: -1}} {
		if _, err := api.New("https://acme.example.com", api.WithAPIKey(key), api.WithRetry(p)); err == nil {
			t.Errorf("%+v passes", p)
		}
	}
	untrusted := &tls.CertificateVerificationError{Err: errors.New("expired")}
	for name, c := range map[string]struct {
		opts []api.Option
		err  error
		sent int
	}{
		"by default":          {nil, io.EOF, api.DefaultAttempts},
		"often":               {[]api.Option{api.WithRetry(api.RetryPolicy{Attempts: 7})}, io.EOF, 7},
		"never":               {[]api.Option{api.WithoutRetry()}, io.EOF, 1},
		"no certificate":      {nil, untrusted, 1},
		"slower than allowed": {[]api.Option{api.WithRetry(api.RetryPolicy{Wait: time.Hour})}, io.EOF, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				client, err := api.New("https://acme.example.com", append(c.opts, api.WithAPIKey(key), api.WithHTTPClient(&http.Client{
					Transport: trip(func(*http.Request) (*http.Response, error) { sent++; return nil, c.err }),
				}))...)
				if err != nil {
					t.Fatal(err)
				}
				if _, err = client.ListWebhooks(t.Context()); !errors.Is(err, c.err) || sent != c.sent {
					t.Errorf("%d requests, %v", sent, err)
				}
			})
		})
	}
}
