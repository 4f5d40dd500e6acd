// Package dedupertest holds implementations of [receiver.Deduper] to what that
// interface promises.
package dedupertest

import (
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// Test fails for each promise that the Deduper breaks. Its claims have to last
// for the lease, which Test waits for a few times, and what is done has to be
// remembered for ten leases at least. Keys are random, so that the Deduper need
// not be empty.
func Test(t testing.TB, d receiver.Deduper, lease time.Duration) {
	t.Helper()
	for _, promise := range []struct {
		text string
		kept func(*subject)
	}{
		{"a key is granted to one at a time, whatever becomes of others", granted},
		{"what is done stays done", done},
		{"what is released can be claimed again", released},
		{"a claim lasts for its lease", leased},
		{"what is done after the lease is done", doneLate},
		{"a claim that was lost does nothing to the one that followed", overtaken},
		{"of many who ask at once one gets the key", contended},
	} {
		s := &subject{t: t, d: d, lease: lease, promise: promise.text, key: "dedupertest/" + rand.Text()}
		promise.kept(s)
	}
}

func granted(s *subject) {
	s.claim(receiver.Granted)
	s.claim(receiver.InFlight)
	other := *s
	other.key += "'"
	other.claim(receiver.Granted)
}

func done(s *subject) {
	s.done(s.claim(receiver.Granted))
	s.claim(receiver.Finished)
	time.Sleep(2 * s.lease)
	s.claim(receiver.Finished)
}

func released(s *subject) {
	s.release(s.claim(receiver.Granted))
	s.done(s.claim(receiver.Granted))
	s.claim(receiver.Finished)
}

func leased(s *subject) {
	first := s.claim(receiver.Granted)
	time.Sleep(s.lease / 2)
	s.claim(receiver.InFlight)
	time.Sleep(s.lease)
	if second := s.claim(receiver.Granted); second.Token == first.Token {
		s.broken("two claims have one token")
	}
	s.claim(receiver.InFlight)
}

func doneLate(s *subject) {
	late := s.claim(receiver.Granted)
	time.Sleep(2 * s.lease)
	s.done(late)
	s.claim(receiver.Finished)
}

func overtaken(s *subject) {
	late := s.claim(receiver.Granted)
	time.Sleep(2 * s.lease)
	c := s.claim(receiver.Granted)
	s.release(late)
	s.claim(receiver.InFlight)
	s.done(late)
	s.claim(receiver.InFlight)
	s.done(c)
	s.release(late)
	s.claim(receiver.Finished)
}

func contended(s *subject) {
	var mu sync.Mutex
	var states []receiver.ClaimState
	var failures error
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			c, err := s.d.Claim(s.t.Context(), s.key)
			mu.Lock()
			defer mu.Unlock()
			states, failures = append(states, c.State), errors.Join(failures, err)
		})
	}
	wg.Wait()
	n := 0
	for _, state := range states {
		if state == receiver.Granted {
			n++
		}
	}
	if failures != nil || n != 1 {
		s.broken("%d got it, errors: %v", n, failures)
	}
}

// subject is a Deduper on trial for one promise.
type subject struct {
	t       testing.TB
	d       receiver.Deduper
	lease   time.Duration
	promise string
	key     string
}

func (s *subject) broken(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("%s: "+format, append([]any{s.promise}, args...)...)
}

func (s *subject) claim(want receiver.ClaimState) receiver.Claim {
	s.t.Helper()
	c, err := s.d.Claim(s.t.Context(), s.key)
	if err != nil || c.State != want || c.Key != s.key {
		s.broken("got %+v, %v, want state %d", c, err, want)
	}
	return c
}

func (s *subject) done(c receiver.Claim) {
	s.t.Helper()
	if err := s.d.Done(s.t.Context(), c); err != nil {
		s.broken("Done: %v", err)
	}
}

func (s *subject) release(c receiver.Claim) {
	s.t.Helper()
	if err := s.d.Release(s.t.Context(), c); err != nil {
		s.broken("Release: %v", err)
	}
}
