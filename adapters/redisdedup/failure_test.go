package redisdedup_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/docspace-go/webhooks/adapters/internal/portal"
	"github.com/docspace-go/webhooks/adapters/internal/services"
	"github.com/docspace-go/webhooks/adapters/redisdedup"
	"github.com/docspace-go/webhooks/receiver"
)

// serve puts a receiver with the Deduper behind a server and returns a function
// that delivers an event to it and returns the answer's status.
func serve(t *testing.T, d receiver.Deduper, handle receiver.Handler) (deliver func(id int64, attempt int) int) {
	t.Helper()
	hook, err := receiver.New(portal.Secret, handle, receiver.WithDeduper(portal.Host, d))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hook)
	t.Cleanup(server.Close)
	return func(id int64, attempt int) int {
		status, err := portal.Post(t.Context(), server.Client(), server.URL, portal.Body(id, "file.created", attempt))
		if err != nil {
			t.Error(err)
		}
		return status
	}
}

func mustAnswer(t *testing.T, got, want int) {
	t.Helper()
	if got != want {
		t.Fatalf("answered %d, want %d", got, want)
	}
}

// TestDown: without Redis nothing is handled and nothing is lost.
func TestDown(t *testing.T) {
	t.Parallel()
	server := services.OwnRedis(t, true)
	var calls atomic.Int32
	deliver := serve(t, &redisdedup.Deduper{Client: connect(t, server.Addr)}, func(context.Context, *receiver.Event) error {
		calls.Add(1)
		return nil
	})
	mustAnswer(t, deliver(1, 0), http.StatusNoContent)
	server.Kill()
	mustAnswer(t, deliver(1, 1), http.StatusServiceUnavailable)
	mustAnswer(t, deliver(2, 0), http.StatusServiceUnavailable)
	server.Start()
	mustAnswer(t, deliver(1, 2), http.StatusOK)
	mustAnswer(t, deliver(2, 1), http.StatusNoContent)
	if calls.Load() != 2 {
		t.Errorf("handled %d times", calls.Load())
	}
}

// TestDownWhileHandling: Redis is away at the moment in which a handler returns,
// and what it handled is done all the same.
func TestDownWhileHandling(t *testing.T) {
	t.Parallel()
	server := services.OwnRedis(t, true)
	handling, killed := make(chan struct{}), make(chan struct{})
	deliver := serve(t, &redisdedup.Deduper{Client: connect(t, server.Addr)}, func(context.Context, *receiver.Event) error {
		close(handling)
		<-killed
		return nil
	})
	answer := make(chan int)
	go func() { answer <- deliver(1, 0) }()
	<-handling
	server.Kill()
	close(killed)
	time.Sleep(2 * time.Second)
	server.Start()
	mustAnswer(t, <-answer, http.StatusNoContent)
	mustAnswer(t, deliver(1, 1), http.StatusOK)
}

// TestForgetful: a Redis that persists nothing forgets in a restart what was
// finished; what is under way is put back.
func TestForgetful(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		persists bool
		finished receiver.ClaimState
	}{
		"persistent": {true, receiver.Finished},
		"forgetful":  {false, receiver.Granted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := services.OwnRedis(t, test.persists)
			d := &redisdedup.Deduper{Client: connect(t, server.Addr), Grace: time.Second}
			done(t, d, claim(t, d, "p/finished", receiver.Granted))
			running := claim(t, d, "p/running", receiver.Granted)
			server.Kill()
			server.Start()
			time.Sleep(d.Grace)
			claim(t, d, "p/running", receiver.InFlight)
			release(t, d, running)
			if c := claim(t, d, "p/finished", test.finished); c.State == receiver.Granted {
				release(t, d, c)
			}
		})
	}
}

// TestErrors: without Redis each call returns an error in time.
func TestErrors(t *testing.T) {
	t.Parallel()
	d := &redisdedup.Deduper{Client: connect(t, services.FreeAddr(t))}
	c := receiver.Claim{Key: "p/1", Token: "token"}
	for name, call := range map[string]func(context.Context) error{
		"claim":   func(ctx context.Context) error { _, err := d.Claim(ctx, c.Key); return err },
		"release": func(ctx context.Context) error { return d.Release(ctx, c) },
		"done":    func(ctx context.Context) error { return d.Done(ctx, c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			if err := call(ctx); err == nil || !strings.HasPrefix(err.Error(), "redisdedup: "+name+": ") {
				t.Errorf("returned %v", err)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestLostAnswer: Redis granted the claim, but the connection broke before it
// could say so. The client's second try has to find its own claim.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	d := onMachine(t)
	done(t, d, claim(t, d, "p/warm", receiver.Granted)) // so that Redis knows the script
	var cut atomic.Bool
	client := redis.NewClient(&redis.Options{
		Addr: services.Redis,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return cutConn{conn, &cut}, err
		},
	})
	defer client.Close()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	cut.Store(true)
	c := claim(t, &redisdedup.Deduper{Client: client, Prefix: d.Prefix}, "p/1", receiver.Granted)
	if cut.Load() {
		t.Error("no answer got lost")
	}
	claim(t, d, "p/1", receiver.InFlight)
	release(t, d, c)
}

// cutConn loses the next answer once it is told to.
type cutConn struct {
	net.Conn
	cut *atomic.Bool
}

func (c cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.cut.CompareAndSwap(true, false) {
		c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}
