package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/docspace-go/webhooks/gen"
)

// operation is one of the contract's.
type operation struct {
	id, method, path string
	effect           effect
}

// Answer is what came back from one request. It prints without header and body,
// because the delivery log holds signatures.
type Answer struct {
	// Operation is the contract's operationId.
	Operation  string
	StatusCode int
	Header     http.Header
	// Body is whole, as long as it is within [WithMaxAnswer].
	Body []byte
}

// String returns operation, status and size.
func (a Answer) String() string {
	return fmt.Sprintf("%s: %d, %d bytes", a.Operation, a.StatusCode, len(a.Body))
}

// Format implements [fmt.Formatter]: every verb prints what String returns.
func (a Answer) Format(f fmt.State, verb rune) { formatText(f, verb, a.String()) }

// LogValue implements [slog.LogValuer].
func (a Answer) LogValue() slog.Value { return slog.StringValue(a.String()) }

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
		if o != nil {
			o.applyCall(&c)
		}
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
	dates    corrector
	attempts int
	secrets  []string
	kept     bool // the answer was collected
}

// sender sends one request of the generated client.
type sender func(context.Context, ...gen.RequestEditorFn) (*http.Response, error)

// do sends a request, again where that is harmless, and reads its answer.
// Anything but a 2xx is an error.
func (c *Client) do(ctx context.Context, op operation, call call, send sender) (exchange, error) {
	var dates corrector
	if c.cfg.correct != nil {
		var err error
		if dates, err = c.cfg.correct(c, ctx, op); err != nil {
			return exchange{operation: op}, err
		}
	}
	for attempt := 1; ; attempt++ {
		leave, held := c.cfg.limiter.admit(ctx, op)
		if held != nil {
			x := exchange{operation: op, Answer: Answer{Operation: op.id}, attempts: attempt - 1}
			return x, x.held(held)
		}
		x, err := c.once(ctx, op, call, send, attempt)
		leave()
		if err == nil {
			x.dates = dates
			return x, nil
		}
		wait, again := c.cfg.retry.again(ctx, x, err)
		if !again {
			return x, err
		}
		if ended := pause(ctx, wait); ended != nil {
			return x, x.broken(fmt.Errorf("%w, while waiting to send it again after %q", ended, err.Message))
		}
	}
}

// once sends a request and reads its answer.
func (c *Client) once(ctx context.Context, op operation, call call, send sender, attempt int) (exchange, *Error) {
	x := exchange{operation: op, Answer: Answer{Operation: op.id}, attempts: attempt}
	x.secrets = slices.Concat(call.secrets, c.cred.secrets())

	start := time.Now()
	err := c.attempt(ctx, &x, send)
	if c.cfg.log != nil {
		c.cfg.log(ctx, x, time.Since(start))
	}
	if x.kept = call.answers != nil && x.StatusCode != 0; x.kept {
		*call.answers = append(*call.answers, x.Answer)
	}
	switch {
	case err != nil:
		return x, x.broken(err)
	case !x.succeeded():
		return x, c.refused(x)
	}
	return x, nil
}

// errTimeout is the cause of an attempt's end.
var errTimeout = errors.New("the attempt took too long")

// attempt sends the request once, within the timeout.
func (c *Client) attempt(ctx context.Context, x *exchange, send sender) error {
	bounded, cancel := context.WithTimeoutCause(ctx, c.cfg.timeout, errTimeout)
	defer cancel()
	response, err := send(bounded, func(_ context.Context, r *http.Request) error {
		x.path = r.URL.EscapedPath()
		return nil
	})
	if response != nil { // comes with the error of a redirect that was not followed, too
		defer response.Body.Close()
		x.StatusCode, x.Header = response.StatusCode, response.Header
	}
	if err == nil {
		x.Body, err = readBounded(response.Body, c.cfg.maxAnswer)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the wrapper's text repeats the query
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(context.Cause(bounded), errTimeout):
		return fmt.Errorf("no whole answer within %s: %w", c.cfg.timeout, context.DeadlineExceeded)
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return fmt.Errorf("%w: %w", ctx.Err(), err) // net/http gives the caller's cause instead
	}
	return err
}

// bodies has the buffers that answers were read into, for the next ones.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled is the largest buffer that is kept, in bytes.
const maxPooled = 1 << 20

func readBounded(r io.Reader, limit int64) ([]byte, error) {
	buffer := bodies.Get().(*bytes.Buffer)
	buffer.Reset()
	_, err := buffer.ReadFrom(io.LimitReader(r, min(limit, math.MaxInt64-1)+1))
	body := buffer.Bytes()
	if int64(len(body)) > limit {
		return body[:limit], fmt.Errorf("%w: over %d bytes", ErrAnswerTooLarge, limit)
	}
	if err != nil {
		return body, fmt.Errorf("reading the answer: %w", err)
	}
	return body, nil
}

// done gives the body's buffer back. Nobody may look at the body any more.
func (x exchange) done() {
	if !x.kept && cap(x.Body) > 0 && cap(x.Body) <= maxPooled {
		bodies.Put(bytes.NewBuffer(x.Body[:0]))
	}
}

func (x exchange) succeeded() bool { return x.StatusCode >= 200 && x.StatusCode <= 299 }

// failed starts the error of x.
func (x exchange) failed(kind error, message string) *Error {
	e := &Error{
		Operation: x.id, Method: x.method, Path: x.path, StatusCode: x.StatusCode, Attempts: x.attempts,
		Message: message, RetryAfter: x.retryAfter(time.Now()),
		Header: x.Header, Body: x.Body[:min(len(x.Body), maxErrorBody)], kind: kind,
	}
	e.hide(x.secrets)
	return e
}

// failedBy is failed with a cause.
func (x exchange) failedBy(kind error, message string, err error) *Error {
	e := x.failed(kind, message)
	e.Err = &cause{err: err, text: scrub(err.Error(), x.secrets)}
	return e
}

// broken is the error of a request without a whole answer.
func (x exchange) broken(err error) *Error {
	e := x.failedBy(nil, err.Error(), err)
	if redirect, ok := errors.AsType[*redirectError](err); ok {
		e.Hint = redirect.hint
	}
	ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if x.succeeded() && !ended && !errors.Is(err, ErrAnswerTooLarge) {
		e.kind = ErrUnexpectedAnswer // cut off
	}
	return e
}

// refused is the error of an answer that is not a 2xx.
func (c *Client) refused(x exchange) *Error {
	e := x.failed(nil, "")
	isErrorObject := e.read(x.Body)
	e.hide(x.secrets)
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
func decode[T any](x exchange) (T, envelope[T], error) {
	var env envelope[T]
	err := unmarshal(x.Body, &env)
	switch {
	case len(x.Body) == 0:
		err = x.failed(ErrUnexpectedAnswer, "an empty body instead of the answer")
	case startsLikeHTML(x.Body):
		err = x.failed(ErrUnexpectedAnswer, "an HTML page instead of the answer: is this the address of a portal?")
	case env.Error != nil || env.StatusCode >= 400: // read as far as it is there, whatever err says
		e := x.failed(ErrUnexpectedAnswer, "")
		e.read(x.Body)
		e.Message = fmt.Sprintf("a success with an error inside (statusCode %d): %s", env.StatusCode, e.Message)
		e.hide(x.secrets)
		err = e
	case err != nil:
		err = x.unreadable(err)
	case env.Response == nil:
		err = x.failed(ErrUnexpectedAnswer, "no response in the answer")
	default:
		return *env.Response, env, nil
	}
	return *new(T), env, err
}

// unreadable is the error of a success that is not the JSON it should be.
func (x exchange) unreadable(err error) *Error {
	message := "a body that is not the JSON of the answer: " + err.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		message = fmt.Sprintf("%s in the answer where it does not belong: %s", wrong.Value, cmp.Or(wrong.Field, "the body"))
	}
	return x.failedBy(ErrUnexpectedAnswer, message, err)
}
