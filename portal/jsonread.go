package portal

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The server names the place and the reason of whatever it does not like in a
// JSON body, so the portal reads JSON the way the server's reader does: one
// token after the other, with a position (`createWebhook.body.*`).

// maxDepth is how deep the server lets JSON nest.
const maxDepth = 32

// jsonError is a complaint of the reader. Its key is the path of the value.
type jsonError struct {
	path    string
	message string
}

func (e *jsonError) Error() string { return e.path + ": " + e.message }

type tokenKind int

const (
	tokenNone tokenKind = iota
	tokenObject
	tokenObjectEnd
	tokenArray
	tokenArrayEnd
	tokenName
	tokenString
	tokenNumber
	tokenTrue
	tokenFalse
	tokenNull
)

// jsonReader is a pull reader over one complete body.
type jsonReader struct {
	data []byte
	pos  int

	line, lineStart int

	kind  tokenKind
	text  string // of a name or string, unescaped; of a number, as written
	valid bool   // the text is proper Unicode

	open []byte // the brackets that are open
	path []string
}

// fail returns a complaint at the position of offset.
func (r *jsonReader) fail(offset int, format string, args ...any) error {
	path := r.location()
	return &jsonError{path, fmt.Sprintf(format, args...) +
		fmt.Sprintf(" Path: %s | LineNumber: %d | BytePositionInLine: %d.", path, r.line, offset-r.lineStart)}
}

// mismatch says that the token just read cannot become a value of typ.
func (r *jsonReader) mismatch(typ string) error {
	return r.fail(r.pos, "The JSON value could not be converted to %s.", typ)
}

func (r *jsonReader) location() string {
	var b strings.Builder
	b.WriteByte('$')
	for _, step := range r.path {
		b.WriteString(step)
	}
	return b.String()
}

// enter and leave keep the path: a member by its name, an element by its index.
func (r *jsonReader) enter(name string) {
	if strings.ContainsAny(name, ". '/\"[]()\t\n\r\f\b\\\u0085\u2028\u2029") {
		name = "['" + name + "']"
	} else {
		name = "." + name
	}
	r.path = append(r.path, name)
}

func (r *jsonReader) enterIndex(i int) { r.path = append(r.path, fmt.Sprintf("[%d]", i)) }

func (r *jsonReader) leave() { r.path = r.path[:len(r.path)-1] }

func (r *jsonReader) skipBlanks() {
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case '\n':
			r.line++
			r.lineStart = r.pos + 1
		case ' ', '\t', '\r':
		default:
			return
		}
		r.pos++
	}
}

// next reads a token. At the end of a complete value it returns tokenNone.
func (r *jsonReader) next() error {
	r.skipBlanks()
	end := r.pos == len(r.data)
	switch {
	case r.kind == tokenNone:
		if end {
			return r.fail(r.pos, "The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true.")
		}
		return r.value()
	case len(r.open) == 0:
		if !end {
			return r.fail(r.pos, "'%s' is invalid after a single JSON value. Expected end of data.", r.shown(r.pos))
		}
		r.kind = tokenNone
		return nil
	case end:
		return r.fail(r.pos, "Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that should be closed.")
	}
	c := r.data[r.pos]
	if c == '/' { // the server's reader takes it for a comment before anything else
		return r.notAfterValue()
	}
	switch r.kind {
	case tokenName:
		return r.value()
	case tokenObject:
		switch c {
		case '}':
			return r.close(tokenObjectEnd)
		case '"':
			return r.name()
		}
		return r.notName()
	case tokenArray:
		if c == ']' {
			return r.close(tokenArrayEnd)
		}
		return r.value()
	}
	inObject := r.open[len(r.open)-1] == '{'
	switch c {
	case ',':
		return r.afterComma(inObject)
	case '}':
		if !inObject {
			return r.fail(r.pos, "'}' is invalid without a matching open.")
		}
		return r.close(tokenObjectEnd)
	case ']':
		if inObject {
			return r.fail(r.pos, "']' is invalid without a matching open.")
		}
		return r.close(tokenArrayEnd)
	}
	return r.notAfterValue()
}

func (r *jsonReader) afterComma(inObject bool) error {
	r.pos++
	r.skipBlanks()
	if r.pos == len(r.data) {
		return r.fail(r.pos, "Expected start of a property name or value, but instead reached end of data.")
	}
	switch c := r.data[r.pos]; {
	case !inObject && c == ']':
		return r.fail(r.pos, "The JSON array contains a trailing comma at the end which is not supported in this mode. Change the reader options.")
	case !inObject:
		return r.value()
	case c == '}':
		return r.fail(r.pos, "The JSON object contains a trailing comma at the end which is not supported in this mode. Change the reader options.")
	case c == '"':
		return r.name()
	}
	return r.notName()
}

func (r *jsonReader) notAfterValue() error {
	return r.fail(r.pos, "'%s' is invalid after a value. Expected either ',', '}', or ']'.", r.shown(r.pos))
}

func (r *jsonReader) notName() error {
	return r.fail(r.pos, "'%s' is an invalid start of a property name. Expected a '\"'.", r.shown(r.pos))
}

// shown is how a complaint quotes the byte at offset.
func (r *jsonReader) shown(offset int) string {
	if c := r.data[offset]; c >= 0x20 && c < 0x7F {
		return string(rune(c))
	} else {
		return fmt.Sprintf("0x%02X", c)
	}
}

func (r *jsonReader) close(kind tokenKind) error {
	r.pos++
	r.open = r.open[:len(r.open)-1]
	r.kind = kind
	return nil
}

func (r *jsonReader) begin(kind tokenKind, bracket byte, what string) error {
	if len(r.open) == maxDepth {
		return r.fail(r.pos, "The maximum configured depth of %d has been exceeded. Cannot read next JSON %s.", maxDepth, what)
	}
	r.pos++
	r.open = append(r.open, bracket)
	r.kind = kind
	return nil
}

func (r *jsonReader) name() error {
	if err := r.stringToken(); err != nil {
		return err
	}
	r.skipBlanks()
	if r.pos == len(r.data) {
		return r.fail(r.pos, "Expected a value, but instead reached end of data.")
	}
	if r.data[r.pos] != ':' {
		return r.fail(r.pos, "'%s' is invalid after a property name. Expected a ':'.", r.shown(r.pos))
	}
	r.pos++
	r.kind = tokenName
	return nil
}

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

// skip passes over the value whose first token was just read.
func (r *jsonReader) skip() error {
	if r.kind != tokenObject && r.kind != tokenArray {
		return nil
	}
	for depth := len(r.open); len(r.open) >= depth; {
		if err := r.next(); err != nil {
			return err
		}
	}
	return nil
}
