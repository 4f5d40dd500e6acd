package portal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is a portal on a port of its own.
type Server struct {
	*Portal
	// URL is where the portal is, with its base path and without a slash at the
	// end.
	URL string

	http   *http.Server
	hurry  context.CancelFunc // ends the requests that are being answered
	served chan error
}

// Listen returns a portal that answers on addr, such as "127.0.0.1:0".
// [Server.Close] stops it.
func Listen(addr string, opts ...Option) (*Server, error) {
	p, err := New(opts...)
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", addr)
	if err != nil {
		_ = p.Close()
		return nil, fmt.Errorf("portal: %w", err)
	}
	ctx, hurry := context.WithCancel(context.Background())
	s := &Server{
		Portal: p,
		URL:    "http://" + l.Addr().String() + p.cfg.basePath,
		http: &http.Server{
			Handler:           p,
			ReadHeaderTimeout: 10 * time.Second,
			BaseContext:       func(net.Listener) context.Context { return ctx },
		},
		hurry:  hurry,
		served: make(chan error, 1),
	}
	go func() { s.served <- s.http.Serve(l) }()
	return s, nil
}

// stopTimeout is how long requests that are being answered may take when a
// server stops, and how long they may take to notice that their time is up.
const stopTimeout = 2 * time.Second

// Close stops listening, waits for the requests that are being answered and
// stops the portal. Requests that take long, for their receiver does, are cut
// short.
func (s *Server) Close() error {
	err := s.shutdown()
	s.hurry()
	if err != nil {
		err = s.shutdown()
	}
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	return errors.Join(err, s.Wait(), s.Portal.Close())
}

func (s *Server) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return s.http.Shutdown(ctx)
}

// Wait returns when the server has stopped listening, with the reason unless it
// was closed.
func (s *Server) Wait() error {
	err := <-s.served
	s.served <- err // for whoever else waits
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// TB is what [Start] needs of a test; *testing.T and *testing.B have it.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start returns a portal on a free port of this computer's loopback interface
// that is stopped when the test is over.
func Start(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Listen("127.0.0.1:0", opts...)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Fatalf("stopping the portal: %v", err)
		}
	})
	return s
}
