package portal

import "net/http"

// crossOrigin lets pages of any origin call, as the whole server does
// (`getWebhookTriggers.origin`). It reports whether the request was a preflight
// and is answered.
func (c *call) crossOrigin() bool {
	if c.r.Header.Get("Origin") == "" || c.p.cfg.bareHost {
		return false
	}
	h := c.w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	method := c.r.Header.Get("Access-Control-Request-Method")
	if c.r.Method != http.MethodOptions || method == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", method)
	if headers := c.r.Header.Get("Access-Control-Request-Headers"); headers != "" {
		h.Set("Access-Control-Allow-Headers", headers)
	}
	c.w.WriteHeader(http.StatusNoContent)
	return true
}
