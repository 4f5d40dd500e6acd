package validate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Response holds r against what operationID may answer: its status, the headers
// that the contract requires with it, and its body, which it reads and puts
// back. If r.Request is set and its query has the parameter fields, members
// inside response may be absent, but what is there must be known and right.
func (c *Contract) Response(operationID string, r *http.Response) error {
	op := c.operations[operationID]
	if op == nil {
		return fmt.Errorf("contract: no operation %q", operationID)
	}
	data, err := take(&r.Body)
	if err != nil {
		return fmt.Errorf("contract: reading the answer: %w", err)
	}
	var q url.Values
	if r.Request != nil {
		q = r.Request.URL.Query()
	}
	return c.answer(op, q, r.StatusCode, r.Header, data).err()
}

// answer is Response without its types.
func (c *Contract) answer(op *operation, q url.Values, status int, header http.Header, data []byte) violations {
	spec := op.spec
	if hasFields(q) {
		spec = op.projected
	}
	ref := spec.Responses.Status(status)
	if ref == nil {
		return violations{{Operation: op.id, Status: status, Place: "status", Rule: "one that the contract has"}}
	}
	found := headers(ref.Value.Headers, header)
	if empty, _ := ref.Value.Extensions[emptyAllowed].(bool); len(data) > 0 || !empty {
		value, wrong := body(ref.Value.Content, header, data)
		found = append(found, wrong...)
		found = append(found, agrees(value, status)...)
	}
	return found.at(op.id, status)
}

// hasFields tells whether a query has the parameter fields, in any case.
func hasFields(q url.Values) bool {
	for name := range q {
		if strings.EqualFold(name, "fields") {
			return true
		}
	}
	return false
}

// headers holds header against the declared ones; others may be there.
func headers(declared openapi3.Headers, header http.Header) violations {
	var found violations
	for name, ref := range declared {
		for _, e := range headerValue(ref.Value, header.Values(name)) {
			e.Place = "header " + name
			found = append(found, e)
		}
	}
	return found
}

func headerValue(declared *openapi3.Header, values []string) violations {
	if len(values) == 0 {
		if declared.Required {
			return violations{{Rule: "required"}}
		}
		return nil
	}
	return parameter(declared.Schema.Value, values[0])
}

// agrees tells whether each member of a failure that repeats the HTTP status
// does so truly: statusCode beside error, and status in a problem, which may
// lie in an envelope.
func agrees(value any, status int) violations {
	var found violations
	check := func(object any, mark, member, place string) {
		o, ok := object.(map[string]any)
		if !ok || o[mark] == nil {
			return
		}
		if n, ok := o[member].(json.Number); ok && n.String() != strconv.Itoa(status) {
			found = append(found, &Error{Place: place, Rule: "the HTTP status"})
		}
	}
	check(value, "error", "statusCode", "/statusCode")
	check(value, "traceId", "status", "/status")
	if envelope, ok := value.(map[string]any); ok {
		check(envelope["response"], "traceId", "status", "/response/status")
	}
	return found
}
