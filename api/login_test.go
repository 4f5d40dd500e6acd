package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/api"
)

const wrongPassword = `{"error":{"message":"User authentication failed","type":null,"stack":null,"hresult":0},"status":1,"statusCode":401}`

func TestLogin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who     api.Credentials
		answer  string
		path    string
		sent    string
		token   string
		expires string
	}{
		"a year": {
			api.Credentials{Email: "owner@example.com", Password: secret},
			success(`{"token":"t0ken","expires":"2027-11-24T22:31:12.922007Z","sms":false,"tfa":false}`),
			"/api/2.0/authentication", `{"userName":"owner@example.com","password":"se\"cret\u003c\u0026\\1","session":false}`, "t0ken", "2027-11-24T22:31:12.922007Z",
		},
		"a session": {
			api.Credentials{Email: "owner@example.com", Password: "pass", SessionOnly: true},
			success(`{"token":"t0ken","expires":"0001-01-01T00:00:00","sms":false,"tfa":false}`),
			"/api/2.0/authentication", `{"userName":"owner@example.com","password":"pass","session":true}`, "t0ken", "",
		},
		"with a code": {
			api.Credentials{Email: "owner@example.com", Password: "pass", Code: "123456"},
			success(`{"token":"t0ken","expires":"2027-11-24T22:31:12Z","sms":false,"tfa":true}`),
			"/api/2.0/authentication/123456", `{"userName":"owner@example.com","password":"pass","session":false}`, "t0ken", "2027-11-24T22:31:12Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, script(c.answer))
			got, err := api.Login(t.Context(), s.URL+"/base/", c.who, api.WithApplication("ci", "1"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Token) != c.token || got.Expires.IsZero() != (c.expires == "") || c.expires != "" && got.Expires.String() != c.expires {
				t.Errorf("got %q until %s", string(got.Token), got.Expires)
			}
			r := s.last()
			if r.method != http.MethodPost || r.target != "/base"+c.path || r.body != c.sent || r.header.Get("Content-Type") != "application/json" || r.header.Get("Authorization") != "" || !strings.HasPrefix(r.header.Get("User-Agent"), "ci/1 ") {
				t.Errorf("sent %+v", r)
			}
		})
	}
}

func TestLoginFails(t *testing.T) {
	t.Parallel()
	ok := api.Credentials{Email: "owner@example.com", Password: secret, Code: "c0de"}
	for name, c := range map[string]struct {
		answer string
		kinds  []error
		text   string
	}{
		"wrong password":   {"401 " + wrongPassword, []error{api.ErrUnauthorized}, "docspace: authenticateMe: POST /api/2.0/authentication: 401 Unauthorized: User authentication failed"},
		"disabled":         {`403 {"error":{"message":"User disabled","type":"System.InvalidOperationException","stack":"   at ASC.Web"}}`, []error{api.ErrForbidden}, "403 Forbidden: User disabled"},
		"wrong body":       {"415 " + wrongType, []error{api.ErrUnsupportedMediaType}, "Unsupported Media Type"},
		"no portal":        {"404 ", []error{api.ErrNotFound}, "no such path"},
		"a page":           {badProxy, []error{api.ErrUnexpectedAnswer}, "an HTML page"},
		"neither":          {success("{}"), []error{api.ErrUnexpectedAnswer}, "neither a token nor a question for a second factor"},
		"a token, but odd": {success(`{"token":"t0ken","expires":"soon"}`), []error{api.ErrUnexpectedAnswer}, "not a date"},
		"app":              {success(`{"sms":false,"tfa":true}`), []error{api.ErrTwoFactor}, "docspace: authenticateMe: a code of the authenticator app is needed: call Login again with Code"},
		"app, first time":  {success(`{"sms":false,"tfa":true,"tfaKey":"k3y","confirmUrl":"https://acme.example.com/confirm?key=t0ken"}`), []error{api.ErrTwoFactor}, "docspace: authenticateMe: a second factor must be set up first: sign in with a browser"},
		"text message":     {success(`{"sms":true,"tfa":false,"phoneNoise":"+1***23"}`), []error{api.ErrTwoFactor}, "docspace: authenticateMe: a code was sent by text message to +1***23: call Login again with Code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Set-Cookie", "asc_auth_key=t0ken")
				script(c.answer)(w, r)
			})
			got, err := api.Login(t.Context(), s.URL, ok)
			if got.Token != "" {
				t.Error("signed in")
			}
			wantKinds(t, err, c.kinds...)
			if text := err.Error(); !strings.Contains(text, c.text) || strings.Contains(text, "c0de") || strings.Contains(text, "t0ken") {
				t.Error(text)
			}
			if e, ok := errors.AsType[*api.Error](err); ok && e.StatusCode == 200 && (e.Body != nil || e.Header.Get("Set-Cookie") != "") {
				t.Errorf("kept %q, %v", e.Body, e.Header)
			}
			if e, ok := errors.AsType[*api.TwoFactorError](err); ok != slices.Contains(c.kinds, api.ErrTwoFactor) || ok && (e.App != strings.HasPrefix(name, "app") || e.Setup != (name == "app, first time")) {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, script("500 "))
	ok := api.Credentials{Email: "owner@example.com", Password: "hunter2"}
	for name, c := range map[string]struct {
		address string
		who     api.Credentials
		opts    []api.Option
		want    string
	}{
		"no address":  {"", ok, nil, "absolute"},
		"no e-mail":   {s.URL, api.Credentials{Password: "hunter2"}, nil, "need an e-mail address and a password"},
		"no password": {s.URL, api.Credentials{Email: "owner@example.com"}, nil, "need an e-mail address and a password"},
		"odd code":    {s.URL, api.Credentials{Email: "a", Password: "hunter2", Code: "../hunter2"}, nil, "Code: has something else than letters and digits"},
		"a key, too":  {s.URL, ok, []api.Option{api.WithAPIKey("sk-hunter2")}, "docspace: Login takes no option that signs in, not even WithAPIKey"},
		"odd option":  {s.URL, ok, []api.Option{api.WithTimeout(-1)}, "WithTimeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := api.Login(t.Context(), c.address, c.who, c.opts...)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		if len(s.asked()) > 0 {
			t.Error("something was sent")
		}
	})
}

// A sign-in that breaks off or is not answered says no password, code or token.
func TestLoginBreaksOff(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]trip{
		"no answer": func(r *http.Request) (*http.Response, error) {
			sent, _ := io.ReadAll(r.Body)
			return nil, fmt.Errorf("proxy says no: %s %q", r.URL, sent)
		},
		"half an answer": func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, http.Header{"Set-Cookie": {"asc_auth_key=t0ken"}}, io.MultiReader(strings.NewReader(`{"response":{"token":"t0ken`), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }))), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := api.Login(t.Context(), "https://acme.example.com", api.Credentials{Email: "owner@example.com", Password: secret, Code: "c0de"}, api.WithHTTPClient(&http.Client{Transport: f}))
			wantNoSecret(t, err)
			e := asError(t, err)
			if text := fmt.Sprintf("%v %v %s %v", err, errors.Unwrap(err), e.Body, e.Header); strings.Contains(text, "t0ken") || strings.Contains(text, "c0de") {
				t.Error(text)
			}
		})
	}
}

func TestSignInDoesNotPrintSecrets(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	for _, v := range []any{api.Credentials{Email: "me@example.com", Password: "hunter2", Code: "hunter2"}, api.Session{Token: "hunter2"}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&text, verb, v)
		}
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("m", "v", v)
	}
	if strings.Contains(text.String(), "hunter2") || !strings.Contains(text.String(), "me@example.com") {
		t.Error(text.String())
	}
}
