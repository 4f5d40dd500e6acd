package receiver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

// run sends the row's request through a Receiver and checks all it leaves.
func (test request) run(t *testing.T) {
	t.Helper()
	test.fill()
	var book logbook
	var seen []receiver.Observation
	calls := 0
	opts := []receiver.Option{
		receiver.WithLogger(book.logger()),
		receiver.WithMaxBody(maxBody),
		receiver.WithMaxConcurrent(1),
		receiver.WithSecrets(other),
		receiver.WithObserver(func(_ context.Context, o receiver.Observation) { seen = append(seen, o) }),
	}
	if test.deduper != nil {
		opts = append(opts, receiver.WithDeduper("portal.example", test.deduper))
	}
	r, err := receiver.New(secret, func(_ context.Context, e *receiver.Event) error {
		calls++
		if string(e.Raw) != test.body {
			t.Errorf("the handler got %s", e.Raw)
		}
		if len(e.Header.Values(receiver.SignatureHeader)) == 0 {
			t.Error("the handler got no signature to pass on")
		}
		return test.handle(e)
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if test.before != nil {
		test.before(t, r)
	}

	good := receiver.Sign([]byte(test.body), secret)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, test.target, test.reader)
	req.Method = test.method
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
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
	test.checkLog(t, &book)
	if len(seen) != 1 {
		t.Fatalf("observed %d times", len(seen))
	}
	test.checkObservation(t, seen[0])

	answer, err := httputil.DumpResponse(resp, true)
	if err != nil {
		t.Fatal(err)
	}
	signatures := append(req.Header.Values(receiver.SignatureHeader), good)
	// Somebody may log what an Observer is told.
	book.logger().Info("observed", "observation", seen[0])
	for _, text := range []string{
		string(answer),
		book.text(),
		fmt.Sprintf("%v %+v", seen, seen[0].Err),
		fmt.Sprintf("%+v", *r),
	} {
		mustNotLeak(t, text, signatures...)
	}
}

func (test *request) fill() {
	if test.body == "" {
		test.body = delivery
	}
	if test.method == "" {
		test.method = http.MethodPost
	}
	if test.target == "" {
		test.target = "/hook"
	}
	if test.reader == nil {
		test.reader = strings.NewReader(test.body)
	}
	if test.handle == nil {
		test.handle = func(*receiver.Event) error { return nil }
	}
}

func (test request) checkLog(t *testing.T, book *logbook) {
	t.Helper()
	level, err := book.last()
	want := slog.LevelDebug
	switch {
	case test.status == http.StatusInternalServerError, errors.Is(test.logged, receiver.ErrDeduper):
		want = slog.LevelError
	case test.logged != nil && !errors.Is(test.logged, receiver.ErrInFlight):
		want = slog.LevelWarn
	}
	if level != want {
		t.Errorf("logged as %v, want %v", level, want)
	}
	if !matches(err, test.logged) {
		t.Errorf("logged %v, want %v", err, test.logged)
	}
	if lines := strings.Count(book.text(), "\n"); lines != 2 {
		t.Errorf("%d lines are logged, not one as text and one as JSON", lines)
	}
}

func (test request) checkObservation(t *testing.T, o receiver.Observation) {
	t.Helper()
	if o.Outcome.Status() != test.status {
		t.Errorf("observed %s, want one that is answered %d", o.Outcome, test.status)
	}
	if !matches(o.Err, test.logged) {
		t.Errorf("observed %v, want %v", o.Err, test.logged)
	}
	verified := test.calls > 0 || test.deduper != nil && test.status != http.StatusUnauthorized
	if verified != (o.Event != nil) {
		t.Errorf("observed the event %v", o.Event)
	}
	if o.Duration < o.HandlerDuration || test.calls == 0 && o.HandlerDuration != 0 {
		t.Errorf("took %v, the handler %v", o.Duration, o.HandlerDuration)
	}
}

func matches(err, want error) bool {
	if errors.Is(want, errAny) {
		return err != nil
	}
	return errors.Is(err, want)
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
	case 400, 401, 405, 413, 500, 503:
		if want := http.StatusText(resp.StatusCode) + "\n"; string(body) != want {
			t.Errorf("%d says %q", resp.StatusCode, body)
		}
	default:
		t.Errorf("answered %d", resp.StatusCode)
	}
	for name, status := range map[string]int{"Allow": 405, "Retry-After": 503} {
		if has := resp.Header.Get(name) != ""; has != (resp.StatusCode == status) {
			t.Errorf("%s of a %d is %q", name, resp.StatusCode, resp.Header.Get(name))
		}
	}
	for _, name := range []string{"Set-Cookie", "Location"} {
		if resp.Header.Get(name) != "" {
			t.Errorf("the answer has a %s", name)
		}
	}
}

// answers is a Deduper that knows one answer to each question.
type answers struct {
	state         receiver.ClaimState
	claim, settle error
}

func (a answers) Claim(_ context.Context, key string) (receiver.Claim, error) {
	return receiver.Claim{Key: key, State: a.state}, a.claim
}
func (a answers) Done(context.Context, receiver.Claim) error    { return a.settle }
func (a answers) Release(context.Context, receiver.Claim) error { return a.settle }

// shutDown shuts the Receiver.
func shutDown(t *testing.T, r *receiver.Receiver) {
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// occupy takes the one place there is with a body that does not come. It is not
// observed before the test has ended.
func occupy(t *testing.T, r *receiver.Receiver) {
	body, write := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/hook", body))
	}()
	// A pipe is read only from inside.
	if _, err := write.Write([]byte("{")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		write.Close()
		<-done
	})
}

// goneError is an error that other packages would take for a status.
type goneError struct{}

func (goneError) Error() string   { return "gone" }
func (goneError) StatusCode() int { return http.StatusGone }

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func gzipped(h http.Header, _ string) { h.Set("Content-Encoding", "gzip") }

// rename puts the signature into another header.
func rename(name string) func(http.Header, string) {
	return func(h http.Header, good string) {
		h.Del(receiver.SignatureHeader)
		h.Set(name, good)
	}
}

func inBase64(good string) string {
	mac, err := hex.DecodeString(strings.TrimPrefix(good, "sha256="))
	if err != nil {
		panic(err)
	}
	return "sha256=" + base64.StdEncoding.EncodeToString(mac)
}

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
