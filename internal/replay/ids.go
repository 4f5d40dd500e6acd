package replay

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// idMap tells which id the portal gave to what had another in the transcript,
// and which instant to what happened at another.
type idMap struct {
	hooks, rows map[int]int
	instants    map[time.Time]time.Time
}

func newIDMap() *idMap {
	return &idMap{hooks: make(map[int]int), rows: make(map[int]int), instants: make(map[time.Time]time.Time)}
}

func mapped(m map[int]int, id int) string {
	if actual, ok := m[id]; ok {
		return strconv.Itoa(actual)
	}
	return strconv.Itoa(id)
}

func (m *idMap) hook(id int) string { return mapped(m.hooks, id) }
func (m *idMap) row(id int) string  { return mapped(m.rows, id) }

// instant translates an instant in a query that is exact to a fraction of a
// second. It is one that an answer showed, or one that differs from it by the
// offset of a zone.
func (m *idMap) instant(escaped string) string {
	s, _ := url.QueryUnescape(escaped)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Nanosecond() == 0 {
		return escaped
	}
	for recorded, actual := range m.instants {
		if t.Sub(recorded)%(15*time.Minute) == 0 {
			return url.QueryEscape(t.Add(actual.Sub(recorded)).Format("2006-01-02T15:04:05.999999Z"))
		}
	}
	return escaped
}

// learnInstants notes the deliveries of the rows in two answers.
func (m *idMap) learnInstants(want, got string) {
	shown := func(body string) map[int]time.Time {
		var answer struct {
			Response []struct {
				ID       int    `json:"id"`
				Delivery string `json:"delivery"`
			} `json:"response"`
		}
		_ = json.Unmarshal([]byte(body), &answer) // what is no list of rows shows none
		found := make(map[int]time.Time)
		for _, row := range answer.Response {
			if row.Delivery != "" {
				found[row.ID] = asUTC(row.Delivery)
			}
		}
		return found
	}
	have := shown(got)
	for id, recorded := range shown(want) {
		row, _ := strconv.Atoi(m.row(id))
		if actual, ok := have[row]; ok {
			m.instants[recorded] = actual
		}
	}
}

var (
	hookPath  = regexp.MustCompile(`(?i)^(/api/2\.0/settings/webhook/)(\d+)(/retry)?$`)
	hookQuery = regexp.MustCompile(`(?i)(configId=)(\d+)`)
	timeQuery = regexp.MustCompile(`(?i)(delivery(?:From|To)=)([^&]+)`)
	rowQuery  = regexp.MustCompile(`(?i)(eventId=)(\d+)`)
	hookBody  = regexp.MustCompile(`("id": ?"?)(\d+)`)
	rowsBody  = regexp.MustCompile(`(?i)^(\{"ids": ?)\[[^\]]*\]`)
	digits    = regexp.MustCompile(`\d+`)
)

// translate gives a request the ids of this portal.
func (m *idMap) translate(target, body string) (string, string) {
	replace := func(form *regexp.Regexp, s string, id func(int) string) string {
		return form.ReplaceAllStringFunc(s, func(found string) string {
			part := form.FindStringSubmatch(found)
			n, err := strconv.Atoi(part[2])
			if err != nil || strings.HasPrefix(part[2], "0") {
				return found
			}
			return part[1] + id(n) + strings.Join(part[3:], "")
		})
	}
	id := m.hook
	if strings.HasSuffix(target, "/retry") {
		id = m.row
	}
	target = replace(hookPath, target, id)
	target = replace(hookQuery, target, m.hook)
	target = replace(rowQuery, target, m.row)
	target = timeQuery.ReplaceAllStringFunc(target, func(found string) string {
		part := timeQuery.FindStringSubmatch(found)
		return part[1] + m.instant(part[2])
	})
	body = replace(hookBody, body, m.hook)
	body = rowsBody.ReplaceAllStringFunc(body, func(found string) string {
		return digits.ReplaceAllStringFunc(found, func(d string) string {
			n, err := strconv.Atoi(d)
			if err != nil {
				return d
			}
			return m.row(n)
		})
	})
	return target, body
}
