// Package portal sends deliveries as a DocSpace portal does, for the tests of
// this module.
package portal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/docspace-go/webhooks/receiver"
)

// Secret is what every delivery is signed with.
const Secret = "only-for-tests"

// Host is the portal's name.
const Host = "portal.example"

// Body is a delivery of an event: the bytes differ from attempt to attempt, and
// are such as a broker could change: escapes, a number that is not written
// shortest, a member that is there twice, bytes above ASCII, space at the end.
func Body(id int64, trigger string, attempt int) []byte {
	retry := ""
	if attempt > 0 {
		retry = fmt.Sprintf(`,"retryCount":%d`, attempt)
	}
	return fmt.Appendf(nil, `{"event":{"id":%d,"createOn":"2026-09-17T10:22:56Z","trigger":%q,"triggerId":128},`+
		`"payload":{"id":%d,"title":"S\u00F6hne \u0026 \u0000 Söhne.docx","size":1.50e+2,"size":1.50e+2},`+
		`"webhook":{"id":7,"name":"ci"%s}} `+"\n", id, trigger, id, retry)
}

// Post sends a signed body and returns the status of the answer.
func Post(ctx context.Context, client *http.Client, url string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set(receiver.SignatureHeader, receiver.Sign(body, Secret))
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
