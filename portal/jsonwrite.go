package portal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any // nil, bool, string, int, int32, int64, object, []any or json.Number
}

// escaping says which characters of a string are written as \uXXXX.
type escaping int

const (
	// relaxed is how the API writes its answers: what is assigned in the basic
	// plane stands as it is, the rest of Unicode is escaped.
	relaxed escaping = iota
	// strict is how deliveries are written: only ASCII stands as it is, and of
	// that neither quotes nor & ' + < > and the backquote.
	strict
)

// appendJSON appends v as the server writes it.
func appendJSON(b []byte, v any, e escaping) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendString(b, v, e)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int32:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case json.Number:
		return append(b, v...)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item, e)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, m.name, e), ':')
			b = appendJSON(b, m.value, e)
		}
		return append(b, '}')
	}
	panic(fmt.Sprintf("portal: no JSON form for %T", v))
}

const upperHex = "0123456789ABCDEF"

func appendString(b []byte, s string, e escaping) []byte {
	b = append(b, '"')
	for _, r := range s {
		if e.plain(r) {
			b = utf8.AppendRune(b, r)
			continue
		}
		switch r {
		case '\b':
			b = append(b, `\b`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\f':
			b = append(b, `\f`...)
		case '\r':
			b = append(b, `\r`...)
		case '\\':
			b = append(b, `\\`...)
		case '"':
			if e == relaxed {
				b = append(b, `\"`...)
			} else {
				b = append(b, `\u0022`...)
			}
		default:
			if r > 0xFFFF {
				high, low := utf16.EncodeRune(r)
				b = appendUnit(appendUnit(b, high), low)
			} else {
				b = appendUnit(b, r)
			}
		}
	}
	return append(b, '"')
}

// appendUnit appends one UTF-16 code unit as \uXXXX.
func appendUnit(b []byte, unit rune) []byte {
	return append(b, '\\', 'u',
		upperHex[unit>>12&0xF], upperHex[unit>>8&0xF], upperHex[unit>>4&0xF], upperHex[unit&0xF])
}

// plain reports whether r stands for itself inside a string.
func (e escaping) plain(r rune) bool {
	if r < 0x20 || r == '"' || r == '\\' || r == 0x7F {
		return false
	}
	if r < 0x7F {
		if e == relaxed {
			return true
		}
		switch r {
		case '&', '\'', '+', '<', '>', '`':
			return false
		}
		return true
	}
	return e == relaxed && r <= 0xFFFF && unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Cf)
}

// readTree reads one JSON value and keeps the order of members and the digits
// of numbers.
func readTree(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := readValue(d)
	if err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return v, nil
}

func readValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if delim == '[' {
		list := []any{}
		for d.More() {
			item, err := readValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err := d.Token()
		return list, err
	}
	members := object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := readValue(d)
		if err != nil {
			return nil, err
		}
		members = append(members, member{name.(string), value})
	}
	_, err = d.Token()
	return members, err
}
