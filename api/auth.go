package api

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
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

// WithAPIKey signs in with an API key of the portal ("sk-…"), which acts with
// the role of the person who made it. Portals on PostgreSQL refuse API keys
// with 415 ([ErrAPIKeysUnsupported]); those of 3.0 know none.
func WithAPIKey(key string) Option {
	return withCredential("WithAPIKey", func() (credential, error) {
		if err := checkToken(key); err != nil {
			return credential{}, err
		}
		if !strings.HasPrefix(key, "sk-") {
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
			apply:   func(r *http.Request) { r.AddCookie(&http.Cookie{Name: sessionCookie, Value: token}) },
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
		return credential{apply: func(*http.Request) {}, secrets: func() []string { return nil }}, nil
	})
}

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

// checkToken refuses what cannot be a token. It never quotes it.
func checkToken(token string) error {
	if token == "" {
		return errors.New("the token is empty")
	}
	if strings.HasPrefix(token, "Bearer ") || strings.HasPrefix(token, "Basic ") {
		return errors.New(`the token must come without its scheme ("Bearer " or "Basic ")`)
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c >= 0x7f || c == ';' || c == ',' || c == '"' || c == '\\' {
			return fmt.Errorf("the token holds a character at offset %d that no header or cookie can carry", i)
		}
	}
	return nil
}

var signature = regexp.MustCompile(`(?i)sha256=[0-9a-f]{64}`)

// scrub removes secrets and signatures from text.
func scrub(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "REDACTED")
		}
	}
	return signature.ReplaceAllString(text, "sha256=REDACTED")
}
