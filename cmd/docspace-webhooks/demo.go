package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/receiver"
)

func newDemoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Walk through the nine operations and a signed delivery, offline",
		Long: `Start the embedded portal and a receiver on free loopback ports and walk through all nine
operations with package api. The exit status is 1 if anything is not as it should be.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), cmd.OutOrStdout())
		},
	}
}

const (
	demoSecret = "correct-horse-battery"
	demoWait   = 10 * time.Second // the longest that a delivery may take here
)

// demo is a portal, a client of it, and a receiver that can be told to fail.
type demo struct {
	out      io.Writer
	portal   *portal.Portal
	client   *api.Client
	received chan receiver.Event
	failing  atomic.Bool
	hookURL  string
}

func runDemo(ctx context.Context, out io.Writer) (err error) {
	start := time.Now()
	seed := portal.DefaultSeed()
	server, err := portal.Listen("127.0.0.1:0",
		portal.WithSeed(seed),
		// The real portal polls every 5 s and retries for half a minute.
		portal.WithPollInterval(20*time.Millisecond),
		portal.WithRetrySchedule(50*time.Millisecond, 100*time.Millisecond),
	)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()

	d := &demo{out: out, portal: server.Portal, received: make(chan receiver.Event, 16)}
	hook, err := receiver.New(demoSecret, d.receive)
	if err != nil {
		return err
	}
	hookServer := httptest.NewServer(hook)
	defer hookServer.Close()
	d.hookURL = hookServer.URL + "/hook"

	d.client, err = api.New(server.URL, api.WithAPIKey(seed.Key(portal.Owner)), api.WithApplication("demo", ""))
	if err != nil {
		return err
	}
	d.say("portal", "%s, embedded, in memory", server.URL)
	d.say("receiver", "%s, verifying every signature", d.hookURL)
	if err := d.walk(ctx); err != nil {
		return err
	}
	d.say("done", "nine operations, all as expected, in %s", time.Since(start).Round(time.Millisecond))
	return nil
}

// walk calls every operation and stops at the first thing that is not right.
func (d *demo) walk(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*demoWait)
	defer cancel()
	id, err := d.create(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, api.WebhookID) error{
		d.list, d.enable, d.deliver, d.readLog, d.failAndRetry, d.retryMany, d.update, d.remove,
	} {
		if err := step(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) create(ctx context.Context) (api.WebhookID, error) {
	triggers, err := d.client.ListTriggers(ctx)
	if err != nil {
		return 0, err
	}
	d.say("getWebhookTriggers", "%d events, from %s to %s", len(triggers)-1, triggers[1].Name, triggers[len(triggers)-1].Name)

	request := api.NewWebhook("builds", d.hookURL, demoSecret, api.FileCreated|api.FileUpdated)
	request.Enabled = new(false)
	request.SSL = new(false) // the receiver speaks plain HTTP
	var answers []api.Answer
	hook, err := d.client.CreateWebhook(ctx, request, api.CollectAnswers(&answers))
	if err != nil {
		return 0, err
	}
	if hook.Enabled || hook.SSL || len(answers) != 2 {
		return 0, fmt.Errorf("asked for a disabled webhook without TLS check, got enabled=%t ssl=%t in %d calls", hook.Enabled, hook.SSL, len(answers))
	}
	d.say("createWebhook", "webhook %s %q, enabled=%t ssl=%t as asked", hook.ID, hook.Name, hook.Enabled, hook.SSL)
	d.say("", "(the server stored true for both; a second call, updateWebhook, made it so)")
	return hook.ID, nil
}

func (d *demo) list(ctx context.Context, id api.WebhookID) error {
	hooks, err := d.client.ListWebhooks(ctx)
	if err != nil {
		return err
	}
	if len(hooks) != 1 || hooks[0].Webhook.ID != id || hooks[0].Webhook.Enabled || hooks[0].Webhook.SSL {
		return fmt.Errorf("the list should have one disabled webhook, has %d", len(hooks))
	}
	h := hooks[0].Webhook
	d.say("getTenantWebhooks", "%d webhook: %s for %s, enabled=%t ssl=%t: it really is", len(hooks), h.Name, h.Triggers, h.Enabled, h.SSL)
	return nil
}

func (d *demo) enable(ctx context.Context, id api.WebhookID) error {
	hook, err := d.client.EnableWebhook(ctx, id)
	if err != nil {
		return err
	}
	d.say("enableWebhook", "enabled=%t, after the portal probed the receiver with HEAD", hook.Enabled)
	return nil
}

func (d *demo) deliver(ctx context.Context, _ api.WebhookID) error {
	ids, err := d.portal.Emit(ctx, portal.Event{Trigger: api.FileCreated})
	if err != nil {
		return err
	}
	if len(ids) != 1 {
		return fmt.Errorf("the event should make one delivery, made %d", len(ids))
	}
	event, err := d.next(ctx)
	if err != nil {
		return err
	}
	if api.DeliveryID(event.ID) != ids[0] || event.Trigger != "file.created" {
		return fmt.Errorf("received event %d %s instead of %s file.created", event.ID, event.Trigger, ids[0])
	}
	d.say("event", "%s: received, signature verified, event %d of webhook %q", event.Trigger, event.ID, event.Webhook.Name)
	return nil
}

func (d *demo) readLog(ctx context.Context, id api.WebhookID) error {
	row, err := d.await(ctx, api.DeliveryFilter{Webhook: id, Status: api.Status2xx})
	if err != nil {
		return err
	}
	d.say("getWebhooksLogs", "delivery %s: %s, status %d, delivered %s", row.ID, row.Trigger, row.Status, row.Delivery)
	return nil
}

func (d *demo) failAndRetry(ctx context.Context, id api.WebhookID) error {
	d.failing.Store(true)
	if _, err := d.portal.Emit(ctx, portal.Event{Trigger: api.FileUpdated}); err != nil {
		return err
	}
	failed, err := d.await(ctx, api.DeliveryFilter{Webhook: id, Status: api.Failed})
	if err != nil {
		return err
	}
	d.say("event", "file.updated: the receiver fails, the portal tries again, then gives up")
	d.say("getWebhooksLogs", "delivery %s: %s, status %d: %s", failed.ID, failed.Trigger, failed.Status, failed.ResponsePayload)

	d.failing.Store(false)
	retried, err := d.client.RetryDelivery(ctx, failed.ID)
	if err != nil {
		return err
	}
	event, err := d.next(ctx)
	if err != nil {
		return err
	}
	if retried.ID == failed.ID || api.DeliveryID(event.ID) != retried.ID {
		return fmt.Errorf("a retry should be a delivery of its own: retried %s as %s, received %d", failed.ID, retried.ID, event.ID)
	}
	d.say("retryWebhook", "delivery %s again, as the new delivery %s: received", failed.ID, retried.ID)
	return nil
}

func (d *demo) retryMany(ctx context.Context, id api.WebhookID) error {
	page, err := d.client.ListDeliveries(ctx, api.DeliveryFilter{Webhook: id, Limit: 2})
	if err != nil {
		return err
	}
	var ids []api.DeliveryID
	for _, row := range page.Deliveries {
		ids = append(ids, row.ID)
	}
	queued, err := d.client.RetryDeliveries(ctx, ids)
	if err != nil {
		return err
	}
	for range queued {
		if _, err := d.next(ctx); err != nil {
			return err
		}
	}
	d.say("retryWebhooks", "deliveries %v again: %d received", ids, len(queued))
	return nil
}

func (d *demo) update(ctx context.Context, id api.WebhookID) error {
	hook, err := d.client.UpdateWebhook(ctx, id, func(w *api.WebhookUpdate) { w.Name = "ci" })
	if err != nil {
		return err
	}
	if want := api.FileCreated | api.FileUpdated; hook.Triggers != want || !hook.Enabled {
		return fmt.Errorf("renaming changed more than the name: triggers=%s enabled=%t", hook.Triggers, hook.Enabled)
	}
	d.say("updateWebhook", "renamed to %q; enabled=%t, triggers=%s are as they were", hook.Name, hook.Enabled, hook.Triggers)
	return nil
}

func (d *demo) remove(ctx context.Context, id api.WebhookID) error {
	if _, err := d.client.DeleteWebhook(ctx, id); err != nil {
		return err
	}
	if _, err := d.client.DeleteWebhook(ctx, id); !errors.Is(err, api.ErrNotFound) {
		return fmt.Errorf("removing twice should be ErrNotFound, is %w", err)
	}
	hooks, err := d.client.ListWebhooks(ctx)
	if err != nil {
		return err
	}
	if len(hooks) != 0 {
		return fmt.Errorf("%d webhooks are left", len(hooks))
	}
	d.say("removeWebhook", "webhook %s is gone; removing it twice is api.ErrNotFound", id)
	return nil
}

var errReceiverDown = errors.New("the receiver is told to fail")

// receive handles a verified delivery.
func (d *demo) receive(_ context.Context, event *receiver.Event) error {
	if d.failing.Load() {
		return errReceiverDown
	}
	d.received <- *event
	return nil
}

// next waits for the next delivery that was handled.
func (d *demo) next(ctx context.Context) (receiver.Event, error) {
	select {
	case event := <-d.received:
		return event, nil
	case <-time.After(demoWait):
		return receiver.Event{}, errors.New("no delivery came")
	case <-ctx.Done():
		return receiver.Event{}, ctx.Err()
	}
}

// await polls the log until a row matches, and returns the newest.
func (d *demo) await(ctx context.Context, filter api.DeliveryFilter) (api.Delivery, error) {
	deadline := time.Now().Add(demoWait)
	for {
		page, err := d.client.ListDeliveries(ctx, filter)
		if err != nil {
			return api.Delivery{}, err
		}
		if len(page.Deliveries) > 0 {
			return page.Deliveries[0], nil
		}
		if time.Now().After(deadline) {
			return api.Delivery{}, fmt.Errorf("no row with status %s came up in the log", filter.Status)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return api.Delivery{}, ctx.Err()
		}
	}
}

// say prints a line of the walk. What cannot be printed cannot be seen either.
func (d *demo) say(what, format string, args ...any) {
	_, _ = fmt.Fprintf(d.out, "%-18s  %s\n", what, fmt.Sprintf(format, args...))
}
