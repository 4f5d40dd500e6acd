package portal

import (
	"github.com/docspace-go/webhooks/wire"
)

// createWebhook stores a webhook. It stores and answers true for enabled and
// ssl whatever was asked: a false bool with a column default is left out of the
// INSERT (`createWebhook.flags.*`, `createWebhook.bool.*`).
func (c *call) createWebhook() (success, error) {
	q, err := c.readRequest(false)
	if err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	err = c.checkAccess("")
	c.p.mu.Unlock()
	if err != nil {
		return success{}, err
	}
	triggers := wire.Triggers(q.triggers)
	if err := c.check(candidate{*q.uri, q.ssl, triggers, q.secret, true}); err != nil {
		return success{}, err
	}

	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if err := c.save(q); err != nil {
		return success{}, err
	}
	for _, other := range c.p.st.webhooks {
		if c.p.db.sameText(other.uri, *q.uri) && c.p.db.sameText(other.name, *q.name) {
			return success{}, errArgument("Webhook with the same name and payload URL already exists")
		}
	}
	c.p.st.lastHook++
	w := &webhook{
		id: c.p.st.lastHook, name: *q.name, uri: *q.uri, secret: wire.Secret(*q.secret),
		enabled: true, ssl: true, triggers: triggers, targetID: q.targetID,
		createdBy: c.user.ID, createdOn: c.p.clock.Now(),
	}
	answer := c.answer(w) // before the database cuts the instant
	w.createdOn = c.p.stored(w.createdOn)
	c.p.st.webhooks = append(c.p.st.webhooks, w)
	return c.one(answer)
}

// updateWebhook replaces a webhook: what the body does not name is reset, the
// secret alone is kept when it is empty. Everything is judged before the webhook
// is looked for (`updateWebhook.unknown-id-*`).
func (c *call) updateWebhook() (success, error) {
	q, err := c.readRequest(true)
	if err != nil {
		return success{}, err
	}
	if err := c.check(candidate{*q.uri, q.ssl, wire.Triggers(q.triggers), q.secret, false}); err != nil {
		return success{}, err
	}

	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	w, err := c.owned(q.id)
	if err != nil {
		return success{}, err
	}
	if err := c.save(q); err != nil {
		return success{}, err
	}
	w.name, w.uri, w.enabled, w.ssl = *q.name, *q.uri, q.enabled, q.ssl
	w.triggers, w.targetID = wire.Triggers(q.triggers), q.targetID
	if q.secret != nil && *q.secret != "" {
		w.secret = wire.Secret(*q.secret)
	}
	return c.touched(w)
}

// enableWebhook reads only id and enabled, though the whole body is validated.
// Switching on judges what is stored.
func (c *call) enableWebhook() (success, error) {
	q, err := c.readRequest(true)
	if err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	w, err := c.owned(q.id)
	if err != nil {
		c.p.mu.Unlock()
		return success{}, err
	}
	secret := string(w.secret)
	stored := candidate{w.uri, w.ssl, w.triggers, &secret, false}
	c.p.mu.Unlock()
	if q.enabled {
		if err := c.check(stored); err != nil {
			return success{}, err
		}
	}

	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if w, err = c.owned(q.id); err != nil { // it may have gone while its receiver was asked
		return success{}, err
	}
	w.enabled = q.enabled
	return c.touched(w)
}

// removeWebhook removes a webhook and answers what it was. Its log rows go
// along, or keep it: that depends on the database.
func (c *call) removeWebhook() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	w, err := c.owned(c.id())
	if err != nil {
		return success{}, err
	}
	answer := c.answer(w)
	if !c.p.tryRemove(w) {
		return success{}, errUnsaved()
	}
	return c.one(answer)
}

// owned finds a webhook that the caller may change.
func (c *call) owned(id int32) (*webhook, error) {
	w := c.p.st.webhook(id)
	if w == nil {
		return nil, errNotFound()
	}
	return w, c.checkAccess(w.createdBy)
}

// touched notes a change by the caller and answers the webhook.
func (c *call) touched(w *webhook) (success, error) {
	w.modifiedOn = c.p.clock.Now()
	if w.modifiedBy == "" {
		w.modifiedBy = c.user.ID
	}
	answer := c.answer(w) // before the database cuts the instant
	w.modifiedOn = c.p.stored(w.modifiedOn)
	c.p.written(w)
	return c.one(answer)
}
