package replay

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
)

// receivers are the receivers of a transcript, in the process: they answer by
// the path, with the status that the transcript tells for each request.
type receivers struct {
	mu      sync.Mutex
	plain   int // the port
	answers map[string][]told
	got     []reception
}

// told is how a request was answered, and which entry of the transcript says so.
type told struct {
	status *int
	entry  int
}

// reception is a request that reached a receiver.
type reception struct {
	port   int
	method string
	target string
	header http.Header
	host   string
	body   string
}

func receiverKey(port int, method, target string) string {
	return fmt.Sprintf("%d %s %s", port, method, target)
}

func newReceivers(entries []entry) *receivers {
	r := &receivers{answers: make(map[string][]told)}
	for _, e := range entries {
		if e.Kind != "received" {
			continue
		}
		if r.plain == 0 || e.Port < r.plain {
			r.plain = e.Port
		}
		key := receiverKey(e.Port, e.Request.Method, e.Request.Target)
		r.answers[key] = append(r.answers[key], told{e.Answer, e.N})
	}
	return r
}

// resolve knows this computer and nobody else.
func (r *receivers) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	switch host {
	case "hooks.example.com":
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	case "localhost":
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// RoundTrip implements http.RoundTripper.
func (r *receivers) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	switch req.URL.Hostname() {
	case "127.0.0.1", "localhost", "hooks.example.com":
	case "::ffff:10.0.0.1":
		return nil, syscall.ENETUNREACH
	case "::1":
		return nil, syscall.ECONNREFUSED
	case "169.254.169.254": // something that is no receiver answered there
		return httpfake.Respond(req, http.StatusNotFound, nil, ""), nil
	default:
		return nil, &net.DNSError{Err: "no such host", Name: req.URL.Hostname(), IsNotFound: true}
	}
	port, _ := strconv.Atoi(req.URL.Port())
	tls := port == r.plain+3
	switch secure := req.URL.Scheme == "https"; {
	case secure && tls && portal.VerifiesTLS(req.Context()):
		return nil, x509.UnknownAuthorityError{}
	case secure && !tls && port == r.plain: // it waits for an answer that is no TLS
		<-req.Context().Done()
		return nil, req.Context().Err()
	case !secure && tls:
		return nil, io.ErrUnexpectedEOF
	}
	answer, listening := r.receive(port, req, body)
	if !listening {
		return nil, syscall.ECONNREFUSED
	}
	time.Sleep(answer.latency())
	return r.answer(req, answer.status, len(body))
}

// latency is how long an answer takes: not much, but of requests that run side
// by side the one that the transcript has first is through first. It keeps the
// last digit of instants, see jitter.
func (t told) latency() time.Duration { return time.Duration(t.entry%500+1) * 10 * time.Microsecond }

// receive files a request and finds its answer.
func (r *receivers) receive(port int, req *http.Request, body []byte) (answer told, listening bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := receiverKey(port, req.Method, req.URL.RequestURI())
	queue := r.answers[key]
	if len(queue) == 0 && port != r.plain && port != r.plain+3 {
		return told{}, false
	}
	if port != r.plain+3 { // the transcripts do not tell what reached that port
		r.got = append(r.got, reception{port, req.Method, req.URL.RequestURI(), req.Header.Clone(), req.URL.Host, string(body)})
	}
	if len(queue) > 0 {
		r.answers[key] = queue[1:]
		return queue[0], true
	}
	usual := byPath(req)
	return told{status: &usual}, true
}

// byPath is what the receiver answers by its path when nothing else is told.
func byPath(req *http.Request) int {
	steps := strings.Split(strings.TrimPrefix(req.URL.Path, "/"), "/")
	number := func() int {
		n, _ := strconv.Atoi(steps[1])
		return n
	}
	head := req.Method == http.MethodHead
	switch {
	case steps[0] == "head" && head, (steps[0] == "status" || steps[0] == "redirect") && !head:
		return number()
	case steps[0] == "gone" && !head:
		return http.StatusGone
	}
	return http.StatusOK
}

func (r *receivers) answer(req *http.Request, status *int, received int) (*http.Response, error) {
	if status == nil {
		return nil, io.ErrUnexpectedEOF
	}
	steps := strings.Split(strings.TrimPrefix(req.URL.Path, "/"), "/")
	head := req.Method == http.MethodHead
	wait := func() error {
		seconds, _ := strconv.Atoi(steps[1])
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
			return nil
		case <-req.Context().Done():
			return req.Context().Err()
		}
	}
	header := http.Header{}
	body := ""
	switch what := steps[0]; {
	case what == "slow" && !head, what == "slowhead" && head:
		if err := wait(); err != nil {
			return nil, err
		}
	case what == "redirect" && *status >= 300 && *status < 400:
		header.Set("Location", "/ok/redirected")
	case what == "head" && *status >= 300 && *status < 400:
		header.Set("Location", "/ok/head")
	case what == "echo" && !head:
		header = http.Header{"X-Receiver": {"a", "b, c"}, "Set-Cookie": {"session=test; Path=/"}, "Content-Type": {"application/json; charset=utf-8"}}
		body = fmt.Sprintf(`{"received": %d, "note": "grüße <&> \"q\""}`, received)
	case what == "huge" && !head:
		size, _ := strconv.Atoi(steps[1])
		body = strings.Repeat("0123456789abcdef", size<<10/16)
	case what == "latin1" && !head:
		header.Set("Content-Type", "text/plain; charset=iso-8859-1")
		body = "gr\xfcn"
	}
	return httpfake.Respond(req, *status, header, body), nil
}
