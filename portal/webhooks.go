package portal

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/docspace-go/webhooks/wire"
)

// checkAccess is the rule of every call but GET triggers: admins do anything,
// room admins and users what concerns their own webhooks, guests nothing. While
// developer tools are restricted only admins do anything. creator is empty
// where no webhook is concerned.
func (c *call) checkAccess(creator string) error {
	switch {
	case c.user.isAdmin():
		return nil
	case c.user.Role == Guest, c.p.st.tenant.AdminOnly, creator != "" && creator != c.user.ID:
		return errDenied()
	}
	return nil
}

// answer is how a webhook stands in an answer.
func (c *call) answer(w *webhook) object {
	z := c.p.zones()
	o := make(object, 0, 14)
	o = append(o,
		member{"id", w.id},
		member{"name", w.name},
		member{"uri", w.uri},
		member{"enabled", w.enabled},
		member{"ssl", w.ssl},
		member{"triggers", int64(w.triggers)},
	)
	if w.targetID != nil {
		o = append(o, member{"targetId", *w.targetID})
	}
	o = append(o,
		member{"createdBy", c.person(w.createdBy)},
		member{"createdOn", z.webhookDate(w.createdOn)},
	)
	if w.modifiedBy != "" {
		o = append(o, member{"modifiedBy", c.person(w.modifiedBy)}, member{"modifiedOn", z.webhookDate(w.modifiedOn)})
	}
	if !w.lastFailureOn.IsZero() {
		o = append(o, member{"lastFailureOn", z.webhookDate(w.lastFailureOn)}, member{"lastFailureContent", w.lastFailureContent})
	}
	if !w.lastSuccessOn.IsZero() {
		o = append(o, member{"lastSuccessOn", z.webhookDate(w.lastSuccessOn)})
	}
	return o
}

// one answers a single webhook.
func (c *call) one(answer object) (success, error) {
	fields := c.projection()
	if fields.wholePerson(answer) {
		return success{}, errCrash
	}
	return success{value: fields.pick(answer)}, nil
}

// listWebhooks answers getTenantWebhooks.
func (c *call) listWebhooks() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if err := c.checkAccess(""); err != nil {
		return success{}, err
	}
	fields := c.projection()
	shown := c.p.shownStatus()
	list := []any{}
	for _, w := range c.p.st.webhooks {
		if !c.user.isAdmin() && w.createdBy != c.user.ID {
			continue
		}
		item := object{{"configs", c.answer(w)}, {"status", shown[w.id]}}
		if fields.wholePerson(item) {
			return success{}, errCrash
		}
		list = append(list, fields.pick(item))
	}
	return success{value: list}, nil
}

// shownStatus finds the status that the list shows for each webhook: that of
// the row with the greatest delivery, whatever came after it. Where nulls sort
// first, a row that was not delivered beats all others.
func (p *Portal) shownStatus() map[int32]int {
	best := make(map[int32]*logRow, len(p.st.webhooks))
	for _, r := range p.st.rows {
		b, ok := best[r.hook]
		switch {
		case !ok:
		case r.delivery.IsZero() && !b.delivery.IsZero():
			if !p.db.nullsFirst {
				continue
			}
		case b.delivery.IsZero() && !r.delivery.IsZero():
			if p.db.nullsFirst {
				continue
			}
		case r.delivery.IsZero(), !r.delivery.After(b.delivery):
			continue
		}
		best[r.hook] = r
	}
	shown := make(map[int32]int, len(best))
	for id, r := range best {
		shown[id] = r.status
	}
	return shown
}

// request is the body of create, update and enable.
type request struct {
	id           int32
	name, uri    *string
	secret       *string
	enabled, ssl bool
	triggers     int64
	targetID     *string
}

const (
	createType = "ASC.Web.Api.ApiModels.RequestsDto.CreateWebhooksConfigRequestsDto"
	updateType = "ASC.Web.Api.ApiModels.RequestsDto.UpdateWebhooksConfigRequestsDto"
)

// readRequest reads and validates a body. An update names its webhook in it.
func (c *call) readRequest(update bool) (*request, error) {
	var q request
	bits := 32
	if c.p.gen.wideTriggers {
		bits = 64
	}
	fields := map[string]binder{
		"name":      bindString(&q.name),
		"uri":       bindString(&q.uri),
		"secretkey": bindString(&q.secret),
		"enabled":   bindBool(&q.enabled),
		"ssl":       bindBool(&q.ssl),
		"triggers":  bindEnum(&q.triggers, "ASC.Webhooks.Core.WebhookTrigger", bits),
		"targetid":  bindString(&q.targetID),
	}
	typ, required := createType, []string(nil)
	if update {
		typ = updateType
		fields["id"] = bindInt(&q.id)
		if c.p.gen.idRequired {
			required = []string{"id"}
		}
	}
	if err := bindBody(c.r, c.body, typ, fields, required...); err != nil {
		return nil, err
	}
	if found := c.annotations(&q); found != nil {
		return nil, found
	}
	return &q, nil
}

// annotations are the limits that are declared on the body's members.
func (c *call) annotations(q *request) (found problemsError) {
	for _, f := range []struct {
		name     string
		value    *string
		required bool
		limit    int
	}{
		{"Name", q.name, true, 50},
		{"Uri", q.uri, true, 0},
		{"SecretKey", q.secret, false, 50},
		{"TargetId", q.targetID, false, c.targetLimit()},
	} {
		switch {
		case f.required && (f.value == nil || strings.TrimSpace(*f.value) == ""):
			found = append(found, problem{f.name, "The " + f.name + " field is required."})
		case f.limit > 0 && f.value != nil && utf16Length(*f.value) > f.limit:
			found = append(found, problem{f.name, "The field " + f.name + " must be a string with a maximum length of " + strconv.Itoa(f.limit) + "."})
		}
	}
	return found
}

// targetLimit is the declared limit of targetId; 0 if only the column has one.
func (c *call) targetLimit() int {
	if c.p.gen.targetLimitColumn {
		return 0
	}
	return c.p.gen.targetLimit
}

// utf16Length counts s the way the server does.
func utf16Length(s string) int { return len(utf16.Encode([]rune(s))) }

// candidate is what must be right about a webhook before it may send.
type candidate struct {
	uri      string
	ssl      bool
	triggers wire.Triggers
	secret   *string // empty: not looked at
	creation bool    // the secret is required
}

// check judges a candidate, in the server's order: triggers, secret, URL, probe.
// It must not be called with the portal locked, for it waits for the receiver.
func (c *call) check(w candidate) error {
	if c.p.gen.triggerRoles && !c.user.Role.mayUse(w.triggers) {
		return errArgument("Trigger is not available")
	}
	c.p.mu.Lock()
	policy, blocked := c.p.st.policy, c.p.st.blocked
	c.p.mu.Unlock()
	if w.creation && w.secret == nil {
		return errArgumentNull("secret")
	}
	if (w.creation || w.secret != nil && *w.secret != "") && !policy.accepts(*w.secret) {
		return errArgument(policy.refusal(c.user.Culture))
	}
	target, err := c.p.judgeURL(c.r.Context(), w.uri, w.ssl, blocked)
	if err != nil {
		return err
	}
	status, err := c.p.probe(c.r.Context(), target, w.ssl)
	if err != nil {
		return err
	}
	if status < 200 || status > 299 {
		return errArgument(unavailable(c.user.Culture))
	}
	return nil
}

// save is what the database refuses about texts.
func (c *call) save(q *request) error {
	g := c.p.gen
	if g.targetLimitColumn && q.targetID != nil && utf16Length(*q.targetID) > g.targetLimit {
		return errArgument("The field TargetId must be a string or array type with a maximum length of '" + strconv.Itoa(g.targetLimit) + "'.")
	}
	if !c.p.db.nul && strings.ContainsRune(*q.name+*q.uri, 0) {
		return &apiError{http.StatusInternalServerError, "22021: invalid byte sequence for encoding \"UTF8\": 0x00", "Npgsql.PostgresException", hresultExternal}
	}
	if !c.p.db.astral && strings.ContainsFunc(*q.name, func(r rune) bool { return r > 0xFFFF }) {
		return &apiError{http.StatusInternalServerError, "Illegal mix of collations (utf8mb3_general_ci,IMPLICIT) and (utf8mb4_general_ci,COERCIBLE) for operation '='", "MySqlConnector.MySqlException", hresultExternal}
	}
	return nil
}
