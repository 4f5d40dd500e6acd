package portal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// dialKey carries the address that a request is pinned to, verifyKey whether the
// receiver's certificate is to be checked.
type (
	dialKey   struct{}
	verifyKey struct{}
)

// VerifiesTLS tells a transport that was set by [WithTransport] whether the
// certificate of the receiver is to be checked, from the request's context.
func VerifiesTLS(ctx context.Context) bool {
	verify, _ := ctx.Value(verifyKey{}).(bool)
	return verify
}

// newTransport dials receivers itself: pinned to the address that was judged,
// without proxy, compression, HTTP/2 or connections kept between requests.
func newTransport(lax bool) *http.Transport {
	dialer := &net.Dialer{}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if pinned, ok := ctx.Value(dialKey{}).(target); ok && pinned.addr.IsValid() {
				if host, port, err := net.SplitHostPort(address); err == nil && host == pinned.url.Hostname() {
					address = net.JoinHostPort(pinned.addr.String(), port)
				}
			}
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: lax}, //nolint:gosec // what ssl:false asks for
		DisableCompression:  true,
		MaxIdleConnsPerHost: -1, // unlike DisableKeepAlives it adds no header
	}
}

// reply is a receiver's answer, read to its end.
type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    []byte
}

// replyLimit bounds what is read of a receiver's answer, in bytes.
const replyLimit = 4 << 20

// send sends one request to a receiver, without following redirects.
func (p *Portal) send(req *http.Request, to target, verify bool) (reply, error) {
	ctx := context.WithValue(req.Context(), dialKey{}, to)
	req = req.WithContext(context.WithValue(ctx, verifyKey{}, verify))
	var rt http.RoundTripper = p.laxTLS
	switch {
	case p.cfg.transport != nil:
		rt = p.cfg.transport
	case verify:
		rt = p.strictTLS
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, replyLimit))
	return reply{resp.StatusCode, resp.Header, resp.Cookies(), body}, err
}

// failure is why a request to a receiver got no answer, in the server's words.
type failure struct {
	text    string
	typ     string
	hresult int32
	timeout bool
}

const (
	requestException = "System.Net.Http.HttpRequestException"
	cancelException  = "System.Threading.Tasks.TaskCanceledException"
)

// explain turns an error of the Go client into what .NET would have said. limit
// is the time-out that was set.
func explain(err error, to target, limit time.Duration) failure {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	address := to.url.Hostname()
	if addr, ok := parseAddr(address); ok && addr.Is6() {
		address = "[" + address + "]"
	}
	port := to.url.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[to.url.Scheme]
	}
	address += ":" + port
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &record):
		// A server that speaks no TLS leaves .NET waiting for its time-out.
		return failure{fmt.Sprintf("The request was canceled due to the configured HttpClient.Timeout of %d seconds elapsing.", int(limit.Seconds())), cancelException, hresultCancelled, true}
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure{"Connection refused (" + address + ")", requestException, hresultExternal, false}
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return failure{"Network is unreachable (" + address + ")", requestException, hresultExternal, false}
	case errors.As(err, &dns):
		return failure{"Name or service not known (" + address + ")", requestException, hresultExternal, false}
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &alert):
		return failure{"The SSL connection could not be established, see inner exception.", requestException, hresultTLS, false}
	}
	return failure{"An error occurred while sending the request.", requestException, hresultHTTP, false}
}
