package portal

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// TenantState is the state that surrounds the webhooks of a portal.
type TenantState struct {
	Unpaid    bool   `json:"unpaid,omitempty"`    // the plan has run out: 402
	Missing   bool   `json:"missing,omitempty"`   // there is no portal of that name: 404
	Status    string `json:"status,omitempty"`    // Active (or empty), Suspended, RemovePending or the server's word for moving
	DenyIP    bool   `json:"denyIP,omitempty"`    // callers' addresses are not on the list: 403
	AdminOnly bool   `json:"adminOnly,omitempty"` // developer tools are restricted
}

// The states of a portal, in the server's words.
const (
	tenantActive        = "Active"
	tenantSuspended     = "Suspended"     // 404
	tenantRemovePending = "RemovePending" // 404
	tenantMoving        = "Transfering"   //nolint:misspell // the server's spelling; 403
)

// tenantStatuses are the states by the number that the settings show.
var tenantStatuses = map[string]int{"": 0, tenantActive: 0, tenantSuspended: 1, tenantRemovePending: 2, tenantMoving: 3}

// refusedByState answers what the portal's state forbids: no portal, a portal
// that is suspended or moving, an unpaid plan, a caller's address. It reports
// whether it did.
func (c *call) refusedByState() bool {
	c.p.mu.Lock()
	t := c.p.st.tenant
	c.p.mu.Unlock()
	switch {
	case t.Missing, t.Status == tenantSuspended, t.Status == tenantRemovePending:
		c.writeBareProblem(http.StatusNotFound)
	case t.Status == tenantMoving:
		c.writeBareProblem(http.StatusForbidden)
	case t.Unpaid && !strings.EqualFold(c.r.Header.Get("Payment-Info"), "false"):
		c.writeBareProblem(http.StatusPaymentRequired)
	case c.addressDenied():
		c.denyAddress()
	default:
		return false
	}
	return true
}

// denyAddress tells a caller that their address is not on the list: as JSON
// only to a client that asks for JSON and nothing else.
func (c *call) denyAddress() {
	text := "The access to the portal is restricted"
	if c.p.cfg.bareHost {
		text = "Access from your IP address is denied"
	}
	if c.r.Header.Get("Accept") == "application/json" {
		c.writeJSON(http.StatusForbidden, "application/json; charset=utf-8", text)
		return
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.writeBody(http.StatusForbidden, []byte(text))
}

// addressDenied reports whether the caller's address is not on the list. The
// owner's does not matter.
func (c *call) addressDenied() bool {
	c.p.mu.Lock()
	rule, forced := c.p.st.addresses, c.p.st.tenant.DenyIP
	c.p.mu.Unlock()
	if c.user != nil && c.user.Role == Owner && !c.p.cfg.bareHost {
		return false
	}
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	return forced || rule.on && (err != nil || !slices.Contains(rule.allowed, host))
}
