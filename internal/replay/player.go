package replay

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

	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

// Play plays a transcript (JSON lines, packed by gzip or not) to a portal of the
// same flavour on a clock of its own, compares every answer, every probe and
// every delivery, and prints a line of figures. Each difference without an
// excuse is an error of t.
func Play(t *testing.T, path string) {
	t.Helper()
	entries := readTranscript(t, path)
	var result *replay
	synctest.Test(t, func(t *testing.T) {
		result = newReplay(t, entries)
		result.play(t)
	})
	result.report(t)
}

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
		if httpfake.Aborted(recover()) {
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
	var answer struct {
		Response json.RawMessage `json:"response"`
	}
	if json.Unmarshal([]byte(body), &answer) != nil {
		return nil
	}
	type item struct {
		ID int `json:"id"`
	}
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
