package portal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// These operations are not about webhooks, but they decide how webhooks are
// answered, so the recordings use them.

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

// passwordSettings answers getPasswordSettings.
func (c *call) passwordSettings() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return success{value: c.p.st.policy.answer()}, nil
}

// updatePasswordSettings changes what webhooks' secrets must be like.
func (c *call) updatePasswordSettings() (success, error) {
	var length int32
	var p PasswordPolicy
	if err := c.bind("ASC.Web.Api.ApiModel.RequestsDto.PasswordSettingsRequestsDto", map[string]binder{
		"minlength": bindInt(&length), "uppercase": bindBool(&p.Upper), "digits": bindBool(&p.Digits), "specsymbols": bindBool(&p.Special),
	}); err != nil {
		return success{}, err
	}
	p.MinLength = int(length)
	if err := c.admin(); err != nil {
		return success{}, err
	}
	if p.MinLength < secretMin || p.MinLength > secretMax {
		return success{}, errArgument("MinLength")
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.st.policy = p
	return success{value: p.answer()}, nil
}

func (p PasswordPolicy) answer() object {
	return object{
		{"minLength", p.minLength()},
		{"upperCase", p.Upper},
		{"digits", p.Digits},
		{"specSymbols", p.Special},
		{"allowedCharactersRegexStr", `[\x21-\x7E]`},
		{"digitsRegexStr", `(?=.*\d)`},
		{"upperCaseRegexStr", `(?=.*[A-Z])`},
		{"specSymbolsRegexStr", `(?=.*[\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E])`},
	}
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

// setCulture answers updateMemberCulture, as far as it goes: whose language
// changes, and to which.
func (c *call) setCulture() (success, error) {
	var culture *string
	if err := c.bind("ASC.People.ApiModels.RequestDto.UpdateMemberCultureRequestDto", map[string]binder{"culturename": bindString(&culture)}); err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	u := c.p.st.users[c.param]
	switch {
	case u == nil || u.removed:
		return success{}, errNotFound()
	case u.ID != c.user.ID && !c.user.isAdmin():
		return success{}, errDenied()
	}
	if culture != nil {
		u.Culture = *culture
	}
	o := object{{"firstName", u.FirstName}, {"lastName", u.LastName}, {"email", u.Email}, {"status", 1}}
	if u.Culture != "" {
		o = append(o, member{"cultureName", u.Culture})
	}
	return success{value: append(o, c.person(u.ID)...)}, nil
}
