package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// Defaults of [RetryPolicy].
const (
	DefaultAttempts      = 3
	DefaultWait          = 500 * time.Millisecond
	DefaultMaxWait       = 8 * time.Second
	DefaultMaxRetryAfter = 30 * time.Second
)

// RetryPolicy says how a call that failed is sent again. A field that is zero
// has its default.
//
// What is sent again depends on the operation and on how sure it is that the
// portal did nothing:
//
//   - 429, and a connection that could not be opened: every operation;
//   - 502, 503, 504, a connection or an answer that broke off, and
//     [WithTimeout]: what can be done twice, that is reading, updating, enabling,
//     disabling and deleting. Never CreateWebhook, and never RetryDelivery and
//     RetryDeliveries, which would deliver once more.
//
// Nothing else is. A 404 of DeleteWebhook with Attempts over 1 may mean that an
// attempt without an answer removed the webhook.
type RetryPolicy struct {
	// Attempts is how often a request is sent at most.
	Attempts int
	// Wait bounds the wait before the second request. The bound doubles with
	// each further one up to MaxWait; the wait is random below it.
	Wait, MaxWait time.Duration
	// MaxRetryAfter is the longest wait that the portal may ask for. A call that
	// would have to wait longer, or past the deadline of its context, fails at
	// once, with the wait in [Error.RetryAfter].
	MaxRetryAfter time.Duration
}

// WithRetry sets when calls are sent again; the zero [RetryPolicy] unless told.
func WithRetry(p RetryPolicy) Option {
	return func(c *config) error {
		if p.Attempts < 0 || p.Wait < 0 || p.MaxWait < 0 || p.MaxRetryAfter < 0 {
			return errors.New("WithRetry: a field is negative")
		}
		c.retry = p.filled()
		return nil
	}
}

// WithoutRetry sends every request once.
func WithoutRetry() Option { return WithRetry(RetryPolicy{Attempts: 1}) }

func (p RetryPolicy) filled() RetryPolicy {
	p.Attempts = cmp.Or(p.Attempts, DefaultAttempts)
	p.Wait = cmp.Or(p.Wait, DefaultWait)
	p.MaxWait = max(p.Wait, cmp.Or(p.MaxWait, DefaultMaxWait))
	p.MaxRetryAfter = cmp.Or(p.MaxRetryAfter, DefaultMaxRetryAfter)
	return p
}

// effect is what it does to send a request of an operation twice.
type effect int

const (
	sameTwice effect = iota // as much as sending it once
	moreTwice               // something else, or a misleading answer
	delivers                // another delivery; 5 calls in 15 minutes are allowed
)

// The portal allows 5 calls of a retry operation in 15 minutes, for one delivery
// or for all batches. It does not say so when it refuses.
const (
	retriesAllowed = "5"
	retryWindow    = 15 * time.Minute
)

// again reports whether x, which failed with err, is sent again, and after
// which wait.
func (p RetryPolicy) again(ctx context.Context, x exchange, err *Error) (wait time.Duration, ok bool) {
	if x.attempts >= p.Attempts || ctx.Err() != nil || !x.harmless(err) {
		return 0, false
	}
	if wait = err.RetryAfter; wait == 0 {
		bound := p.Wait
		for n := 1; n < x.attempts && bound < p.MaxWait; n++ {
			bound *= 2
		}
		wait = rand.N(min(bound, p.MaxWait)) //nolint:gosec // spreads load, keeps no secret
	} else if wait > p.MaxRetryAfter {
		return 0, false
	}
	deadline, bounded := ctx.Deadline()
	return wait, !bounded || time.Until(deadline) > wait
}

// harmless reports whether sending x again does no harm and may help.
func (x exchange) harmless(err *Error) bool {
	switch x.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return x.effect == sameTwice
	case 0:
		return notSent(err) || x.effect == sameTwice && lost(err)
	}
	return x.effect == sameTwice && x.succeeded() && err.Err != nil && lost(err) // broke off
}

// notSent reports whether the connection was never there.
func notSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// lost reports whether the network failed, or the time was over, rather than
// something that will be no different next time.
func lost(err error) bool {
	_, redirected := errors.AsType[*redirectError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !redirected && !untrusted && !errors.Is(err, ErrAnswerTooLarge)
}

// pause waits, unless ctx ends it.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
