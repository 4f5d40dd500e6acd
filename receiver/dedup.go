package receiver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Deduper remembers which events are being handled and which are done, so that
// a [Receiver] can have each handled once. [Memory] is one for a single process;
// processes that share their deliveries need one that they share. It has to be
// safe for concurrent use. Package dedupertest tests the rest of this contract.
type Deduper interface {
	// Claim asks for the right to handle what has this key. It is granted to one
	// caller at a time, for as long as a lease that the Deduper knows: a worker
	// that crashes neither finishes nor releases its claim, and the event must
	// not wait for it forever.
	Claim(ctx context.Context, key string) (Claim, error)
	// Done records that a granted claim's event is handled. It does so after the
	// lease has run out too, unless the key was granted again since.
	Done(ctx context.Context, claim Claim) error
	// Release gives a granted claim back, so that the key can be claimed again.
	// It does nothing if the key was granted again since.
	Release(ctx context.Context, claim Claim) error
}

// Claim is the answer of a [Deduper].
type Claim struct {
	Key   string
	State ClaimState
	// Token tells a granted claim from a later one on the same key.
	Token string
}

// ClaimState says what a [Deduper] knows about a key. Its zero value is the one
// that loses nothing: the portal is asked to try again.
type ClaimState int

// The states of a key at the time of a claim.
const (
	InFlight ClaimState = iota // somebody else has the claim
	Granted                    // the caller has it now
	Finished                   // the event is done
)

// settleTime bounds how long Done and Release of a [Deduper] may take: they run
// when the handler has returned, whether the portal still waits or not.
const settleTime = 5 * time.Second

// ByID is the key that a [Receiver] gives to its [Deduper] unless [WithKey] says
// otherwise: [Event.ID]. The automatic retries of a delivery share it. A retry
// by hand gets a new id from portals up to 3.8 and is handled again, which is
// what whoever asked for it will expect.
//
// Legacy deliveries have no id and get no key: each is handled.
func ByID(event *Event) string {
	if event.ID == 0 {
		return ""
	}
	return strconv.FormatInt(event.ID, 10)
}

// ByPayload is a key for [WithKey] that retries by hand share with the delivery
// they repeat: a hash over the webhook's id and the event's trigger, time, actor
// and payload, all of which a portal keeps.
//
// The time is in whole seconds. So two events of one kind, by one user, about
// one thing in the same state and in the same second are one event under this
// key, and the second of them is not handled: a file downloaded twice, say. And
// a retry by hand does nothing once the event is done.
//
// A legacy delivery is its body and no more, so two equal calls to the portal
// are one event.
func ByPayload(event *Event) string {
	hash := sha256.New()
	if event.Legacy {
		hash.Write(event.Raw)
	} else {
		fmt.Fprintf(hash, "%d %q %d %q ", event.Webhook.ID, event.Trigger, event.Time.Unix(), event.Actor)
		hash.Write(event.Payload)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// spaced puts a portal's name in front of the keys of its events. The name is
// escaped, so that no two names and keys make the same.
func spaced(portal string, key func(*Event) string) func(*Event) string {
	return func(event *Event) string {
		if k := key(event); k != "" {
			return url.PathEscape(portal) + "/" + k
		}
		return ""
	}
}
