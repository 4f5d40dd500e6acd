package portal

import (
	"slices"
	"time"
)

// listedScopes are what the key is shown to be allowed; one that may do
// everything shows nothing (`createApiKey.star`).
func (k *storedKey) listedScopes() []any {
	list := []any{}
	for _, s := range k.scopes() {
		list = append(list, s)
	}
	return list
}

// keyAnswer is how a key stands in an answer. The key itself is shown once, when
// it is made.
func (c *call) keyAnswer(k *storedKey, key string, date func(time.Time) string) object {
	postfix := k.Key[max(0, len(k.Key)-4):]
	if key == "" {
		key = "sk-***" + postfix
	}
	o := object{{"id", k.id}, {"name", k.Name}, {"key", key}, {"keyPostfix", postfix}, {"permissions", k.listedScopes()}}
	if !k.used.IsZero() {
		o = append(o, member{"lastUsed", date(k.used)})
	}
	o = append(o, member{"createOn", date(k.created)}, member{"createBy", c.person(k.Owner)})
	if !k.Expires.IsZero() {
		o = append(o, member{"expiresAt", date(k.Expires)})
	}
	return append(o, member{"isActive", !k.Disabled})
}

// storedKeyDate is how a date of a key is shown that was in the database.
func storedKeyDate(t time.Time) string {
	return t.UTC().Truncate(time.Second).Format(secondsLayout + ".0000000Z")
}

func freshKeyDate(t time.Time) string { return t.UTC().Format(secondsLayout + ".0000000Z") }

// createKey answers createApiKey.
func (c *call) createKey() (success, error) {
	var name *string
	var days int32
	var scopes []string
	if err := c.bind("ASC.Web.Api.ApiModels.RequestsDto.CreateApiKeyRequestDto", map[string]binder{
		"name": bindString(&name), "permissions": bindStrings(&scopes), "expiresindays": bindInt(&days),
	}); err != nil {
		return success{}, err
	}
	if name == nil {
		return success{}, problemsError{{"Name", "The Name field is required."}}
	}
	if c.user.Role == Guest {
		return success{}, errDenied()
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	now := c.p.clock.Now()
	k := &storedKey{APIKey: APIKey{Key: "sk-" + randomHex(32), Name: *name, Owner: c.user.ID, Scopes: scopes}, id: newGUID(), created: now}
	if days > 0 {
		k.Expires = now.AddDate(0, 0, int(days))
	}
	c.p.st.keys = append(c.p.st.keys, k)
	return success{value: c.keyAnswer(k, k.Key, freshKeyDate)}, nil
}

// ownKey answers getApiKeySelf: the key that the call was made with.
func (c *call) ownKey() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if c.key == nil {
		return success{}, errNotFound()
	}
	return success{value: c.keyAnswer(c.key, "", storedKeyDate)}, nil
}

// listKeys answers getApiKeys: those of everybody to admins, else the caller's.
func (c *call) listKeys() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	list := []any{}
	for _, k := range c.p.st.keys {
		if c.user.isAdmin() || k.Owner == c.user.ID {
			list = append(list, c.keyAnswer(k, "", storedKeyDate))
		}
	}
	return success{value: list}, nil
}

// removeKey answers deleteApiKey.
func (c *call) removeKey() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	i := slices.IndexFunc(c.p.st.keys, func(k *storedKey) bool { return k.id == c.param })
	if i < 0 {
		return success{}, errNotFound()
	}
	if !c.user.isAdmin() && c.p.st.keys[i].Owner != c.user.ID {
		return success{}, errDenied()
	}
	c.p.st.keys = slices.Delete(c.p.st.keys, i, i+1)
	return success{value: true}, nil
}
