package ops

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// probeTimeout is the server's from 3.7 on.
const probeTimeout = 10 * time.Second

// probe asks the receiver for HEAD as the server does: at the first address of
// its host, without redirects and without headers of its own (captures under
// probes/, createWebhook.head-*).
func (c *check) probe(ctx context.Context, u *url.URL, addrs []netip.Addr) error {
	rule := func(s Severity, message, advice string) {
		c.add(Finding{Kind: Probe, Severity: s, Field: "URL", Message: message, Advice: advice})
	}
	switch {
	case c.noProbe:
		rule(Unknown, "the receiver was not asked for HEAD, which the server does", "")
		return nil
	case len(addrs) == 0:
		rule(Unknown, "the receiver could not be asked for HEAD from here, for want of an address", "")
		return nil
	}
	status, err := c.head(ctx, u, addrs[0])
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	early := c.early && status >= 300 && status <= 399
	switch {
	case err == nil && status >= 200 && status <= 299:
	case early:
		rule(Warn, fmt.Sprintf("the receiver answers HEAD with %d: portals before 3.7 follow it and lose the body of deliveries, later ones refuse it", status), "give the URL that it redirects to")
	case err == nil && status >= 300 && status <= 399:
		rule(Refuse, fmt.Sprintf("the receiver answers HEAD with %d, and redirects are not followed", status), "give the URL that it redirects to")
	case err == nil:
		rule(Refuse, fmt.Sprintf("the receiver answers HEAD with %d", status), "let it answer HEAD with 200, without signing in")
	case ctx.Err() != nil:
		return ctx.Err() // err would quote the URL
	case badCertificate:
		rule(Refuse, "the receiver's certificate is not good: "+certificateTrouble(err), "give it a good one, or set SSL to false")
	case errors.Is(err, context.DeadlineExceeded):
		rule(Warn, fmt.Sprintf("the receiver does not answer HEAD within %s from here; if the server fares alike, it says 500", probeTimeout), "let it answer HEAD at once")
	default:
		rule(Warn, "the receiver cannot be reached from here; if the server fares alike, it says 500", "check host, port and firewall")
	}
	return nil
}

// certificateTrouble names what is wrong, without the certificate's own words.
func certificateTrouble(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "it is for another host"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "nobody known has signed it"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "it has expired or is not valid yet"
	}
	return "it cannot be verified"
}

func (c *check) head(ctx context.Context, u *url.URL, addr netip.Addr) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return 0, err
	}
	request.Header["User-Agent"] = []string{""} // sends none
	client := http.Client{}
	if c.prober != nil {
		client = *c.prober
	} else {
		transport := c.transport(addr)
		defer transport.CloseIdleConnections()
		client.Transport = transport
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// transport dials addr whatever the host is, and no proxy.
func (c *check) transport(addr netip.Addr) *http.Transport {
	var dialer net.Dialer
	return &http.Transport{
		DialContext: func(ctx context.Context, network, hostPort string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(hostPort)
			if err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, network, net.JoinHostPort(addr.String(), port))
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: !c.verify}, //nolint:gosec // what the webhook asks for with SSL false
	}
}
