package portal_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/portal"
)

// FuzzBody sends anything as the body of a retry: whatever it is, the portal
// answers, in JSON, and takes for JSON what is JSON.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"ids":[1,"2"]}`, `{"ids":null}`, `{"IDS":[1.5]}`, `{"a":{"b":[true,false,null,-1.5e+3]},"ids":[]}`, `[]`, `"x"`, `{`, `{"ids":[`, `{"ids":[1],}`,
		"{\"ids\":[\"\xff\"]}", `{"ids":["\ud83d"]}`, `{/**/"ids":[]}`, `nul`, `-`, `01`, "\ufeff{}", `{"ids":[9999999999]}`, strings.Repeat("[", 40),
	} {
		f.Add(body)
	}
	p, err := portal.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = p.Close() })
	token := p.Seed().User(portal.Owner).Token
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("PUT", "/api/2.0/settings/webhook/retry", strings.NewReader(body))
		r.Header.Set("Authorization", token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
		if w.Code != http.StatusBadRequest && !json.Valid([]byte(strings.TrimPrefix(body, "\ufeff"))) {
			t.Errorf("%q was taken for JSON: %d", body, w.Code)
		}
	})
}
