package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/ops"
	"github.com/docspace-go/webhooks/portal"
)

// receiver answers deliveries as answer says, and HEAD with 200.
type receiver struct {
	mu     sync.Mutex
	answer func(*http.Request) (int, error)
	got    map[string]int // successes by payload.title
}

func (r *receiver) set(answer func(*http.Request) (int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// successes returns how often what has that title was delivered.
func (r *receiver) successes(title string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got[title]
}

func always(status int) func(*http.Request) (int, error) {
	return func(*http.Request) (int, error) { return status, nil }
}

func refusing(*http.Request) (int, error) { return 0, errors.New("connection refused") }

func (r *receiver) RoundTrip(q *http.Request) (*http.Response, error) {
	status := http.StatusOK
	if q.Method == http.MethodPost {
		var body struct {
			Payload struct {
				Title string `json:"title"`
			} `json:"payload"`
		}
		if err := json.NewDecoder(q.Body).Decode(&body); err != nil {
			return nil, err
		}
		r.mu.Lock()
		answer := r.answer
		r.mu.Unlock()
		var err error
		if status, err = answer(q); err != nil {
			return nil, err
		}
		if status < 300 {
			r.mu.Lock()
			r.got[body.Payload.Title]++
			r.mu.Unlock()
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: q, ProtoMajor: 1, ProtoMinor: 1}, nil
}

func public(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("203.0.113.7")}, nil
}

// world is a portal with its receivers, in one process.
type world struct {
	*portal.Portal
	receiver *receiver
	client   *api.Client // the owner's
}

// hooks are the webhooks of a world: 1 and 2 are the owner's, 3 a room admin's.
func newWorld(t testing.TB, opts ...portal.Option) *world {
	t.Helper()
	seed := portal.DefaultSeed()
	for i, by := range []portal.Role{portal.Owner, portal.Owner, portal.RoomAdmin} {
		seed.Webhooks = append(seed.Webhooks, portal.Webhook{
			Name: fmt.Sprint("hook ", i+1), URL: fmt.Sprint("https://hooks.example.com/", i+1), Secret: "test-secret-1",
			TLS: true, CreatedBy: seed.User(by).ID, Triggers: []api.Triggers{api.FileCreated, api.FileUpdated, api.FileCopied}[i],
		})
	}
	w := &world{receiver: &receiver{answer: always(http.StatusOK), got: map[string]int{}}}
	p, err := portal.New(append([]portal.Option{
		portal.WithSeed(seed), portal.WithTransport(w.receiver), portal.WithResolver(public),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	w.Portal = p
	w.client = w.as(t, portal.Owner, httpfake.Transport{Handler: p})
	return w
}

// as returns a client of a user of that role that reaches the portal by rt.
func (w *world) as(t testing.TB, role portal.Role, rt http.RoundTripper) *api.Client {
	t.Helper()
	c, err := api.New("https://acme.example.com",
		api.WithSessionToken(w.Seed().User(role).Token), api.WithHTTPClient(&http.Client{Transport: rt}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// emit makes an event with a payload of that title.
func (w *world) emit(t testing.TB, trigger api.Triggers, title string) api.DeliveryID {
	t.Helper()
	ids, err := w.Emit(t.Context(), portal.Event{Trigger: trigger, Payload: json.RawMessage(fmt.Sprintf(`{"id":7,"title":%q}`, title))})
	if err != nil || len(ids) != 1 {
		t.Fatalf("Emit = %v, %v", ids, err)
	}
	return ids[0]
}

// memory is a journal that survives a run.
type memory struct {
	entries []ops.JournalEntry
	fail    func(appended int) (before, after error) // of the entry to be appended
}

func (m *memory) Load(context.Context) ([]ops.JournalEntry, error) { return m.entries, nil }

func (m *memory) Append(_ context.Context, e ops.JournalEntry) error {
	var before, after error
	if m.fail != nil {
		before, after = m.fail(len(m.entries))
	}
	if before != nil {
		return before
	}
	m.entries = append(m.entries, e)
	return after
}

// stopped returns the *ops.StoppedError that a run must have ended with.
func stopped(t testing.TB, err error) *ops.StoppedError {
	t.Helper()
	e, ok := errors.AsType[*ops.StoppedError](err)
	if !ok {
		t.Fatalf("got %T %v, want an *ops.StoppedError", err, err)
	}
	return e
}

// states lists a report: "1:redelivered→4 2:planned".
func states(r ops.RetryReport) string {
	var parts []string
	for _, one := range r.Retries {
		text := fmt.Sprintf("%s:%s", one.Delivery, one.State)
		if one.New != 0 {
			text += fmt.Sprintf("→%s", one.New)
		}
		if one.By != 0 {
			text += fmt.Sprintf(" by %s", one.By)
		}
		if one.Guessed {
			text += "?"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
