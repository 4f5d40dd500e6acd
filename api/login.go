package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/docspace-go/webhooks/gen"
)

var opLogin = operation{"authenticateMe", http.MethodPost, "/api/2.0/authentication", moreTwice}

// Credentials are what a person signs in with.
type Credentials struct {
	// Email and Password are the person's.
	Email    string
	Password Secret
	// Code is the second factor: of the authenticator app, or of the text
	// message. Empty at the first try.
	Code Secret
	// SessionOnly asks for a token that ends with the session instead of after
	// a year.
	SessionOnly bool
}

// Session is a sign-in: pass its token to [WithSessionToken] or
// [WithSessionCookie].
type Session struct {
	Token Secret
	// Expires is when the token ends, in UTC; zero for a token that ends with
	// the session.
	Expires Time
}

// LogValue implements [slog.LogValuer]: handlers that write JSON would write the
// password.
func (c Credentials) LogValue() slog.Value { return slog.GroupValue(slog.String("email", c.Email)) }

// LogValue implements [slog.LogValuer]: handlers that write JSON would write the
// token.
func (s Session) LogValue() slog.Value { return slog.GroupValue(slog.Any("expires", s.Expires)) }

// TwoFactorError is a sign-in that needs a second factor. Its kind is
// [ErrTwoFactor].
type TwoFactorError struct {
	// App tells that the code comes from an authenticator app; else it comes
	// by text message to Phone.
	App bool
	// Phone is the number, partly hidden.
	Phone string
	// Setup tells that the person has not set up the second factor yet and
	// must sign in with a browser first.
	Setup bool
}

func (e *TwoFactorError) Error() string {
	switch {
	case e.Setup:
		return "docspace: authenticateMe: a second factor must be set up first: sign in with a browser"
	case e.App:
		return "docspace: authenticateMe: a code of the authenticator app is needed: call Login again with Code"
	}
	return "docspace: authenticateMe: a code was sent by text message to " + e.Phone + ": call Login again with Code"
}

// Is reports whether target is [ErrTwoFactor].
func (e *TwoFactorError) Is(target error) bool { return target == ErrTwoFactor }

// Login signs a person in at the portal at baseURL. It takes the options of
// [New] except those that sign in. The call is authenticateMe of the vendor,
// which is not part of the contract; what it answers was captured, two factors
// excepted.
//
// Errors: [ErrUnauthorized] for a wrong address or password, [ErrForbidden] for
// a disabled person or too many attempts, [*TwoFactorError].
func Login(ctx context.Context, baseURL string, who Credentials, opts ...Option) (Session, error) {
	switch {
	case who.Email == "" || who.Password == "":
		return Session{}, refuse(opLogin, "Credentials", "need an e-mail address and a password")
	case !isCode(string(who.Code)):
		return Session{}, refuse(opLogin, "Code", "has something else than letters and digits")
	}
	c, err := newClient(baseURL, opts, func(given []credential) (credential, error) {
		if len(given) > 0 {
			return credential{}, fmt.Errorf("Login takes no option that signs in, not even %s", given[0].option)
		}
		return noCredential, nil
	})
	if err != nil {
		return Session{}, err
	}
	body, _ := json.Marshal(struct { //nolint:gosec,errchkjson // a sign-in sends a password, and strings always marshal
		UserName string `json:"userName"`
		Password string `json:"password"`
		Session  bool   `json:"session"`
	}{who.Email, string(who.Password), who.SessionOnly})
	path := opLogin.path
	if who.Code != "" {
		path += "/" + string(who.Code)
	}
	call := newCall(nil, string(who.Password), string(who.Code))
	x, err := c.do(ctx, opLogin, call, func(ctx context.Context, _ ...gen.RequestEditorFn) (*http.Response, error) {
		return c.send(ctx, http.MethodPost, path, body) // unseen, since the path may hold a code
	})
	if err != nil {
		return Session{}, withoutToken(err)
	}
	got, _, err := decode[struct {
		Token      Secret `json:"token"`
		Expires    Time   `json:"expires"`
		SMS        bool   `json:"sms"`
		TFA        bool   `json:"tfa"`
		PhoneNoise string `json:"phoneNoise"`
		ConfirmURL string `json:"confirmUrl"`
	}](x)
	if err != nil {
		return Session{}, withoutToken(err)
	}
	switch {
	case got.Token != "":
		return Session{Token: got.Token, Expires: got.Expires}, nil
	case got.TFA || got.SMS:
		return Session{}, &TwoFactorError{App: got.TFA, Phone: got.PhoneNoise, Setup: got.ConfirmURL != ""}
	}
	return Session{}, withoutToken(x.failed(ErrUnexpectedAnswer, "neither a token nor a question for a second factor"))
}

// isCode reports whether s can be a second factor. It becomes a part of the path.
func isCode(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) {
			return false
		}
	}
	return true
}

// withoutToken drops from the error of a sign-in what may hold a token.
func withoutToken(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.StatusCode < 300 {
		e.Body = nil
		e.Header.Del("Set-Cookie")
	}
	return err
}
