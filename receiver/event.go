package receiver

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Event is one delivery, decoded by [Parse].
//
// What a portal leaves out is zero here, and so is a member of a kind that this
// package does not know; Raw always has it. Printed or logged, an Event shows
// its identity only: bodies carry personal data, and those of portals up to 3.0
// the secrets of webhooks.
type Event struct {
	// ID identifies the event within its portal: the id of its row in the
	// portal's log, and the id to give to the retry calls of the API. It stays
	// the same over the automatic retries of a delivery. A retry by hand gets a
	// new one up to 3.8; the release after that is announced to keep it. It is
	// never 0, except in a legacy delivery.
	ID int64
	// Time is when the event happened, in UTC and whole seconds. Retries of
	// either kind keep it.
	Time time.Time
	// Actor is the id, a UUID, of the user who caused the event; empty if the
	// portal itself did.
	Actor string
	// Trigger is the event's name, as in "file.created". Newer portals send
	// names that no list here has. It is "*" if a portal repeats a delivery that
	// it stored before 3.1.
	Trigger string
	// TriggerID is the bit of the trigger in the API's sets of triggers.
	TriggerID int64
	// Attempt counts the automatic retries: 0 at first, then 1 to 5 unless the
	// portal is set up otherwise.
	Attempt int
	// Legacy marks a delivery of a portal up to 3.0: the answer of the API call
	// that caused it, without a word about event or webhook. Only Payload and
	// Raw are set then.
	Legacy bool
	// Webhook is the subscription that the delivery belongs to.
	Webhook Webhook
	// Payload is the user, group, file, folder, room, agent or form that the
	// event is about, as JSON. Its members depend on the portal's version;
	// [Event.User] and the like decode either kind. It is a JSON string if a
	// portal repeats a delivery that it stored before 3.1, and the "response" of
	// the answer in a legacy delivery.
	Payload json.RawMessage
	// Raw is the body as it was signed: the slice given to Parse, not a copy.
	Raw []byte
	// Header is what the delivery came with, its signature included, for a
	// handler that passes it on whole. Parse leaves it nil.
	Header http.Header
}

// Webhook is the subscription that a delivery belongs to, as it was when the
// event happened, and what the portal says about earlier attempts. The latter
// is there in automatic retries only.
type Webhook struct {
	ID   int64
	Name string
	URL  string
	// Triggers are the names of the events subscribed to, or "*" alone for all.
	Triggers []string
	// Target is nil unless the subscription is bound to one entity.
	Target *Target
	// LastFailureOn is when the attempt before this one was sent. One that timed
	// out failed 100 seconds later.
	LastFailureOn time.Time
	// LastFailureContent is the portal's own text about how it failed.
	LastFailureContent string
	// LastSuccessOn is when a delivery last succeeded; zero if none ever did.
	// Portals on MySQL write it without a zone, in UTC.
	LastSuccessOn time.Time
	// RetryOn is when this attempt was sent.
	RetryOn time.Time
}

// Target is the one entity that a subscription is bound to.
type Target struct {
	// ID is the entity's id as text: digits for most files, folders, rooms and
	// forms, a UUID for users and groups, anything for third-party storage.
	ID string
	// RawID is the id as JSON, where a number and a string differ.
	RawID json.RawMessage
	// Type is the first part of the trigger's name, as in "file".
	Type string
}

// String names the event without its contents.
func (e Event) String() string {
	if e.Legacy {
		return fmt.Sprintf("legacy delivery of %d bytes", len(e.Raw))
	}
	return fmt.Sprintf("event %d %q, attempt %d, webhook %d", e.ID, e.Trigger, e.Attempt, e.Webhook.ID)
}

// GoString is String, so that %#v does not print the contents either.
func (e Event) GoString() string { return e.String() }

// LogValue names the event without its contents.
func (e Event) LogValue() slog.Value {
	if e.Legacy {
		return slog.GroupValue(slog.Bool("legacy", true), slog.Int("bytes", len(e.Raw)))
	}
	return slog.GroupValue(
		slog.Int64("id", e.ID),
		slog.String("trigger", e.Trigger),
		slog.Int("attempt", e.Attempt),
		slog.Int64("webhook", e.Webhook.ID),
	)
}
