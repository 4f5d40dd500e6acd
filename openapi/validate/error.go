package validate

import (
	"fmt"
	"strings"
)

// Error is one rule of the contract that does not hold at one place. It never
// has the value that breaks the rule, because bodies hold secrets, signatures
// and payloads. Where several rules are broken, errors.As finds the first.
type Error struct {
	Operation string // the contract's operationId, empty for a request that is none of them
	Status    int    // the answer's HTTP status, 0 for a request or a delivery
	// Place is a JSON pointer into the body (empty for the whole of it), or
	// "header NAME", "query NAME", "method", "path" or "status".
	Place string
	// Rule is what should hold: the contract's keyword and what it asks for
	// ("required", "type integer", "maximum 100"), or a rule of this package
	// ("known member").
	Rule string
}

// Error names operation, status, place and rule.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("contract: ")
	if e.Operation != "" {
		b.WriteString(e.Operation)
		b.WriteByte(' ')
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	place := e.Place
	if place == "" || strings.HasPrefix(place, "/") {
		place = "body" + place
	}
	fmt.Fprintf(&b, "%s breaks the rule: %s", place, e.Rule)
	return b.String()
}

// violations collects what is wrong with one message.
type violations []*Error

// err returns nil, the only violation, or all of them.
func (v violations) err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return v[0]
	}
	return v
}

// Error has a line for each violation.
func (v violations) Error() string {
	lines := make([]string, len(v))
	for i, e := range v {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find an *Error.
func (v violations) Unwrap() []error {
	errs := make([]error, len(v))
	for i, e := range v {
		errs[i] = e
	}
	return errs
}

// at returns v as the violations of one operation and status.
func (v violations) at(operation string, status int) violations {
	for _, e := range v {
		e.Operation, e.Status = operation, status
	}
	return v
}
