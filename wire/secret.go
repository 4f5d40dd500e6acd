package wire

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// redacted stands wherever a secret or a signature would have been printed.
const redacted = "REDACTED"

// Secret is a text that is not for logs: a webhook's signing key, a password, a
// token. It prints as REDACTED under every verb of package fmt, also inside a
// struct, and as an attribute of package log/slog. Convert it to string to read
// it.
//
// encoding/json writes it in full, since that is how it travels. slog's JSON
// handler marshals structs, so do not give it a whole request: log its parts.
type Secret string

// Format implements [fmt.Formatter] for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// SignatureHeader carries the signature of a delivery.
const SignatureHeader = "x-docspace-signature-256"

// LoggedHeaders are the headers of a delivery as the log keeps them: a JSON
// object of string arrays in a string. It holds the delivery's signature, which
// anybody could replay with the logged payload; package fmt and package
// log/slog therefore print it with the signature masked. Convert it to string
// to read it as it came. What [Secret] says of encoding/json holds here too.
type LoggedHeaders string

// Header decodes h. MySQL portals re-format the JSON, so the text is not what
// was sent, but the values are.
func (h LoggedHeaders) Header() (http.Header, error) {
	if h == "" {
		return http.Header{}, nil
	}
	var raw map[string][]string
	if err := json.Unmarshal([]byte(h), &raw); err != nil {
		return nil, fmt.Errorf("logged headers are not a JSON object of string arrays: %w", err)
	}
	header := make(http.Header, len(raw))
	for name, values := range raw {
		for _, v := range values {
			header.Add(name, v)
		}
	}
	return header, nil
}

// Format implements [fmt.Formatter] for every verb.
func (h LoggedHeaders) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(h.masked())) }

// LogValue implements [slog.LogValuer].
func (h LoggedHeaders) LogValue() slog.Value { return slog.StringValue(h.masked()) }

// signatureDigits is the length of a signature in hexadecimal digits.
const signatureDigits = 64

// MaskSignatures replaces what may be the signature of a delivery, wherever it
// stands in text: each 64 hexadecimal digits in a row.
func MaskSignatures(text string) string {
	var masked strings.Builder
	kept, digits := 0, 0 // text up to kept is in masked; so many digits end at i
	for i := range len(text) {
		if c := text[i]; '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' {
			digits++
		} else {
			digits = 0
		}
		if digits == signatureDigits {
			masked.WriteString(text[kept : i+1-signatureDigits])
			masked.WriteString(redacted)
			kept, digits = i+1, 0
		}
	}
	if kept == 0 {
		return text
	}
	masked.WriteString(text[kept:])
	return masked.String()
}

func (h LoggedHeaders) masked() string {
	header, err := h.Header()
	if err != nil {
		return redacted // what cannot be read cannot be masked in part
	}
	masked := make(map[string][]string, len(header))
	for name, values := range header {
		shown := MaskSignatures(name)
		for _, v := range values {
			if strings.EqualFold(name, SignatureHeader) {
				v = redacted
			}
			masked[shown] = append(masked[shown], MaskSignatures(v))
		}
	}
	text, _ := json.Marshal(masked) //nolint:errchkjson // strings always marshal
	return string(text)
}
