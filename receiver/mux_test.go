package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

func TestMux(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		patterns []string
		want     map[string]string // trigger: pattern; empty if there is none
	}{
		"nothing": {nil, map[string]string{"file.created": "", "*": "", "": ""}},
		"one":     {[]string{"file.created"}, map[string]string{"file.created": "file.created", "file.updated": "", "file.createdx": "", "*": ""}},
		"family":  {[]string{"file.*"}, map[string]string{"file.created": "file.*", "file.a.b": "file.*", "file.": "file.*", "file": "", "files.created": "", "myfile.created": "", "FILE.created": ""}},
		"all":     {[]string{"*"}, map[string]string{"file.created": "*", "moon": "*", "*": "*", "": "*"}},
		"most specific, general first": {
			[]string{"*", "form.*", "form.filled.*", "form.filled.out"},
			map[string]string{"form.filled.out": "form.filled.out", "form.filled.in": "form.filled.*", "form.submit": "form.*", "file.created": "*"},
		},
		"most specific, general last": {
			[]string{"form.filled.out", "form.filled.*", "form.*", "*"},
			map[string]string{"form.filled.out": "form.filled.out", "form.filled.in": "form.filled.*", "form.submit": "form.*", "file.created": "*"},
		},
		"a trigger like a pattern": {[]string{"file.*", "*"}, map[string]string{"file.*": "file.*", "*": "*", "a.*": "*"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mux receiver.Mux
			var got string
			for _, pattern := range test.patterns {
				mux.On(pattern, func(context.Context, *receiver.Event) error {
					got = pattern
					return errHandler
				})
			}
			for trigger, want := range test.want {
				got = ""
				err := mux.Handle(t.Context(), &receiver.Event{Trigger: trigger})
				if got != want {
					t.Errorf("%q went to %q, not %q", trigger, got, want)
				}
				if errors.Is(err, errHandler) != (want != "") || errors.Is(err, receiver.ErrUnhandled) != (want == "") {
					t.Errorf("%q: %v", trigger, err)
				}
			}
		})
	}
}

func TestMuxPanics(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"", ".*", "**", "*.created", "file.*.x", "fi*", "file.**", "*.*", "file.created", "room.*", "nil"} {
		mux := new(receiver.Mux)
		mux.On("file.created", nothing)
		mux.On("room.*", nothing)
		handler := nothing
		if pattern == "nil" {
			handler = nil
		}
		mustPanic(t, pattern, func() { mux.On(pattern, handler) })
	}
	mustPanic(t, "no decoder", func() { receiver.Typed(nil, func(context.Context, *receiver.Event, int) error { return nil }) })
	mustPanic(t, "no handler", func() { receiver.Typed((*receiver.Event).User, nil) })
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%q: no panic", what)
		}
	}()
	f()
}

func TestTyped(t *testing.T) {
	t.Parallel()
	var title string
	h := receiver.Typed((*receiver.Event).File, func(_ context.Context, e *receiver.Event, file receiver.File) error {
		title = e.Trigger + " " + file.Title
		return errHandler
	})
	err := h(t.Context(), &receiver.Event{Trigger: "file.created", Payload: json.RawMessage(`{"title":"a.txt"}`)})
	if title != "file.created a.txt" || !errors.Is(err, errHandler) {
		t.Errorf("got %q, %v", title, err)
	}
	title = ""
	err = h(t.Context(), &receiver.Event{Trigger: "room.created", Payload: json.RawMessage(`{"title":"a.txt"}`)})
	if _, ok := errors.AsType[*receiver.PayloadError](err); !ok || title != "" {
		t.Errorf("of a room: %q, %v", title, err)
	}
}

// TestUnhandledIsCounted: the portal gets its 204, the observer is told.
func TestUnhandledIsCounted(t *testing.T) {
	t.Parallel()
	var mux receiver.Mux
	mux.On("file.*", nothing)
	counts := map[receiver.Outcome]int{}
	r, err := receiver.New(secret, mux.Handle, receiver.WithObserver(func(_ context.Context, o receiver.Observation) { counts[o.Outcome]++ }))
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{delivery, delivery, `{"event":{"id":1,"trigger":"file.created"}}`, `{"response":{}}`} {
		if status := post(r, body); status != http.StatusNoContent {
			t.Errorf("%s: answered %d", body, status)
		}
	}
	if counts[receiver.OutcomeUnhandled] != 3 || counts[receiver.OutcomeHandled] != 1 {
		t.Errorf("counted %v", counts)
	}
}

// post sends a signed delivery without a server.
func post(r *receiver.Receiver, body string) int {
	return postContext(context.Background(), r, body)
}

func postContext(ctx context.Context, r *receiver.Receiver, body string) int {
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body))
	req.Header.Set(receiver.SignatureHeader, receiver.Sign([]byte(body), secret))
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	return rec.Code
}
