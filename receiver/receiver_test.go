package receiver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/docspace-go/webhooks/receiver"
)

var errHandler = errors.New("the handler's own text")

func TestNew(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, *receiver.Event) error { return nil }
	for name, test := range map[string]struct {
		secret  string
		handler receiver.Handler
		opts    []receiver.Option
		want    error // nil: any
	}{
		"empty secret":       {"", ok, nil, receiver.ErrEmptySecret},
		"empty, but another": {"", ok, []receiver.Option{receiver.WithSecrets(secret)}, receiver.ErrEmptySecret},
		"another is empty":   {secret, ok, []receiver.Option{receiver.WithSecrets(other, "")}, receiver.ErrEmptySecret},
		"no handler":         {secret, nil, nil, nil},
		"no room":            {secret, ok, []receiver.Option{receiver.WithMaxBody(0)}, nil},
		"less than no room":  {secret, ok, []receiver.Option{receiver.WithMaxBody(-1)}, nil},
		"nil logger":         {secret, ok, []receiver.Option{receiver.WithLogger(nil)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := receiver.New(test.secret, test.handler, test.opts...)
			if err == nil || r != nil {
				t.Fatalf("got %v, %v", r, err)
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			mustNotLeak(t, err.Error())
		})
	}
}

// TestReceiverText: a Receiver in a dump must not show what it verifies with.
func TestReceiverText(t *testing.T) {
	t.Parallel()
	r, err := receiver.New(secret, func(context.Context, *receiver.Event) error { return nil }, receiver.WithSecrets(other))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		mustNotLeak(t, fmt.Sprintf(format, *r), fmt.Sprintf("%x", secret))
	}
}

// request is a row of TestServeHTTP: a signed delivery, changed.
type request struct {
	method string // POST if empty
	body   string // delivery if empty
	header func(h http.Header, good string)
	reader io.Reader // what is read in place of the body
	status int
	logged error // nil: none
	calls  int
	handle func(*receiver.Event) error
}

const (
	delivery = `{"event":{"id":41,"trigger":"group.created"},"payload":{"id":"g"},"webhook":{"id":7}}`
	maxBody  = 256
)

func TestServeHTTP(t *testing.T) {
	t.Parallel()
	set := func(value func(good string) string) func(http.Header, string) {
		return func(h http.Header, good string) { h.Set(receiver.SignatureHeader, value(good)) }
	}
	padded := func(n int) string { return delivery + strings.Repeat(" ", n-len(delivery)) }

	for name, test := range map[string]request{
		"signed":                      {status: 204, calls: 1},
		"signed in lower case":        {header: set(strings.ToLower), status: 204, calls: 1},
		"signed with another secret":  {header: set(func(string) string { return receiver.Sign([]byte(delivery), other) }), status: 204, calls: 1},
		"signed twice":                {header: func(h http.Header, good string) { h.Add(receiver.SignatureHeader, strings.ToLower(good)) }, status: 204, calls: 1},
		"unknown trigger":             {body: `{"event":{"id":41,"trigger":"moon.full"}}`, status: 204, calls: 1},
		"legacy":                      {body: `{"response":{},"count":1}`, status: 204, calls: 1},
		"not UTF-8":                   {body: "{\"event\":{\"id\":41},\"payload\":\"\xff\"}", status: 204, calls: 1},
		"another content type":        {header: func(h http.Header, _ string) { h.Set("Content-Type", "text/plain") }, status: 204, calls: 1},
		"a cookie":                    {header: func(h http.Header, _ string) { h.Set("Cookie", "session=test") }, status: 204, calls: 1},
		"exactly the limit":           {body: padded(maxBody), status: 204, calls: 1},
		"one byte over the limit":     {body: padded(maxBody + 1), status: 413, logged: receiver.ErrTooLarge},
		"over the limit, unsigned":    {body: padded(maxBody + 1), header: func(h http.Header, _ string) { h.Del(receiver.SignatureHeader) }, status: 413, logged: receiver.ErrTooLarge},
		"endless":                     {reader: endless{}, status: 413, logged: receiver.ErrTooLarge},
		"unsigned":                    {header: func(h http.Header, _ string) { h.Del(receiver.SignatureHeader) }, status: 401, logged: receiver.ErrNotSigned},
		"empty signature":             {header: set(func(string) string { return "" }), status: 401, logged: receiver.ErrNotSigned},
		"no sha256=":                  {header: set(func(good string) string { return good[len("sha256="):] }), status: 401, logged: receiver.ErrNotSigned},
		"line end in the signature":   {header: set(func(good string) string { return good + "\r\nSet-Cookie: a=b" }), status: 401, logged: receiver.ErrNotSigned},
		"signature that is not UTF-8": {header: set(func(good string) string { return good[:len(good)-1] + "\xff" }), status: 401, logged: receiver.ErrNotSigned},
		"huge signature":              {header: set(func(good string) string { return strings.Repeat(good, 1000) }), status: 401, logged: receiver.ErrNotSigned},
		"signed twice, differently":   {header: func(h http.Header, good string) { h.Add(receiver.SignatureHeader, flip(good)) }, status: 401, logged: receiver.ErrNotSigned},
		"one bit off":                 {header: set(flip), status: 401, logged: receiver.ErrBadSignature},
		"zeros":                       {header: set(func(string) string { return zeros }), status: 401, logged: receiver.ErrBadSignature},
		"signature of another body":   {header: set(func(string) string { return receiver.Sign([]byte("{}"), secret) }), status: 401, logged: receiver.ErrBadSignature},
		"signature by a third secret": {header: set(func(string) string { return receiver.Sign([]byte(delivery), "third") }), status: 401, logged: receiver.ErrBadSignature},
		"another body":                {reader: strings.NewReader("{}"), status: 401, logged: receiver.ErrBadSignature},
		"empty body":                  {reader: strings.NewReader(""), status: 401, logged: receiver.ErrBadSignature},
		"signed, not JSON":            {body: "event=41", status: 400, logged: receiver.ErrMalformed},
		"signed, not a delivery":      {body: "{}", status: 400, logged: receiver.ErrMalformed},
		"signed, compressed":          {body: compressed(delivery), header: func(h http.Header, _ string) { h.Set("Content-Encoding", "gzip") }, status: 400, logged: receiver.ErrMalformed},
		"cut off":                     {reader: iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(delivery))), status: 400, logged: receiver.ErrIncomplete},
		"read error with a signature": {reader: iotest.ErrReader(errors.New(receiver.Sign([]byte(delivery), secret))), status: 400, logged: receiver.ErrIncomplete},
		"HEAD":                        {method: "HEAD", status: 200},
		"HEAD, unsigned":              {method: "HEAD", header: func(h http.Header, _ string) { h.Del(receiver.SignatureHeader) }, status: 200},
		"HEAD, wrongly signed":        {method: "HEAD", header: set(flip), status: 200},
		"GET":                         {method: "GET", status: 405},
		"PUT":                         {method: "PUT", status: 405},
		"DELETE":                      {method: "DELETE", status: 405},
		"OPTIONS":                     {method: "OPTIONS", status: 405},
		"post in lower case":          {method: "post", status: 405},
		"handler fails":               {handle: func(*receiver.Event) error { return errHandler }, status: 500, logged: errHandler, calls: 1},
		"handler returns a sentinel":  {handle: func(*receiver.Event) error { return fmt.Errorf("%w: mine", receiver.ErrBadSignature) }, status: 500, logged: receiver.ErrBadSignature, calls: 1},
		"handler returns a status":    {handle: func(*receiver.Event) error { return goneError{} }, status: 500, logged: goneError{}, calls: 1},
		"handler panics":              {handle: func(*receiver.Event) error { panic(errHandler.Error()) }, status: 500, logged: errAny, calls: 1},
		"handler panics with nil":     {handle: func(*receiver.Event) error { panic(nil) }, status: 500, logged: errAny, calls: 1},
		"handler aborts":              {handle: func(*receiver.Event) error { panic(http.ErrAbortHandler) }, status: 500, logged: errAny, calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}

func (test request) run(t *testing.T) {
	t.Helper()
	if test.body == "" {
		test.body = delivery
	}
	if test.method == "" {
		test.method = http.MethodPost
	}
	if test.reader == nil {
		test.reader = strings.NewReader(test.body)
	}

	var book logbook
	calls := 0
	r, err := receiver.New(secret, func(_ context.Context, e *receiver.Event) error {
		calls++
		if string(e.Raw) != test.body {
			t.Errorf("the handler got %s", e.Raw)
		}
		if test.handle != nil {
			return test.handle(e)
		}
		return nil
	}, receiver.WithLogger(book.logger()), receiver.WithMaxBody(maxBody), receiver.WithSecrets(other))
	if err != nil {
		t.Fatal(err)
	}

	good := receiver.Sign([]byte(test.body), secret)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook", test.reader)
	req.Method = test.method
	req.Header.Set(receiver.SignatureHeader, good)
	if test.header != nil {
		test.header(req.Header, good)
	}
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	resp := rec.Result()

	if resp.StatusCode != test.status {
		t.Errorf("answered %d, want %d", resp.StatusCode, test.status)
	}
	if calls != test.calls {
		t.Errorf("the handler ran %d times, want %d", calls, test.calls)
	}
	checkAnswer(t, resp)
	checkLog(t, &book, test)

	// What is answered and what is logged holds no secret and no signature,
	// neither the right one nor the one received.
	answer, err := httputil.DumpResponse(resp, true)
	if err != nil {
		t.Fatal(err)
	}
	signatures := append(req.Header.Values(receiver.SignatureHeader), good)
	mustNotLeak(t, string(answer), signatures...)
	mustNotLeak(t, book.text(), signatures...)
}

func checkLog(t *testing.T, book *logbook, test request) {
	t.Helper()
	level, err := book.last()
	want := slog.LevelDebug
	switch {
	case test.status == http.StatusInternalServerError:
		want = slog.LevelError
	case test.logged != nil:
		want = slog.LevelWarn
	}
	if level != want {
		t.Errorf("logged as %v, want %v", level, want)
	}
	if errors.Is(test.logged, errAny) && err != nil {
		return
	}
	if !errors.Is(err, test.logged) {
		t.Errorf("logged %v, want %v", err, test.logged)
	}
}

// checkAnswer holds an answer to what the portal must never get.
func checkAnswer(t testing.TB, resp *http.Response) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	switch resp.StatusCode {
	case 200, 204:
		if len(body) > 0 {
			t.Errorf("a success says %q", body)
		}
	case 405:
		if resp.Header.Get("Allow") != "HEAD, POST" {
			t.Errorf("Allow is %q", resp.Header.Get("Allow"))
		}
		fallthrough
	case 400, 401, 413, 500:
		if want := http.StatusText(resp.StatusCode) + "\n"; string(body) != want {
			t.Errorf("%d says %q", resp.StatusCode, body)
		}
	default:
		t.Errorf("answered %d", resp.StatusCode)
	}
	for _, name := range []string{"Set-Cookie", "Location"} {
		if resp.Header.Get(name) != "" {
			t.Errorf("the answer has a %s", name)
		}
	}
}

// TestServeHTTPRecorded sends every recorded delivery through a Receiver.
func TestServeHTTPRecorded(t *testing.T) {
	t.Parallel()
	for _, r := range recordings(t) {
		var got *receiver.Event
		h, err := receiver.New(r.Secret, func(_ context.Context, e *receiver.Event) error { got = e; return nil })
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(r.Body))
		req.Header.Set(receiver.SignatureHeader, r.Signature)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if rec.Code != http.StatusNoContent || got == nil {
			t.Errorf("%s: answered %d", r.From, rec.Code)
			continue
		}
		compare(t, got, []byte(r.Body))
	}
}

// TestContext: the handler runs under the request's context.
func TestContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	var got any
	r, err := receiver.New(secret, func(ctx context.Context, _ *receiver.Event) error {
		got = ctx.Value(key{})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(delivery))
	req.Header.Set(receiver.SignatureHeader, receiver.Sign([]byte(delivery), secret))
	r.ServeHTTP(httptest.NewRecorder(), req.WithContext(context.WithValue(t.Context(), key{}, "mine")))
	if got != "mine" {
		t.Errorf("got %v", got)
	}
}

// TestNoBody: http.NewRequest leaves Body nil, which no server does.
func TestNoBody(t *testing.T) {
	t.Parallel()
	r, err := receiver.New(secret, func(context.Context, *receiver.Event) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	if rec.Code != http.StatusUnauthorized {
		t.Errorf("answered %d", rec.Code)
	}
}

var errAny = errors.New("any error")

// goneError is an error that other packages would take for a status.
type goneError struct{}

func (goneError) Error() string   { return "gone" }
func (goneError) StatusCode() int { return http.StatusGone }

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func compressed(text string) string {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := io.WriteString(w, text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.String()
}
