package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// unmarshal is [json.Unmarshal], about four times as fast on what portals send:
// it reads the text once, where encoding/json reads it twice, and takes the
// struct's fields from a table. Whatever is not plain it leaves to encoding/json:
// text that is not valid, null, members that come twice or are spelled otherwise,
// types beyond structs, slices, pointers, strings, integers, booleans and those
// that read themselves. So encoding/json decides what is right and what is wrong.
func unmarshal(text []byte, into any) error {
	v := reflect.ValueOf(into).Elem()
	if plan := planOf(v.Type()); plan != nil {
		r := reader{text: text}
		if plan.read(&r, v) && r.end() {
			return nil
		}
		v.SetZero()
	}
	return json.Unmarshal(text, into)
}

// plan says how to read a type.
type plan struct {
	kind   reflect.Kind // Invalid: the type reads itself
	elem   *plan        // of a slice or pointer
	fields []field      // of a struct
}

type field struct {
	name  string
	index int
	plan  *plan
}

// maxFields is how many members of an object can be told apart.
const maxFields = 64

var (
	plans       sync.Map // of reflect.Type to *plan, nil for those left to encoding/json
	readsItself = reflect.TypeFor[json.Unmarshaler]()
)

func planOf(t reflect.Type) *plan {
	if known, ok := plans.Load(t); ok {
		return known.(*plan)
	}
	p := makePlan(t, 0)
	plans.Store(t, p)
	return p
}

// makePlan returns the plan of t, nil if there is none.
func makePlan(t reflect.Type, depth int) *plan {
	p := &plan{kind: t.Kind()}
	switch {
	case depth > 10: // recursive
		return nil
	case reflect.PointerTo(t).Implements(readsItself):
		p.kind = reflect.Invalid
		return p
	case reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()):
		return nil
	}
	switch t.Kind() { //nolint:exhaustive // the others are left to encoding/json
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64:
		return p
	case reflect.Slice, reflect.Pointer:
		p.elem = makePlan(t.Elem(), depth+1)
		if p.elem == nil || t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		return p
	case reflect.Struct:
	default:
		return nil
	}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := makePlan(f.Type, depth+1)
		if f.Anonymous || !f.IsExported() || name == "" || name == "-" || inner == nil || strings.Contains(options, "string") || len(p.fields) == maxFields {
			return nil
		}
		p.fields = append(p.fields, field{name, f.Index[0], inner})
	}
	return p
}

// reader reads JSON text. Its methods report false where they leave it to
// encoding/json.
type reader struct {
	text []byte
	at   int
	buf  []byte // of the string being unescaped
}

// next returns the next byte that is not white space, 0 at the end.
func (r *reader) next() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) end() bool { return r.next() == 0 && r.at == len(r.text) }

func (p *plan) read(r *reader, v reflect.Value) bool {
	switch p.kind { //nolint:exhaustive // makePlan makes no others
	case reflect.Invalid:
		r.next()
		start := r.at
		return r.skip(0) && r.text[start] != 'n' && v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(r.text[start:r.at]) == nil
	case reflect.String:
		s, ok := r.string()
		v.SetString(string(s))
		return ok
	case reflect.Bool:
		yes := r.word("true")
		v.SetBool(yes)
		return yes || r.word("false")
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, ok := r.int()
		if !ok || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return true
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return p.elem.read(r, v.Elem())
	case reflect.Slice:
		return p.readSlice(r, v)
	case reflect.Struct:
		return p.readStruct(r, v)
	default:
		return false
	}
}

func (p *plan) readSlice(r *reader, v reflect.Value) bool {
	if !r.take('[') {
		return false
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	if r.take(']') {
		return true
	}
	for n := 0; ; n++ {
		if n == v.Cap() {
			v.Grow(max(n, 8))
		}
		v.SetLen(n + 1)
		if !p.elem.read(r, v.Index(n)) {
			return false
		}
		if r.take(']') {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

func (p *plan) readStruct(r *reader, v reflect.Value) bool {
	if !r.take('{') {
		return false
	}
	if r.take('}') {
		return true
	}
	var seen uint64
	following := 0 // members mostly come in the order of the fields
	for {
		name, ok := r.string()
		if !ok || !r.take(':') {
			return false
		}
		i, ok := p.find(name, following)
		switch {
		case !ok:
			return false
		case i < 0:
			ok = r.skip(0)
		case seen&(1<<i) != 0:
			return false
		default:
			seen |= 1 << i
			following = i + 1
			ok = p.fields[i].plan.read(r, v.Field(p.fields[i].index))
		}
		if !ok {
			return false
		}
		if r.take('}') {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

// find returns the field of a name, which may be the one at guess; -1 if there is
// none. It reports false where only the case differs.
func (p *plan) find(name []byte, guess int) (index int, ok bool) {
	if guess < len(p.fields) && string(name) == p.fields[guess].name {
		return guess, true
	}
	for i := range p.fields {
		if string(name) == p.fields[i].name {
			return i, true
		}
	}
	for i := range p.fields {
		if bytes.EqualFold(name, []byte(p.fields[i].name)) {
			return 0, false
		}
	}
	return -1, true
}

// word takes a word if it comes next.
func (r *reader) word(w string) bool {
	r.next()
	if !bytes.HasPrefix(r.text[r.at:], []byte(w)) {
		return false
	}
	r.at += len(w)
	return true
}

// int takes an integer of 18 digits at most.
func (r *reader) int() (n int64, ok bool) {
	negative := r.take('-')
	start := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		n = n*10 + int64(r.text[r.at]-'0')
		r.at++
	}
	digits := r.at - start
	if digits == 0 || digits > 18 || digits > 1 && r.text[start] == '0' {
		return 0, false
	}
	if r.at < len(r.text) && (r.text[r.at] == '.' || r.text[r.at]|0x20 == 'e') {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// unescaped has what stands for a byte after a backslash; 0 for the rest.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// string takes a string. Its bytes are good until the next one is taken.
func (r *reader) string() ([]byte, bool) {
	if !r.take('"') {
		return nil, false
	}
	rest := r.text[r.at:]
	quote := bytes.IndexByte(rest, '"')
	if quote < 0 {
		return nil, false
	}
	if s := rest[:quote]; bytes.IndexByte(s, '\\') < 0 {
		r.at += quote + 1
		return s, isPlain(s)
	}
	buf := r.buf[:0]
	for i := 0; i < len(rest); {
		switch c := rest[i]; {
		case c == '"':
			r.at += i + 1
			r.buf = buf
			return buf, utf8.Valid(buf)
		case c < ' ':
			return nil, false
		case c != '\\':
			start := i
			for i < len(rest) && rest[i] != '"' && rest[i] != '\\' && rest[i] >= ' ' {
				i++
			}
			buf = append(buf, rest[start:i]...)
		case i+1 < len(rest) && unescaped[rest[i+1]] != 0:
			buf = append(buf, unescaped[rest[i+1]])
			i += 2
		default:
			char, n := escaped(rest[i:])
			if n == 0 {
				return nil, false
			}
			buf = utf8.AppendRune(buf, char)
			i += n
		}
	}
	return nil, false
}

// escaped reads the \u or the two of them that text begins with, and how long
// that is, 0 if it is neither.
func escaped(text []byte) (char rune, n int) {
	unit := func(text []byte) rune {
		if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
			return -1
		}
		n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
		if err != nil {
			return -1
		}
		return rune(n)
	}
	switch char = unit(text); {
	case char < 0:
		return 0, 0
	case !utf16.IsSurrogate(char):
		return char, 6
	}
	if char = utf16.DecodeRune(char, unit(text[6:])); char == utf8.RuneError {
		return 0, 0
	}
	return char, 12
}

// isPlain reports whether s can stand in a string as it is.
func isPlain(s []byte) bool {
	ascii := true
	for _, c := range s {
		if c < ' ' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.Valid(s)
}

// maxDepth is how deep values that nobody asked for may be nested.
const maxDepth = 100

// skip takes a value.
func (r *reader) skip(depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch c := r.next(); c {
	case '"':
		_, ok := r.string()
		return ok
	case '{', '[':
		r.at++
		closing := c + 2 // in ASCII
		if r.take(closing) {
			return true
		}
		for {
			if c == '{' {
				if _, ok := r.string(); !ok || !r.take(':') {
					return false
				}
			}
			if !r.skip(depth + 1) {
				return false
			}
			if r.take(closing) {
				return true
			}
			if !r.take(',') {
				return false
			}
		}
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	default:
		_, ok := r.int()
		return ok
	}
}
