package receiver

import "errors"

// The texts of these errors, and of those that wrap them, contain neither a
// secret nor a signature, neither the one received nor the one expected.
var (
	// ErrEmptySecret reports that there is no secret to verify with, or that one
	// of several is empty: anybody could sign for it. [New] and [Verify] return
	// it. It is a mistake in the configuration, so a [Receiver] never gets as
	// far as answering it; a handler of your own should answer 500.
	ErrEmptySecret = errors.New("receiver: empty secret")

	// ErrNotSigned reports that the signature is missing, is not well formed or
	// is there several times with different values. [Verify] returns it. The
	// answer is 401: no portal sends such a request.
	ErrNotSigned = errors.New("receiver: not signed")

	// ErrBadSignature reports a well-formed signature that none of the secrets
	// makes over this body. [Verify] returns it. The answer is 401: the portal
	// repeats the delivery, so one that was signed with a secret just being
	// changed still gets through once this side knows it too.
	ErrBadSignature = errors.New("receiver: signature does not match")

	// ErrTooLarge reports a body over the limit of [WithMaxBody]. It appears in
	// the log of a [Receiver]. The answer is 413, not the 401 that verifying a
	// shortened body would give, so that the cause can be seen in the portal.
	ErrTooLarge = errors.New("receiver: body too large")

	// ErrIncomplete reports a body that could not be read to its end: connection
	// lost, deadline passed, transfer encoding broken. It appears in the log of
	// a [Receiver]. The answer, if anybody still waits for it, is 400.
	ErrIncomplete = errors.New("receiver: body incomplete")

	// ErrMalformed reports a body that is no delivery of any known generation.
	// [Parse] returns it. The answer is 400; after [Verify] it means that the
	// secret serves something else too, or that this package is too old.
	ErrMalformed = errors.New("receiver: not a delivery")

	// ErrUnhandled reports that a handler has nothing to do for an event.
	// [Mux.Handle] returns it, and so may a handler of your own. The answer is
	// 204: the portal is done with it, and [OutcomeUnhandled] counts it.
	ErrUnhandled = errors.New("receiver: no handler for the event")

	// ErrInFlight reports an event that is just being handled, by this process
	// or another. It appears in the log of a [Receiver]. The answer is 503,
	// because a 2xx would lose the event if that handler then failed.
	ErrInFlight = errors.New("receiver: event is being handled")

	// ErrDeduper reports that a [Deduper] failed; its own error is wrapped too.
	// It appears in the log of a [Receiver]. The answer is 503 if the event
	// could not be claimed; after that it is the handler's.
	ErrDeduper = errors.New("receiver: deduper")

	// ErrBusy reports a delivery over the limit of [WithMaxConcurrent]. It
	// appears in the log of a [Receiver]. The answer is 503.
	ErrBusy = errors.New("receiver: too many deliveries at once")

	// ErrShutdown reports a delivery after [Receiver.Shutdown] was called. It
	// appears in the log of a [Receiver]. The answer is 503.
	ErrShutdown = errors.New("receiver: shut down")
)
