package redisdedup

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/docspace-go/webhooks/receiver"
)

// The settings of a [Deduper] where they are left out.
const (
	DefaultPrefix = "docspace:event:"
	DefaultTTL    = 24 * time.Hour
	DefaultLease  = 5 * time.Minute
	DefaultGrace  = 10 * time.Second
)

// claimTime bounds a claim: the portal waits, and is better told to come again.
const claimTime = 5 * time.Second

// pause is the time between two tries of [Deduper.Done].
const pause = 100 * time.Millisecond

// Deduper is a [receiver.Deduper] on Redis. Set the fields before its first use;
// all but Client have defaults.
type Deduper struct {
	// Client is a go-redis client of any kind. Unless its ContextTimeoutEnabled
	// is set, its own timeouts bound each try, not the context.
	Client redis.Scripter
	// Prefix stands before each key.
	Prefix string
	// TTL is how long a finished event is remembered. Automatic retries follow
	// within eleven minutes up to 3.8, at intervals of the portal's choice after
	// that.
	TTL time.Duration
	// Lease is how long a claim lasts that is neither finished nor released.
	// Choose it longer than any handler runs: after it the event is handled once
	// more, beside a handler that still runs.
	Lease time.Duration
	// Grace is how long a claim outlives its process, but not its lease. Claims
	// are renewed at every third of it, so choose it longer than process and
	// Redis ever pause, and shorter than the portal retries.
	Grace time.Duration

	renewals sync.Map // token → *renewal
}

// Claim grants the key if nobody has it. It fails if Redis does not answer within
// five seconds; had Redis granted the claim nevertheless, it is free after the
// grace.
func (d *Deduper) Claim(ctx context.Context, key string) (receiver.Claim, error) {
	ctx, cancel := context.WithTimeout(ctx, claimTime)
	defer cancel()
	claim := receiver.Claim{Key: key, Token: rand.Text()}
	holder, err := d.put(ctx, claim, claim.Token, min(d.grace(), d.lease()))
	switch {
	case err != nil:
		return receiver.Claim{}, fmt.Errorf("redisdedup: claim: %w", err)
	case holder == finished:
		return receiver.Claim{Key: key, State: receiver.Finished}, nil
	case holder != nobodyElse:
		return receiver.Claim{Key: key, State: receiver.InFlight}, nil
	}
	claim.State = receiver.Granted
	d.renew(context.WithoutCancel(ctx), claim)
	return claim, nil
}

// Done remembers the claim's event as finished. It tries until it succeeds or
// its context ends, and then returns the last error of Redis.
func (d *Deduper) Done(ctx context.Context, claim receiver.Claim) error {
	d.stop(ctx, claim)
	for {
		_, err := d.put(ctx, claim, finished, or(d.TTL, DefaultTTL))
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redisdedup: done: %w", err)
		case <-time.After(pause):
		}
	}
}

// Release forgets the claim. If Redis does not answer, it is free after the
// grace.
func (d *Deduper) Release(ctx context.Context, claim receiver.Claim) error {
	d.stop(ctx, claim)
	if err := d.forget(ctx, claim); err != nil {
		return fmt.Errorf("redisdedup: release: %w", err)
	}
	return nil
}

func (d *Deduper) lease() time.Duration { return or(d.Lease, DefaultLease) }
func (d *Deduper) grace() time.Duration { return or(d.Grace, DefaultGrace) }

// or is v, or the fallback if v is not positive.
func or(v, fallback time.Duration) time.Duration {
	if v <= 0 {
		return fallback
	}
	return v
}
