package wire

import "encoding/json"

// OptString is a text that the server may leave out, where "left out" and
// "empty" are two different answers. The zero value is left out.
type OptString struct {
	Value string
	Set   bool
}

// String returns the text, empty where it was left out.
func (o OptString) String() string { return o.Value }

// IsZero reports whether the text was left out; encoding/json's omitzero asks.
func (o OptString) IsZero() bool { return !o.Set }

// MarshalJSON writes a JSON string, or null where the text was left out.
func (o OptString) MarshalJSON() ([]byte, error) {
	if !o.Set {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// UnmarshalJSON reads a JSON string; null leaves the text out.
func (o *OptString) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = OptString{}
		return nil
	}
	o.Set = true
	if string(data) == `""` { // as receivers mostly answer
		o.Value = ""
		return nil
	}
	return json.Unmarshal(data, &o.Value)
}
