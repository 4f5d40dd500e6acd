package portal

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// resolveTimeout bounds the look-up of a receiver's addresses.
const resolveTimeout = 3 * time.Second

// target is where a request to a receiver goes.
type target struct {
	url  *url.URL
	addr netip.Addr // the address to dial; invalid: whatever the name means
}

// errBlocked marks the one refusal of a URL that removes a webhook when it comes
// up at delivery.
var errBlocked error = &apiError{http.StatusBadRequest, "URL host is in the blacklist", "System.ArgumentException", hresultArgument}

// judgeURL applies the generation's rules for URLs of receivers.
func (p *Portal) judgeURL(ctx context.Context, uri string, ssl bool, blocked blockList) (target, error) {
	if !p.gen.urlValidator {
		return judgeEarlyURL(uri, blocked)
	}
	u, scheme := parseURI(uri)
	switch {
	case scheme == "":
		return target{}, errArgument("Invalid URL format")
	case scheme != "http" && scheme != "https":
		return target{}, errArgument("Invalid URL scheme: " + scheme + ". Only http and https are allowed")
	case u == nil:
		return target{}, errArgument("Invalid URL format")
	case ssl && scheme != "https":
		return target{}, errArgument("HTTPS is required")
	}
	if addr, ok := parseAddr(u.Hostname()); ok {
		if blocked.has(addr) {
			return target{}, errBlocked
		}
		return target{u, addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	addrs, err := p.cfg.resolver(ctx, u.Hostname())
	if err != nil || len(addrs) == 0 {
		return target{}, errArgument("DNS resolution failed for " + u.Hostname())
	}
	for _, a := range addrs {
		if blocked.has(a.Unmap()) {
			return target{}, errBlocked
		}
	}
	return target{u, addrs[0].Unmap()}, nil
}

// judgeEarlyURL is the rule before 3.7: only a literal address is looked up on
// the block list, everything else is left to the probe.
func judgeEarlyURL(uri string, blocked blockList) (target, error) {
	u, scheme := parseURI(uri)
	switch {
	case scheme == "" || strings.HasPrefix(strings.TrimSpace(uri), "/"):
		return target{}, errNullReference()
	case scheme != "http" && scheme != "https":
		return target{}, errUnsupported("The '" + scheme + "' scheme is not supported.")
	case u == nil:
		return target{}, errNullReference()
	}
	if addr, ok := parseAddr(u.Hostname()); ok {
		if blocked.has(addr) {
			return target{}, errArgument("Value does not fall within the expected range.")
		}
		return target{u, addr}, nil
	}
	return target{url: u}, nil
}

// parseURI reads an absolute URI as the server does: blanks around it do not
// count, and a path from the root is a file (`createWebhook.uri-relative`). An
// empty scheme is no absolute URI. The URL is nil unless it can be sent to.
func parseURI(s string) (u *url.URL, scheme string) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "/") {
		return nil, "file"
	}
	name, rest, ok := strings.Cut(s, ":")
	if !ok || !isScheme(name) {
		return nil, ""
	}
	scheme = strings.ToLower(name)
	if scheme != "http" && scheme != "https" {
		return nil, scheme
	}
	if !strings.HasPrefix(rest, "//") {
		return nil, ""
	}
	u, err := url.Parse(scheme + ":" + strings.ReplaceAll(rest, " ", "%20"))
	if err != nil || u.Hostname() == "" || strings.Contains(u.Host, "%20") {
		return nil, ""
	}
	u.Fragment, u.RawFragment, u.User = "", "", nil
	u.Host = strings.ToLower(u.Host)
	return u, scheme
}

func isScheme(s string) bool {
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		case i > 0 && (r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.'):
		default:
			return false
		}
	}
	return s != ""
}
