package handoff_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/docspace-go/webhooks/adapters/handoff"
	"github.com/docspace-go/webhooks/adapters/internal/portal"
	"github.com/docspace-go/webhooks/adapters/internal/services"
)

// TestBrokers sends signed deliveries through a receiver to each broker and
// reads them back.
func TestBrokers(t *testing.T) {
	const sent = 1000
	rows := fmt.Sprintf("%-12s%8s%12s%10s%11s\n", "engine", "sent", "confirmed", "received", "identical")
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			services.Need(t, e.name, e.addr)
			topic := ownTopic()
			broker := e.open(t, e.addr, topic)
			initialize(t, broker.subscriber, topic)

			deliver := serveTopic(t, broker.publisher, topic)
			confirmed := sendAll(t, deliver, sent)
			received, identical := receiveAll(t, broker.subscriber, topic, len(confirmed))
			rows += fmt.Sprintf("%-12s%8d%12d%10d%11d\n", e.name, sent, len(confirmed), received, identical)
			if len(confirmed) != sent || received != sent || identical != sent {
				t.Errorf("%d sent, %d confirmed, %d received, %d of them identical", sent, len(confirmed), received, identical)
			}
		})
	}
	t.Log("\n" + rows)
}

var topics atomic.Int64

// ownTopic is a name that every engine takes and nobody else uses.
func ownTopic() string {
	return fmt.Sprintf("docspace_test_%d_%d", time.Now().UnixNano(), topics.Add(1))
}

// initialize makes the queue, the stream or the table there.
func initialize(t *testing.T, s message.Subscriber, topic string) {
	t.Helper()
	if s, ok := s.(message.SubscribeInitializer); ok {
		if err := s.SubscribeInitialize(topic); err != nil {
			t.Fatal(err)
		}
	}
}

// oddBody is a delivery; one in ten is not UTF-8, which JSON decoders let pass.
func oddBody(id int64) []byte {
	body := portal.Body(id, "file.created", 0)
	if id%10 == 0 {
		return []byte(strings.Replace(string(body), "Söhne", "S\xf6hne", 1))
	}
	return body
}

// sendAll delivers n events, several at once, and returns the ids of those that
// were answered 204.
func sendAll(t *testing.T, deliver func([]byte) int, n int64) (confirmed []int64) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	ids := make(chan int64)
	for range 10 {
		wg.Go(func() {
			for id := range ids {
				if deliver(oddBody(id)) == http.StatusNoContent {
					mu.Lock()
					confirmed = append(confirmed, id)
					mu.Unlock()
				}
			}
		})
	}
	for id := range n {
		ids <- id + 1
	}
	close(ids)
	wg.Wait()
	return confirmed
}

// receiveAll reads until so many events have come, and half a second more. It
// returns how many there were, and how many messages were as they should be.
func receiveAll(t *testing.T, s message.Subscriber, topic string, want int) (received, identical int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	messages, err := s.Subscribe(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	quiet := 20 * time.Second
	for {
		if len(seen) >= want {
			quiet = 500 * time.Millisecond
		}
		select {
		case msg, ok := <-messages:
			if !ok {
				return len(seen), identical
			}
			msg.Ack()
			if seen[msg.UUID] {
				t.Errorf("%s came twice", msg.UUID)
			}
			seen[msg.UUID] = true
			if asSent(msg) {
				identical++
			}
		case <-time.After(quiet):
			return len(seen), identical
		}
	}
}

// asSent compares a message with what must have been sent, byte for byte.
func asSent(msg *message.Message) bool {
	var id int64
	if _, err := fmt.Sscan(msg.Metadata.Get(handoff.MetaEventID), &id); err != nil {
		return false
	}
	return string(msg.Payload) == string(oddBody(id)) &&
		msg.UUID == handoff.MessageID(portal.Host, id) &&
		msg.Metadata.Get(handoff.MetaPortal) == portal.Host &&
		msg.Metadata.Get(handoff.MetaTrigger) == "file.created" &&
		msg.Metadata.Get(handoff.MetaAttempt) == "0" &&
		msg.Metadata.Get(handoff.MetaWebhookID) == "7"
}
