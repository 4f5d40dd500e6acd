package api

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Kinds of failures, for [errors.Is] on an [*Error].
var (
	// ErrValidation is a request refused for what it says: by the server (400),
	// or by this package before it was sent (StatusCode 0).
	ErrValidation = errors.New("the request is not valid")
	// ErrUnauthorized is 401: no credentials, or none that count.
	ErrUnauthorized = errors.New("not signed in")
	// ErrPaymentRequired is 402: the portal is not paid for.
	ErrPaymentRequired = errors.New("the portal is not paid for")
	// ErrForbidden is 403: the role, the scope of the key or the caller's
	// address does not allow it.
	ErrForbidden = errors.New("not allowed")
	// ErrNotFound is 404, or a webhook that is not in the list.
	ErrNotFound = errors.New("not found")
	// ErrMethodNotAllowed is 405. Portals of 3.0 answer it to ListTriggers.
	ErrMethodNotAllowed = errors.New("method not allowed")
	// ErrUnsupportedMediaType is 415.
	ErrUnsupportedMediaType = errors.New("unsupported media type")
	// ErrRateLimited is 429, or a request that [WithRateLimit] held back longer
	// than its context lasts. RetryAfter is set where it is known.
	ErrRateLimited = errors.New("a limit of the portal is reached")
	// ErrServer is any 5xx.
	ErrServer = errors.New("the server failed")

	// ErrUnexpectedAnswer is a 2xx without the answer that the contract
	// promises: no JSON, nothing in it, cut off, or an error inside.
	ErrUnexpectedAnswer = errors.New("not the promised answer")
	// ErrAnswerTooLarge is an answer over the limit; see [WithMaxAnswer].
	ErrAnswerTooLarge = errors.New("the answer is too large")
	// ErrRedirected is any 3xx: a redirect that was not followed, because it
	// leads to another host, scheme or port, would change the method, or does
	// not end.
	ErrRedirected = errors.New("redirected elsewhere")
	// ErrNotApplied is a call that succeeded but did something else than it
	// was asked. The message says what.
	ErrNotApplied = errors.New("not applied as asked")
	// ErrHasDeliveries is a webhook that a portal on PostgreSQL does not remove
	// because it has log rows. Disable it instead; see [OrDisable].
	ErrHasDeliveries = errors.New("the webhook has log rows")
	// ErrAPIKeysUnsupported is a portal on PostgreSQL, where API keys are
	// answered with 415. Session tokens and Basic work there.
	ErrAPIKeysUnsupported = errors.New("the portal takes no API keys")
	// ErrTwoFactor is a sign-in that needs a second factor; see [Login].
	ErrTwoFactor = errors.New("a second factor is needed")
)

// statusKinds has the kind of each status that has one of its own.
var statusKinds = map[int]error{
	http.StatusBadRequest:           ErrValidation,
	http.StatusUnauthorized:         ErrUnauthorized,
	http.StatusPaymentRequired:      ErrPaymentRequired,
	http.StatusForbidden:            ErrForbidden,
	http.StatusNotFound:             ErrNotFound,
	http.StatusMethodNotAllowed:     ErrMethodNotAllowed,
	http.StatusUnsupportedMediaType: ErrUnsupportedMediaType,
	http.StatusTooManyRequests:      ErrRateLimited,
}

// Error is a call that failed, or was not sent.
//
// Its text, under every verb of package fmt and in package log/slog, and the
// text of its cause hold neither credentials nor webhook secrets nor
// signatures, and not the server's stack. Body and Header are what came: print
// them with care.
type Error struct {
	// Operation is the contract's operationId of the request that failed, for
	// example "createWebhook". UpdateWebhook, EnableWebhook and DisableWebhook
	// read the list first: an error of that names "getTenantWebhooks".
	Operation string
	// Method and Path are the request's, Path without the query.
	Method, Path string
	// StatusCode is the HTTP status, 0 where there was no answer.
	StatusCode int
	// Message is the server's text, partly in the language of the caller, or
	// this package's where the server gave none.
	Message string
	// Fields has the texts of a validation failure by field: by the server's
	// name where the server refused ("Name", "$.triggers", "count", "" for a
	// missing body), by the Go name where this package did ("URL", "Limit").
	Fields map[string][]string
	// Type is the server's exception, for example "System.ArgumentException".
	Type string
	// Hint says what helps, where this package knows.
	Hint string
	// RetryAfter is how long to wait, 0 where the portal did not say. For the
	// retry operations, where it never says, it is the 15 minutes in which they
	// may be called 5 times: wait no longer.
	RetryAfter time.Duration
	// Attempts counts the requests that were sent.
	Attempts int
	// Header and Body are the answer's. Body is cut at 64 KiB.
	Header http.Header `json:"-"`
	Body   []byte      `json:"-"`
	// Err is the cause where there is one: of the network, of the context, of
	// the decoder.
	Err error `json:"-"`

	kind error // what errors.Is finds besides the status's kind
}

// Error returns one line: operation, request, status, message, fields, hint.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "docspace: %s", e.Operation)
	if e.Method != "" {
		fmt.Fprintf(&b, ": %s %s", e.Method, e.Path)
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		label := name
		if label == "" {
			label = "body"
		}
		fmt.Fprintf(&b, "; %s: %s", label, strings.Join(e.Fields[name], " "))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (try again in %s)", e.RetryAfter)
	}
	return oneLine(b.String())
}

// oneLine keeps text that others wrote from breaking a line of a log.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// Format implements [fmt.Formatter]: every verb prints the line of Error, so
// that none shows header or body.
func (e *Error) Format(f fmt.State, verb rune) { formatText(f, verb, e.Error()) }

func formatText(f fmt.State, verb rune, text string) {
	if verb != 'q' {
		verb = 's'
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), text)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether e is of the kind target.
func (e *Error) Is(target error) bool {
	if e.kind != nil && e.kind == target {
		return true
	}
	switch target {
	case ErrServer:
		return e.StatusCode >= 500
	case ErrRedirected:
		return e.StatusCode >= 300 && e.StatusCode <= 399
	}
	kind := statusKinds[e.StatusCode]
	return kind != nil && kind == target
}

// LogValue implements [slog.LogValuer]: what Error says, in attributes.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("operation", e.Operation),
		slog.String("method", e.Method),
		slog.String("path", e.Path),
		slog.Int("status", e.StatusCode),
		slog.String("message", e.Message),
		slog.Int("attempts", e.Attempts),
	}
	if len(e.Fields) > 0 {
		attrs = append(attrs, slog.Any("fields", e.Fields))
	}
	if e.Type != "" {
		attrs = append(attrs, slog.String("type", e.Type))
	}
	if e.Hint != "" {
		attrs = append(attrs, slog.String("hint", e.Hint))
	}
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Duration("retry_after", e.RetryAfter))
	}
	return slog.GroupValue(attrs...)
}

// hide removes secrets and signatures from the texts that the server wrote, and
// cuts them to a bearable length.
func (e *Error) hide(secrets []string) {
	clean := func(text string) string { return cut(scrub(text, secrets), maxErrorText) }
	e.Message, e.Type = clean(e.Message), clean(e.Type)
	if len(e.Fields) == 0 {
		return
	}
	fields := make(map[string][]string, len(e.Fields))
	for _, name := range slices.Sorted(maps.Keys(e.Fields))[:min(len(e.Fields), maxErrorFields)] {
		texts := e.Fields[name]
		for _, text := range texts[:min(len(texts), maxErrorFields)] {
			fields[clean(name)] = append(fields[clean(name)], clean(text))
		}
	}
	e.Fields = fields
}

// cause is an error of the network or the decoder without the secrets that a
// server got into its text. [errors.Is] and [errors.As] see through it.
type cause struct {
	err  error
	text string
}

func (c *cause) Error() string                 { return c.text }
func (c *cause) Format(f fmt.State, verb rune) { formatText(f, verb, c.text) }
func (c *cause) Is(target error) bool          { return errors.Is(c.err, target) }
func (c *cause) As(target any) bool            { return errors.As(c.err, target) }

// refuse returns the error of a request that is not sent, with a text a field.
func refuse(op operation, field, text string) *Error {
	return refuseFields(op, map[string][]string{field: {text}})
}

func refuseFields(op operation, fields map[string][]string) *Error {
	return &Error{Operation: op.id, Message: "not sent", Fields: fields, kind: ErrValidation}
}
