package portal

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/docspace-go/webhooks/wire"
)

// logFilter is what getWebhooksLogs was asked for. Everything that is set must
// hold.
type logFilter struct {
	from, to *instant
	uri      *string
	hook     *int32
	row      *int32
	status   wire.StatusClass
	user     *string
	trigger  wire.Triggers
	count    int // negative: all
	start    int
}

// readFilter reads the query of the log.
func (c *call) readFilter() (logFilter, error) {
	q := newQuery(c.r.URL)
	f := logFilter{
		from: q.instant("deliveryFrom"), to: q.instant("deliveryTo"),
		hook: q.id("configId"), row: q.id("eventId"),
	}
	if s, ok := q.optional("hookUri"); ok {
		f.uri = &s
	}
	if s, ok := q.optional("userId"); ok {
		if id, ok := parseGUID(s); ok {
			f.user = &id
		} else {
			q.notValid("userId", s)
		}
	}
	if s, ok := q.optional("trigger"); ok {
		bits := 32
		if c.p.gen.wideTriggers {
			bits = 64
		}
		t, defined, ok := parseTriggerFilter(s, bits)
		switch {
		case !ok:
			q.notValid("trigger", s)
		case !defined:
			q.invalid("trigger", s)
		}
		f.trigger = t
	}
	if s, ok := q.optional("groupStatus"); ok {
		f.status = q.statusClasses(s)
	}
	c.readPage(q, &f)
	if q.found != nil {
		return f, q.found
	}
	return f, nil
}

// statusClasses reads groupStatus, whose occurrences add up.
func (q *query) statusClasses(first string) wire.StatusClass {
	var sum wire.StatusClass
	for _, s := range q.values["groupstatus"] {
		n, ok := parseEnum(s, 32, func(name string) (int64, bool) { return statusClassNamed(name) })
		switch {
		case !ok:
			q.notValid("groupStatus", first)
			return 0
		case n < 0 || n > int64(wire.NotSent|wire.Status2xx|wire.Failed):
			q.invalid("groupStatus", first)
			return 0
		}
		sum |= wire.StatusClass(n)
	}
	return sum
}

// readPage reads count and startIndex.
func (c *call) readPage(q *query, f *logFilter) {
	size := c.p.gen.pageSize
	if !c.p.gen.strictPaging {
		f.count, f.start = q.loosePage(size)
		return
	}
	var valid bool
	if f.count, valid = q.number("count", size); valid && (f.count < 1 || f.count > size) {
		q.complain("count", "The field Count must be between 1 and "+strconv.Itoa(size)+".")
	}
	f.start, _ = q.number("startIndex", 0)
}

// loosePage is how servers before 3.2 read a page: what they do not like they
// ignore, and a count of 0 means everything (`getWebhooksLogs.count.*`).
func (q *query) loosePage(size int) (count, start int) {
	count = size
	if s, ok := q.first("count"); ok {
		switch n, valid := number(s); {
		case valid && n == 0:
			count = -1
		case valid && n > 0 && n <= size:
			count = n
		}
	}
	if s, ok := q.first("startIndex"); ok {
		n, _ := number(s)
		start = max(n, 0)
	}
	return count, start
}

// listLog answers getWebhooksLogs: the newest rows first, and how many there are
// in all.
func (c *call) listLog() (success, error) {
	f, err := c.readFilter()
	if err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if err := c.checkAccess(""); err != nil {
		return success{}, err
	}
	if !c.user.isAdmin() {
		f.user = &c.user.ID
	}
	if err := c.databaseRefusal(f); err != nil {
		return success{}, err
	}
	hooks := make(map[int32]*webhook, len(c.p.st.webhooks))
	for _, w := range c.p.st.webhooks {
		hooks[w.id] = w
	}
	fields := c.projection()
	list := []any{}
	var total int64
	for _, r := range slices.Backward(c.p.st.rows) {
		w := hooks[r.hook]
		if w == nil || !c.p.matches(f, w, r) {
			continue
		}
		if int(total) >= f.start && (f.count < 0 || len(list) < f.count) {
			list = append(list, fields.pick(c.p.logAnswer(r, w)))
		}
		total++
	}
	return success{value: list, total: &total}, nil
}

// databaseRefusal is what the database cannot do with a filter.
func (c *call) databaseRefusal(f logFilter) error {
	for _, bound := range []*instant{f.from, f.to} {
		if bound != nil && !bound.zoned && c.p.db.zoned {
			return errArgument("Cannot write DateTime with Kind=Unspecified to PostgreSQL type 'timestamp with time zone', only UTC is supported. Note that it's not possible to mix DateTimes with different Kinds in an array, range, or multirange. (Parameter 'value')")
		}
	}
	if f.start >= 0 {
		return nil
	}
	if c.p.cfg.database == PostgreSQL {
		return &apiError{http.StatusInternalServerError, "2201X: OFFSET must not be negative", "Npgsql.PostgresException", hresultExternal}
	}
	return &apiError{http.StatusInternalServerError, negativeOffset(f.start, c.p.gen.sqlAlias), "MySqlConnector.MySqlException", hresultExternal}
}

// negativeOffset is MySQL's complaint. It quotes the first 80 characters of the
// statement from where it went wrong.
func negativeOffset(start int, alias [2]string) string {
	rest := strconv.Itoa(start) + "\n) AS `" + alias[0] + "`\nINNER JOIN `tenants_tenants` AS `" + alias[1] + "` ON `" + alias[0] + "`.`tenant_id` = `" + alias[1] + "`.`id`\nLEFT JOIN"
	return "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near '" + rest[:77] + "...' at line 8"
}

func (p *Portal) matches(f logFilter, w *webhook, r *logRow) bool {
	switch {
	case f.hook != nil && *f.hook != r.hook,
		f.row != nil && *f.row != r.id,
		f.user != nil && *f.user != w.createdBy,
		f.trigger != 0 && f.trigger != r.trigger,
		f.uri != nil && !p.db.sameText(*f.uri, w.uri),
		f.from != nil && (r.delivery.IsZero() || r.delivery.Before(f.from.Time)),
		f.to != nil && (r.delivery.IsZero() || r.delivery.After(f.to.Time)):
		return false
	}
	return f.status == 0 || f.status&statusClassOf(r.status) != 0 || r.status >= 100 && r.status < 200
}

// statusClassOf returns the class of a status; that of a 1xx is empty.
func statusClassOf(status int) wire.StatusClass {
	switch status / 100 {
	case 0:
		return wire.NotSent
	case 2:
		return wire.Status2xx
	case 3:
		return wire.Status3xx
	case 4:
		return wire.Status4xx
	case 5:
		return wire.Status5xx
	}
	return 0
}

func statusClassNamed(name string) (int64, bool) {
	for bit := wire.NotSent; bit <= wire.Status5xx; bit <<= 1 {
		if strings.EqualFold(name, bit.String()) {
			return int64(bit), true
		}
	}
	return 0, strings.EqualFold(name, wire.StatusClass(0).String())
}

// logAnswer is how a row stands in the log. w is nil in the answers of the
// retry operations, which do not know the webhook and show dates as they are.
func (p *Portal) logAnswer(r *logRow, w *webhook) object {
	o := make(object, 0, 10)
	o = append(o, member{"id", r.id})
	if w != nil && p.gen.logNames {
		o = append(o, member{"configName", w.name})
	}
	o = append(o, member{"trigger", int64(r.trigger)}, member{"creationTime", p.logDate(r.created, w == nil)})
	for _, m := range []struct {
		name, text string
		there      bool
	}{
		{"requestHeaders", r.requestHeaders, r.requestHeaders != ""},
		{"requestPayload", r.requestPayload, true},
		{"responseHeaders", r.responseHeaders, r.answered},
		{"responsePayload", r.responsePayload, r.tried},
	} {
		if m.there {
			o = append(o, member{m.name, m.text})
		}
	}
	o = append(o, member{"status", r.status})
	if !r.delivery.IsZero() {
		o = append(o, member{"delivery", p.logDate(r.delivery, w == nil)})
	}
	return o
}
