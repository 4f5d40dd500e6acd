package otelobserver

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
)

type instruments struct {
	requests, retries, unrecorded metric.Int64Counter
	request, handler              metric.Float64Histogram
}

func newInstruments(meter metric.Meter) (*instruments, error) {
	var i instruments
	var errs [5]error
	i.requests, errs[0] = meter.Int64Counter("docspace.webhook.requests",
		metric.WithUnit("{request}"), metric.WithDescription("Requests to the receiver."))
	i.retries, errs[1] = meter.Int64Counter("docspace.webhook.retries",
		metric.WithUnit("{request}"), metric.WithDescription("Deliveries that are not the first of their event."))
	i.unrecorded, errs[2] = meter.Int64Counter("docspace.webhook.unrecorded",
		metric.WithUnit("{event}"), metric.WithDescription("Events handled that the deduper could not record."))
	i.request, errs[3] = meter.Float64Histogram("docspace.webhook.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Time of a request, reading its body included."), seconds)
	i.handler, errs[4] = meter.Float64Histogram("docspace.webhook.handler.duration",
		metric.WithUnit("s"), metric.WithDescription("Time of the handler."), seconds)
	return &i, errors.Join(errs[:]...)
}
