package handoff_test

import (
	"cmp"
	"context"
	"os"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	natsio "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	amqp091 "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"

	"github.com/docspace-go/webhooks/adapters/internal/services"
)

// engine is one way from publisher to subscriber, both for one topic that is
// the test's own and gone after it.
type engine struct {
	publisher  message.Publisher
	subscriber message.Subscriber
}

// own has the engine closed after the test.
func (e engine) own(t *testing.T) engine {
	t.Cleanup(func() {
		e.publisher.Close()
		e.subscriber.Close()
	})
	return e
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var quiet = watermill.NopLogger{}

func redisStreams(t *testing.T, addr, topic string) engine {
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() {
		cleaner := redis.NewClient(&redis.Options{Addr: addr})
		defer cleaner.Close()
		cleaner.Del(context.Background(), topic) // the server may be gone
	})
	return engine{
		must(redisstream.NewPublisher(redisstream.PublisherConfig{Client: client}, quiet))(t),
		must(redisstream.NewSubscriber(redisstream.SubscriberConfig{
			Client: client, ConsumerGroup: "test", OldestId: "0", DisableIndefiniteInitialBlock: true,
		}, quiet))(t),
	}.own(t)
}

func jetStream(t *testing.T, addr, topic string) engine {
	url := "nats://" + addr
	admin := must(nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond)))(t)
	stream := must(admin.JetStream())(t)
	must(stream.AddStream(&nats.StreamConfig{Name: topic, Subjects: []string{topic}, Storage: nats.FileStorage}))(t)
	t.Cleanup(func() {
		_ = stream.DeleteStream(topic) // the server may be gone
		admin.Close()
	})
	options := []nats.Option{nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond)}
	return engine{
		must(natsio.NewPublisher(natsio.PublisherConfig{
			URL: url, NatsOptions: options, JetStream: natsio.JetStreamConfig{TrackMsgId: true},
		}, quiet))(t),
		must(natsio.NewSubscriber(natsio.SubscriberConfig{
			URL: url, NatsOptions: options, Unmarshaler: &natsio.NATSMarshaler{},
			JetStream: natsio.JetStreamConfig{DurablePrefix: "test", SubscribeOptions: []nats.SubOpt{nats.DeliverAll()}},
		}, quiet))(t),
	}.own(t)
}

func rabbitMQ(t *testing.T, addr, topic string) engine {
	url := "amqp://guest:guest@" + addr + "/"
	config := amqp.NewDurableQueueConfig(url)
	config.Publish.ConfirmDelivery = true
	config.Publish.ChannelPoolSize = 8
	config.Consume.Qos.PrefetchCount = 100
	t.Cleanup(func() {
		conn := must(amqp091.Dial(url))(t)
		defer conn.Close()
		channel := must(conn.Channel())(t)
		must(channel.QueueDelete(topic, false, false, false))(t)
	})
	return engine{
		must(amqp.NewPublisher(config, quiet))(t),
		must(amqp.NewSubscriber(config, quiet))(t),
	}.own(t)
}

func postgreSQL(t *testing.T, addr, topic string) engine {
	return postgreSQLColumn(t, addr, topic, "BYTEA")
}

// postgreSQLColumn keeps payloads in a column of this type.
func postgreSQLColumn(t *testing.T, addr, topic, kind string) engine {
	pool := must(pgxpool.New(t.Context(), "postgres://"+cmp.Or(os.Getenv("PGUSER"), "postgres")+"@"+addr+"/test"))(t)
	t.Cleanup(func() {
		for _, table := range []string{"watermill_", "watermill_offsets_"} {
			must(pool.Exec(context.Background(), `DROP TABLE IF EXISTS "`+table+topic+`"`))(t)
		}
		pool.Close()
	})
	schema := sql.DefaultPostgreSQLSchema{GeneratePayloadType: func(string) string { return kind }}
	return engine{
		must(sql.NewPublisher(sql.BeginnerFromPgx(pool), sql.PublisherConfig{SchemaAdapter: schema, AutoInitializeSchema: true}, quiet))(t),
		must(sql.NewSubscriber(sql.BeginnerFromPgx(pool), sql.SubscriberConfig{
			SchemaAdapter: schema, OffsetsAdapter: sql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true, PollInterval: 50 * time.Millisecond,
		}, quiet))(t),
	}.own(t)
}

// engines are those that the machine's services offer.
var engines = []struct {
	name, addr string
	open       func(t *testing.T, addr, topic string) engine
}{
	{"Redis", services.Redis, redisStreams},
	{"NATS", services.NATS, jetStream},
	{"RabbitMQ", services.RabbitMQ, rabbitMQ},
	{"PostgreSQL", services.PostgreSQL, postgreSQL},
}
