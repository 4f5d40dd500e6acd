package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// attempt is a delivery of event 41 as its attempt n has it: each has another
// body and another signature.
func attempt(n int) string {
	return fmt.Sprintf(`{"event":{"id":41,"trigger":"group.created"},"payload":{"id":"g"},"webhook":{"id":7,"retryCount":%d}}`, n)
}

// TestOnce plays the deliveries of one event against a handler.
func TestOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handle func(ctx context.Context, call int) error
		at     []time.Duration
		want   []int // answers, in the order of at
		calls  int
	}{
		"answer lost": {at: []time.Duration{0, time.Second}, want: []int{204, 200}, calls: 1},
		"forgotten":   {at: []time.Duration{0, 24 * time.Hour}, want: []int{204, 204}, calls: 2},
		"at once": {
			handle: func(context.Context, int) error { time.Sleep(time.Second); return nil },
			at:     []time.Duration{0, 0, 999 * time.Millisecond, 1001 * time.Millisecond}, want: []int{204, 503, 503, 200}, calls: 1,
		},
		"fails first": {
			handle: func(_ context.Context, call int) error { return map[int]error{1: errHandler}[call] },
			at:     []time.Duration{0, time.Second, 2 * time.Second}, want: []int{500, 204, 200}, calls: 2,
		},
		"panics first": {
			handle: func(_ context.Context, call int) error {
				if call == 1 {
					panic("no")
				}
				return nil
			},
			at: []time.Duration{0, time.Second, 2 * time.Second}, want: []int{500, 204, 200}, calls: 2,
		},
		"fails while another asks": {
			handle: func(_ context.Context, call int) error {
				time.Sleep(time.Second)
				return map[int]error{1: errHandler}[call]
			},
			at: []time.Duration{0, time.Second / 2, 2 * time.Second}, want: []int{500, 503, 204}, calls: 2,
		},
		"declined": {
			handle: func(context.Context, int) error { return receiver.ErrUnhandled },
			at:     []time.Duration{0, time.Second}, want: []int{204, 200}, calls: 1,
		},
		"gives up with the portal": {
			handle: func(ctx context.Context, call int) error {
				if call == 1 {
					<-ctx.Done()
				}
				return ctx.Err()
			},
			at: []time.Duration{0, 99 * time.Second, 101 * time.Second}, want: []int{500, 503, 204}, calls: 2,
		},
		"finishes though the portal hung up": {
			handle: func(context.Context, int) error { time.Sleep(2 * time.Minute); return nil },
			at:     []time.Duration{0, 101 * time.Second, 119 * time.Second, 121 * time.Second}, want: []int{204, 503, 503, 200}, calls: 1,
		},
		"hangs for longer than the lease": {
			handle: func(_ context.Context, call int) error {
				if call == 1 {
					time.Sleep(10 * time.Minute)
				}
				return nil
			},
			at: []time.Duration{0, receiver.DefaultMemoryLease, 11 * time.Minute}, want: []int{204, 204, 200}, calls: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				calls := 0
				r, err := receiver.New(secret, func(ctx context.Context, _ *receiver.Event) error {
					mu.Lock()
					calls++
					call := calls
					mu.Unlock()
					if test.handle == nil {
						return nil
					}
					return test.handle(ctx, call)
				}, receiver.WithDeduper("portal.example", new(receiver.Memory)))
				if err != nil {
					t.Fatal(err)
				}
				got := make([]int, len(test.at))
				start := time.Now()
				var wg sync.WaitGroup
				for i, at := range test.at {
					time.Sleep(time.Until(start.Add(at)))
					wg.Go(func() {
						ctx, hangUp := context.WithTimeout(t.Context(), 100*time.Second)
						defer hangUp()
						got[i] = postContext(ctx, r, attempt(i))
					})
					synctest.Wait()
				}
				wg.Wait()
				if fmt.Sprint(got) != fmt.Sprint(test.want) {
					t.Errorf("answered %v, want %v", got, test.want)
				}
				if calls != test.calls {
					t.Errorf("handled %d times, want %d", calls, test.calls)
				}
			})
		})
	}
}

// TestOnceGoexit: a handler that ends its goroutine has failed.
func TestOnceGoexit(t *testing.T) {
	t.Parallel()
	calls := 0
	r, err := receiver.New(secret, func(context.Context, *receiver.Event) error {
		if calls++; calls == 1 {
			runtime.Goexit()
		}
		return nil
	}, receiver.WithDeduper("portal.example", new(receiver.Memory)))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { post(r, attempt(0)) })
	wg.Wait()
	if status := post(r, attempt(1)); status != http.StatusNoContent || calls != 2 {
		t.Errorf("answered %d after %d calls", status, calls)
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSettleContext: a deduper is told how it went though the portal hung up,
// and not for ever.
func TestSettleContext(t *testing.T) {
	t.Parallel()
	for name, handlerErr := range map[string]error{"done": nil, "release": errHandler} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &settled{}
			ctx, hangUp := context.WithCancel(t.Context())
			r, err := receiver.New(secret, func(context.Context, *receiver.Event) error {
				hangUp()
				return handlerErr
			}, receiver.WithDeduper("portal.example", d))
			if err != nil {
				t.Fatal(err)
			}
			postContext(ctx, r, delivery)
			if d.what != name {
				t.Errorf("told %q", d.what)
			}
			if d.err != nil || !d.bounded {
				t.Errorf("under a context with %v, bounded: %v", d.err, d.bounded)
			}
		})
	}
}

// settled is a Deduper that notes how it was told what.
type settled struct {
	what    string
	err     error
	bounded bool
}

func (d *settled) Claim(_ context.Context, key string) (receiver.Claim, error) {
	return receiver.Claim{Key: key, State: receiver.Granted}, nil
}

func (d *settled) Done(ctx context.Context, _ receiver.Claim) error { return d.note(ctx, "done") }

func (d *settled) Release(ctx context.Context, _ receiver.Claim) error { return d.note(ctx, "release") }

func (d *settled) note(ctx context.Context, what string) error {
	d.what, d.err = what, ctx.Err()
	_, d.bounded = ctx.Deadline()
	return nil
}

// TestDeduperErrors: what is observed tells the handler's error, the deduper's
// and the sentinel.
func TestDeduperErrors(t *testing.T) {
	t.Parallel()
	var got error
	r, err := receiver.New(secret, func(context.Context, *receiver.Event) error { return errHandler },
		receiver.WithDeduper("portal.example", answers{state: receiver.Granted, settle: errDeduper}),
		receiver.WithObserver(func(_ context.Context, o receiver.Observation) { got = o.Err }))
	if err != nil {
		t.Fatal(err)
	}
	post(r, delivery)
	for _, want := range []error{errHandler, errDeduper, receiver.ErrDeduper} {
		if !errors.Is(got, want) {
			t.Errorf("%v is not in %v", want, got)
		}
	}
}
