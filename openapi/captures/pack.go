package captures

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
)

// Pack writes the documents of f to w, one a line, in order, with the server's
// stacks cut to their first line. What [Document] has no member for is lost.
func Pack(w io.Writer, f Folder) error {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	for _, d := range f.Documents {
		if err := encoder.Encode(slim(d)); err != nil { //nolint:gosec // signatures are verified with these secrets, which guard nothing
			return err
		}
	}
	_, err := w.Write(buffer.Bytes())
	return err
}

// slim returns d with its stacks cut.
func slim(d *Document) *Document {
	if d.Response == nil || d.Response.Body == nil {
		return d
	}
	packed, response := *d, *d.Response
	body := cutStack(*d.Response.Body)
	response.Body, packed.Response = &body, &response
	return &packed
}

// stackMember matches the member stack of an error: its first line, then the
// rest from the first escaped line end on.
var stackMember = regexp.MustCompile(`("stack":"(?:[^"\\]|\\[^rn"]|\\")*?)\\[rn](?:[^"\\]|\\.)*"`)

// cutStack cuts the text of the member stack after its first line and leaves
// every other byte of body as it is.
func cutStack(body string) string { return stackMember.ReplaceAllString(body, `$1"`) }
