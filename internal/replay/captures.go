package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/openapi/captures"
	"github.com/docspace-go/webhooks/portal"
)

// exchangesOf reads the exchanges of a packed file or a folder of captures.
func exchangesOf(t *testing.T, path string) []capture {
	t.Helper()
	folders, err := captures.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var exchanges []capture
	for _, d := range folders[0].Documents {
		if d.Kind() != captures.Exchange {
			continue
		}
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var c capture
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatalf("%s: %v", d.ID, err)
		}
		exchanges = append(exchanges, c)
	}
	return exchanges
}

type capture struct {
	ID        string          `json:"id"`
	Operation string          `json:"operationId"`
	Request   recordedCall    `json:"request"`
	Response  *recordedAnswer `json:"response"`
}

// settings are the states that some captures were made in, by a part of their id.
var settings = []struct {
	part string
	set  func(*portal.Portal)
}{
	{".dev-tools-limited.", func(p *portal.Portal) { p.SetTenant(portal.TenantState{AdminOnly: true}) }},
	{".ip-denied", func(p *portal.Portal) { p.SetTenant(portal.TenantState{DenyIP: true}) }},
	{".policy.", func(p *portal.Portal) {
		p.SetPolicy(portal.PasswordPolicy{MinLength: 12, Upper: true, Digits: true, Special: true})
	}},
	{".german.", func(p *portal.Portal) { p.SetCulture("66faa6e4-f133-11ea-b126-00ffeec8b4ef", "de") }},
}

// needsState reports whether the answer tells of something that was made before:
// what a webhook, a log row or an earlier change was like.
func needsState(c capture) bool {
	if c.Operation == "getWebhookTriggers" || c.Operation == "getIsAuthentificated" {
		return c.Response.Status != http.StatusOK && c.Response.Status != http.StatusForbidden && c.Response.Status != http.StatusUnauthorized
	}
	switch c.Operation {
	case "getTenantWebhooks", "createWebhook", "updateWebhook", "enableWebhook", "removeWebhook", "getWebhooksLogs", "retryWebhook", "retryWebhooks", "authenticateMe":
	default:
		return true
	}
	if strings.Contains(text(c.Response.Body, ""), "already exists") {
		return true
	}
	for _, part := range []string{".foreign", ".twin.", "as-admin.own", ".stored-", "plain-http", "with-rows", "after-", "ids-duplicates", ".ids-some", ".gone"} {
		if strings.Contains(c.ID, part) {
			return true
		}
	}
	if c.Operation == "createWebhook" && c.Response.Status == http.StatusOK {
		return strings.Contains(c.ID, ".dates.") // in zones of their own
	}
	body := text(c.Response.Body, "")
	return c.Response.Status < 400 && (!strings.Contains(body, `"response":[]`) || strings.Contains(body, `"total":`) && !strings.Contains(body, `"total":0`))
}

// byNginx are the captures whose answer is not the server's but of the proxy in
// front of it.
var byNginx = map[string]string{
	"getTenantWebhooks.path.no-version":        "the proxy has no server for the path and answers 502 itself",
	"getTenantWebhooks.path.upper-case-prefix": "the proxy has no server for the path and answers 502 itself",
	"getWebhookTriggers.accept-encoding":       "the proxy compresses",
}

// Ask asks a portal what the whole server was asked, as far as the answer
// depends on nothing that happened before: every refusal, every way to sign in,
// every path. path is a packed file or a folder of captures.
func Ask(t *testing.T, path string, database portal.Database) {
	t.Helper()
	captures := exchangesOf(t, path)
	synctest.Test(t, func(t *testing.T) { askAll(t, filepath.Base(path), database, captures) })
}

// leaver is the disabled user, whose address was another in each recording.
var leaver = regexp.MustCompile(`leaver-\d+@`)

var receiverPort = regexp.MustCompile(`//hooks\.example\.com:(\d+)/`)

func askAll(t *testing.T, folder string, database portal.Database, captures []capture) {
	receivers := &receivers{answers: make(map[string][]told)}
	keys := make(map[string]bool)
	for _, c := range captures {
		if m := receiverPort.FindStringSubmatch(text(c.Request.Body, "")); m != nil && receivers.plain == 0 && !strings.Contains(c.ID, "refused") && !strings.Contains(c.ID, "https") {
			_, _ = fmt.Sscan(m[1], &receivers.plain)
		}
		for _, h := range c.Request.Headers {
			if _, name, ok := strings.Cut(h[1], "sk-REDACTED-"); ok {
				keys[name] = true
			}
		}
	}
	r := &replay{seed: wholeServerSeed(keys), receivers: receivers, ids: newIDMap(), secrets: make(map[string]bool)}
	var same, skipped int
	var different []string
	for _, c := range captures {
		if c.Response == nil || byNginx[c.ID] != "" || needsState(c) {
			skipped++
			continue
		}
		seed := r.seed
		if strings.Contains(c.ID, ".query.fields-") {
			seed.Webhooks = []portal.Webhook{{Name: "one to show", URL: "http://hooks.example.com/ok"}}
		}
		p, err := portal.New(portal.WithDatabase(database), portal.WithSeed(seed), portal.WithBlockList("10.0.0.0/8"),
			portal.WithTransport(receivers), portal.WithResolver(receivers.resolve), portal.WithPollInterval(24*time.Hour), portal.WithClock(portal.StartingAt(time.Now().Add(jitter))))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range settings {
			if strings.Contains(c.ID, s.part) {
				s.set(p)
			}
		}
		r.p = p
		if diff := r.ask(c); diff != nil {
			different = append(different, fmt.Sprintf("%s %s %s\n      %s", c.ID, c.Request.Method, c.Request.Target, strings.Join(diff, "\n      ")))
		} else {
			same++
		}
		_ = p.Close()
	}
	_, _ = fmt.Fprintf(os.Stdout, "%s: asked %d: %d same, %d different (%d tell of what was there before)\n", folder, same+len(different), same, len(different), skipped)
	for _, d := range different {
		t.Error(d)
	}
}

// ask asks one capture and returns where the answers differ.
func (r *replay) ask(c capture) []string {
	body := text(c.Request.Body, c.Request.BodyBase64)
	for _, role := range []portal.Role{portal.Owner} {
		body = strings.ReplaceAll(body, "{{"+string(role)+".password}}", r.seed.User(role).Password)
	}
	body = leaver.ReplaceAllString(strings.ReplaceAll(body, "{{leaver.password}}", "password-leaver"), "leaver@")
	req := httptest.NewRequest(c.Request.Method, "http://"+c.Request.header("Host")+c.Request.Target, strings.NewReader(body))
	if strings.HasPrefix(c.Request.Target, "//") {
		req.URL.Host, req.URL.Path, req.RequestURI = "", c.Request.Target, c.Request.Target
	}
	if body == "" {
		req.Body = http.NoBody
	}
	req.Header = http.Header{}
	for _, h := range c.Request.Headers {
		if h[0] != "Host" && h[0] != "Content-Length" {
			req.Header.Add(h[0], r.fill(h[1]))
		}
	}
	got := r.serve(req)
	switch {
	case c.Response.Status == http.StatusBadGateway && got == nil: // nginx speaks for a server that died
		return nil
	case got == nil:
		return []string{"no answer"}
	case got.status != c.Response.Status:
		return []string{fmt.Sprintf("want %d %s, got %d %s", c.Response.Status, shorten(text(c.Response.Body, "")), got.status, shorten(got.body))}
	}
	r.ids = newIDMap()
	r.learn(&entry{Request: &c.Request, Response: c.Response}, got)
	cmp := &comparison{ids: r.ids, anybody: true, anytime: true}
	want := text(c.Response.Body, c.Response.BodyBase64)
	if w, g := headerLines(c.Response.Headers, want == ""), headerLines(got.headers, got.body == ""); !slices.Equal(w, g) {
		cmp.differ("headers", strings.Join(w, " | "), strings.Join(g, " | "))
	}
	cmp.body(want, got.body)
	return cmp.diff
}

// wholeServerSeed has the people of the whole server's captures.
func wholeServerSeed(keys map[string]bool) portal.Seed {
	s := portal.DefaultSeed()
	s.Keys = nil
	for i := range s.Users {
		s.Users[i].Email = string(s.Users[i].Role) + "@example.com"
	}
	s.Users = append(s.Users, portal.User{
		ID: "23da7f56-2565-4745-9d07-ec918b03bc50", FirstName: "Lea", LastName: "Ver", Role: portal.Member,
		Email: "leaver@example.com", Password: "password-leaver", Disabled: true,
	})
	for name := range keys {
		k := portal.APIKey{Key: "sk-REDACTED-" + name, Name: name, Owner: s.User(portal.Owner).ID}
		switch strings.TrimPrefix(name, "scope-") {
		case "read":
			k.Scopes = []string{"*:read"}
		case "write":
			k.Scopes = []string{"*:write"}
		case "star":
			k.Scopes = []string{"*"}
		case "accounts":
			k.Scopes = []string{"accounts:read", "accounts:write"}
		case "files-rooms":
			k.Scopes = []string{"files:write", "rooms:write"}
		case "disabled":
			k.Disabled = true
		case "expired":
			k.Expires = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
		case "deleted":
			continue
		}
		s.Keys = append(s.Keys, k)
	}
	return s
}
