package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/docspace-go/webhooks/receiver"
)

// DefaultTimeout is the limit of [WithTimeout] unless it is given. It is less
// than the 30 seconds that the release after 3.8 is announced to wait for an
// answer.
const DefaultTimeout = 20 * time.Second

// Option changes what [New] makes.
type Option func(*handoff)

// WithTimeout waits for the broker's confirmation for d, more than 0, instead of
// [DefaultTimeout]. After it the event has failed as far as the portal knows;
// should the broker have it nevertheless, it gets it again with the same id.
func WithTimeout(d time.Duration) Option {
	return func(h *handoff) { h.timeout = d }
}

type handoff struct {
	publisher     message.Publisher
	topic, portal string
	timeout       time.Duration
}

// New makes a handler that publishes each event to the topic, as [Message] makes
// it. The portal is the name that [receiver.WithDeduper] has too.
//
// The handler fails if the publisher does, panics, or takes too long.
//
// New returns an error if the publisher is nil, a name is empty, or an option
// has no meaning.
func New(p message.Publisher, topic, portal string, opts ...Option) (receiver.Handler, error) {
	h := &handoff{publisher: p, topic: topic, portal: portal, timeout: DefaultTimeout}
	for _, opt := range opts {
		opt(h)
	}
	switch {
	case p == nil:
		return nil, errors.New("handoff: no publisher")
	case topic == "":
		return nil, errors.New("handoff: no topic")
	case portal == "":
		return nil, errors.New("handoff: no name of the portal")
	case h.timeout <= 0:
		return nil, fmt.Errorf("handoff: WithTimeout(%v): not a limit", h.timeout)
	}
	return h.handle, nil
}

// handle does not rely on the publisher to heed a context: some wait for their
// broker as long as it takes.
func (h *handoff) handle(ctx context.Context, event *receiver.Event) error {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	msg := Message(h.portal, event)
	msg.SetContext(ctx)
	confirmed := make(chan error, 1)
	go func() { confirmed <- h.publish(msg) }()
	var err error
	select {
	case err = <-confirmed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("handoff: publish to %q: %w", h.topic, err)
	}
	return nil
}

// publish makes an error of a publisher's panic, which would end the process.
func (h *handoff) publish(msg *message.Message) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("publisher panicked: %v", v)
		}
	}()
	return h.publisher.Publish(h.topic, msg)
}
