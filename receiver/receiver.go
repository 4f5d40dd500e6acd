package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
)

// Handler does what is to be done about one event. Nil means done, and the
// portal is told so; an error or a panic makes the portal send the delivery
// again, up to five times within about half a minute.
//
// It runs in the request's goroutine, so several run at once. The context ends
// when the portal hangs up, after 100 seconds at the latest.
type Handler func(ctx context.Context, event *Event) error

// Receiver is an [http.Handler] for the address of a webhook. Make it with
// [New]; it is safe for concurrent use.
//
//	HEAD, signed or not: the portal tries the address    200
//	POST, verified, the handler returned nil             204
//	POST, verified, the handler failed                   500
//	POST, ErrNotSigned or ErrBadSignature                401
//	POST, ErrTooLarge                                    413
//	POST, ErrIncomplete or ErrMalformed                  400
//	any other method                                     405
//
// That is all it ever answers: the texts are fixed, and no handler can choose a
// status.
type Receiver struct {
	handle  Handler
	maxBody int64
	logger  *slog.Logger
	// verify holds the secrets, in a closure so that printing a Receiver does
	// not print them.
	verify func(body []byte, header http.Header) error
}

// New makes a Receiver for deliveries signed with the secret, which is the
// webhook's secretKey. It returns [ErrEmptySecret] if this secret or one of
// [WithSecrets] is empty, and an error if the handler is nil or an option has no
// meaning.
func New(secret string, h Handler, opts ...Option) (*Receiver, error) {
	c := config{maxBody: DefaultMaxBody, logger: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&c)
	}
	secrets := append([]string{secret}, c.secrets...)
	switch {
	case slices.Contains(secrets, ""):
		return nil, ErrEmptySecret
	case h == nil:
		return nil, errors.New("receiver: no handler")
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &Receiver{
		handle:  h,
		maxBody: c.maxBody,
		logger:  c.logger,
		verify: func(body []byte, header http.Header) error {
			return Verify(body, header, secrets...)
		},
	}, nil
}

// ServeHTTP answers one request, as listed at [Receiver].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.Method {
	case http.MethodHead:
		r.answer(w, req, slog.LevelDebug, http.StatusOK)
		return
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "HEAD, POST")
		r.answer(w, req, slog.LevelDebug, http.StatusMethodNotAllowed)
		return
	}

	event, err := r.receive(w, req)
	if err != nil {
		r.answer(w, req, slog.LevelWarn, refusal(err), slog.Any("error", err))
		return
	}
	if err := r.run(req.Context(), event); err != nil {
		r.answer(w, req, slog.LevelError, http.StatusInternalServerError, slog.Any("event", event), slog.Any("error", err))
		return
	}
	r.answer(w, req, slog.LevelDebug, http.StatusNoContent, slog.Any("event", event))
}

func (r *Receiver) receive(w http.ResponseWriter, req *http.Request) (*Event, error) {
	body, err := r.read(w, req)
	if err != nil {
		return nil, err
	}
	if err := r.verify(body, req.Header); err != nil {
		return nil, err
	}
	return Parse(body)
}

func (r *Receiver) read(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	// Room for any usual delivery at once, but not for whatever length somebody
	// announces.
	const room = 4 << 10
	buf := bytes.NewBuffer(make([]byte, 0, room))
	_, err := buf.ReadFrom(http.MaxBytesReader(w, req.Body, r.maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, ErrTooLarge
	case err != nil:
		// Not wrapped: the texts of net/http quote what was sent.
		return nil, ErrIncomplete
	}
	return buf.Bytes(), nil
}

// run calls the handler and makes an error of a panic.
func (r *Receiver) run(ctx context.Context, event *Event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("receiver: handler panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return r.handle(ctx, event)
}

// refusal is the status for an error of receive.
func refusal(err error) int {
	switch {
	case errors.Is(err, ErrNotSigned), errors.Is(err, ErrBadSignature):
		return http.StatusUnauthorized
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	default:
		return http.StatusBadRequest
	}
}

// answer sends the status with its fixed text, if it has one, and logs it.
func (r *Receiver) answer(w http.ResponseWriter, req *http.Request, level slog.Level, status int, attrs ...slog.Attr) {
	if status < http.StatusBadRequest {
		w.WriteHeader(status)
	} else {
		http.Error(w, http.StatusText(status), status)
	}
	attrs = append([]slog.Attr{slog.String("method", req.Method), slog.Int("status", status)}, attrs...)
	r.logger.LogAttrs(req.Context(), level, "webhook request", attrs...)
}
