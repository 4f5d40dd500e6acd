package validate

import (
	"encoding/json"
	"strings"

	"github.com/docspace-go/webhooks/openapi/captures"
)

// Exception is something that portals before 3.7 do and that the contract does
// not allow, because saying it there would bend it for every reader. It covers
// one value at one place that breaks one rule, and nothing near it.
type Exception struct {
	From, Until string // the first and last version it covers, as 3.1
	Operation   string // an operationId, * for each
	Status      int    // the HTTP status
	ContentType string // the answer's, without parameters
	Place       string // a JSON pointer, as in [Error]
	Rule        string // as in [Error]
	Value       string // what is there instead, as JSON
	Reason      string
}

// Exceptions is the whole table. Nothing else is forgiven.
func Exceptions() []Exception { return append([]Exception(nil), exceptions...) }

var exceptions = []Exception{
	{"3.1", "3.6", "*", 400, "application/problem+json", "/status", "minimum 1", "0", "the envelope of a validation error says 0, as that of a success; the contract keeps the 1 that tells them apart"},
	{"3.1", "3.6", "*", 400, "application/problem+json", "/statusCode", "minimum 400", "200", "the envelope of a validation error says 200; the contract keeps the 400 that tells them apart"},
}

// exceptionFor returns the line of the table that covers e in a body of a
// content type, nil if none does.
func exceptionFor(g generation, e *Error, contentType string, body any) *Exception {
	for i := range exceptions {
		x := &exceptions[i]
		if parseGeneration(x.From) <= g && g <= parseGeneration(x.Until) &&
			(x.Operation == "*" || x.Operation == e.Operation) && x.Status == e.Status && x.ContentType == contentType &&
			x.Place == e.Place && x.Rule == e.Rule && x.Value == literal(body, e.Place) {
			return x
		}
	}
	return nil
}

// literal returns the JSON at a pointer of object members, empty if there is
// nothing.
func literal(value any, pointer string) string {
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = object[name]
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// generation is a version's first two numbers in one, 307 for 3.7.2.
type generation int

const (
	first       generation = 301 // the contract begins here
	followsNone generation = 307 // the sender follows no redirects from here on
	current     generation = 307 // the contract describes this one, and takes what it cannot read for it
)

func generationOf(s captures.Server) generation {
	major, minor := s.Generation()
	if major == 0 {
		return current
	}
	return generation(major*100 + minor)
}

func parseGeneration(version string) generation {
	return generationOf(captures.Server{Version: version})
}
