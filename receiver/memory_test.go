package receiver_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/receiver"
	"github.com/docspace-go/webhooks/receiver/dedupertest"
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

func TestMemoryContract(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dedupertest.Test(t, &receiver.Memory{Lease: time.Minute}, time.Minute)
	})
}

// TestMemory is about what is Memory's own: its limits in time and number.
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
		"released after the lease": func(t *testing.T, m *receiver.Memory) {
			c := claim(t, m, "a", receiver.Granted)
			time.Sleep(time.Minute)
			release(t, m, c)
			claim(t, m, "a", receiver.Granted)
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
