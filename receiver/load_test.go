package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// TestLoad sends many events in random order by a portal's own schedule, some of
// them twice, to a handler that crashes, hangs and outlives its request. What
// the handler finished has happened once, and nothing is lost that the portal
// did not give up. Time is synctest's: the schedules of hours pass at once.
func TestLoad(t *testing.T) {
	t.Parallel()
	events := 10_000
	if testing.Short() {
		events = 1000
	}
	synctest.Test(t, func(t *testing.T) {
		l := &load{effects: map[int64]int{}, crashes: map[string]int{}, outcomes: map[receiver.Outcome]int{}}
		r, err := receiver.New(secret, l.handle,
			receiver.WithDeduper("portal.example", new(receiver.Memory)),
			receiver.WithMaxConcurrent(128),
			receiver.WithObserver(l.observe))
		if err != nil {
			t.Fatal(err)
		}

		random := rand.New(rand.NewPCG(1, 2))
		var wg sync.WaitGroup
		duplicates := 0
		for id := range int64(events) {
			// The order is lost over ten minutes.
			start := time.Duration(random.IntN(600_000)) * time.Millisecond
			send := func(after time.Duration, lost int) {
				wg.Go(func() {
					time.Sleep(start + after)
					l.send(t.Context(), r, id+1, lost)
				})
			}
			switch chance := random.IntN(100); {
			case chance < 10: // the answer is lost, so the portal repeats
				duplicates++
				send(0, 1)
			case chance < 20: // two at once
				duplicates++
				send(0, 0)
				send(0, 0)
			case chance < 30: // a recorded one, later
				duplicates++
				send(0, 0)
				send(time.Duration(random.IntN(3600))*time.Second, 0)
			default:
				send(0, 0)
			}
		}
		wg.Wait()
		l.report(t, events, duplicates)
	})
}

// load is what happens during TestLoad.
type load struct {
	mu       sync.Mutex
	effects  map[int64]int
	crashes  map[string]int
	outcomes map[receiver.Outcome]int
	attempts int
	givenUp  []int64
}

// handle has its effect at the end, or crashes before.
func (l *load) handle(ctx context.Context, e *receiver.Event) error {
	time.Sleep(time.Duration(rand.IntN(3000)) * time.Millisecond)
	switch chance := rand.IntN(1000); {
	case chance < 60:
		l.crash("error")
		return errHandler
	case chance < 120:
		l.crash("panic")
		panic("load")
	case chance < 130:
		l.crash("goroutine ended")
		runtime.Goexit()
	case chance < 135:
		<-ctx.Done()
		l.crash("hung until the portal hung up")
		return ctx.Err()
	case chance < 140: // longer than the portal waits
		time.Sleep(110 * time.Second)
	case chance < 145:
		time.Sleep(110 * time.Second)
		l.crash("error after the portal hung up")
		return errHandler
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.effects[e.ID]++
	return nil
}

func (l *load) crash(how string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.crashes[how]++
}

func (l *load) observe(_ context.Context, o receiver.Observation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[o.Outcome]++
}

// send delivers an event as portals from 3.5 on do: six attempts, 100 seconds
// each. The first successful answers are lost.
func (l *load) send(ctx context.Context, r *receiver.Receiver, id int64, lost int) {
	for n := range 6 {
		if n > 0 {
			time.Sleep(time.Second << (n - 1))
		}
		status, err := l.attempt(ctx, r, id, n)
		if err == nil && status < http.StatusMultipleChoices {
			if lost--; lost < 0 {
				return
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.givenUp = append(l.givenUp, id)
}

func (l *load) attempt(ctx context.Context, r *receiver.Receiver, id int64, n int) (int, error) {
	l.mu.Lock()
	l.attempts++
	l.mu.Unlock()
	ctx, hangUp := context.WithTimeout(ctx, 100*time.Second)
	body := fmt.Sprintf(`{"event":{"id":%d,"trigger":"file.created"},"payload":{"id":%[1]d},"webhook":{"id":7,"retryCount":%d}}`, id, n)
	answered := make(chan int, 1)
	go func() {
		defer hangUp()
		answered <- postContext(ctx, r, body)
	}()
	<-ctx.Done()
	select {
	case status := <-answered:
		return status, nil
	default:
		return 0, errors.New("no answer")
	}
}

func (l *load) report(t *testing.T, events, duplicates int) {
	t.Helper()
	// What outlives its request may still be at work.
	time.Sleep(time.Hour)
	l.mu.Lock()
	defer l.mu.Unlock()
	lost, undone, doubled := 0, 0, 0
	for id := range int64(events) {
		switch n := l.effects[id+1]; {
		case n > 1:
			doubled++
		case n == 0 && slices.Contains(l.givenUp, id+1):
			undone++ // the portal's log says so
		case n == 0:
			lost++
		}
	}
	if lost > 0 || doubled > 0 {
		t.Errorf("%d events are lost, %d happened more than once", lost, doubled)
	}
	// Few crash six times, or twice after the portal hung up.
	if limit := 3 + events/2000; undone > limit {
		t.Errorf("the portal gave up %d events, more than %d", undone, limit)
	}
	t.Logf("%d events, %d of them twice, in %d attempts → %d effects, %d lost, %d doubled, %d given up by the portal",
		events, duplicates, l.attempts, len(l.effects), lost, doubled, undone)
	for _, how := range slices.Sorted(maps.Keys(l.crashes)) {
		t.Logf("crash: %-31s %d", how, l.crashes[how])
	}
	for _, outcome := range slices.Sorted(maps.Keys(l.outcomes)) {
		t.Logf("outcome: %-29s %d", outcome, l.outcomes[outcome])
	}
}
