package redisdedup

import (
	"context"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// renewal keeps one claim until it is cancelled.
type renewal struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// renew starts the renewal of a claim.
func (d *Deduper) renew(ctx context.Context, claim receiver.Claim) {
	ctx, cancel := context.WithCancel(ctx)
	r := &renewal{cancel: cancel, ended: make(chan struct{})}
	d.renewals.Store(claim.Token, r)
	go func() {
		defer close(r.ended)
		d.keep(ctx, claim)
	}()
}

// keep renews the claim until the context ends or somebody else has the key,
// which a pause longer than the lease can bring about. An error of Redis is not
// the end: the next renewal may succeed, and puts the claim back if Redis lost
// it.
func (d *Deduper) keep(ctx context.Context, claim receiver.Claim) {
	ticker := time.NewTicker(max(d.lease()/3, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if holder, err := d.put(ctx, claim, claim.Token, d.lease()); err == nil && holder != nobodyElse {
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
