package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// The bounds of a client in a wicked world.
const (
	wickedTimeout = 3 * time.Second
	wickedSilence = 300 * time.Millisecond // with servers that are silent
	wickedAnswer  = 1 << 20
	wickedMemory  = 96 << 20 // allocated in all: net/http reads up to 10 MB of header
)

// wickedServer answers each request with bytes of its own choice.
type wickedServer struct {
	net.Listener
	elsewhere *elsewhere

	mu     sync.Mutex
	answer func(net.Conn) // of the next request; nil is the right one
	stays  bool           // the answer is of all further ones, too
	asked  atomic.Int32
}

// elsewhere is a server that no request of a client must reach.
type elsewhere struct {
	net.Listener
	asked atomic.Int32
}

const wickedHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"

// withLength is an answer of 200 with a body.
func withLength(body string) string {
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", wickedHead, len(body), body)
}

func newWickedServer(t *testing.T) *wickedServer {
	t.Helper()
	listen := func(serve func(net.Conn)) net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var open sync.WaitGroup
		open.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				open.Go(func() {
					defer conn.Close()
					serve(conn)
				})
			}
		})
		t.Cleanup(func() { _ = l.Close(); open.Wait() })
		return l
	}
	s := &wickedServer{elsewhere: &elsewhere{}}
	s.elsewhere.Listener = listen(func(conn net.Conn) {
		s.elsewhere.asked.Add(1)
		_, _ = io.WriteString(conn, withLength(listed(hook7)))
	})
	s.Listener = listen(func(conn net.Conn) {
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			s.asked.Add(1)
			s.mu.Lock()
			answer := s.answer
			if !s.stays {
				s.answer = nil
			}
			s.mu.Unlock()
			if answer != nil {
				answer(conn)
				continue
			}
			_, _ = io.WriteString(conn, withLength(listed(hook7)))
		}
	})
	return s
}

// next sets the answer of the next request.
func (s *wickedServer) next(answer func(net.Conn), stays bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.stays = answer, stays
	s.asked.Store(0)
}

// says writes bytes and leaves the connection open.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

// hangsUp writes bytes and closes the connection.
func hangsUp(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text); _ = conn.Close() }
}

// resets writes bytes and resets the connection.
func resets(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// repeats writes start, and then piece until the client has gone or n are written.
func repeats(start, piece string, n int) func(net.Conn) {
	return func(conn net.Conn) {
		defer conn.Close()
		if _, err := io.WriteString(conn, start); err != nil {
			return
		}
		many := []byte(strings.Repeat(piece, 1+1<<16/len(piece)))
		for written := 0; written < n*len(piece); written += len(many) {
			if _, err := conn.Write(many); err != nil {
				return
			}
		}
	}
}

// drips writes a byte every few milliseconds.
func drips(text string) func(net.Conn) {
	return func(conn net.Conn) {
		defer conn.Close()
		for i := range len(text) {
			if _, err := conn.Write([]byte{text[i]}); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

func zipped(chunk []byte, n int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range n {
		_, _ = w.Write(chunk)
	}
	_ = w.Close()
	return fmt.Sprintf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", wickedHead, b.Len(), b.String())
}

func statusLine(status int, header, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s", status, header, len(body), body)
}

// A wicked answer and what a client makes of it.
type wicked struct {
	name   string
	answer func(net.Conn)
	want   error // nil: the list
}

func wickedAnswers(here, there string) []wicked {
	right := listed(hook7)
	unexpected, limited, server := api.ErrUnexpectedAnswer, api.ErrRateLimited, api.ErrServer
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	redirect := func(status int, location string) func(net.Conn) {
		return says(statusLine(status, "Location: "+location+"\r\n", ""))
	}
	return []wicked{
		// Right after all.
		{"HTTP/1.0", hangsUp("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + right), nil},
		{"chunks of a byte", says(wickedHead + "Transfer-Encoding: chunked\r\n\r\n" + chunked(right)), nil},
		{"chunks with a trailer", says(wickedHead + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n" + strings.TrimSuffix(chunked(right), "\r\n") + "X: y\r\n\r\n"), nil},
		{"no length", hangsUp(wickedHead + "\r\n" + right), nil},
		{"gzip", says(zipped([]byte(right), 1)), nil},
		{"100 and 103 before", says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + withLength(right)), nil},
		{"duplicate members", says(withLength(strings.Replace(right, `"name":`, `"name":"no","name":`, 1))), nil},
		{"unknown members", says(withLength(strings.Replace(right, `{"response":`, `{"x":[{"y":null}],"response":`, 1))), nil},
		{"white space", says(withLength("\n\t " + right + " \r\n")), nil},
		{"as text/plain", says(statusLine(200, "Content-Type: text/plain\r\n", right)), nil},
		{"no media type", says(statusLine(200, "", right)), nil},
		{"201", says(statusLine(201, "", right)), nil},
		{"a header 100 KB long", says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10) + "\r\nContent-Length: " + fmt.Sprint(len(right)) + "\r\n\r\n" + right), nil},
		{"redirected on the same host", redirect(307, "/elsewhere/on/this/host"), nil},
		{"redirected by a path", redirect(308, "../x"), nil},

		// Successes that are none.
		{"204", says("HTTP/1.1 204 No Content\r\n\r\n"), unexpected},
		{"nothing", says(withLength("")), unexpected},
		{"{}", says(withLength("{}")), unexpected},
		{"null", says(withLength("null")), unexpected},
		{"a number", says(withLength("1e400")), unexpected},
		{"HTML", says(withLength("<!DOCTYPE html><title>Sign in</title>")), unexpected},
		{"zeros", says(withLength(strings.Repeat("\x00", 1000))), unexpected},
		{"UTF-16", says(withLength("\xff\xfe{\x00}\x00")), unexpected},
		{"wrong types", says(withLength(success(`{"configs":[]}`))), unexpected},
		{"an id beyond int32", says(withLength(strings.ReplaceAll(right, `"id":7`, `"id":2147483648`))), unexpected},
		{"a huge number", says(withLength(strings.ReplaceAll(right, `"id":7`, `"id":1`+strings.Repeat("0", 100_000)))), unexpected},
		{"a fraction as an id", says(withLength(strings.ReplaceAll(right, `"id":7`, `"id":7.5`))), unexpected},
		{"deep nesting", says(withLength(deep)), unexpected},
		{"deep nesting inside", says(withLength(`{"response":[{"configs":` + deep + `}]}`)), unexpected},
		{"something behind", says(withLength(right + `{"response":[]}`)), unexpected},
		{"statusCode 500 inside", says(withLength(strings.ReplaceAll(right, `"statusCode":200`, `"statusCode":500`))), unexpected},
		{"an error inside", says(withLength(notFound)), unexpected},
		{"a length too long", hangsUp(wickedHead + "Content-Length: 100000\r\n\r\n" + right), unexpected},
		{"a length too short", says(wickedHead + "Content-Length: 20\r\n\r\n" + right[:20]), unexpected},
		{"chunks that break off", hangsUp(wickedHead + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"res"), unexpected},
		{"a chunk of no length", hangsUp(wickedHead + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + right), unexpected},
		{"not gzip", says(fmt.Sprintf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", wickedHead, len(right), right)), unexpected},
		{"gzip that breaks off", hangsUp(zipped([]byte(right), 1)[:len(zipped([]byte(right), 1))-9]), unexpected},
		{"reset in the body", resets(wickedHead + "Content-Length: 100000\r\n\r\n" + right), unexpected},

		// Too much, too slow.
		{"a gigabyte", repeats(wickedHead+"Content-Length: 1073741824\r\n\r\n", `{"a":"bcdefgh"},`, 1<<26), api.ErrAnswerTooLarge},
		{"endless chunks", repeats(wickedHead+"Transfer-Encoding: chunked\r\n\r\n", "4\r\nabcd\r\n", 1<<27), api.ErrAnswerTooLarge},
		{"a gzip bomb", says(zipped(make([]byte, 1<<20), 64)), api.ErrAnswerTooLarge},
		{"a flood of header", repeats("HTTP/1.1 200 OK\r\n", "X: "+strings.Repeat("y", 100)+"\r\n", 1<<20), errAny},
		{"a line without end", repeats("HTTP/1.1 200 ", "O", 1<<30), errAny},
		{"1xx without end", repeats("", "HTTP/1.1 103 Early Hints\r\n\r\n", 1<<24), errAny},
		{"a drip of header", drips("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1000)), context.DeadlineExceeded},
		{"a drip of body", drips(withLength(right)), context.DeadlineExceeded},
		{"silence", says(""), context.DeadlineExceeded},
		{"silence in the body", says(wickedHead + "Content-Length: 100\r\n\r\n{"), context.DeadlineExceeded},

		// No HTTP, no answer.
		{"reset", resets(""), errAny},
		{"closed", hangsUp(""), errAny},
		{"SSH", hangsUp("SSH-2.0-OpenSSH_9.6\r\n"), errAny},
		{"a broken header", hangsUp("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), errAny},
		{"two lengths", hangsUp(wickedHead + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), errAny},
		{"status 99", hangsUp("HTTP/1.1 099 X\r\n\r\n"), errAny},

		// Refusals.
		{"429 in seconds", says(statusLine(429, "Retry-After: 3600\r\n", "")), limited},
		{"429 as a date", says(statusLine(429, "Retry-After: "+time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)+"\r\n", "")), limited},
		{"429 without", says(statusLine(429, "", "")), limited},
		{"502 page", says(statusLine(502, "Content-Type: text/html\r\n", badProxy)), server},
		{"599", says(statusLine(599, "", "")), server},
		{"400 with 200 inside", says(statusLine(400, "", strings.Replace(invalid, `"status":1,"statusCode":400`, `"status":0,"statusCode":200`, 1))), api.ErrValidation},
		{"a gigabyte of error", repeats("HTTP/1.1 500 X\r\nContent-Length: 1073741824\r\n\r\n", "x", 1<<30), server},
		{"an error reset", resets("HTTP/1.1 403 X\r\nContent-Length: 100\r\n\r\nno"), api.ErrForbidden},

		// Elsewhere.
		{"redirected to another host", redirect(307, "http://"+there+"/api"), api.ErrRedirected},
		{"redirected to another name", redirect(302, "http://localhost:"+there[strings.LastIndex(there, ":")+1:]), api.ErrRedirected},
		{"redirected to another scheme", redirect(301, "https://"+here+"/"), api.ErrRedirected},
		{"redirected with a password", redirect(307, "http://a:b@"+there+"/"), api.ErrRedirected},
		{"redirected by //", redirect(307, "//"+there+"/"), api.ErrRedirected},
		{"redirected nowhere", redirect(307, ""), api.ErrRedirected},
		{"redirected in a circle", redirect(307, "/forever"), api.ErrRedirected},
	}
}

// errAny is any failure without an answer.
var errAny = errors.New("any failure")

func chunked(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "1\r\n%s\r\n", text[i:i+1])
	}
	return b.String() + "0\r\n\r\n"
}

// Whatever a server answers, there is a right result or a failure of a kind,
// soon, in bounded memory; the next call is not harmed; nobody else sees the key.
func TestWickedServer(t *testing.T) { //nolint:paralleltest // measures memory
	s := newWickedServer(t)
	here, there := s.Addr().String(), s.elsewhere.Addr().String()
	rows := wickedAnswers(here, there)
	network := &http.Transport{}
	patient := newClient(t, "http://"+here, api.WithTimeout(wickedTimeout), api.WithMaxAnswer(wickedAnswer),
		api.WithHTTPClient(&http.Client{Transport: network}))
	hasty := newClient(t, "http://"+here, api.WithTimeout(wickedSilence), api.WithHTTPClient(&http.Client{Transport: network}))
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, op := range []operation{operations[0], operations[9]} {
				right, client := row.want == nil, patient
				if errors.Is(row.want, context.DeadlineExceeded) {
					client = hasty
				}
				if right && op.name != "getTenantWebhooks" {
					continue
				}
				circle := row.name == "redirected in a circle"
				s.next(row.answer, circle)
				network.CloseIdleConnections() // net/http asks again where one of them fails
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := time.Now()
				err := op.call(t.Context(), client)
				if d := time.Since(start); d > wickedTimeout {
					t.Errorf("%s: took %s", op.name, d)
				}
				runtime.ReadMemStats(&after)
				if used := after.TotalAlloc - before.TotalAlloc; used > wickedMemory {
					t.Errorf("%s: allocated %d MB", op.name, used>>20)
				}
				if right {
					if err != nil {
						t.Error(err)
					}
					continue
				}
				e := asError(t, err)
				if !errors.Is(row.want, errAny) && !errors.Is(err, row.want) {
					t.Errorf("%s: %v, want %v", op.name, err, row.want)
				}
				if text := err.Error(); strings.Contains(text, key) || len(text) > 4<<10 || len(e.Body) > wickedAnswer {
					t.Errorf("%s: %d bytes of error", op.name, len(text))
				}
				if n := s.asked.Load(); n != 1 && !circle {
					t.Errorf("%s: %d requests", op.name, n)
				}
				s.next(nil, false)
				if _, err := patient.ListWebhooks(t.Context()); err != nil {
					t.Errorf("the call after it: %v", err)
				}
			}
		})
	}
	if n := s.elsewhere.asked.Load(); n > 0 {
		t.Errorf("%d connections elsewhere", n)
	}
	t.Logf("%d answers", len(rows))
}

// net/http sends a GET again when a connection that was kept breaks, but never
// what makes a delivery or a webhook.
func TestKeptConnectionBreaks(t *testing.T) {
	t.Parallel()
	s := newWickedServer(t)
	client, err := api.New("http://"+s.Addr().String(), api.WithAPIKey(key), api.WithHTTPClient(&http.Client{Transport: &http.Transport{}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []operation{operations[1], operations[9], operations[10]} {
		for name, answer := range map[string]func(net.Conn){"reset": resets(""), "closed": hangsUp("")} {
			s.next(nil, false)
			if _, err := client.ListWebhooks(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.next(answer, false)
			err := op.call(t.Context(), client)
			if e := asError(t, err); e.Attempts != 1 || s.asked.Load() != 1 {
				t.Errorf("%s, %s: %d requests, %v", op.name, name, s.asked.Load(), err)
			}
		}
	}
}

// An answer that is cut off at any kilobyte is a failure.
func TestAnswerCutAtEveryKilobyte(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"list-25", "log-100"} {
		body := recorded(t, name)
		for at := 0; at < len(body); at += 1 << 10 {
			for _, clean := range []bool{true, false} {
				client := through(t, func(r *http.Request) (*http.Response, error) {
					rest := io.Reader(bytes.NewReader(body[:at]))
					if !clean {
						rest = io.MultiReader(rest, iotest.ErrReader(io.ErrUnexpectedEOF))
					}
					return answer(r, 200, nil, rest), nil
				})
				var err error
				if name == "list-25" {
					_, err = client.ListWebhooks(t.Context())
				} else {
					_, err = client.ListDeliveries(t.Context(), api.DeliveryFilter{})
				}
				if !errors.Is(err, api.ErrUnexpectedAnswer) {
					t.Errorf("%s at %d: %v", name, at, err)
				}
			}
		}
	}
}

// recorded returns an answer of a portal of 3.7.2 on PostgreSQL.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open("testdata/bench/" + name + ".json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
