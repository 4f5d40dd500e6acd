package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/docspace-go/webhooks/api"
)

// Whatever comes back, every operation returns what it promises or one bounded
// line of an error without secrets, stack or control characters.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		notFound, hasRows, keysWrong, invalid, wrongType, suspended, unpaid, badProxy, wrongPassword, "", "null", "{}", "[]", `"no"`,
		listed(hook7), success(hook7), success(row106), logPage(1, row106), success(`[{"name":"*","id":0,"available":true}]`), success(`{"*":0}`),
		"Bearer " + key + " " + secret + " sha256=" + hmac, "\ufeff{\"error\":{\"message\":\"a\\nb\"}}",
	} {
		for _, status := range []int{200, 400, 401, 403, 404, 405, 415, 429, 500, 502} {
			f.Add(status, "application/json; charset=utf-8", "60", []byte(body))
		}
	}
	f.Add(204, "text/html", "Wed, 21 Oct 2015 07:28:00 GMT", []byte("x"))
	f.Fuzz(func(t *testing.T, status int, media, retryAfter string, body []byte) {
		if status < 200 || status > 999 {
			return
		}
		client := through(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, status, http.Header{"Content-Type": {media}, "Retry-After": {retryAfter}}, bytes.NewReader(body)), nil
		})
		for _, op := range operations {
			err := op.call(t.Context(), client)
			if err == nil {
				if status > 299 || !json.Valid(body) {
					t.Errorf("%s: %d %q is no failure", op.name, status, body)
				}
				continue
			}
			e := asError(t, err)
			if e.StatusCode != status || e.RetryAfter < 0 {
				t.Errorf("%s: %d, again in %s", op.name, e.StatusCode, e.RetryAfter)
			}
			if status < 300 && !errors.Is(err, api.ErrUnexpectedAnswer) && !errors.Is(err, api.ErrNotApplied) && !errors.Is(err, api.ErrNotFound) && !errors.Is(err, api.ErrValidation) {
				t.Errorf("%s: a success failed as %v", op.name, err)
			}
			for cause := err; cause != nil; cause = errors.Unwrap(cause) {
				text := fmt.Sprintf("%+v", cause)
				if strings.Contains(text, key) || strings.Contains(text, hmac) {
					t.Errorf("%s: a secret in %s", op.name, text)
				}
			}
			if text := err.Error(); strings.ContainsAny(text, "\x00\r\n\x1b") || !utf8.ValidString(text) || len(e.Message) > 2<<10 {
				t.Errorf("%s: %q", op.name, text)
			}
		}
	})
}
