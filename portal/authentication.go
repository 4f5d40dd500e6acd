package portal

import (
	"net/http"
	"time"
)

// sessionLifetime is how long a signed-in session lasts.
const sessionLifetime = 365 * 24 * time.Hour

// manySessions is when all that signed in have to do so again, which bounds the
// memory that they take.
const manySessions = 10_000

// signIn answers authenticateMe: a session token for an e-mail address and a
// password, in the body and as a cookie. Whatever is wrong about them, the
// answer is the same (`authenticateMe.*`).
func (c *call) signIn() (success, error) {
	var email, password *string
	var session bool
	if err := c.bind("ASC.Web.Api.ApiModel.RequestsDto.AuthRequestsDto", map[string]binder{
		"username": bindString(&email), "password": bindString(&password), "session": bindBool(&session),
	}); err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	id := ""
	if email != nil && password != nil {
		id = c.p.st.signIn(*email, *password)
	}
	if id == "" {
		return success{}, &apiError{status: http.StatusUnauthorized, message: "User authentication failed"}
	}
	if c.p.st.active(id) == nil {
		return success{}, &apiError{http.StatusForbidden, "User disabled", "System.InvalidOperationException", hresultInvalid}
	}
	if len(c.p.st.signedIn) >= manySessions {
		clear(c.p.st.signedIn)
	}
	token := randomHex(32)
	c.p.st.signedIn[token] = id
	cookie, expires := cookieName+"="+token, "0001-01-01T00:00:00"
	if !session {
		until := c.p.clock.Now().Add(sessionLifetime).UTC()
		cookie += "; expires=" + until.Format(http.TimeFormat)
		expires = dotnetDate(until, "Z")
	}
	c.w.Header().Set("Set-Cookie", cookie+"; path=/; samesite=strict; httponly")
	return success{value: object{{"token", token}, {"expires", expires}, {"sms", false}, {"tfa", false}}}, nil
}

// isAuthenticated answers getIsAuthentificated.
func (c *call) isAuthenticated() (success, error) { return success{value: c.user != nil}, nil }
