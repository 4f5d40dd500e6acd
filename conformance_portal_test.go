package webhooks_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/openapi/validate"
	"github.com/docspace-go/webhooks/portal"
)

// TestConformancePortal puts the contract between the client and the embedded
// portal, and between the portal and a receiver: whatever goes over the wire in
// either direction must be valid, refusals included.
func TestConformancePortal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		database portal.Database
		zone     string
	}{
		"MySQL, UTC":           {portal.MySQL, "UTC"},
		"MySQL, Kolkata":       {portal.MySQL, "Asia/Kolkata"},
		"PostgreSQL, UTC":      {portal.PostgreSQL, "UTC"},
		"PostgreSQL, New York": {portal.PostgreSQL, "America/New_York"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := validate.Load()
			if err != nil {
				t.Fatal(err)
			}
			server := portal.Start(t,
				portal.WithDatabase(test.database), portal.WithTimeZone(test.zone), portal.WithBasePath("/below"),
				portal.WithPollInterval(time.Millisecond), portal.WithRetrySchedule(time.Millisecond))
			p := &conversation{t: t, contract: contract, server: server}
			p.target = httptest.NewServer(p)
			t.Cleanup(p.target.Close)
			p.walk(test.database)
		})
	}
}

const conversationSecret = "correct-horse"

// conversation is a walk of a client through everything, with the contract
// listening.
type conversation struct {
	t        *testing.T
	contract *validate.Contract
	server   *portal.Server
	target   *httptest.Server
	failing  atomic.Bool
	probes   atomic.Int32
	received atomic.Int32
}

// ServeHTTP is the receiver.
func (c *conversation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodHead:
		c.probes.Add(1)
		if err := c.contract.Probe(r); err != nil {
			c.t.Errorf("probe: %v", err)
		}
	default:
		c.received.Add(1)
		if err := c.contract.Delivery(r, conversationSecret); err != nil {
			c.t.Errorf("delivery: %v", err)
		}
		if c.failing.Load() {
			w.WriteHeader(http.StatusTeapot)
		}
	}
}

// client is a client whose every exchange is held against the contract.
func (c *conversation) client(credential api.Option) *api.Client {
	c.t.Helper()
	client, err := api.New(c.server.URL, credential, api.WithHTTPClient(&http.Client{Transport: c.contract.Transport(http.DefaultTransport)}))
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

func (c *conversation) must(what string, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
}

// refused demands the failure of the kind, and that it is not the contract's.
func (c *conversation) refused(what string, err, kind error) {
	c.t.Helper()
	if broken, ok := errors.AsType[*validate.Error](err); ok {
		c.t.Errorf("%s: %v", what, broken)
	}
	if !errors.Is(err, kind) {
		c.t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func (c *conversation) walk(database portal.Database) {
	ctx, seed := c.t.Context(), c.server.Seed()
	owner := c.client(api.WithSessionToken(seed.User(portal.Owner).Token))

	_, err := owner.ListTriggers(ctx)
	c.must("triggers", err)
	hooks, err := owner.ListWebhooks(ctx)
	if c.must("empty list", err); len(hooks) != 0 {
		c.t.Errorf("%d webhooks at the start", len(hooks))
	}
	_, err = owner.ListDeliveries(ctx, api.DeliveryFilter{})
	c.must("empty log", err)

	minimal := api.CreateWebhookRequest{Name: "minimal", URL: c.target.URL + "/minimal", SecretKey: conversationSecret, SSL: new(false)}
	_, err = owner.CreateWebhook(ctx, minimal)
	c.must("create, the least", err)
	full := api.NewWebhook("full ü <&>", c.target.URL+"/full?x=1", conversationSecret, api.KnownTriggers)
	full.Enabled, full.SSL = new(false), new(false)
	hook, err := owner.CreateWebhook(ctx, full)
	if c.must("create, disabled", err); hook.Enabled || hook.SSL {
		c.t.Errorf("created with enabled %t ssl %t", hook.Enabled, hook.SSL)
	}
	hook, err = owner.EnableWebhook(ctx, hook.ID)
	c.must("enable", err)
	hook, err = owner.UpdateWebhook(ctx, hook.ID, func(w *api.WebhookUpdate) { w.Triggers |= 1 << 50 })
	c.must("update to an unknown event", err)

	for trigger := range api.KnownTriggers.All() {
		_, err = c.server.Emit(ctx, portal.Event{Trigger: trigger})
		c.must("emit "+trigger.String(), err)
	}
	c.settle(owner, api.DeliveryFilter{Status: api.Status2xx}, 2*api.KnownTriggers.Len())
	c.failing.Store(true)
	_, err = c.server.Emit(ctx, portal.Event{Trigger: api.RoomCreated})
	c.must("emit", err)
	c.settle(owner, api.DeliveryFilter{Status: api.Failed}, 2)
	c.failing.Store(false)

	everything := api.DeliveryFilter{
		DeliveredFrom: time.Now().Add(-time.Hour), DeliveredTo: time.Now().Add(time.Hour), URL: hook.URL, Webhook: hook.ID,
		Status: api.NotSent | api.Status2xx, CreatedBy: hook.CreatedBy.ID, Trigger: api.AgentDeleted, Limit: 1,
	}
	page, err := owner.ListDeliveries(ctx, everything)
	if c.must("the log by all filters", err); page.Total != 1 {
		c.t.Errorf("%d rows by all filters, want 1", page.Total)
	}
	_, err = owner.ListDeliveries(ctx, api.DeliveryFilter{Delivery: page.Deliveries[0].ID, Fields: []api.DeliveryField{api.FieldStatus, api.FieldDelivery}})
	c.must("a row in part", err)
	_, err = owner.ListDeliveries(ctx, api.DeliveryFilter{Offset: 1000})
	c.must("beyond the log", err)
	_, err = owner.RetryDelivery(ctx, page.Deliveries[0].ID)
	c.must("retry", err)
	_, err = owner.RetryDeliveries(ctx, []api.DeliveryID{page.Deliveries[0].ID, 99999})
	c.refused("retry, one unknown", err, api.ErrNotApplied)

	c.refusals(owner, hook)

	_, err = owner.DisableWebhook(ctx, hook.ID)
	c.must("disable", err)
	_, err = owner.DeleteWebhook(ctx, hook.ID)
	if database == portal.PostgreSQL {
		c.refused("delete with rows on PostgreSQL", err, api.ErrHasDeliveries)
	} else {
		c.must("delete", err)
	}
	if c.probes.Load() == 0 || c.received.Load() == 0 {
		c.t.Errorf("%d probes and %d deliveries were seen", c.probes.Load(), c.received.Load())
	}
}

// refusals asks for what is refused, as far as a client of ours can.
func (c *conversation) refusals(owner *api.Client, hook api.Webhook) {
	ctx, seed := c.t.Context(), c.server.Seed()
	guest := c.client(api.WithBasicAuth(seed.User(portal.Guest).Email, seed.User(portal.Guest).Password))
	member := c.client(api.WithSessionCookie(seed.User(portal.Member).Token))
	nobody := c.client(api.WithSessionToken("nobody"))
	request := api.NewWebhook("n", c.target.URL, conversationSecret, api.AllTriggers)
	with := func(change func(*api.CreateWebhookRequest)) error {
		r := request
		r.SSL = new(false)
		change(&r)
		_, err := owner.CreateWebhook(ctx, r)
		return err
	}
	_, guestLists := guest.ListWebhooks(ctx)
	_, guestReads := guest.ListDeliveries(ctx, api.DeliveryFilter{})
	_, nobodyLists := nobody.ListWebhooks(ctx)
	_, memberDeletes := member.DeleteWebhook(ctx, hook.ID)
	_, unknownDeleted := owner.DeleteWebhook(ctx, 99999)
	_, unknownRetried := owner.RetryDelivery(ctx, 99999)
	_, unknownReplaced := owner.ReplaceWebhook(ctx, api.WebhookUpdate{ID: 99999, Name: "n", URL: c.target.URL, Triggers: api.FileCreated})
	for _, test := range []struct {
		what      string
		err, kind error
	}{
		{"a guest lists", guestLists, api.ErrForbidden},
		{"a guest reads the log", guestReads, api.ErrForbidden},
		{"nobody lists", nobodyLists, api.ErrUnauthorized},
		{"a member deletes another's", memberDeletes, api.ErrForbidden},
		{"unknown id deleted", unknownDeleted, api.ErrNotFound},
		{"unknown id retried", unknownRetried, api.ErrNotFound},
		{"unknown id replaced", unknownReplaced, api.ErrNotFound},
		{"a secret too short", with(func(r *api.CreateWebhookRequest) { r.SecretKey = "short" }), api.ErrValidation},
		{"no URL", with(func(r *api.CreateWebhookRequest) { r.URL = "not a url" }), api.ErrValidation},
		{"nobody listens", with(func(r *api.CreateWebhookRequest) { r.URL = "http://127.0.0.1:1/" }), api.ErrServer},
		{"name and URL are taken", with(func(r *api.CreateWebhookRequest) { r.Name, r.URL = hook.Name, hook.URL }), api.ErrValidation},
	} {
		c.refused(test.what, test.err, test.kind)
	}
	for _, asked := range c.server.Requests() {
		if asked.Operation == "" {
			c.t.Errorf("the client asked for what is no operation: %s %s", asked.Method, asked.Path)
		}
	}
}

// settle waits until the log has the rows.
func (c *conversation) settle(client *api.Client, filter api.DeliveryFilter, rows int) {
	c.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		page, err := client.ListDeliveries(c.t.Context(), filter)
		c.must("the log", err)
		if page.Total == int64(rows) {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%d rows with %s, want %d", page.Total, filter.Status, rows)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
