package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/docspace-go/webhooks/gen"
)

// Client calls one portal. It is safe for concurrent use.
type Client struct {
	raw  *gen.Client
	cfg  config
	cred credential
}

// New makes a client of the portal at baseURL, for example
// "https://acme.onlyoffice.com". A path before /api/2.0 is kept. It needs one
// option that signs in; it sends nothing.
func New(baseURL string, opts ...Option) (*Client, error) {
	c, err := newClient(baseURL, opts)
	if err != nil {
		return nil, fmt.Errorf("docspace: %w", err)
	}
	return c, nil
}

func newClient(baseURL string, opts []Option) (*Client, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return nil, err
	}
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	cred, err := cfg.credential()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, cred: cred}
	c.raw, err = gen.NewClient(base.String(),
		gen.WithHTTPClient(sameOriginClient(cfg.httpClient)),
		gen.WithRequestEditorFn(c.dress))
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Raw returns the generated client that c stands on. Its requests are signed in
// like c's; its answers are neither bounded nor checked.
func (c *Client) Raw() *gen.Client { return c.raw }

// dress gives a request what every request has.
func (c *Client) dress(_ context.Context, r *http.Request) error {
	r.Header.Set("User-Agent", c.cfg.userAgent)
	r.Header.Set("Accept", "application/json")
	c.cred.apply(r)
	return nil
}

// parseBase reads the address of a portal. Its errors do not quote it, since it
// may hold a password.
func parseBase(baseURL string) (*url.URL, error) {
	base, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return nil, errors.New("the address of the portal is not a URL")
	case base.Scheme != "http" && base.Scheme != "https", base.Host == "":
		return nil, errors.New("the address of the portal must be absolute, like https://acme.onlyoffice.com")
	case base.User != nil:
		return nil, errors.New("the address of the portal must not hold credentials: use WithBasicAuth")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("the address of the portal must not hold a query or a fragment")
	case strings.HasSuffix(strings.TrimRight(base.Path, "/"), "/api/2.0"):
		return nil, errors.New("the address of the portal must end before /api/2.0")
	}
	return base, nil
}

// redirectError is a redirect that is not followed. The target is not part of
// its text but for the origin: a query may hold anything.
type redirectError struct{ to string }

func (e *redirectError) Error() string { return "redirected to " + e.to }

// sameOriginClient returns a copy of client that follows redirects only within
// the origin and only if they keep the method: credentials go nowhere else, and
// a PUT never becomes a GET.
func sameOriginClient(client *http.Client) *http.Client {
	copied := *client
	copied.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		first := via[0]
		if r.URL.Scheme != first.URL.Scheme || r.URL.Host != first.URL.Host || r.Method != first.Method {
			return &redirectError{to: r.Method + " " + r.URL.Scheme + "://" + r.URL.Host}
		}
		if client.CheckRedirect != nil {
			return client.CheckRedirect(r, via)
		}
		if len(via) >= 10 {
			return errors.New("stopped after 10 redirects")
		}
		return nil
	}
	return &copied
}
