package api_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// A webhook for two events of a real portal.
func Example() {
	client, err := api.New("https://acme.onlyoffice.com", api.WithAPIKey(os.Getenv("DOCSPACE_API_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	hook, err := client.CreateWebhook(context.Background(), api.NewWebhook(
		"builds", "https://ci.example.com/docspace", os.Getenv("WEBHOOK_SECRET"), api.FileCreated|api.FileUpdated))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("webhook", hook.ID, "receives", hook.Triggers)
}

// The server stores true for Enabled and SSL whatever it is told, so this makes
// a second call, and the answer is what was asked for.
func ExampleClient_CreateWebhook() {
	client, receiverURL, stop := demo()
	defer stop()

	request := api.NewWebhook("builds", receiverURL, "a-secret-of-8-to-30", api.FileCreated)
	request.Enabled = new(false)
	request.SSL = new(false) // the receiver speaks plain HTTP
	hook, err := client.CreateWebhook(context.Background(), request)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(hook.Name, hook.Triggers, hook.Enabled, hook.SSL)
	// Output: builds file.created false false
}

// What the function does not change stays as it is.
func ExampleClient_UpdateWebhook() {
	client, _, stop := demo()
	defer stop()

	hook, err := client.UpdateWebhook(context.Background(), 1, func(w *api.WebhookUpdate) {
		w.Triggers = w.Triggers.With(api.FileDownloaded)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(hook.Name, hook.Triggers, hook.Enabled)
	// Output: archive file.created,file.updated,file.downloaded true
}

// A webhook that has log rows cannot be removed from a portal on PostgreSQL, but
// it can be switched off.
func ExampleClient_DeleteWebhook() {
	client, _, stop := demo()
	defer stop()

	var disabled bool
	hook, err := client.DeleteWebhook(context.Background(), 1, api.OrDisable(&disabled))
	if err != nil {
		fmt.Println(err)
		return
	}
	if disabled {
		fmt.Println(hook.Name, "is off")
	} else {
		fmt.Println(hook.Name, "is gone")
	}
	// Output: archive is gone
}

// Two rows of the delivery log, the newest first.
func ExampleClient_ListDeliveries() {
	client, _, stop := demo()
	defer stop()

	page, err := client.ListDeliveries(context.Background(), api.DeliveryFilter{Webhook: 1, Limit: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range page.Deliveries {
		fmt.Println(d.ID, d.Trigger, d.Status)
	}
	fmt.Println("of", page.Total)
	// Output:
	// 3 file.updated 503
	// 2 file.created 404
	// of 3
}

// Everything that a receiver refused, once more.
func ExampleClient_RetryDeliveries() {
	client, _, stop := demo()
	defer stop()
	ctx := context.Background()

	failed, err := client.ListDeliveries(ctx, api.DeliveryFilter{Status: api.Failed})
	if err != nil {
		fmt.Println(err)
		return
	}
	var ids []api.DeliveryID
	for _, d := range failed.Deliveries {
		ids = append(ids, d.ID)
	}
	queued, err := client.RetryDeliveries(ctx, ids)
	if errors.Is(err, api.ErrNotApplied) {
		fmt.Println("the portal passed over some:", err)
	} else if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(queued), "queued")
	// Output: 2 queued
}

// A failure has a kind to decide by and details to act on.
func ExampleError() {
	client, _, stop := demo()
	defer stop()
	ctx := context.Background()

	_, err := client.RetryDelivery(ctx, 12345)
	fmt.Println(errors.Is(err, api.ErrNotFound))

	_, err = client.CreateWebhook(ctx, api.NewWebhook("builds", "ftp://example.com", "short", api.AllTriggers))
	if e, ok := errors.AsType[*api.Error](err); ok {
		fmt.Println(e.Operation, e.StatusCode)
		fmt.Println(e.Message)
	}
	// Output:
	// true
	// createWebhook 400
	// Password must contain from 8 to 30 characters, only latin letters, no spaces
}

// Where API keys do not work, a session token or [api.WithBasicAuth] does.
func ExampleLogin() {
	p, err := portal.Listen("127.0.0.1:0", portal.WithDatabase(portal.PostgreSQL))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	ctx, owner := context.Background(), p.Seed().User(portal.Owner)

	session, err := api.Login(ctx, p.URL, api.Credentials{Email: owner.Email, Password: api.Secret(owner.Password)})
	if errors.Is(err, api.ErrTwoFactor) {
		fmt.Println("once more, with Code:", err)
		return
	} else if err != nil {
		fmt.Println(err)
		return
	}
	client, err := api.New(p.URL, api.WithSessionToken(string(session.Token)))
	if err != nil {
		fmt.Println(err)
		return
	}
	hooks, err := client.ListWebhooks(ctx)
	fmt.Println(len(hooks), err)
	// Output: 0 <nil>
}

// demo returns a client of an embedded portal that has one webhook and three
// deliveries, and the URL of a receiver.
func demo() (client *api.Client, receiverURL string, stop func()) {
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	seed := portal.DefaultSeed()
	seed.Webhooks = []portal.Webhook{{ID: 1, Name: "archive", URL: receiver.URL, Secret: "a-secret-of-8-to-30", Triggers: api.FileCreated | api.FileUpdated}}
	at := time.Date(2026, time.November, 24, 22, 0, 0, 0, time.UTC)
	seed.Log = []portal.LogRow{
		{ID: 1, Webhook: 1, Trigger: api.FileCreated, Status: 200, CreatedOn: at, Delivery: at, RequestPayload: "{}"},
		{ID: 2, Webhook: 1, Trigger: api.FileCreated, Status: 404, CreatedOn: at, RequestPayload: "{}"},
		{ID: 3, Webhook: 1, Trigger: api.FileUpdated, Status: 503, CreatedOn: at, RequestPayload: "{}"},
	}
	p, err := portal.Listen("127.0.0.1:0", portal.WithSeed(seed))
	if err != nil {
		log.Fatal(err)
	}
	client, err = api.New(p.URL, api.WithAPIKey(seed.Key(portal.Owner)))
	if err != nil {
		log.Fatal(err)
	}
	return client, receiver.URL, func() {
		_ = p.Close()
		receiver.Close()
	}
}

// Every failed delivery, oldest first, whatever happens on the portal meanwhile.
func ExampleClient_Deliveries() {
	client, _, stop := demo()
	defer stop()

	rows := client.Deliveries(context.Background(), api.DeliveryFilter{Status: api.Failed},
		api.OldestFirst(), api.OnTotal(func(n int64) { fmt.Println("of", n) }))
	for d, err := range rows {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(d.ID, d.Trigger, d.Status)
	}
	// Output:
	// of 2
	// 2 file.created 404
	// 3 file.updated 503
}
