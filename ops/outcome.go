package ops

import "github.com/docspace-go/webhooks/api"

// Outcome is what a row of the log says about its delivery.
//
// Portals of 3.1 to 3.8 write a row when they queue it and once more when they
// are through with it, automatic retries included: six attempts in 31 s and the
// receiver's time (62 s before 3.5). So a row that shows a failure is final
// there, and one that waits looks like one that is being retried (transcripts
// under wire/replay; no recorded row changed after its first outcome).
type Outcome int

// The outcomes.
const (
	// Pending is queued, being retried, or given up without a trace: 3.7 leaves
	// the row as it is when it switches a webhook off instead of sending, MySQL
	// when the receiver's answer is over 64 KiB, PostgreSQL after a 410.
	Pending Outcome = iota
	// Delivered is answered with 2xx. Up to 3.6 that can be the answer of a page
	// that the receiver redirected to.
	Delivered
	// Failed is answered with anything else; 500 is also a time-out.
	Failed
	// NoAnswer is attempted, but never answered: refused, cut off, no TLS.
	NoAnswer
)

var outcomeNames = [...]string{"pending", "delivered", "failed", "no answer"}

// String returns the outcome in words.
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return "unknown"
	}
	return outcomeNames[o]
}

// OutcomeOf reads a row of the log, with all its members.
func OutcomeOf(d api.Delivery) Outcome {
	switch {
	case d.Status >= 200 && d.Status <= 299:
		return Delivered
	case d.Status != 0:
		return Failed
	case d.RequestHeaders != "" || d.ResponsePayload.Set:
		return NoAnswer // both come with the end of the last attempt
	}
	return Pending
}

// classOf returns the class that the log's filter puts a row in.
func classOf(status int32) api.StatusClass {
	switch status / 100 {
	case 0:
		return api.NotSent
	case 2:
		return api.Status2xx
	case 3:
		return api.Status3xx
	case 4:
		return api.Status4xx
	}
	return api.Status5xx
}
