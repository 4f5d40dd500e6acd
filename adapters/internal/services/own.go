package services

import (
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Own is a server that belongs to one test, which may kill it and start it again
// at the same address with the same data.
type Own struct {
	// Addr is where it listens, on loopback.
	Addr string

	t    testing.TB
	path string
	args []string
	cmd  *exec.Cmd
}

// OwnRedis starts a Redis of the test's own. One that persists loses nothing
// when it is killed; one that does not forgets everything.
func OwnRedis(t testing.TB, persists bool) *Own {
	t.Helper()
	appendOnly := map[bool]string{true: "yes", false: "no"}[persists]
	addr := FreeAddr(t)
	host, port, _ := strings.Cut(addr, ":")
	return own(t, "redis-server", addr,
		"--bind", host, "--port", port, "--dir", t.TempDir(),
		"--save", "", "--appendonly", appendOnly, "--appendfsync", "always")
}

// OwnNATS starts a NATS with JetStream of the test's own, which keeps its
// streams when it is killed.
func OwnNATS(t testing.TB) *Own {
	t.Helper()
	addr := FreeAddr(t)
	host, port, _ := strings.Cut(addr, ":")
	return own(t, "nats-server", addr, "-a", host, "-p", port, "-js", "-sd", t.TempDir())
}

func own(t testing.TB, name, addr string, args ...string) *Own {
	t.Helper()
	o := &Own{Addr: addr, t: t, path: program(t, name), args: args}
	o.Start()
	t.Cleanup(o.Kill)
	return o
}

// Start starts the server and waits until it takes connections.
func (o *Own) Start() {
	o.t.Helper()
	// The cleanups of a test, whose context has ended by then, still need it.
	o.cmd = exec.CommandContext(context.WithoutCancel(o.t.Context()), o.path, o.args...) //nolint:gosec // a fixed program, found above
	if err := o.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	for range 100 {
		if answers(o.t.Context(), o.Addr) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	o.t.Fatalf("%s does not answer at %s", o.path, o.Addr)
}

// Kill ends the server at once, without a chance to save anything.
func (o *Own) Kill() {
	if o.cmd == nil {
		return
	}
	if err := o.cmd.Process.Kill(); err != nil {
		o.t.Error(err)
	}
	_ = o.cmd.Wait() // says that it was killed
	o.cmd = nil
}

// FreeAddr returns an address on loopback where nobody listens just now.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
