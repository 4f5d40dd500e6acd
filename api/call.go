package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/docspace-go/webhooks/gen"
)

// operation is one of the contract's.
type operation struct{ id, method, path string }

// Answer is what came back from one request.
type Answer struct {
	// Operation is the contract's operationId.
	Operation  string
	StatusCode int
	Header     http.Header
	// Body is whole, as long as it is within [WithMaxAnswer].
	Body []byte
}

// CallOption sets up one call.
type CallOption interface {
	DeleteOption
	applyCall(*call)
}

// DeleteOption sets up one [Client.DeleteWebhook]; every [CallOption] is one.
type DeleteOption interface{ applyDelete(*deleteCall) }

// call is what the options of one call say, and the secrets of its request,
// which no text may show.
type call struct {
	answers *[]Answer
	secrets []string
}

func newCall(opts []CallOption, secrets ...string) call {
	c := call{secrets: secrets}
	for _, o := range opts {
		o.applyCall(&c)
	}
	return c
}

type collectAnswers struct{ to *[]Answer }

func (o collectAnswers) applyCall(c *call)         { c.answers = o.to }
func (o collectAnswers) applyDelete(c *deleteCall) { c.answers = o.to }

// CollectAnswers appends the raw answer of each request that the call makes,
// failures included, to the slice. Concurrent calls must not share one.
func CollectAnswers(to *[]Answer) CallOption { return collectAnswers{to} }

// exchange is a request and what came back.
type exchange struct {
	operation
	Answer
	attempts int
	secrets  []string
}

// sender sends one request of the generated client.
type sender func(context.Context, ...gen.RequestEditorFn) (*http.Response, error)

// do sends a request and reads its answer. Anything but a 2xx is an error.
func (c *Client) do(ctx context.Context, op operation, call call, send sender) (exchange, error) {
	x := exchange{operation: op, Answer: Answer{Operation: op.id}, attempts: 1}
	x.secrets = slices.Concat(call.secrets, c.cred.secrets())

	start := time.Now()
	err := c.attempt(ctx, &x, send)
	c.cfg.logger.LogAttrs(ctx, slog.LevelDebug, "docspace call",
		slog.String("operation", x.id), slog.String("method", x.method), slog.String("path", x.path),
		slog.Int("status", x.StatusCode), slog.Duration("duration", time.Since(start)))
	if call.answers != nil && x.StatusCode != 0 {
		*call.answers = append(*call.answers, x.Answer)
	}
	switch {
	case err != nil:
		return x, x.broken(err)
	case x.StatusCode < 200 || x.StatusCode > 299:
		return x, c.refused(x)
	}
	return x, nil
}

// attempt sends the request once, within the timeout.
func (c *Client) attempt(ctx context.Context, x *exchange, send sender) error {
	bounded, cancel := context.WithTimeout(ctx, c.cfg.timeout)
	defer cancel()
	response, err := send(bounded, func(_ context.Context, r *http.Request) error {
		x.path = r.URL.EscapedPath()
		return nil
	})
	if err == nil {
		defer response.Body.Close()
		x.StatusCode, x.Header = response.StatusCode, response.Header
		x.Body, err = readBounded(response.Body, c.cfg.maxAnswer)
	}
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("no whole answer within %s: %w", c.cfg.timeout, context.DeadlineExceeded)
	}
	return err
}

func readBounded(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return body[:limit], fmt.Errorf("%w: over %d bytes", ErrAnswerTooLarge, limit)
	}
	if err != nil {
		return body, fmt.Errorf("reading the answer: %w", err)
	}
	return body, nil
}

// failed starts the error of x.
func (x exchange) failed(kind error, message string) *Error {
	return &Error{
		Operation: x.id, Method: x.method, Path: x.path, StatusCode: x.StatusCode, Attempts: x.attempts,
		Message: scrub(message, x.secrets), Header: x.Header, Body: x.Body[:min(len(x.Body), maxErrorBody)], kind: kind,
	}
}

// broken is the error of a request without a whole answer.
func (x exchange) broken(err error) *Error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the wrapper's text repeats the query
	}
	e := x.failed(nil, err.Error())
	e.Err = err
	if redirect, ok := errors.AsType[*redirectError](err); ok {
		e.kind = ErrRedirected
		e.Message = redirect.Error()
		e.Hint = "credentials stay with the host, scheme and port they were given for, and a redirect must not change the method: give New the address that the portal redirects to"
	}
	return e
}

// refused is the error of an answer that is not a 2xx.
func (c *Client) refused(x exchange) *Error {
	e := x.failed(nil, "")
	isErrorObject := e.read()
	e.Message = scrub(e.Message, x.secrets)
	for _, texts := range e.Fields {
		for i := range texts {
			texts[i] = scrub(texts[i], x.secrets)
		}
	}
	// A body of the wrong type is refused with a problem, a key with an error object.
	if e.StatusCode == http.StatusUnsupportedMediaType && isErrorObject && c.cred.isAPIKey {
		e.kind = ErrAPIKeysUnsupported
		e.Hint = "a portal on PostgreSQL takes no API keys: sign in with WithBasicAuth, or with Login and WithSessionToken"
	}
	return e
}

// envelope is what every success is wrapped in.
type envelope[T any] struct {
	Response   *T         `json:"response"`
	Total      *int64     `json:"total"`
	StatusCode int        `json:"statusCode"`
	Error      *errorInfo `json:"error"`
}

// decode reads the promised answer. What is not it is [ErrUnexpectedAnswer].
func decode[T any](x exchange) (envelope[T], error) {
	var env envelope[T]
	if len(x.Body) == 0 {
		return env, x.failed(ErrUnexpectedAnswer, "an empty body instead of the answer")
	}
	if err := json.Unmarshal(x.Body, &env); err != nil {
		message := "a body that is not the JSON of the answer: " + err.Error()
		if x.Body[0] == '<' {
			message = "an HTML page instead of the answer: is this the address of a portal?"
		}
		e := x.failed(ErrUnexpectedAnswer, message)
		e.Err = err
		return env, e
	}
	switch {
	case env.Error != nil:
		return env, x.failed(ErrUnexpectedAnswer, fmt.Sprintf("an error inside (%d): %s", env.StatusCode, env.Error.Message))
	case env.StatusCode >= 400:
		return env, x.failed(ErrUnexpectedAnswer, fmt.Sprintf("an error inside (%d)", env.StatusCode))
	case env.Response == nil:
		return env, x.failed(ErrUnexpectedAnswer, "no response in the answer")
	}
	return env, nil
}
