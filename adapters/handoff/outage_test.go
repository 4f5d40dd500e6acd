package handoff_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/adapters/internal/services"
)

// TestOutage: a broker that is killed keeps what it has confirmed, and while it
// is away the portal is asked to deliver again.
func TestOutage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		start func(testing.TB) *services.Own
		open  func(t *testing.T, addr, topic string) engine
	}{
		"Redis": {func(t testing.TB) *services.Own { return services.OwnRedis(t, true) }, redisStreams},
		"NATS":  {services.OwnNATS, jetStream},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := test.start(t)
			topic := ownTopic()
			broker := test.open(t, server.Addr, topic)
			deliver := serveTopic(t, broker.publisher, topic)
			if n := len(sendAll(t, deliver, 100)); n != 100 {
				t.Fatalf("%d of 100 confirmed", n)
			}
			server.Kill()
			mustAnswer(t, deliver(oddBody(101)), http.StatusInternalServerError)
			server.Start()
			mustDeliver(t, deliver, 101)
			if received, identical := receiveAll(t, broker.subscriber, topic, 101); received != 101 || identical != 101 {
				t.Errorf("%d received, %d of them identical, of 101", received, identical)
			}
		})
	}
}

// mustDeliver delivers until it is answered 204, as the portal does.
func mustDeliver(t *testing.T, deliver func([]byte) int, id int64) {
	t.Helper()
	for range 50 {
		if deliver(oddBody(id)) == http.StatusNoContent {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("not confirmed after the restart")
}

// TestRepetition: JetStream drops, by the id of the message, the repetition of
// an event that it has.
func TestRepetition(t *testing.T) {
	t.Parallel()
	services.Need(t, "NATS", services.NATS)
	topic := ownTopic()
	broker := jetStream(t, services.NATS, topic)
	deliver := serveTopic(t, broker.publisher, topic)
	for range 3 {
		mustAnswer(t, deliver(oddBody(1)), http.StatusNoContent)
	}
	if received, identical := receiveAll(t, broker.subscriber, topic, 1); received != 1 || identical != 1 {
		t.Errorf("%d received, %d of them identical, of 1", received, identical)
	}
}

// TestJSONColumn: Watermill's usual column on PostgreSQL does not take what is not
// UTF-8, however often the portal delivers it.
func TestJSONColumn(t *testing.T) {
	t.Parallel()
	services.Need(t, "PostgreSQL", services.PostgreSQL)
	topic := ownTopic()
	deliver := serveTopic(t, postgreSQLColumn(t, services.PostgreSQL, topic, "JSON").publisher, topic)
	mustAnswer(t, deliver(oddBody(1)), http.StatusNoContent)
	mustAnswer(t, deliver(oddBody(10)), http.StatusInternalServerError)
}

// TestNoQueue: RabbitMQ confirms what no queue wants, and drops it; JetStream
// refuses what no stream wants.
func TestNoQueue(t *testing.T) {
	t.Parallel()
	t.Run("RabbitMQ", func(t *testing.T) {
		t.Parallel()
		services.Need(t, "RabbitMQ", services.RabbitMQ)
		topic := ownTopic()
		broker := rabbitMQ(t, services.RabbitMQ, topic)
		mustAnswer(t, serveTopic(t, broker.publisher, topic)(oddBody(1)), http.StatusNoContent)
		initialize(t, broker.subscriber, topic)
		if received, _ := receiveAll(t, broker.subscriber, topic, 0); received != 0 {
			t.Error("RabbitMQ kept it")
		}
	})
	t.Run("NATS", func(t *testing.T) {
		t.Parallel()
		services.Need(t, "NATS", services.NATS)
		broker := jetStream(t, services.NATS, ownTopic())
		mustAnswer(t, serveTopic(t, broker.publisher, ownTopic())(oddBody(1)), http.StatusInternalServerError)
	})
}
