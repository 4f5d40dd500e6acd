package portal

import (
	"context"
	"net/http"
)

// maxRedirects is how many redirects .NET follows by default.
const maxRedirects = 50

// probe asks a receiver for HEAD and returns the status. The request carries
// nothing but a trace context (captures under probes/).
func (p *Portal) probe(ctx context.Context, to target, verify bool) (int, error) {
	limit := p.gen.probeTimeout
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, to.url.String(), nil)
		if err != nil {
			return 0, errArgument("Invalid URL format")
		}
		req.Header = http.Header{"User-Agent": {""}, "traceparent": {traceParent()}}
		if p.gen.ordinaryProbe {
			for _, cookie := range p.jar(verify).Cookies(to.url) {
				req.AddCookie(cookie)
			}
		}
		answer, err := p.send(req, to, verify)
		if err != nil {
			f := explain(err, to, limit)
			return 0, &apiError{http.StatusInternalServerError, f.text, f.typ, f.hresult}
		}
		next, ok := redirectTarget(answer, to)
		if !p.gen.ordinaryProbe || !ok {
			return answer.status, nil
		}
		to = next
	}
	return http.StatusFound, nil
}

// redirectTarget returns where an answer sends the client.
func redirectTarget(r reply, from target) (target, bool) {
	switch r.status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return target{}, false
	}
	location := r.header.Get("Location")
	if location == "" {
		return target{}, false
	}
	u, err := from.url.Parse(location)
	if err != nil || u.Scheme != from.url.Scheme && u.Scheme != "https" {
		return target{}, false
	}
	u.Fragment = ""
	to := target{url: u}
	if u.Hostname() == from.url.Hostname() {
		to.addr = from.addr
	}
	return to, true
}
