//go:build !go1.27 || !goexperiment.jsonv2

package api

import "encoding/json"

// unmarshal reads an answer.
func unmarshal(text []byte, into any) error { return json.Unmarshal(text, into) }
