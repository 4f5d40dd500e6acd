package portal

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docspace-go/webhooks/wire"
)

// Event is something that happens on the portal.
type Event struct {
	// Trigger is what happened, one event.
	Trigger wire.Triggers
	// By is the id of the user who did it; empty is the owner. The server's guest
	// and the id that is all zeros may do things too.
	By string
	// Entity is what the targetId of a webhook must equal to be told; empty is
	// the id in the payload.
	Entity string
	// Payload is what webhooks are told, an object; nil is a realistic one of the
	// trigger and the kind Sample, see [SamplePayload]. Strings are escaped and
	// blanks dropped as the server does, nothing else is changed.
	Payload json.RawMessage
	Sample  Sample
	// Private hides the entity from everybody but admins and whoever did it.
	Private bool
}

// Emit makes an event happen. It returns the deliveries that were queued, one
// for each webhook that is enabled, wants the event and may see the entity.
func (p *Portal) Emit(_ context.Context, e Event) ([]wire.DeliveryID, error) {
	if e.Trigger.Len() != 1 || e.Trigger&wire.KnownTriggers == 0 {
		return nil, fmt.Errorf("portal: an event has one trigger, not %v", e.Trigger)
	}
	if !p.gen.wideTriggers && e.Trigger > earlyTriggers {
		return nil, fmt.Errorf("portal: servers of %s have no %v", p.gen.version, e.Trigger)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.By == "" {
		e.By = p.st.owner()
	}
	if e.Payload == nil {
		e.Payload = SamplePayload(p.cfg.generation, e.Trigger, e.Sample)
	}
	if e.Payload == nil {
		return nil, fmt.Errorf("portal: no kind of sample %q: want thirdparty, next or none", e.Sample)
	}
	payload, err := readTree(e.Payload)
	if err != nil {
		return nil, fmt.Errorf("portal: payload of %v: %w", e.Trigger, err)
	}
	if _, ok := payload.(object); !ok {
		return nil, fmt.Errorf("portal: payload of %v: want a JSON object, or none for a sample", e.Trigger)
	}
	if p.st.users[e.By] == nil && e.By != systemGuest && e.By != zeroGUID {
		return nil, fmt.Errorf("portal: nobody has the id %q: want the id of a user of the seed, or none for the owner", e.By)
	}
	entity := entityID(payload, e.Trigger)
	if e.Entity != "" {
		entity = entityNamed(e.Entity, entity)
	}
	now := p.clock.Now()
	var ids []wire.DeliveryID
	for _, w := range p.st.byID() {
		if !w.enabled || !w.triggers.Has(e.Trigger) || w.hasTarget() && *w.targetID != text(entity) || !p.maySee(w, e) {
			continue
		}
		d := delivery{created: now, by: e.By, trigger: e.Trigger, payload: payload, hook: w.id, name: w.name, url: w.uri, triggers: w.triggers}
		if w.hasTarget() {
			d.target = entity
		}
		r := p.addRow(w, e.Trigger, string(d.body(attempt{})))
		r.created = p.stored(now)
		ids = append(ids, wire.DeliveryID(r.id))
	}
	return ids, nil
}

func (s *state) owner() string {
	for _, id := range s.order {
		if s.users[id] != nil && s.users[id].Role == Owner {
			return id
		}
	}
	return ""
}

func (w *webhook) hasTarget() bool { return w.targetID != nil && *w.targetID != "" }

// maySee reports whether the creator of a webhook may know of an event: what
// they did themselves, and else what their role can see.
func (p *Portal) maySee(w *webhook, e Event) bool {
	u := p.st.users[w.createdBy]
	switch {
	case w.createdBy == e.By:
		return true
	case u == nil || u.Role == Guest:
		return false
	}
	return !e.Private || u.isAdmin()
}

// entityID finds the id of what a payload tells about. That of form.submit is
// the original form's.
func entityID(payload any, trigger wire.Triggers) any {
	if trigger == wire.FormSubmit {
		payload = lookMember(payload, "originalForm")
	}
	return lookMember(payload, "id")
}

func lookMember(v any, name string) any {
	o, _ := v.(object)
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// entityNamed returns name in the type of the entity it stands for.
func entityNamed(name string, like any) any {
	if _, ok := like.(json.Number); ok && strings.Trim(name, "0123456789") == "" {
		return json.Number(name)
	}
	return name
}

// text is how an id looks when it is compared with a targetId.
func text(id any) string {
	switch id := id.(type) {
	case json.Number:
		return id.String()
	case string:
		return id
	}
	return ""
}
