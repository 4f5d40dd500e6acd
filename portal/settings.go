package portal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The operations here are about the portal as a whole. They decide how webhooks
// are answered, so the recordings use them, as they do those in policy.go,
// addresses.go and people.go.

// admin lets only admins change settings.
func (c *call) admin() error {
	if !c.user.isAdmin() {
		return errDenied()
	}
	return nil
}

// portalSettings answers getPortalSettings: the version, and for whoever is
// signed in the time zone, by its name and its offset of today. The links to
// the vendor's pages are left out.
func (c *call) portalSettings() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	st := &c.p.st
	now := c.p.clock.Now().In(st.zone)
	_, seconds := now.Zone()
	offset := time.Duration(seconds) * time.Second
	o := object{}
	owner := zeroGUID
	if c.user != nil {
		o = append(o, member{"timezone", st.zone.String()}, member{"trustedDomains", []any{}})
		owner = st.owner()
	}
	o = append(o,
		member{"trustedDomainsType", 0},
		member{"culture", "en-US"},
		member{"utcOffset", utcOffset(offset)},
		member{"utcHoursOffset", hours(offset)},
		member{"greetingSettings", "Web Office"},
		member{"ownerId", owner},
	)
	if c.user != nil {
		o = append(o, member{"nameSchemaId", "Common"})
	} else {
		o = append(o, member{"enabledJoin", false})
	}
	return success{value: append(o,
		member{"enableAdmMess", false},
		member{"docSpace", true},
		member{"standalone", true},
		member{"isAmi", false},
		member{"baseDomain", "localhost"},
		member{"version", c.p.gen.version},
		member{"tenantStatus", tenantStatuses[st.tenant.Status]},
		member{"tenantAlias", "localhost"},
		member{"limitedAccessDevToolsForUsers", st.tenant.AdminOnly},
	)}, nil
}

// utcOffset writes an offset as .NET writes a span of time.
func utcOffset(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return fmt.Sprintf("%s%02d:%02d:%02d", sign, int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

// hours writes an offset in hours, which need not be whole.
func hours(d time.Duration) json.Number {
	return json.Number(strconv.FormatFloat(d.Hours(), 'f', -1, 64))
}

// portalVersion answers getPortalVersion.
func (c *call) portalVersion() (success, error) {
	return success{value: object{{"docSpace", c.p.gen.version}, {"documentServer", "9.0.4"}}}, nil
}

// setTimeZone answers setTimeAndLanguage. The language is not kept.
func (c *call) setTimeZone() (success, error) {
	var language, zone *string
	if err := c.bind("ASC.Web.Api.ApiModel.RequestsDto.TimeZoneRequestDto", map[string]binder{
		"lng": bindString(&language), "timezoneid": bindString(&zone),
	}); err != nil {
		return success{}, err
	}
	if err := c.admin(); err != nil {
		return success{}, err
	}
	if zone != nil {
		if err := c.p.SetTimeZone(*zone); err != nil {
			return success{}, errArgument("timeZoneID")
		}
	}
	return success{value: "Settings have been successfully updated"}, nil
}

// setDevTools answers setTenantDevToolsAccessSettings: whether webhooks are for
// admins only.
func (c *call) setDevTools() (success, error) {
	var limited bool
	if err := c.bind("ASC.Web.Api.ApiModels.RequestsDto.TenantDevToolsAccessSettingsDto", map[string]binder{
		"limitedaccessforusers": bindBool(&limited),
	}); err != nil {
		return success{}, err
	}
	if err := c.admin(); err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.st.tenant.AdminOnly = limited
	return success{value: object{{"limitedAccessForUsers", limited}, {"lastModified", "0001-01-01T00:00:00"}}}, nil
}
