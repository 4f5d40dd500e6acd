package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/docspace-go/webhooks/gen"
)

var (
	opListDeliveries  = operation{"getWebhooksLogs", http.MethodGet, "/api/2.0/settings/webhooks/log", sameTwice}
	opRetryDelivery   = operation{"retryWebhook", http.MethodPut, "/api/2.0/settings/webhook/{id}/retry", delivers}
	opRetryDeliveries = operation{"retryWebhooks", http.MethodPut, "/api/2.0/settings/webhook/retry", delivers}
)

// MaxPage is the longest page of the log.
const MaxPage = 100

// DeliveryField names a member of [Delivery]; see [DeliveryFilter].
type DeliveryField = gen.ListDeliveriesParamsFields

// The members that a page can be reduced to.
const (
	FieldID              = gen.ListDeliveriesParamsFieldsID
	FieldConfigName      = gen.ListDeliveriesParamsFieldsConfigName
	FieldTrigger         = gen.ListDeliveriesParamsFieldsTrigger
	FieldCreationTime    = gen.ListDeliveriesParamsFieldsCreationTime
	FieldRequestHeaders  = gen.ListDeliveriesParamsFieldsRequestHeaders
	FieldRequestPayload  = gen.ListDeliveriesParamsFieldsRequestPayload
	FieldResponseHeaders = gen.ListDeliveriesParamsFieldsResponseHeaders
	FieldResponsePayload = gen.ListDeliveriesParamsFieldsResponsePayload
	FieldStatus          = gen.ListDeliveriesParamsFieldsStatus
	FieldDelivery        = gen.ListDeliveriesParamsFieldsDelivery
)

// DeliveryFilter narrows the log. Its zero value is everything; what is set
// must all hold.
type DeliveryFilter struct {
	// DeliveredFrom and DeliveredTo bound the instant of the successful
	// delivery, inclusive. Either of them hides every row without one, that is
	// each failed or pending delivery; [ArisenBetween] does not.
	DeliveredFrom, DeliveredTo time.Time
	// URL is the webhook's present URL, whole.
	URL string
	// Webhook is the webhook.
	Webhook WebhookID
	// Delivery is one row.
	Delivery DeliveryID
	// Status is the set of outcomes.
	Status StatusClass
	// CreatedBy is the id (uuid) of the person who made the webhook. The portal
	// ignores it for callers who are no admins: they see their own.
	CreatedBy string
	// Trigger is one event. The portal compares for equality, so ListDeliveries
	// refuses a set of several before it is sent; Deliveries takes it.
	Trigger Triggers

	// Limit is the length of a page, [MaxPage] unless told.
	Limit int
	// Offset is the number of rows to pass over. Rows that come or vanish
	// between two pages shift them, so read several pages with Deliveries.
	Offset int
	// Fields reduces the rows to these members; the others are zero. Portals
	// of 3.1 send them all the same.
	Fields []DeliveryField
}

// DeliveryPage is a page of the log.
type DeliveryPage struct {
	Deliveries []Delivery
	// Total counts all rows that match, on whatever page.
	Total int64
}

// ListDeliveries returns a page of the delivery log, newest first. Rows of
// removed webhooks never show. Rows hold the payload, and a signature over it
// that is still good.
//
//meta:operation GET /api/2.0/settings/webhooks/log getWebhooksLogs
func (c *Client) ListDeliveries(ctx context.Context, filter DeliveryFilter, opts ...CallOption) (DeliveryPage, error) {
	x, err := c.fetchDeliveries(ctx, filter, newCall(opts))
	if err != nil {
		return DeliveryPage{}, err
	}
	page, err := readDeliveries(x, filter)
	if err == nil {
		x.done()
	}
	return page, err
}

// fetchDeliveries reads a page, undecoded.
func (c *Client) fetchDeliveries(ctx context.Context, filter DeliveryFilter, call call) (exchange, error) {
	params, err := filter.params()
	if err != nil {
		return exchange{}, err
	}
	return c.do(ctx, opListDeliveries, call, func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.raw.ListDeliveries(ctx, params, edit...)
	})
}

// readDeliveries decodes a page.
func readDeliveries(x exchange, filter DeliveryFilter) (DeliveryPage, error) {
	page, env, err := decode[[]Delivery](x)
	if err != nil {
		return DeliveryPage{}, err
	}
	if env.Total == nil {
		return DeliveryPage{}, x.failed(ErrUnexpectedAnswer, "no total in the answer")
	}
	if len(filter.Fields) == 0 || slices.Contains(filter.Fields, FieldID) {
		if err := haveIDs(x, page...); err != nil {
			return DeliveryPage{}, err
		}
	}
	x.dates.log(page)
	return DeliveryPage{Deliveries: page, Total: *env.Total}, nil
}

// RetryDelivery delivers again what the row id delivered: it makes a new row
// with the same payload and queues it, also for a webhook that is switched off,
// and returns that row, not sent yet. Each call delivers once more. Portals
// that limit allow 5 calls in 15 minutes for one id, and do not say when the
// next one is due.
//
//meta:operation PUT /api/2.0/settings/webhook/{id}/retry retryWebhook
func (c *Client) RetryDelivery(ctx context.Context, id DeliveryID, opts ...CallOption) (Delivery, error) {
	if err := checkID(opRetryDelivery, "id", id); err != nil {
		return Delivery{}, err
	}
	op := opRetryDelivery
	op.path = strings.Replace(op.path, "{id}", id.String(), 1)
	x, err := c.do(ctx, op, newCall(opts), func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.raw.RetryDelivery(ctx, id, edit...)
	})
	if err != nil {
		return Delivery{}, err
	}
	queued, _, err := decode[Delivery](x)
	if err != nil {
		return Delivery{}, err
	}
	if err := haveIDs(x, queued); err != nil {
		return Delivery{}, err
	}
	rows := []Delivery{queued}
	x.dates.queued(rows)
	return rows[0], nil
}

// RetryDeliveries delivers several rows again and returns the new ones, not
// sent yet. The portal passes over ids that do not exist or that the caller may
// not see, and does not say which: then the rows that were queued come with an
// [*Error] of kind [ErrNotApplied]. Portals that limit allow 5 calls in 15
// minutes.
//
//meta:operation PUT /api/2.0/settings/webhook/retry retryWebhooks
func (c *Client) RetryDeliveries(ctx context.Context, ids []DeliveryID, opts ...CallOption) ([]Delivery, error) {
	if len(ids) == 0 {
		return nil, refuse(opRetryDeliveries, "ids", "is empty")
	}
	seen := make(map[DeliveryID]bool, len(ids))
	for _, id := range ids {
		if err := checkID(opRetryDeliveries, "ids", id); err != nil {
			return nil, err
		}
		if seen[id] {
			return nil, refuse(opRetryDeliveries, "ids", fmt.Sprintf("has %d twice, which would be delivered twice", id))
		}
		seen[id] = true
	}
	x, err := c.do(ctx, opRetryDeliveries, newCall(opts), func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.raw.RetryDeliveries(ctx, gen.RetryDeliveriesRequest{IDs: ids}, edit...)
	})
	if err != nil {
		return nil, err
	}
	queued, _, err := decode[[]Delivery](x)
	if err != nil {
		return nil, err
	}
	if err := haveIDs(x, queued...); err != nil {
		return nil, err
	}
	x.dates.queued(queued)
	if len(queued) < len(ids) {
		return queued, x.failed(ErrNotApplied, fmt.Sprintf("%d of %d deliveries were queued again; the portal passed over the others, as it does with ids that do not exist or belong to others", len(queued), len(ids)))
	}
	return queued, nil
}

func haveIDs(x exchange, deliveries ...Delivery) error {
	for _, d := range deliveries {
		if d.ID == 0 {
			return x.failed(ErrUnexpectedAnswer, "a delivery without an id in the answer")
		}
	}
	return nil
}

// params is the query of f. What is zero is not sent.
func (f DeliveryFilter) params() (*gen.ListDeliveriesParams, error) {
	refuse := func(field, text string) error { return refuse(opListDeliveries, field, text) }
	switch {
	case f.Webhook < 0:
		return nil, refuse("Webhook", fmt.Sprintf("is %d: ids start at 1", f.Webhook))
	case f.Delivery < 0:
		return nil, refuse("Delivery", fmt.Sprintf("is %d: ids start at 1", f.Delivery))
	case f.Status&^(NotSent|Status2xx|Failed) != 0:
		return nil, refuse("Status", fmt.Sprintf("has outcomes that do not exist (%d)", f.Status))
	case f.Trigger.Len() > 1:
		return nil, refuse("Trigger", "names several events: the portal filters by one, so make a call for each")
	case f.Limit < 0 || f.Limit > MaxPage:
		return nil, refuse("Limit", fmt.Sprintf("is %d: want 1 to %d, or 0 for %[2]d", f.Limit, MaxPage))
	case f.Offset < 0 || f.Offset > math.MaxInt32:
		return nil, refuse("Offset", fmt.Sprintf("is %d: want 0 to %d", f.Offset, math.MaxInt32))
	case !f.DeliveredFrom.IsZero() && !f.DeliveredTo.IsZero() && f.DeliveredTo.Before(f.DeliveredFrom):
		return nil, refuse("DeliveredTo", "is before DeliveredFrom")
	}
	for _, field := range f.Fields {
		if !field.Valid() {
			return nil, refuse("Fields", fmt.Sprintf("has %q: only members of a delivery are safe to ask for", field))
		}
	}
	return &gen.ListDeliveriesParams{
		DeliveryFrom: instant(f.DeliveredFrom),
		DeliveryTo:   instant(f.DeliveredTo),
		HookURI:      unlessZero(f.URL),
		ConfigID:     unlessZero(f.Webhook),
		EventID:      unlessZero(f.Delivery),
		GroupStatus:  unlessZero(f.Status),
		UserID:       unlessZero(f.CreatedBy),
		Trigger:      unlessZero(f.Trigger),
		Count:        unlessZero(int32(f.Limit)),
		StartIndex:   unlessZero(int32(f.Offset)),
		Fields:       fields(f.Fields),
	}, nil
}

// tick is the server's, which has seven digits of a fraction.
const tick = 100 * time.Nanosecond

// instant is t in UTC, because portals on PostgreSQL refuse a text without a zone.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Truncate(tick))
}

func unlessZero[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

func fields(f []DeliveryField) *[]DeliveryField {
	if len(f) == 0 {
		return nil
	}
	return new(slices.Clone(f))
}
