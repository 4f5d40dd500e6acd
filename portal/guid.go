package portal

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

const zeroGUID = "00000000-0000-0000-0000-000000000000"

// parseGUID reads a GUID in the forms that the server's query binder takes
// (with or without dashes, in braces or parentheses) and returns it as the
// server writes it.
func parseGUID(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) == 38 && (s[0] == '{' && s[37] == '}' || s[0] == '(' && s[37] == ')') {
		s = s[1:37]
	}
	digits := s
	if len(s) == 36 {
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return "", false
		}
		digits = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != 16 {
		return "", false
	}
	return formatGUID(raw), true
}

func formatGUID(raw []byte) string {
	s := hex.EncodeToString(raw)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func newGUID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	raw[6] = raw[6]&0x0F | 0x40
	raw[8] = raw[8]&0x3F | 0x80
	return formatGUID(raw)
}

func randomHex(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// traceParent is a W3C trace context, as the server puts it into problem
// documents and HEAD probes.
func traceParent() string { return "00-" + randomHex(16) + "-" + randomHex(8) + "-00" }
