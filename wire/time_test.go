package wire_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/wire"
)

// Each form as it was captured.
var times = []struct {
	text  string
	utc   string
	zoned bool
}{
	{"2026-11-24T22:33:09Z", "2026-11-24T22:33:09Z", true},
	{"2026-11-24T22:46:34.0865269Z", "2026-11-24T22:46:34.0865269Z", true},
	{"2026-11-24T22:57:41.124312Z", "2026-11-24T22:57:41.124312Z", true},
	{"2026-11-24T22:31:09+00:00", "2026-11-24T22:31:09Z", true},
	{"2026-11-24T22:31:09.5179499+00:00", "2026-11-24T22:31:09.5179499Z", true},
	{"2026-11-24T23:46:15-05:00", "2026-11-25T04:46:15Z", true},
	{"2026-11-24T23:46:15.1+05:30", "2026-11-24T18:16:15.1Z", true},
	{"2026-11-24T22:51:43", "2026-11-24T22:51:43Z", false},
	{"2026-11-24T22:51:43.123", "2026-11-24T22:51:43.123Z", false},
	{"0001-01-01T00:00:00", "0001-01-01T00:00:00Z", false},
	{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", true},
	{"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z", true},
}

func TestTimeKeepsItsForm(t *testing.T) {
	t.Parallel()
	for _, c := range times {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			var holder struct {
				T wire.Time `json:"t"`
			}
			if err := json.Unmarshal([]byte(`{"t":"`+strings.Replace(c.text, "+", `\u002B`, 1)+`"}`), &holder); err != nil {
				t.Fatal(err)
			}
			got := holder.T
			if utc := got.UTC().Format(time.RFC3339Nano); utc != c.utc {
				t.Errorf("is %s, want %s", utc, c.utc)
			}
			if got.Zoned() != c.zoned {
				t.Errorf("Zoned = %t", got.Zoned())
			}
			inJSON, err := json.Marshal(got)
			if err != nil || string(inJSON) != `"`+c.text+`"` {
				t.Errorf("marshals to %s, %v", inJSON, err)
			}
			text, err := got.MarshalText()
			if err != nil || string(text) != c.text || got.String() != c.text || fmt.Sprintf("%v %s", got, got) != c.text+" "+c.text {
				t.Errorf("prints as %s, %s, %v, %v", text, got.String(), got, err)
			}
			var again wire.Time
			if err := again.UnmarshalText(text); err != nil || !again.Equal(got.Time) || again.Zoned() != got.Zoned() {
				t.Errorf("reads back as %v, %v", again, err)
			}
			if got.IsZero() != strings.HasPrefix(c.text, "0001-01-01") {
				t.Errorf("IsZero = %t", got.IsZero())
			}
		})
	}
}

func TestTimeOfGo(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 22, 33, 9, 5e8, time.UTC)
	for text, v := range map[string]wire.Time{
		"2026-11-24T22:33:09.5Z":      {Time: at},
		"2026-11-24T23:33:09.5+01:00": {Time: at.In(time.FixedZone("CET", 3600))},
		"0001-01-01T00:00:00Z":        {},
	} {
		if v.String() != text || !v.Zoned() {
			t.Errorf("%s, want %s", v, text)
		}
	}
	var text strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "at", wire.Time{Time: at})
	if !strings.Contains(text.String(), "at=2026-11-24T22:33:09.5Z") {
		t.Error(text.String())
	}
}

// A time that is read does not depend on the zone of the process.
func TestTimeIsNotLocal(t *testing.T) {
	t.Parallel()
	_, offset := time.Date(2026, 11, 24, 0, 0, 0, 0, time.Local).Zone()
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	text := fmt.Sprintf("2026-11-24T00:00:00%s%02d:%02d", sign, offset/3600, offset/60%60)
	got, err := wire.ParseTime(text)
	if err != nil || got.Location() == time.Local || got.String() != text {
		t.Errorf("%v in %v, %v", got, got.Location(), err)
	}
}

func TestTimeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "2026-11-24", "2026-11-24T22:33", "24.11.2026 22:33:09", "2026-11-24 22:33:09", "2026-11-24T22:33:09z", "2026-11-24T22:33:09+0100",
		"2026-13-24T22:33:09Z", "2026-11-24T25:33:09Z", "2026-11-24T22:33:09+25:00", "1795646754", "2026-11-24T22:33:09Z Z", "null",
	} {
		got, err := wire.ParseTime(text)
		if err == nil || !got.IsZero() || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	at := wire.Time{Time: time.Unix(1, 0)}
	if err := at.UnmarshalJSON([]byte("null")); err != nil || at.Unix() != 1 {
		t.Errorf("null: %v, %v", at, err)
	}
	for _, bad := range []string{"1", "{}", `"soon"`, "true"} {
		if err := json.Unmarshal([]byte(bad), &at); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, c := range times {
		f.Add(c.text)
	}
	f.Add("2026-11-24T22:33:09,50+00:00")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := wire.ParseTime(text)
		if err != nil {
			return
		}
		second, err := wire.ParseTime(first.String())
		if err != nil || !second.Equal(first.Time) || second.String() != first.String() || second.Zoned() != first.Zoned() {
			t.Errorf("%q: %s becomes %s, %v", text, first, second, err)
		}
		inJSON, err := json.Marshal(first)
		if err != nil || string(inJSON) != `"`+first.String()+`"` {
			t.Errorf("%q: %s, %v", text, inJSON, err)
		}
	})
}

func TestExactTime(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("", 3600)
	exact := wire.ExactTime(time.Date(2026, 11, 24, 23, 45, 54, 5e8, berlin))
	if !exact.Exact() || !exact.Zoned() || exact.String() != "2026-11-24T22:45:54.5Z" {
		t.Errorf("%s, exact: %t", exact, exact.Exact())
	}
	for _, text := range []string{"2026-11-24T22:45:54Z", "2026-11-24T22:45:54+00:00", "2026-11-24T22:45:54", exact.String()} {
		if read, err := wire.ParseTime(text); err != nil || read.Exact() {
			t.Errorf("%s is read as exact (%v)", text, err)
		}
	}
	if (wire.Time{}).Exact() {
		t.Error("the zero time is exact")
	}
}
