package receiver

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// once has the event handled unless it is or was.
func (r *Receiver) once(ctx context.Context, event *Event) (o Observation) {
	key := r.key(event)
	if key == "" {
		return r.run(ctx, event)
	}
	claim, err := r.deduper.Claim(ctx, key)
	switch {
	case err != nil:
		return refused(fmt.Errorf("%w: claim: %w", ErrDeduper, err))
	case claim.State == Finished:
		return Observation{Outcome: OutcomeDuplicate}
	case claim.State != Granted:
		return refused(ErrInFlight)
	}

	// Deferred, because a handler can end its goroutine.
	o.Outcome = OutcomeFailed
	defer func() {
		if err := r.settle(ctx, claim, o.Outcome); err != nil {
			o.Err = errors.Join(o.Err, err)
		}
	}()
	o = r.run(ctx, event)
	return o
}

// settle tells the deduper how it went. The portal may have hung up meanwhile,
// which changes nothing about that.
func (r *Receiver) settle(ctx context.Context, claim Claim, outcome Outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	settle, what := r.deduper.Done, "done"
	if outcome == OutcomeFailed {
		settle, what = r.deduper.Release, "release"
	}
	if err := settle(ctx, claim); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDeduper, what, err)
	}
	return nil
}

// run calls the handler.
func (r *Receiver) run(ctx context.Context, event *Event) (o Observation) {
	start := time.Now()
	err := r.call(ctx, event)
	o.HandlerDuration = time.Since(start)
	switch {
	case err == nil:
		o.Outcome = OutcomeHandled
	case errors.Is(err, ErrUnhandled):
		o.Outcome = OutcomeUnhandled
	default:
		o.Outcome, o.Err = OutcomeFailed, err
	}
	return o
}

// call makes an error of a handler's panic.
func (r *Receiver) call(ctx context.Context, event *Event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("receiver: handler panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return r.handle(ctx, event)
}
