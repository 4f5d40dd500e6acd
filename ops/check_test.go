package ops_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/ops"
	"github.com/docspace-go/webhooks/portal"
)

// names is a resolver: what it does not know is not there.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, text := range n[host] {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	if addrs == nil {
		return nil, errors.New("no such host")
	}
	return addrs, nil
}

var hosts = names{
	"hooks.example.com": {"203.0.113.7"},
	"inside.example":    {"203.0.113.7", "10.1.2.3"},
	"localhost":         {"127.0.0.1", "::1"},
	"six.example":       {"fd12::1"},
	"mapped.example":    {"::ffff:10.1.2.3"},
}

// heads answers HEAD by the path, "/head/404".
type heads struct{}

func (heads) RoundTrip(r *http.Request) (*http.Response, error) {
	status := http.StatusOK
	if n, _ := fmt.Sscanf(r.URL.Path, "/head/%d", &status); n == 1 && status == 0 {
		return nil, errors.New("connection refused")
	}
	h := http.Header{"Location": {"https://hooks.example.com/ok"}}
	return &http.Response{StatusCode: status, Header: h, Body: http.NoBody, Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

const goodURL = "https://hooks.example.com/ok"

// found lists findings but the one that is always there.
func found(list ops.Findings) string {
	var texts []string
	for _, f := range list {
		if f.Kind != ops.ServerView {
			texts = append(texts, fmt.Sprintf("%s %s", f.Severity, f.Kind))
		}
	}
	return strings.Join(texts, ", ")
}

func checkedPortal(t *testing.T, opts ...portal.Option) *world {
	t.Helper()
	return newWorld(t, append([]portal.Option{
		portal.WithBlockList(portal.ServerBlockList...), portal.WithTransport(heads{}),
		portal.WithResolver(func(ctx context.Context, host string) ([]netip.Addr, error) {
			return hosts.LookupNetIP(ctx, "ip", host)
		}),
	}, opts...)...)
}

func check(t *testing.T, c *api.Client, request api.CreateWebhookRequest, opts ...ops.CheckOption) ops.Findings {
	t.Helper()
	list, err := ops.CheckWebhook(t.Context(), c, request,
		append([]ops.CheckOption{ops.WithResolver(hosts), ops.WithProbeClient(&http.Client{Transport: heads{}})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(list, func(f ops.Finding) bool { return f.Kind == ops.ServerView && f.Severity == ops.Unknown }) {
		t.Error("nothing is said to be unknown")
	}
	return list
}

type change func(*api.CreateWebhookRequest)

func withURL(url string) change { return func(r *api.CreateWebhookRequest) { r.URL = url } }

func plain(url string) change {
	return func(r *api.CreateWebhookRequest) { r.URL, r.SSL = url, new(false) }
}

func withName(name string) change { return func(r *api.CreateWebhookRequest) { r.Name = name } }

func withSecret(s string) change {
	return func(r *api.CreateWebhookRequest) { r.SecretKey = api.Secret(s) }
}

func withTriggers(t api.Triggers) change { return func(r *api.CreateWebhookRequest) { r.Triggers = t } }

// What is found, and whether an embedded portal refuses it indeed.
func TestCheckWebhook(t *testing.T) {
	t.Parallel()
	early := []portal.Option{portal.WithGeneration(portal.V3_6)}
	strict := portal.WithSeed(func() portal.Seed {
		s := portal.DefaultSeed()
		s.Policy = portal.PasswordPolicy{MinLength: 12, Upper: true, Digits: true, Special: true}
		return s
	}())
	for _, c := range []struct {
		name   string
		change change
		want   string
		opts   []portal.Option
		role   portal.Role
	}{
		{name: "good", change: withName("ci")},
		{name: "no name", change: withName(" "), want: "refuse name"},
		{name: "long name", change: withName(strings.Repeat("ä", 51)), want: "refuse name"},
		{name: "50 characters", change: withName(strings.Repeat("ä", 50))},
		{name: "emoji", change: withName("🚀"), want: "unknown name", opts: []portal.Option{portal.WithDatabase(portal.PostgreSQL)}},
		{name: "NUL", change: withName("a\x00"), want: "unknown name"},
		{name: "no secret", change: withSecret(""), want: "refuse secret"},
		{name: "short secret", change: withSecret("1234567"), want: "refuse secret"},
		{name: "long secret", change: withSecret(strings.Repeat("x", 31)), want: "refuse secret"},
		{name: "blank in secret", change: withSecret("with space 1"), want: "refuse secret"},
		{name: "secret not ASCII", change: withSecret("geheimniß1"), want: "refuse secret"},
		{name: "policy", change: withSecret("test-secret"), want: "refuse secret, refuse secret, refuse secret", opts: []portal.Option{strict}},
		{name: "policy kept", change: withSecret("Test-secret-1"), opts: []portal.Option{strict}},
		{name: "no special", change: withSecret("TestSecret123"), want: "refuse secret", opts: []portal.Option{strict}},
		{name: "long target", change: func(r *api.CreateWebhookRequest) { r.TargetID = strings.Repeat("x", 256) }, want: "refuse target"},
		{name: "long target, early", change: func(r *api.CreateWebhookRequest) { r.TargetID = strings.Repeat("x", 37) }, want: "refuse target", opts: early},

		{name: "no URL", change: withURL(""), want: "refuse url"},
		{name: "relative", change: withURL("/hook"), want: "refuse url"},
		{name: "garbage", change: withURL("not a url"), want: "refuse url"},
		{name: "no scheme", change: withURL("hooks.example.com/ok"), want: "refuse url"},
		{name: "mailto", change: withURL("mailto:a@example.com"), want: "refuse url"},
		{name: "file", change: withURL("file:///etc/hosts"), want: "refuse url"},
		{name: "no host", change: withURL("https:///x"), want: "refuse url"},
		{name: "upper case", change: withURL("HTTPS://hooks.example.com/ok")},
		{name: "blanks", change: withURL(" " + goodURL + " "), want: "warn url"},
		{name: "plain http with check", change: withURL("http://hooks.example.com/ok"), want: "refuse https required"},
		{name: "plain http with check, early", change: withURL("http://hooks.example.com/ok"), want: "warn https required", opts: early},
		{name: "plain http", change: plain("http://hooks.example.com/ok"), want: "warn plain http"},
		{name: "private", change: withURL("https://10.0.0.1/ok"), want: "refuse blocked address"},
		{name: "private, early", change: withURL("https://10.0.0.1/ok"), want: "refuse blocked address", opts: early},
		{name: "integer", change: withURL("https://167772161/ok"), want: "refuse blocked address"},
		{name: "hexadecimal", change: withURL("https://0x7f.1/ok"), want: "refuse blocked address"},
		{name: "octal", change: withURL("https://0177.0.0.1/ok"), want: "refuse blocked address"},
		{name: "metadata", change: withURL("https://169.254.169.254/"), want: "refuse blocked address"},
		{name: "loopback 6", change: withURL("https://[::1]/"), want: "refuse blocked address"},
		{name: "localhost", change: withURL("https://localhost/"), want: "refuse blocked address, refuse blocked address"},
		{name: "localhost, early", change: withURL("https://localhost/"), want: "warn blocked address, warn blocked address", opts: early},
		{name: "second address", change: withURL("https://inside.example/"), want: "refuse blocked address"},
		{name: "unique local", change: withURL("https://six.example/"), want: "refuse blocked address"},
		{name: "IPv4 in IPv6", change: withURL("https://mapped.example/"), want: "refuse blocked address"},
		{name: "public", change: withURL("https://198.51.100.9/ok")},

		{name: "HEAD 204", change: withURL("https://hooks.example.com/head/204")},
		{name: "HEAD 404", change: withURL("https://hooks.example.com/head/404"), want: "refuse probe"},
		{name: "HEAD 301", change: withURL("https://hooks.example.com/head/301"), want: "refuse probe"},
		{name: "HEAD 301, early", change: withURL("https://hooks.example.com/head/301"), want: "warn probe", opts: early},

		{name: "twin", change: withName("hook 9"), want: "refuse duplicate"},
		{name: "role", change: withTriggers(api.UserCreated | api.FileCreated), want: "refuse triggers", role: portal.Member},
		{name: "role, everything", change: withTriggers(api.AllTriggers), role: portal.Member},
		{name: "role, early", change: withTriggers(api.UserCreated), role: portal.Member, opts: early},
		{name: "wide events, early", change: withTriggers(api.FileDownloaded), want: "refuse triggers, warn triggers", opts: early},
		{name: "event of the future", change: withTriggers(1 << 40), want: "warn triggers"},
		{name: "guest", change: withTriggers(api.AllTriggers), want: "refuse role", role: portal.Guest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := checkedPortal(t, c.opts...)
			if c.role == "" {
				c.role = portal.Owner
			}
			client := w.as(t, c.role, httpfake.Transport{Handler: w.Portal})
			request := api.NewWebhook("ci", goodURL, "Test-secret-1", api.FileCreated)
			if c.want == "refuse duplicate" {
				twin := api.NewWebhook("hook 9", goodURL, "Test-secret-1", api.FileCreated)
				if _, err := w.client.CreateWebhook(t.Context(), twin); err != nil {
					t.Fatal(err)
				}
			}
			c.change(&request)
			list := check(t, client, request)
			if got := found(list); got != c.want {
				t.Errorf("got %q, want %q\n%s", got, c.want, list)
			}
			_, err := client.CreateWebhook(t.Context(), request)
			if refused := err != nil; refused != list.Refused() {
				t.Errorf("findings refuse: %t, the portal: %v", list.Refused(), err)
			}
			if text := list.String(); request.SecretKey != "" && strings.Contains(text, string(request.SecretKey)) {
				t.Errorf("the secret is in %s", text)
			}
		})
	}
}

// What may be refused, for all that can be told from here.
func TestCheckWebhookUnknown(t *testing.T) {
	t.Parallel()
	w := checkedPortal(t)
	if _, err := w.client.CreateWebhook(t.Context(), api.NewWebhook("Twín", goodURL, "test-secret-1", api.FileCreated)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change change
		opts   []ops.CheckOption
		want   string
	}{
		{"accent", withName("twin"), nil, "unknown duplicate"},
		{"blank at the end", withName("Twín "), nil, "unknown duplicate"},
		{"other letter", withName("town"), nil, ""},
		{"other URL", func(r *api.CreateWebhookRequest) { r.Name, r.URL = "Twín", goodURL+"/2" }, nil, ""},
		{"no address", withURL("https://nosuch.invalid/"), nil, "warn look-up, unknown probe"},
		{"no answer", withURL("https://hooks.example.com/head/0"), nil, "warn probe"},
		{"not asked", withURL(goodURL + "/2"), []ops.CheckOption{ops.WithoutProbe()}, "unknown probe"},
		{"IPv4 in IPv6", plain("http://[::ffff:10.0.0.1]/"), nil, "warn plain http, warn blocked address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := api.NewWebhook("ci", goodURL, "test-secret-1", api.FileCreated)
			c.change(&request)
			list := check(t, w.client, request, c.opts...)
			if got := found(list); got != c.want {
				t.Errorf("got %q, want %q\n%s", got, c.want, list)
			}
		})
	}
}

func TestCheckWebhookFailures(t *testing.T) {
	t.Parallel()
	request := api.NewWebhook("ci", goodURL, "test-secret-1", api.FileCreated)
	for _, c := range []struct {
		name  string
		fault portal.Fault
		want  string
		kind  error
	}{
		{"no policy", portal.Fault{Operation: "getPasswordSettings", Kind: portal.FaultHTML}, "unknown secret", nil},
		{"policy cut", portal.Fault{Operation: "getPasswordSettings", Kind: portal.FaultCut}, "unknown secret", nil},
		{"empty policy", portal.Fault{Operation: "getPasswordSettings", Kind: portal.FaultBody, Body: "{}"}, "unknown secret", nil},
		{"no triggers", portal.Fault{Operation: "getWebhookTriggers", Kind: portal.FaultStatus, Status: 405}, "unknown triggers", nil},
		{"triggers fail", portal.Fault{Operation: "getWebhookTriggers", Kind: portal.FaultDrop}, "", api.ErrServer},
		{"list fails", portal.Fault{Operation: "getTenantWebhooks", Kind: portal.FaultStatus}, "", api.ErrServer},
		{"not signed in", portal.Fault{Operation: "getTenantWebhooks", Kind: portal.FaultStatus, Status: 401}, "", api.ErrUnauthorized},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := checkedPortal(t)
			if err := w.AddFaults(c.fault); err != nil {
				t.Fatal(err)
			}
			list, err := ops.CheckWebhook(t.Context(), w.client, request,
				ops.WithResolver(hosts), ops.WithProbeClient(&http.Client{Transport: heads{}}))
			switch {
			case c.kind == nil && (err != nil || found(list) != c.want):
				t.Errorf("got %q, %v, want %q", found(list), err, c.want)
			case c.kind != nil && err == nil:
				t.Errorf("no error, but %s", list)
			}
		})
	}
}
