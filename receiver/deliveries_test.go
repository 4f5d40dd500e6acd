package receiver_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// recorded is a delivery as a portal sent it.
type recorded struct {
	From      string `json:"from"` // folder and name of the recording
	Secret    string `json:"secret"`
	Signature string `json:"signature"`
	Body      string `json:"body"`
}

// recordings reads testdata/deliveries.jsonl: bytes from recorded deliveries,
// every trigger once, and each form of the webhook block.
func recordings(tb testing.TB) []recorded {
	tb.Helper()
	f, err := os.Open("testdata/deliveries.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var all []recorded
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			tb.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// recording returns the body of one of them.
func recording(tb testing.TB, from string) []byte {
	tb.Helper()
	all := recordings(tb)
	i := slices.IndexFunc(all, func(r recorded) bool { return r.From == from })
	if i < 0 {
		tb.Fatalf("no recording %s", from)
	}
	return []byte(all[i].Body)
}

func TestRecordings(t *testing.T) {
	t.Parallel()
	triggers := map[string]bool{}
	for _, r := range recordings(t) {
		t.Run(r.From, func(t *testing.T) {
			triggers[r.check(t).Trigger] = true
		})
	}
	delete(triggers, "")
	if len(triggers) != 36 {
		t.Errorf("%d triggers are covered, not 36", len(triggers))
	}
}

// TestCaptures does the same for all captures.
func TestCaptures(t *testing.T) {
	t.Parallel()
	all := captures(t)
	for _, r := range all {
		t.Run(r.From, func(t *testing.T) { r.check(t) })
	}
	t.Logf("%d deliveries verified, parsed and decoded", len(all))
}

// captures reads all recorded deliveries by their names, where they are to be
// had: in DOCSPACE_CAPTURES or beside the repository. Elsewhere the test is
// skipped.
func captures(t *testing.T) map[string]recorded {
	t.Helper()
	root := os.Getenv("DOCSPACE_CAPTURES")
	if root == "" {
		root = filepath.FromSlash("../../shared/wire/captures")
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "deliveries", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no captures: set DOCSPACE_CAPTURES to their folder to check them too")
	}
	all := map[string]recorded{}
	for _, file := range files {
		r, method := readCapture(t, file)
		if method != http.MethodPost {
			continue // what a portal up to 3.6 makes of a redirect
		}
		all[r.From] = r
	}
	return all
}

func readCapture(t *testing.T, file string) (r recorded, method string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var capture struct {
		Secret  string `json:"secret"`
		Request struct {
			Method  string      `json:"method"`
			Headers [][2]string `json:"headers"`
			Body    string      `json:"body"`
		} `json:"request"`
	}
	if err := json.Unmarshal(text, &capture); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	r = recorded{
		From:   filepath.Base(filepath.Dir(filepath.Dir(file))) + "/" + filepath.Base(file),
		Secret: capture.Secret,
		Body:   capture.Request.Body,
	}
	for _, h := range capture.Request.Headers {
		if h[0] == receiver.SignatureHeader {
			r.Signature = h[1]
		}
	}
	return r, capture.Request.Method
}

// check holds Sign, Verify, Parse and the payload's accessor to the recorded
// delivery.
func (r recorded) check(t *testing.T) *receiver.Event {
	t.Helper()
	body := []byte(r.Body)
	header := http.Header{receiver.SignatureHeader: {r.Signature}}
	if err := receiver.Verify(body, header, r.Secret); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if err := receiver.Verify(body, header, r.Secret+"x"); !errors.Is(err, receiver.ErrBadSignature) {
		t.Errorf("Verify with another secret: %v", err)
	}
	if receiver.Sign(body, r.Secret) != r.Signature {
		t.Error("Sign does not make the recorded signature")
	}
	event, err := receiver.Parse(body)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	compare(t, event, body)
	if !event.Legacy {
		payload, err := decode(event)
		if err != nil {
			t.Fatalf("payload: %v", err)
		}
		nothingLost(t, event.Payload, payload)
	}
	return event
}

// compare holds an event to its body, decoded without this package.
func compare(t *testing.T, e *receiver.Event, body []byte) {
	t.Helper()
	equal := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %v, the body says %v", what, got, want)
		}
	}
	if !bytes.Equal(e.Raw, body) {
		t.Error("Raw is not the body")
	}

	top := members(t, body)
	if len(top["event"]) == 0 {
		equal("Legacy", e.Legacy, true)
		equal("Payload", string(e.Payload), string(top["response"]))
		equal("ID", e.ID, int64(0))
		equal("Trigger", e.Trigger, "")
		return
	}
	equal("Legacy", e.Legacy, false)
	equal("Payload", string(e.Payload), string(top["payload"]))

	event := members(t, top["event"])
	equal("ID", e.ID, value[int64](t, event["id"]))
	equal("Time", e.Time, date(t, event["createOn"]))
	equal("Actor", e.Actor, value[string](t, event["createBy"]))
	equal("Trigger", e.Trigger, value[string](t, event["trigger"]))
	equal("TriggerID", e.TriggerID, value[int64](t, event["triggerId"]))

	webhook := members(t, top["webhook"])
	w := e.Webhook
	equal("Attempt", e.Attempt, value[int](t, webhook["retryCount"]))
	equal("Webhook.ID", w.ID, value[int64](t, webhook["id"]))
	equal("Webhook.Name", w.Name, value[string](t, webhook["name"]))
	equal("Webhook.URL", w.URL, value[string](t, webhook["url"]))
	equal("Webhook.Triggers", strings.Join(w.Triggers, " "), strings.Join(value[[]string](t, webhook["triggers"]), " "))
	equal("Webhook.LastFailureOn", w.LastFailureOn, date(t, webhook["lastFailureOn"]))
	equal("Webhook.LastFailureContent", w.LastFailureContent, value[string](t, webhook["lastFailureContent"]))
	equal("Webhook.LastSuccessOn", w.LastSuccessOn, date(t, webhook["lastSuccessOn"]))
	equal("Webhook.RetryOn", w.RetryOn, date(t, webhook["retryOn"]))

	if len(webhook["target"]) == 0 {
		equal("Webhook.Target", w.Target == nil, true)
		return
	}
	target := members(t, webhook["target"])
	equal("Target.Type", w.Target.Type, value[string](t, target["type"]))
	equal("Target.RawID", string(w.Target.RawID), string(target["id"]))
	equal("Target.ID", w.Target.ID, strings.Trim(string(target["id"]), `"`))
}

func members(t *testing.T, object json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	return value[map[string]json.RawMessage](t, object)
}

// value decodes a member; one that is absent is zero.
func value[T any](t *testing.T, member json.RawMessage) (v T) {
	t.Helper()
	if len(member) == 0 {
		return v
	}
	if err := json.Unmarshal(member, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// date decodes a date; one without a zone is in UTC.
func date(t *testing.T, member json.RawMessage) time.Time {
	t.Helper()
	text := value[string](t, member)
	if text == "" {
		return time.Time{}
	}
	when, err := time.Parse(time.RFC3339, strings.TrimSuffix(text, "Z")+"Z")
	if err != nil {
		t.Fatal(err)
	}
	return when
}
