package ops

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/docspace-go/webhooks/api"
)

// triggers judges the events by those that the portal has for the caller
// (captures createWebhook.as-*).
func (c *check) triggers(ctx context.Context) error {
	rule := func(s Severity, message, advice string) {
		c.add(Finding{Kind: TriggerRule, Severity: s, Field: "Triggers", Message: message, Advice: advice})
	}
	list, err := c.client.ListTriggers(ctx)
	switch {
	case errors.Is(err, api.ErrMethodNotAllowed), errors.Is(err, api.ErrNotFound):
		rule(Unknown, "the portal does not list its events, as those of 3.0", "")
		return nil
	case err != nil:
		return err
	}
	var known, available api.Triggers
	for _, t := range list {
		known |= t.ID
		if t.Available {
			available |= t.ID
		}
	}
	c.early = known != 0 && known&^(api.FormSubmit-1) == 0 // 3.7 added events from form.submit on
	asked := c.request.Triggers
	if c.early && (asked > math.MaxInt32 || asked < math.MinInt32) {
		rule(Refuse, "has events that a portal before 3.7 has no room for", "leave out "+(asked&^math.MaxInt32).String())
	}
	if denied := asked & known &^ available; denied != 0 {
		rule(Refuse, "the caller's role may not have "+denied.String(), "leave it out, or make the webhook as an admin")
	}
	if strange := asked &^ known; strange != 0 {
		rule(Warn, "the portal has no "+strange.String()+"; it is stored, and never happens", "")
	}
	return nil
}

// webhooks looks for a webhook of the same name and URL (captures
// createWebhook.twin.*).
func (c *check) webhooks(ctx context.Context) error {
	list, err := c.client.ListWebhooks(ctx)
	switch {
	case errors.Is(err, api.ErrForbidden):
		c.add(Finding{
			Kind: RoleRule, Severity: Refuse,
			Message: "the caller may have no webhooks: a guest, a key without *:read, or somebody who is no admin while developer tools are for admins only",
			Advice:  "make the webhook as an admin",
		})
		return nil
	case err != nil:
		return err
	}
	found := func(s Severity, message string) {
		c.add(Finding{Kind: Duplicate, Severity: s, Field: "Name", Message: message, Advice: "change the name or the URL, or update that webhook"})
	}
	for _, w := range list {
		switch have := w.Webhook; {
		case have.Name == c.request.Name && have.URL == c.request.URL:
			found(Refuse, fmt.Sprintf("webhook %s has this name and URL", have.ID))
		case alike(have.Name, c.request.Name) && alike(have.URL, c.request.URL):
			found(Unknown, fmt.Sprintf("webhook %s has this name and URL but for case, accents or blanks at the end: the same on MySQL, another on PostgreSQL", have.ID))
		}
	}
	return nil
}

// alike reports whether MySQL may take two texts for equal: but for case, blanks
// at the end, and what letters beyond ASCII are based on.
func alike(a, b string) bool {
	foreign := func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }
	return slices.EqualFunc([]rune(strings.TrimRight(a, " ")), []rune(strings.TrimRight(b, " ")), func(x, y rune) bool {
		return unicode.ToUpper(x) == unicode.ToUpper(y) || foreign(x) && unicode.IsLetter(y) || foreign(y) && unicode.IsLetter(x)
	})
}
