package otelobserver_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/docspace-go/webhooks/adapters/internal/portal"
	"github.com/docspace-go/webhooks/adapters/otelobserver"
	"github.com/docspace-go/webhooks/receiver"
)

// TestObserver sends one request of each kind and reads every figure.
func TestObserver(t *testing.T) {
	t.Parallel()
	reader := sdk.NewManualReader()
	observe, err := otelobserver.New(sdk.NewMeterProvider(sdk.WithReader(reader)))
	if err != nil {
		t.Fatal(err)
	}
	hook, err := receiver.New(portal.Secret, func(_ context.Context, event *receiver.Event) error {
		if event.Trigger == "file.deleted" {
			return errors.New("no")
		}
		return nil
	}, receiver.WithObserver(observe), receiver.WithDeduper(portal.Host, forgetful{}))
	if err != nil {
		t.Fatal(err)
	}
	send := func(method string, body []byte, signed bool) {
		req := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(string(body)))
		if signed {
			req.Header.Set(receiver.SignatureHeader, receiver.Sign(body, portal.Secret))
		}
		hook.ServeHTTP(httptest.NewRecorder(), req)
	}
	send(http.MethodPost, portal.Body(1, "file.created", 0), true)
	send(http.MethodPost, portal.Body(1, "file.created", 1), true)
	send(http.MethodPost, portal.Body(2, "file.deleted", 0), true)
	send(http.MethodPost, portal.Body(3, "file.created", 0), false)
	send(http.MethodPost, []byte(`{"response":{},"statusCode":200}`), true)
	send(http.MethodHead, nil, false)

	want := map[string]int64{
		"requests handled file.created": 2,
		"requests failed file.deleted":  1,
		"requests not_signed ":          1,
		"requests handled legacy":       1,
		"requests probe ":               1,

		"retries handled file.created": 1,
		"unrecorded  file.created":     2,

		"request.duration handled file.created": 2,
		"request.duration failed file.deleted":  1,
		"request.duration not_signed ":          1,
		"request.duration handled legacy":       1,
		"request.duration probe ":               1,

		"handler.duration handled file.created": 2,
		"handler.duration failed file.deleted":  1,
		"handler.duration handled legacy":       1,
	}
	got := collect(t, reader)
	if !maps.Equal(got, want) {
		for _, key := range slices.Sorted(maps.Keys(got)) {
			t.Logf("%-40s%d", key, got[key])
		}
		t.Errorf("want %v", want)
	}
}

// collect returns the figure of each counter and the count of each histogram,
// by the end of its name, the outcome and the trigger.
func collect(t *testing.T, reader sdk.Reader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	figures := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			name := strings.TrimPrefix(m.Name, "docspace.webhook.")
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					figures[key(name, p.Attributes)] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					figures[key(name, p.Attributes)] = int64(p.Count)
					if m.Unit != "s" || p.Sum <= 0 || p.Sum > 60 {
						t.Errorf("%s took %v %s", m.Name, p.Sum, m.Unit)
					}
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	return figures
}

func key(name string, set attribute.Set) string {
	outcome, _ := set.Value(otelobserver.OutcomeKey)
	trigger, _ := set.Value(otelobserver.TriggerKey)
	return fmt.Sprintf("%s %s %s", name, outcome.AsString(), trigger.AsString())
}

// forgetful is a Deduper that grants everything and records nothing.
type forgetful struct{}

func (forgetful) Claim(_ context.Context, key string) (receiver.Claim, error) {
	return receiver.Claim{Key: key, State: receiver.Granted}, nil
}
func (forgetful) Done(context.Context, receiver.Claim) error    { return errors.New("no") }
func (forgetful) Release(context.Context, receiver.Claim) error { return nil }

// TestNewFails: an instrument that is not made is reported.
func TestNewFails(t *testing.T) {
	t.Parallel()
	observe, err := otelobserver.New(stingy{})
	if !errors.Is(err, errStingy) || observe != nil {
		t.Errorf("returned %v", err)
	}
}

var errStingy = errors.New("no histogram")

// stingy is a provider without histograms.
type stingy struct{ noop.MeterProvider }

func (stingy) Meter(string, ...metric.MeterOption) metric.Meter { return stingyMeter{} }

type stingyMeter struct{ noop.Meter }

func (stingyMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errStingy
}
