//go:build go1.27 && goexperiment.jsonv2

package api

import (
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"reflect"
)

// unmarshal reads an answer: by encoding/json/v2, which is about twice as fast
// and stricter. What it refuses, encoding/json judges, as in other builds.
func unmarshal(text []byte, into any) error {
	if jsonv2.Unmarshal(text, into) == nil {
		return nil
	}
	reflect.ValueOf(into).Elem().SetZero()
	return json.Unmarshal(text, into)
}
