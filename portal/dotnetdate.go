package portal

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The server reads the dates of a query with .NET's DateTime.Parse, in the
// invariant culture. Here are the forms that hold a year and a month at least,
// and the time, if any, after the date. .NET takes more: a date without a year
// or a time without a date, which mean today's; the time before the date. Only
// some were recorded (`getWebhooksLogs.dates.*`); the rest was read.

// dateShapes are the orders that a date can have. A year of more than two digits
// may lead; else the month comes before the day, unless its name tells it apart.
var dateShapes = sync.OnceValue(compileShapes)

func compileShapes() []*regexp.Regexp {
	const (
		sep    = `(?:\s*[-/]\s*|[\s,.]+)`
		year   = `(?P<year>\d{3,4})`
		anyage = `(?P<year>\d{1,4})`
		month  = `(?P<month>\d{1,2})`
		day    = `(?P<day>\d{1,2})`
		clock  = `(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?P<fraction>\.\d+)?)?)?`
		half   = `(?:\s*(?P<half>AM|PM))?`
		zone   = `(?:\s*(?P<zone>Z|GMT|[-+]\d{1,2}(?::?\d{2})?))?`
	)
	var months, days []string
	for m := time.January; m <= time.December; m++ {
		months = append(months, m.String(), m.String()[:3])
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		days = append(days, d.String(), d.String()[:3])
	}
	name := `(?P<name>` + strings.Join(months, "|") + `)`
	weekday := `(?:(?P<weekday>` + strings.Join(days, "|") + `)[\s,.]+)?`
	var shapes []*regexp.Regexp
	for _, date := range []string{
		year + sep + month + `(?:` + sep + day + `)?`, // 2020-01-02, 2020-01
		month + sep + day + sep + anyage,              // 1/2/2020
		year + sep + name + `(?:` + sep + day + `)?`,  // 2020 Jan 2
		name + sep + day + sep + anyage,               // Jan 2, 2020
		day + sep + name + sep + anyage,               // 2 January 2020
		name + sep + year,                             // January 2020
	} {
		shapes = append(shapes, regexp.MustCompile(`(?i)^`+weekday+date+`(?:(?:T|[\s,]+)`+clock+half+`)?`+zone+`$`))
	}
	return shapes
}

// parseDotnetDate reads a date. zoned says that it tells its zone; without one
// the fields are taken for UTC.
func parseDotnetDate(s string) (t time.Time, zoned, ok bool) {
	for _, shape := range dateShapes() {
		found := shape.FindStringSubmatch(strings.TrimSpace(s))
		if found == nil {
			continue
		}
		parts := dateParts{}
		for i, name := range shape.SubexpNames() {
			parts[name] = found[i]
		}
		if t, ok = parts.instant(); ok {
			return t, parts["zone"] != "", true
		}
	}
	return time.Time{}, false, false
}

// dateParts is what was found of a date, by the names of the shapes' groups.
type dateParts map[string]string

// number returns a part that is a number, or otherwise if it is not there.
func (p dateParts) number(name string, otherwise int) int {
	n, err := strconv.Atoi(p[name])
	if err != nil {
		return otherwise
	}
	return n
}

// instant puts the parts together. ok is false if they are no date.
func (p dateParts) instant() (t time.Time, ok bool) {
	year, month, day := p.year(), p.month(), p.number("day", 1)
	hour, ok := p.hour()
	minute, second := p.number("minute", 0), p.number("second", 0)
	offset, known := p.offset()
	if !ok || !known || minute > 59 || second > 59 {
		return t, false
	}
	t = time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.Year() != year || t.Month() != month || t.Day() != day || !p.onWeekday(t.Weekday()) {
		return t, false
	}
	t = t.Add(p.fraction() - offset)
	return t, t.Year() >= 1 && t.Year() <= 9999
}

// year reads one of one or two digits as one of 1950 to 2049.
func (p dateParts) year() int {
	n := p.number("year", 0)
	switch {
	case len(p["year"]) > 2:
		return n
	case n < 50:
		return 2000 + n
	}
	return 1900 + n
}

func (p dateParts) month() time.Month {
	for m := time.January; m <= time.December; m++ {
		if n := p["name"]; n != "" && strings.EqualFold(n[:3], m.String()[:3]) {
			return m
		}
	}
	return time.Month(p.number("month", 0))
}

func (p dateParts) onWeekday(d time.Weekday) bool {
	return p["weekday"] == "" || strings.EqualFold(p["weekday"][:3], d.String()[:3])
}

// hour reads the hour of one clock or the other. Without minutes it needs to be
// said which half of the day is meant.
func (p dateParts) hour() (hour int, ok bool) {
	hour = p.number("hour", 0)
	if p["half"] == "" {
		return hour, hour <= 23 && (p["hour"] == "" || p["minute"] != "")
	}
	if strings.EqualFold(p["half"], "AM") {
		return hour % 12, hour <= 12
	}
	if hour < 12 {
		hour += 12
	}
	return hour, hour <= 23 // 15:04 PM is no mistake to .NET
}

// fraction reads the part of a second, rounded to what .NET keeps.
func (p dateParts) fraction() time.Duration {
	f, err := strconv.ParseFloat("0"+p["fraction"], 64)
	if err != nil {
		return 0
	}
	return time.Duration(math.Round(f*float64(time.Second/dotnetTick))) * dotnetTick
}

// offset reads the zone: how far its clocks are ahead, at most 14 hours.
func (p dateParts) offset() (ahead time.Duration, ok bool) {
	zone := p["zone"]
	if zone == "" || zone[0] != '+' && zone[0] != '-' {
		return 0, true
	}
	digits := strings.ReplaceAll(zone[1:], ":", "")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0, false
	}
	hours, minutes := n, 0
	if len(digits) > 2 {
		hours, minutes = n/100, n%100
	}
	ahead = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if zone[0] == '-' {
		return -ahead, minutes <= 59 && ahead <= 14*time.Hour
	}
	return ahead, minutes <= 59 && ahead <= 14*time.Hour
}
