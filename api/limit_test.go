package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// crowd counts who is there at a time, and who comes within a span of time.
type crowd struct {
	mu        sync.Mutex
	now, most int
	came      []time.Time
}

// trip takes a second to answer with body.
func (c *crowd) trip(r *http.Request, body string) *http.Response {
	c.mu.Lock()
	c.now++
	c.most = max(c.most, c.now)
	c.came = append(c.came, time.Now())
	c.mu.Unlock()
	time.Sleep(time.Second)
	c.mu.Lock()
	c.now--
	c.mu.Unlock()
	return answer(r, 200, nil, strings.NewReader(body))
}

// within returns how many came at most within d.
func (c *crowd) within(d time.Duration) int {
	most, from := 0, 0
	for to := range c.came {
		for c.came[to].Sub(c.came[from]) >= d {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	list := func(ctx context.Context, c *api.Client) { _, _ = c.ListWebhooks(ctx) }
	replace := func(ctx context.Context, c *api.Client) {
		_, _ = c.ReplaceWebhook(ctx, api.WebhookUpdate{ID: 7, Name: "builds", URL: "https://hooks.example.com/ok"})
	}
	retry := func(ctx context.Context, c *api.Client) { _, _ = c.RetryDelivery(ctx, 105) }
	batch := func(ctx context.Context, c *api.Client) { _, _ = c.RetryDeliveries(ctx, []api.DeliveryID{105}) }
	for name, c := range map[string]struct {
		limits                       api.RateLimit
		call                         func(context.Context, *api.Client)
		calls                        int
		most, perMinute, in15Minutes int
		takes                        time.Duration
	}{
		"reads":             {api.RateLimit{}, list, 5000, 50, 1500, 5000, 3*61*time.Second + 10*time.Second},
		"writes":            {api.RateLimit{}, replace, 200, 15, 200, 200, 14 * time.Second},
		"retries":           {api.RateLimit{}, retry, 12, 5, 5, 5, 2*901*time.Second + time.Second},
		"batches":           {api.RateLimit{}, batch, 6, 5, 5, 5, 902 * time.Second},
		"own limits":        {api.RateLimit{PerMinute: 10, Reads: 1}, list, 25, 1, 10, 25, 2*61*time.Second + 5*time.Second},
		"no limits":         {api.RateLimit{PerMinute: -1, Reads: -1}, list, 5000, 5000, 5000, 5000, time.Second},
		"no limit, writing": {api.RateLimit{Retries: -1, Writes: -1}, retry, 100, 100, 100, 100, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var there crowd
				client := through(t, func(r *http.Request) (*http.Response, error) {
					return there.trip(r, listed()), nil
				}, api.WithRateLimit(c.limits))
				if client.RateLimited() != client {
					t.Error("a client with limits is limited once more")
				}
				start := time.Now()
				var calls sync.WaitGroup
				for range c.calls {
					calls.Go(func() { c.call(t.Context(), client) })
				}
				calls.Wait()
				if d := time.Since(start); d != c.takes {
					t.Errorf("took %s, want %s", d, c.takes)
				}
				if len(there.came) != c.calls || there.most != c.most || there.within(time.Minute) != c.perMinute || there.within(15*time.Minute) != c.in15Minutes {
					t.Errorf("%d requests, %d at a time, %d a minute, %d in 15 minutes", len(there.came), there.most, there.within(time.Minute), there.within(15*time.Minute))
				}
			})
		})
	}
}

// Two deliveries do not wait for each other, and old ones are forgotten.
func TestRateLimitOfOneDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := through(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, nil, strings.NewReader(success(row106))), nil
		}).RateLimited()
		start := time.Now()
		for id := range api.DeliveryID(200) {
			for range 5 {
				if _, err := client.RetryDelivery(t.Context(), id+1); err != nil {
					t.Fatal(err)
				}
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("took %s", d)
		}
		if _, err := client.RetryDelivery(t.Context(), 1); err != nil || time.Since(start) != 901*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if client.RateLimited() != client {
			t.Error("limited twice")
		}
	})
}

// All limited clients of one client share its limits.
func TestRateLimitedIsOneClient(t *testing.T) {
	t.Parallel()
	client := newClient(t, "https://acme.example.com")
	if first, second := client.RateLimited(), client.RateLimited(); first == client || first != second {
		t.Error("RateLimited is not one other client")
	}
}

func TestContextEndsTheWaitForALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		client := through(t, func(r *http.Request) (*http.Response, error) {
			sent++
			return answer(r, 200, nil, strings.NewReader(success(row106))), nil
		}, api.WithRateLimit(api.RateLimit{Retries: 1}))
		if _, err := client.RetryDelivery(t.Context(), 105); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		bounded, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := client.RetryDelivery(bounded, 105)
		wantKinds(t, err, api.ErrRateLimited)
		if e := asError(t, err); time.Since(start) != 0 || e.RetryAfter != 901*time.Second || e.Attempts != 0 || e.Path != "/api/2.0/settings/webhook/105/retry" {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		_, err = client.RetryDelivery(ctx, 105)
		wantKinds(t, err, context.Canceled)
		if time.Since(start) != time.Second || sent != 1 {
			t.Errorf("after %s, %d sent", time.Since(start), sent)
		}
	})
}

// A client that keeps to the documented limits is never refused by a portal
// that enforces them; one that does not is.
func TestRateLimitAgainstThePortal(t *testing.T) {
	t.Parallel()
	for name, limited := range map[string]bool{"with limits": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seed := longLog(3, nil)
				_, way := embedded(t, seed, portal.WithLimits(portal.ServerLimits), portal.WithPollInterval(time.Hour))
				client := reaching(t, seed, way, api.WithoutRetry())
				if limited {
					client = client.RateLimited()
				}
				var mu sync.Mutex
				refused := 0
				var calls sync.WaitGroup
				for i := range 3200 {
					calls.Go(func() {
						var err error
						switch {
						case i < 8:
							_, err = client.RetryDelivery(t.Context(), 1)
						case i < 16:
							_, err = client.RetryDeliveries(t.Context(), []api.DeliveryID{2})
						default:
							_, err = client.ListTriggers(t.Context())
						}
						if err != nil {
							wantKinds(t, err, api.ErrRateLimited)
							mu.Lock()
							refused++
							mu.Unlock()
						}
					})
				}
				calls.Wait()
				if (refused > 0) == limited {
					t.Errorf("%d calls were refused", refused)
				}
			})
		})
	}
}
