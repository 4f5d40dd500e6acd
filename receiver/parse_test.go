package receiver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// TestParseValues spells out what some recorded deliveries become.
func TestParseValues(t *testing.T) {
	t.Parallel()
	const actor = "66faa6e4-f133-11ea-b126-00ffeec8b4ef"
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for from, test := range map[string]struct {
		want    receiver.Event
		payload string // how it begins
	}{
		// MySQL: the last success has no zone.
		"3.7.2-mariadb/dates.america-new-york.failing.attempt-2": {receiver.Event{
			ID: 124, Time: at("2026-11-24T22:47:15Z"), Actor: actor, Trigger: "group.created", TriggerID: 16, Attempt: 1,
			Webhook: receiver.Webhook{
				ID: 297, Name: "dates bad", URL: "http://hooks.example.com:9190/ok/dates-bad",
				Triggers:           []string{"group.created"},
				LastFailureOn:      at("2026-11-24T22:47:16Z"),
				LastFailureContent: "Response status code does not indicate success: 500 (Internal Server Error).",
				LastSuccessOn:      at("2026-11-24T22:45:13Z"),
				RetryOn:            at("2026-11-24T22:47:17Z"),
			},
		}, `{"id":"`},
		// PostgreSQL: it has one, and a fraction.
		"3.7.2-postgresql/dates.america-new-york.failing.attempt-2": {receiver.Event{
			ID: 208, Time: at("2026-11-24T22:59:01Z"), Actor: actor, Trigger: "group.created", TriggerID: 16, Attempt: 1,
			Webhook: receiver.Webhook{
				ID: 188, Name: "dates bad", URL: "http://hooks.example.com:9290/ok/dates-bad",
				Triggers:           []string{"group.created"},
				LastFailureOn:      at("2026-11-24T22:59:03Z"),
				LastFailureContent: "Response status code does not indicate success: 500 (Internal Server Error).",
				LastSuccessOn:      at("2026-11-24T22:57:00.093574Z"),
				RetryOn:            at("2026-11-24T22:59:04Z"),
			},
		}, `{"id":"`},
		// The last attempt, after time-outs; nothing ever succeeded.
		"3.7.2-host-mariadb/hang.attempt-6": {receiver.Event{
			ID: 341, Time: at("2026-11-24T22:35:20Z"), Actor: actor, Trigger: "group.created", TriggerID: 16, Attempt: 5,
			Webhook: receiver.Webhook{
				ID: 206, Name: "never answers", URL: "http://hooks.example.com:9590/slow/800/hang",
				Triggers:           []string{"group.created"},
				LastFailureOn:      at("2026-11-24T22:42:19Z"),
				LastFailureContent: "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.",
				RetryOn:            at("2026-11-24T22:44:15Z"),
			},
		}, `{"id":"`},
		// Targets: a number, a UUID.
		"3.7.2-host-mariadb/target.room.room.updated": {receiver.Event{
			ID: 312, Time: at("2026-11-24T22:32:22Z"), Actor: actor, Trigger: "room.updated", TriggerID: 8388608,
			Webhook: receiver.Webhook{
				ID: 189, Name: "target room", URL: "http://hooks.example.com:9590/ok/target-room", Triggers: []string{"*"},
				Target: &receiver.Target{ID: "815", RawID: json.RawMessage("815"), Type: "room"},
			},
		}, `{"id":815,`},
		"3.7.2-host-mariadb/target.group.group.updated": {receiver.Event{
			ID: 292, Time: at("2026-11-24T22:32:22Z"), Actor: actor, Trigger: "group.updated", TriggerID: 32,
			Webhook: receiver.Webhook{
				ID: 186, Name: "target group", URL: "http://hooks.example.com:9590/ok/target-group", Triggers: []string{"*"},
				Target: &receiver.Target{
					ID:    "3f1f0f6e-6b3c-4d0b-9a52-5f1d2f6a7b01",
					RawID: json.RawMessage(`"3f1f0f6e-6b3c-4d0b-9a52-5f1d2f6a7b01"`),
					Type:  "group",
				},
			},
		}, `{"id":"3f1f0f6e`},
		// 3.0: the answer of the call and nothing else.
		"3.0.4-host-mariadb/event.createWebhook": {receiver.Event{Legacy: true}, `{"id":2,"name":"full",`},
		// A production portal in the cloud.
		"samples/delivery-file.created-production": {receiver.Event{
			ID: 138769, Time: at("2026-09-17T10:22:56Z"), Actor: "514c7ed5-3141-4448-af92-008bcb707042", Trigger: "file.created", TriggerID: 128,
			Webhook: receiver.Webhook{ID: 2621, Name: "testsdk", URL: "https://example.com/webhook", Triggers: []string{"*"}},
		}, `{"id":3358285,`},
	} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			body := recording(t, from)
			got, err := receiver.Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(got.Payload), test.payload) {
				t.Errorf("Payload is %s", got.Payload)
			}
			test.want.Raw, test.want.Payload = body, got.Payload
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("got  %s\nwant %s", fields(got), fields(&test.want))
			}
		})
	}
}

// fields shows an event in full, which its String does not.
func fields(e *receiver.Event) string {
	type plain receiver.Event
	rest := plain(*e)
	rest.Payload, rest.Raw = nil, nil
	return fmt.Sprintf("%+v, target %+v, payload %s", rest, e.Webhook.Target, e.Payload)
}

// TestParseLenient: what no portal sends today must not cost an event.
func TestParseLenient(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body  string
		check func(*receiver.Event) bool
	}{
		"nothing but an id":     {`{"event":{"id":7}}`, func(e *receiver.Event) bool { return e.ID == 7 && e.Payload == nil }},
		"unknown trigger":       {`{"event":{"id":7,"trigger":"moon.full","triggerId":4611686018427387904}}`, func(e *receiver.Event) bool { return e.Trigger == "moon.full" && e.TriggerID == 1<<62 }},
		"unknown members":       {`{"v":2,"event":{"id":7,"x":[1]},"webhook":{"id":3,"y":{}},"z":null}`, func(e *receiver.Event) bool { return e.Webhook.ID == 3 }},
		"stored before 3.1":     {`{"event":{"id":7,"trigger":"*"},"payload":"{\"response\":{}}"}`, func(e *receiver.Event) bool { return e.Trigger == "*" && e.Payload[0] == '"' }},
		"null blocks":           {`{"event":{"id":7},"payload":null,"webhook":null}`, func(e *receiver.Event) bool { return e.ID == 7 }},
		"webhook of a new kind": {`{"event":{"id":7,"trigger":"a.b"},"webhook":"3"}`, func(e *receiver.Event) bool { return e.Trigger == "a.b" && e.Webhook.ID == 0 }},
		"members of a new kind": {`{"event":{"createOn":17,"createBy":{"id":"u"},"id":7},"webhook":{"triggers":5,"retryCount":"2","name":"n"}}`, func(e *receiver.Event) bool {
			return e.ID == 7 && e.Time.IsZero() && e.Actor == "" && e.Webhook.Name == "n"
		}},
		"date of a new form": {`{"event":{"id":7,"createOn":"yesterday"}}`, func(e *receiver.Event) bool { return e.Time.IsZero() }},
		"date with an offset": {`{"event":{"id":7,"createOn":"2026-01-02T03:04:05.5+03:00"}}`, func(e *receiver.Event) bool {
			return e.Time.Equal(time.Date(2026, 1, 2, 0, 4, 5, 5e8, time.UTC))
		}},
		"date without a zone, with a fraction": {`{"event":{"id":7},"webhook":{"lastSuccessOn":"2026-01-02T03:04:05.1234567"}}`, func(e *receiver.Event) bool {
			return e.Webhook.LastSuccessOn.Equal(time.Date(2026, 1, 2, 3, 4, 5, 123456700, time.UTC))
		}},
		"target of third-party storage": {`{"event":{"id":7},"webhook":{"target":{"id":"box-1-\u002fa"}}}`, func(e *receiver.Event) bool { return e.Webhook.Target.ID == "box-1-/a" }},
		"target id of a new kind":       {`{"event":{"id":7},"webhook":{"target":{"id":[1],"type":"file"}}}`, func(e *receiver.Event) bool { t := e.Webhook.Target; return t.ID == "" && string(t.RawID) == "[1]" }},
		"target without an id":          {`{"event":{"id":7},"webhook":{"target":{"type":"file"}}}`, func(e *receiver.Event) bool { t := e.Webhook.Target; return t.ID == "" && t.Type == "file" }},
		"big target id":                 {`{"event":{"id":7},"webhook":{"target":{"id":12345678901234567890}}}`, func(e *receiver.Event) bool { return e.Webhook.Target.ID == "12345678901234567890" }},
		"text that is not UTF-8":        {"{\"event\":{\"id\":7},\"payload\":{\"title\":\"\xff\"}}", func(e *receiver.Event) bool { return strings.Contains(string(e.Payload), "\xff") }},
		"space around":                  {"\n {\"event\":{\"id\":7}} \n", func(e *receiver.Event) bool { return e.ID == 7 }},
		"answer with a list":            {`{"response":[1,2],"count":2,"status":0,"statusCode":200}`, func(e *receiver.Event) bool { return e.Legacy && string(e.Payload) == "[1,2]" }},
		"answer with nothing":           {`{"count":0,"links":[],"status":0,"statusCode":200}`, func(e *receiver.Event) bool { return e.Legacy && e.Payload == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := receiver.Parse([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if string(e.Raw) != test.body {
				t.Error("Raw is not the body")
			}
			if !test.check(e) {
				t.Errorf("got %s", fields(e))
			}
		})
	}
}

func TestParseMalformed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":             "",
		"not JSON":          "event=7",
		"cut off":           `{"event":{"id":7},"payload":{"secretKey":"` + secret,
		"two documents":     `{"event":{"id":7}}{"event":{"id":8}}`,
		"byte order mark":   "\ufeff" + `{"event":{"id":7}}`,
		"too deep":          `{"event":{"id":7},"payload":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
		"null":              "null",
		"number":            "7",
		"list":              `[{"event":{"id":7}}]`,
		"empty object":      "{}",
		"another's webhook": `{"id":7,"type":"invoice.paid","data":{}}`,
		"no event":          `{"payload":{},"webhook":{"id":3}}`,
		"null event":        `{"event":null}`,
		"event a string":    `{"event":"` + secret + `"}`,
		"event without id":  `{"event":{"trigger":"file.created"}}`,
		"id 0":              `{"event":{"id":0}}`,
		"id a string":       `{"event":{"id":"` + secret + `"}}`,
		"id a fraction":     `{"event":{"id":7.5}}`,
		"id too large":      `{"event":{"id":9223372036854775808}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := receiver.Parse([]byte(body))
			if !errors.Is(err, receiver.ErrMalformed) || e != nil {
				t.Fatalf("got %v, %v", e, err)
			}
			mustNotLeak(t, err.Error())
		})
	}
}

// TestEventText: an event in a log line must not bring its body along.
func TestEventText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, want string }{
		{
			`{"event":{"id":7,"trigger":"file.created"},"payload":{"title":"` + secret + `"},"webhook":{"id":3,"retryCount":2,"name":"` + secret + `"}}`,
			`event 7 "file.created", attempt 2, webhook 3`,
		},
		{`{"response":{"secretKey":"` + secret + `"}}`, `legacy delivery of 45 bytes`},
	} {
		e, err := receiver.Parse([]byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			for _, arg := range []any{e, *e} {
				if got := fmt.Sprintf(format, arg); got != test.want {
					t.Errorf("%s of %T: %s", format, arg, got)
				}
			}
		}
		var book logbook
		book.logger().Info("got one", "event", e)
		mustNotLeak(t, book.text())
	}
}
