package otelobserver_test

import (
	"context"
	"log"
	"net/http"
	"os"

	"go.opentelemetry.io/otel"

	"github.com/docspace-go/webhooks/adapters/otelobserver"
	"github.com/docspace-go/webhooks/receiver"
)

// The provider is the program's own; this is the global one.
func Example() {
	observe, err := otelobserver.New(otel.GetMeterProvider())
	if err != nil {
		log.Fatal(err)
	}
	hook, err := receiver.New(os.Getenv("WEBHOOK_SECRET"),
		func(context.Context, *receiver.Event) error { return nil },
		receiver.WithObserver(observe))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/docspace", hook)
}
