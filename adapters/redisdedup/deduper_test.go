package redisdedup_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/docspace-go/webhooks/adapters/internal/services"
	"github.com/docspace-go/webhooks/adapters/redisdedup"
	"github.com/docspace-go/webhooks/receiver"
	"github.com/docspace-go/webhooks/receiver/dedupertest"
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

// TestContract: a claim that is never renewed is a crashed worker's.
func TestContract(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Lease = time.Second
	dedupertest.Test(t, d, d.Lease)
}

// TestShared: two processes have one memory.
func TestShared(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	other := &redisdedup.Deduper{Client: d.Client, Prefix: d.Prefix}
	first := claim(t, d, "p/1", receiver.Granted)
	claim(t, other, "p/1", receiver.InFlight)
	release(t, d, first)
	second := claim(t, other, "p/1", receiver.Granted)
	done(t, d, first) // not its own any more
	claim(t, d, "p/1", receiver.InFlight)
	done(t, other, second)
	claim(t, d, "p/1", receiver.Finished)
}

// TestDefaults looks at what is in Redis.
func TestDefaults(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	client := connect(t, services.Redis)
	c := claim(t, d, "p/1", receiver.Granted)
	for _, want := range []time.Duration{redisdedup.DefaultGrace, redisdedup.DefaultTTL} {
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

// TestRenewal: a claim lasts for its lease, however short the grace, and no
// longer.
func TestRenewal(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Lease, d.Grace = 3*time.Second, 500*time.Millisecond
	first := claim(t, d, "p/1", receiver.Granted)
	time.Sleep(d.Lease / 2)
	claim(t, d, "p/1", receiver.InFlight)
	time.Sleep(d.Lease/2 + d.Grace)
	second := claim(t, d, "p/1", receiver.Granted)
	release(t, d, first)
	claim(t, d, "p/1", receiver.InFlight)
	done(t, d, second)
	time.Sleep(2 * d.Grace)
	claim(t, d, "p/1", receiver.Finished)
}

// TestRenewalGivesUp: a renewal does not take from another what it has lost.
func TestRenewalGivesUp(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Grace = 150 * time.Millisecond
	c := claim(t, d, "p/1", receiver.Granted)
	client := connect(t, services.Redis)
	if err := client.Set(t.Context(), d.Prefix+"p/1", "another", 0).Err(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * d.Grace)
	done(t, d, c)
	if value := client.Get(t.Context(), d.Prefix+"p/1").Val(); value != "another" {
		t.Errorf("the other's claim became %q", value)
	}
}

func TestTTL(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.TTL = time.Second
	done(t, d, claim(t, d, "p/1", receiver.Granted))
	claim(t, d, "p/1", receiver.Finished)
	time.Sleep(d.TTL + 50*time.Millisecond)
	release(t, d, claim(t, d, "p/1", receiver.Granted))
}

// TestLeaseEnds: the last renewal does not go beyond the lease.
func TestLeaseEnds(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	d.Lease, d.Grace = 1200*time.Millisecond, time.Second
	claim(t, d, "p/1", receiver.Granted)
	time.Sleep(d.Lease + 400*time.Millisecond)
	release(t, d, claim(t, d, "p/1", receiver.Granted))
}

// TestNoLeak: no renewal goes on once its claim is finished, released, run out
// or lost.
func TestNoLeak(t *testing.T) {
	d := onMachine(t)
	d.Grace = 30 * time.Millisecond
	short := &redisdedup.Deduper{Client: d.Client, Prefix: d.Prefix, Grace: d.Grace, Lease: 10 * d.Grace}
	client := connect(t, services.Redis)
	for name, test := range map[string]struct {
		d   *redisdedup.Deduper
		end func(receiver.Claim) error
	}{
		"finished": {d, func(c receiver.Claim) error { return d.Done(t.Context(), c) }},
		"released": {d, func(c receiver.Claim) error { return d.Release(t.Context(), c) }},
		"lost":     {d, func(c receiver.Claim) error { return client.Set(t.Context(), d.Prefix+c.Key, "another", 0).Err() }},
		"run out":  {short, func(receiver.Claim) error { time.Sleep(short.Lease); return nil }},
	} {
		if err := client.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		before := goleak.IgnoreCurrent()
		if err := test.end(claim(t, test.d, name, receiver.Granted)); err != nil {
			t.Error(err)
		}
		if err := goleak.Find(before); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
