package portal

import (
	"net/http"
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
