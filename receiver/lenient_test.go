package receiver_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// TestPayloadForms: one thing comes in several forms.
func TestPayloadForms(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		trigger, payload string
		want             any
	}{
		"contacts as text":          {"user.created", `{"contacts":"phone|1|skype|b|"}`, receiver.User{Contacts: []receiver.Contact{{Type: "phone", Value: "1"}, {Type: "skype", Value: "b"}}}},
		"contacts as list":          {"user.created", `{"contacts":"lost|x|","contactsList":["phone","1"]}`, receiver.User{Contacts: []receiver.Contact{{Type: "phone", Value: "1"}}}},
		"contacts as objects":       {"user.created", `{"contacts":[{"type":"phone","value":"1"},{"type":"x"}]}`, receiver.User{Contacts: []receiver.Contact{{Type: "phone", Value: "1"}, {Type: "x"}}}},
		"contacts without a value":  {"user.created", `{"contacts":"phone"}`, receiver.User{}},
		"contacts of a new kind":    {"user.created", `{"contacts":{"phone":"1"}}`, receiver.User{}},
		"no contacts":               {"user.created", `{"contacts":[],"contactsList":[]}`, receiver.User{}},
		"author as id":              {"file.created", `{"createBy":"u"}`, receiver.File{Entry: receiver.Entry{CreatedBy: receiver.Author{ID: "u"}}}},
		"author as object":          {"file.created", `{"createdBy":{"id":"u","displayName":"U"}}`, receiver.File{Entry: receiver.Entry{CreatedBy: receiver.Author{ID: "u", DisplayName: "U"}}}},
		"author of a new kind":      {"file.created", `{"createdBy":["u"]}`, receiver.File{}},
		"both authors":              {"file.created", `{"createBy":null,"createdBy":"u"}`, receiver.File{Entry: receiver.Entry{CreatedBy: receiver.Author{ID: "u"}}}},
		"id as number":              {"room.created", `{"id":12345678901234567890}`, receiver.Room{Entry: receiver.Entry{ID: "12345678901234567890"}}},
		"id as text":                {"agent.created", `{"id":"drive-5-|a"}`, receiver.Room{Entry: receiver.Entry{ID: "drive-5-|a"}}},
		"id of a new kind":          {"agent.created", `{"id":{"n":1}}`, receiver.Room{}},
		"number as text":            {"file.created", `{"version":"3"}`, receiver.File{Version: 3}},
		"number with a fraction":    {"file.created", `{"version":3.5,"title":"t"}`, receiver.File{Entry: receiver.Entry{Title: "t"}}},
		"number out of range":       {"file.created", `{"contentLength":99999999999999999999}`, receiver.File{}},
		"text as bool":              {"file.created", `{"locked":"true","title":7}`, receiver.File{Entry: receiver.Entry{Title: "7"}}},
		"date with Z":               {"folder.created", `{"createOn":"2026-01-02T03:04:05Z"}`, receiver.Folder{Entry: receiver.Entry{CreatedOn: when}}},
		"date without a zone":       {"folder.created", `{"created":"2026-01-02T03:04:05"}`, receiver.Folder{Entry: receiver.Entry{CreatedOn: when}}},
		"date with seven digits":    {"folder.created", `{"createOn":"2026-01-02T03:04:05.1234567Z"}`, receiver.Folder{Entry: receiver.Entry{CreatedOn: when.Add(123456700)}}},
		"date with an offset":       {"folder.created", `{"created":"2026-01-02T06:04:05.0000000+03:00"}`, receiver.Folder{Entry: receiver.Entry{CreatedOn: when}}},
		"date of a new form":        {"folder.created", `{"created":1767323045}`, receiver.Folder{}},
		"parent as id":              {"group.created", `{"parent":"p"}`, receiver.Group{Parent: receiver.Ref{ID: "p"}}},
		"parent nested":             {"group.created", `{"parent":{"id":"p","name":"P","parent":{"id":"q"}}}`, receiver.Group{Parent: receiver.Ref{ID: "p", Name: "P"}}},
		"category":                  {"group.created", `{"categoryID":"c"}`, receiver.Group{Category: "c"}},
		"category, next":            {"group.created", `{"category":"c"}`, receiver.Group{Category: "c"}},
		"rights":                    {"file.created", `{"security":{"Read":true,"Edit":false},"securityByUsers":{"u":{"Read":true}}}`, receiver.File{Entry: receiver.Entry{Security: map[string]bool{"Read": true, "Edit": false}, SecurityByUsers: map[string]map[string]bool{"u": {"Read": true}}}}},
		"rights of a new kind":      {"file.created", `{"security":["Read"],"title":"t"}`, receiver.File{Entry: receiver.Entry{Title: "t"}}},
		"tags":                      {"room.updated", `{"tags":[{"name":"n","type":1,"owner":"u","id":5,"count":2,"createOn":"2026-01-02T03:04:05Z"}]}`, receiver.Room{Entry: receiver.Entry{Tags: []receiver.Tag{{ID: "5", Name: "n", Type: 1, Owner: "u", Count: 2, CreatedOn: when}}}}},
		"tags of a new kind":        {"room.updated", `{"tags":["n"]}`, receiver.Room{}},
		"form":                      {"form.filled.out", `{"id":1}`, receiver.Form{File: receiver.File{Entry: receiver.Entry{ID: "1"}}}},
		"form, submitted alone":     {"form.submit", `{"submittedForm":{"id":2}}`, receiver.Form{File: receiver.File{Entry: receiver.Entry{ID: "2"}}}},
		"form, both":                {"form.submit", `{"originalForm":{"id":1},"submittedForm":{"id":2}}`, receiver.Form{File: receiver.File{Entry: receiver.Entry{ID: "2"}}, Original: &receiver.File{Entry: receiver.Entry{ID: "1"}}}},
		"form, original alone":      {"form.submit", `{"originalForm":{"id":1}}`, receiver.Form{Original: &receiver.File{Entry: receiver.Entry{ID: "1"}}}},
		"forms of a new kind":       {"form.submit", `{"originalForm":1,"submittedForm":"2"}`, receiver.Form{Original: &receiver.File{}}},
		"unknown trigger of a kind": {"file.glued", `{"title":"t","glue":true}`, receiver.File{Entry: receiver.Entry{Title: "t"}}},
		"empty":                     {"file.created", `{}`, receiver.File{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := &receiver.Event{Trigger: test.trigger, Payload: json.RawMessage(test.payload)}
			got, err := decode(event)
			if err != nil {
				t.Fatal(err)
			}
			if got := withoutRaw(got); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func withoutRaw(payload any) any {
	switch p := payload.(type) {
	case receiver.User:
		p.Raw = nil
		return p
	case receiver.Group:
		p.Raw = nil
		return p
	case receiver.File:
		p.Raw = nil
		return p
	case receiver.Folder:
		p.Raw = nil
		return p
	case receiver.Room:
		p.Raw = nil
		return p
	case receiver.Form:
		p.Raw = nil
		if p.Original != nil {
			p.Original.Raw = nil
		}
		return p
	}
	return payload
}

// TestPayloadRaw: the JSON behind each value is there, that of its part too.
func TestPayloadRaw(t *testing.T) {
	t.Parallel()
	const original, submitted = `{"id":1,"new":true}`, `{"id":2,"new":true}`
	payload := `{"originalForm":` + original + `,"submittedForm":` + submitted + `}`
	event := &receiver.Event{Trigger: "form.submit", Payload: json.RawMessage(payload)}
	form, err := event.Form()
	if err != nil {
		t.Fatal(err)
	}
	if string(form.Raw) != submitted || string(form.Original.Raw) != original {
		t.Errorf("got %s and %s", form.Raw, form.Original.Raw)
	}
	for family := range accessors {
		const payload = `{"id":1,"new":{"a":[1]}}`
		got, err := decode(&receiver.Event{Trigger: family + ".x", Payload: json.RawMessage(payload)})
		if err != nil {
			t.Fatal(err)
		}
		if raw := reflect.ValueOf(got).FieldByName("Raw").Bytes(); string(raw) != payload {
			t.Errorf("%s: %s", family, raw)
		}
	}
}
