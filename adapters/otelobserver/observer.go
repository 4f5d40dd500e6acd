// Package otelobserver counts and times what a receiver does with OpenTelemetry.
//
//	docspace.webhook.requests          counter, {request}  outcome, trigger
//	docspace.webhook.request.duration  histogram, s        outcome, trigger
//	docspace.webhook.handler.duration  histogram, s        outcome, trigger
//	docspace.webhook.retries           counter, {request}  outcome, trigger
//	docspace.webhook.unrecorded        counter, {event}    trigger
//
// The outcome is one of [receiver.Outcome]. The trigger is that of the event,
// "legacy" for a delivery of 3.0, and absent if no delivery was verified: nobody
// without the secret makes a new value. Retries are the requests that the portal
// calls attempt 1 or more: what failed before, or whose answer got lost. An
// unrecorded event was handled, but the deduper could not note it, so a
// repetition of it is handled again.
package otelobserver

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/docspace-go/webhooks/receiver"
)

// scope names the instrumentation.
const scope = "github.com/docspace-go/webhooks/adapters/otelobserver"

// The attributes of measurements.
const (
	OutcomeKey = attribute.Key("docspace.webhook.outcome")
	TriggerKey = attribute.Key("docspace.webhook.trigger")
)

// Legacy is the trigger of deliveries that do not name one.
const Legacy = "legacy"

// seconds are bounds from what a receiver needs alone to the 100 seconds after
// which a portal hangs up.
var seconds = metric.WithExplicitBucketBoundaries(
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 100)

// New makes an observer for [receiver.WithObserver] that measures with the
// provider's meter. One observer serves any number of receivers. It returns an
// error if the provider does not make one of the instruments.
func New(provider metric.MeterProvider) (receiver.Observer, error) {
	i, err := newInstruments(provider.Meter(scope))
	if err != nil {
		return nil, err
	}
	return i.observe, nil
}

func (i *instruments) observe(ctx context.Context, o receiver.Observation) {
	trigger := triggerOf(o)
	set := attribute.NewSet(append(trigger, OutcomeKey.String(string(o.Outcome)))...)
	with := metric.WithAttributeSet(set)
	i.requests.Add(ctx, 1, with)
	i.request.Record(ctx, o.Duration.Seconds(), with)
	if o.HandlerDuration > 0 {
		i.handler.Record(ctx, o.HandlerDuration.Seconds(), with)
	}
	if o.Event != nil && o.Event.Attempt > 0 {
		i.retries.Add(ctx, 1, with)
	}
	if o.Err != nil && (o.Outcome == receiver.OutcomeHandled || o.Outcome == receiver.OutcomeUnhandled) {
		i.unrecorded.Add(ctx, 1, metric.WithAttributes(trigger...))
	}
}

func triggerOf(o receiver.Observation) []attribute.KeyValue {
	switch {
	case o.Event == nil:
		return nil
	case o.Event.Legacy:
		return []attribute.KeyValue{TriggerKey.String(Legacy)}
	default:
		return []attribute.KeyValue{TriggerKey.String(o.Event.Trigger)}
	}
}
