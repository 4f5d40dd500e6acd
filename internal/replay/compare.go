package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// ignoredHeaders say nothing about the portal.
var ignoredHeaders = map[string]bool{
	"date": true, "server": true, "server-timing": true, "transfer-encoding": true,
	"connection": true, "keep-alive": true, "trailer": true,
}

// headerLines lists headers in a form that can be compared. The length of a
// body counts only where the body is empty: the server sends others in chunks.
func headerLines(headers [][2]string, empty bool) []string {
	var lines []string
	for _, h := range headers {
		name := strings.ToLower(h[0])
		if ignoredHeaders[name] || name == "content-length" && !empty {
			continue
		}
		lines = append(lines, name+": "+h[1])
	}
	sort.Strings(lines)
	return lines
}

// comparison collects where two answers differ.
type comparison struct {
	ids  *idMap
	diff []string
	// anyOrder: items with an id may stand in another order. Then reordered
	// tells whether some did.
	anyOrder, reordered bool
	// tied reports whether the status shown for a webhook could be that one, too.
	tied func(hook, status string) bool
	ties bool
	// anybody: names and addresses of people are not compared; anytime: instants
	// are compared by their form only.
	anybody, anytime bool
}

func (c *comparison) differ(path, want, got string) {
	c.diff = append(c.diff, fmt.Sprintf("%s: want %s, got %s", path, shorten(want), shorten(got)))
}

func shorten(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}

// body compares two bodies, as JSON with its order of members where they are
// JSON.
func (c *comparison) body(want, got string) {
	if want == got {
		return
	}
	w, err1 := parseOrdered(want)
	g, err2 := parseOrdered(got)
	if err1 != nil || err2 != nil {
		c.differ("body", want, got)
		return
	}
	c.value("", w, g)
	if len(c.diff) == 0 && escapes(want) != escapes(got) {
		c.differ("escapes", fmt.Sprint(escapes(want)), fmt.Sprint(escapes(got)))
	}
}

// escapes counts how often each escape sequence stands in a JSON text, stack
// traces apart.
func escapes(s string) string {
	count := make(map[string]int)
	for _, e := range escapeSequence.FindAllString(stackMember.ReplaceAllString(s, ""), -1) {
		count[e]++
	}
	return fmt.Sprint(count) // sorted
}

var (
	escapeSequence = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|.)`)
	stackMember    = regexp.MustCompile(`"stack":"(?:[^"\\]|\\.)*"`)
)

type orderedMember struct {
	name  string
	value any
}

func (c *comparison) value(path string, want, got any) {
	switch w := want.(type) {
	case []orderedMember:
		g, ok := got.([]orderedMember)
		if !ok {
			c.differ(path, fmt.Sprintf("object %v", want), fmt.Sprint(got))
			return
		}
		c.object(path, w, g)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			c.differ(path, fmt.Sprintf("%d elements", len(w)), fmt.Sprint(got))
			return
		}
		if c.anyOrder && path == ".response" {
			g = c.inOrderOf(w, g)
		}
		for i := range w {
			c.value(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])
		}
	case string:
		g, ok := got.(string)
		if !ok {
			c.differ(path, w, fmt.Sprint(got))
			return
		}
		c.text(path, w, g)
	case json.Number:
		if g, ok := got.(json.Number); !ok || !c.number(path, w, g) {
			c.differ(path, w.String(), fmt.Sprint(got))
		}
	default:
		if want != got {
			c.differ(path, fmt.Sprint(want), fmt.Sprint(got))
		}
	}
}

// inOrderOf returns got in the order of want, as far as ids tell.
func (c *comparison) inOrderOf(want, got []any) []any {
	sorted := append([]any(nil), got...)
	for i, w := range want {
		id, isHook := itemID(w)
		if id == "" {
			return got
		}
		n, _ := strconv.Atoi(id)
		if id = c.ids.row(n); isHook {
			id = c.ids.hook(n)
		}
		for j := i; j < len(sorted); j++ {
			if have, _ := itemID(sorted[j]); have == id {
				c.reordered = c.reordered || i != j
				moved := sorted[j]
				copy(sorted[i+1:j+1], sorted[i:j])
				sorted[i] = moved
				break
			}
		}
	}
	return sorted
}

// itemID returns the id of a webhook or of a log row in a list.
func itemID(item any) (id string, hook bool) {
	members, _ := item.([]orderedMember)
	for _, m := range members {
		if n, ok := m.value.(json.Number); ok && m.name == "id" {
			return n.String(), false
		}
		if inner, ok := m.value.([]orderedMember); ok && m.name == "configs" {
			id, _ := itemID(inner)
			return id, true
		}
	}
	return "", false
}

func (c *comparison) object(path string, want, got []orderedMember) {
	names := func(o []orderedMember) string {
		var b strings.Builder
		for _, m := range o {
			b.WriteString(m.name + " ")
		}
		return b.String()
	}
	if names(want) != names(got) {
		c.differ(path, "members "+names(want), names(got))
		return
	}
	for i := range want {
		if want[i].name == "status" && len(want) == 2 && want[0].name == "configs" && want[i].value != got[i].value {
			id, _ := itemID(got[0].value)
			if status, _ := want[i].value.(json.Number); c.tied != nil && c.tied(id, status.String()) {
				c.ties = true
				continue
			}
		}
		c.value(path+"."+want[i].name, want[i].value, got[i].value)
	}
}

// number compares numbers; ids of webhooks and log rows by what they stand for.
func (c *comparison) number(path string, want, got json.Number) bool {
	if want == got && !isIDPath(path) {
		return true
	}
	n, _ := strconv.Atoi(want.String())
	switch {
	case strings.HasSuffix(path, "webhook.id"), strings.HasSuffix(path, "configs.id"):
		return c.ids.hook(n) == got.String()
	case strings.HasSuffix(path, ".id"):
		return c.ids.row(n) == got.String() || c.ids.hook(n) == got.String()
	}
	return want == got
}

func isIDPath(path string) bool { return strings.HasSuffix(path, ".id") }

var (
	instantForm = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?`)
	traceForm   = regexp.MustCompile(`00-[0-9a-f]{32}-[0-9a-f]{16}-00`)
	hashForm    = regexp.MustCompile(`\?hash=\d+`)
	hostForm    = regexp.MustCompile(`^https?://[^/]+`)
	signForm    = regexp.MustCompile(`sha256=[0-9A-F]{64}`)
)

func (c *comparison) text(path, want, got string) {
	switch {
	case want == got:
		return
	case strings.HasSuffix(path, ".stack"):
		return // present in both
	case c.anybody && (strings.HasSuffix(path, "By.displayName") || strings.HasSuffix(path, "By.profileUrl") || strings.HasSuffix(path, "By.id")):
		return
	case strings.HasSuffix(path, ".traceId"):
		if traceForm.MatchString(got) {
			return
		}
	case strings.HasSuffix(path, ".href"):
		target, _ := c.ids.translate(hostForm.ReplaceAllString(want, ""), "")
		want, got = target, hostForm.ReplaceAllString(got, "")
	case strings.HasSuffix(path, ".profileUrl"):
		want, got = hostForm.ReplaceAllString(want, ""), hostForm.ReplaceAllString(got, "")
	case strings.HasSuffix(path, ".responseHeaders"):
		// Go does not tell in which order headers came.
		want, got = sortedMembers(want), sortedMembers(got)
	case strings.HasSuffix(path, "Payload") && strings.HasPrefix(want, "{") && strings.HasPrefix(got, "{"):
		c.body(want, got)
		return
	}
	for _, form := range []*regexp.Regexp{hashForm, signForm} {
		want, got = form.ReplaceAllString(want, "#"), form.ReplaceAllString(got, "#")
	}
	if problem := c.sameInstants(want, got); problem != "" {
		c.differ(path, want, got+" ("+problem+")")
		return
	}
	want, got = instantForm.ReplaceAllString(want, "T"), instantForm.ReplaceAllString(got, "T")
	if want != got {
		c.differ(path, want, got)
	}
}

func sortedMembers(s string) string {
	tree, err := parseOrdered(s)
	members, ok := tree.([]orderedMember)
	if err != nil || !ok {
		return s
	}
	sort.Slice(members, func(i, j int) bool { return members[i].name < members[j].name })
	return fmt.Sprint(members)
}

// plausible is how far instants may be apart: the transcripts' clock is known
// to a fraction of a poll only.
const plausible = 8 * time.Second

// sameInstants compares the instants in two texts by form and, roughly, value.
func (c *comparison) sameInstants(want, got string) string {
	ws, gs := instantForm.FindAllStringSubmatch(want, -1), instantForm.FindAllStringSubmatch(got, -1)
	if len(ws) != len(gs) {
		return "not as many instants"
	}
	for i, w := range ws {
		g := gs[i]
		if !sameDigits(len(w[1]), len(g[1])) || suffixKind(w[2]) != suffixKind(g[2]) {
			return "another form"
		}
		if d := asUTC(w[0]).Sub(asUTC(g[0])); !c.anytime && (d > plausible || d < -plausible) {
			return "another time"
		}
	}
	return ""
}

// sameDigits compares lengths of fractions. Zeros at the end are not written, so
// the recorded one may be shorter; the portal's clock never ends in one.
func sameDigits(want, got int) bool { return want == got || want > 3 && want < got }

func suffixKind(s string) string { return s }

func asUTC(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}

func parseOrdered(s string) (any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	return readOrdered(d)
}

func readOrdered(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readOrdered(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		members := []orderedMember{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readOrdered(d)
			if err != nil {
				return nil, err
			}
			members = append(members, orderedMember{name.(string), v})
		}
		_, err = d.Token()
		return members, err
	}
	return token, nil
}
