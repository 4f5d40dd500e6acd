package portal

import (
	"testing"
	"time"
)

// TestDotnetDates is about bounds as callers write them. Those marked as captured
// were asked of the vendor's code, the others are known of .NET.
func TestDotnetDates(t *testing.T) {
	t.Parallel()
	const captured, known = true, false
	for _, tt := range []struct {
		text     string
		captured bool
		want     string // RFC 3339; empty is refused
		zoned    bool
	}{
		{"2020-01-01T00:00:00Z", captured, "2020-01-01T00:00:00Z", true},
		{"2020-01-01T00:00:00.1234567Z", captured, "2020-01-01T00:00:00.1234567Z", true},
		{"2020-01-01T00:00:00-03:00", captured, "2020-01-01T03:00:00Z", true},
		{"2020-01-01T00:00:00+03:00", captured, "2019-12-31T21:00:00Z", true},
		{"2026-11-24T23:32:03.178983+00:00", captured, "2026-11-24T23:32:03.178983Z", true},
		{"2020-01-01T00:00:00", captured, "2020-01-01T00:00:00Z", false},
		{"2020-01-01 00:00:00", captured, "2020-01-01T00:00:00Z", false},
		{"2020-01-01", captured, "2020-01-01T00:00:00Z", false},
		{"01/02/2020", captured, "2020-01-02T00:00:00Z", false},
		{"0001-01-01T00:00:00Z", captured, "0001-01-01T00:00:00Z", true},
		{"9999-12-31T23:59:59Z", captured, "9999-12-31T23:59:59Z", true},
		{"2020-01-01T00:00:00 03:00", captured, "", false}, // a plus that was not escaped
		{"31.12.2020", captured, "", false},
		{"1577836800", captured, "", false},
		{"2020-13-01T00:00:00Z", captured, "", false},
		{"garbage", captured, "", false},

		{"2020-1-1", known, "2020-01-01T00:00:00Z", false},
		{"2020-1-2T3:4:5", known, "2020-01-02T03:04:05Z", false},
		{" 2020-01-01t03:04z ", known, "2020-01-01T03:04:00Z", true},
		{"2020-01", known, "2020-01-01T00:00:00Z", false},
		{"2020-01-01Z", known, "2020-01-01T00:00:00Z", true},
		{"2020/1/2", known, "2020-01-02T00:00:00Z", false},
		{"12.31.2020", known, "2020-12-31T00:00:00Z", false},
		{"1/2/2020 3:04 PM", known, "2020-01-02T15:04:00Z", false},
		{"1/2/2020 3:04:05pm", known, "2020-01-02T15:04:05Z", false},
		{"1/2/2020 3PM", known, "2020-01-02T15:00:00Z", false},
		{"1/2/2020 12:30 AM", known, "2020-01-02T00:30:00Z", false},
		{"1/2/2020 12:30 PM", known, "2020-01-02T12:30:00Z", false},
		{"1/2/20", known, "2020-01-02T00:00:00Z", false},
		{"1/2/50", known, "1950-01-02T00:00:00Z", false},
		{"1/2/2020 15:04 PM", known, "2020-01-02T15:04:00Z", false},
		{"Jan 1 2020", known, "2020-01-01T00:00:00Z", false},
		{"January 1, 2020", known, "2020-01-01T00:00:00Z", false},
		{"Jan. 1, 2020, 3:04 PM", known, "2020-01-01T15:04:00Z", false},
		{"1 January 2020", known, "2020-01-01T00:00:00Z", false},
		{"1-jan-2020 15:04", known, "2020-01-01T15:04:00Z", false},
		{"2020 Jan 1", known, "2020-01-01T00:00:00Z", false},
		{"May 2020", known, "2020-05-01T00:00:00Z", false},
		{"Wed, 01 Jan 2020 00:00:00 GMT", known, "2020-01-01T00:00:00Z", true},
		{"Wednesday, 1 January 2020", known, "2020-01-01T00:00:00Z", false},
		{"2020-01-01T00:00:00+0300", known, "2019-12-31T21:00:00Z", true},
		{"2020-01-01T00:00:00+03", known, "2019-12-31T21:00:00Z", true},
		{"2020-01-01 00:00:00 -3", known, "2020-01-01T03:00:00Z", true},
		{"2020-01-01T00:00:00.12345678Z", known, "2020-01-01T00:00:00.1234568Z", true},
		{"2020-01-01T00:00:00.99999999", known, "2020-01-01T00:00:01Z", false},
		{"2020-02-29", known, "2020-02-29T00:00:00Z", false},

		{"2021-02-29", known, "", false},
		{"Thu, 01 Jan 2020", known, "", false}, // it was a Wednesday
		{"2020-01-01 24:00", known, "", false},
		{"2020-01-01 00:60", known, "", false},
		{"2020-01-01 13:00 AM", known, "", false},
		{"2020-01-01 3", known, "", false},
		{"2020-01-01T00:00:00+15:00", known, "", false},
		{"0001-01-01T00:00:00+03:00", known, "", false}, // before all dates
		{"2020-01-01 UTC", known, "", false},
		{"20200101", known, "", false},
		{"2020", known, "", false},
		{"", known, "", false},
	} {
		at, zoned, ok := parseDotnetDate(tt.text)
		got := ""
		if ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != tt.want || zoned != tt.zoned {
			t.Errorf("%q (captured: %v): %q, zoned %v; want %q, %v", tt.text, tt.captured, got, zoned, tt.want, tt.zoned)
		}
	}
}
