package api

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/docspace-go/webhooks/gen"
	"github.com/docspace-go/webhooks/wire"
)

var opPortalSettings = operation{"getPortalSettings", http.MethodGet, "/api/2.0/settings", sameTwice}

// WithCorrectedDates makes the dates in answers the instants that are meant, in
// UTC. Without it they are as the server wrote them, which in portals whose time
// zone is not UTC is mostly wrong. The captures *.dates.* show how, and prove
// the corrections; those of a server in America/New_York differ in the labels
// only.
//
//   - Webhook: CreatedOn, ModifiedOn, LastSuccessOn and LastFailureOn are the
//     wall clock of the portal's zone, labelled with the server's offset, in
//     every answer. The label is dropped.
//   - Delivery, in the log: CreationTime and Delivery are early by the portal's
//     offset from 3.5 on with MySQL, and right with PostgreSQL. A portal on
//     PostgreSQL is told by a fraction of a second, which MySQL does not store.
//     In 3.1 and 3.2 they are like a webhook's; in 3.0 they lack the zone, UTC.
//   - Delivery, in the answers of RetryDelivery and RetryDeliveries:
//     CreationTime is right, except in 3.1 and 3.2, where it is like a webhook's.
//
// What cannot be corrected stays as it came: what falls into the hour that the
// clock of the portal's zone shows twice or skips, and, of the log on MySQL,
// into the hours beside one that it skips. [Time.Exact] tells.
//
// The time zone is read once, before the first call that needs it; see
// [Client.TimeZone] for how that can fail.
func WithCorrectedDates() Option {
	return func(c *config) error {
		c.correct = (*Client).corrector
		return nil
	}
}

// TimeZone returns the time zone of the portal, which it reads once from the
// portal's settings. A zone that this computer has no rules for is
// [ErrUnexpectedAnswer]; import time/tzdata where there is no database of zones.
//
// The call is getPortalSettings of the vendor, which is not part of the
// contract; its answers were captured.
func (c *Client) TimeZone(ctx context.Context) (*time.Location, error) {
	return c.dates.zone(ctx, c)
}

// dates is what a client has learned about the dates of its portal.
type dates struct {
	reading  slots // of one
	portal   atomic.Pointer[time.Location]
	fraction atomic.Bool // the log stores fractions of a second
}

func newDates() *dates { return &dates{reading: newSlots(1)} }

// zone returns the portal's time zone.
func (d *dates) zone(ctx context.Context, c *Client) (*time.Location, error) {
	if zone := d.portal.Load(); zone != nil {
		return zone, nil
	}
	if err := d.reading.enter(ctx); err != nil {
		return nil, exchange{operation: opPortalSettings}.broken(err)
	}
	defer d.reading.leave()
	if zone := d.portal.Load(); zone != nil {
		return zone, nil
	}
	x, err := c.do(ctx, opPortalSettings, call{}, func(ctx context.Context, edit ...gen.RequestEditorFn) (*http.Response, error) {
		return c.send(ctx, opPortalSettings.method, opPortalSettings.path, nil, edit...)
	})
	if err != nil {
		return nil, err
	}
	settings, _, err := decode[struct {
		TimeZone string `json:"timezone"`
	}](x)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(settings.TimeZone)
	if err != nil || settings.TimeZone == "" || settings.TimeZone == "Local" {
		return nil, x.failed(ErrUnexpectedAnswer, fmt.Sprintf("%q instead of a time zone that this computer knows; programs can import time/tzdata", settings.TimeZone))
	}
	d.portal.Store(zone)
	return zone, nil
}

// corrector corrects the dates of an answer. The zero value leaves them alone.
type corrector struct {
	zone  *time.Location
	dates *dates
}

// corrector reads what is needed to correct the answer of op.
func (c *Client) corrector(ctx context.Context, op operation) (corrector, error) {
	if op == opListTriggers || op == opLogin || op == opPortalSettings {
		return corrector{}, nil
	}
	zone, err := c.dates.zone(ctx, c)
	return corrector{zone, c.dates}, err
}

func (c corrector) webhook(w *Webhook) {
	for _, t := range []*Time{&w.CreatedOn, &w.ModifiedOn, &w.LastSuccessOn, &w.LastFailureOn} {
		c.wallClock(t)
	}
}

// log corrects rows as the log has them.
func (c corrector) log(rows []Delivery) {
	if c.zone == nil {
		return
	}
	for _, row := range rows {
		for _, t := range []Time{row.CreationTime, row.Delivery} {
			if t.Location() == time.UTC && t.Nanosecond() != 0 {
				c.dates.fraction.Store(true)
			}
		}
	}
	for i := range rows {
		for _, t := range []*Time{&rows[i].CreationTime, &rows[i].Delivery} {
			switch {
			case t.IsZero():
			case t.Location() == time.UTC && !c.dates.fraction.Load():
				c.early(t)
			default:
				c.fresh(t)
			}
		}
	}
}

// queued corrects rows as the retry operations answer them.
func (c corrector) queued(rows []Delivery) {
	if c.zone == nil {
		return
	}
	for i := range rows {
		c.fresh(&rows[i].CreationTime)
		c.fresh(&rows[i].Delivery)
	}
}

// fresh corrects a date of a delivery that is right unless it has an offset.
func (c corrector) fresh(t *Time) {
	switch {
	case t.IsZero() || t.Exact():
	case t.Location() == time.UTC || !t.Zoned():
		*t = wire.ExactTime(t.Time)
	default:
		c.wallClock(t)
	}
}

// wallClock corrects a date that is the wall clock of the portal's zone.
func (c corrector) wallClock(t *Time) {
	if c.zone == nil || t.IsZero() || t.Exact() {
		return
	}
	if instant, ok := atWallClock(t.Time, c.zone); ok {
		*t = wire.ExactTime(instant)
	}
}

// early corrects a date that was in UTC but was taken for the wall clock of the
// portal's zone. A clock that skips an hour makes two hours one, and which one
// they become is the server's choice.
func (c corrector) early(t *Time) {
	shown := t.In(c.zone)
	if skipsBeside(shown) {
		return
	}
	*t = wire.ExactTime(relabel(shown, time.UTC))
}

// atWallClock returns the instant at which a clock in zone shows what t shows,
// if there is exactly one.
func atWallClock(t time.Time, zone *time.Location) (time.Time, bool) {
	wall := relabel(t, time.UTC)
	var found []time.Time
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		instant := wall.Add(-time.Duration(offset) * time.Second)
		if shown := relabel(instant.In(zone), time.UTC); shown.Equal(wall) && (len(found) == 0 || !found[0].Equal(instant)) {
			found = append(found, instant)
		}
	}
	if len(found) != 1 {
		return time.Time{}, false
	}
	return found[0], true
}

// skipsBeside reports whether the clock that shows t jumps forward within the
// hour before or after.
func skipsBeside(t time.Time) bool {
	_, before := t.Add(-time.Hour).Zone()
	_, now := t.Zone()
	_, after := t.Add(time.Hour).Zone()
	return before < now || now < after
}

// relabel returns the instant at which a clock in zone shows what t shows.
func relabel(t time.Time, zone *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
}
