package portal

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// bodyLimit is the greatest request body that is read, in bytes.
const bodyLimit = 1 << 20

// errMediaType says that the body's media type or charset is not one the server
// reads.
var errMediaType = errors.New("unsupported media type")

// errNullBody is a body that is the literal null.
var errNullBody = errors.New("null")

// binder reads one member of a body. It is called with the member's first token
// read and must leave its last one read.
type binder func(r *jsonReader) error

// bindBody reads a JSON object into the members of fields, by name without
// regard to case. typ is what the server calls the type in its complaints,
// required the members that must be there. A complaint is a [problemsError].
//
// A repeated member counts as often as it stands there; unknown ones are passed
// over.
func bindBody(req *http.Request, body []byte, typ string, fields map[string]binder, required ...string) error {
	text, err := decodeBody(req.Header.Values("Content-Type"), body)
	if err != nil {
		return err
	}
	if len(text) > 0 {
		err = bindObject(&jsonReader{data: text}, typ, fields, required)
	} else {
		err = errNullBody
	}
	if bad, ok := errors.AsType[*jsonError](err); ok {
		return problemsError{{bad.path, bad.message}}
	}
	if err != nil {
		return problemsError{{"", "A non-empty request body is required."}}
	}
	return nil
}

func bindObject(r *jsonReader, typ string, fields map[string]binder, required []string) error {
	if err := r.next(); err != nil {
		return err
	}
	if r.kind == tokenNull {
		if err := r.next(); err != nil {
			return err
		}
		return errNullBody
	}
	if err := bindMembers(r, typ, fields, required...); err != nil {
		return err
	}
	return r.next()
}

// bindMembers reads the members of the object whose first token was just read.
func bindMembers(r *jsonReader, typ string, fields map[string]binder, required ...string) error {
	if r.kind != tokenObject {
		return r.mismatch(typ)
	}
	seen := make(map[string]bool)
	for {
		if err := r.next(); err != nil {
			return err
		}
		if r.kind == tokenObjectEnd {
			break
		}
		r.enter(r.text)
		name := strings.ToLower(r.text)
		if err := r.next(); err != nil {
			return err
		}
		bind, known := fields[name]
		if !known {
			bind = (*jsonReader).skip
		}
		if err := bind(r); err != nil {
			return err
		}
		seen[name] = true
		r.leave()
	}
	for _, name := range required {
		if !seen[name] {
			return &jsonError{"$", fmt.Sprintf("JSON deserialization for type '%s' was missing required properties including: '%s'.", typ, name)}
		}
	}
	return nil
}

func bindString(to **string) binder {
	return func(r *jsonReader) error {
		switch {
		case r.kind == tokenNull:
			*to = nil
		case r.kind == tokenString && r.valid:
			text := r.text
			*to = &text
		default:
			return r.mismatch("System.String")
		}
		return nil
	}
}

func bindBool(to *bool) binder {
	return func(r *jsonReader) error {
		if r.kind != tokenTrue && r.kind != tokenFalse {
			return r.mismatch("System.Boolean")
		}
		*to = r.kind == tokenTrue
		return nil
	}
}

// bindInt reads an int32, which may stand in quotes.
func bindInt(to *int32) binder {
	return func(r *jsonReader) error {
		if r.kind == tokenNumber || r.kind == tokenString {
			if n, err := strconv.ParseInt(r.text, 10, 32); err == nil && !strings.HasPrefix(r.text, "+") {
				*to = int32(n)
				return nil
			}
		}
		return r.mismatch("System.Int32")
	}
}

// bindEnum reads a number of an enumeration, which must be a plain integer.
func bindEnum(to *int64, typ string, bits int) binder {
	return func(r *jsonReader) error {
		if r.kind == tokenNumber {
			if n, err := strconv.ParseInt(r.text, 10, bits); err == nil {
				*to = n
				return nil
			}
		}
		return r.mismatch(typ)
	}
}

// bindInts reads a list of int32; null leaves it nil.
func bindInts(to *[]int32) binder {
	var n int32
	one := bindInt(&n)
	return collect(to, "System.Collections.Generic.List`1[System.Int32]", func(r *jsonReader) error {
		err := one(r)
		*to = append(*to, n)
		return err
	})
}

// bindStrings reads a list of strings; null leaves it nil.
func bindStrings(to *[]string) binder {
	var s *string
	one := bindString(&s)
	return collect(to, "System.Collections.Generic.List`1[System.String]", func(r *jsonReader) error {
		err := one(r)
		if err == nil && s != nil {
			*to = append(*to, *s)
		}
		return err
	})
}

// collect reads a list into to, which is nil for null and else is not.
func collect[T any](to *[]T, typ string, element binder) binder {
	list := bindList(typ, element)
	return func(r *jsonReader) error {
		*to = nil
		if r.kind != tokenNull {
			*to = []T{}
		}
		return list(r)
	}
}

// bindList reads a list, element by element.
func bindList(typ string, element binder) binder {
	return func(r *jsonReader) error {
		if r.kind == tokenNull {
			return nil
		}
		if r.kind != tokenArray {
			return r.mismatch(typ)
		}
		for i := 0; ; i++ {
			r.enterIndex(i)
			if err := r.next(); err != nil {
				return err
			}
			if r.kind == tokenArrayEnd {
				r.leave()
				return nil
			}
			if err := element(r); err != nil {
				return err
			}
			r.leave()
		}
	}
}

// decodeBody checks the media type and returns the body as UTF-8.
func decodeBody(contentType []string, body []byte) ([]byte, error) {
	if len(contentType) == 0 {
		return nil, errMediaType
	}
	media, params, err := mime.ParseMediaType(contentType[0])
	if err != nil {
		return nil, errMediaType
	}
	switch {
	case media == "application/json", media == "text/json":
	case strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"):
	default:
		return nil, errMediaType
	}
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8":
		return []byte(strings.TrimPrefix(string(body), "\uFEFF")), nil
	case "utf-16", "utf-16le", "unicode":
		return utf16Text(body), nil
	}
	return nil, errMediaType
}

// utf16Text decodes UTF-16, little-endian unless a byte order mark says otherwise.
func utf16Text(body []byte) []byte {
	at := func(i int) uint16 { return uint16(body[i]) | uint16(body[i+1])<<8 }
	if len(body) >= 2 && body[0] == 0xFE && body[1] == 0xFF {
		at = func(i int) uint16 { return uint16(body[i])<<8 | uint16(body[i+1]) }
	}
	var units []uint16
	for i := 0; i+1 < len(body); i += 2 {
		units = append(units, at(i))
	}
	if len(units) > 0 && units[0] == 0xFEFF {
		units = units[1:]
	}
	var text []byte
	for _, r := range utf16.Decode(units) {
		text = utf8.AppendRune(text, r)
	}
	return text
}
