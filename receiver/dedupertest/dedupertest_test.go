package dedupertest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/receiver"
	"github.com/docspace-go/webhooks/receiver/dedupertest"
)

// TestBroken: each way to break the contract is found.
func TestBroken(t *testing.T) {
	t.Parallel()
	memory := func() *receiver.Memory { return &receiver.Memory{Lease: time.Minute} }
	for name, d := range map[string]receiver.Deduper{
		"grants always":         always{receiver.Granted},
		"never grants":          always{receiver.InFlight},
		"has finished always":   always{receiver.Finished},
		"forgets at once":       &receiver.Memory{Lease: time.Minute, TTL: time.Nanosecond},
		"lease without an end":  &receiver.Memory{Lease: time.Hour},
		"lease of a moment":     &receiver.Memory{Lease: time.Nanosecond},
		"no room":               &receiver.Memory{Lease: time.Minute, Size: 1},
		"one token for all":     tokens{memory()},
		"never done":            undone{memory()},
		"release does nothing":  kept{memory()},
		"errors":                failing{memory()},
		"without the claim key": keyless{memory()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &record{TB: t}
				dedupertest.Test(r, d, time.Minute)
				if len(r.errors) == 0 {
					t.Error("nothing was found")
				}
				for _, e := range r.errors {
					if !strings.Contains(e, ": ") {
						t.Errorf("no promise in %q", e)
					}
				}
			})
		})
	}
}

// record is a test that notes its errors.
type record struct {
	testing.TB
	errors []string
}

func (r *record) Helper() {}
func (r *record) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

type always struct{ state receiver.ClaimState }

func (a always) Claim(_ context.Context, key string) (receiver.Claim, error) {
	return receiver.Claim{Key: key, State: a.state}, nil
}
func (always) Done(context.Context, receiver.Claim) error    { return nil }
func (always) Release(context.Context, receiver.Claim) error { return nil }

type tokens struct{ *receiver.Memory }

func (d tokens) Claim(ctx context.Context, key string) (receiver.Claim, error) {
	c, err := d.Memory.Claim(ctx, key)
	c.Token = "1"
	return c, err
}

type undone struct{ *receiver.Memory }

func (undone) Done(context.Context, receiver.Claim) error { return nil }

type kept struct{ *receiver.Memory }

func (kept) Release(context.Context, receiver.Claim) error { return nil }

type failing struct{ *receiver.Memory }

func (failing) Done(context.Context, receiver.Claim) error    { return context.Canceled }
func (failing) Release(context.Context, receiver.Claim) error { return context.Canceled }

type keyless struct{ *receiver.Memory }

func (d keyless) Claim(ctx context.Context, key string) (receiver.Claim, error) {
	c, err := d.Memory.Claim(ctx, key)
	c.Key = ""
	return c, err
}
