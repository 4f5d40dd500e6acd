package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// quick reads text without the help of encoding/json, if it can.
func quick(text []byte, into any) bool {
	v := reflect.ValueOf(into).Elem()
	plan, r := planOf(v.Type()), reader{text: text}
	return plan != nil && plan.read(&r, v) && r.end()
}

// agrees checks that what is read quickly is what encoding/json reads.
func agrees[T any](t *testing.T, text []byte) (quickly bool) {
	t.Helper()
	var got, want T
	if !quick(text, &got) {
		return false
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Errorf("%q is read, but %v", text, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%q is read as\n%+v, want\n%+v", text, got, want)
	}
	return true
}

type odd struct {
	A string   `json:"a"`
	B int32    `json:"b"`
	C *bool    `json:"c"`
	D []string `json:"d"`
	E Time     `json:"e"`
	F struct {
		G OptString `json:"g"`
	} `json:"f"`
	H json.RawMessage `json:"h"`
}

func TestQuickReading(t *testing.T) {
	t.Parallel()
	for text, quickly := range map[string]bool{
		`{}`: true, ` { "a" : "x" } `: true, `{"a":"é\"\\\/\b\f\n\r\t"}`: true, `{"b":-0}`: true, `{"b":2147483647,"c":false}`: true,
		`{"c":true,"d":[],"e":"2026-11-24T22:46:34.0865269Z"}`: true, `{"d":["a","b\n"],"f":{"g":""}}`: true, `{"f":{"g":"\u00e9\n"}}`: true, `{"a":"\u0041\ud83d\uDE00 \u0000"}`: true,
		`{"x":{"y":[1,-2,"z",true,false,null,{}]},"b":1}`: true, `{"h":{"i":[1]}}`: true, `{"a":"\\\\"}`: true,

		``: false, `x`: false, `{`: false, `{"a"}`: false, `{"a":}`: false, `{"a":"x",}`: false, `{"a":"x"} x`: false, `{"a":"x"`: false,
		`{"a":null}`: false, `{"b":1.0}`: false, `{"b":1e2}`: false, `{"b":01}`: false, `{"b":-}`: false, `{"b":- 1}`: false, `{"b":2147483648}`: false, `{"b":"1"}`: false,
		`{"b":9223372036854775808}`: false, `{"a":"x","a":"y"}`: false, `{"A":"x"}`: false, "{\"a\":\"\x00\"}": false, "{\"a\":\"\xff\"}": false,
		`{"a":"\ud83d"}`: false, `{"a":"\ud83d\u0041"}`: false, `{"a":"\ude00"}`: false, `{"a":"\u+041"}`: false, `{"a":"\u00`: false, `{"a":"\x"}`: false, `{"a":"\`: false, `{"\u0061":"x"}`: true, `{"d":[1]}`: false, `{"d":["a",]}`: false, `{"d":["a"}`: false,
		`{"e":"soon"}`: false, `{"e":1}`: false, `{"c":tru}`: false, `{"x":nul}`: false, `{"x":[1}}`: false, `{"x":{"y"}}`: false, `{"x":1.5}`: false,
		`{"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`: false, "\ufeff{}": false, `[]`: false,
	} {
		if got := agrees[odd](t, []byte(text)); got != quickly {
			t.Errorf("%.80s: read quickly: %t", text, got)
		}
	}
}

func TestPlans(t *testing.T) {
	t.Parallel()
	type recursive struct {
		Next *recursive `json:"next"`
	}
	type many struct {
		recursive
	}
	for _, v := range []any{
		map[string]int{}, recursive{}, many{}, []byte{}, 1.5, struct {
			A int `json:"a,string"`
		}{}, struct{ A int }{}, struct {
			A any `json:"a"`
		}{},
	} {
		if planOf(reflect.TypeOf(v)) != nil {
			t.Errorf("there is a plan of %T", v)
		}
	}
	for _, v := range []any{envelope[[]Delivery]{}, envelope[[]WebhookWithStatus]{}, envelope[Webhook]{}, envelope[Delivery]{}} {
		if planOf(reflect.TypeOf(v)) == nil {
			t.Errorf("there is no plan of %T", v)
		}
	}
}

// What is read quickly is what encoding/json reads, whatever the text.
func FuzzQuickReading(f *testing.F) {
	for _, text := range []string{
		`{"response":[{"id":105,"configName":"builds","trigger":1099511627776,"creationTime":"2026-11-24T22:46:34Z","requestHeaders":"{\"Accept\":[\"*/*\"]}","requestPayload":"{}","responseHeaders":"{}","responsePayload":"","status":200,"delivery":"2026-11-24T22:46:35.5Z"}],"count":1,"total":1,"links":[{"href":"http://x/","action":"GET"}],"status":0,"statusCode":200}`,
		`{"response":[{"configs":{"id":7,"name":"builds","uri":"https://x/","enabled":true,"ssl":false,"triggers":128,"targetId":"1","createdBy":{"id":"x","hasAvatar":false},"createdOn":"2026-11-24T22:41:09.825981+00:00"},"status":200}]}`,
		`{"a":"é\"\\\/\b\f\n\r\t","b":-12,"c":true,"d":["a",""],"e":"2026-11-24T22:46:34","f":{"g":"x"},"h":[null]}`,
		`{"error":{"message":"no","type":"T"},"statusCode":404}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		agrees[odd](t, text)
		agrees[envelope[[]Delivery]](t, text)
		agrees[envelope[[]WebhookWithStatus]](t, text)
	})
}
