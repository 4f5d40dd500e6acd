package validate

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"

	"github.com/docspace-go/webhooks/openapi/captures"
)

// Verdict is what [Contract.Capture] finds of a recording that breaks no rule.
type Verdict string

// The verdicts.
const (
	Valid      Verdict = "valid"      // in every point
	Excepted   Verdict = "excepted"   // in every point but those of the table of exceptions
	Decoded    Verdict = "decoded"    // before 3.1, where the contract begins: its JSON is JSON, no more is asked
	Outside    Verdict = "outside"    // an operation that the contract does not have: not judged
	Unanswered Verdict = "unanswered" // the connection was closed: nothing to judge
)

// Capture holds a recording against the contract: the answer of an exchange,
// or the delivery or probe that a portal sent. The request of an exchange must
// have the operation's method and path where it was answered with a success;
// nothing else of it is judged. Portals before 3.7 are forgiven what the table of
// exceptions says, which the second result lists.
func (c *Contract) Capture(d *captures.Document) (Verdict, []*Exception, error) {
	data, err := d.Request.Bytes()
	if err != nil {
		return "", nil, fmt.Errorf("contract: %s: the body's base64: %w", d.ID, err)
	}
	generation := generationOf(d.Server)
	switch d.Kind() {
	case captures.Delivery:
		return settle(c.captured(generation, d, data), generation, nil, nil)
	case captures.Probe:
		return settle(c.probed(d.Request.Method, d.Request.Header(), data), generation, nil, nil)
	case captures.Exchange:
	}
	op := c.operations[d.OperationID]
	switch {
	case op == nil:
		return Outside, nil, nil
	case d.Response == nil:
		return Unanswered, nil, nil
	}
	if data, err = d.Response.Bytes(); err != nil {
		return "", nil, fmt.Errorf("contract: %s: the body's base64: %w", d.ID, err)
	}
	if generation < first {
		return settle(decodes(d.Response.Header(), data).at(op.id, d.Response.Status), generation, nil, nil)
	}
	found := c.answer(op, d.Request.Query(), d.Response.Status, d.Response.Header(), data)
	if d.Response.Status/100 == 2 {
		found = append(op.asked(d.Request.Method, d.Request.Target), found...)
	}
	return settle(found, generation, d.Response.Header(), data)
}

// captured judges a recorded delivery. Up to 3.6 the sender followed redirects:
// from a 301 or 302 on it sent GET without the body, but with its signature.
// Before 3.1 the body is the answer of the call that was the event.
func (c *Contract) captured(g generation, d *captures.Document, data []byte) violations {
	header := d.Request.Header()
	switch {
	case g < followsNone && d.Request.Method == http.MethodGet && len(data) == 0:
		return c.signed(header, data, "").at(c.delivery.id, 0)
	case g < first:
		return append(c.signed(header, data, d.Secret), decodes(header, data)...).at(c.delivery.id, 0)
	}
	return c.delivered(d.Request.Method, header, data, d.Secret)
}

// decodes asks no more of a body than that it is what it calls itself.
func decodes(header http.Header, data []byte) violations {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if isJSON(mediaType) && !json.Valid(data) {
		return violations{{Rule: "JSON"}}
	}
	return nil
}

// settle forgives what the table of exceptions covers.
func settle(found violations, g generation, header http.Header, body []byte) (Verdict, []*Exception, error) {
	if len(found) == 0 {
		if g < first {
			return Decoded, nil, nil
		}
		return Valid, nil, nil
	}
	var used []*Exception
	var rest violations
	contentType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	value, _ := readJSON(body)
	for _, e := range found {
		if x := exceptionFor(g, e, contentType, value); x != nil {
			used = append(used, x)
		} else {
			rest = append(rest, e)
		}
	}
	if rest != nil {
		return "", nil, rest.err()
	}
	return Excepted, used, nil
}
