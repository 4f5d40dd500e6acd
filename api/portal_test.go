package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// deliver makes a file on the portal, waits for the delivery and returns its row.
func deliver(t *testing.T, s *portal.Server, client *api.Client, hook api.WebhookID) api.Delivery {
	t.Helper()
	ids, err := s.Emit(t.Context(), portal.Event{Trigger: api.FileCreated})
	if err != nil || len(ids) != 1 {
		t.Fatalf("Emit = %v, %v", ids, err)
	}
	for range 1000 {
		page, err := client.ListDeliveries(t.Context(), api.DeliveryFilter{Webhook: hook, Delivery: ids[0]})
		if err != nil || len(page.Deliveries) != 1 {
			t.Fatalf("log: %+v, %v", page, err)
		}
		if d := page.Deliveries[0]; d.Status != 0 {
			return d
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nothing was delivered within 10 s")
	return api.Delivery{}
}

// All nine operations against the embedded portal, on both databases.
func TestPortal(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)

	for name, db := range map[string]portal.Database{"MySQL": portal.MySQL, "PostgreSQL": portal.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := portal.Start(t, portal.WithDatabase(db), portal.WithBasePath("/docspace"), portal.WithPollInterval(10*time.Millisecond))
			owner := s.Seed().User(portal.Owner)
			ctx := t.Context()

			withKey, err := api.New(s.URL, api.WithAPIKey(s.Seed().Key(portal.Owner)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = withKey.ListWebhooks(ctx)
			if db == portal.PostgreSQL {
				wantKinds(t, err, api.ErrAPIKeysUnsupported, api.ErrUnsupportedMediaType)
			} else if err != nil {
				t.Fatal(err)
			}
			session, err := api.Login(ctx, s.URL, api.Credentials{Email: owner.Email, Password: api.Secret(owner.Password)})
			if err != nil {
				t.Fatal(err)
			}
			client, err := api.New(s.URL, api.WithSessionToken(string(session.Token)))
			if err != nil {
				t.Fatal(err)
			}

			triggers, err := client.ListTriggers(ctx)
			if err != nil || len(triggers) != 37 || triggers[0].Name != "*" {
				t.Fatalf("triggers: %+v, %v", triggers, err)
			}
			request := api.NewWebhook("builds", receiver.URL, "test-secret-1", api.FileCreated)
			request.Enabled, request.SSL = new(false), new(false)
			hook, err := client.CreateWebhook(ctx, request)
			if err != nil || hook.Enabled || hook.SSL {
				t.Fatalf("created %+v, %v", hook, err)
			}
			_, err = client.CreateWebhook(ctx, request)
			wantKinds(t, err, api.ErrValidation)
			hook, err = client.UpdateWebhook(ctx, hook.ID, func(u *api.WebhookUpdate) { u.Name = "ci" })
			if err != nil || hook.Name != "ci" || hook.Enabled || hook.Triggers != api.FileCreated {
				t.Fatalf("updated %+v, %v", hook, err)
			}
			if hook, err = client.EnableWebhook(ctx, hook.ID); err != nil || !hook.Enabled {
				t.Fatalf("enabled %+v, %v", hook, err)
			}
			hooks, err := client.ListWebhooks(ctx)
			if err != nil || len(hooks) != 1 || hooks[0].Webhook.ID != hook.ID {
				t.Fatalf("list: %+v, %v", hooks, err)
			}

			row := deliver(t, s, client, hook.ID)
			if row.Status != 200 || row.ConfigName != "ci" || row.Delivery.IsZero() {
				t.Errorf("delivered %+v", row)
			}
			page, err := client.ListDeliveries(ctx, api.DeliveryFilter{Fields: []api.DeliveryField{api.FieldID, api.FieldStatus}})
			if err != nil || page.Total != 1 || page.Deliveries[0].ID != row.ID || page.Deliveries[0].RequestPayload != "" {
				t.Errorf("fields: %+v, %v", page, err)
			}
			again, err := client.RetryDelivery(ctx, row.ID)
			if err != nil || again.ID <= row.ID {
				t.Errorf("retried %+v, %v", again, err)
			}
			queued, err := client.RetryDeliveries(ctx, []api.DeliveryID{row.ID, again.ID})
			if err != nil || len(queued) != 2 {
				t.Errorf("retried %+v, %v", queued, err)
			}
			queued, err = client.RetryDeliveries(ctx, []api.DeliveryID{row.ID, 1e6})
			wantKinds(t, err, api.ErrNotApplied)
			if len(queued) != 1 {
				t.Errorf("retried %+v", queued)
			}
			_, err = client.RetryDelivery(ctx, 1e6)
			wantKinds(t, err, api.ErrNotFound)

			if hook, err = client.DisableWebhook(ctx, hook.ID); err != nil || hook.Enabled {
				t.Errorf("disabled %+v, %v", hook, err)
			}
			if hook, err = client.EnableWebhook(ctx, hook.ID); err != nil {
				t.Fatal(err)
			}
			_, err = client.DeleteWebhook(ctx, hook.ID)
			if db == portal.PostgreSQL {
				wantKinds(t, err, api.ErrHasDeliveries, api.ErrServer)
				var disabled bool
				left, err := client.DeleteWebhook(ctx, hook.ID, api.OrDisable(&disabled))
				if err != nil || !disabled || left.Enabled {
					t.Errorf("left %+v, %v", left, err)
				}
				return
			}
			if err != nil {
				t.Error(err)
			}
			if _, err = client.DeleteWebhook(ctx, hook.ID); !errors.Is(err, api.ErrNotFound) {
				t.Error(err)
			}
		})
	}
}
