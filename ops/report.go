package ops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docspace-go/webhooks/api"
)

// RetryState is what became of a failed delivery.
type RetryState int

// The states. The first four are of deliveries that were sent again.
const (
	// Queued is sent again, outcome not known (yet).
	Queued RetryState = iota
	// Redelivered is sent again with success.
	Redelivered
	// FailedAgain is sent again and failed again.
	FailedAgain
	// Vanished is sent again, but its new row is gone with its webhook.
	Vanished
	// Planned is to be sent: all there is of a dry run, and what a run that
	// ended early has left.
	Planned
	// Superseded is an older link of a chain: a later row of the same event
	// failed as well and stands for it.
	Superseded
	// AlreadyDelivered was delivered by a later row of the same event.
	AlreadyDelivered
	// AlreadyPending has a later row of the same event that waits.
	AlreadyPending
	// PassedOver was asked for, and the portal did not do it: the row is gone
	// with its webhook, or another person's.
	PassedOver
	// Unclear may be delivered or not, and is not sent, lest it be doubled. It
	// is up to a person: [api.Client.RetryDelivery].
	Unclear
	retryStates
)

var retryStateNames = [retryStates]string{
	"queued", "redelivered", "failed again", "vanished", "planned", "superseded",
	"already delivered", "already pending", "passed over", "unclear",
}

// String returns the state in words.
func (s RetryState) String() string {
	if s < 0 || s >= retryStates {
		return fmt.Sprintf("state %d", int(s))
	}
	return retryStateNames[s]
}

// Retry is a failed delivery and what became of it.
type Retry struct {
	Delivery api.DeliveryID
	// Webhook is 0 where the payload does not name it, as on portals of 3.0.
	Webhook api.WebhookID
	Trigger api.Triggers
	State   RetryState
	// New is the row that was made for it, 0 if none was.
	New api.DeliveryID
	// Guessed says that New may belong to another delivery of the report that
	// tells the same webhook the same.
	Guessed bool
	// By is the later row that State speaks of, or 0.
	By api.DeliveryID
}

// RetryReport is what [RetryFailed] found and did.
type RetryReport struct {
	// Retries has the failed deliveries, oldest first.
	Retries []Retry
	// Pending counts the rows of the log without an outcome when it was read.
	// They are left alone.
	Pending int
}

// Count returns how many deliveries are in one of states.
func (r RetryReport) Count(states ...RetryState) int {
	n := 0
	for _, retry := range r.Retries {
		if slices.Contains(states, retry.State) {
			n++
		}
	}
	return n
}

// String returns one line: "12 failed: 10 redelivered, 2 already delivered".
func (r RetryReport) String() string {
	var parts []string
	for state := range retryStates {
		if n := r.Count(state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	text := fmt.Sprintf("%d failed", len(r.Retries))
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

// StoppedError is a [RetryFailed] that ended early.
type StoppedError struct {
	// Left counts the deliveries that were to be sent and were not.
	Left int
	// InDoubt counts those of a batch that may have been sent. The next run
	// with the same journal finds out.
	InDoubt int
	Err     error
}

// Error says what ended the run and what to do.
func (e *StoppedError) Error() string {
	text := fmt.Sprintf("docspace: retrying stopped: %s", strings.TrimPrefix(e.Err.Error(), "docspace: "))
	if e.Left > 0 || e.InDoubt > 0 {
		text += fmt.Sprintf(" (%d not sent, %d in doubt: run again with the same journal)", e.Left, e.InDoubt)
	}
	return text
}

// Unwrap returns Err.
func (e *StoppedError) Unwrap() error { return e.Err }
