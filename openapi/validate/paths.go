package validate

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/docspace-go/webhooks/openapi/captures"
)

// Summary counts what [Paths] found.
type Summary struct {
	Valid   int // Valid, Excepted or Decoded
	Invalid int // broken rules, and recordings that cannot be read
	Others  int // files of folders that are no recordings; not judged
	// Verdicts has each kind of what is valid, and what was not judged.
	Verdicts map[Verdict]int
}

// Paths holds recordings against the contract: files with one document, packed
// files, and folders of either, to any depth; [captures.Read] says what counts
// as one. It writes a line for each that fails, one for each kind of those that
// are not plainly valid, one with the number of files that are no recordings,
// and last "validated N: V valid, X not". Its error is one of reading the
// contract or of writing; what fails is in the summary.
func Paths(w io.Writer, paths []string) (Summary, error) {
	c, err := Load()
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Verdicts: map[Verdict]int{}}
	var report strings.Builder
	for _, path := range paths {
		found := captures.Read(path)
		s.Others += found.Others
		for _, problem := range found.Problems {
			s.Invalid++
			fmt.Fprintln(&report, problem)
		}
		for _, f := range found.Folders {
			s.folder(&report, c, f)
		}
	}
	s.Valid = s.Verdicts[Valid] + s.Verdicts[Excepted] + s.Verdicts[Decoded]
	for _, v := range slices.Sorted(maps.Keys(s.Verdicts)) {
		if note := notes[v]; note != "" {
			fmt.Fprintf(&report, "%d %s: %s\n", s.Verdicts[v], v, note)
		}
	}
	if s.Others > 0 {
		fmt.Fprintf(&report, "%d files that are no recordings\n", s.Others)
	}
	fmt.Fprintf(&report, "validated %d: %d valid, %d not\n", s.Valid+s.Invalid, s.Valid, s.Invalid)
	_, err = io.WriteString(w, report.String())
	return s, err
}

// notes explains the verdicts that are not plainly valid.
var notes = map[Verdict]string{
	Excepted:   "valid but for the table of exceptions",
	Decoded:    "valid JSON from before 3.1, where the contract begins",
	Outside:    "not validated, operations that the contract does not have",
	Unanswered: "not validated, the connection was closed without an answer",
}

func (s *Summary) folder(w io.Writer, c *Contract, f captures.Folder) {
	for _, d := range f.Documents {
		verdict, _, err := c.Capture(d)
		if err != nil {
			s.Invalid++
			fmt.Fprintf(w, "%s: %s: %s\n", d.Source, d.ID, strings.ReplaceAll(err.Error(), "\n", "; "))
			continue
		}
		s.Verdicts[verdict]++
	}
}
