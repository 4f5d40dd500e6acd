package ops

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// Which new row repeats which old one, with unknown and foreign ids mixed in.
// The truth is in the portal's log: a row that it made names its payload.
func TestMatch(t *testing.T) {
	t.Parallel()
	var guessed, certain int
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		attempted := r.IntN(4) > 0 // else as queued, or filed by a server of 3.0: no event.id names the row
		p, client, texts := logOf(t, r, attempted)
		var batch []*row
		var ids []api.DeliveryID
		for _, i := range r.Perm(len(texts))[:1+r.IntN(len(texts))] {
			id := api.DeliveryID(i + 1)
			ids = append(ids, id)
			batch = append(batch, &row{id: id, content: readContent(texts[i])})
		}
		for range r.IntN(3) {
			id := api.DeliveryID(1000 + len(ids))
			at := r.IntN(len(ids) + 1)
			ids = append(ids[:at:at], append([]api.DeliveryID{id}, ids[at:]...)...)
			batch = append(batch[:at:at], append([]*row{{id: id, content: readContent("unknown")}}, batch[at:]...)...)
		}
		before := len(p.Log())
		queued, err := client.RetryDeliveries(t.Context(), ids)
		if err != nil && !errors.Is(err, api.ErrNotApplied) {
			t.Fatal(err)
		}
		pairs, passed := match(batch, queued)
		if len(pairs) != len(queued) || len(pairs)+len(passed) != len(ids) {
			t.Errorf("seed %d: %d pairs and %d passed of %d, with %d answers", seed, len(pairs), len(passed), len(ids), len(queued))
		}
		made := p.Log()[before:]
		truth := map[api.DeliveryID]api.DeliveryID{} // new to old: the portal goes in order
		for _, id := range ids {
			if int(id) <= len(texts) && id%5 != 0 { // every fifth is another's
				truth[made[len(truth)].ID] = id
			}
		}
		for _, pair := range pairs {
			switch {
			case pair.Guessed:
				guessed++
			case truth[pair.New] != pair.Old:
				t.Errorf("seed %d: %d is said to repeat %d, but repeats %d", seed, pair.New, pair.Old, truth[pair.New])
			default:
				certain++
			}
		}
	}
	t.Logf("%d certain, %d guessed", certain, guessed)
	if certain == 0 || guessed == 0 {
		t.Error("a case does not come up")
	}
}

// logOf returns a portal with some failed rows, every fifth of which is the
// owner's, and a room admin as its client. Some rows tell the same.
func logOf(t *testing.T, r *rand.Rand, attempted bool) (*portal.Portal, *api.Client, []string) {
	t.Helper()
	seed := portal.DefaultSeed()
	for i, role := range []portal.Role{portal.RoomAdmin, portal.Owner} {
		seed.Webhooks = append(seed.Webhooks, portal.Webhook{ID: api.WebhookID(i + 1), Name: "n", URL: "https://hooks.example.com", CreatedBy: seed.User(role).ID, Disabled: true})
	}
	var texts []string
	for i := range 6 + r.IntN(20) {
		hook, named := 1, ""
		if (i+1)%5 == 0 {
			hook = 2
		}
		if attempted {
			named = fmt.Sprintf(`"id":%d,`, i+1)
		}
		texts = append(texts, fmt.Sprintf(`{"event":{%s"createOn":"2026-01-01T00:00:00Z"},"payload":{"id":%d},"webhook":{"id":%d}}`, named, r.IntN(8), hook))
		seed.Log = append(seed.Log, portal.LogRow{ID: api.DeliveryID(i + 1), Webhook: api.WebhookID(hook), Status: 500, RequestPayload: texts[i]})
	}
	p, err := portal.New(portal.WithSeed(seed), portal.WithTransport(nowhere{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	client, err := api.New("https://acme.example.com",
		api.WithSessionToken(seed.User(portal.RoomAdmin).Token), api.WithHTTPClient(&http.Client{Transport: direct{p}}))
	if err != nil {
		t.Fatal(err)
	}
	return p, client, texts
}

type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.EOF }

// direct calls a handler.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}
