package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// Each generation is told by its answers, not by a version: all operations work
// on each, on both databases, and what it lacks is zero.
func TestGenerations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		generation portal.Generation
		events     int  // in the list, "*" included
		names      bool // rows of the log name their webhook
		fields     bool // the log can be reduced to fields
		wide       bool // sets of events beyond an int32
	}{
		{portal.V3_1, 29, false, false, false},
		{portal.V3_2, 29, false, true, false},
		{portal.V3_6, 29, true, true, false},
		{portal.V3_7, 37, true, true, true},
	} {
		for _, db := range []portal.Database{portal.MySQL, portal.PostgreSQL} {
			t.Run(c.generation.String()+" "+db.String(), func(t *testing.T) {
				t.Parallel()
				seed := longLog(250, nil)
				_, way := embedded(t, seed, portal.WithGeneration(c.generation), portal.WithDatabase(db))
				client := reaching(t, seed, way)
				ctx := t.Context()

				events, err := client.ListTriggers(ctx)
				if err != nil || len(events) != c.events || events[0].Name != "*" || events[1].ID != api.UserCreated || !events[1].Available {
					t.Errorf("events: %+v, %v", events, err)
				}
				if n := len(collect(t, client.Deliveries(ctx, api.DeliveryFilter{}))); n != 250 {
					t.Errorf("%d rows", n)
				}
				page, err := client.ListDeliveries(ctx, api.DeliveryFilter{Limit: 1, Fields: []api.DeliveryField{api.FieldID, api.FieldConfigName}})
				if err != nil || len(page.Deliveries) != 1 || (page.Deliveries[0].ConfigName != "") != c.names || (page.Deliveries[0].RequestPayload == "") != c.fields {
					t.Errorf("page: %+v, %v", page, err)
				}
				_, err = client.CreateWebhook(ctx, api.CreateWebhookRequest{Name: strings.Repeat(" x", 20), URL: "ftp://hooks.example.com", SecretKey: "test-secret-1"})
				if e := asError(t, err); e.StatusCode == http.StatusOK || e.Message == "" {
					t.Errorf("ftp: %v", err)
				}
				// The envelope of a validation failure says 200 inside before 3.7.
				_, err = client.CreateWebhook(ctx, api.NewWebhook("x", movingURL, "short", 0))
				wantKinds(t, err, api.ErrValidation)
				request := api.NewWebhook("wide", movingURL+"wide", "test-secret-1", api.FolderDownloaded)
				hook, err := client.CreateWebhook(ctx, request)
				if c.wide {
					if err != nil || hook.Triggers != api.FolderDownloaded {
						t.Errorf("created %+v, %v", hook, err)
					}
				} else {
					wantKinds(t, err, api.ErrValidation)
					if e := asError(t, err); len(e.Fields["$.triggers"]) == 0 {
						t.Errorf("%v", err)
					}
				}
				_, err = client.RetryDelivery(ctx, 1_000_000)
				wantKinds(t, err, api.ErrNotFound)
			})
		}
	}
}

// What a portal of 3.0 answers, as far as it is known: recordings of 3.0.4.
func TestGeneration3_0(t *testing.T) {
	t.Parallel()
	ctx := t.Context()

	// No list of events: GET falls to the routes of DELETE and PUT.
	client, _ := answering(t, "405 ")
	_, err := client.ListTriggers(ctx)
	wantKinds(t, err, api.ErrMethodNotAllowed)

	// Webhooks have a secret and no events, rows no event and dates without a zone.
	client, _ = answering(t, listed(`{"id":5,"name":"n","uri":"http://hooks.example.com/ok","secretKey":"test-secret-1","enabled":true,"ssl":true}`))
	hooks, err := client.ListWebhooks(ctx)
	if err != nil || len(hooks) != 1 || hooks[0].Webhook.ID != 5 || !hooks[0].Webhook.CreatedOn.IsZero() {
		t.Errorf("%+v, %v", hooks, err)
	}
	const row = `{"id":12,"configName":"n","creationTime":"2026-11-24T22:33:42","requestPayload":"{}","status":404,"delivery":"2026-11-24T22:33:43"}`
	_, s := answering(t, success(`{"timezone":"Europe/Berlin"}`), logPage(1, row))
	for d, err := range newClient(t, s.URL, api.WithCorrectedDates()).Deliveries(ctx, api.DeliveryFilter{}) {
		if err != nil || d.Trigger != 0 || d.CreationTime.String() != "2026-11-24T22:33:42Z" || !d.Delivery.Exact() {
			t.Errorf("%+v, %v", d, err)
		}
	}

	// Whoever is no admin gets 500, and an unknown id a success without a webhook.
	client, _ = answering(t, `500 {"error":{"message":"\"Uwe User\" access denied \"Edit Portal Settings\".","type":"ASC.Common.Security.Authorizing.AuthorizingException","stack":"at","hresult":-2146233088},"status":1,"statusCode":500}`)
	_, err = client.ListWebhooks(ctx)
	wantKinds(t, err, api.ErrServer)
	client, _ = answering(t, `{"count":0,"links":[],"status":0,"statusCode":200}`)
	_, err = client.DeleteWebhook(ctx, 5)
	wantKinds(t, err, api.ErrUnexpectedAnswer)
}
