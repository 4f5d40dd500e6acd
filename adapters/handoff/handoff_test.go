package handoff_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/docspace-go/webhooks/adapters/handoff"
	"github.com/docspace-go/webhooks/adapters/internal/portal"
	"github.com/docspace-go/webhooks/receiver"
)

// publisher is a Watermill publisher made of a function.
type publisher func(topic string, msg *message.Message) error

func (p publisher) Publish(topic string, messages ...*message.Message) error {
	if len(messages) != 1 {
		return fmt.Errorf("%d messages at once", len(messages))
	}
	return p(topic, messages[0])
}

func (publisher) Close() error { return nil }

func TestNew(t *testing.T) {
	t.Parallel()
	ok := publisher(func(string, *message.Message) error { return nil })
	for name, make := range map[string]func() (receiver.Handler, error){
		"no publisher": func() (receiver.Handler, error) { return handoff.New(nil, "topic", portal.Host) },
		"no topic":     func() (receiver.Handler, error) { return handoff.New(ok, "", portal.Host) },
		"no portal":    func() (receiver.Handler, error) { return handoff.New(ok, "topic", "") },
		"no time":      func() (receiver.Handler, error) { return handoff.New(ok, "topic", portal.Host, handoff.WithTimeout(0)) },
	} {
		if h, err := make(); err == nil || h != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestMessage looks at the whole of what is published.
func TestMessage(t *testing.T) {
	t.Parallel()
	var got *message.Message
	deliver := serve(t, publisher(func(topic string, msg *message.Message) error {
		if topic != "topic" {
			t.Errorf("published to %q", topic)
		}
		if _, ok := msg.Context().Deadline(); !ok {
			t.Error("published without a limit on time")
		}
		got = msg
		return nil
	}))

	body := portal.Body(138769, "file.created", 3)
	mustAnswer(t, deliver(body), http.StatusNoContent)
	if string(got.Payload) != string(body) {
		t.Errorf("the payload is %q", got.Payload)
	}
	want := message.Metadata{
		handoff.MetaPortal:      portal.Host,
		handoff.MetaContentType: "application/json",
		handoff.MetaEventID:     "138769",
		handoff.MetaEventTime:   "2026-09-17T10:22:56Z",
		handoff.MetaTrigger:     "file.created",
		handoff.MetaAttempt:     "3",
		handoff.MetaWebhookID:   "7",
	}
	if !maps.Equal(got.Metadata, want) {
		t.Errorf("the metadata are %v", got.Metadata)
	}
	_, mac, _ := strings.Cut(receiver.Sign(body, portal.Secret), "=")
	if text := fmt.Sprint(got.UUID, got.Metadata, string(got.Payload)); strings.Contains(strings.ToUpper(text), mac) {
		t.Error("the signature is in the message")
	}

	first := got.UUID
	mustAnswer(t, deliver(portal.Body(138769, "file.created", 4)), http.StatusNoContent)
	if got.UUID != first || first != handoff.MessageID(portal.Host, 138769) {
		t.Errorf("an event has the ids %q and %q", first, got.UUID)
	}
}

// TestHeader: of what a delivery came with, only the trace goes on.
func TestHeader(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	for _, name := range []string{receiver.SignatureHeader, "Traceparent", "Tracestate", "Cookie", "Authorization", "X-Forwarded-For"} {
		header.Set(name, "value of "+name)
	}
	msg := handoff.Message(portal.Host, &receiver.Event{ID: 1, Header: header})
	var got []string
	for key, value := range msg.Metadata {
		if strings.HasPrefix(value, "value of ") {
			got = append(got, key)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"traceparent", "tracestate"}) {
		t.Errorf("passed on: %q", got)
	}
}

// TestLegacy: a delivery of 3.0 has no event, and no id that it shares.
func TestLegacy(t *testing.T) {
	t.Parallel()
	var ids []string
	deliver := serve(t, publisher(func(_ string, msg *message.Message) error {
		ids = append(ids, msg.UUID)
		if len(msg.Metadata) != 2 {
			t.Errorf("the metadata are %v", msg.Metadata)
		}
		return nil
	}))
	for range 2 {
		mustAnswer(t, deliver([]byte(`{"response":{"id":2},"count":1,"statusCode":200}`)), http.StatusNoContent)
	}
	if len(ids) != 2 || ids[0] == ids[1] || uuid.Validate(ids[0]) != nil {
		t.Errorf("the ids are %q", ids)
	}
}

func TestMessageID(t *testing.T) {
	t.Parallel()
	// Computed with Python's uuid module.
	if id := handoff.MessageID("acme.onlyoffice.com", 138769); id != "4b6f111d-8af0-5be9-8bc0-951b04c040f6" {
		t.Errorf("the id is %q", id)
	}
	seen := map[string]bool{}
	for _, id := range []string{
		handoff.MessageID("a", 11), handoff.MessageID("a", 1), handoff.MessageID("a/1", 1), handoff.MessageID("b", 1),
	} {
		if seen[id] {
			t.Errorf("%q is there twice", id)
		}
		seen[id] = true
	}
}

// TestFailures: whatever is wrong with the publisher, the portal is asked to
// deliver again.
func TestFailures(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	errBroker := errors.New("no broker")
	for name, test := range map[string]struct {
		publish publisher
		want    error // nil: any
	}{
		"error":  {func(string, *message.Message) error { return errBroker }, errBroker},
		"panic":  {func(string, *message.Message) error { panic("no") }, nil},
		"hangs":  {func(string, *message.Message) error { <-hang; return nil }, context.DeadlineExceeded},
		"closed": {func(_ string, msg *message.Message) error { <-msg.Context().Done(); return msg.Context().Err() }, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen receiver.Observation
			deliver := serve(t, test.publish, receiver.WithObserver(func(_ context.Context, o receiver.Observation) { seen = o }))
			mustAnswer(t, deliver(portal.Body(1, "file.created", 0)), http.StatusInternalServerError)
			if seen.Err == nil || test.want != nil && !errors.Is(seen.Err, test.want) || !strings.HasPrefix(seen.Err.Error(), `handoff: publish to "topic": `) {
				t.Errorf("failed with %v, want %v", seen.Err, test.want)
			}
		})
	}
}

func TestConsume(t *testing.T) {
	t.Parallel()
	errWork := errors.New("no")
	for name, test := range map[string]struct {
		payload string
		work    error
		want    error
	}{
		"done":      {payload: string(portal.Body(1, "file.created", 0))},
		"unhandled": {payload: string(portal.Body(1, "file.created", 0)), work: receiver.ErrUnhandled},
		"failed":    {payload: string(portal.Body(1, "file.created", 0)), work: errWork, want: errWork},
		"foreign":   {payload: "hello", want: receiver.ErrMalformed},
	} {
		msg := message.NewMessage("id", message.Payload(test.payload))
		err := handoff.Consume(func(ctx context.Context, event *receiver.Event) error {
			if ctx != msg.Context() || string(event.Raw) != test.payload {
				t.Errorf("%s: another context or event %v", name, event)
			}
			return test.work
		})(msg)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// serve puts a receiver that publishes behind a server and returns a function
// that delivers a body to it and returns the answer's status.
func serve(t *testing.T, p message.Publisher, opts ...receiver.Option) (deliver func(body []byte) int) {
	t.Helper()
	return serveTopic(t, p, "topic", opts...)
}

func serveTopic(t *testing.T, p message.Publisher, topic string, opts ...receiver.Option) (deliver func(body []byte) int) {
	t.Helper()
	handle, err := handoff.New(p, topic, portal.Host, handoff.WithTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	hook, err := receiver.New(portal.Secret, handle, opts...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hook)
	t.Cleanup(server.Close)
	return func(body []byte) int {
		status, err := portal.Post(t.Context(), server.Client(), server.URL, body)
		if err != nil {
			t.Error(err)
		}
		return status
	}
}

func mustAnswer(t *testing.T, got, want int) {
	t.Helper()
	if got != want {
		t.Fatalf("answered %d, want %d", got, want)
	}
}
