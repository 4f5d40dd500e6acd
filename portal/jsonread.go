package portal

import (
	"fmt"
	"strings"
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
	switch {
	case r.kind == tokenObject && c == '}':
		return r.close(tokenObjectEnd)
	case r.kind == tokenObject && c == '"':
		return r.name()
	case r.kind == tokenObject:
		return r.notName()
	case r.kind == tokenArray && c == ']':
		return r.close(tokenArrayEnd)
	case r.kind == tokenArray, r.kind == tokenName:
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
	c := r.data[offset]
	if c >= 0x20 && c < 0x7F {
		return string(rune(c))
	}
	return fmt.Sprintf("0x%02X", c)
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
