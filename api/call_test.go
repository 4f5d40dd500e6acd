package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// slowBody gives one byte, then nothing until the request's context ends.
type slowBody struct {
	ctx   context.Context
	given bool
}

func (b *slowBody) Read(p []byte) (int, error) {
	if !b.given {
		b.given = true
		return copy(p, "{"), nil
	}
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

// silent servers: one that does not answer, one that does not finish its answer.
var silent = map[string]trip{
	"no answer": func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, context.Cause(r.Context()) // as net/http does
	},
	"no whole body": func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, nil, &slowBody{ctx: r.Context()}), nil
	},
}

func TestTimeoutCoversTheBody(t *testing.T) {
	t.Parallel()
	for name, f := range silent {
		for _, op := range operations {
			t.Run(name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client := through(t, f, api.WithTimeout(3*time.Second))
					start := time.Now()
					err := op.call(t.Context(), client)
					if d := time.Since(start); d != 3*time.Second {
						t.Errorf("took %s", d)
					}
					wantKinds(t, err, context.DeadlineExceeded)
					if e := asError(t, err); !strings.Contains(e.Message, "no whole answer within 3s") || e.Operation != op.name {
						t.Error(err)
					}
				})
			})
		}
	}
}

func TestDefaultTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := through(t, silent["no answer"]).ListWebhooks(t.Context())
		if d := time.Since(start); d != api.DefaultTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %s", err, d)
		}
	})
}

func TestCallersContextEndsTheCall(t *testing.T) {
	t.Parallel()
	own := errors.New("the user went away")
	for name, c := range map[string]struct {
		with func(context.Context) (context.Context, context.CancelFunc)
		want []error
	}{
		"cancel": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, []error{context.Canceled}},
		"cancel with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Second, func() { cancel(own) })
			return ctx, func() { cancel(nil) }
		}, []error{context.Canceled}},
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, []error{context.DeadlineExceeded}},
		"over before it starts": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, []error{context.Canceled}},
	} {
		for kind, f := range silent {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := c.with(t.Context())
					defer cancel()
					start := time.Now()
					_, err := through(t, f).ListWebhooks(ctx)
					if d := time.Since(start); d > time.Second {
						t.Errorf("took %s", d)
					}
					wantKinds(t, err, c.want...)
					_ = asError(t, err)
					if name == "cancel with a cause" && kind == "no answer" && !errors.Is(err, own) {
						t.Errorf("%v hides the caller's cause", err)
					}
				})
			})
		}
	}
}

// The timeout of the caller's HTTP client ends a call as well.
func TestTimeoutOfTheHTTPClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, "https://acme.example.com", api.WithHTTPClient(&http.Client{Timeout: time.Second, Transport: silent["no answer"]}))
		_, err := client.ListWebhooks(t.Context())
		wantKinds(t, err, context.DeadlineExceeded)
	})
}

func TestAnswerLimit(t *testing.T) {
	t.Parallel()
	body := listed(hook7)
	for limit, fits := range map[int64]bool{1: false, int64(len(body)) - 1: false, int64(len(body)): true, math.MaxInt64: true} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			s := serve(t, script(body))
			var answers []api.Answer
			_, err := newClient(t, s.URL, api.WithMaxAnswer(limit)).ListWebhooks(t.Context(), api.CollectAnswers(&answers))
			if fits {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantKinds(t, err, api.ErrAnswerTooLarge)
			if e := asError(t, err); e.StatusCode != 200 || int64(len(e.Body)) != limit || int64(len(answers[0].Body)) != limit {
				t.Errorf("%v: kept %d bytes", err, len(e.Body))
			}
		})
	}
}

// A server that sends without end is not read to the end.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	read := 0
	client := through(t, func(r *http.Request) (*http.Response, error) {
		return answer(r, 502, nil, readerFunc(func(p []byte) (int, error) { read += len(p); return len(p), nil })), nil
	}, api.WithMaxAnswer(1<<20))
	_, err := client.ListWebhooks(t.Context())
	wantKinds(t, err, api.ErrAnswerTooLarge, api.ErrServer)
	if e := asError(t, err); len(e.Body) != 64<<10 || read > 2<<20 {
		t.Errorf("kept %d bytes of %d", len(e.Body), read)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestConnectionLost(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset: Bearer " + key)
	for name, c := range map[string]struct {
		answer trip
		want   []error
	}{
		"before the answer": {func(*http.Request) (*http.Response, error) { return nil, lost }, nil},
		"inside a success": {func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, nil, io.MultiReader(strings.NewReader(`{"response":`), readerFunc(func([]byte) (int, error) { return 0, lost }))), nil
		}, []error{api.ErrUnexpectedAnswer}},
		"inside a failure": {func(r *http.Request) (*http.Response, error) {
			return answer(r, 429, http.Header{"Retry-After": {"60"}}, readerFunc(func([]byte) (int, error) { return 0, lost })), nil
		}, []error{api.ErrRateLimited}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := through(t, c.answer).ListWebhooks(t.Context())
			wantKinds(t, err, c.want...)
			if !errors.Is(err, lost) {
				t.Errorf("%v is not the cause", err)
			}
			wantNoSecret(t, err)
			if e := asError(t, err); e.StatusCode == 429 && e.RetryAfter != time.Minute {
				t.Errorf("RetryAfter %s", e.RetryAfter)
			}
		})
	}
}

// A cause can still be asked for by type.
func TestCauseByType(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, success(`[{"configs":{"id":"seven"},"status":200}]`))
	_, err := client.ListWebhooks(t.Context())
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok || !strings.HasSuffix(wrong.Field, "configs.id") { // with an index under GOEXPERIMENT=jsonv2
		t.Errorf("%v, %+v", err, wrong)
	}
}

func TestCollectAnswers(t *testing.T) {
	t.Parallel()
	client, s := answering(t, listed(hook7), "403 "+notFound)
	var answers []api.Answer
	_, err := client.UpdateWebhook(t.Context(), 7, func(u *api.WebhookUpdate) { u.Name = "ci" }, nil, api.CollectAnswers(&answers), api.CollectAnswers(&answers))
	wantKinds(t, err, api.ErrForbidden)
	if len(answers) != 2 || len(s.asked()) != 2 {
		t.Fatalf("%d answers to %v", len(answers), s.asked())
	}
	first, second := answers[0], answers[1]
	if first.Operation != "getTenantWebhooks" || first.StatusCode != 200 || string(first.Body) != listed(hook7) || first.Header.Get("Content-Type") == "" {
		t.Errorf("first answer: %+v", first)
	}
	if second.Operation != "updateWebhook" || second.StatusCode != 403 || string(second.Body) != notFound {
		t.Errorf("second answer: %+v", second)
	}
	// Nothing to collect where nothing came.
	answers = nil
	_, _ = through(t, func(*http.Request) (*http.Response, error) { return nil, io.EOF }).ListWebhooks(t.Context(), api.CollectAnswers(&answers))
	if len(answers) != 0 {
		t.Errorf("collected %v", answers)
	}
	if _, err := client.ListWebhooks(t.Context(), api.CollectAnswers(nil)); err == nil {
		t.Error("want the error of the script's last answer")
	}
}

func TestAnswerPrintsWithoutItsBody(t *testing.T) {
	t.Parallel()
	a := api.Answer{Operation: "getWebhooksLogs", StatusCode: 200, Header: http.Header{"Set-Cookie": {"asc_auth_key=hunter2"}}, Body: []byte("hunter2")}
	const want = "getWebhooksLogs: 200, 7 bytes"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, a); got != want {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if got := fmt.Sprintf("%q %v", a, []api.Answer{a}); got != `"`+want+`" [`+want+`]` {
		t.Error(got)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "answer", a)
	if text := log.String(); !strings.Contains(text, want) || strings.Contains(text, "Set-Cookie") {
		t.Error(text)
	}
}

// One client serves many goroutines; the race detector looks on.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/log"):
			script(logPage(1, row106))(w, r)
		case strings.HasSuffix(r.URL.Path, "/triggers"):
			script("404 "+notFound)(w, r)
		case strings.HasSuffix(r.URL.Path, "/106/retry"):
			script(success(row106))(w, r)
		case strings.HasSuffix(r.URL.Path, "/retry"):
			script(success("["+row106+"]"))(w, r)
		case r.Method == http.MethodGet:
			script(listed(hook7))(w, r)
		default:
			script(success(hook7))(w, r)
		}
	})
	client := newClient(t, s.URL, api.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	var wg sync.WaitGroup
	for range 8 {
		for _, op := range operations {
			wg.Go(func() {
				if err := op.call(t.Context(), client); err != nil {
					_ = fmt.Sprintf("%+v", err)
				}
			})
		}
	}
	wg.Wait()
	if n := len(s.asked()); n != 8*(len(operations)+3) { // update, enable and disable read first
		t.Errorf("%d requests", n)
	}
}
