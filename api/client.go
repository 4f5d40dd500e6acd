package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/docspace-go/webhooks/gen"
)

// Client calls one portal. It is safe for concurrent use.
type Client struct {
	raw     *gen.Client
	cfg     config
	cred    credential
	dates   *dates
	limited func() *Client // see RateLimited
}

// New makes a client of the portal at baseURL, for example
// "https://acme.onlyoffice.com". A path before /api/2.0 is kept. It needs one
// option that signs in; it sends nothing.
func New(baseURL string, opts ...Option) (*Client, error) {
	return newClient(baseURL, opts, oneCredential)
}

// newClient makes a client that signs in with what choose picks from the
// credentials among opts.
func newClient(baseURL string, opts []Option, choose func([]credential) (credential, error)) (*Client, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return nil, fmt.Errorf("docspace: %w", err)
	}
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("docspace: %w", err)
	}
	cred, err := choose(cfg.credentials)
	if err != nil {
		return nil, fmt.Errorf("docspace: %w", err)
	}
	c := &Client{cfg: cfg, cred: cred, dates: newDates()}
	c.raw = &gen.Client{
		Server:         base,
		Client:         sameOriginClient(cfg.httpClient),
		RequestEditors: []gen.RequestEditorFn{c.dress},
	}
	c.limited = sync.OnceValue(func() *Client {
		limited := *c
		limited.cfg.limiter = newLimiter(RateLimit{})
		return &limited
	})
	return c, nil
}

// Raw returns the generated client that c stands on. Its requests are signed in
// and redirected like c's, but neither its time nor its answers are bounded,
// and nothing is checked.
func (c *Client) Raw() *gen.Client { return c.raw }

// send sends what the generated client has no call for.
func (c *Client) send(ctx context.Context, method, path string, body []byte, edit ...gen.RequestEditorFn) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.raw.Server, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range append([]gen.RequestEditorFn{c.dress}, edit...) {
		if err := f(ctx, r); err != nil {
			return nil, err
		}
	}
	return c.raw.Client.Do(r)
}

// dress gives a request what every request has.
func (c *Client) dress(_ context.Context, r *http.Request) error {
	r.Header.Set("User-Agent", c.cfg.userAgent)
	r.Header.Set("Accept", "application/json")
	c.cred.apply(r)
	return nil
}

// parseBase reads the address of a portal and ends it with a slash, as the
// generated client wants it. Its errors do not quote it, since it may hold a
// password.
func parseBase(baseURL string) (string, error) {
	base, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return "", errors.New("the address of the portal is not a URL")
	case base.Scheme != "http" && base.Scheme != "https", base.Hostname() == "":
		return "", errors.New("the address of the portal must be absolute, like https://acme.onlyoffice.com")
	case base.User != nil:
		return "", errors.New("the address of the portal must not hold credentials: use WithBasicAuth")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return "", errors.New("the address of the portal must not hold a query or a fragment")
	}
	base = base.JoinPath("/")
	if strings.Contains(strings.ToLower(base.Path), "/api/2.0/") {
		return "", errors.New("the address of the portal must end before /api/2.0")
	}
	base.Host = strings.ToLower(base.Host) // as redirects name it
	return base.String(), nil
}

// redirectError is a redirect that is not followed. Of its target it names the
// origin only: the rest may hold anything.
type redirectError struct{ text, hint string }

func (e *redirectError) Error() string { return e.text }

const (
	maxRedirects = 10
	redirectHint = "credentials stay with the host, scheme and port they were given for, and a redirect must not change the method: give New the address that the portal redirects to"
)

// sameOriginClient returns a copy of client that follows redirects only within
// the origin and only if they keep the method: credentials go nowhere else, and
// a PUT never becomes a GET.
func sameOriginClient(client *http.Client) *http.Client {
	copied := *client
	copied.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		first := via[0]
		switch {
		case r.Method != first.Method || origin(r.URL) != origin(first.URL):
			return &redirectError{text: "redirected to " + r.Method + " " + origin(r.URL), hint: redirectHint}
		case client.CheckRedirect != nil:
			return client.CheckRedirect(r, via)
		case len(via) >= maxRedirects:
			return &redirectError{text: fmt.Sprintf("stopped after %d redirects", len(via))}
		}
		return nil
	}
	return &copied
}

// origin returns scheme, host and port of u, without the port that the scheme
// means anyway.
func origin(u *url.URL) string {
	host := u.Host
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}
