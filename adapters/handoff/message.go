package handoff

import (
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/docspace-go/webhooks/receiver"
)

// The metadata of a message. In legacy deliveries, which say nothing about event
// and webhook, only the first two are there.
const (
	MetaPortal      = "docspace_portal"       // the name given to New
	MetaContentType = "docspace_content_type" // of the payload: application/json
	MetaEventID     = "docspace_event_id"     // Event.ID
	MetaEventTime   = "docspace_event_time"   // Event.Time as in RFC 3339, if it is known
	MetaTrigger     = "docspace_trigger"      // Event.Trigger
	MetaAttempt     = "docspace_attempt"      // Event.Attempt
	MetaWebhookID   = "docspace_webhook_id"   // Event.Webhook.ID
)

// traceHeaders are passed on under their own names, where Watermill's middleware
// for OpenTelemetry looks for them. No other header of a delivery is: they are
// not signed, and what a proxy or the portal's sender adds may be secret.
var traceHeaders = []string{"traceparent", "tracestate"}

// Message makes the message of an event: its payload is [receiver.Event.Raw],
// not a copy, its id is [MessageID]. A legacy delivery has a random id, because
// nothing tells its repetition from another event.
func Message(portal string, event *receiver.Event) *message.Message {
	msg := message.NewMessage("", event.Raw)
	msg.Metadata.Set(MetaPortal, portal)
	msg.Metadata.Set(MetaContentType, "application/json")
	for _, name := range traceHeaders {
		if value := event.Header.Get(name); value != "" {
			msg.Metadata.Set(name, value)
		}
	}
	if event.ID == 0 {
		msg.UUID = watermill.NewUUID()
		return msg
	}
	msg.UUID = MessageID(portal, event.ID)
	msg.Metadata.Set(MetaEventID, strconv.FormatInt(event.ID, 10))
	if !event.Time.IsZero() {
		msg.Metadata.Set(MetaEventTime, event.Time.Format(time.RFC3339))
	}
	msg.Metadata.Set(MetaTrigger, event.Trigger)
	msg.Metadata.Set(MetaAttempt, strconv.Itoa(event.Attempt))
	msg.Metadata.Set(MetaWebhookID, strconv.FormatInt(event.Webhook.ID, 10))
	return msg
}

// MessageID is the id of the message of an event: its id within its portal as a
// UUID, which is all that Watermill's SQL tables have room for. It is of version
// 5 in the name space of URLs, over the portal's name, a slash, and the event's id
// in decimal.
func MessageID(portal string, eventID int64) string {
	name := portal + "/" + strconv.FormatInt(eventID, 10)
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String()
}
