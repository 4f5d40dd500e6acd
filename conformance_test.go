package webhooks_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/gen"
	"github.com/docspace-go/webhooks/openapi/captures"
	"github.com/docspace-go/webhooks/openapi/validate"
	"github.com/docspace-go/webhooks/receiver"
)

// The recordings are the fixtures, or those of the folder that the environment
// variable DOCSPACE_CAPTURES names.
func recordings(t *testing.T) []captures.Folder {
	t.Helper()
	path := os.Getenv("DOCSPACE_CAPTURES")
	if path == "" {
		return fixtures(t)
	}
	folders, err := captures.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

func fixtures(t *testing.T) []captures.Folder {
	t.Helper()
	const path = "openapi/fixtures"
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the fixtures do not come with the downloaded module; clone it")
	}
	folders, err := captures.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

func theContract(t *testing.T) *validate.Contract {
	t.Helper()
	c, err := validate.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConformance holds every recording against the contract, the generated
// types, package api and package receiver.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, f := range recordings(t) {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			run := conformance{contract: theContract(t)}
			for _, d := range f.Documents {
				if err := run.document(d); err != nil {
					t.Errorf("%s: %v", d.ID, err)
				}
			}
			t.Logf("%s: %s", f.Name, run)
		})
	}
}

// conformance counts what held.
type conformance struct {
	contract              *validate.Contract
	exchanges, deliveries int
	verdicts              map[validate.Verdict]int // of exchanges
	roundTripped, failed  int
	verified, bodiless    int
}

// String is the line that is logged for a folder.
func (c conformance) String() string {
	s := fmt.Sprintf("%d exchanges: %d valid strictly, %d excepted, %d outside, %d round-tripped, %d failures typed; %d deliveries: %d verified",
		c.exchanges, c.verdicts[validate.Valid], c.verdicts[validate.Excepted], c.verdicts[validate.Outside], c.roundTripped, c.failed, c.deliveries, c.verified)
	if c.bodiless > 0 {
		s += fmt.Sprintf(", %d redirected and so without a body", c.bodiless)
	}
	if n := c.verdicts[validate.Decoded]; n > 0 {
		s += fmt.Sprintf("; %d exchanges from before 3.1 decoded", n)
	}
	if n := c.verdicts[validate.Unanswered]; n > 0 {
		s += fmt.Sprintf("; %d exchanges without an answer", n)
	}
	return s
}

func (c *conformance) document(d *captures.Document) error {
	verdict, _, err := c.contract.Capture(d)
	if err != nil {
		return err
	}
	switch d.Kind() {
	case captures.Probe:
		return nil
	case captures.Delivery:
		c.deliveries++
		return c.delivery(d)
	case captures.Exchange:
		c.exchanges++
	}
	if c.verdicts == nil {
		c.verdicts = map[validate.Verdict]int{}
	}
	c.verdicts[verdict]++
	if verdict == validate.Outside || verdict == validate.Unanswered {
		return nil
	}
	if d.Response.Status != http.StatusOK {
		return count(&c.failed, typedFailure(d))
	}
	if verdict == validate.Decoded {
		return decodes(d)
	}
	if err := roundTrip(d); err != nil {
		return fmt.Errorf("generated types: %w", err)
	}
	if err := decodedWhole(d); err != nil {
		return fmt.Errorf("package api: %w", err)
	}
	c.roundTripped++
	return nil
}

// count adds one to n unless there is an error.
func count(n *int, err error) error {
	if err == nil {
		*n++
	}
	return err
}

// answers has the generated type of each operation's success.
var answers = map[string]func() any{
	"createWebhook":      func() any { return new(gen.WebhookAnswer) },
	"updateWebhook":      func() any { return new(gen.WebhookAnswer) },
	"enableWebhook":      func() any { return new(gen.WebhookAnswer) },
	"removeWebhook":      func() any { return new(gen.WebhookAnswer) },
	"getTenantWebhooks":  func() any { return new(gen.WebhooksAnswer) },
	"getWebhookTriggers": func() any { return new(gen.TriggersAnswer) },
	"getWebhooksLogs":    func() any { return new(gen.DeliveriesAnswer) },
	"retryWebhook":       func() any { return new(gen.DeliveryAnswer) },
	"retryWebhooks":      func() any { return new(gen.RetriedDeliveriesAnswer) },
}

// roundTrip reads a success into its generated type and writes it again: every
// member must come out as it went in, dates to the letter.
func roundTrip(d *captures.Document) error {
	body, err := plainBody(d.Response)
	if err != nil {
		return err
	}
	answer := answers[d.OperationID]()
	return throughType(body, answer, projected(d))
}

func throughType(body []byte, typed any, projected bool) error {
	if err := json.Unmarshal(body, typed); err != nil {
		return err
	}
	written, err := json.Marshal(typed)
	if err != nil {
		return err
	}
	return sameJSON(body, written, projected)
}

// projected tells whether the query asked for some members only.
func projected(d *captures.Document) bool {
	for name := range d.Request.Query() {
		if strings.EqualFold(name, "fields") {
			return true
		}
	}
	return false
}

// sameJSON compares JSON values, numbers and dates by their text. If part is
// set, members of got that want does not have are passed over: a type writes
// its required members also where a projection left them out.
func sameJSON(want, got []byte, part bool) error {
	w, err := jsonValue(want)
	if err != nil {
		return err
	}
	g, err := jsonValue(got)
	if err != nil {
		return err
	}
	return same(w, g, part, "")
}

func same(want, got any, part bool, place string) error {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %T, not an object", place, got)
		}
		for name := range g {
			if _, known := w[name]; !known && !part {
				return fmt.Errorf("%s/%s came from nowhere", place, name)
			}
		}
		for name, v := range w {
			inner, there := g[name]
			if !there {
				return fmt.Errorf("%s/%s is lost", place, name)
			}
			if err := same(v, inner, part, place+"/"+name); err != nil {
				return err
			}
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s is %T, not an array of %d", place, got, len(w))
		}
		for i := range w {
			if err := same(w[i], g[i], part, fmt.Sprintf("%s/%d", place, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if want != got {
		return fmt.Errorf("%s is not the same", place)
	}
	return nil
}

func jsonValue(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

// plainBody returns a body as it was before any compression.
func plainBody(m *captures.Message) ([]byte, error) {
	body, err := m.Bytes()
	if err != nil || m.Header().Get("Content-Encoding") != "gzip" {
		return body, err
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// payloads has the generated type of each family of events.
var payloads = map[string]func() any{
	"user":        func() any { return new(gen.UserPayload) },
	"group":       func() any { return new(gen.GroupPayload) },
	"file":        func() any { return new(gen.EntryPayload) },
	"folder":      func() any { return new(gen.EntryPayload) },
	"room":        func() any { return new(gen.EntryPayload) },
	"agent":       func() any { return new(gen.EntryPayload) },
	"form":        func() any { return new(gen.EntryPayload) },
	"form.submit": func() any { return new(gen.FormSubmitPayload) },
}

// delivery verifies and decodes a delivery as a receiver does. A redirect that
// was followed left nothing to verify.
func (c *conformance) delivery(d *captures.Document) error {
	body, err := d.Request.Bytes()
	if err != nil {
		return err
	}
	if d.Request.Method == http.MethodGet && len(body) == 0 {
		c.bodiless++
		return nil
	}
	header := d.Request.Header()
	if err := receiver.Verify(body, header, d.Secret); err != nil {
		return err
	}
	c.verified++
	if err := receiver.Verify(append(bytes.Clone(body), ' '), header, d.Secret); !errors.Is(err, receiver.ErrBadSignature) {
		return fmt.Errorf("a blank behind the body was found as: %w", err)
	}
	event, err := receiver.Parse(body)
	if err != nil {
		return err
	}
	if event.Legacy {
		return nil // its payload is the answer of some call
	}
	var typed gen.DeliveryBody
	if err := throughType(body, &typed, false); err != nil {
		return fmt.Errorf("generated types: %w", err)
	}
	parsed := gen.DeliveryBody{
		Event: gen.DeliveryEvent{
			ID: typed.Event.ID, CreateOn: typed.Event.CreateOn, // checked below
			CreateBy: event.Actor, Trigger: event.Trigger, TriggerID: gen.Triggers(event.TriggerID),
		},
		Webhook: typed.Webhook,
		Payload: event.Payload,
	}
	switch {
	case event.ID != int64(typed.Event.ID) || !event.Time.Equal(typed.Event.CreateOn.Time):
		return errors.New("package receiver: another id or time")
	case event.Attempt != int(typed.Webhook.RetryCount) || event.Webhook.ID != int64(typed.Webhook.ID) || event.Webhook.Name != typed.Webhook.Name:
		return errors.New("package receiver: another attempt or webhook")
	case !reflect.DeepEqual(parsed, typed):
		return errors.New("package receiver: another event or payload")
	}
	return payload(typed)
}

func payload(d gen.DeliveryBody) error {
	family, _, _ := strings.Cut(d.Event.Trigger, ".")
	typed, ok := payloads[d.Event.Trigger]
	if !ok {
		typed, ok = payloads[family]
	}
	if !ok {
		return fmt.Errorf("no payload for %s", d.Event.Trigger)
	}
	full, err := jsonValue(d.Payload)
	if err != nil {
		return err
	}
	want, err := json.Marshal(withoutEmpty(full))
	if err != nil {
		return err
	}
	if err := throughType(want, typed(), false); err != nil {
		return fmt.Errorf("generated type of the payload of %s: %w", d.Event.Trigger, err)
	}
	return nil
}

// withoutEmpty leaves out the empty texts, objects and falsehoods of a payload:
// the server leaves most of them out itself, and to a Go type they are absent.
func withoutEmpty(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	rest := map[string]any{}
	for name, v := range object {
		v = withoutEmpty(v)
		if m, isObject := v.(map[string]any); v == false || v == "" || isObject && len(m) == 0 {
			continue
		}
		rest[name] = v
	}
	return rest
}

// TestConformanceExceptionsAreUsed fails for a line of the table of exceptions
// that no recording needs any more.
func TestConformanceExceptionsAreUsed(t *testing.T) {
	t.Parallel()
	if os.Getenv("DOCSPACE_CAPTURES") != "" {
		t.Skip("another folder need not have every generation")
	}
	c := theContract(t)
	unused := map[validate.Exception]bool{}
	for _, x := range validate.Exceptions() {
		unused[x] = true
	}
	for _, f := range recordings(t) {
		for _, d := range f.Documents {
			if _, used, err := c.Capture(d); err == nil {
				for _, x := range used {
					delete(unused, *x)
				}
			}
		}
	}
	for x := range maps.Keys(unused) {
		t.Errorf("no recording needs the exception %+v", x)
	}
}
