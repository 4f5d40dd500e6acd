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
	buf  []byte     // of the string being unescaped
	same [64]string // strings that were read, by a hash: most come again in the next row
}

// maxShared is the length up to which strings that are the same are one.
const maxShared = 128

// share returns s as a string, which may be one that was read before.
func (r *reader) share(s []byte) string {
	if len(s) == 0 || len(s) > maxShared {
		return string(s)
	}
	seen := &r.same[(len(s)*7+int(s[0])+int(s[len(s)-1])*3+int(s[len(s)/2])*5)%len(r.same)]
	if string(s) != *seen {
		*seen = string(s)
	}
	return *seen
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
		v.SetString(r.share(s))
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

// What a byte is in a string: 0 for those that end a run of plain text.
const (
	ascii = 1 << iota
	beyond
)

var classes = func() (c [256]byte) {
	for i := range c {
		switch {
		case i >= utf8.RuneSelf:
			c[i] = beyond
		case i >= ' ' && i != '"' && i != '\\':
			c[i] = ascii
		}
	}
	return c
}()

// run returns the length of the plain text that text begins with, and what it
// consists of.
func run(text []byte) (n int, class byte) {
	for n < len(text) && classes[text[n]] != 0 {
		class |= classes[text[n]]
		n++
	}
	return n, class
}

// string takes a string. Its bytes are good until the next one is taken.
func (r *reader) string() ([]byte, bool) {
	if !r.take('"') {
		return nil, false
	}
	rest := r.text[r.at:]
	i, class := run(rest)
	s := rest[:i]
	if i < len(rest) && rest[i] == '\\' {
		s = append(r.buf[:0], s...)
		for i < len(rest) && rest[i] == '\\' {
			char, n := escaped(rest[i:])
			if n == 0 {
				return nil, false
			}
			s = utf8.AppendRune(s, char)
			i += n
			n, more := run(rest[i:])
			s = append(s, rest[i:i+n]...)
			i += n
			class |= more
		}
		r.buf = s
	}
	if i == len(rest) || rest[i] != '"' {
		return nil, false
	}
	r.at += i + 1
	return s, class&beyond == 0 || utf8.Valid(s)
}

// unescaped has what stands for a byte after a backslash; 0 for the rest.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads the escape that text begins with, a pair of surrogates as one,
// and how long that is; 0 if it is none.
func escaped(text []byte) (char rune, n int) {
	if len(text) < 2 {
		return 0, 0
	}
	if c := unescaped[text[1]]; c != 0 {
		return rune(c), 2
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

// unit reads the \u that text begins with, -1 if it is none.
func unit(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
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
