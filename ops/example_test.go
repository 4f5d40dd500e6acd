package ops_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/ops"
	"github.com/docspace-go/webhooks/portal"
)

// exampleServer is a portal with one webhook for files, whose receiver answers
// with status, and a client of its owner.
func exampleServer(status *atomic.Int32) (*portal.Server, *api.Client, func()) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(int(status.Load()))
		}
	}))
	seed := portal.DefaultSeed()
	seed.Webhooks = []portal.Webhook{{Name: "ci", URL: receiver.URL, Secret: "test-secret-1", Triggers: api.FileCreated}}
	p, err := portal.Listen("127.0.0.1:0", portal.WithSeed(seed), portal.WithClock(portal.NewAdjustableClock()))
	if err != nil {
		panic(err)
	}
	client, err := api.New(p.URL, api.WithAPIKey(seed.Key(portal.Owner)))
	if err != nil {
		panic(err)
	}
	return p, client, func() {
		_ = p.Close()
		receiver.Close()
	}
}

// A receiver that was down for a while gets what it missed.
func ExampleRetryFailed() {
	var status atomic.Int32
	status.Store(http.StatusServiceUnavailable)
	server, client, stop := exampleServer(&status)
	defer stop()
	ctx := context.Background()
	for range 3 {
		if _, err := server.Emit(ctx, portal.Event{Trigger: api.FileCreated}); err != nil {
			fmt.Println(err)
			return
		}
		if err := server.Advance(time.Minute); err != nil {
			fmt.Println(err)
			return
		}
	}
	status.Store(http.StatusOK)

	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	journal := ops.NewFileJournal(filepath.Join(dir, "replay.journal"))
	report, err := ops.RetryFailed(ctx, client, api.DeliveryFilter{Webhook: 1}, ops.WithJournal(journal))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report)
	for _, r := range report.Retries {
		fmt.Println(r.Delivery, "is repeated by", r.New)
	}
	// Output:
	// 3 failed: 3 queued
	// 1 is repeated by 4
	// 2 is repeated by 5
	// 3 is repeated by 6
}

// A delivery is followed to its outcome.
func ExampleWait() {
	var status atomic.Int32
	status.Store(http.StatusNoContent)
	server, client, stop := exampleServer(&status)
	defer stop()
	ctx := context.Background()
	ids, err := server.Emit(ctx, portal.Event{Trigger: api.FileCreated})
	if err != nil {
		fmt.Println(err)
		return
	}
	server.DeliverNow()

	row, err := ops.Wait(ctx, client, ids[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ops.OutcomeOf(row), row.Status)
	// Output: delivered 204
}

// What a portal would refuse is known before it is asked.
func ExampleCheckWebhook() {
	var status atomic.Int32
	_, client, stop := exampleServer(&status)
	defer stop()

	request := api.NewWebhook("ci", "https://10.0.0.1/hooks", "short", api.FileCreated)
	findings, err := ops.CheckWebhook(context.Background(), client, request)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range findings {
		if f.Severity == ops.Refuse {
			fmt.Println(f)
		}
	}
	// Output:
	// refuse: secret (SecretKey): has 5 characters: 8 at least
	// refuse: blocked address (URL): its address 10.0.0.1 is on the block list that servers ship with: give the receiver a public address, or have the server's administrator change webhooks:blacklist
}
