package handoff_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"

	"github.com/docspace-go/webhooks/adapters/handoff"
	"github.com/docspace-go/webhooks/adapters/internal/portal"
	"github.com/docspace-go/webhooks/receiver"
)

// The receiver publishes, and a router somewhere else does the work. GoChannel
// stands for a broker; in one process only, and without a confirmation.
func Example() {
	logger := watermill.NewSlogLogger(slog.New(slog.DiscardHandler))
	broker := gochannel.NewGoChannel(gochannel.Config{}, logger)

	// The one end.
	publish, err := handoff.New(broker, "docspace", "acme.onlyoffice.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	hook, err := receiver.New(portal.Secret, publish)
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(hook)
	defer server.Close()

	// The other.
	done := make(chan struct{})
	var mux receiver.Mux
	mux.On("file.*", func(_ context.Context, event *receiver.Event) error {
		defer close(done)
		fmt.Println("work on", event)
		return nil
	})
	router, err := message.NewRouter(message.RouterConfig{}, logger)
	if err != nil {
		fmt.Println(err)
		return
	}
	router.AddConsumerHandler("work", "docspace", broker, handoff.Consume(mux.Handle))
	go func() {
		if err := router.Run(context.Background()); err != nil {
			fmt.Println(err)
		}
	}()
	<-router.Running()
	defer router.Close()

	// What a portal sends.
	body := portal.Body(138769, "file.created", 0)
	status, err := portal.Post(context.Background(), server.Client(), server.URL, body)
	fmt.Println(status, err)
	<-done
	// Unordered output:
	// 204 <nil>
	// work on event 138769 "file.created", attempt 0, webhook 7
}

// With RabbitMQ: the queue is made first, and each message is confirmed.
func ExampleNew() {
	logger := watermill.NewSlogLogger(nil)
	config := amqp.NewDurableQueueConfig("amqp://guest:guest@127.0.0.1:5672/")
	config.Publish.ConfirmDelivery = true
	config.Publish.ChannelPoolSize = 8

	subscriber, err := amqp.NewSubscriber(config, logger)
	if err != nil {
		log.Fatal(err)
	}
	if err := subscriber.SubscribeInitialize("docspace"); err != nil {
		log.Fatal(err)
	}
	publisher, err := amqp.NewPublisher(config, logger)
	if err != nil {
		log.Fatal(err)
	}
	publish, err := handoff.New(publisher, "docspace", "acme.onlyoffice.com")
	if err != nil {
		log.Fatal(err)
	}
	hook, err := receiver.New(os.Getenv("WEBHOOK_SECRET"), publish)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/docspace", hook)
}
