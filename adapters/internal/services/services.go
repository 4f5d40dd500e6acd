// Package services finds the brokers and databases that the tests of this module
// talk to, on their standard ports on loopback.
package services

import (
	"context"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Where each service is looked for.
const (
	Redis      = "127.0.0.1:6379"
	NATS       = "127.0.0.1:4222"
	RabbitMQ   = "127.0.0.1:5672"
	PostgreSQL = "127.0.0.1:5432"
)

// Need skips the test if nothing answers at the address, and fails it in CI,
// where CI=true and every service has to be there.
func Need(t testing.TB, name, address string) {
	t.Helper()
	if !answers(t.Context(), address) {
		missing(t, name+" does not answer at "+address+"; start it with: make services")
	}
}

func answers(ctx context.Context, address string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	return err == nil && conn.Close() == nil
}

// program returns the path of a program that a test starts itself.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" is not installed; install it with: make services")
	}
	return path
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
