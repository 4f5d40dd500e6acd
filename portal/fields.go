package portal

import (
	"slices"
	"strings"
)

// fieldSet is the query parameter fields: dotted paths of the members that an
// answer is cut down to (`getTenantWebhooks.query.*`). nil does not cut.
type fieldSet []string

// fieldRule is what a generation makes of the parameter.
type fieldRule int

const (
	// cutAnswers leaves only what is selected.
	cutAnswers fieldRule = iota
	// cutPictures leaves everything but the pictures of people, of which only
	// those that are named stay.
	cutPictures
)

// projection reads the parameter, whose name is taken in any case, unlike those
// of members. Its occurrences add up; an empty one selects nothing.
func (c *call) projection() fieldSet {
	if c.p.gen.fields != cutAnswers {
		return nil
	}
	return c.fields()
}

func (c *call) fields() fieldSet {
	values := newQuery(c.r.URL).values["fields"]
	if values == nil {
		return nil
	}
	return strings.Split(strings.Join(values, ","), ",")
}

// pick returns o without what is not selected.
func (f fieldSet) pick(o object) object {
	if f == nil {
		return o
	}
	picked := object{}
	for _, m := range o {
		if !slices.Contains(f, m.name) {
			below := f.below(m.name)
			inner, ok := m.value.(object)
			if below == nil || !ok {
				continue
			}
			m.value = below.pick(inner)
		}
		picked = append(picked, m)
	}
	return picked
}

// below returns the paths that go through name, less the name; nil if none does.
func (f fieldSet) below(name string) fieldSet {
	var rest fieldSet
	for _, path := range f {
		if tail, ok := strings.CutPrefix(path, name+"."); ok {
			rest = append(rest, tail)
		}
	}
	return rest
}

// wholePerson reports whether f selects all of a person in o, which the server
// does not survive: its projection runs in circles.
func (f fieldSet) wholePerson(o object) bool {
	return slices.ContainsFunc(o, func(m member) bool {
		inner, ok := m.value.(object)
		if !ok {
			return false
		}
		if slices.Contains(f, m.name) {
			return holdsPerson(inner)
		}
		return f.below(m.name).wholePerson(inner)
	})
}

// holdsPerson reports whether o is a person or has one in it.
func holdsPerson(o object) bool {
	return slices.ContainsFunc(o, func(m member) bool {
		inner, ok := m.value.(object)
		return m.name == "displayName" || ok && holdsPerson(inner)
	})
}
