package validate

import (
	"path"

	"github.com/docspace-go/webhooks/openapi/captures"
)

// Exception is something that portals before 3.7 do and that the contract does
// not allow, because saying it there would bend it for every reader. It covers
// one rule at one place and nothing near it.
type Exception struct {
	From, Until string // the first and last version it covers, as 3.1
	Operation   string // an operationId, * for each
	Status      int    // the HTTP status, 0 for deliveries
	Place       string // as in [Error]; * stands for an index
	Rule        string // as in [Error]
	Reason      string
}

// Exceptions is the whole table. Nothing else is forgiven.
func Exceptions() []Exception { return append([]Exception(nil), exceptions...) }

var exceptions = []Exception{
	{"3.1", "3.6", "*", 400, "/status", "minimum 1", "the envelope of a validation error says 0, as that of a success; the contract keeps the 1 that tells them apart"},
	{"3.1", "3.6", "*", 400, "/statusCode", "minimum 400", "the envelope of a validation error says 200; the contract keeps the 400 that tells them apart"},
}

// exceptionFor returns the line of the table that covers e, nil if none does.
func exceptionFor(g generation, e *Error) *Exception {
	for i := range exceptions {
		x := &exceptions[i]
		same := x.Status == e.Status && x.Rule == e.Rule && (x.Operation == "*" || x.Operation == e.Operation)
		if same && parseGeneration(x.From) <= g && g <= parseGeneration(x.Until) && placeMatches(x.Place, e.Place) {
			return x
		}
	}
	return nil
}

func placeMatches(pattern, place string) bool {
	ok, err := path.Match(pattern, place)
	return err == nil && ok
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
