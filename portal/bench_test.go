package portal_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

// fullSeed has a webhook and a log of n rows.
func fullSeed(n int) portal.Seed {
	s := portal.DefaultSeed()
	s.Webhooks = []portal.Webhook{{Name: "busy", URL: "http://127.0.0.1:1/in", Secret: "test-secret-1"}}
	payload := string(portal.SamplePayload(portal.V3_7, wire.FileUpdated, portal.SampleUsual))
	for i := range n {
		s.Log = append(s.Log, portal.LogRow{
			ID: wire.DeliveryID(i + 1), Webhook: 1, Trigger: wire.FileUpdated, Status: http.StatusOK,
			Delivery: time.Now(), RequestPayload: payload, ResponseHeaders: "{}", ResponsePayload: "ok",
		})
	}
	return s
}

// BenchmarkRequests asks a portal with 10,000 log rows, in the process and
// without a network.
func BenchmarkRequests(b *testing.B) {
	p, err := portal.New(portal.WithSeed(fullSeed(10_000)))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	key := p.Seed().Key(portal.Owner)
	for _, call := range []struct{ name, method, target, body string }{
		{"list", "GET", "/api/2.0/settings/webhook", ""},
		{"triggers", "GET", "/api/2.0/settings/webhook/triggers", ""},
		{"log-100", "GET", "/api/2.0/settings/webhooks/log", ""},
		{"log-1", "GET", "/api/2.0/settings/webhooks/log?count=1&configId=1", ""},
		{"refused", "POST", "/api/2.0/settings/webhook", "{}"},
	} {
		b.Run(call.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(call.method, call.target, strings.NewReader(call.body))
				r.Header.Set("Authorization", "Bearer "+key)
				r.Header.Set("Content-Type", "application/json")
				p.ServeHTTP(httptest.NewRecorder(), r)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

// BenchmarkServed asks the same over connections, from several clients at once.
func BenchmarkServed(b *testing.B) {
	s := portal.Start(b, portal.WithSeed(fullSeed(10_000)))
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	key := s.Seed().Key(portal.Owner)
	for _, path := range []string{"webhook", "webhooks/log?count=10"} {
		b.Run(strings.NewReplacer("/", "-", "?", "-").Replace(path), func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := get(transport, s.URL+"/api/2.0/settings/"+path, key); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

func get(transport http.RoundTripper, url, key string) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return nil
}
