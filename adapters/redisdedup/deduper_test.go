package redisdedup_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/docspace-go/webhooks/adapters/internal/services"
	"github.com/docspace-go/webhooks/adapters/redisdedup"
	"github.com/docspace-go/webhooks/receiver"
)

// claim asks for the key and checks the answer.
func claim(t *testing.T, d *redisdedup.Deduper, key string, want receiver.ClaimState) receiver.Claim {
	t.Helper()
	c, err := d.Claim(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c.State != want || c.Key != key || (c.Token != "") != (want == receiver.Granted) {
		t.Fatalf("claimed %+v, want state %d", c, want)
	}
	return c
}

func done(t *testing.T, d *redisdedup.Deduper, c receiver.Claim) {
	t.Helper()
	if err := d.Done(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func release(t *testing.T, d *redisdedup.Deduper, c receiver.Claim) {
	t.Helper()
	if err := d.Release(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// crashed is a worker's Deduper whose claims nobody renews.
func crashed(t *testing.T, d *redisdedup.Deduper, key string) receiver.Claim {
	t.Helper()
	never := &redisdedup.Deduper{Client: d.Client, Prefix: d.Prefix, Lease: d.Lease}
	c := claim(t, never, key, receiver.Granted)
	// Its renewal ends, and then the claim is put as it was.
	release(t, never, c)
	if err := connect(t, services.Redis).Set(t.Context(), d.Prefix+key, c.Token, d.Lease).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLife(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	other := &redisdedup.Deduper{Client: d.Client, Prefix: d.Prefix} // another process

	first := claim(t, d, "p/1", receiver.Granted)
	claim(t, other, "p/1", receiver.InFlight)
	claim(t, other, "p/2", receiver.Granted)
	release(t, d, first)
	second := claim(t, other, "p/1", receiver.Granted)
	release(t, d, first) // not its own any more
	done(t, d, first)
	claim(t, d, "p/1", receiver.InFlight)
	done(t, other, second)
	claim(t, d, "p/1", receiver.Finished)
	done(t, other, second)
	release(t, other, second)
	claim(t, d, "p/1", receiver.Finished)
}

// TestDefaults looks at what is in Redis.
func TestDefaults(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	client := connect(t, services.Redis)
	c := claim(t, d, "p/1", receiver.Granted)
	for _, want := range []time.Duration{redisdedup.DefaultLease, redisdedup.DefaultTTL} {
		ttl, err := client.PTTL(t.Context(), d.Prefix+"p/1").Result()
		if err != nil {
			t.Fatal(err)
		}
		if ttl > want || ttl < want-5*time.Second {
			t.Errorf("expires in %v, want %v", ttl, want)
		}
		done(t, d, c)
	}
	plain := &redisdedup.Deduper{Client: client}
	key := "TestDefaults" + d.Prefix
	release(t, plain, claimAndLook(t, plain, redisdedup.DefaultPrefix+key, key))
}

func claimAndLook(t *testing.T, d *redisdedup.Deduper, name, key string) receiver.Claim {
	t.Helper()
	c := claim(t, d, key, receiver.Granted)
	if n, err := connect(t, services.Redis).Exists(t.Context(), name).Result(); err != nil || n != 1 {
		t.Errorf("%d keys %q: %v", n, name, err)
	}
	return c
}

// TestCrash: a claim that nobody renews is free after the lease, and its worker,
// should it wake up, changes nothing for the next one.
func TestCrash(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Lease = 300 * time.Millisecond
	old := crashed(t, d, "p/1")
	claim(t, d, "p/1", receiver.InFlight)
	time.Sleep(d.Lease + 50*time.Millisecond)
	next := claim(t, d, "p/1", receiver.Granted)
	done(t, d, old)
	release(t, d, old)
	claim(t, d, "p/1", receiver.InFlight)
	done(t, d, next)
	claim(t, d, "p/1", receiver.Finished)
}

// TestLateDone: after the lease, an event that nobody has claimed since is done.
func TestLateDone(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Lease = 100 * time.Millisecond
	old := crashed(t, d, "p/1")
	time.Sleep(d.Lease + 50*time.Millisecond)
	done(t, d, old)
	claim(t, d, "p/1", receiver.Finished)
}

// TestRenewal: a handler may take longer than the lease.
func TestRenewal(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Lease = 300 * time.Millisecond
	c := claim(t, d, "p/1", receiver.Granted)
	time.Sleep(4 * d.Lease)
	claim(t, d, "p/1", receiver.InFlight)
	done(t, d, c)
	claim(t, d, "p/1", receiver.Finished)
}

// TestRenewalGivesUp: a renewal does not take from another what it has lost.
func TestRenewalGivesUp(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Lease = 150 * time.Millisecond
	c := claim(t, d, "p/1", receiver.Granted)
	client := connect(t, services.Redis)
	if err := client.Set(t.Context(), d.Prefix+"p/1", "another", 0).Err(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * d.Lease)
	done(t, d, c)
	if value := client.Get(t.Context(), d.Prefix+"p/1").Val(); value != "another" {
		t.Errorf("the other's claim became %q", value)
	}
}

func TestTTL(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.TTL = 200 * time.Millisecond
	done(t, d, claim(t, d, "p/1", receiver.Granted))
	claim(t, d, "p/1", receiver.Finished)
	time.Sleep(d.TTL + 50*time.Millisecond)
	release(t, d, claim(t, d, "p/1", receiver.Granted))
}

// TestOneWinner: of many that ask at once, one gets the claim.
func TestOneWinner(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	for range 20 {
		var granted atomic.Int32
		var winner receiver.Claim
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				c, err := d.Claim(t.Context(), "p/1")
				if err != nil {
					t.Error(err)
				}
				if c.State == receiver.Granted {
					granted.Add(1)
					winner = c
				}
			})
		}
		wg.Wait()
		if granted.Load() != 1 {
			t.Fatalf("%d got the claim", granted.Load())
		}
		release(t, d, winner)
	}
}

// TestNoLeak: no renewal outlives its claim.
func TestNoLeak(t *testing.T) {
	d := onMachine(t)
	before := goleak.IgnoreCurrent()
	for _, end := range []func(context.Context, receiver.Claim) error{d.Done, d.Release} {
		if err := end(t.Context(), claim(t, d, time.Now().String(), receiver.Granted)); err != nil {
			t.Error(err)
		}
	}
	goleak.VerifyNone(t, before)
}
