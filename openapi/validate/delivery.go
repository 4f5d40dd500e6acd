package validate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Delivery holds a request that a portal sent to a receiver against the
// contract: its method, the form of its signature, and its body by the event
// it names. If secret is not empty, the signature must be that of the exact
// bytes of the body. It reads the body and puts it back.
func (c *Contract) Delivery(r *http.Request, secret string) error {
	data, err := take(&r.Body)
	if err != nil {
		return fmt.Errorf("contract: reading the delivery: %w", err)
	}
	return c.delivered(r.Method, r.Header, data, secret).err()
}

func (c *Contract) delivered(method string, header http.Header, data []byte, secret string) violations {
	var found violations
	if method != c.delivery.method {
		found = append(found, &Error{Place: "method", Rule: c.delivery.method})
	}
	found = append(found, c.signed(header, data, secret)...)
	value, wrong := body(c.delivery.spec.RequestBody.Value.Content, header, data)
	found = append(found, wrong...)
	found = append(found, c.named(value)...)
	return found.at(c.delivery.id, 0)
}

// signed holds the headers that the contract declares, and the signature
// against the bytes that it signs.
func (c *Contract) signed(header http.Header, data []byte, secret string) violations {
	var found violations
	for _, p := range c.delivery.spec.Parameters {
		name := p.Value.Name
		if len(header.Values(name)) == 0 {
			found = append(found, &Error{Place: "header " + name, Rule: "required"})
			continue
		}
		value := header.Get(name)
		for _, e := range parameter(p.Value.Schema.Value, value) {
			e.Place = "header " + name
			found = append(found, e)
		}
		if secret != "" && !hmac.Equal([]byte(value), []byte(signature(secret, data))) {
			found = append(found, &Error{Place: "header " + name, Rule: "HMAC-SHA256 of the body with the webhook's secret"})
		}
	}
	return found
}

// signature is what a portal writes into the header of a delivery.
func signature(secret string, data []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(data)
	return "sha256=" + strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))
}

// named tells whether event.triggerId is the bit of event.trigger.
func (c *Contract) named(value any) violations {
	delivery, _ := value.(map[string]any)
	event, _ := delivery["event"].(map[string]any)
	name, _ := event["trigger"].(string)
	id, _ := event["triggerId"].(json.Number)
	if bit, known := c.bits[name]; known && id.String() != strconv.FormatInt(bit, 10) {
		return violations{{Place: "/event/triggerId", Rule: "the bit of the event's name (x-bits)"}}
	}
	return nil
}

// Probe holds the HEAD request that a portal sends before it accepts a URL
// against the contract: it has no body and no signature.
func (c *Contract) Probe(r *http.Request) error {
	data, err := take(&r.Body)
	if err != nil {
		return fmt.Errorf("contract: reading the probe: %w", err)
	}
	return c.probed(r.Method, r.Header, data).err()
}

func (c *Contract) probed(method string, header http.Header, data []byte) violations {
	var found violations
	if method != c.probe.method {
		found = append(found, &Error{Place: "method", Rule: c.probe.method})
	}
	if len(data) > 0 {
		found = append(found, &Error{Rule: "no body"})
	}
	for _, p := range c.delivery.spec.Parameters {
		if header.Get(p.Value.Name) != "" {
			found = append(found, &Error{Place: "header " + p.Value.Name, Rule: "absent from a probe"})
		}
	}
	return found.at(c.probe.id, 0)
}
