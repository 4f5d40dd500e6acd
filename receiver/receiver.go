package receiver

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"time"
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
//	POST, verified, the handler returned ErrUnhandled    204
//	POST, verified, the event was done before            200
//	POST, verified, the handler failed                   500
//	POST, ErrNotSigned or ErrBadSignature                401
//	POST, ErrTooLarge                                    413
//	POST, ErrIncomplete or ErrMalformed                  400
//	POST, ErrInFlight, ErrDeduper, ErrBusy, ErrShutdown  503, Retry-After
//	any other method                                     405
//
// That is all it ever answers: the texts are fixed, and no handler can choose a
// status. Content-Type and Content-Encoding are not looked at. The signature
// covers the bytes that were sent, so a body that is compressed under a good
// signature is a delivery of no known generation: ErrMalformed.
type Receiver struct {
	handle   Handler
	maxBody  int64
	logger   *slog.Logger
	observer Observer
	gate     *gate
	deduper  Deduper
	key      func(*Event) string // "": handle without a claim
	// verify holds the secrets, in a closure so that printing a Receiver does
	// not print them.
	verify func(body []byte, header http.Header) error
}

// New makes a Receiver for deliveries signed with the secret, which is the
// webhook's secretKey. It returns [ErrEmptySecret] if this secret or one of
// [WithSecrets] is empty, and an error if the handler is nil or an option has no
// meaning.
func New(secret string, h Handler, opts ...Option) (*Receiver, error) {
	c := config{
		maxBody:       DefaultMaxBody,
		maxConcurrent: math.MaxInt,
		logger:        slog.New(slog.DiscardHandler),
		observer:      func(context.Context, Observation) {},
		key:           ByID,
	}
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
	key := func(*Event) string { return "" }
	if c.deduped {
		key = spaced(c.portal, c.key)
	}
	return &Receiver{
		handle:   h,
		maxBody:  c.maxBody,
		logger:   c.logger,
		observer: c.observer,
		gate:     newGate(c.maxConcurrent),
		deduper:  c.deduper,
		key:      key,
		verify: func(body []byte, header http.Header) error {
			return Verify(body, header, secrets...)
		},
	}, nil
}

// ServeHTTP answers one request, as listed at [Receiver].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	start := time.Now()
	var o Observation
	switch req.Method {
	case http.MethodHead:
		o.Outcome = OutcomeProbe
	case http.MethodPost:
		if err := r.gate.enter(); err != nil {
			o = refused(err)
			break
		}
		defer r.gate.leave()
		o = r.deliver(w, req)
	default:
		w.Header().Set("Allow", "HEAD, POST")
		o.Outcome = OutcomeMethod
	}
	answer(w, o.Outcome.Status())
	o.Duration = time.Since(start)
	o.log(req.Context(), r.logger, req.Method)
	r.observer(req.Context(), o)
}

// Shutdown waits until no delivery is under way and has those that come after
// its call answered with 503. It returns the context's error if that ends first;
// the Receiver stays shut in any case.
//
// Call it before [http.Server.Shutdown], so that the portal, and a balancer
// before this server, get an answer as long as there is a server to give it.
func (r *Receiver) Shutdown(ctx context.Context) error { return r.gate.close(ctx) }

// deliver does everything about one delivery but answer it.
func (r *Receiver) deliver(w http.ResponseWriter, req *http.Request) Observation {
	body, err := r.read(w, req)
	if err != nil {
		return refused(err)
	}
	if err := r.verify(body, req.Header); err != nil {
		return refused(err)
	}
	event, err := Parse(body)
	if err != nil {
		return refused(err)
	}
	event.Header = req.Header
	o := r.once(req.Context(), event)
	o.Event = event
	return o
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

// answer sends the status with its fixed text, if it has one.
func answer(w http.ResponseWriter, status int) {
	if status == http.StatusServiceUnavailable {
		// Portals keep to their own times; a proxy between may heed it.
		w.Header().Set("Retry-After", "1")
	}
	if status < http.StatusBadRequest {
		w.WriteHeader(status)
	} else {
		http.Error(w, http.StatusText(status), status)
	}
}
