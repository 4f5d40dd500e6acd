package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/docspace-go/webhooks/gen"
)

var (
	opListWebhooks      = operation{"getTenantWebhooks", http.MethodGet, "/api/2.0/settings/webhook", sameTwice}
	opCreateWebhook     = operation{"createWebhook", http.MethodPost, "/api/2.0/settings/webhook", moreTwice}
	opUpdateWebhook     = operation{"updateWebhook", http.MethodPut, "/api/2.0/settings/webhook", sameTwice}
	opSetWebhookEnabled = operation{"enableWebhook", http.MethodPut, "/api/2.0/settings/webhook/enable", sameTwice}
	opDeleteWebhook     = operation{"removeWebhook", http.MethodDelete, "/api/2.0/settings/webhook/{id}", sameTwice}
)

// NewWebhook returns the request for a webhook that is enabled and checks its
// receiver's certificate. triggers are the events; [AllTriggers] is every
// event. The secret signs the deliveries; the portal wants 8 to 30 printable
// ASCII characters without a blank, and more where its owner asks for more.
func NewWebhook(name, url, secret string, triggers Triggers) CreateWebhookRequest {
	return CreateWebhookRequest{
		Name: name, URL: url, SecretKey: Secret(secret), Triggers: triggers,
		Enabled: new(true), SSL: new(true),
	}
}

// ListWebhooks returns the webhooks that the caller may see: all for owners and
// admins, their own for room admins and users. An empty list is no proof that
// there are none. The order is the database's.
//
//meta:operation GET /api/2.0/settings/webhook getTenantWebhooks
func (c *Client) ListWebhooks(ctx context.Context, opts ...CallOption) ([]WebhookWithStatus, error) {
	all, x, err := c.listWebhooks(ctx, newCall(opts))
	if err == nil {
		x.done()
	}
	return all, err
}

func (c *Client) listWebhooks(ctx context.Context, call call) ([]WebhookWithStatus, exchange, error) {
	x, err := c.do(ctx, opListWebhooks, call, c.raw.ListWebhooks)
	if err != nil {
		return nil, x, err
	}
	all, _, err := decode[[]WebhookWithStatus](x)
	if err != nil {
		return nil, x, err
	}
	for _, w := range all {
		if w.Webhook.ID == 0 {
			return nil, x, x.failed(ErrUnexpectedAnswer, "a webhook without an id in the list")
		}
	}
	for i := range all {
		x.dates.webhook(&all[i].Webhook)
	}
	return all, x, nil
}

// CreateWebhook makes a webhook. The portal probes the URL with HEAD first and
// wants a 2xx; a URL that refuses, or stays silent for 10 s (100 s before 3.7),
// is a 500 and not a 400. Name and URL together must be new.
//
// The server stores true for enabled and ssl whatever it is told (captures
// createWebhook.bool.* and createWebhook.flags.*). Where that is not what was
// asked, CreateWebhook sends the update that makes it so before it returns;
// until then the webhook receives events. If that update fails, it returns the
// webhook as it is together with an [*Error] of kind [ErrNotApplied].
//
//meta:operation POST /api/2.0/settings/webhook createWebhook
func (c *Client) CreateWebhook(ctx context.Context, request CreateWebhookRequest, opts ...CallOption) (Webhook, error) {
	wanted := WebhookUpdate{
		Name: request.Name, URL: request.URL, SecretKey: request.SecretKey, Triggers: request.Triggers, TargetID: request.TargetID,
		Enabled: request.Enabled == nil || *request.Enabled, SSL: request.SSL == nil || *request.SSL,
	}
	if err := check(opCreateWebhook, wanted); err != nil {
		return Webhook{}, err
	}
	if request.SecretKey == "" {
		return Webhook{}, refuse(opCreateWebhook, "SecretKey", "is missing: deliveries are signed with it")
	}
	call := newCall(opts, string(request.SecretKey))
	created, x, err := c.sendWebhook(ctx, opCreateWebhook, 0, call, func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.raw.CreateWebhook(ctx, request, edit...)
	})
	if err != nil {
		return Webhook{}, err
	}
	diff := differences(wanted, created)
	if diff == "" {
		return created, nil
	}
	wanted.ID = created.ID
	wanted.SecretKey = "" // keeps it
	updated, err := c.replaceWebhook(ctx, wanted, call)
	if err == nil || updated.ID != 0 { // an update that was not applied says itself what differs
		return updated, err
	}
	return created, x.despite(err, ErrNotApplied, fmt.Sprintf("webhook %s exists, but with %s, and the update that should change that failed", created.ID, diff))
}

// UpdateWebhook changes what change changes, and nothing else: it reads the
// list first, because the server resets whatever an update leaves out. Between
// the two calls somebody else's update can get lost; there is no version to
// compare. The secret stays unless change sets one.
//
//meta:operation PUT /api/2.0/settings/webhook updateWebhook
func (c *Client) UpdateWebhook(ctx context.Context, id WebhookID, change func(*WebhookUpdate), opts ...CallOption) (Webhook, error) {
	if change == nil {
		return Webhook{}, refuse(opUpdateWebhook, "change", "is nil")
	}
	call := newCall(opts)
	current, err := c.findWebhook(ctx, opUpdateWebhook, id, call)
	if err != nil {
		return Webhook{}, err
	}
	update := updateOf(current)
	change(&update)
	if update.ID != id {
		return Webhook{}, refuse(opUpdateWebhook, "ID", "was changed: an update cannot move to another webhook")
	}
	return c.replaceWebhook(ctx, update, call)
}

// ReplaceWebhook replaces a webhook as a whole: what update leaves at its zero
// value is reset, Triggers to every event. An empty secret keeps the old one.
// The server checks the new values, and probes the URL, before it looks the
// webhook up. Portals of 3.0 answer an id that they do not know with a success
// without a webhook, which is [ErrUnexpectedAnswer].
//
//meta:operation PUT /api/2.0/settings/webhook updateWebhook
func (c *Client) ReplaceWebhook(ctx context.Context, update WebhookUpdate, opts ...CallOption) (Webhook, error) {
	return c.replaceWebhook(ctx, update, newCall(opts))
}

func (c *Client) replaceWebhook(ctx context.Context, update WebhookUpdate, call call) (Webhook, error) {
	if err := checkID(opUpdateWebhook, "ID", update.ID); err != nil {
		return Webhook{}, err
	}
	if err := check(opUpdateWebhook, update); err != nil {
		return Webhook{}, err
	}
	call.secrets = append(call.secrets, string(update.SecretKey))
	updated, x, err := c.sendWebhook(ctx, opUpdateWebhook, update.ID, call, func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.raw.UpdateWebhook(ctx, update, edit...)
	})
	if err != nil {
		return Webhook{}, err
	}
	if diff := differences(update, updated); diff != "" {
		return updated, x.failed(ErrNotApplied, fmt.Sprintf("webhook %s was updated, but has %s", updated.ID, diff))
	}
	return updated, nil
}

// EnableWebhook switches a webhook on. The portal checks its stored URL, secret
// and triggers again, and probes the URL. It reads the list first, because the
// call must repeat name and URL.
//
//meta:operation PUT /api/2.0/settings/webhook/enable enableWebhook
func (c *Client) EnableWebhook(ctx context.Context, id WebhookID, opts ...CallOption) (Webhook, error) {
	return c.setWebhookEnabled(ctx, id, true, newCall(opts))
}

// DisableWebhook switches a webhook off, without any check. It reads the list
// first, because the call must repeat name and URL.
//
//meta:operation PUT /api/2.0/settings/webhook/enable enableWebhook
func (c *Client) DisableWebhook(ctx context.Context, id WebhookID, opts ...CallOption) (Webhook, error) {
	return c.setWebhookEnabled(ctx, id, false, newCall(opts))
}

func (c *Client) setWebhookEnabled(ctx context.Context, id WebhookID, enabled bool, call call) (Webhook, error) {
	current, err := c.findWebhook(ctx, opSetWebhookEnabled, id, call)
	if err != nil {
		return Webhook{}, err
	}
	update := updateOf(current)
	update.Enabled = enabled
	set, x, err := c.sendWebhook(ctx, opSetWebhookEnabled, id, call, func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.raw.SetWebhookEnabled(ctx, update, edit...)
	})
	if err != nil {
		return Webhook{}, err
	}
	if set.Enabled != enabled {
		return set, x.failed(ErrNotApplied, fmt.Sprintf("webhook %s has enabled %t instead of %t", set.ID, set.Enabled, enabled))
	}
	return set, nil
}

// deleteCall is what the options of one deletion say.
type deleteCall struct {
	call
	orDisable bool
	disabled  *bool
}

type orDisable struct{ disabled *bool }

func (o orDisable) applyDelete(c *deleteCall) { c.orDisable, c.disabled = true, o.disabled }

// OrDisable makes [Client.DeleteWebhook] switch the webhook off where a portal
// on PostgreSQL does not remove it. disabled, unless nil, tells whether that
// happened.
func OrDisable(disabled *bool) DeleteOption { return orDisable{disabled} }

// DeleteWebhook removes a webhook and returns it as it was. On MySQL its log
// rows go with it. On PostgreSQL a webhook that has log rows stays as it was
// (capture removeWebhook.with-rows): that is [ErrHasDeliveries], and
// [OrDisable] does what can be done.
//
//meta:operation DELETE /api/2.0/settings/webhook/{id} removeWebhook
func (c *Client) DeleteWebhook(ctx context.Context, id WebhookID, opts ...DeleteOption) (Webhook, error) {
	var call deleteCall
	for _, o := range opts {
		if o != nil {
			o.applyDelete(&call)
		}
	}
	if call.disabled != nil {
		*call.disabled = false
	}
	if err := checkID(opDeleteWebhook, "id", id); err != nil {
		return Webhook{}, err
	}
	removed, x, err := c.sendWebhook(ctx, opDeleteWebhook, id, call.call, func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.raw.DeleteWebhook(ctx, id, edit...)
	})
	refused, ok := errors.AsType[*Error](err)
	if !ok || refused.StatusCode != http.StatusInternalServerError || !strings.HasSuffix(refused.Type, ".DbUpdateException") {
		return removed, err
	}
	refused.kind = ErrHasDeliveries
	if !call.orDisable {
		refused.Hint = "a portal on PostgreSQL does not remove a webhook that has log rows: disable it, for example with OrDisable"
		return Webhook{}, refused
	}
	disabled, err := c.setWebhookEnabled(ctx, id, false, call.call)
	if err != nil {
		return disabled, x.despite(err, ErrHasDeliveries, fmt.Sprintf("webhook %s was not removed, because it has log rows, and not disabled either", id))
	}
	if call.disabled != nil {
		*call.disabled = true
	}
	return disabled, nil
}

// sendWebhook sends a request that is answered with one webhook: the one with
// the id, unless that is 0.
func (c *Client) sendWebhook(ctx context.Context, op operation, id WebhookID, call call, send sender) (Webhook, exchange, error) {
	x, err := c.do(ctx, op, call, send)
	if err != nil {
		return Webhook{}, x, err
	}
	w, _, err := decode[Webhook](x)
	switch {
	case err != nil:
		return Webhook{}, x, err
	case w.ID == 0:
		return Webhook{}, x, x.failed(ErrUnexpectedAnswer, "a webhook without an id")
	case id != 0 && w.ID != id:
		return Webhook{}, x, x.failed(ErrUnexpectedAnswer, fmt.Sprintf("webhook %s instead of %s", w.ID, id))
	}
	x.dates.webhook(&w)
	return w, x, nil
}

// despite is the error of a call whose request x did not do all that was asked,
// and whose next request, which should have done the rest, failed with err.
func (x exchange) despite(err, kind error, state string) *Error {
	e := x.failed(kind, state+": "+strings.TrimPrefix(err.Error(), "docspace: "))
	e.Err = err
	return e
}

// findWebhook reads the list, since the server has no call for one webhook.
func (c *Client) findWebhook(ctx context.Context, op operation, id WebhookID, call call) (Webhook, error) {
	if err := checkID(op, "id", id); err != nil {
		return Webhook{}, err
	}
	all, x, err := c.listWebhooks(ctx, call)
	if err != nil {
		return Webhook{}, err
	}
	for _, w := range all {
		if w.Webhook.ID == id {
			return w.Webhook, nil
		}
	}
	return Webhook{}, x.failed(ErrNotFound, fmt.Sprintf("webhook %s is not among the %d that the caller may see", id, len(all)))
}

// updateOf is the update that changes nothing.
func updateOf(w Webhook) WebhookUpdate {
	return WebhookUpdate{
		ID: w.ID, Name: w.Name, URL: w.URL, Enabled: w.Enabled, SSL: w.SSL, Triggers: w.Triggers, TargetID: w.TargetID.Value,
	}
}

// differences names what got differs in from wanted, with got's values, the
// URL's excepted: it may hold a token of its own.
func differences(wanted WebhookUpdate, got Webhook) string {
	is := updateOf(got)
	var diff []string
	for _, d := range []struct {
		differs bool
		text    string
	}{
		{is.Name != wanted.Name, fmt.Sprintf("name %q", is.Name)},
		{is.URL != wanted.URL, "another url"},
		{is.Enabled != wanted.Enabled, fmt.Sprintf("enabled %t", is.Enabled)},
		{is.SSL != wanted.SSL, fmt.Sprintf("ssl %t", is.SSL)},
		{is.Triggers != wanted.Triggers, fmt.Sprintf("triggers %s", is.Triggers)},
		{is.TargetID != wanted.TargetID, fmt.Sprintf("target %q", is.TargetID)},
	} {
		if d.differs {
			diff = append(diff, d.text)
		}
	}
	return strings.Join(diff, ", ")
}

// Limits of the contract, in UTF-16 units as the server counts.
const (
	maxName   = 50
	maxSecret = 50
	maxTarget = 255
)

// check refuses what no portal takes. What depends on the portal is left to it.
func check(op operation, w WebhookUpdate) error {
	fields := map[string][]string{}
	text := func(field, value string, limit int) {
		switch {
		case !utf8.ValidString(value): // would be sent, and signed with, as something else
			fields[field] = append(fields[field], "is not valid UTF-8")
		case limit > 0 && len(utf16.Encode([]rune(value))) > limit:
			fields[field] = append(fields[field], fmt.Sprintf("has more than %d characters", limit))
		}
	}
	required := func(field, value string) {
		if strings.TrimSpace(value) == "" {
			fields[field] = append(fields[field], "is missing")
		}
	}
	required("Name", w.Name)
	text("Name", w.Name, maxName)
	required("URL", w.URL)
	text("URL", w.URL, 0)
	text("SecretKey", string(w.SecretKey), maxSecret)
	text("TargetID", w.TargetID, maxTarget)
	if len(fields) > 0 {
		return refuseFields(op, fields)
	}
	return nil
}

// checkID refuses an id that cannot exist. (The server counts from 1.)
func checkID[ID ~int32](op operation, field string, id ID) error {
	if id <= 0 {
		return refuse(op, field, fmt.Sprintf("is %d: ids start at 1", id))
	}
	return nil
}
