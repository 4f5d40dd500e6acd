package ops

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of the server, in UTF-16 units as it counts.
const (
	maxName        = 50
	maxTarget      = 255
	maxTargetEarly = 36 // before 3.7
)

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// name judges the name (captures createWebhook.name-*).
func (c *check) name(context.Context) error {
	rule := func(s Severity, message, advice string) {
		c.add(Finding{Kind: NameRule, Severity: s, Field: "Name", Message: message, Advice: advice})
	}
	name := c.request.Name
	switch n := units(name); {
	case strings.TrimSpace(name) == "":
		rule(Refuse, "is missing", "give it one")
	case !utf8.ValidString(name):
		rule(Refuse, "is not valid UTF-8", "")
	case n > maxName:
		rule(Refuse, fmt.Sprintf("has %d characters", n), fmt.Sprintf("%d at most", maxName))
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r > 0xFFFF }) {
		rule(Unknown, "has characters such as emoji, which a portal on MySQL fails to store (500)", "leave them out")
	}
	if strings.ContainsRune(name, 0) {
		rule(Unknown, "has a NUL, which a portal on PostgreSQL fails to store (500)", "leave it out")
	}
	return nil
}

// target judges the target (captures createWebhook.target-*).
func (c *check) target(context.Context) error {
	rule := func(s Severity, limit int, of string) {
		c.add(Finding{
			Kind: TargetRule, Severity: s, Field: "TargetID",
			Message: fmt.Sprintf("has %d characters%s", units(c.request.TargetID), of), Advice: fmt.Sprintf("%d at most", limit),
		})
	}
	switch n := units(c.request.TargetID); {
	case n > maxTarget:
		rule(Refuse, maxTarget, "")
	case n > maxTargetEarly && c.early:
		rule(Refuse, maxTargetEarly, ", too many for a portal before 3.7")
	}
	return nil
}
