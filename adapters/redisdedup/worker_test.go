package redisdedup_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/docspace-go/webhooks/adapters/internal/portal"
	"github.com/docspace-go/webhooks/adapters/redisdedup"
	"github.com/docspace-go/webhooks/receiver"
)

// workerEnv, when set, makes a worker of this test's binary: it holds the
// addresses and the ledger's path.
const workerEnv = "REDISDEDUP_TEST_WORKER"

// worker is a receiver in a process of its own, which can be killed.
type worker struct {
	addr string
	cmd  *exec.Cmd
}

func startWorker(t *testing.T, addr, redisAddr, ledger string) *worker {
	t.Helper()
	w := &worker{addr: addr, cmd: exec.Command(os.Args[0])}
	w.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", workerEnv, addr, redisAddr, ledger))
	w.cmd.Stderr = os.Stderr
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return w
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.kill()
	t.Fatal("the worker does not answer")
	return nil
}

// kill ends the process at once; what it was handling stays as it is.
func (w *worker) kill() {
	_ = w.cmd.Process.Kill() // it may have ended
	_ = w.cmd.Wait()
}

// work is the worker's process. Every effect of its handler is a line in the
// ledger, and so is every event that is then recorded as done.
func work() {
	var addr, redisAddr, path string
	if _, err := fmt.Sscan(os.Getenv(workerEnv), &addr, &redisAddr, &path); err != nil {
		panic(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	note := func(what, id any) {
		if _, err := fmt.Fprintf(file, "%v %v %d\n", what, id, os.Getpid()); err != nil {
			panic(err)
		}
	}
	d := noting{&redisdedup.Deduper{Client: redis.NewClient(&redis.Options{Addr: redisAddr}), Grace: time.Second}, note}
	hook, err := receiver.New(portal.Secret, func(_ context.Context, event *receiver.Event) error {
		switch {
		case event.Attempt == 0 && event.ID%20 == 0:
			note("crash", event.ID)
			return errors.New("no")
		case event.Attempt == 0 && event.ID%20 == 1:
			note("crash", event.ID)
			panic("no")
		case event.ID%20 == 2:
			time.Sleep(30 * time.Millisecond) // so that its duplicates meet it
		}
		note("effect", event.ID)
		return nil
	}, receiver.WithDeduper(portal.Host, d))
	if err != nil {
		panic(err)
	}
	server := &http.Server{Addr: addr, Handler: hook, ReadTimeout: 10 * time.Second}
	panic(server.ListenAndServe())
}

// noting notes what its Deduper has recorded as done.
type noting struct {
	*redisdedup.Deduper
	note func(what, id any)
}

func (n noting) Done(ctx context.Context, claim receiver.Claim) error {
	err := n.Deduper.Done(ctx, claim)
	if err == nil {
		n.note("done", claim.Key)
	}
	return err
}
