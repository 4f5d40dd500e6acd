package portal

import (
	"strings"
	"time"
)

// dotnetTick is the precision of a DateTime of the server.
const dotnetTick = 100 * time.Nanosecond

const secondsLayout = "2006-01-02T15:04:05"

// dotnetDate writes the wall clock of t with as many digits of a fraction as it
// needs, at most seven, and suffix.
func dotnetDate(t time.Time, suffix string) string {
	return strings.TrimSuffix(t.Truncate(dotnetTick).Format(secondsLayout+".9999999"), ".") + suffix
}

// utcSeconds is how dates stand in a delivery: UTC, whole seconds.
func utcSeconds(t time.Time) string { return t.UTC().Format(secondsLayout) + "Z" }

// zones are the two zones that shape the dates in answers.
type zones struct{ portal, server *time.Location }

// webhookDate is how a webhook's dates are answered: the portal's wall clock
// with the server's offset. It is the right instant only when both zones are
// UTC (`getTenantWebhooks.dates.*`).
func (z zones) webhookDate(t time.Time) string {
	wall := t.In(z.portal)
	return dotnetDate(wall, relabel(wall, z.server).Format("-07:00"))
}

// logDate is how a stored date of a log row is answered. MySQL hands back an
// instant that does not know it is UTC, so it is converted from the portal's
// zone once more and comes out early by the portal's offset, though marked Z
// (`getWebhooksLogs.dates.*`).
func (z zones) logDate(t time.Time, db dbTraits) string {
	if db.zoned {
		return dotnetDate(t.UTC(), "Z")
	}
	return dotnetDate(relabel(t.UTC(), z.portal).UTC(), "Z")
}

// relabel returns the instant at which a clock in loc shows what t shows.
func relabel(t time.Time, loc *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
}

// storedDate is how a stored date stands in a delivery that serialises it as it
// came from the database: UTC, marked as such on PostgreSQL only.
func storedDate(t time.Time, db dbTraits) string {
	if db.zoned {
		return dotnetDate(t.UTC(), "Z")
	}
	return dotnetDate(t.UTC(), "")
}

func (p *Portal) zones() zones { return zones{p.st.zone, p.cfg.serverZone} }

// logDate writes a date of a log row; fresh says that the row never was in the
// database.
func (p *Portal) logDate(t time.Time, fresh bool) string {
	switch {
	case p.gen.logPortalWall:
		return p.zones().webhookDate(t)
	case fresh:
		return dotnetDate(t.UTC(), "Z")
	}
	return p.zones().logDate(t, p.db)
}
