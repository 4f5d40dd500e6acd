package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

// A portal on a port of this computer, with one webhook from the start. Its
// clock is moved by hand, so that retries take no time.
func ExampleListen() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer receiver.Close()

	seed := portal.DefaultSeed()
	seed.Webhooks = []portal.Webhook{{Name: "ci", URL: receiver.URL, Secret: "test-secret-1", Triggers: wire.FileCreated}}
	clock := portal.NewAdjustableClock()
	p, err := portal.Listen("127.0.0.1:0", portal.WithSeed(seed), portal.WithClock(clock))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = p.Close() }()

	ids, err := p.Emit(context.Background(), portal.Event{Trigger: wire.FileCreated})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := p.Advance(time.Minute); err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range p.Log() {
		fmt.Println(row.ID == ids[0], row.Status, row.ResponsePayload)
	}
	// Output: true 503 Response status code does not indicate success: 503 (Service Unavailable).
}
