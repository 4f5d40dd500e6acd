package receiver_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// server serves a Receiver on loopback and gives what it logs.
func server(t *testing.T, h receiver.Handler, change func(*http.Server)) (*httptest.Server, *logbook) {
	t.Helper()
	book := new(logbook)
	r, err := receiver.New(secret, h, receiver.WithLogger(book.logger()))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(r)
	if change != nil {
		change(s.Config)
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, book
}

func nothing(context.Context, *receiver.Event) error { return nil }

// send posts a body with the signature of the text and returns the status.
func send(t *testing.T, s *httptest.Server, method string, body io.Reader, text string) (int, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(receiver.SignatureHeader, receiver.Sign([]byte(text), secret))
	resp, err := s.Client().Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	checkAnswer(t, resp)
	return resp.StatusCode, nil
}

func TestServer(t *testing.T) {
	t.Parallel()
	large := delivery + strings.Repeat(" ", receiver.DefaultMaxBody-len(delivery))
	for name, test := range map[string]struct {
		method string
		body   io.Reader
		signed string
		want   int
	}{
		"usual":                 {http.MethodPost, strings.NewReader(delivery), delivery, 204},
		"chunked":               {http.MethodPost, io.MultiReader(strings.NewReader(delivery)), delivery, 204},
		"largest":               {http.MethodPost, strings.NewReader(large), large, 204},
		"largest, chunked":      {http.MethodPost, io.MultiReader(strings.NewReader(large)), large, 204},
		"one byte more":         {http.MethodPost, strings.NewReader(large + " "), large + " ", 413},
		"one byte more, hidden": {http.MethodPost, io.MultiReader(strings.NewReader(large + " ")), large, 413},
		"HEAD":                  {http.MethodHead, nil, "", 200},
		"HEAD with a body":      {http.MethodHead, strings.NewReader(delivery), "", 200},
		"GET":                   {http.MethodGet, nil, "", 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := server(t, nothing, nil)
			status, err := send(t, s, test.method, test.body, test.signed)
			if err != nil {
				t.Fatal(err)
			}
			if status != test.want {
				t.Errorf("answered %d, want %d", status, test.want)
			}
		})
	}
}

// TestServerFlood: 100 MB are neither read nor kept.
func TestServerFlood(t *testing.T) {
	t.Parallel()
	s, book := server(t, nothing, nil)
	flood := &counter{r: io.LimitReader(endless{}, 100<<20)}
	status, err := send(t, s, http.MethodPost, flood, "")
	// The server hangs up on the rest; whether its answer is read before that
	// is noticed is a matter of luck.
	if err == nil && status != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %d", status)
	}
	if _, logged := book.last(); !errors.Is(logged, receiver.ErrTooLarge) {
		t.Errorf("logged %v", logged)
	}
	if n := flood.n.Load(); n > 50<<20 {
		t.Errorf("%d bytes were taken", n)
	}
}

type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// TestServerBrokenBody: what arrives of a body is not taken for all of it, even
// if it is signed.
func TestServerBrokenBody(t *testing.T) {
	t.Parallel()
	signature := receiver.Sign([]byte(delivery), secret)
	for name, test := range map[string]struct {
		rest    string // of the request, after Host and signature
		hangUp  bool
		timeout time.Duration
	}{
		"shorter than announced": {rest: fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(delivery)+1, delivery), hangUp: true},
		"slow":                   {rest: fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(delivery)+1, delivery), timeout: 200 * time.Millisecond},
		"no last chunk":          {rest: fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(delivery), delivery), hangUp: true},
		"broken chunk":           {rest: "Transfer-Encoding: chunked\r\n\r\n" + signature + "\r\n"},
		"broken trailer":         {rest: fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n%s\r\n\r\n", len(delivery), delivery, signature)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, book := server(t, func(context.Context, *receiver.Event) error {
				t.Error("the handler was called")
				return nil
			}, func(s *http.Server) { s.ReadTimeout = test.timeout })
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s: %s\r\n%s", receiver.SignatureHeader, signature, test.rest); err != nil {
				t.Fatal(err)
			}
			if test.hangUp {
				if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
					t.Fatal(err)
				}
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusBadRequest {
				t.Errorf("answered %d", resp.StatusCode)
			}
			if _, logged := book.last(); !errors.Is(logged, receiver.ErrIncomplete) {
				t.Errorf("logged %v", logged)
			}
			mustNotLeak(t, book.text(), signature)
		})
	}
}

// TestServerConcurrent: events do not mix.
func TestServerConcurrent(t *testing.T) {
	t.Parallel()
	const n = 200
	var mu sync.Mutex
	seen := map[int64]string{}
	s, _ := server(t, func(_ context.Context, e *receiver.Event) error {
		mu.Lock()
		defer mu.Unlock()
		seen[e.ID] = string(e.Payload)
		return nil
	}, nil)
	var wg sync.WaitGroup
	for id := range n {
		wg.Go(func() {
			body := fmt.Sprintf(`{"event":{"id":%d},"payload":"%s"}`, id+1, bytes.Repeat([]byte{'x'}, id))
			status, err := send(t, s, http.MethodPost, strings.NewReader(body), body)
			if err != nil || status != http.StatusNoContent {
				t.Errorf("%d: %d, %v", id, status, err)
			}
		})
	}
	wg.Wait()
	for id := range n {
		if got, want := seen[int64(id+1)], `"`+strings.Repeat("x", id)+`"`; got != want {
			t.Errorf("%d got %s", id+1, got)
		}
	}
}

// TestServerDuplicates: over real connections too, two deliveries of one event
// at once have one effect between them.
func TestServerDuplicates(t *testing.T) {
	t.Parallel()
	const n = 100
	var mu sync.Mutex
	effects, answers := map[int64]int{}, map[int]int{}
	r, err := receiver.New(secret, func(_ context.Context, e *receiver.Event) error {
		mu.Lock()
		defer mu.Unlock()
		effects[e.ID]++
		return nil
	}, receiver.WithDeduper("portal.example", new(receiver.Memory)))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(r)
	defer s.Close()
	var wg sync.WaitGroup
	for i := range 2 * n {
		wg.Go(func() {
			body := fmt.Sprintf(`{"event":{"id":%d},"webhook":{"retryCount":%d}}`, i/2+1, i%2)
			status, err := send(t, s, http.MethodPost, strings.NewReader(body), body)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			answers[status]++
		})
	}
	wg.Wait()
	if answers[204] != n || answers[200]+answers[503] != n {
		t.Errorf("answered %v", answers)
	}
	for id := range int64(n) {
		if effects[id+1] != 1 {
			t.Errorf("event %d happened %d times", id+1, effects[id+1])
		}
	}
}
