package portal_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

// TestRegisteringOverTheNetwork probes receivers that are really there, or not.
func TestRegisteringOverTheNetwork(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
		}
	}))
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // a refused certificate is wanted here
	secure.StartTLS()
	t.Cleanup(secure.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { // takes connections and closes them without a word
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	closed := httptest.NewServer(nil)
	closed.Close()
	t.Cleanup(func() { _ = silent.Close() })
	host := strings.TrimPrefix(plain.URL, "http://")

	for _, tt := range []struct {
		name, url string
		ssl       bool
		status    int
		says      string
	}{
		{"plain", plain.URL, false, 200, `"enabled":true`},
		{"plain by name", strings.Replace(plain.URL, "127.0.0.1", "localhost", 1), false, 200, `"enabled":true`},
		{"plain, not wanted", plain.URL, true, 400, "HTTPS is required"},
		{"moved", plain.URL + "/moved", false, 400, "HEAD request is not response 200"},
		{"own certificate", secure.URL, true, 500, "The SSL connection could not be established, see inner exception."},
		{"own certificate, wanted", secure.URL, false, 200, `"enabled":true`},
		{"no TLS there", "https://" + host, false, 500, "HttpClient.Timeout of 10 seconds"},
		{"nobody there", closed.URL, false, 500, "Connection refused (" + strings.TrimPrefix(closed.URL, "http://") + ")"},
		{"nobody answers", "http://" + silent.Addr().String(), false, 500, "An error occurred while sending the request."},
		{"no such name", "http://nosuch.invalid/", false, 400, "DNS resolution failed for nosuch.invalid"},
		{"decimal address", "http://167772161/", false, 400, "URL host is in the blacklist"},
		{"octal address", "http://012.1/", false, 400, "URL host is in the blacklist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := portal.New()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = p.Close() }()
			body := `{"name":"n","uri":"` + tt.url + `","secretKey":"test-secret-1","ssl":false}`
			if tt.ssl {
				body = strings.Replace(body, `"ssl":false`, `"ssl":true`, 1)
			}
			if code, answer := call(p, "POST", "webhook", body); code != tt.status || !strings.Contains(answer, tt.says) {
				t.Errorf("%d %s, want %d with %s", code, answer, tt.status, tt.says)
			}
		})
	}
}

// TestCloseCutsShort stops a server while it waits for a receiver.
func TestCloseCutsShort(t *testing.T) {
	t.Parallel()
	silent := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(silent)
		<-r.Context().Done()
	}))
	defer receiver.Close()
	s, err := portal.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan error, 1)
	go func() {
		_, err := fetch(t, s, "POST", "/api/2.0/settings/webhook", `{"name":"n","uri":"`+receiver.URL+`","secretKey":"test-secret-1"}`)
		asked <- err
	}()
	<-silent
	start := time.Now()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 9*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if err := <-asked; err != nil {
		t.Errorf("the caller got no answer: %v", err)
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
}

// TestDeliveryOverTLS delivers to a receiver with a certificate of its own,
// first checked, then not.
func TestDeliveryOverTLS(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodPost {
			got <- r.Header
		}
	}))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	defer secure.Close()
	seed := portal.DefaultSeed()
	seed.Webhooks = []portal.Webhook{{Name: "tls", URL: secure.URL, Secret: "test-secret-1", TLS: true, Triggers: wire.GroupCreated}}
	clock := portal.NewManualClock(time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC))
	p, err := portal.New(portal.WithSeed(seed), portal.WithClock(clock), portal.WithRetrySchedule())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for range 2 {
		emit(t, p)
		if err := p.Advance(time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := p.ChangeWebhook(1, func(w *portal.Webhook) { w.TLS = false }); err != nil {
			t.Fatal(err)
		}
	}
	log := p.Log()
	if log[0].Status != 0 || !strings.Contains(log[0].ResponsePayload, "SSL") || log[1].Status != 200 {
		t.Errorf("%d %s, then %d", log[0].Status, log[0].ResponsePayload, log[1].Status)
	}
	var names []string
	for name := range <-got {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"Accept", "Content-Length", "Content-Type", "X-Docspace-Signature-256"}; !slices.Equal(names, want) {
		t.Errorf("headers %v, want %v and no other", names, want)
	}
}
