package portal

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

const cookieName = "asc_auth_key"

// authenticate finds out who calls. The Authorization header decides which of
// the server's handlers looks at the request; a wrong one is not followed by
// another (`getTenantWebhooks.auth.*`).
//
// ok is false when the call is nobody's; the answer then has no body, unless
// err says otherwise.
func (c *call) authenticate() (ok bool, err error) {
	header := c.r.Header.Get("Authorization")
	switch {
	case strings.HasPrefix(header, "Basic "):
		return c.authenticateBasic(strings.TrimPrefix(header, "Basic "))
	case strings.HasPrefix(header, "Bearer sk-"):
		return c.authenticateKey(strings.TrimPrefix(header, "Bearer "))
	case strings.HasPrefix(header, "Bearer ") && !c.p.cfg.bareHost && strings.Count(header, ".") == 2:
		return c.authenticateJWT(strings.TrimPrefix(header, "Bearer "))
	}
	return c.authenticateSession(strings.TrimPrefix(header, "Bearer ")), nil
}

// authenticateSession takes the token of a cookie or, only if there is none,
// that of the header. A worthless cookie is deleted.
func (c *call) authenticateSession(token string) bool {
	cookie, err := c.r.Cookie(cookieName)
	if err == nil {
		token = cookie.Value
	}
	c.p.mu.Lock()
	c.user = c.p.st.active(cmp.Or(c.p.st.sessions[token], c.p.st.signedIn[token]))
	c.p.mu.Unlock()
	if c.user == nil && cookie != nil {
		c.w.Header().Set("Set-Cookie", cookieName+"=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/")
	}
	return c.user != nil
}

// authenticateBasic takes an e-mail address and a password. The challenge goes
// out on success, too.
func (c *call) authenticateBasic(encoded string) (bool, error) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return false, &apiError{
			http.StatusInternalServerError, "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.",
			"System.FormatException", hresultFormat,
		}
	}
	email, password, ok := strings.Cut(string(raw), ":")
	if !ok {
		return false, &apiError{http.StatusInternalServerError, "Index was outside the bounds of the array.", "System.IndexOutOfRangeException", hresultOutOfRange}
	}
	c.w.Header().Set("WWW-Authenticate", "Basic")
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.user = c.p.st.active(c.p.st.signIn(email, password))
	return c.user != nil, nil
}

func (c *call) authenticateKey(key string) (bool, error) {
	if !c.p.db.keys && !c.p.cfg.bareHost {
		return false, errUnsupported("Cannot apply binary operation on types 'timestamp with time zone' and 'timestamp without time zone', convert one of the operands first.")
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	i := slices.IndexFunc(c.p.st.keys, func(k *storedKey) bool { return k.Key == key })
	if i < 0 {
		return false, nil
	}
	k := c.p.st.keys[i]
	now := c.p.clock.Now()
	if k.Disabled || !k.Expires.IsZero() && !now.Before(k.Expires) {
		return false, nil
	}
	k.used = now
	c.key = k
	c.user = c.p.st.active(k.Owner)
	c.scopes = k.scopes()
	return c.user != nil, nil
}

// authenticateJWT takes a token of the portal's OAuth server. The shipped
// configuration checks no signature.
func (c *call) authenticateJWT(token string) (bool, error) {
	var claims struct {
		Sub   string `json:"sub"`
		Scope string `json:"scope"`
	}
	if payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]); err == nil {
		_ = json.Unmarshal(payload, &claims) // what cannot be read has no subject
	}
	id, ok := parseGUID(claims.Sub)
	if !ok {
		return false, &apiError{status: http.StatusUnauthorized, message: "Claim 'sub' is not present in JWT"}
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.user = c.p.st.active(id)
	c.scopes = append([]string{}, strings.Fields(claims.Scope)...)
	return c.user != nil, nil
}

// allowed reports whether the scopes of the call cover it: reading needs *:read
// or *:write, everything else *:write. A session covers everything.
func (c *call) allowed() bool {
	if c.scopes == nil || slices.Contains(c.scopes, "*:write") {
		return true
	}
	return c.r.Method == http.MethodGet && slices.Contains(c.scopes, "*:read") || !c.p.gen.keyScopes
}

// scopes returns what the key may do; nil is everything.
func (k *storedKey) scopes() []string {
	if len(k.Scopes) == 0 || slices.Contains(k.Scopes, "*") {
		return nil
	}
	return k.Scopes
}
