package ops

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The probe that dials by itself. The public surface does not let it get to a
// receiver on this computer, whose address is on the block list.
func TestProbe(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodHead || r.UserAgent() != "" || r.Header.Get("Accept-Encoding") != "" && r.Header.Get("Cookie") != "":
			w.WriteHeader(http.StatusTeapot)
		case r.URL.Path == "/redirect":
			http.Redirect(w, r, "/ok", http.StatusFound)
		}
	})
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	gone := httptest.NewServer(handler)
	gone.Close()

	for name, c := range map[string]struct {
		url    string
		verify bool
		want   string
	}{
		"plain":           {plain.URL, false, ""},
		"redirect":        {plain.URL + "/redirect", false, "refuse 302"},
		"not verified":    {secure.URL, false, ""},
		"other authority": {secure.URL, true, "refuse nobody known"},
		"refused":         {gone.URL, false, "warn cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(c.url)
			if err != nil {
				t.Fatal(err)
			}
			u.Host = "hooks.example.com:" + u.Port() // nothing looks it up
			one := &check{verify: c.verify}
			if err := one.probe(t.Context(), u, []netip.Addr{netip.MustParseAddr("127.0.0.1")}); err != nil {
				t.Fatal(err)
			}
			severity, text, _ := strings.Cut(c.want, " ")
			switch {
			case c.want == "" && len(one.found) > 0,
				c.want != "" && (len(one.found) != 1 || one.found[0].Severity.String() != severity || !strings.Contains(one.found[0].Message, text)):
				t.Errorf("got %s, want %s", one.found, c.want)
			}
		})
	}

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	u, err := url.Parse(silent.URL)
	if err != nil {
		t.Fatal(err)
	}
	err = (&check{}).probe(ctx, u, []netip.Addr{netip.MustParseAddr("127.0.0.1")})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
