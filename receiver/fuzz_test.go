package receiver_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

// signature is made without the package, in lower case.
func signature(body []byte, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// isSignature says if a value is a signature of the body, in any letter case.
func isSignature(value string, body []byte, secret string) bool {
	digits, ok := strings.CutPrefix(value, "sha256=")
	return ok && "sha256="+strings.ToLower(digits) == signature(body, secret)
}

func FuzzVerify(f *testing.F) {
	for _, r := range recordings(f) {
		f.Add([]byte(r.Body), r.Signature, "", r.Secret)
		f.Add([]byte(r.Body), r.Signature, r.Signature, r.Secret+"x")
	}
	f.Fuzz(func(t *testing.T, body []byte, first, second, key string) {
		header := http.Header{}
		header.Add(receiver.SignatureHeader, first)
		good := isSignature(first, body, key)
		if second != "" {
			header.Add(receiver.SignatureHeader, second)
			good = good && isSignature(second, body, key)
		}
		err := receiver.Verify(body, header, key)
		switch {
		case key == "":
			if !errors.Is(err, receiver.ErrEmptySecret) {
				t.Errorf("without a secret: %v", err)
			}
		case good && err != nil:
			t.Errorf("refused: %v", err)
		case !good && !errors.Is(err, receiver.ErrNotSigned) && !errors.Is(err, receiver.ErrBadSignature):
			t.Errorf("not refused: %v", err)
		}
		if err != nil {
			mustNotLeak(t, err.Error(), signature(body, key), first, second)
		}

		header.Set(receiver.SignatureHeader, receiver.Sign(body, key))
		if err := receiver.Verify(body, header, key); key != "" && err != nil {
			t.Errorf("refused what Sign made: %v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, r := range recordings(f) {
		f.Add([]byte(r.Body))
	}
	for _, d := range madeUp(f) {
		f.Add([]byte(d.Body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		event, err := receiver.Parse(body)
		if !bytes.Equal(body, before) {
			t.Fatal("the body has changed")
		}
		if err != nil {
			if !errors.Is(err, receiver.ErrMalformed) || event != nil {
				t.Errorf("got %v, %v", event, err)
			}
			mustNotLeak(t, err.Error())
			return
		}
		if !bytes.Equal(event.Raw, body) {
			t.Error("Raw is not the body")
		}
		if event.Legacy != (event.ID == 0) {
			t.Errorf("legacy: %v, id %d", event.Legacy, event.ID)
		}
		if !bytes.Contains(body, event.Payload) {
			t.Error("Payload is not in the body")
		}
		for _, accessor := range accessors {
			if _, err := accessor(event); err != nil {
				if _, ok := errors.AsType[*receiver.PayloadError](err); !ok {
					t.Errorf("accessor: %v", err)
				}
			}
		}
	})
}

func FuzzServeHTTP(f *testing.F) {
	for _, r := range recordings(f) {
		f.Add("POST", []byte(r.Body), r.Signature, false)
		f.Add("POST", []byte(r.Body), "", true)
	}
	f.Fuzz(func(t *testing.T, method string, body []byte, value string, sign bool) {
		var book logbook
		var dump strings.Builder
		calls := 0
		h, err := receiver.New(secret, func(_ context.Context, e *receiver.Event) error {
			calls++
			if !bytes.Equal(e.Raw, body) {
				t.Error("the handler got another body")
			}
			return nil
		},
			receiver.WithLogger(book.logger()),
			receiver.WithMaxBody(4<<10),
			receiver.WithDeduper("portal.example", new(receiver.Memory)),
			receiver.WithKey(receiver.ByPayload),
			receiver.WithObserver(func(_ context.Context, o receiver.Observation) { fmt.Fprintf(&dump, "%v %+v", o, o) }))
		if err != nil {
			t.Fatal(err)
		}
		if sign {
			value = receiver.Sign(body, secret)
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", io.NopCloser(bytes.NewReader(body)))
		req.Method = method
		req.Header.Set(receiver.SignatureHeader, value)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		resp := rec.Result()

		checkAnswer(t, resp)
		handled := resp.StatusCode == http.StatusNoContent
		if handled != (calls == 1) {
			t.Errorf("answered %d after %d calls", resp.StatusCode, calls)
		}
		if handled && !isSignature(value, body, secret) {
			t.Error("accepted without a signature")
		}
		answer, err := httputil.DumpResponse(resp, true)
		if err != nil {
			t.Fatal(err)
		}
		mustNotLeak(t, string(answer)+book.text()+dump.String(), signature(body, secret))
	})
}
