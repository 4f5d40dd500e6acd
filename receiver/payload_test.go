package receiver_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds what each trigger's payload becomes to a file a trigger:
// testdata/golden/recorded for deliveries that portals sent, the first of each
// trigger; testdata/golden/next for made-up ones of the generation that is
// announced, of which nothing was seen yet.
func TestGolden(t *testing.T) {
	t.Parallel()
	first := map[string]bool{}
	for _, r := range recordings(t) {
		event := parse(t, []byte(r.Body))
		if event.Legacy || first[event.Trigger] {
			continue
		}
		first[event.Trigger] = true
		golden(t, "recorded", r.From, event)
	}
	if len(first) != 36 {
		t.Errorf("%d triggers have a golden file, not 36", len(first))
	}
	for _, r := range madeUp(t) {
		golden(t, "next", r.From, parse(t, r.Body))
	}
}

func golden(t *testing.T, generation, from string, event *receiver.Event) {
	t.Run(generation+"/"+event.Trigger, func(t *testing.T) {
		payload, err := decode(event)
		if err != nil {
			t.Fatal(err)
		}
		nothingLost(t, event.Payload, payload)
		got, err := json.MarshalIndent(map[string]any{"from": from, "payload": plain(t, payload)}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "golden", generation, event.Trigger+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(append(got, '\n'), want) {
			t.Errorf("%s differs:\n%s", file, got)
		}
	})
}

// madeUpDelivery is one that no portal has sent.
type madeUpDelivery struct {
	From string          `json:"from"`
	Body json.RawMessage `json:"body"`
}

// madeUp reads testdata/next.jsonl.
func madeUp(tb testing.TB) (all []madeUpDelivery) {
	tb.Helper()
	f, err := os.Open("testdata/next.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var d madeUpDelivery
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			tb.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

func parse(tb testing.TB, body []byte) *receiver.Event {
	tb.Helper()
	event, err := receiver.Parse(body)
	if err != nil {
		tb.Fatal(err)
	}
	return event
}

// accessors are those of Event by the family they are for.
var accessors = map[string]func(*receiver.Event) (any, error){
	"user":   func(e *receiver.Event) (any, error) { return e.User() },
	"group":  func(e *receiver.Event) (any, error) { return e.Group() },
	"file":   func(e *receiver.Event) (any, error) { return e.File() },
	"folder": func(e *receiver.Event) (any, error) { return e.Folder() },
	"room":   func(e *receiver.Event) (any, error) { return e.Room() },
	"agent":  func(e *receiver.Event) (any, error) { return e.Room() },
	"form":   func(e *receiver.Event) (any, error) { return e.Form() },
}

// decode calls the accessor for the event.
func decode(event *receiver.Event) (any, error) {
	family, _, _ := strings.Cut(event.Trigger, ".")
	accessor, ok := accessors[family]
	if !ok {
		return nil, fmt.Errorf("no accessor for %q", event.Trigger)
	}
	return accessor(event)
}

// plain is a payload without what is zero in it, and without Raw.
func plain(t *testing.T, payload any) any {
	t.Helper()
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return prune(value[any](t, text))
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "Raw")
		for name, member := range v {
			if v[name] = prune(member); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	case bool:
		if !v {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	}
	return v
}

// nothingLost fails if a value of the payload is not in what it became, except
// those of members that have no field.
func nothingLost(t *testing.T, raw json.RawMessage, payload any) {
	t.Helper()
	without := map[string]bool{
		"key": true, "authenticationType": true, // groups: the id again, and a constant
		"checkActivation": true, // users: not isActive
		"hasAvatar":       true, "avatarSmall": true,
		"folderIdDisplay": true, // entries: parentId again
	}
	kept := map[string]bool{}
	leaves(plain(t, payload), nil, func(leaf string) { kept[leaf] = true })
	leaves(value[any](t, raw), without, func(leaf string) {
		for part := range strings.SplitSeq(leaf, "|") {
			if part != "" && !kept[part] && !kept[leaf] {
				t.Errorf("%q is lost", part)
			}
		}
	})
}

// leaves gives the values in a document as text, moments in one form.
func leaves(v any, without map[string]bool, leaf func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if !without[name] {
				leaves(member, without, leaf)
			}
		}
	case []any:
		for _, item := range v {
			leaves(item, without, leaf)
		}
	case float64:
		leaf(fmt.Sprintf("%.0f", v))
	case bool:
		if v {
			leaf("true")
		}
	case string:
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
			if when, err := time.Parse(layout, v); err == nil {
				v = when.UTC().Format(time.RFC3339Nano)
			}
		}
		leaf(v)
	}
}

// TestAccessorOfAnotherFamily: each accessor takes the events of its own family
// and no others.
func TestAccessorOfAnotherFamily(t *testing.T) {
	t.Parallel()
	for of, accessor := range accessors {
		for family := range accessors {
			_, err := accessor(&receiver.Event{Trigger: family + ".created", Payload: json.RawMessage(`{}`)})
			rooms := of == "room" && family == "agent" || of == "agent" && family == "room"
			if of == family || rooms {
				if err != nil {
					t.Errorf("%s of %s: %v", of, family, err)
				}
				continue
			}
			wrong(t, err, strings.Replace(of, "agent", "room", 1), family+".created")
		}
	}
}

// TestAccessorWithoutObject: a payload that is no object is none.
func TestAccessorWithoutObject(t *testing.T) {
	t.Parallel()
	for trigger, payload := range map[string]string{
		"user.created":    `"{\"id\":1}"`,
		"user.updated":    ``,
		"user.deleted":    `null`,
		"user.invited":    `[{}]`,
		"user":            `17`,
		"":                `{}`,
		"*":               `{}`,
		"users.created":   `{}`,
		"User.created":    `{}`,
		".user.created":   `{}`,
		"something.user.": `{}`,
	} {
		_, err := (&receiver.Event{Trigger: trigger, Payload: json.RawMessage(payload)}).User()
		wrong(t, err, "user", trigger)
	}
}

func wrong(t *testing.T, err error, want, trigger string) {
	t.Helper()
	payloadError, ok := errors.AsType[*receiver.PayloadError](err)
	if !ok {
		t.Errorf("%s of %q: %v", want, trigger, err)
		return
	}
	if *payloadError != (receiver.PayloadError{Want: want, Trigger: trigger}) {
		t.Errorf("%s of %q: %+v", want, trigger, *payloadError)
	}
	if text := fmt.Sprintf("receiver: no %s in the payload of %q", want, trigger); err.Error() != text {
		t.Errorf("it says %q", err)
	}
}
