package redisdedup

import (
	"context"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// renewal keeps one claim while its process lives.
type renewal struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// renew starts the renewal of a claim that is to outlast the grace.
func (d *Deduper) renew(ctx context.Context, claim receiver.Claim) {
	if d.lease() <= d.grace() {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &renewal{cancel: cancel, ended: make(chan struct{})}
	d.renewals.Store(claim.Token, r)
	go func() {
		defer close(r.ended)
		d.keep(ctx, claim)
		d.renewals.CompareAndDelete(claim.Token, r)
		cancel()
	}()
}

// keep renews the claim until the context or the lease ends, or somebody else has
// the key, which a pause longer than the grace can bring about. An error of Redis
// is not the end: the next renewal may succeed, and puts the claim back if Redis
// lost it.
func (d *Deduper) keep(ctx context.Context, claim receiver.Claim) {
	end := time.Now().Add(d.lease())
	ticker := time.NewTicker(max(d.grace()/3, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if !now.Before(end) {
				return
			}
		}
		holder, err := d.put(ctx, claim, claim.Token, min(d.grace(), time.Until(end)))
		if err == nil && holder != nobodyElse {
			return
		}
	}
}

// stop ends the renewal of a claim and waits for it: one that were under way
// could put a claim back that is just released.
func (d *Deduper) stop(ctx context.Context, claim receiver.Claim) {
	known, ok := d.renewals.LoadAndDelete(claim.Token)
	if !ok {
		return
	}
	r := known.(*renewal)
	r.cancel()
	select {
	case <-r.ended:
	case <-ctx.Done():
	}
}
