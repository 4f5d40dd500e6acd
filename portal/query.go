package portal

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// query reads the parameters of the log the way the server binds them: names
// without regard to case, the first occurrence counts, complaints are collected.
type query struct {
	values url.Values // by lower-case name
	found  problemsError
}

func newQuery(u *url.URL) *query {
	q := &query{values: url.Values{}}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		if decoded, err := url.QueryUnescape(value); err == nil {
			value = decoded
		}
		name = strings.ToLower(name)
		q.values[name] = append(q.values[name], value)
	}
	return q
}

func (q *query) first(name string) (string, bool) {
	values := q.values[strings.ToLower(name)]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// optional returns a value that is neither absent nor blank.
func (q *query) optional(name string) (string, bool) {
	s, ok := q.first(name)
	return s, ok && strings.TrimSpace(s) != ""
}

func (q *query) complain(name, text string) { q.found = append(q.found, problem{name, text}) }

func (q *query) notValid(name, value string) {
	q.complain(name, "The value '"+value+"' is not valid for "+strings.ToUpper(name[:1])+name[1:]+".")
}

func (q *query) invalid(name, value string) {
	q.complain(name, "The value '"+value+"' is invalid.")
}

// number reads an int32, decimal or with one of the prefixes # and 0x.
func number(s string) (int, bool) {
	s = strings.TrimSpace(s)
	base := 10
	for _, prefix := range []string{"#", "0x", "0X", "&h", "&H"} {
		if digits, ok := strings.CutPrefix(s, prefix); ok {
			s, base = digits, 16
		}
	}
	n, err := strconv.ParseInt(s, base, 32)
	return int(n), err == nil
}

// id reads an optional number.
func (q *query) id(name string) *int32 {
	s, ok := q.optional(name)
	if !ok {
		return nil
	}
	n, ok := number(s)
	if !ok {
		q.notValid(name, s)
		return nil
	}
	id := int32(n)
	return &id
}

// number reads a number that has a default. It reports whether the parameter is
// absent or a number.
func (q *query) number(name string, otherwise int) (int, bool) {
	s, ok := q.first(name)
	if !ok {
		return otherwise, true
	}
	n, valid := number(s)
	switch {
	case s == "":
		q.invalid(name, s)
	case !valid:
		q.notValid(name, s)
	}
	return n, valid
}

// instant is a bound on the delivery. Without a zone the server does not know
// which instant is meant; MySQL takes it for UTC.
type instant struct {
	time.Time
	zoned bool
}

func (q *query) instant(name string) *instant {
	s, ok := q.optional(name)
	if !ok {
		return nil
	}
	t, zoned, ok := parseDotnetDate(s)
	if !ok {
		q.notValid(name, s)
		return nil
	}
	return &instant{t, zoned}
}
