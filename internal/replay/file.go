package replay

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// entry is a line of a transcript.
type entry struct {
	N    int     `json:"n"`
	T    float64 `json:"t"` // seconds
	Kind string  `json:"kind"`

	At             time.Time `json:"at"`
	Server         string    `json:"server"`
	Database       string    `json:"database"`
	PortalTimeZone string    `json:"portalTimeZone"`
	ServerTimeZone string    `json:"serverTimeZone"`

	ID       string          `json:"id"`
	Request  *recordedCall   `json:"request"`
	Response *recordedAnswer `json:"response"`

	Port   int  `json:"port"`
	Answer *int `json:"answer"`

	Trigger string          `json:"trigger"`
	By      string          `json:"by"`
	Entity  json.RawMessage `json:"entity"`
	Payload json.RawMessage `json:"payload"`
	Rows    []recordedRow   `json:"rows"`

	Webhook int                        `json:"webhook"`
	Set     map[string]json.RawMessage `json:"set"`
}

// recordedRow is a log row that an event made.
type recordedRow struct {
	Log     int `json:"log"`
	Webhook int `json:"webhook"`
}

type recordedCall struct {
	Method     string      `json:"method"`
	Target     string      `json:"target"`
	Headers    [][2]string `json:"headers"`
	Body       *string     `json:"body"`
	BodyBase64 string      `json:"bodyBase64"`
}

type recordedAnswer struct {
	HeldBack   bool        `json:"heldBack"`
	Status     int         `json:"status"`
	Headers    [][2]string `json:"headers"`
	Body       *string     `json:"body"`
	BodyBase64 string      `json:"bodyBase64"`
}

func (c *recordedCall) header(name string) string { return headerOf(c.Headers, name) }

func (a *recordedAnswer) header(name string) string { return headerOf(a.Headers, name) }

func headerOf(headers [][2]string, name string) string {
	for _, h := range headers {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

func text(body *string, base64Body string) string {
	if body != nil {
		return *body
	}
	raw, _ := base64.StdEncoding.DecodeString(base64Body)
	return string(raw)
}

// at returns the instant of e since the start.
func (e *entry) at() time.Duration { return time.Duration(e.T * float64(time.Second)) }

// delivered reports whether e is a request to a receiver other than a probe.
func (e *entry) delivered() bool { return e.Kind == "received" && e.Request.Method != "HEAD" }

func readTranscript(t *testing.T, path string) []entry {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var plain io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if plain, err = gzip.NewReader(file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	var entries []entry
	lines := bufio.NewScanner(plain)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%s: line %d: %v", path, len(entries)+1, err)
		}
		entries = append(entries, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(entries) == 0 || entries[0].Kind != "start" {
		t.Fatalf("%s does not begin with a start", path)
	}
	return entries
}
