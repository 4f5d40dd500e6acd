package receiver

import (
	"context"
	"sync"
)

// gate counts the deliveries inside and turns new ones away when it is full or
// shut.
type gate struct {
	limit int

	mu     sync.Mutex
	inside int
	shut   bool
	empty  chan struct{} // closed once the gate is shut and nobody inside
}

func newGate(limit int) *gate { return &gate{limit: limit, empty: make(chan struct{})} }

// enter lets the caller in, who has to leave, or returns why not.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.shut:
		return ErrShutdown
	case g.inside >= g.limit:
		return ErrBusy
	}
	g.inside++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.shut && g.inside == 0 {
		close(g.empty)
	}
}

// close shuts the gate and waits until nobody is inside.
func (g *gate) close(ctx context.Context) error {
	g.mu.Lock()
	if !g.shut {
		g.shut = true
		if g.inside == 0 {
			close(g.empty)
		}
	}
	g.mu.Unlock()
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
