package validate

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// Middleware puts next behind the contract. A request that breaks a rule does
// not reach it and is answered 400; in place of an answer that breaks one goes
// 500. The text of either tells which. Requests to other parts of the portal
// pass unjudged.
func (c *Contract) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.covers(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if err := c.Request(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		held := &heldAnswer{header: http.Header{}}
		next.ServeHTTP(held, r)
		answer := held.response(r)
		defer answer.Body.Close()
		if err := c.Response(c.operation(r), answer); err != nil {
			http.Error(w, fmt.Sprintf("the handler's answer: %v", err), http.StatusInternalServerError)
			return
		}
		maps.Copy(w.Header(), held.header)
		w.WriteHeader(held.status)
		_, _ = w.Write(held.body.Bytes()) // a client that went away is nobody's fault here
	})
}

// heldAnswer is an http.ResponseWriter that keeps what is written to it.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header { return h.header }

func (h *heldAnswer) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

func (h *heldAnswer) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(p)
}

// response returns what was written as the answer to r.
func (h *heldAnswer) response(r *http.Request) *http.Response {
	h.WriteHeader(http.StatusOK)
	return &http.Response{
		StatusCode: h.status,
		Header:     h.header,
		Body:       io.NopCloser(bytes.NewReader(h.body.Bytes())),
		Request:    r,
	}
}
