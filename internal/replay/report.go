package replay

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/receiver"
	"github.com/docspace-go/webhooks/wire"
)

// excuses are the differences that are none of the portal's, by the entry's
// kind and the beginning of the case's name.
var excuses = []struct{ kind, prefix, says, reason string }{
	{"exchange", "", heapOrder, "PostgreSQL lists webhooks, and files the deliveries of one event, in the order of the table's pages: " +
		"updates reuse places that pruning and vacuum have freed, which depends on the sizes of rows and on when vacuum ran. The items are equal"},
	{"exchange", "getTenantWebhooks.", tiedRows, "the list shows the status of a row without delivery, and of several such rows PostgreSQL takes the first in the table's pages"},
}

// tiedRows is said of a list that shows the status of another undelivered row.
const tiedRows = "the status of another row that was not delivered"

// heapOrder is said of an answer that differs in the order of its items only.
const heapOrder = "the same items in another order"

func (r *replay) differ(e *entry, what string) { r.judge(e, []string{what}) }

// judge counts an entry by what was found.
func (r *replay) judge(e *entry, found []string) {
	if len(found) == 0 {
		r.same++
		return
	}
	all := strings.Join(found, "\n      ")
	for _, x := range excuses {
		if x.kind == e.Kind && strings.HasPrefix(e.ID, x.prefix) && strings.Contains(all, x.says) {
			r.excused++
			return
		}
	}
	name := e.ID
	if e.Request != nil {
		name += " " + e.Request.Method + " " + e.Request.Target
	}
	if e.Trigger != "" {
		name += " " + e.Trigger
	}
	r.different = append(r.different, fmt.Sprintf("%d (%.3f s) %s %s\n      %s", e.N, e.T, e.Kind, name, all))
}

// receivedKey tells requests to receivers apart, whatever their order.
func (r *replay) receivedKey(port int, method, target, body string, recorded bool) string {
	key := receiverKey(port, method, target)
	if m := eventForm.FindStringSubmatch(body); m != nil {
		id := m[1]
		if recorded {
			n := 0
			_, _ = fmt.Sscan(id, &n)
			id = r.ids.row(n)
		}
		key += " of " + id
	}
	return key
}

// compareReceived compares what reached the receivers. Of requests that are
// alike the first recorded is compared with the first that came.
func (r *replay) compareReceived() {
	got := make(map[string][]reception)
	for _, g := range r.receivers.got {
		key := r.receivedKey(g.port, g.method, g.target, g.body, false)
		got[key] = append(got[key], g)
	}
	for i := range r.entries {
		e := &r.entries[i]
		if e.Kind != "received" {
			continue
		}
		body := text(e.Request.Body, e.Request.BodyBase64)
		key := r.receivedKey(e.Port, e.Request.Method, e.Request.Target, body, true)
		if len(got[key]) == 0 {
			r.differ(e, "never came")
			continue
		}
		g := got[key][0]
		got[key] = got[key][1:]
		r.judge(e, r.compareReception(e, body, g))
	}
	for key, rest := range got {
		for range rest {
			r.different = append(r.different, "received too much: "+key)
		}
	}
}

func (r *replay) compareReception(e *entry, body string, g reception) []string {
	c := &comparison{ids: r.ids}
	var want, have []string
	for _, h := range e.Request.Headers {
		want = append(want, h[0])
	}
	have = append(have, "Host")
	for name := range g.header {
		if name != "User-Agent" { // an empty one keeps Go from sending its own
			have = append(have, name)
		}
	}
	if g.body != "" {
		have = append(have, "Content-Length")
	}
	for _, list := range []*[]string{&want, &have} {
		*list = slices.DeleteFunc(*list, func(name string) bool { return name == "Cookie" })
		slices.Sort(*list)
	}
	if !slices.Equal(want, have) {
		c.differ("headers", fmt.Sprint(want), fmt.Sprint(have))
	}
	c.body(body, g.body)
	if g.method == http.MethodPost {
		recorded := e.Request.header(wire.SignatureHeader)
		if secret, ok := r.secretOf(recorded, body); !ok || httpfake.Signature(g.header) != receiver.Sign([]byte(g.body), secret) {
			c.differ("signature", "one by the same secret as "+recorded, httpfake.Signature(g.header))
		}
	}
	return c.diff
}

// secretOf finds the secret that a recorded delivery was signed with, among
// those that requests of the transcript set.
func (r *replay) secretOf(signed, body string) (string, bool) {
	for secret := range r.secrets {
		if signed == receiver.Sign([]byte(body), secret) {
			return secret, true
		}
	}
	return "", false
}

func (r *replay) report(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: replayed %d: %d same, %d different, %d excused (%d held back)", t.Name(), r.same+len(r.different)+r.excused, r.same, len(r.different), r.excused, r.held)
	for _, d := range r.different {
		b.WriteString("\n   " + d)
	}
	b.WriteByte('\n')
	_, _ = os.Stdout.WriteString(b.String())
	if len(r.different) > 0 {
		t.Errorf("%d different", len(r.different))
	}
}
