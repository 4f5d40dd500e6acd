package redisdedup_test

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/docspace-go/webhooks/adapters/redisdedup"
	"github.com/docspace-go/webhooks/receiver"
)

// Every process that receives from one portal makes its receiver like this.
func Example() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	hook, err := receiver.New(os.Getenv("WEBHOOK_SECRET"),
		func(_ context.Context, event *receiver.Event) error {
			log.Println("once:", event)
			return nil
		},
		receiver.WithDeduper("acme.onlyoffice.com", &redisdedup.Deduper{Client: client}))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/docspace", hook)
}
