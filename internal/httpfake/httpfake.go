// Package httpfake has what tests need to speak HTTP without a network.
package httpfake

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing/iotest"

	"github.com/docspace-go/webhooks/wire"
)

// Respond returns the answer to req that a receiver would give. A nil header is
// none.
func Respond(req *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// Signature returns the signature of a delivery; its header is sent in lower
// case, which a map of headers from a portal keeps.
func Signature(h http.Header) string {
	if values := h[wire.SignatureHeader]; len(values) == 1 { //nolint:staticcheck // not canonical on purpose
		return values[0]
	}
	return ""
}

// Aborted reports whether a handler broke the connection, of what recover
// returned. Any other panic goes on.
func Aborted(panicked any) bool {
	if panicked == nil {
		return false
	}
	if err, ok := panicked.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return true
	}
	panic(panicked)
}

// Transport calls a handler without a network: bubbles of testing/synctest have
// no sockets. A connection that the handler breaks is io.ErrUnexpectedEOF, of
// the call before anything was written and of the body after.
type Transport struct{ http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	broken := func() (broken bool) {
		defer func() { broken = recover() != nil }()
		t.ServeHTTP(w, r)
		return false
	}()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := w.Result()
	response.Request = r
	switch {
	case broken && w.Body.Len() == 0:
		return nil, io.ErrUnexpectedEOF
	case broken:
		response.Body = io.NopCloser(io.MultiReader(response.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return response, nil
}
