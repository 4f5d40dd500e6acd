package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Time is an instant as the server wrote it. The server writes dates in four
// forms: with Z, with an offset (+00:00 included), without a zone, and with
// none to seven digits of a fraction, never with zeros at its end. Time keeps
// the form: it marshals to the text it was read from.
//
// What the form means differs by operation, database and server version; see
// the contract. In particular a text without a zone is read as UTC.
type Time struct{ time.Time }

// The three ways to write offset 0, and instants that are known to be right, are
// told apart by location.
var (
	zoneless   = time.FixedZone("", 0)
	zeroOffset = time.FixedZone("+00:00", 0)
	exact      = time.FixedZone("UTC", 0)
)

const (
	layoutZoneless = "2006-01-02T15:04:05.999999999"
	layoutOffset   = layoutZoneless + "-07:00"
)

// ParseTime reads s in any of the server's forms.
func ParseTime(s string) (Time, error) {
	var t time.Time
	var err error
	switch {
	case strings.HasSuffix(s, "Z"):
		t, err = time.Parse(layoutZoneless+"Z", s)
	case len(s) > len("2006-01-02") && strings.ContainsAny(s[len("2006-01-02"):], "+-"):
		if t, err = time.Parse(layoutOffset, s); err == nil {
			if _, offset := t.Zone(); offset == 0 {
				t = t.In(zeroOffset)
			} else {
				t = t.In(time.FixedZone(s[len(s)-len("-07:00"):], offset)) // never the process's own zone
			}
		}
	default:
		t, err = time.ParseInLocation(layoutZoneless, s, zoneless)
	}
	if err != nil {
		return Time{}, fmt.Errorf("not a date of the server (2006-01-02T15:04:05 with up to nine digits of a fraction and Z, an offset or no zone): %q", s)
	}
	return Time{t}, nil
}

// ExactTime returns t as an instant that is known to be right, in UTC.
func ExactTime(t time.Time) Time { return Time{t.In(exact)} }

// Exact reports whether t is known to be the right instant, because whoever read
// it has corrected it or found it right. It is lost when t is written and read.
func (t Time) Exact() bool { return t.Location() == exact }

// Zoned reports whether the server named a zone or an offset.
func (t Time) Zoned() bool { return t.Location() != zoneless }

// String returns t as the server wrote it, with Z where it is exact.
func (t Time) String() string {
	switch t.Location() {
	case zoneless:
		return t.Format(layoutZoneless)
	case time.UTC, exact:
		return t.Format(layoutZoneless + "Z")
	}
	return t.Format(layoutOffset)
}

// MarshalJSON writes t as the server wrote it.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// MarshalText writes t as the server wrote it.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads any of the server's forms.
func (t *Time) UnmarshalText(text []byte) (err error) {
	*t, err = ParseTime(string(text))
	return err
}

// UnmarshalJSON reads any of the server's forms; null leaves t as it is.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	if n := len(data) - 1; n > 0 && data[0] == '"' && data[n] == '"' && bytes.IndexByte(data, '\\') < 0 {
		return t.UnmarshalText(data[1:n])
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("a date must be a JSON string: %w", err)
	}
	return t.UnmarshalText([]byte(s))
}
