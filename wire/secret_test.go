package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/wire"
)

const digest = "520FEF8A53886234C06559A5204F54248DE7E346C72BF1A908CC3B098B81D3A8"

// printed is v under every verb, alone and inside, and in logs.
func printed(v any) string {
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3v", "%t"} {
		fmt.Fprintf(&text, verb+"\n", v)
		fmt.Fprintf(&text, verb+"\n", []any{v, map[string]any{"k": v}})
		fmt.Fprintf(&text, verb+"\n", struct{ V any }{v})
	}
	fmt.Fprintln(&text, v)
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v, "in", struct{ V any }{v})
	slog.New(slog.NewJSONHandler(&text, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	return text.String()
}

func TestSecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	s := wire.Secret("hunter2")
	type request struct {
		SecretKey wire.Secret `json:"secretKey"`
		inner     *wire.Secret
	}
	text := printed(s) + printed(&s) + printed(struct{ S wire.Secret }{s}.S) + fmt.Sprintf("%v %+v %#v", request{SecretKey: s}, &request{SecretKey: s}, []request{{s, &s}})
	for _, form := range []string{"hunter2", "68756e74657232"} {
		if strings.Contains(strings.ToLower(text), form) {
			t.Errorf("%s is in %s", form, text)
		}
	}
	if got := fmt.Sprintf("%s", s); got != "REDACTED" {
		t.Errorf("prints as %s", got)
	}
	// It travels all the same.
	inJSON, err := json.Marshal(request{SecretKey: s})
	if err != nil || string(inJSON) != `{"secretKey":"hunter2"}` {
		t.Errorf("travels as %s, %v", inJSON, err)
	}
}

func TestLoggedHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		header http.Header // nil for an error
		prints string
	}{
		"as sent":      {`{"Accept":["*/*"],"x-docspace-signature-256":["sha256=` + digest + `"]}`, http.Header{"Accept": {"*/*"}, "X-Docspace-Signature-256": {"sha256=" + digest}}, `{"Accept":["*/*"],"X-Docspace-Signature-256":["REDACTED"]}`},
		"by MySQL":     {`{"Accept": ["*/*"], "x-docspace-signature-256": ["sha256=` + digest + `"]}`, http.Header{"Accept": {"*/*"}, "X-Docspace-Signature-256": {"sha256=" + digest}}, `{"Accept":["*/*"],"X-Docspace-Signature-256":["REDACTED"]}`},
		"two values":   {`{"a":["2","3"]}`, http.Header{"A": {"2", "3"}}, `{"A":["2","3"]}`},
		"other name":   {`{"x-docspace-signature-256 ":["sha256=` + strings.ToLower(digest) + `"]}`, http.Header{"x-docspace-signature-256 ": {"sha256=" + strings.ToLower(digest)}}, `{"x-docspace-signature-256 ":["sha256=REDACTED"]}`},
		"short":        {`{"X-DOCSPACE-SIGNATURE-256":["abc"]}`, http.Header{"X-Docspace-Signature-256": {"abc"}}, `{"X-Docspace-Signature-256":["REDACTED"]}`},
		"empty":        {``, http.Header{}, `{}`},
		"null":         {`null`, http.Header{}, `{}`},
		"no JSON":      {`sha256=` + digest, nil, "REDACTED"},
		"other values": {`{"x-docspace-signature-256":"sha256=` + digest + `"}`, nil, "REDACTED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := wire.LoggedHeaders(c.text)
			header, err := h.Header()
			if (err == nil) != (c.header != nil) || err == nil && !reflect.DeepEqual(header, c.header) {
				t.Errorf("got %v, %v", header, err)
			}
			if err != nil && strings.Contains(err.Error(), digest) {
				t.Error(err)
			}
			if got := fmt.Sprintf("%v", h); got != c.prints {
				t.Errorf("prints as %s", got)
			}
			if text := printed(h); strings.Contains(strings.ToUpper(text), digest) {
				t.Errorf("the signature is in %s", text)
			}
			inJSON, err := json.Marshal(h)
			if want, _ := json.Marshal(c.text); err != nil || !bytes.Equal(inJSON, want) {
				t.Errorf("travels as %s, %v", inJSON, err)
			}
		})
	}
}

func FuzzLoggedHeaders(f *testing.F) {
	for _, text := range []string{
		`{"Accept":["*/*"],"x-docspace-signature-256":["sha256=` + digest + `"]}`, `{"` + digest + `":["` + digest + digest + `"]}`, `{"a":null}`, `null`, ``, `[]`,
		`{"x-docspace-signature-256":["sha256=\u0035` + digest[1:] + `"]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := wire.LoggedHeaders(text)
		header, err := h.Header()
		if (header == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", text, header, err)
		}
		shown := fmt.Sprint(h)
		if strings.Contains(shown, digest) {
			t.Errorf("%q prints as %s", text, shown)
		}
		if err == nil && !json.Valid([]byte(shown)) {
			t.Errorf("%q prints as %s, which is no JSON", text, shown)
		}
	})
}

func TestMaskSignatures(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("0123456789abcdefABCDEF", 10)
	for text, want := range map[string]string{
		"":                              "",
		"sha256=" + digits[:63]:         "sha256=" + digits[:63],
		"sha256=" + digits[:64]:         "sha256=REDACTED",
		digits[:64] + "g" + "ü":         "REDACTEDgü",
		digits[:65]:                     "REDACTED" + digits[64:65],
		digits[:128]:                    "REDACTEDREDACTED",
		digits[:40] + "-" + digits[:40]: digits[:40] + "-" + digits[:40],
		"a" + digits[:64] + "\n" + digits[:64] + "z": "REDACTED" + digits[63:64] + "\nREDACTEDz",
	} {
		if got := wire.MaskSignatures(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
