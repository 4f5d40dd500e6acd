package api_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/api"
)

func TestNewAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, list string }{
		{"https://acme.example.com", "https://acme.example.com/api/2.0/settings/webhook"},
		{"https://acme.example.com/", "https://acme.example.com/api/2.0/settings/webhook"},
		{"https://acme.example.com//", "https://acme.example.com/api/2.0/settings/webhook"},
		{"HTTPS://ACME.example.com:8443", "https://acme.example.com:8443/api/2.0/settings/webhook"},
		{"http://[::1]:8092", "http://[::1]:8092/api/2.0/settings/webhook"},
		{"https://example.com/docspace", "https://example.com/docspace/api/2.0/settings/webhook"},
		{"https://example.com/a/../doc%2Fspace/", "https://example.com/doc%2Fspace/api/2.0/settings/webhook"},
		{"https://example.com/#", "https://example.com/api/2.0/settings/webhook"},
		{"https://example.com/api/2.0.old", "https://example.com/api/2.0.old/api/2.0/settings/webhook"},
	} {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			var got string
			client, err := api.New(c.address, api.WithAPIKey(key), api.WithHTTPClient(&http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
				got = r.URL.String()
				return answer(r, 200, nil, strings.NewReader(listed())), nil
			})}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.ListWebhooks(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got != c.list {
				t.Errorf("asked %s, want %s", got, c.list)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const ok = "https://acme.example.com"
	auth := api.WithAPIKey(key)
	for name, c := range map[string]struct {
		address string
		opts    []api.Option
		want    string
	}{
		"nothing":             {"", []api.Option{auth}, "absolute"},
		"no scheme":           {"acme.example.com", []api.Option{auth}, "absolute"},
		"other scheme":        {"ftp://acme.example.com", []api.Option{auth}, "absolute"},
		"port only":           {"http://:8092", []api.Option{auth}, "absolute"},
		"opaque":              {"https:acme.example.com", []api.Option{auth}, "absolute"},
		"no URL":              {"https://hunter2 .example.com", []api.Option{auth}, "not a URL"},
		"user info":           {"https://me:hunter2@acme.example.com", []api.Option{auth}, "WithBasicAuth"},
		"query":               {ok + "/?token=hunter2", []api.Option{auth}, "query"},
		"empty query":         {ok + "/?", []api.Option{auth}, "query"},
		"fragment":            {ok + "/#hunter2", []api.Option{auth}, "fragment"},
		"API path":            {ok + "/api/2.0", []api.Option{auth}, "before /api/2.0"},
		"API path of a call":  {ok + "/x/API/2.0/settings/webhook/", []api.Option{auth}, "before /api/2.0"},
		"no credentials":      {ok, nil, "no credentials"},
		"two credentials":     {ok, []api.Option{auth, api.WithBearerToken("hunter2")}, "WithAPIKey and WithBearerToken"},
		"nil option":          {ok, []api.Option{auth, nil}, "nil"},
		"empty key":           {ok, []api.Option{api.WithAPIKey("")}, "WithAPIKey: the token is empty"},
		"no key":              {ok, []api.Option{api.WithAPIKey("hunter2")}, "sk-"},
		"key with its scheme": {ok, []api.Option{api.WithAPIKey("bearer sk-hunter2")}, "scheme"},
		"key as JWT":          {ok, []api.Option{api.WithBearerToken("sk-hunter2")}, "WithAPIKey"},
		"key as token":        {ok, []api.Option{api.WithSessionToken("sk-hunter2")}, "WithAPIKey"},
		"key as cookie":       {ok, []api.Option{api.WithSessionCookie("sk-hunter2")}, "WithAPIKey"},
		"new line":            {ok, []api.Option{api.WithBearerToken("hunter2\n")}, "offset 7"},
		"semicolon":           {ok, []api.Option{api.WithSessionCookie("hunter2;")}, "offset 7"},
		"empty password":      {ok, []api.Option{api.WithBasicAuth("me@example.com", "")}, "empty"},
		"colon":               {ok, []api.Option{api.WithBasicAuth("a:b", "hunter2")}, "colon"},
		"nil HTTP client":     {ok, []api.Option{auth, api.WithHTTPClient(nil)}, "WithHTTPClient"},
		"nil logger":          {ok, []api.Option{auth, api.WithLogger(nil)}, "WithLogger"},
		"no time":             {ok, []api.Option{auth, api.WithTimeout(0)}, "WithTimeout"},
		"no answer":           {ok, []api.Option{auth, api.WithMaxAnswer(0)}, "WithMaxAnswer"},
		"application":         {ok, []api.Option{auth, api.WithApplication("my app", "")}, "WithApplication"},
		"version":             {ok, []api.Option{auth, api.WithApplication("app", "1\r\nX: y")}, "WithApplication"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slices.Reverse(c.opts) // the order does not matter
			client, err := api.New(c.address, c.opts...)
			if client != nil || err == nil {
				t.Fatalf("got %v, %v", client, err)
			}
			text := err.Error()
			if name == "two credentials" {
				c.want = "WithBearerToken and WithAPIKey"
			}
			if !strings.HasPrefix(text, "docspace: ") || !strings.Contains(text, c.want) {
				t.Errorf("%q does not say %q", text, c.want)
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("%q quotes a secret", text)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opt                   api.Option
		authorization, cookie string
	}{
		"API key":        {api.WithAPIKey(key), "Bearer " + key, ""},
		"JWT":            {api.WithBearerToken("a.b.c"), "Bearer a.b.c", ""},
		"session token":  {api.WithSessionToken("t0ken+/="), "t0ken+/=", ""},
		"session cookie": {api.WithSessionCookie("t0ken+/="), "", "asc_auth_key=t0ken+/="},
		"Basic":          {api.WithBasicAuth("me@example.com", "pass:wörd"), "Basic bWVAZXhhbXBsZS5jb206cGFzczp3w7ZyZA==", ""},
		"none":           {api.WithoutCredentials(), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, script(listed()))
			client, err := api.New(s.URL, api.WithApplication("ci", "1.2"), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.ListWebhooks(t.Context()); err != nil {
				t.Fatal(err)
			}
			// The raw client signs in just so.
			resp, err := client.Raw().ListWebhooks(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			for _, r := range s.requests {
				h := r.header
				if h.Get("Authorization") != c.authorization || h.Get("Cookie") != c.cookie {
					t.Errorf("Authorization %q, Cookie %q", h.Get("Authorization"), h.Get("Cookie"))
				}
				if h.Get("Accept") != "application/json" {
					t.Errorf("Accept %q", h.Get("Accept"))
				}
				if ua := h.Get("User-Agent"); !regexp.MustCompile(`^ci/1\.2 docspace-webhooks-go/\S+$`).MatchString(ua) {
					t.Errorf("User-Agent %q", ua)
				}
			}
		})
	}
}

func TestClientDoesNotPrintCredentials(t *testing.T) {
	t.Parallel()
	for _, opt := range []api.Option{
		api.WithAPIKey("sk-hunter2"), api.WithBearerToken("hunter2"), api.WithSessionToken("hunter2"),
		api.WithSessionCookie("hunter2"), api.WithBasicAuth("me@example.com", "hunter2"),
	} {
		client, err := api.New("https://acme.example.com", opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
			for _, v := range []any{client, *client, opt} {
				if text := fmt.Sprintf(verb, v); strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") {
					t.Errorf("%s prints %s", verb, text)
				}
			}
		}
	}
}

func TestUserAgentWithoutApplication(t *testing.T) {
	t.Parallel()
	client, s := answering(t, listed())
	if _, err := client.ListWebhooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ua := s.last().header.Get("User-Agent"); !strings.HasPrefix(ua, "docspace-webhooks-go/") {
		t.Errorf("User-Agent %q", ua)
	}
}

func TestApplicationWithoutVersion(t *testing.T) {
	t.Parallel()
	s := serve(t, script(listed()))
	if _, err := newClient(t, s.URL, api.WithApplication("ci", "")).ListWebhooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ua := s.last().header.Get("User-Agent"); !strings.HasPrefix(ua, "ci docspace-webhooks-go/") {
		t.Errorf("User-Agent %q", ua)
	}
}

// The caller's HTTP client stays as it is, and is asked about the redirects that
// this package lets through.
func TestHTTPClientIsNotModified(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved/api/2.0/settings/webhook" {
			script(listed(hook7))(w, r)
			return
		}
		http.Redirect(w, r, "/moved"+r.URL.Path, http.StatusFound)
	})
	own := errors.New("not today")
	follow := true
	mine := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error {
		if follow {
			return nil
		}
		return own
	}}
	client := newClient(t, s.URL, api.WithHTTPClient(mine))
	if hooks, err := client.ListWebhooks(t.Context()); err != nil || len(hooks) != 1 {
		t.Errorf("got %v, %v", hooks, err)
	}
	if mine.Transport != nil || mine.Timeout != time.Minute || mine.CheckRedirect(nil, nil) != nil {
		t.Error("the client was modified")
	}
	follow = false
	_, err := client.ListWebhooks(t.Context())
	wantKinds(t, err, api.ErrRedirected)
	if !errors.Is(err, own) {
		t.Errorf("%v is not the caller's own error", err)
	}
	mine.CheckRedirect = nil // ours, not yours
	if _, err := client.ListWebhooks(t.Context()); err != nil {
		t.Errorf("without a CheckRedirect: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, script(listed(hook7)))
	type get = func(*api.Client, *testing.T) error
	list := func(c *api.Client, t *testing.T) error { _, err := c.ListWebhooks(t.Context()); return err }
	remove := func(c *api.Client, t *testing.T) error { _, err := c.DeleteWebhook(t.Context(), 7); return err }
	create := func(c *api.Client, t *testing.T) error {
		_, err := c.CreateWebhook(t.Context(), api.NewWebhook("builds", "https://hooks.example.com/ok", secret, api.FileCreated))
		return err
	}
	for name, c := range map[string]struct {
		call   get
		status int
		to     func(self *url.URL) string
		want   string // in the error, "" if it is followed
	}{
		"GET within":               {list, 302, func(u *url.URL) string { return u.String() + "/new" }, ""},
		"GET within, 308":          {list, 308, func(*url.URL) string { return "/new" }, ""},
		"GET to another port":      {list, 302, func(*url.URL) string { return elsewhere.URL + "/?q=" + key }, "redirected to GET http://127.0.0.1:"},
		"GET to another host":      {list, 307, func(u *url.URL) string { return "http://localhost:" + u.Port() }, "redirected to GET http://localhost:"},
		"GET to another scheme":    {list, 307, func(u *url.URL) string { return "https://" + u.Host }, "redirected to GET https://127.0.0.1:"},
		"GET to a secret's host":   {list, 307, func(*url.URL) string { return "https://" + key + ".example.com" }, "redirected to GET https://REDACTED.example.com"},
		"GET without end":          {list, 302, func(*url.URL) string { return "/api/2.0/settings/webhook" }, "stopped after 10 redirects"},
		"GET to nowhere":           {list, 302, func(*url.URL) string { return "" }, "302 Found"},
		"POST, 301":                {create, 301, func(*url.URL) string { return "/new" }, "redirected to GET http://127.0.0.1:"},
		"POST, 303":                {create, 303, func(*url.URL) string { return "/new" }, "redirected to GET http://127.0.0.1:"},
		"POST, 307":                {create, 307, func(*url.URL) string { return "/new" }, ""},
		"POST, 308 to another one": {create, 308, func(*url.URL) string { return elsewhere.URL }, "redirected to POST http://127.0.0.1:"},
		"DELETE, 302":              {remove, 302, func(*url.URL) string { return "/new" }, "redirected to GET http://127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/new") {
					if r.Method == http.MethodGet {
						script(listed(hook7))(w, r)
					} else {
						script(success(hook7))(w, r)
					}
					return
				}
				self := url.URL{Scheme: "http", Host: r.Host}
				if to := c.to(&self); to != "" {
					w.Header().Set("Location", to)
				}
				w.WriteHeader(c.status)
			})
			err := c.call(newClient(t, s.URL), t)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				if got := s.last(); got.header.Get("Authorization") != "Bearer "+key {
					t.Error("not signed in where it was redirected to")
				} else if got.method == http.MethodPost && !strings.Contains(got.body, "builds") {
					t.Error("redirected without the body")
				}
				return
			}
			wantKinds(t, err, api.ErrRedirected)
			e := asError(t, err)
			if e.StatusCode != c.status || e.Header == nil {
				t.Errorf("status %d, want %d with its header", e.StatusCode, c.status)
			}
			text := fmt.Sprintf("%v %v", err, errors.Unwrap(err))
			if !strings.Contains(text, c.want) || strings.Contains(text, key) {
				t.Errorf("%s does not say %s, or too much", text, c.want)
			}
		})
	}
	t.Cleanup(func() {
		if asked := elsewhere.asked(); len(asked) > 0 {
			t.Errorf("the other server was asked: %v", asked)
		}
	})
}

// net/http quotes such a target, and drops the answer.
func TestRedirectToNonsense(t *testing.T) {
	t.Parallel()
	client := through(t, func(r *http.Request) (*http.Response, error) {
		return answer(r, 307, http.Header{"Location": {"http://%zz" + key}}, http.NoBody), nil
	})
	_, err := client.ListWebhooks(t.Context())
	wantKinds(t, err)
	if text := fmt.Sprintf("%v %v", err, errors.Unwrap(err)); !strings.Contains(text, "%zzREDACTED") || strings.Contains(text, key) {
		t.Error(text)
	}
}

// The port that a scheme means anyway makes no other origin.
func TestRedirectToTheDefaultPort(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		port := map[string]string{"http": ":80", "https": ":443"}[scheme]
		client, err := api.New(scheme+"://Acme.example.com", api.WithAPIKey(key), api.WithHTTPClient(&http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Port() == "" {
				return answer(r, 307, http.Header{"Location": {scheme + "://acme.example.com" + port + "/new"}}, http.NoBody), nil
			}
			if r.Header.Get("Authorization") == "" {
				return answer(r, 401, nil, http.NoBody), nil
			}
			return answer(r, 200, nil, strings.NewReader(listed())), nil
		})}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListWebhooks(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	s := serve(t, script(listed(hook7), "404 "+notFound))
	client := newClient(t, s.URL+"/base", api.WithLogger(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	_, _ = client.ListWebhooks(t.Context())
	_, _ = client.ListDeliveries(t.Context(), api.DeliveryFilter{URL: "https://hooks.example.com/?token=hunter2"})
	got := regexp.MustCompile(`(time|duration)=\S+`).ReplaceAllString(text.String(), "$1=…")
	want := `time=… level=DEBUG msg="docspace call" operation=getTenantWebhooks method=GET path=/base/api/2.0/settings/webhook status=200 attempt=1 duration=…
time=… level=DEBUG msg="docspace call" operation=getWebhooksLogs method=GET path=/base/api/2.0/settings/webhooks/log status=404 attempt=1 duration=…
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
