package ops

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/docspace-go/webhooks/api"
)

// Resolver looks up the addresses of a host; [net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// CheckOption sets up one [CheckWebhook].
type CheckOption func(*check)

// WithResolver looks hosts up with r instead of [net.DefaultResolver], unless r
// is nil.
func WithResolver(r Resolver) CheckOption {
	return func(c *check) {
		if r != nil {
			c.resolver = r
		}
	}
}

// WithProbeClient probes the receiver with client instead of one that dials the
// first address of the host, as the server does. Redirects are not followed.
func WithProbeClient(client *http.Client) CheckOption {
	return func(c *check) { c.prober = client }
}

// WithoutProbe sends nothing to the receiver.
func WithoutProbe() CheckOption { return func(c *check) { c.noProbe = true } }

// check is one CheckWebhook.
type check struct {
	resolver Resolver
	prober   *http.Client
	noProbe  bool

	client  *api.Client
	request api.CreateWebhookRequest
	verify  bool // the receiver's certificate
	early   bool // the portal is older than 3.7
	found   Findings
}

// CheckWebhook says why the portal would refuse to make a webhook, without
// making it. The rules are those of servers from 3.7 on; what earlier ones do
// otherwise is said where the portal's events show that it is one.
//
// It reads from the portal its policy for passwords, the events that the caller
// may have, and the webhooks that the caller may see; then it looks the host up
// (3 s) and sends the receiver a HEAD (10 s) from here, as the server would from
// where it is. What only the server can see is a finding of severity [Unknown],
// which there always is one of.
//
// It calls getWebhookTriggers, getTenantWebhooks and GET
// /api/2.0/settings/security/password, each once, and returns an error if one
// of the first two fails; a refusal of the caller's role is a finding.
func CheckWebhook(ctx context.Context, client *api.Client, request api.CreateWebhookRequest, opts ...CheckOption) (Findings, error) {
	c := &check{resolver: net.DefaultResolver, client: client, request: request, verify: request.SSL == nil || *request.SSL}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	for _, step := range []func(context.Context) error{c.triggers, c.webhooks, c.name, c.secret, c.target, c.url} {
		if err := step(ctx); err != nil {
			return c.found, fmt.Errorf("docspace: CheckWebhook: %w", err)
		}
	}
	c.add(Finding{
		Kind: ServerView, Severity: Unknown,
		Message: "the server goes by its own look-up, network and block list, and by all webhooks of the portal, not only those that the caller may see",
	})
	slices.SortStableFunc(c.found, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return c.found, nil
}

func (c *check) add(f Finding) { c.found = append(c.found, f) }

// has reports whether something of a severity was found about a field.
func (c *check) has(field string, severity Severity) bool {
	return slices.ContainsFunc(c.found, func(f Finding) bool { return f.Field == field && f.Severity == severity })
}
