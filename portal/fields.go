package portal

import (
	"slices"
	"strings"
)

// fieldSet is the query parameter fields: paths of the members that an answer
// is cut down to. nil does not cut.
//
// A path is looked at in two levels only: its first name at the top, all the
// rest, as one name, below (`getTenantWebhooks.query.*`).
type fieldSet []string

// projection reads the parameter. Its occurrences add up; an empty one selects
// nothing.
func (c *call) projection() fieldSet {
	values, given := c.r.URL.Query()["fields"]
	if !given || !c.p.gen.projection {
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
		if slices.Contains(f, m.name) {
			picked = append(picked, m)
			continue
		}
		below := f.below(m.name)
		if below == nil {
			continue
		}
		if inner, ok := m.value.(object); ok {
			m.value = below.exactly(inner)
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

func (f fieldSet) exactly(o object) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return !slices.Contains(f, m.name) })
}

// personal reports whether f selects a whole person out of o, which the server
// does not survive: its projection runs in circles.
func (f fieldSet) personal(o object) bool {
	for _, m := range o {
		inner, ok := m.value.(object)
		if !ok {
			continue
		}
		whole := slices.Contains(f, m.name)
		if whole && isPerson(inner) {
			return true
		}
		for _, deep := range inner {
			person, ok := deep.value.(object)
			if ok && isPerson(person) && (whole || slices.Contains(f, m.name+"."+deep.name)) {
				return true
			}
		}
	}
	return false
}

func isPerson(o object) bool {
	return slices.ContainsFunc(o, func(m member) bool { return m.name == "displayName" })
}
