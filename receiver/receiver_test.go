package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

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
		"nil observer":       {secret, ok, []receiver.Option{receiver.WithObserver(nil)}, nil},
		"nil deduper":        {secret, ok, []receiver.Option{receiver.WithDeduper("portal", nil)}, nil},
		"nameless portal":    {secret, ok, []receiver.Option{receiver.WithDeduper("", new(receiver.Memory))}, nil},
		"nil key":            {secret, ok, []receiver.Option{receiver.WithDeduper("portal", new(receiver.Memory)), receiver.WithKey(nil)}, nil},
		"key for nothing":    {secret, ok, []receiver.Option{receiver.WithKey(receiver.ByID)}, nil},
		"no places":          {secret, ok, []receiver.Option{receiver.WithMaxConcurrent(0)}, nil},
		"less than none":     {secret, ok, []receiver.Option{receiver.WithMaxConcurrent(-1)}, nil},
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
