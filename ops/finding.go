package ops

import (
	"fmt"
	"slices"
	"strings"
)

// Severity is how sure a finding is to matter.
type Severity int

// The severities.
const (
	// Unknown cannot be told from here: it may be refused.
	Unknown Severity = iota
	// Warn is likely to be refused, or is taken and does harm later.
	Warn
	// Refuse is refused.
	Refuse
)

var severityNames = [...]string{"unknown", "warn", "refuse"}

// String returns the severity in a word.
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severityNames) {
		return fmt.Sprintf("severity %d", int(s))
	}
	return severityNames[s]
}

// FindingKind is what a finding is about.
type FindingKind string

// The kinds.
const (
	NameRule       FindingKind = "name"            // the name's length and characters
	SecretRule     FindingKind = "secret"          // the portal's policy for passwords
	TargetRule     FindingKind = "target"          // the target's length
	URLRule        FindingKind = "url"             // form and scheme of the URL
	HTTPSRequired  FindingKind = "https required"  // http with the certificate check on
	PlainHTTP      FindingKind = "plain http"      // http with the check off
	BlockedAddress FindingKind = "blocked address" // the server's block list
	LookUp         FindingKind = "look-up"         // the host's addresses
	Probe          FindingKind = "probe"           // the receiver's answer to HEAD
	Duplicate      FindingKind = "duplicate"       // a webhook of that name and URL
	TriggerRule    FindingKind = "triggers"        // events that the caller or the portal has not
	RoleRule       FindingKind = "role"            // callers who may have no webhooks
	ServerView     FindingKind = "server's view"   // what only the server can see
)

// Finding is a reason why a portal would refuse a webhook, or use it badly. Its
// texts hold neither the secret nor more of the URL than its host.
type Finding struct {
	Kind     FindingKind
	Severity Severity
	// Field is the member of the request, "" where it is none.
	Field   string
	Message string
	// Advice is what to do.
	Advice string
}

// String returns one line.
func (f Finding) String() string {
	text := fmt.Sprintf("%s: %s", f.Severity, f.Kind)
	if f.Field != "" {
		text += " (" + f.Field + ")"
	}
	text += ": " + f.Message
	if f.Advice != "" {
		text += ": " + f.Advice
	}
	return text
}

// Findings are what [CheckWebhook] found, the gravest first.
type Findings []Finding

// Refused reports whether the portal would refuse the webhook.
func (f Findings) Refused() bool {
	return slices.ContainsFunc(f, func(one Finding) bool { return one.Severity == Refuse })
}

// String returns a line a finding.
func (f Findings) String() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}
