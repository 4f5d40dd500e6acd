package ops

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lookUpTimeout is the server's.
const lookUpTimeout = 3 * time.Second

// blockList is the server's as shipped; its configuration can replace it.
var blockList = func() []netip.Prefix {
	var list []netip.Prefix
	for _, network := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
		"::/128", "::1/128", "fc00::/7", "fe80::/10",
	} {
		list = append(list, netip.MustParsePrefix(network))
	}
	return list
}()

func blocked(a netip.Addr) bool {
	a = a.WithZone("")
	return slices.ContainsFunc(blockList, func(p netip.Prefix) bool { return p.Contains(a) })
}

// url judges the URL (captures createWebhook.uri-*), and the receiver if the URL
// is good.
func (c *check) url(ctx context.Context) error {
	rule := func(kind FindingKind, s Severity, message, advice string) {
		c.add(Finding{Kind: kind, Severity: s, Field: "URL", Message: message, Advice: advice})
	}
	u, complaint := parseURL(c.request.URL)
	if complaint != "" {
		rule(URLRule, Refuse, complaint, "give an absolute URL, like https://hooks.example.com/docspace")
		return nil
	}
	if strings.TrimSpace(c.request.URL) != c.request.URL {
		rule(URLRule, Warn, "has blanks around it, and is stored with them", "leave them out")
	}
	switch {
	case u.Scheme == "https":
	case c.verify && c.early:
		rule(HTTPSRequired, Warn, "is plain http while certificates are to be checked: taken before 3.7, and switched off by 3.7 at its first event", "use https, or set SSL to false")
	case c.verify:
		rule(HTTPSRequired, Refuse, "is plain http while certificates are to be checked", "use https, or set SSL to false")
	default:
		rule(PlainHTTP, Warn, "is plain http: create stores ssl true whatever is asked, and 3.7 switches such a webhook off at its first event", "make it with api.Client.CreateWebhook, which corrects that at once, or use https")
	}
	addrs, err := c.addresses(ctx, u.Hostname())
	if err != nil || c.has("URL", Refuse) {
		return err
	}
	return c.probe(ctx, u, addrs)
}

// addresses judges where the host is. It returns nothing if that is not known.
func (c *check) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	rule := func(kind FindingKind, s Severity, message, advice string) {
		c.add(Finding{Kind: kind, Severity: s, Field: "URL", Message: message, Advice: advice})
	}
	const advice = "give the receiver a public address, or have the server's administrator change webhooks:blacklist"
	if addr, ok := parseAddr(host); ok {
		switch {
		case blocked(addr):
			rule(BlockedAddress, Refuse, fmt.Sprintf("its address %s is on the block list that servers ship with", addr), advice)
		case blocked(addr.Unmap()):
			rule(BlockedAddress, Warn, fmt.Sprintf("its address %s is blocked when written as IPv4; as it is, the recorded servers could not reach it (500)", addr), advice)
		}
		return []netip.Addr{addr}, nil
	}
	bounded, cancel := context.WithTimeout(ctx, lookUpTimeout)
	defer cancel()
	addrs, err := c.resolver.LookupNetIP(bounded, "ip", host)
	if err != nil || len(addrs) == 0 {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		rule(LookUp, Warn, fmt.Sprintf("%s has no address from here; the server refuses it if it finds none within %s either", host, lookUpTimeout), "check the name and its DNS")
		return nil, nil
	}
	for _, addr := range addrs {
		switch addr = addr.Unmap(); {
		case !blocked(addr):
		case c.early:
			rule(BlockedAddress, Warn, fmt.Sprintf("%s is at %s from here, which is on the block list: portals before 3.7 do not look names up, later ones remove the webhook", host, addr), advice)
		default:
			rule(BlockedAddress, Refuse, fmt.Sprintf("%s is at %s from here, which is on the block list that servers ship with", host, addr), advice)
		}
	}
	return addrs, nil
}

const schemeCharacters = "abcdefghijklmnopqrstuvwxyz0123456789+-."

// parseURL reads a URL as the server does: blanks around it do not count, and
// a path from the root is a file.
func parseURL(text string) (u *url.URL, complaint string) {
	text = strings.TrimSpace(text)
	scheme, rest, ok := strings.Cut(text, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case text == "":
		return nil, "is missing"
	case strings.HasPrefix(text, "/"):
		return nil, "is a path, which the server takes for a file"
	case !ok || strings.Trim(scheme, schemeCharacters) != "":
		return nil, "is not absolute"
	case scheme != "http" && scheme != "https":
		return nil, fmt.Sprintf("has the scheme %.20s, and only http and https are allowed", scheme)
	case !strings.HasPrefix(rest, "//"):
		return nil, "has no host"
	}
	u, err := url.Parse(scheme + ":" + strings.ReplaceAll(rest, " ", "%20"))
	if err != nil {
		return nil, "is not a URL" // the cause would quote it
	}
	if u.Hostname() == "" || strings.Contains(u.Host, "%20") {
		return nil, "has no host"
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u, ""
}

// parseAddr reads a host that is an address, with the short, octal, hexadecimal
// and integer spellings of IPv4 (capture createWebhook.uri-decimal-private).
func parseAddr(host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a, true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 32)
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		if err != nil || strings.Contains(part, "_") || n >= 1<<bits {
			return netip.Addr{}, false
		}
		value = value<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}
