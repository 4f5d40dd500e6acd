package portal

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// value reads the first token of a value.
func (r *jsonReader) value() error {
	switch c := r.data[r.pos]; {
	case c == '{':
		return r.begin(tokenObject, c, "object")
	case c == '[':
		return r.begin(tokenArray, c, "array")
	case c == '"':
		if err := r.stringToken(); err != nil {
			return err
		}
		r.kind = tokenString
		return nil
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	case c == 't':
		return r.literal("true", tokenTrue)
	case c == 'f':
		return r.literal("false", tokenFalse)
	case c == 'n':
		return r.literal("null", tokenNull)
	}
	return r.fail(r.pos, "'%s' is an invalid start of a value.", r.shown(r.pos))
}

func (r *jsonReader) literal(word string, kind tokenKind) error {
	rest := r.data[r.pos:]
	for i := range len(word) {
		if i >= len(rest) || rest[i] != word[i] {
			got := rest[:min(i+1, len(rest))]
			return r.fail(r.pos+i, "'%s' is an invalid JSON literal. Expected the literal '%s'.", got, word)
		}
	}
	r.pos += len(word)
	r.kind = kind
	return nil
}

func (r *jsonReader) number() error {
	start, i := r.pos, r.pos
	digits := func() bool {
		from := i
		for i < len(r.data) && r.data[i] >= '0' && r.data[i] <= '9' {
			i++
		}
		return i > from
	}
	need := func(reason string) error {
		if i == len(r.data) {
			return r.fail(i, "Expected a digit ('0'-'9'), but instead reached end of data.")
		}
		return r.fail(i, "'%s' is invalid within a number, immediately after %s. Expected a digit ('0'-'9').", r.shown(i), reason)
	}
	if r.data[i] == '-' {
		i++
	}
	if i < len(r.data) && r.data[i] == '0' {
		i++
		if i < len(r.data) && r.data[i] >= '0' && r.data[i] <= '9' {
			return r.fail(i, "Invalid leading zero before '%s'.", r.shown(i))
		}
	} else if !digits() {
		return need("a sign character ('+' or '-')")
	}
	if i < len(r.data) && r.data[i] == '.' {
		i++
		if !digits() {
			return need("a decimal point ('.')")
		}
	}
	if i < len(r.data) && (r.data[i] == 'e' || r.data[i] == 'E') {
		i++
		if i < len(r.data) && (r.data[i] == '+' || r.data[i] == '-') {
			i++
		}
		if !digits() {
			return need("a sign character ('+' or '-')")
		}
	}
	if i < len(r.data) && !strings.ContainsRune(",}] \t\r\n", rune(r.data[i])) {
		return r.fail(i, "'%s' is an invalid end of a number. Expected a delimiter.", r.shown(i))
	}
	r.text = string(r.data[start:i])
	r.pos = i
	r.kind = tokenNumber
	return nil
}

// stringToken reads the string at pos. Text that is no proper Unicode is read
// nevertheless and marked: the server complains when the value is used.
func (r *jsonReader) stringToken() error {
	var b strings.Builder
	r.valid = true
	i := r.pos + 1
	for {
		if i >= len(r.data) {
			return r.fail(i, "Expected end of string, but instead reached end of data.")
		}
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			r.text = b.String()
			return nil
		case c == '\\':
			n, err := r.escape(&b, i)
			if err != nil {
				return err
			}
			i += n
		case c < 0x20:
			return r.fail(i, "'0x%02X' is invalid within a JSON string. The string should be correctly escaped.", c)
		default:
			char, n := utf8.DecodeRune(r.data[i:])
			if char == utf8.RuneError && n == 1 {
				r.valid = false
			}
			b.Write(r.data[i : i+n])
			i += n
		}
	}
}

// escape reads the escape sequence at i and returns its length.
func (r *jsonReader) escape(b *strings.Builder, i int) (int, error) {
	if i+1 >= len(r.data) {
		return 0, r.fail(i+1, "Expected end of string, but instead reached end of data.")
	}
	const letters, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	c := r.data[i+1]
	if at := strings.IndexByte(letters, c); at >= 0 {
		b.WriteByte(meant[at])
		return 2, nil
	}
	if c != 'u' {
		return 0, r.fail(i+1, "'%s' is an invalid escapable character within a JSON string. The string should be correctly escaped.", r.shown(i+1))
	}
	unit, err := r.hex4(i + 2)
	if err != nil {
		return 0, err
	}
	if !utf16.IsSurrogate(unit) {
		b.WriteRune(unit)
		return 6, nil
	}
	if i+7 < len(r.data) && r.data[i+6] == '\\' && r.data[i+7] == 'u' {
		low, err := r.hex4(i + 8)
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(unit, low); pair != utf8.RuneError {
			b.WriteRune(pair)
			return 12, nil
		}
	}
	r.valid = false
	return 6, nil
}

func (r *jsonReader) hex4(from int) (rune, error) {
	var unit rune
	for i := from; i < from+4; i++ {
		if i >= len(r.data) {
			return 0, r.fail(i, "Expected end of string, but instead reached end of data.")
		}
		at := strings.IndexByte("0123456789abcdef", r.data[i]|0x20)
		if at < 0 {
			return 0, r.fail(i, "'%s' is not a hex digit following '\\u' within a JSON string. The string should be correctly escaped.", r.shown(i))
		}
		unit = unit<<4 | rune(at)
	}
	return unit, nil
}
