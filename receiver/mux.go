package receiver

import (
	"context"
	"fmt"
	"strings"
)

// Mux hands each event to one of several handlers by the name of its trigger.
// Its Handle method is the [Handler] to give to [New]. The zero value is ready;
// register everything before the first delivery.
type Mux struct {
	handlers map[string]Handler
}

// On registers a handler for a pattern:
//
//	file.created    this trigger
//	form.*          all that begins with "form.", as form.filled.out
//	*               all that no other pattern fits, legacy deliveries included
//
// The most specific pattern that fits gets the event, whatever the order of
// registration. On panics if the pattern is of no such form or is there already,
// or if the handler is nil.
func (m *Mux) On(pattern string, h Handler) {
	prefix, _ := strings.CutSuffix(pattern, ".*")
	switch _, there := m.handlers[pattern]; {
	case there:
		panic(fmt.Sprintf("receiver: Mux has a handler for %q already", pattern))
	case h == nil:
		panic(fmt.Sprintf("receiver: nil handler for %q", pattern))
	case pattern != "*" && (prefix == "" || strings.Contains(prefix, "*")):
		panic(fmt.Sprintf("receiver: %q is no pattern", pattern))
	}
	if m.handlers == nil {
		m.handlers = map[string]Handler{}
	}
	m.handlers[pattern] = h
}

// Handle calls the handler for the event and returns what it returns. Without
// one it returns an error that wraps [ErrUnhandled], which a [Receiver] takes
// for success and counts as [OutcomeUnhandled].
func (m *Mux) Handle(ctx context.Context, event *Event) error {
	h := m.find(event.Trigger)
	if h == nil {
		return fmt.Errorf("%w: %q", ErrUnhandled, event.Trigger)
	}
	return h(ctx, event)
}

func (m *Mux) find(trigger string) Handler {
	if h := m.handlers[trigger]; h != nil {
		return h
	}
	for dot := strings.LastIndexByte(trigger, '.'); dot >= 0; dot = strings.LastIndexByte(trigger[:dot], '.') {
		if h := m.handlers[trigger[:dot]+".*"]; h != nil {
			return h
		}
	}
	return m.handlers["*"]
}

// Typed makes a [Handler] of a function that gets the payload decoded, with one
// of the accessors of [Event]:
//
//	mux.On("file.*", receiver.Typed((*receiver.Event).File, index))
//
// An event that the accessor refuses fails, so choose pattern and accessor of
// one family.
func Typed[T any](decode func(*Event) (T, error), handle func(context.Context, *Event, T) error) Handler {
	if decode == nil || handle == nil {
		panic("receiver: Typed without a function")
	}
	return func(ctx context.Context, event *Event) error {
		payload, err := decode(event)
		if err != nil {
			return err
		}
		return handle(ctx, event, payload)
	}
}
