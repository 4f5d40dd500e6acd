package receiver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Outcome is what became of a request. There are few of them, so that they can
// name a counter; all but [OutcomeProbe] and [OutcomeMethod] are about
// deliveries.
type Outcome string

// The outcomes there are.
const (
	OutcomeHandled   Outcome = "handled"   // the handler returned nil
	OutcomeUnhandled Outcome = "unhandled" // the handler returned ErrUnhandled
	OutcomeDuplicate Outcome = "duplicate" // the event was done before
	OutcomeFailed    Outcome = "failed"    // the handler returned an error or panicked

	OutcomeInFlight Outcome = "in_flight"     // ErrInFlight
	OutcomeDeduper  Outcome = "deduper_error" // ErrDeduper
	OutcomeBusy     Outcome = "busy"          // ErrBusy
	OutcomeShutdown Outcome = "shutdown"      // ErrShutdown

	OutcomeNotSigned    Outcome = "not_signed"    // ErrNotSigned
	OutcomeBadSignature Outcome = "bad_signature" // ErrBadSignature
	OutcomeTooLarge     Outcome = "too_large"     // ErrTooLarge
	OutcomeIncomplete   Outcome = "incomplete"    // ErrIncomplete
	OutcomeMalformed    Outcome = "malformed"     // ErrMalformed

	OutcomeProbe  Outcome = "probe"  // HEAD
	OutcomeMethod Outcome = "method" // neither HEAD nor POST
)

// outcomes is all that a Receiver ever answers and how it logs it.
var outcomes = map[Outcome]struct {
	status int
	level  slog.Level
}{
	OutcomeHandled:      {http.StatusNoContent, slog.LevelDebug},
	OutcomeUnhandled:    {http.StatusNoContent, slog.LevelDebug},
	OutcomeDuplicate:    {http.StatusOK, slog.LevelDebug},
	OutcomeFailed:       {http.StatusInternalServerError, slog.LevelError},
	OutcomeInFlight:     {http.StatusServiceUnavailable, slog.LevelDebug},
	OutcomeDeduper:      {http.StatusServiceUnavailable, slog.LevelError},
	OutcomeBusy:         {http.StatusServiceUnavailable, slog.LevelWarn},
	OutcomeShutdown:     {http.StatusServiceUnavailable, slog.LevelWarn},
	OutcomeNotSigned:    {http.StatusUnauthorized, slog.LevelWarn},
	OutcomeBadSignature: {http.StatusUnauthorized, slog.LevelWarn},
	OutcomeTooLarge:     {http.StatusRequestEntityTooLarge, slog.LevelWarn},
	OutcomeIncomplete:   {http.StatusBadRequest, slog.LevelWarn},
	OutcomeMalformed:    {http.StatusBadRequest, slog.LevelWarn},
	OutcomeProbe:        {http.StatusOK, slog.LevelDebug},
	OutcomeMethod:       {http.StatusMethodNotAllowed, slog.LevelDebug},
}

// Status is the answer to a request with this outcome; 0 if there is no such
// outcome.
func (o Outcome) Status() int { return outcomes[o].status }

// Observation is what a [Receiver] tells about one request.
type Observation struct {
	Outcome Outcome
	// Event is the delivery; nil if there was none that verified.
	Event *Event
	// Err is why it was refused or what the handler failed at. With
	// [OutcomeHandled] and [OutcomeUnhandled] it is set if a [Deduper] could not
	// record that. It holds no secret and no signature, but a handler's error
	// has the text it has.
	Err error
	// Duration is how long the request took, reading its body included.
	Duration time.Duration
	// HandlerDuration is how long the handler ran; 0 if it did not.
	HandlerDuration time.Duration
}

// Observer is told about each request once it is answered, in the request's
// goroutine. It is where counters and histograms hang.
type Observer func(ctx context.Context, o Observation)

// LogValue shows the event by its identity, without its contents.
func (o Observation) LogValue() slog.Value { return slog.GroupValue(o.attrs()...) }

func (o Observation) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.Int("status", o.Outcome.Status()),
		slog.String("outcome", string(o.Outcome)),
		slog.Duration("duration", o.Duration),
	}
	if o.Event != nil {
		attrs = append(attrs, slog.Any("event", o.Event))
	}
	if o.Err != nil {
		attrs = append(attrs, slog.Any("error", o.Err))
	}
	return attrs
}

// log writes the record of one request.
func (o Observation) log(ctx context.Context, logger *slog.Logger, method string) {
	level := outcomes[o.Outcome].level
	if o.Err != nil && (o.Outcome == OutcomeHandled || o.Outcome == OutcomeUnhandled) {
		level = slog.LevelError
	}
	logger.LogAttrs(ctx, level, "webhook request", append(o.attrs(), slog.String("method", method))...)
}

// refused is the observation of a delivery that did not get to the handler.
func refused(err error) Observation {
	o := Observation{Err: err}
	switch {
	case errors.Is(err, ErrBusy):
		o.Outcome = OutcomeBusy
	case errors.Is(err, ErrShutdown):
		o.Outcome = OutcomeShutdown
	case errors.Is(err, ErrNotSigned):
		o.Outcome = OutcomeNotSigned
	case errors.Is(err, ErrBadSignature):
		o.Outcome = OutcomeBadSignature
	case errors.Is(err, ErrTooLarge):
		o.Outcome = OutcomeTooLarge
	case errors.Is(err, ErrIncomplete):
		o.Outcome = OutcomeIncomplete
	case errors.Is(err, ErrDeduper):
		o.Outcome = OutcomeDeduper
	case errors.Is(err, ErrInFlight):
		o.Outcome = OutcomeInFlight
	default:
		o.Outcome = OutcomeMalformed
	}
	return o
}
