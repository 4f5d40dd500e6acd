package wire_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/docspace-go/webhooks/wire"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprintf("%s %v %d", wire.WebhookID(7), wire.DeliveryID(-106), wire.WebhookID(7)); got != "7 -106 7" {
		t.Error(got)
	}
}

func TestStatusClass(t *testing.T) {
	t.Parallel()
	for class, want := range map[wire.StatusClass]string{
		0:                             "None",
		wire.NotSent:                  "NotSent",
		wire.NotSent | wire.Status2xx: "NotSent,Status2xx",
		wire.Failed:                   "Status3xx,Status4xx,Status5xx",
		wire.Status2xx | 64:           "Status2xx,64",
		32:                            "32",
	} {
		if got := class.String(); got != want {
			t.Errorf("%d is %s, want %s", int32(class), got, want)
		}
	}
	if wire.NotSent != 1 || wire.Status5xx != 16 || wire.Failed != 28 {
		t.Error("the vendor's numbers have changed")
	}
}

// Left out, null and empty are kept apart as far as the server keeps them apart.
func TestOptString(t *testing.T) {
	t.Parallel()
	type holder struct {
		S wire.OptString `json:"s,omitzero"`
	}
	for text, want := range map[string]struct {
		s     wire.OptString
		again string
	}{
		`{}`:           {wire.OptString{}, `{}`},
		`{"s":null}`:   {wire.OptString{}, `{}`},
		`{"s":""}`:     {wire.OptString{Set: true}, `{"s":""}`},
		`{"s":"\"a<"}`: {wire.OptString{Value: `"a<`, Set: true}, `{"s":"\"a\u003c"}`},
	} {
		h := holder{wire.OptString{}}
		if err := json.Unmarshal([]byte(text), &h); err != nil || h.S != want.s || h.S.String() != want.s.Value {
			t.Errorf("%s reads as %+v, %v", text, h.S, err)
		}
		if again, err := json.Marshal(h); err != nil || string(again) != want.again {
			t.Errorf("%s becomes %s, %v", text, again, err)
		}
	}
	h := holder{wire.OptString{Value: "old", Set: true}}
	if err := json.Unmarshal([]byte(`{"s":null}`), &h); err != nil || h.S.Set || h.S.Value != "" {
		t.Errorf("null leaves %+v, %v", h.S, err)
	}
	if text, err := json.Marshal(wire.OptString{}); err != nil || string(text) != "null" {
		t.Errorf("left out is %s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`1`), &h.S); err == nil {
		t.Error("a number was read")
	}
}
