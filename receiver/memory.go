package receiver

import (
	"container/list"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"
)

// The settings of a [Memory] where they are left out.
const (
	DefaultMemorySize  = 1 << 16
	DefaultMemoryTTL   = 24 * time.Hour
	DefaultMemoryLease = 5 * time.Minute
)

var errMemoryFull = errors.New("receiver: Memory is full of events being handled")

// Memory is a [Deduper] for a single process, which forgets everything when the
// process ends. The zero value is ready; set the fields before its first use.
type Memory struct {
	// Size is how many events are remembered. When there are more, the one that
	// was finished first is forgotten, and may then be handled again. Events
	// being handled are never forgotten: if there is nothing else to forget,
	// claiming fails, which a Receiver answers with 503.
	Size int
	// TTL is how long a finished event is remembered. Automatic retries follow
	// within eleven minutes up to 3.8, at intervals of the portal's choice after
	// that.
	TTL time.Duration
	// Lease is how long a claim lasts that is neither finished nor released.
	// Choose it longer than any handler runs: after it the event is handled once
	// more, beside a handler that still runs.
	Lease time.Duration

	mu      sync.Mutex
	entries map[string]*list.Element
	// Each list holds *memoryEntry in the order in which they expire.
	running, finished list.List
	tokens            uint64
}

type memoryEntry struct {
	key      string
	token    string
	finished bool
	expires  time.Time
}

// Claim grants the key if nobody has it. It fails if there is no room.
func (m *Memory) Claim(_ context.Context, key string) (Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(time.Now())
	if known, ok := m.entries[key]; ok {
		state := InFlight
		if known.Value.(*memoryEntry).finished {
			state = Finished
		}
		return Claim{Key: key, State: state}, nil
	}
	if !m.makeRoom() {
		return Claim{}, errMemoryFull
	}
	m.tokens++
	token := strconv.FormatUint(m.tokens, 36)
	m.put(&m.running, &memoryEntry{key: key, token: token, expires: time.Now().Add(or(m.Lease, DefaultMemoryLease))})
	return Claim{Key: key, State: Granted, Token: token}, nil
}

// Done remembers the claim's event as finished. It does not fail.
func (m *Memory) Done(_ context.Context, claim Claim) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.drop(claim) {
		return nil
	}
	// After the lease there may be no room left for it: then it is as if it had
	// been forgotten since.
	if m.makeRoom() {
		m.put(&m.finished, &memoryEntry{key: claim.Key, finished: true, expires: time.Now().Add(or(m.TTL, DefaultMemoryTTL))})
	}
	return nil
}

// Release forgets the claim. It does not fail.
func (m *Memory) Release(_ context.Context, claim Claim) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(claim)
	return nil
}

// drop forgets the claim and reports whether its key is free now: it is not if
// somebody else has claimed or finished it after the lease.
func (m *Memory) drop(claim Claim) bool {
	known, ok := m.entries[claim.Key]
	if !ok {
		return true
	}
	if e := known.Value.(*memoryEntry); e.finished || e.token != claim.Token {
		return false
	}
	m.running.Remove(known)
	delete(m.entries, claim.Key)
	return true
}

func (m *Memory) put(l *list.List, e *memoryEntry) {
	if m.entries == nil {
		m.entries = map[string]*list.Element{}
	}
	m.entries[e.key] = l.PushBack(e)
}

// expire forgets what has outlived its lease or its TTL.
func (m *Memory) expire(now time.Time) {
	for _, l := range []*list.List{&m.running, &m.finished} {
		for e := l.Front(); e != nil && !now.Before(e.Value.(*memoryEntry).expires); e = l.Front() {
			m.forget(l)
		}
	}
}

// makeRoom forgets the event that was finished first if there is no room for
// another, and reports whether there is now.
func (m *Memory) makeRoom() bool {
	full := len(m.entries) >= or(m.Size, DefaultMemorySize)
	if full && m.finished.Len() > 0 {
		m.forget(&m.finished)
		full = false
	}
	return !full
}

// forget removes the first entry of a list.
func (m *Memory) forget(l *list.List) {
	first := l.Remove(l.Front()).(*memoryEntry)
	delete(m.entries, first.key)
}

// or is v, or the fallback if v is not positive.
func or[T int | time.Duration](v, fallback T) T {
	if v <= 0 {
		return fallback
	}
	return v
}
