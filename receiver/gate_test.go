package receiver_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

func TestShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, err := receiver.New(secret, func(context.Context, *receiver.Event) error {
			time.Sleep(10 * time.Second)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				if status := post(r, attempt(i)); status != http.StatusNoContent {
					t.Errorf("under way: answered %d", status)
				}
			})
		}
		synctest.Wait()

		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		if err := r.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 4*time.Second {
			t.Errorf("impatient: %v after %v", err, time.Since(start))
		}
		if status := post(r, delivery); status != http.StatusServiceUnavailable {
			t.Errorf("a new one: answered %d", status)
		}
		for range 2 {
			wg.Go(func() {
				if err := r.Shutdown(t.Context()); err != nil || time.Since(start) != 10*time.Second {
					t.Errorf("patient: %v after %v", err, time.Since(start))
				}
			})
		}
		wg.Wait()
		if err := r.Shutdown(t.Context()); err != nil {
			t.Errorf("once more: %v", err)
		}
	})
}

func TestMaxConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		inside, most := 0, 0
		r, err := receiver.New(secret, func(context.Context, *receiver.Event) error {
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			inside--
			mu.Unlock()
			return nil
		}, receiver.WithMaxConcurrent(3))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var wg sync.WaitGroup
			statuses := make([]int, 10)
			for i := range statuses {
				wg.Go(func() { statuses[i] = post(r, attempt(i)) })
			}
			wg.Wait()
			count := map[int]int{}
			for _, status := range statuses {
				count[status]++
			}
			if count[204] != 3 || count[503] != 7 {
				t.Errorf("answered %v", count)
			}
		}
		if most != 3 {
			t.Errorf("%d at once", most)
		}
	})
}
