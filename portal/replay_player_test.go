package portal_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

// replay plays one transcript.
type replay struct {
	entries   []entry
	p         *portal.Portal
	seed      portal.Seed
	receivers *receivers
	ids       *idMap
	began     time.Time
	secrets   map[string]bool // that requests of the transcript set
	anyOrder  bool

	same, excused, held int
	different           []string
}

// jitter makes the last digits of every instant others than 0, so that no
// fraction is cut short.
const jitter = 456_700 * time.Nanosecond

func newReplay(t *testing.T, entries []entry) *replay {
	t.Helper()
	start := entries[0]
	generation, err := portal.ParseGeneration(start.Server)
	if err != nil {
		t.Fatal(err)
	}
	database := portal.MySQL
	if strings.HasPrefix(start.Database, "postgres") {
		database = portal.PostgreSQL
	}
	r := &replay{entries: entries, ids: newIDMap(), receivers: newReceivers(entries), seed: replaySeed(entries), secrets: make(map[string]bool)}
	r.anyOrder = database == portal.PostgreSQL
	r.began = time.Now()
	r.p, err = portal.New(
		portal.WithBareHost(),
		portal.WithGeneration(generation),
		portal.WithDatabase(database),
		portal.WithTimeZone(start.PortalTimeZone),
		portal.WithServerTimeZone(start.ServerTimeZone),
		portal.WithSeed(r.seed),
		portal.WithBlockList("10.0.0.0/8"),
		portal.WithTransport(r.receivers),
		portal.WithResolver(r.receivers.resolve),
		portal.WithClock(portal.StartingAt(start.At.Add(jitter))),
		// The transcript says when the worker looked, see ticks.
		portal.WithPollInterval(24*time.Hour),
	)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// replaySeed has the people of the transcripts and a key for each name in them.
func replaySeed(entries []entry) portal.Seed {
	var s portal.Seed
	for _, u := range []portal.User{
		{ID: "66faa6e4-f133-11ea-b126-00ffeec8b4ef", FirstName: "Olga", LastName: "O'Neil <Owner> & Söhne", Role: portal.Owner},
		{ID: "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a01", FirstName: "Rita", LastName: "Roomadmin", Role: portal.RoomAdmin},
		{ID: "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a02", FirstName: "Uwe", LastName: "User", Role: portal.Member},
		{ID: "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a03", FirstName: "Gus", LastName: "Guest", Role: portal.Guest},
	} {
		word := string(u.Role)
		u.Email, u.Password, u.Token = word+"@portal.example", "Passw0rd-"+word, "token-"+word
		u.Profile = "/accounts/people/filter?search=" + u.ID
		s.Users = append(s.Users, u)
	}
	names := make(map[string]bool)
	for _, e := range entries {
		if e.Kind != "exchange" {
			continue
		}
		for _, h := range e.Request.Headers {
			if _, name, ok := strings.Cut(h[1], "sk-REDACTED-"); ok {
				names[name] = true
			}
		}
	}
	for name := range names {
		key := portal.APIKey{Key: "sk-REDACTED-" + name, Name: name, Owner: s.Users[0].ID, Disabled: name == "disabled"}
		for _, u := range s.Users {
			if string(u.Role) == name {
				key.Owner = u.ID
			}
		}
		switch strings.TrimPrefix(name, "scope-") {
		case "read", "read-only":
			key.Scopes = []string{"*:read"}
		case "write":
			key.Scopes = []string{"*:write"}
		case "star":
			key.Scopes = []string{"*"}
		case "files-rooms", "rooms-and-files":
			key.Scopes = []string{"files:write", "rooms:write"}
		case "accounts":
			key.Scopes = []string{"accounts:write"}
		}
		s.Keys = append(s.Keys, key)
	}
	return s
}

// play plays the transcript. It runs in a bubble: waiting takes no time.
func (r *replay) play(t *testing.T) {
	done := make(chan struct{})
	defer func() { _ = r.p.Close() }()
	defer close(done)
	go r.tick(done)
	for i := range r.entries {
		e := &r.entries[i]
		switch e.Kind {
		case "exchange":
			r.until(r.startOf(i))
			synctest.Wait()
			r.exchange(e)
		case "event":
			r.until(r.startOf(i))
			synctest.Wait()
			r.event(t, e)
		case "control":
			r.until(e.at())
			synctest.Wait()
			r.control(t, e)
		case "stored":
			r.until(r.startOf(i))
			r.stored(t, e)
		case "forgotten":
			r.until(e.at())
			synctest.Wait()
			if e.Webhook == 0 {
				r.p.ForgetLog()
			} else {
				id, _ := strconv.Atoi(r.ids.hook(e.Webhook))
				r.p.ForgetLog(wire.WebhookID(id))
			}
		}
	}
	time.Sleep(10 * time.Minute) // what is still under way
	synctest.Wait()
	r.compareReceived()
}

// until waits for an instant of the transcript.
func (r *replay) until(at time.Duration) {
	if d := at - time.Since(r.began); d > 0 {
		time.Sleep(d)
	}
}

// startOf returns when an entry began. The transcript tells when it ended; an
// answer tells how long it took, and the deliveries that an event caused cannot
// have come before it.
func (r *replay) startOf(i int) time.Duration {
	e := &r.entries[i]
	start := e.at()
	if e.Kind == "exchange" && e.Response != nil {
		if _, dur, ok := strings.Cut(e.Response.header("Server-Timing"), "dur="); ok {
			ms, _ := strconv.Atoi(strings.TrimSuffix(dur, "ms"))
			start -= time.Duration(ms) * time.Millisecond
		}
	}
	for _, later := range r.entries[i+1:] {
		if later.delivered() && slices.ContainsFunc(e.Rows, func(row struct {
			Log     int `json:"log"`
			Webhook int `json:"webhook"`
		}) bool {
			return row.Log == eventID(later)
		}) {
			start = min(start, later.at()-time.Millisecond)
		}
	}
	return start
}

var eventForm = regexp.MustCompile(`^\{"event":\{"id":(\d+),`)

// eventID returns the log row that a delivery is of.
func eventID(e entry) int {
	m := eventForm.FindStringSubmatch(text(e.Request.Body, ""))
	if m == nil {
		return 0
	}
	id, _ := strconv.Atoi(m[1])
	return id
}

// pollEvery is how long the recorded worker slept, with what a look cost it.
const pollEvery = 5010 * time.Millisecond

// ticks finds out when the recorded worker looked for deliveries: whenever a
// delivery arrived, and in between every five seconds since it was last busy.
func (r *replay) ticks() []time.Duration {
	var busy []time.Duration
	for _, e := range r.entries {
		if e.delivered() {
			busy = append(busy, e.at())
		}
	}
	var all []time.Duration
	end := r.entries[len(r.entries)-1].at() + time.Minute
	at := time.Duration(0)
	if len(busy) > 0 {
		at = busy[0] % pollEvery
	}
	for _, next := range append(busy, end) {
		for ; at < next-500*time.Millisecond; at += pollEvery {
			all = append(all, at)
		}
		all = append(all, next)
		at = next + pollEvery
	}
	return all
}

// tick makes the worker look when the recorded one did.
func (r *replay) tick(done <-chan struct{}) {
	for _, at := range r.ticks() {
		timer := time.NewTimer(at - time.Since(r.began))
		select {
		case <-timer.C:
			r.p.DeliverNow()
		case <-done:
			timer.Stop()
			return
		}
	}
}

var secretForm = regexp.MustCompile(`(?i)"secretKey": ?("(?:[^"\\]|\\.)*")`)

var placeholder = regexp.MustCompile(`\{\{(\w+)\.token\}\}|\{\{base64\((\w+)\.email:(?:\w+\.password|(\w+))\)\}\}`)

// fill replaces the placeholders of credentials.
func (r *replay) fill(s string) string {
	s = placeholder.ReplaceAllStringFunc(s, func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		if m[1] != "" {
			return r.seed.User(portal.Role(m[1])).Token
		}
		u := r.seed.User(portal.Role(m[2]))
		password := u.Password
		if m[3] != "" {
			password = m[3]
		}
		return base64.StdEncoding.EncodeToString([]byte(u.Email + ":" + password))
	})
	return literal.ReplaceAllStringFunc(s, func(found string) string {
		return base64.StdEncoding.EncodeToString([]byte(literal.FindStringSubmatch(found)[1]))
	})
}

// literal is a placeholder for the base64 of the text in it.
var literal = regexp.MustCompile(`\{\{base64\(([^)]*)\)\}\}`)

// answered is what the portal said.
type answered struct {
	status  int
	headers [][2]string
	body    string
}

// exchange sends a request and compares the answer.
func (r *replay) exchange(e *entry) {
	target, body := r.ids.translate(e.Request.Target, text(e.Request.Body, e.Request.BodyBase64))
	req := httptest.NewRequest(e.Request.Method, "http://"+e.Request.header("Host")+target, strings.NewReader(body))
	if strings.HasPrefix(target, "//") { // would be read as a host
		req.URL.Host, req.URL.Path, req.RequestURI = "", target, target
	}
	if body == "" {
		req.Body = http.NoBody
	}
	req.Header = http.Header{}
	for _, h := range e.Request.Headers {
		if h[0] != "Host" && h[0] != "Content-Length" {
			req.Header.Add(h[0], r.fill(h[1]))
		}
	}
	if m := secretForm.FindStringSubmatch(body); m != nil {
		var secret string
		_ = json.Unmarshal([]byte(m[1]), &secret)
		r.secrets[secret] = true
	}
	got := r.serve(req)
	r.learn(e, got)
	switch {
	case e.Response != nil && e.Response.HeldBack:
		r.held++
	case e.Response == nil:
		if got == nil {
			r.same++
		} else {
			r.differ(e, fmt.Sprintf("want no answer, got %d", got.status))
		}
	case got == nil:
		r.differ(e, "no answer")
	default:
		r.judge(e, r.compare(e, got))
	}
}

func (r *replay) serve(req *http.Request) (got *answered) {
	defer func() {
		if e := recover(); e != nil {
			if e != http.ErrAbortHandler {
				panic(e)
			}
			got = nil
		}
	}()
	w := httptest.NewRecorder()
	r.p.ServeHTTP(w, req)
	resp := w.Result()
	got = &answered{status: resp.StatusCode, body: w.Body.String()}
	for name, values := range resp.Header {
		for _, v := range values {
			got.headers = append(got.headers, [2]string{name, v})
		}
	}
	return got
}

func (r *replay) compare(e *entry, got *answered) []string {
	want := e.Response
	if want.Status != got.status {
		return []string{fmt.Sprintf("want %d %s, got %d %s", want.Status, shorten(text(want.Body, want.BodyBase64)), got.status, shorten(got.body))}
	}
	if e.ID == "" {
		return nil // what a poll sees depends on its moment
	}
	c := &comparison{ids: r.ids, anyOrder: r.anyOrder}
	if r.anyOrder {
		c.tied = r.undelivered
	}
	wantBody := text(want.Body, want.BodyBase64)
	if w, g := headerLines(want.Headers, wantBody == ""), headerLines(got.headers, got.body == ""); !slices.Equal(w, g) {
		c.differ("headers", strings.Join(w, " | "), strings.Join(g, " | "))
	}
	c.body(wantBody, got.body)
	switch {
	case len(c.diff) == 0 && c.ties:
		return []string{tiedRows}
	case len(c.diff) == 0 && c.reordered:
		return []string{heapOrder}
	}
	return c.diff
}

// undelivered reports whether a webhook has a row of that status that was not
// delivered. Where such rows come first, any of them may give the list's status.
func (r *replay) undelivered(hook, status string) bool {
	return slices.ContainsFunc(r.p.Log(), func(row portal.LogRow) bool {
		return row.Webhook.String() == hook && row.Delivery.IsZero() && strconv.Itoa(row.Status) == status
	})
}

// learn notes which ids the portal gave.
func (r *replay) learn(e *entry, got *answered) {
	if got == nil || e.Response == nil || e.Response.HeldBack || got.status != 200 || e.Response.Status != 200 {
		return
	}
	path, _, _ := strings.Cut(e.Request.Target, "?")
	path = strings.ToLower(strings.TrimSuffix(path, "/"))
	switch {
	case e.Request.Method == "POST" && strings.HasSuffix(path, "/settings/webhook"):
		want, have := idsIn(text(e.Response.Body, "")), idsIn(got.body)
		if len(want) == 1 && len(have) == 1 {
			r.ids.hooks[want[0]] = have[0]
		}
	case strings.HasSuffix(path, "/log"):
		r.ids.learnInstants(text(e.Response.Body, ""), got.body)
	case strings.HasSuffix(path, "/retry"):
		want, have := idsIn(text(e.Response.Body, "")), idsIn(got.body)
		for i := range min(len(want), len(have)) {
			r.ids.rows[want[i]] = have[i]
		}
	}
}

// idsIn returns the ids of the one or several items of an answer.
func idsIn(body string) []int {
	var answer struct{ Response json.RawMessage }
	if json.Unmarshal([]byte(body), &answer) != nil {
		return nil
	}
	type item struct{ ID int }
	var one item
	var many []item
	if json.Unmarshal(answer.Response, &many) != nil {
		if json.Unmarshal(answer.Response, &one) != nil {
			return nil
		}
		many = []item{one}
	}
	var ids []int
	for _, i := range many {
		ids = append(ids, i.ID)
	}
	return ids
}

// event makes something happen and compares for which webhooks rows were made.
func (r *replay) event(t *testing.T, e *entry) {
	trigger, err := wire.ParseTriggers(e.Trigger)
	if err != nil {
		t.Fatal(err)
	}
	ev := portal.Event{Trigger: trigger, Entity: strings.Trim(string(e.Entity), `"`), By: r.seed.User(portal.Role(e.By)).ID}
	if string(e.Payload) != "null" {
		ev.Payload = e.Payload
	}
	ids, err := r.p.Emit(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	made := make(map[string]int) // webhook to row
	for _, row := range r.p.Log() {
		if slices.Contains(ids, row.ID) {
			made[row.Webhook.String()] = int(row.ID)
		}
	}
	var missing []string
	for _, row := range e.Rows {
		hook := r.ids.hook(row.Webhook)
		id, ok := made[hook]
		if !ok {
			missing = append(missing, fmt.Sprintf("no row for webhook %d", row.Webhook))
			continue
		}
		r.ids.rows[row.Log] = id
		delete(made, hook)
	}
	for hook := range made {
		missing = append(missing, "a row too many for webhook "+hook)
	}
	r.judge(e, missing)
}

func (r *replay) control(t *testing.T, e *entry) {
	state := r.p.Tenant()
	for name, value := range e.Set {
		on := string(value) == "1"
		word := strings.Trim(string(value), `"`)
		switch name {
		case "tz":
			if err := r.p.SetTimeZone(word); err != nil {
				t.Fatal(err)
			}
		case "unpaid":
			state.Unpaid = on
		case "missing":
			state.Missing = on
		case "status":
			state.Status = word
		case "ipdeny":
			state.DenyIP = on
		case "limited":
			state.AdminOnly = on
		case "remove":
			r.p.RemoveUser(word)
		default:
			t.Fatalf("unknown control %s", name)
		}
	}
	r.p.SetTenant(state)
}

func (r *replay) stored(t *testing.T, e *entry) {
	id, _ := strconv.Atoi(r.ids.hook(e.Webhook))
	err := r.p.ChangeWebhook(wire.WebhookID(id), func(w *portal.Webhook) {
		for name, value := range e.Set {
			on, word := string(value) == "true", strings.Trim(string(value), `"`)
			var ago struct{ DaysAgo int }
			_ = json.Unmarshal(value, &ago)
			back := r.entries[0].At.Add(jitter+time.Since(r.began)).AddDate(0, 0, -ago.DaysAgo)
			switch name {
			case "enabled":
				w.Disabled = !on
			case "ssl":
				w.TLS = on
			case "uri":
				w.URL = word
			case "secretKey":
				w.Secret = wire.Secret(word)
			case "createdOn":
				w.CreatedOn = back
			case "lastSuccessOn":
				w.LastSuccessOn = back
			default:
				t.Fatalf("unknown column %s", name)
			}
		}
	})
	if err != nil {
		r.differ(e, err.Error())
	}
}
