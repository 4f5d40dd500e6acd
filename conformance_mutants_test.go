package webhooks_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/openapi/captures"
	"github.com/docspace-go/webhooks/openapi/validate"
	"github.com/docspace-go/webhooks/receiver"
)

// mutant is a recording that was changed so that it breaks the contract.
type mutant struct {
	kind, place string
	document    *captures.Document
}

// mutantKinds are the ways in which a recording is broken. The fixtures have
// something to break in each of them.
var mutantKinds = []string{
	"required member dropped", "type changed", "member added", "date broken", "zone dropped", "uuid broken", "pattern broken", "enum left",
	"bound crossed", "fraction", "member twice", "something behind", "cut off", "body emptied",
	"status class flipped", "status unheard of", "status inside changed", "content type foreign", "content type swapped", "charset foreign", "not UTF-8", "header dropped",
	"signature in lower case", "signature of another body", "signature of another secret", "signature dropped", "bit of another event",
	"method changed", "probe with a body", "path changed", "type or title of a problem dropped",
}

// TestConformanceMutants breaks a recording of every shape in every way that
// its part of the contract offers, and demands that each is found out.
func TestConformanceMutants(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	maker := mutator{contract: readContractTree(t)}
	made, caught := map[string]int{}, 0
	shapes := shapesOf(t, c)
	for _, d := range shapes {
		for m := range maker.mutants(d) {
			made[m.kind]++
			verdict, _, err := c.Capture(m.document)
			switch {
			case err == nil:
				t.Errorf("%s of %s: %s at %q is %s", d.ID, d.Server.Version, m.kind, m.place, verdict)
			case !names(err, m.place):
				t.Errorf("%s of %s: %s at %q is found elsewhere: %v", d.ID, d.Server.Version, m.kind, m.place, err)
			default:
				caught++
			}
		}
	}
	total := 0
	for _, kind := range mutantKinds {
		t.Logf("%-28s %d", kind, made[kind])
		total += made[kind]
		if made[kind] == 0 && os.Getenv("DOCSPACE_CAPTURES") == "" {
			t.Errorf("no mutant has its %s", kind)
		}
		delete(made, kind)
	}
	if len(made) > 0 {
		t.Errorf("mutants of kinds that are not listed: %v", made)
	}
	t.Logf("shapes: %d", len(shapes))
	t.Logf("mutants: %d made, %d caught", total, caught)
}

// names tells whether err names a place. Of what has no place in the body any
// error will do.
func names(err error, place string) bool {
	if !strings.HasPrefix(place, "/") {
		return true
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(all.Unwrap(), func(one error) bool { return names(one, place) })
	}
	one, ok := errors.AsType[*validate.Error](err)
	return ok && one.Place == place
}

// shapesOf returns the shortest recording of every shape: operation, status,
// content type, and the members of the body with their types. Recordings from
// before 3.1 are left out, since they need only decode.
func shapesOf(t *testing.T, c *validate.Contract) []*captures.Document {
	t.Helper()
	shortest := map[string]*captures.Document{}
	for _, f := range recordings(t) {
		for _, d := range f.Documents {
			verdict, _, err := c.Capture(d)
			if err != nil || verdict != validate.Valid && verdict != validate.Excepted {
				continue
			}
			m, key := d.Response, fmt.Sprint(verdict, projected(d))
			if d.Kind() != captures.Exchange {
				m, key = d.Request, d.Request.Method
			} else {
				key += fmt.Sprint(" ", d.OperationID, d.Response.Status)
			}
			key += " " + m.Header().Get("Content-Type")
			body, err := plainBody(m)
			if err != nil {
				t.Fatal(err)
			}
			if value, err := jsonValue(body); err == nil {
				outline := map[string]bool{}
				shape(value, "", outline)
				key += strings.Join(slices.Sorted(maps.Keys(outline)), " ")
			}
			if known := shortest[key]; known == nil || length(d) < length(known) {
				shortest[key] = d
			}
		}
	}
	var documents []*captures.Document
	for _, key := range slices.Sorted(maps.Keys(shortest)) {
		documents = append(documents, shortest[key])
	}
	return documents
}

func length(d *captures.Document) int {
	n := 0
	for _, m := range []*captures.Message{d.Request, d.Response} {
		if m != nil && m.Body != nil {
			n += len(*m.Body)
		}
	}
	return n
}

// shape collects places and types; the items of an array share one place.
func shape(value any, place string, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		into[place+":{}"] = true
		for name, inner := range v {
			shape(inner, place+"/"+name, into)
		}
	case []any:
		into[place+":[]"] = true
		for _, inner := range v {
			shape(inner, place+"/", into)
		}
	default:
		into[fmt.Sprintf("%s:%T", place, v)] = true
	}
}

// mutator breaks recordings by what the contract says of them.
type mutator struct{ contract contractTree }

// mutants yields the broken versions of d.
func (m mutator) mutants(d *captures.Document) func(yield func(mutant) bool) {
	return func(yield func(mutant) bool) {
		var all []mutant
		switch d.Kind() {
		case captures.Exchange:
			all = m.ofAnswer(d)
		case captures.Delivery:
			all = m.ofDelivery(d)
		case captures.Probe:
			all = m.ofProbe(d)
		}
		for _, one := range all {
			if !yield(one) {
				return
			}
		}
	}
}

func (m mutator) ofAnswer(d *captures.Document) []mutant {
	var all []mutant
	add := func(kind, place string, change func(*captures.Message)) {
		changed, response := *d, *d.Response
		response.Headers = slices.Clone(response.Headers)
		changed.Response = &response
		change(&response)
		all = append(all, mutant{kind, place, &changed})
	}
	body, err := plainBody(d.Response)
	if err != nil {
		return nil
	}
	setBody := func(data []byte) func(*captures.Message) {
		return func(r *captures.Message) {
			text := string(data)
			r.Body, r.Base64 = &text, ""
			dropHeader(r, "Content-Encoding")
		}
	}
	otherClass := http.StatusOK
	if d.Response.Status < 300 {
		otherClass = http.StatusInternalServerError
	}
	add("status class flipped", "", func(r *captures.Message) { r.Status = otherClass })
	add("status unheard of", "", func(r *captures.Message) { r.Status = http.StatusTeapot })
	all = append(all, m.ofRequest(d)...)
	declared := m.contract.response(d.OperationID, d.Response.Status)
	for name, header := range declared.object("headers") {
		if h, ok := header.(map[string]any); ok && h["required"] == true {
			add("header dropped", name, func(r *captures.Message) { dropHeader(r, name) })
		}
	}
	if len(body) == 0 {
		return all
	}
	if declared["x-body-may-be-empty"] != true {
		add("body emptied", "", setBody(nil))
	}
	mediaType, _, _ := mime.ParseMediaType(d.Response.Header().Get("Content-Type"))
	add("content type foreign", "", func(r *captures.Message) { setHeader(r, "Content-Type", "application/xml") })
	if swapped := map[string]string{"application/json": "application/problem+json", "application/problem+json": "application/json"}[mediaType]; swapped != "" {
		add("content type swapped", "", func(r *captures.Message) { setHeader(r, "Content-Type", swapped) })
	}
	add("charset foreign", "", func(r *captures.Message) { setHeader(r, "Content-Type", mediaType+"; charset=utf-16") })
	if strings.HasSuffix(mediaType, "json") {
		text := `"` // opens a text: that which is the body, or that of the first member that is one
		if body[0] == '{' {
			text = `":"`
		}
		add("not UTF-8", "", func(r *captures.Message) {
			setBody(nil)(r)
			r.Base64 = base64.StdEncoding.EncodeToString(bytes.Replace(body, []byte(text), []byte(text+"\xff"), 1))
		})
	}
	content, _ := declared.object("content")[mediaType].(map[string]any)
	schema, _ := content["schema"].(map[string]any)
	for _, broken := range m.ofJSON(schema, body, !projected(d)) {
		add(broken.kind, broken.place, setBody(broken.body))
	}
	for _, place := range problemTexts { // whatever the contract requires
		if without, ok := edited(body, place, func(old any) (any, bool) { return absent{}, old != absent{} }); ok && mediaType == "application/problem+json" {
			add("type or title of a problem dropped", place, setBody(without))
		}
	}
	if d.Response.Status >= 400 {
		for _, place := range []string{"/statusCode", "/status", "/response/status"} {
			if broken, ok := otherStatus(body, place, d.Response.Status); ok {
				add("status inside changed", place, setBody(broken))
			}
		}
	}
	return all
}

// ofRequest asks for something else than what a success answers.
func (m mutator) ofRequest(d *captures.Document) []mutant {
	if d.Response.Status >= 300 {
		return nil
	}
	var all []mutant
	add := func(kind, method, target string) {
		changed, request := *d, *d.Request
		request.Method, request.Target = method, target
		changed.Request = &request
		all = append(all, mutant{kind, "", &changed})
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, "get", ""} {
		if method != d.Request.Method {
			add("method changed", method, d.Request.Target)
		}
	}
	path, query, _ := strings.Cut(d.Request.Target, "?")
	path = strings.TrimSuffix(path, "/")
	for _, other := range []string{
		path + "x", path + "/1", path + "//", path + ".json", path[:strings.LastIndexByte(path, '/')],
		strings.Replace(path, "/2.0/", "/3.0/", 1), strings.Replace(path, "/api/", "//api/", 1), strings.Replace(path, "/settings", "", 1), "/", "", "%zz",
	} {
		add("path changed", d.Request.Method, other+"?"+query)
	}
	return all
}

// problemTexts is where problems have the texts that only those of a 402 lack.
var problemTexts = []string{"/type", "/title", "/response/type", "/response/title"}

// otherStatus writes another failure's status at place, if this one's is there.
func otherStatus(body []byte, place string, status int) ([]byte, bool) {
	other := http.StatusConflict
	changed, ok := edited(body, place, func(old any) (any, bool) {
		return json.Number(strconv.Itoa(other)), old == json.Number(strconv.Itoa(status))
	})
	return changed, ok
}

func (m mutator) ofDelivery(d *captures.Document) []mutant {
	var all []mutant
	add := func(kind, place string, change func(*captures.Document)) {
		changed, request := *d, *d.Request
		request.Headers = slices.Clone(request.Headers)
		changed.Request = &request
		change(&changed)
		all = append(all, mutant{kind, place, &changed})
	}
	signature := d.Request.Header().Get(receiver.SignatureHeader)
	add("signature in lower case", "", func(c *captures.Document) {
		setHeader(c.Request, receiver.SignatureHeader, strings.ToLower(signature))
	})
	add("signature dropped", "", func(c *captures.Document) { dropHeader(c.Request, receiver.SignatureHeader) })
	add("method changed", "", func(c *captures.Document) { c.Request.Method = http.MethodPut })
	body, err := d.Request.Bytes()
	if err != nil || len(body) == 0 {
		return all
	}
	add("signature of another body", "", func(c *captures.Document) { setText(c.Request, append(bytes.Clone(body), '\n')) })
	add("signature of another secret", "", func(c *captures.Document) { c.Secret += "x" })
	add("content type foreign", "", func(c *captures.Document) { setHeader(c.Request, "Content-Type", "text/plain") })
	resigned := func(data []byte) func(*captures.Document) {
		return func(c *captures.Document) {
			setText(c.Request, data)
			setHeader(c.Request, receiver.SignatureHeader, receiver.Sign(data, c.Secret))
		}
	}
	if changed, ok := edited(body, "/event/triggerId", func(old any) (any, bool) {
		n, err := old.(json.Number).Int64()
		return json.Number(strconv.FormatInt(n*2+1, 10)), err == nil
	}); ok {
		add("bit of another event", "/event/triggerId", resigned(changed))
	}
	for _, broken := range m.ofJSON(m.contract.delivery(), body, true) {
		add(broken.kind, broken.place, resigned(broken.body))
	}
	return all
}

func (m mutator) ofProbe(d *captures.Document) []mutant {
	method, body := *d, *d
	method.Request = &captures.Message{Method: http.MethodGet, Headers: d.Request.Headers}
	text := "{}"
	body.Request = &captures.Message{Method: d.Request.Method, Headers: d.Request.Headers, Body: &text}
	return []mutant{{"method changed", "", &method}, {"probe with a body", "", &body}}
}

// broken is a body that breaks its schema at one place.
type broken struct {
	kind, place string
	body        []byte
}

// ofJSON breaks a JSON body by its schema. Bodies that are no JSON have none.
func (m mutator) ofJSON(schema map[string]any, body []byte, required bool) []broken {
	value, err := jsonValue(body)
	if err != nil {
		return nil
	}
	all := []broken{
		{"something behind", "", append(bytes.Clone(body), " true"...)},
		{"cut off", "", body[:len(bytes.TrimSpace(body))-1]},
	}
	if first := bytes.IndexByte(body, '{'); first == 0 {
		if name, rest, ok := firstMember(body); ok {
			all = append(all, broken{"member twice", "/" + name, fmt.Appendf(nil, `{%q:null,%s`, name, rest)})
		}
	}
	m.walk(schema, value, "", func(node node) {
		for _, change := range node.changes(required) {
			if changed, ok := edited(body, node.place+change.member, change.edit); ok {
				all = append(all, broken{change.kind, node.place + change.member, changed})
			}
		}
	})
	return all
}

// firstMember returns the name of the first member and the body from it on.
func firstMember(body []byte) (name, rest string, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if _, err := decoder.Token(); err != nil {
		return "", "", false
	}
	token, err := decoder.Token()
	name, ok = token.(string)
	return name, string(body[1:]), ok && err == nil
}

// node is a value and what the contract says of it.
type node struct {
	schema map[string]any
	value  any
	place  string
}

// change is one edit of a node, or of a member of it.
type change struct {
	kind, member string
	edit         func(old any) (changed any, ok bool)
}

// to edits into value, unless that is the value already.
func to(value any) func(any) (any, bool) {
	return func(old any) (any, bool) { return value, fmt.Sprint(old) != fmt.Sprint(value) }
}

// absent stands for a member that is taken away or not there yet.
type absent struct{}

// changes are the ways to break n.
func (n node) changes(required bool) []change {
	var all []change
	if n.value != nil {
		// No schema of the contract lets one of these stand for the other.
		var foreign any = true
		if _, isBool := n.value.(bool); isBool {
			foreign = "true"
		}
		all = append(all, change{"type changed", "", to(foreign)})
	}
	switch v := n.value.(type) {
	case map[string]any:
		// An empty list suits no member that any map of the contract may have.
		all = append(all, change{"member added", "/unheardOf", to([]any{})})
		names, _ := n.schema["required"].([]any)
		inside := strings.HasPrefix(n.place, "/response")
		for _, name := range names {
			if _, there := v[name.(string)]; there && (required || !inside) {
				all = append(all, change{"required member dropped", "/" + name.(string), func(any) (any, bool) { return absent{}, true }})
			}
		}
	case json.Number:
		all = append(all, change{"fraction", "", to(json.Number(v.String() + ".5"))})
		if limit, ok := integer(n.schema["maximum"]); ok {
			all = append(all, change{"bound crossed", "", to(number(limit + 1))})
		}
		if limit, ok := integer(n.schema["minimum"]); ok {
			all = append(all, change{"bound crossed", "", to(number(limit - 1))}, change{"bound crossed", "", to(number(limit - 2))})
		}
		if n.schema["format"] == "int32" {
			all = append(all, change{"bound crossed", "", to(number(math.MaxInt32 + 1))})
		}
		if n.schema["format"] == "int64" {
			all = append(all, change{"bound crossed", "", to(json.Number("9223372036854775808"))})
		}
		if n.schema["enum"] != nil {
			all = append(all, change{"enum left", "", to(number(-7))})
		}
	case string:
		switch format, _ := n.schema["format"].(string); format {
		case "date-time":
			all = append(all, change{"zone dropped", "", func(any) (any, bool) { return v[:len("2006-01-02T15:04:05")], true }})
			all = append(all, brokenDates(v)...)
		case "date-time-any-zone":
			all = append(all, brokenDates(v)...)
		case "uuid":
			all = append(all, change{"uuid broken", "", to(v[1:])}, change{"uuid broken", "", to(strings.ReplaceAll(v, "-", ""))})
		}
		if n.schema["enum"] != nil {
			all = append(all, change{"enum left", "", to("unheardOf")})
		}
		if n.schema["pattern"] != nil {
			all = append(all, change{"pattern broken", "", to(v + " ")})
		}
	case []any:
		if limit, ok := integer(n.schema["maxItems"]); ok && len(v) > 0 {
			more := slices.Clone(v)
			for int64(len(more)) <= limit {
				more = append(more, v[0])
			}
			all = append(all, change{"bound crossed", "", to(more)})
		}
		if limit, ok := integer(n.schema["minItems"]); ok && limit > 0 {
			all = append(all, change{"bound crossed", "", to([]any{})})
		}
	}
	return all
}

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

func integer(v any) (int64, bool) {
	n, ok := v.(int)
	return int64(n), ok
}

// brokenDates are dates as other systems write them, and days that do not exist.
func brokenDates(v string) []change {
	var all []change
	for _, other := range []string{
		v[:10], strings.Replace(v, "T", " ", 1), v[:5] + "13" + v[7:], v[:5] + "02-30" + v[10:], v[:11] + "24" + v[13:],
		v[:19] + ".12345678" + v[len(v)-1:], v + "x", "1795646754", "",
	} {
		all = append(all, change{"date broken", "", to(other)})
	}
	return all
}

// walk visits value and what is in it, each with its schema. Of an array it
// visits the first item. Values that the contract leaves free are passed over.
func (m mutator) walk(schema map[string]any, value any, place string, visit func(node)) {
	schema = m.contract.resolve(schema, value)
	if len(schema) == 0 || schema["type"] == nil {
		return
	}
	visit(node{schema, value, place})
	switch v := value.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		others, _ := schema["additionalProperties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner, ok := properties[name].(map[string]any)
			if !ok {
				inner = others
			}
			m.walk(inner, v[name], place+"/"+escaped(name), visit)
		}
	case []any:
		if items, ok := schema["items"].(map[string]any); ok && len(v) > 0 {
			m.walk(items, v[0], place+"/0", visit)
		}
	}
}

func escaped(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// edited returns body with the value at a JSON pointer changed, written anew.
func edited(body []byte, place string, edit func(old any) (any, bool)) ([]byte, bool) {
	value, err := jsonValue(body)
	if err != nil {
		return nil, false
	}
	path := strings.Split(place, "/")[1:]
	if place == "" {
		path = nil
	}
	for i, p := range path {
		path[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	changed, ok := editAt(value, path, edit)
	if !ok {
		return nil, false
	}
	written, err := json.Marshal(changed)
	return written, err == nil
}

func editAt(value any, path []string, edit func(any) (any, bool)) (any, bool) {
	if len(path) == 0 {
		return edit(value)
	}
	switch v := value.(type) {
	case map[string]any:
		inner, there := v[path[0]]
		if !there {
			inner = absent{}
			if len(path) > 1 {
				return nil, false
			}
		}
		changed, ok := editAt(inner, path[1:], edit)
		if _, gone := changed.(absent); gone {
			delete(v, path[0])
		} else {
			v[path[0]] = changed
		}
		return v, ok
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(v) {
			return nil, false
		}
		changed, ok := editAt(v[i], path[1:], edit)
		v[i] = changed
		return v, ok
	}
	return nil, false
}

func dropHeader(m *captures.Message, name string) {
	m.Headers = slices.DeleteFunc(m.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
}

func setHeader(m *captures.Message, name, value string) {
	dropHeader(m, name)
	m.Headers = append(m.Headers, [2]string{name, value})
}

func setText(m *captures.Message, data []byte) {
	text := string(data)
	m.Body, m.Base64 = &text, ""
}
