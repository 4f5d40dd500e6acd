package portal

import (
	"net"
	"net/http"
	"slices"
)

// restriction says which addresses may call.
type restriction struct {
	on      bool
	allowed []string
}

// saveAddresses answers saveIpRestrictions.
func (c *call) saveAddresses() (success, error) {
	var rule restriction
	list := []any{}
	entry := func(r *jsonReader) error {
		var ip *string
		var forAdmin bool
		err := bindMembers(r, "ASC.IPSecurity.IPRestrictionBase", map[string]binder{"ip": bindString(&ip), "foradmin": bindBool(&forAdmin)})
		if err == nil && ip != nil {
			rule.allowed = append(rule.allowed, *ip)
			list = append(list, object{{"ip", *ip}, {"forAdmin", forAdmin}})
		}
		return err
	}
	if err := c.bind("ASC.Web.Api.ApiModel.RequestsDto.IpRestrictionsRequestsDto", map[string]binder{
		"iprestrictions": bindList("System.Collections.Generic.IEnumerable`1[ASC.IPSecurity.IPRestrictionBase]", entry), "enable": bindBool(&rule.on),
	}); err != nil {
		return success{}, err
	}
	if err := c.admin(); err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.st.addresses = rule
	return success{value: object{{"ipRestrictions", list}, {"enable", rule.on}}}, nil
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
