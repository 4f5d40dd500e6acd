package validate

import "net/http"

// Transport sends requests with next (http.DefaultTransport if nil) and holds
// both directions against the contract. A request that breaks a rule is not
// sent; an answer that breaks one is not handed on. Either is the error.
// Requests to other parts of the portal, as the sign-in, pass unjudged.
func (c *Contract) Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return transport{c, next}
}

type transport struct {
	contract *Contract
	next     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.contract.covers(r.URL.Path) {
		return t.next.RoundTrip(r)
	}
	r = r.Clone(r.Context()) // a RoundTripper must not touch its request, and Request replaces the body
	if err := t.contract.Request(r); err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Request = r
	if err := t.contract.Response(t.contract.operation(r), resp); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp, nil
}
