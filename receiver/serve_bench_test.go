package receiver_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

// handlers are what the benchmarks compare: the least that a handler can do with
// a delivery, a Receiver, and a Receiver that remembers each event.
func handlers(b *testing.B) []struct {
	name string
	http.Handler
} {
	b.Helper()
	var ids atomic.Int64
	receive := func(opts ...receiver.Option) *receiver.Receiver {
		r, err := receiver.New(secret, nothing, opts...)
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	return []struct {
		name string
		http.Handler
	}{
		{"ReadBody", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				b.Error(err)
			}
			w.WriteHeader(http.StatusNoContent)
		})},
		{"Receiver", receive()},
		{"Receiver+Memory", receive(
			receiver.WithDeduper("portal.example", new(receiver.Memory)),
			receiver.WithKey(func(*receiver.Event) string { return strconv.FormatInt(ids.Add(1), 10) }))},
	}
}

// BenchmarkServeHTTP has the handlers take deliveries without a server.
func BenchmarkServeHTTP(b *testing.B) {
	for _, size := range []int{2 << 10, 64 << 10} {
		body := sized(b, size)
		for _, h := range handlers(b) {
			b.Run(fmt.Sprintf("%s/%dK", h.name, size>>10), func(b *testing.B) {
				reader := bytes.NewReader(body)
				req := newDelivery(b, "/", body)
				var w discard
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					reader.Reset(body)
					req.Body = io.NopCloser(reader)
					h.ServeHTTP(&w, req)
				}
				perSecond(b)
			})
		}
	}
}

// BenchmarkServer has them take deliveries over loopback, ten at once as a
// portal sends them.
func BenchmarkServer(b *testing.B) {
	body := sized(b, 2<<10)
	for _, h := range handlers(b) {
		b.Run(h.name+"/2K", func(b *testing.B) {
			s := httptest.NewServer(h)
			defer s.Close()
			s.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 10
			b.SetParallelism(5) // times two processors
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					resp, err := s.Client().Do(newDelivery(b, s.URL, body))
					if err != nil {
						b.Error(err)
						return
					}
					resp.Body.Close()
					if resp.StatusCode != http.StatusNoContent {
						b.Errorf("answered %d", resp.StatusCode)
					}
				}
			})
			perSecond(b)
		})
	}
}

func newDelivery(b *testing.B, url string, body []byte) *http.Request {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.Error(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set(receiver.SignatureHeader, receiver.Sign(body, secret))
	return req
}

func perSecond(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// discard is a http.ResponseWriter without a client.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
