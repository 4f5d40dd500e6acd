package portal

import (
	"fmt"
	"time"

	"github.com/docspace-go/webhooks/wire"
)

// Webhook is a webhook as it is stored. In a [Seed] it exists from the start,
// just as it says, unlike one that is created through the API.
type Webhook struct {
	ID        wire.WebhookID `json:"id,omitempty"` // in a seed, 0 is the next free one
	Name      string         `json:"name"`
	URL       string         `json:"url"`
	Secret    wire.Secret    `json:"secret"`
	Disabled  bool           `json:"disabled,omitempty"`
	TLS       bool           `json:"ssl,omitempty"`
	Triggers  wire.Triggers  `json:"triggers,omitempty"`
	TargetID  *string        `json:"targetId,omitempty"`
	CreatedBy string         `json:"createdBy,omitempty"` // in a seed, empty is the owner
	CreatedOn time.Time      `json:"createdOn,omitzero"`  // in a seed, zero is now

	LastSuccessOn      time.Time `json:"lastSuccessOn,omitzero"`
	LastFailureOn      time.Time `json:"lastFailureOn,omitzero"`
	LastFailureContent string    `json:"lastFailureContent,omitempty"`
}

// LogRow is a row of the delivery log as it is stored.
type LogRow struct {
	ID              wire.DeliveryID    `json:"id,omitempty"` // in a seed, 0 is the next free one
	Webhook         wire.WebhookID     `json:"webhook"`
	Trigger         wire.Triggers      `json:"trigger"`
	CreatedOn       time.Time          `json:"createdOn,omitzero"` // in a seed, zero is now
	Delivery        time.Time          `json:"delivery,omitzero"`  // zero: not delivered
	Status          int                `json:"status,omitempty"`
	RequestHeaders  wire.LoggedHeaders `json:"requestHeaders,omitempty"`
	RequestPayload  string             `json:"requestPayload,omitempty"`
	ResponseHeaders string             `json:"responseHeaders,omitempty"`
	ResponsePayload string             `json:"responsePayload,omitempty"`
}

func (w *webhook) export() Webhook {
	return Webhook{
		ID: wire.WebhookID(w.id), Name: w.name, URL: w.uri, Secret: w.secret, Disabled: !w.enabled, TLS: w.ssl,
		Triggers: w.triggers, TargetID: w.targetID, CreatedBy: w.createdBy, CreatedOn: w.createdOn,
		LastSuccessOn: w.lastSuccessOn, LastFailureOn: w.lastFailureOn, LastFailureContent: w.lastFailureContent,
	}
}

// load makes w what h says, apart from its id.
func (w *webhook) load(h Webhook) {
	w.name, w.uri, w.secret, w.enabled, w.ssl = h.Name, h.URL, h.Secret, !h.Disabled, h.TLS
	w.triggers, w.targetID, w.createdBy, w.createdOn = h.Triggers, h.TargetID, h.CreatedBy, h.CreatedOn
	w.lastSuccessOn, w.lastFailureOn, w.lastFailureContent = h.LastSuccessOn, h.LastFailureOn, h.LastFailureContent
}

func (r *logRow) export() LogRow {
	return LogRow{
		ID: wire.DeliveryID(r.id), Webhook: wire.WebhookID(r.hook), Trigger: r.trigger,
		CreatedOn: r.created, Delivery: r.delivery, Status: r.status,
		RequestHeaders: wire.LoggedHeaders(r.requestHeaders), RequestPayload: r.requestPayload,
		ResponseHeaders: r.responseHeaders, ResponsePayload: r.responsePayload,
	}
}

// Webhooks returns the portal's webhooks, those of all users, in the order of
// the list.
func (p *Portal) Webhooks() []Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Webhook, len(p.st.webhooks))
	for i, w := range p.st.webhooks {
		list[i] = w.export()
	}
	return list
}

// Log returns the delivery log, the oldest row first.
func (p *Portal) Log() []LogRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]LogRow, len(p.st.rows))
	for i, r := range p.st.rows {
		list[i] = r.export()
	}
	return list
}

// ChangeWebhook changes a webhook behind the API, as if in the database: nothing
// is checked, nobody is noted. The id cannot be changed.
func (p *Portal) ChangeWebhook(id wire.WebhookID, change func(*Webhook)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.st.webhook(int32(id))
	if w == nil {
		return fmt.Errorf("portal: no webhook %d", id)
	}
	h := w.export()
	change(&h)
	w.load(h)
	w.createdOn, w.lastSuccessOn, w.lastFailureOn = p.storedOrZero(h.CreatedOn), p.storedOrZero(h.LastSuccessOn), p.storedOrZero(h.LastFailureOn)
	p.written(w)
	return nil
}

func (p *Portal) storedOrZero(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return p.stored(t)
}

// ForgetLog removes the log rows of the given webhooks behind the API, those of
// all webhooks if none is given. What waits for delivery is given up.
func (p *Portal) ForgetLog(hooks ...wire.WebhookID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := make(map[int32]bool)
	for _, id := range hooks {
		gone[int32(id)] = true
	}
	p.st.forget(func(r *logRow) bool { return len(hooks) == 0 || gone[r.hook] })
}

// Tenant returns the state around the webhooks.
func (p *Portal) Tenant() TenantState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.st.tenant
}

// SetTenant changes the state around the webhooks.
func (p *Portal) SetTenant(t TenantState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.st.tenant = t
}

// SetTimeZone changes the portal's time zone, by its IANA name.
func (p *Portal) SetTimeZone(name string) error {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return fmt.Errorf("portal: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.st.zone = zone
	return nil
}

// SetPolicy changes what webhooks' secrets must be like.
func (p *Portal) SetPolicy(policy PasswordPolicy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.st.policy = policy
}

// RemoveUser removes a user. Their webhooks stay, as those of somebody whose
// profile was removed, and so do their sessions.
func (p *Portal) RemoveUser(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u := p.st.users[id]; u != nil {
		u.removed = true
	}
}

// SetCulture changes the language of a user; "de" translates two error texts.
func (p *Portal) SetCulture(id, culture string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u := p.st.users[id]; u != nil {
		u.Culture = culture
	}
}
