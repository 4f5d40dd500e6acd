package portal_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/portal"
)

// request sends a request with headers of its own, to any path.
func request(p *portal.Portal, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	seed := portal.DefaultSeed()
	owner := seed.User(portal.Owner)
	seed.Keys = append(seed.Keys,
		portal.APIKey{Key: "sk-read", Owner: owner.ID, Scopes: []string{"*:read"}},
		portal.APIKey{Key: "sk-files", Owner: owner.ID, Scopes: []string{"files:write", "rooms:write"}},
		portal.APIKey{Key: "sk-star", Owner: owner.ID, Scopes: []string{"*"}},
		portal.APIKey{Key: "sk-off", Owner: owner.ID, Disabled: true},
		portal.APIKey{Key: "sk-old", Owner: owner.ID, Expires: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)},
	)
	seed.Users = append(seed.Users, portal.User{ID: "11111111-2222-3333-4444-555555555555", Role: portal.Member, Token: "token-of-the-leaver", Disabled: true})
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	jwt := func(claims string) string {
		return "Bearer e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "."
	}
	const path = "/api/2.0/settings/webhook"
	tests := []struct {
		name    string
		headers []string
		read    int
		write   int // of a body that is not valid: 400 once the call is let in
		says    string
	}{
		{"nothing", nil, 401, 401, ""},
		{"key", []string{"Authorization", "Bearer " + seed.Key(portal.Owner)}, 200, 400, ""},
		{"key without Bearer", []string{"Authorization", seed.Key(portal.Owner)}, 401, 401, ""},
		{"key in the declared header", []string{"ApiKeyBearer", seed.Key(portal.Owner)}, 401, 401, ""},
		{"unknown key", []string{"Authorization", "Bearer sk-0"}, 401, 401, ""},
		{"disabled key", []string{"Authorization", "Bearer sk-off"}, 401, 401, ""},
		{"expired key", []string{"Authorization", "Bearer sk-old"}, 401, 401, ""},
		{"reading key", []string{"Authorization", "Bearer sk-read"}, 200, 403, ""},
		{"key for files", []string{"Authorization", "Bearer sk-files"}, 403, 403, ""},
		{"key for everything", []string{"Authorization", "Bearer sk-star"}, 200, 400, ""},
		{"session token", []string{"Authorization", owner.Token}, 200, 400, ""},
		{"session token with Bearer", []string{"Authorization", "Bearer " + owner.Token}, 200, 400, ""},
		{"cookie", []string{"Cookie", "asc_auth_key=" + owner.Token}, 200, 400, ""},
		{"worthless cookie over a good token", []string{"Cookie", "asc_auth_key=x", "Authorization", owner.Token}, 401, 401, ""},
		{"good cookie over a worthless token", []string{"Cookie", "asc_auth_key=" + owner.Token, "Authorization", "x"}, 200, 400, ""},
		{"worthless key over a good cookie", []string{"Cookie", "asc_auth_key=" + owner.Token, "Authorization", "Bearer sk-0"}, 401, 401, ""},
		{"somebody who left", []string{"Authorization", "token-of-the-leaver"}, 401, 401, ""},
		{"password", []string{"Authorization", basic(owner.Email + ":" + owner.Password)}, 200, 400, ""},
		{"wrong password", []string{"Authorization", basic(owner.Email + ":x")}, 401, 401, ""},
		{"password in lower-case basic", []string{"Authorization", strings.ToLower(basic(owner.Email + ":" + owner.Password))}, 401, 401, ""},
		{"no base64", []string{"Authorization", "Basic %%%"}, 500, 500, "System.FormatException"},
		{"no colon", []string{"Authorization", basic("nocolon")}, 500, 500, "System.IndexOutOfRangeException"},
		{"JWT of nobody", []string{"Authorization", jwt(`{"scope":"*:write"}`)}, 401, 401, "Claim 'sub' is not present in JWT"},
		{"JWT of a stranger", []string{"Authorization", jwt(`{"sub":"99999999-2222-3333-4444-555555555555"}`)}, 401, 401, ""},
		{"JWT for files", []string{"Authorization", jwt(`{"sub":"` + owner.ID + `","scope":"files:read"}`)}, 403, 403, ""},
		{"JWT for reading", []string{"Authorization", jwt(`{"sub":"` + owner.ID + `","scope":"*:read"}`)}, 200, 403, ""},
	}
	p := newPortal(t, nil, portal.WithSeed(seed))
	for _, tt := range tests {
		for method, want := range map[string]int{"GET": tt.read, "POST": tt.write} {
			body := ""
			if method == "POST" {
				body = "{}"
			}
			w := request(p, method, path, body, tt.headers...)
			if w.Code != want || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("%s, %s: %d %s, want %d with %s", tt.name, method, w.Code, w.Body, want, tt.says)
			}
			if (w.Code == 401 || w.Code == 403) && tt.says == "" && w.Body.Len() != 0 {
				t.Errorf("%s: the refusal has the body %s", tt.name, w.Body)
			}
		}
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	seed := portal.DefaultSeed()
	seed.Users[3].Disabled = true
	p := newPortal(t, nil, portal.WithSeed(seed))
	for _, tt := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"right", `{"userName":"owner@portal.example","password":"password-owner"}`, 200, `"sms":false,"tfa":false`},
		{"right, in another case", `{"UserName":"OWNER@portal.example","PASSWORD":"password-owner","session":true}`, 200, `"expires":"0001-01-01T00:00:00"`},
		{"wrong password", `{"userName":"owner@portal.example","password":"x"}`, 401, "User authentication failed"},
		{"nobody", `{"userName":"nobody@portal.example","password":"password-owner"}`, 401, "User authentication failed"},
		{"nothing", `{}`, 401, "User authentication failed"},
		{"disabled", `{"userName":"user@portal.example","password":"password-user"}`, 403, "User disabled"},
		{"no JSON", `x`, 400, "invalid start of a value"},
	} {
		w := request(p, "POST", "/api/2.0/authentication", tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s: %d %s, want %d with %s", tt.name, w.Code, w.Body, tt.status, tt.says)
		}
		if tt.status != http.StatusOK {
			continue
		}
		token, _ := memberOf(t, w.Body.String(), "response", "token").(string)
		if cookie := w.Header().Get("Set-Cookie"); !strings.HasPrefix(cookie, "asc_auth_key="+token+";") {
			t.Errorf("%s: cookie %s", tt.name, cookie)
		}
		if w := request(p, "GET", "/api/2.0/settings/webhook", "", "Authorization", token); w.Code != http.StatusOK {
			t.Errorf("%s: the token is worth %d", tt.name, w.Code)
		}
		if w := request(p, "GET", "/api/2.0/authentication", "", "Cookie", "asc_auth_key="+token); !strings.Contains(w.Body.String(), `"response":true`) {
			t.Errorf("%s: signed in? %s", tt.name, w.Body)
		}
	}
}

// TestSettings changes what decides how webhooks are answered, through the API.
func TestSettings(t *testing.T) {
	t.Parallel()
	seed := portal.DefaultSeed()
	owner, user := seed.User(portal.Owner), seed.User(portal.Member)
	const german = "Das Kennwort muss enthalten von 8 bis zu 30 Sonderzeichen, Nur lateinische Buchstaben, Keine Leerzeichen"
	for _, tt := range []struct {
		name               string
		method, path, body string
		check              []string // method, path, body
		says               string
		as                 portal.User
	}{
		{"password policy", "PUT", "settings/security/password", `{"minLength":12,"digits":true}`, []string{"POST", "settings/webhook", newHook + `}`}, `"name":"two"`, owner},
		{"stricter policy", "PUT", "settings/security/password", `{"minLength":20,"upperCase":true}`, []string{"POST", "settings/webhook", newHook + `}`}, "from 20 to 30 characters, only latin letters, no spaces, capital letters", owner},
		{"policy, read", "PUT", "settings/security/password", `{"minLength":20}`, []string{"GET", "settings/security/password", ""}, `"minLength":20`, owner},
		{"time zone", "PUT", "settings/timeandlanguage", `{"lng":"en-US","timeZoneID":"Asia/Kolkata"}`, []string{"GET", "settings", ""}, `"timezone":"Asia/Kolkata","trustedDomains":[],"trustedDomainsType":0,"culture":"en-US","utcOffset":"05:30:00","utcHoursOffset":5.5`, owner},
		{"developer tools", "POST", "settings/devtoolsaccess", `{"limitedAccessForUsers":true}`, []string{"GET", "settings/webhook", ""}, "Access denied", user},
		{"addresses", "PUT", "settings/iprestrictions", `{"ipRestrictions":[{"ip":"198.51.100.7"}],"enable":true}`, []string{"GET", "settings/webhook", ""}, "The access to the portal is restricted", user},
		{"addresses and the owner", "PUT", "settings/iprestrictions", `{"ipRestrictions":[{"ip":"198.51.100.7"}],"enable":true}`, []string{"GET", "settings/webhook", ""}, `"response":[`, owner},
		{"address on the list", "PUT", "settings/iprestrictions", `{"ipRestrictions":[{"ip":"192.0.2.1"}],"enable":true}`, []string{"GET", "settings/webhook", ""}, `"response":[`, user},
		{"language", "PUT", "people/" + owner.ID + "/culture", `{"cultureName":"de"}`, []string{"POST", "settings/webhook", `{"name":"n","uri":"http://127.0.0.1/","secretKey":"x"}`}, german, owner},
		{"version", "GET", "settings/version/build", "", []string{"GET", "settings/version/build", ""}, `"docSpace":"3.7.2"`, owner},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithSeed(seed))
			if w := request(p, tt.method, "/api/2.0/"+tt.path, tt.body, "Authorization", owner.Token); w.Code != http.StatusOK {
				t.Fatalf("the change: %d %s", w.Code, w.Body)
			}
			if tt.method != "GET" && !strings.HasPrefix(tt.path, "people/") {
				if w := request(p, tt.method, "/api/2.0/"+tt.path, tt.body, "Authorization", user.Token); w.Code != http.StatusForbidden {
					t.Errorf("the change by a user: %d %s", w.Code, w.Body)
				}
			}
			w := request(p, tt.check[0], "/api/2.0/"+tt.check[1], tt.check[2], "Authorization", tt.as.Token)
			if !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("afterwards: %d %s, want %s", w.Code, w.Body, tt.says)
			}
		})
	}
}

// TestKeys makes a key, uses it and takes it away.
func TestKeys(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil)
	owner, guest := p.Seed().User(portal.Owner), p.Seed().User(portal.Guest)
	if w := request(p, "POST", "/api/2.0/keys", `{"name":"n"}`, "Authorization", guest.Token); w.Code != http.StatusForbidden {
		t.Errorf("a guest's key: %d", w.Code)
	}
	made := request(p, "POST", "/api/2.0/keys", `{"name":"ci","permissions":["*:read"],"expiresInDays":1}`, "Authorization", owner.Token).Body.String()
	key, _ := memberOf(t, made, "response", "key").(string)
	id, _ := memberOf(t, made, "response", "id").(string)
	self := request(p, "GET", "/api/2.0/keys/@self", "", "Authorization", "Bearer "+key)
	if self.Code != http.StatusOK || strings.Contains(self.Body.String(), key) || !strings.Contains(self.Body.String(), `"key":"sk-***`+key[len(key)-4:]) {
		t.Errorf("itself: %d %s", self.Code, self.Body)
	}
	if w := request(p, "GET", "/api/2.0/keys", "", "Authorization", owner.Token); !strings.Contains(w.Body.String(), `"name":"ci"`) || strings.Contains(w.Body.String(), key) {
		t.Errorf("the list: %s", w.Body)
	}
	if w := request(p, "DELETE", "/api/2.0/keys/"+id, "", "Authorization", guest.Token); w.Code != http.StatusForbidden {
		t.Errorf("taken away by another: %d", w.Code)
	}
	if w := request(p, "DELETE", "/api/2.0/keys/"+id, "", "Authorization", owner.Token); w.Code != http.StatusOK {
		t.Errorf("taken away: %d %s", w.Code, w.Body)
	}
	if w := request(p, "GET", "/api/2.0/settings/webhook", "", "Authorization", "Bearer "+key); w.Code != http.StatusUnauthorized {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil)
	w := request(p, "OPTIONS", "/api/2.0/settings/webhook", "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
	if h := w.Header(); w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("preflight: %d %v", w.Code, h)
	}
	if w := request(p, "OPTIONS", "/api/2.0/settings/webhook", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST, PUT" {
		t.Errorf("OPTIONS: %d %v", w.Code, w.Header())
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	p := newPortal(t, &fakeReceiver{answer: status(200)})
	token := p.Seed().User(portal.Owner).Token
	const valid = `{"name":"grüße","uri":"http://127.0.0.1/","secretKey":"test-secret-1"}`
	utf16 := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteByte(byte(r))
			b.WriteByte(byte(r >> 8))
		}
		return b.String()
	}
	for i, tt := range []struct {
		media, body string
		status      int
	}{
		{"application/json", valid, 200},
		{"APPLICATION/JSON; charset=\"UTF-8\"", valid, 200},
		{"text/json", valid, 200},
		{"application/vnd.example+json", valid, 200},
		{"application/json", "\ufeff" + valid, 200},
		{"application/json; charset=utf-16", utf16(valid), 200},
		{"application/json; charset=iso-8859-1", valid, 415},
		{"text/plain", valid, 415},
		{"", valid, 415},
		{"application/json", "", 400},
		{"application/json", strings.Repeat(" ", 2<<20), 413},
	} {
		body := strings.Replace(tt.body, "127.0.0.1/", "127.0.0.1/"+string(rune('a'+i)), 1)
		if strings.Contains(tt.media, "utf-16") {
			body = tt.body
		}
		r := httptest.NewRequest("POST", "/api/2.0/settings/webhook", strings.NewReader(body))
		r.Header.Set("Authorization", token)
		if tt.media != "" {
			r.Header.Set("Content-Type", tt.media)
		}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%q %.20q: %d %s, want %d", tt.media, body, w.Code, w.Body, tt.status)
		}
	}
}
