package handoff

import (
	"errors"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/docspace-go/webhooks/receiver"
)

// Consume makes a handler for Watermill's router that decodes a message and
// calls h, which may be the Handle of a [receiver.Mux]. Its context is the
// message's.
//
// The message is acknowledged if h returns nil or [receiver.ErrUnhandled]. The
// handler's other errors go to the router, which has the message come again
// unless its middleware says otherwise. So does [receiver.ErrMalformed], of a
// message that [New] did not publish: give the router a poison queue.
func Consume(h receiver.Handler) message.NoPublishHandlerFunc {
	return func(msg *message.Message) error {
		event, err := receiver.Parse(msg.Payload)
		if err != nil {
			return err
		}
		if err := h(msg.Context(), event); !errors.Is(err, receiver.ErrUnhandled) {
			return err
		}
		return nil
	}
}
