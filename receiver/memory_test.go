package receiver_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// claim asks for a key and fails if the answer has another state.
func claim(t *testing.T, d receiver.Deduper, key string, want receiver.ClaimState) receiver.Claim {
	t.Helper()
	c, err := d.Claim(t.Context(), key)
	if err != nil {
		t.Fatalf("claim %s: %v", key, err)
	}
	if c.State != want || c.Key != key || (c.Token != "") != (want == receiver.Granted) {
		t.Errorf("claim %s: %+v, want state %d", key, c, want)
	}
	return c
}

func done(t *testing.T, d receiver.Deduper, c receiver.Claim) {
	t.Helper()
	if err := d.Done(t.Context(), c); err != nil {
		t.Errorf("done: %v", err)
	}
}

func release(t *testing.T, d receiver.Deduper, c receiver.Claim) {
	t.Helper()
	if err := d.Release(t.Context(), c); err != nil {
		t.Errorf("release: %v", err)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T, *receiver.Memory){
		"finished": func(t *testing.T, m *receiver.Memory) {
			c := claim(t, m, "a", receiver.Granted)
			claim(t, m, "a", receiver.InFlight)
			claim(t, m, "b", receiver.Granted)
			done(t, m, c)
			claim(t, m, "a", receiver.Finished)
			claim(t, m, "b", receiver.InFlight)
		},
		"released": func(t *testing.T, m *receiver.Memory) {
			release(t, m, claim(t, m, "a", receiver.Granted))
			done(t, m, claim(t, m, "a", receiver.Granted))
			claim(t, m, "a", receiver.Finished)
		},
		"forgotten after the TTL": func(t *testing.T, m *receiver.Memory) {
			done(t, m, claim(t, m, "a", receiver.Granted))
			time.Sleep(time.Hour - 1)
			claim(t, m, "a", receiver.Finished)
			time.Sleep(time.Nanosecond)
			claim(t, m, "a", receiver.Granted)
		},
		"lease": func(t *testing.T, m *receiver.Memory) {
			claim(t, m, "a", receiver.Granted)
			time.Sleep(time.Minute - 1)
			claim(t, m, "a", receiver.InFlight)
			time.Sleep(time.Nanosecond)
			claim(t, m, "a", receiver.Granted)
			claim(t, m, "a", receiver.InFlight)
		},
		"done after the lease": func(t *testing.T, m *receiver.Memory) {
			c := claim(t, m, "a", receiver.Granted)
			time.Sleep(time.Minute)
			done(t, m, c)
			claim(t, m, "a", receiver.Finished)
		},
		"released after the lease": func(t *testing.T, m *receiver.Memory) {
			c := claim(t, m, "a", receiver.Granted)
			time.Sleep(time.Minute)
			release(t, m, c)
			claim(t, m, "a", receiver.Granted)
		},
		"done after another's claim": func(t *testing.T, m *receiver.Memory) {
			late := claim(t, m, "a", receiver.Granted)
			time.Sleep(time.Minute)
			c := claim(t, m, "a", receiver.Granted)
			done(t, m, late)
			claim(t, m, "a", receiver.InFlight)
			release(t, m, late)
			claim(t, m, "a", receiver.InFlight)
			done(t, m, c)
			release(t, m, late)
			claim(t, m, "a", receiver.Finished)
		},
		"full of finished": func(t *testing.T, m *receiver.Memory) {
			for i := range 5 {
				done(t, m, claim(t, m, strconv.Itoa(i), receiver.Granted))
			}
			claim(t, m, "4", receiver.Finished)
			claim(t, m, "2", receiver.Finished)
			claim(t, m, "1", receiver.Granted)
			claim(t, m, "2", receiver.Granted) // it was the first to be finished
		},
		"full of claims": func(t *testing.T, m *receiver.Memory) {
			done(t, m, claim(t, m, "finished", receiver.Granted))
			var first receiver.Claim
			for i := range 3 {
				if c := claim(t, m, strconv.Itoa(i), receiver.Granted); i == 0 {
					first = c
				}
			}
			if c, err := m.Claim(t.Context(), "more"); err == nil {
				t.Errorf("a fourth claim: %+v", c)
			}
			claim(t, m, "0", receiver.InFlight)
			done(t, m, first)
			claim(t, m, "more", receiver.Granted)
		},
		"full of claims that have run out": func(t *testing.T, m *receiver.Memory) {
			late := claim(t, m, "late", receiver.Granted)
			time.Sleep(time.Minute)
			for i := range 3 {
				claim(t, m, strconv.Itoa(i), receiver.Granted)
			}
			done(t, m, late) // nowhere to remember it
			claim(t, m, "0", receiver.InFlight)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test(t, &receiver.Memory{Size: 3, TTL: time.Hour, Lease: time.Minute})
			})
		})
	}
}

// TestMemoryZero: without settings there is room and time.
func TestMemoryZero(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m receiver.Memory
		for i := range receiver.DefaultMemorySize {
			done(t, &m, claim(t, &m, strconv.Itoa(i), receiver.Granted))
		}
		claim(t, &m, "0", receiver.Finished)
		time.Sleep(receiver.DefaultMemoryTTL - 1)
		claim(t, &m, "0", receiver.Finished)
		time.Sleep(time.Nanosecond)
		claim(t, &m, "0", receiver.Granted)
		time.Sleep(receiver.DefaultMemoryLease - 1)
		claim(t, &m, "0", receiver.InFlight)
	})
}

// TestMemoryConcurrent: of all who ask at once, one gets the key.
func TestMemoryConcurrent(t *testing.T) {
	t.Parallel()
	var m receiver.Memory
	var granted atomic.Int64
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			c, err := m.Claim(t.Context(), fmt.Sprint(i%100))
			if err != nil || c.State != receiver.Granted {
				return
			}
			granted.Add(1)
			if err := m.Done(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if granted.Load() != 100 {
		t.Errorf("100 keys were granted %d times", granted.Load())
	}
}
