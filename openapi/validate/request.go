package validate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Request holds r against the operation that its method and path name: its
// credentials, its query and its body, which it reads and puts back. What comes
// before /api/ in the path is taken for the address of the portal. The names
// of query parameters are taken in any case, and repeated, as servers do.
func (c *Contract) Request(r *http.Request) error {
	data, err := take(&r.Body)
	if err != nil {
		return fmt.Errorf("contract: reading the request: %w", err)
	}
	op, id := c.find(r.Method, r.URL.Path)
	if op == nil {
		return &Error{Place: "path", Rule: "a path of the contract, and one of its methods"}
	}
	var found violations
	found = append(found, c.credentials(op.spec, r)...)
	for _, p := range op.spec.Parameters {
		if p.Value.In == openapi3.ParameterInPath && !integer(p.Value.Schema.Value, id) {
			found = append(found, &Error{Place: "path", Rule: p.Value.Name + " " + p.Value.Schema.Value.Format})
		}
	}
	found = append(found, query(op.spec.Parameters, r.URL)...)
	switch declared := op.spec.RequestBody; {
	case declared == nil && len(data) > 0:
		found = append(found, &Error{Rule: "no body"})
	case declared != nil:
		_, wrong := body(declared.Value.Content, r.Header, data)
		found = append(found, wrong...)
	}
	return found.at(op.id, 0).err()
}

// operation returns the operationId of r, empty if it is none.
func (c *Contract) operation(r *http.Request) string {
	if op, _ := c.find(r.Method, r.URL.Path); op != nil {
		return op.id
	}
	return ""
}

// find returns the operation of a method and a path, and what the path has for
// {id}. A path without parameters goes before one that has some.
func (c *Contract) find(method, path string) (op *operation, id string) {
	if i := strings.Index(path, c.prefix); i > 0 {
		path = path[i:]
	}
	segments := strings.Split(path, "/")
	for _, candidate := range c.operations {
		if candidate.method != method || len(candidate.segments) != len(segments) {
			continue
		}
		param, ok := "", true
		for i, s := range candidate.segments {
			if strings.HasPrefix(s, "{") {
				param = segments[i]
			} else if s != segments[i] {
				ok = false
			}
		}
		if ok && (op == nil || param == "") {
			op, id = candidate, param
		}
	}
	return op, id
}

// asked holds the method and the path of a recorded request against op's, as
// the server routes: in any case, with a slash behind, an id with a sign, zeros
// or blanks around it, and whatever a proxy has in front. It does not look at
// the rest, since the server tolerates more than the contract: numbers in
// quotes, unknown members and parameters, other charsets.
func (op *operation) asked(method, target string) violations {
	var found violations
	if method != op.method {
		found = append(found, &Error{Operation: op.id, Place: "method", Rule: op.method})
	}
	u, err := url.ParseRequestURI(target)
	if err != nil || !op.routes(u.Path) {
		found = append(found, &Error{Operation: op.id, Place: "path", Rule: strings.Join(op.segments, "/")})
	}
	return found
}

// routes tells whether the server takes path for op's.
func (op *operation) routes(path string) bool {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	front := len(segments) - len(op.segments)
	if front < 0 || strings.Contains(path, "//") {
		return false
	}
	return slices.EqualFunc(op.segments, segments[front:], func(declared, s string) bool {
		switch {
		case declared == "":
			return true // before the first slash
		case strings.HasPrefix(declared, "{"):
			_, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
			return err == nil
		}
		return strings.EqualFold(declared, s)
	})
}

// covers tells whether path is one that the contract could have an operation
// for.
func (c *Contract) covers(path string) bool { return strings.Contains(path, c.prefix) }

// credentials holds r against the security of op, or of the contract: one
// scheme must be served.
func (c *Contract) credentials(op *openapi3.Operation, r *http.Request) violations {
	requirements := c.security
	if op.Security != nil {
		requirements = *op.Security
	}
	if len(requirements) == 0 {
		return nil
	}
	for _, requirement := range requirements {
		served := true
		for name := range requirement {
			served = served && serves(c.schemes[name].Value, r)
		}
		if served {
			return nil
		}
	}
	return violations{{Place: "header Authorization", Rule: "credentials, here or in the cookie asc_auth_key"}}
}

func serves(scheme *openapi3.SecurityScheme, r *http.Request) bool {
	switch {
	case scheme.Type == "http":
		return strings.HasPrefix(r.Header.Get("Authorization"), "Basic ")
	case scheme.In == openapi3.ParameterInCookie:
		cookie, err := r.Cookie(scheme.Name)
		return err == nil && cookie.Value != ""
	}
	return r.Header.Get(scheme.Name) != ""
}

// query holds each value of each parameter against its declaration.
func query(declared openapi3.Parameters, u *url.URL) violations {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return violations{{Place: "query", Rule: "name=value pairs, escaped"}}
	}
	var found violations
	for name, each := range values {
		i := slices.IndexFunc(declared, func(p *openapi3.ParameterRef) bool {
			return p.Value.In == openapi3.ParameterInQuery && strings.EqualFold(p.Value.Name, name)
		})
		if i < 0 {
			found = append(found, &Error{Place: "query " + name, Rule: "known parameter"})
			continue
		}
		for _, v := range each {
			for _, e := range parameter(declared[i].Value.Schema.Value, v) {
				e.Place = "query " + declared[i].Value.Name
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *Error) int { return strings.Compare(a.Place, b.Place) })
	return found
}

// parameter reads text as schema's type and holds it against schema. Lists are
// joined by commas (style form, not exploded).
func parameter(schema *openapi3.Schema, text string) violations {
	switch {
	case schema.Type.Is("array"):
		items := []any{}
		for item := range strings.SplitSeq(text, ",") {
			items = append(items, item)
		}
		return matches(schema, items)
	case schema.Type.Is("integer"):
		value, found := readJSON([]byte(text))
		if _, ok := value.(json.Number); !ok || found != nil {
			return violations{{Rule: "type integer"}}
		}
		return matches(schema, value)
	}
	return matches(schema, text)
}

func integer(schema *openapi3.Schema, text string) bool { return parameter(schema, text) == nil }
