package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/docspace-go/webhooks/wire"
)

// sessionCookie is the cookie that carries a session token.
const sessionCookie = "asc_auth_key"

// credential says how a request is signed in. It is made of closures, so that
// no verb of package fmt prints what it holds.
type credential struct {
	option   string                // the option it came from
	isAPIKey bool                  // portals on PostgreSQL take none
	apply    func(r *http.Request) // signs r in
	secrets  func() []string       // what must not appear in any text
}

// oneCredential returns the credential of a client, which needs exactly one.
func oneCredential(given []credential) (credential, error) {
	switch len(given) {
	case 0:
		return credential{}, errors.New("no credentials: give WithAPIKey, WithBearerToken, WithSessionToken, WithSessionCookie or WithBasicAuth, or WithoutCredentials if the HTTP client signs in")
	case 1:
		return given[0], nil
	}
	return credential{}, fmt.Errorf("credentials are given twice, by %s and %s: give one", given[0].option, given[1].option)
}

// WithAPIKey signs in with an API key of the portal ("sk-…"), which acts with
// the role of the person who made it. Portals on PostgreSQL refuse API keys
// with 415 ([ErrAPIKeysUnsupported]); those of 3.0 know none.
func WithAPIKey(key string) Option {
	return withCredential("WithAPIKey", func() (credential, error) {
		if err := checkText(key); err != nil {
			return credential{}, err
		}
		if !isAPIKey(key) {
			return credential{}, errors.New(`an API key starts with "sk-"; use WithBearerToken for a JWT and WithSessionToken for the token of a sign-in`)
		}
		c := headerCredential("Bearer "+key, key)
		c.isAPIKey = true
		return c, nil
	})
}

// WithBearerToken signs in with a JWT.
func WithBearerToken(token string) Option {
	return withCredential("WithBearerToken", func() (credential, error) {
		return headerCredential("Bearer "+token, token), checkToken(token)
	})
}

// WithSessionToken signs in with the token of a sign-in ([Login]), sent in the
// Authorization header.
func WithSessionToken(token string) Option {
	return withCredential("WithSessionToken", func() (credential, error) {
		return headerCredential(token, token), checkToken(token)
	})
}

// WithSessionCookie signs in with the token of a sign-in ([Login]), sent in the
// cookie asc_auth_key as browsers do.
func WithSessionCookie(token string) Option {
	return withCredential("WithSessionCookie", func() (credential, error) {
		return credential{
			apply:   func(r *http.Request) { r.AddCookie(&http.Cookie{Name: sessionCookie, Value: token}) }, //nolint:gosec // a cookie that is sent has no attributes
			secrets: func() []string { return []string{token} },
		}, checkToken(token)
	})
}

// WithBasicAuth signs in with e-mail address and password at every call.
func WithBasicAuth(email, password string) Option {
	return withCredential("WithBasicAuth", func() (credential, error) {
		if email == "" || password == "" {
			return credential{}, errors.New("the e-mail address or the password is empty")
		}
		if strings.Contains(email, ":") {
			return credential{}, errors.New("the e-mail address holds a colon, which HTTP Basic cannot carry")
		}
		var r http.Request
		r.Header = http.Header{}
		r.SetBasicAuth(email, password)
		value := r.Header.Get("Authorization")
		return headerCredential(value, password, strings.TrimPrefix(value, "Basic ")), nil
	})
}

// WithoutCredentials says that calls are not signed in by this package, because
// the HTTP client does it.
func WithoutCredentials() Option {
	return withCredential("WithoutCredentials", func() (credential, error) {
		return noCredential, nil
	})
}

var noCredential = credential{apply: func(*http.Request) {}, secrets: func() []string { return nil }}

func headerCredential(value string, secrets ...string) credential {
	return credential{
		apply:   func(r *http.Request) { r.Header.Set("Authorization", value) },
		secrets: func() []string { return secrets },
	}
}

func withCredential(option string, build func() (credential, error)) Option {
	return func(c *config) error {
		cred, err := build()
		if err != nil {
			return fmt.Errorf("%s: %w", option, err)
		}
		cred.option = option
		c.credentials = append(c.credentials, cred)
		return nil
	}
}

func isAPIKey(token string) bool { return strings.HasPrefix(token, "sk-") }

// checkToken refuses what cannot be a JWT or the token of a sign-in.
func checkToken(token string) error {
	if isAPIKey(token) {
		return errors.New("this is an API key: use WithAPIKey")
	}
	return checkText(token)
}

// checkText refuses what no header or cookie can carry. It never quotes it.
func checkText(token string) error {
	if token == "" {
		return errors.New("the token is empty")
	}
	if scheme, _, ok := strings.Cut(token, " "); ok && (strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "basic")) {
		return errors.New(`the token must come without its scheme ("Bearer " or "Basic ")`)
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c >= 0x7f || c == ';' || c == ',' || c == '"' || c == '\\' {
			return fmt.Errorf("the token holds a character at offset %d that no header or cookie can carry", i)
		}
	}
	return nil
}

// scrub removes secrets and signatures from text, also where the text quotes or
// escapes them.
func scrub(text string, secrets []string) string {
	longestFirst := slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) })
	for _, s := range longestFirst {
		if s == "" {
			continue
		}
		quoted := strconv.Quote(s)
		for _, form := range []string{s, quoted[1 : len(quoted)-1], url.QueryEscape(s), url.PathEscape(s)} {
			text = strings.ReplaceAll(text, form, "REDACTED")
		}
	}
	return wire.MaskSignatures(text)
}
