package api_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
)

// A movingLog is a portal whose log changes between the requests of a walk.
type movingLog struct {
	*portal.Portal
	seed   portal.Seed
	client *api.Client
	filter api.DeliveryFilter
	opts   []api.WalkOption

	mu     sync.Mutex
	rand   *rand.Rand
	stayed map[api.DeliveryID]bool // rows that have matched since the walk began
}

const movingURL = "https://hooks.example.com/"

func newMovingLog(t *testing.T, seed uint64, filter api.DeliveryFilter) *movingLog {
	t.Helper()
	m := &movingLog{rand: rand.New(rand.NewPCG(seed, 0)), filter: filter, seed: portal.DefaultSeed()}
	var way httpfake.Transport
	m.Portal, way = embedded(t, m.seed, portal.WithPollInterval(time.Hour))
	m.client = reaching(t, m.seed, trip(func(r *http.Request) (*http.Response, error) {
		m.change()
		return way.RoundTrip(r)
	}))
	return m
}

// begin fills the log anew.
func (m *movingLog) begin(t *testing.T) {
	t.Helper()
	s := m.seed
	s.Webhooks, s.Log = nil, nil
	for i := range 4 {
		s.Webhooks = append(s.Webhooks, portal.Webhook{
			ID: api.WebhookID(i + 1), Name: fmt.Sprint(i), URL: movingURL + fmt.Sprint(i), Secret: "test-secret-1", Triggers: api.FileCreated | api.FileMoved,
		})
	}
	at := time.Date(2026, 11, 24, 22, 0, 0, 0, time.UTC)
	for i := range m.rand.IntN(40) {
		s.Log = append(s.Log, portal.LogRow{
			ID: api.DeliveryID(i*3 + 1), Webhook: api.WebhookID(1 + m.rand.IntN(4)), CreatedOn: at, RequestPayload: "{}",
			Trigger: []api.Triggers{api.FileCreated, api.FileMoved}[m.rand.IntN(2)], Status: []int{0, 200, 404}[m.rand.IntN(3)],
		})
	}
	if err := m.Reset(s); err != nil {
		t.Fatal(err)
	}
	m.stayed = m.matching()
}

// matching returns the rows that match now.
func (m *movingLog) matching() map[api.DeliveryID]bool {
	urls := map[api.WebhookID]string{}
	for _, w := range m.Webhooks() {
		urls[w.ID] = w.URL
	}
	ids := map[api.DeliveryID]bool{}
	for _, row := range m.Log() {
		failed := row.Status >= 300
		if (m.filter.Trigger == 0 || m.filter.Trigger.Has(row.Trigger)) && (m.filter.Status == 0 || failed) &&
			(m.filter.URL == "" || m.filter.URL == urls[row.Webhook]) {
			ids[row.ID] = true
		}
	}
	return ids
}

// change makes events happen, removes the rows of a webhook and moves webhooks
// away and back, or does nothing.
func (m *movingLog) change() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.rand.IntN(2) == 0 {
		hook := api.WebhookID(1 + m.rand.IntN(4))
		switch m.rand.IntN(4) {
		case 0:
			m.ForgetLog(hook)
		case 1:
			_ = m.ChangeWebhook(hook, func(w *portal.Webhook) {
				w.URL = movingURL + []string{"1", "elsewhere"}[m.rand.IntN(2)]
			})
		default:
			for range 1 + m.rand.IntN(3) {
				_, _ = m.Emit(context.Background(), portal.Event{Trigger: []api.Triggers{api.FileCreated, api.FileMoved}[m.rand.IntN(2)], Payload: []byte("{}")})
			}
		}
	}
	now := m.matching()
	for id := range m.stayed {
		if !now[id] {
			delete(m.stayed, id)
		}
	}
}

// walkResult counts what went wrong.
type walkResult struct{ rows, twice, lost, disordered int }

func (m *movingLog) judge(got []api.DeliveryID) walkResult {
	r := walkResult{rows: len(got)}
	seen := map[api.DeliveryID]bool{}
	for i, id := range got {
		if seen[id] {
			r.twice++
		}
		if i > 0 && id > got[i-1] {
			r.disordered++
		}
		seen[id] = true
	}
	for id := range m.stayed {
		if !seen[id] {
			r.lost++
		}
	}
	return r
}

func (r *walkResult) add(other walkResult) {
	r.rows += other.rows
	r.twice += other.twice
	r.lost += other.lost
	r.disordered += other.disordered
}

// plainLoop is what one writes first.
func plainLoop(t *testing.T, m *movingLog) []api.DeliveryID {
	t.Helper()
	var ids []api.DeliveryID
	f := m.filter
	for {
		page, err := m.client.ListDeliveries(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Deliveries {
			ids = append(ids, d.ID)
		}
		if len(page.Deliveries) < f.Limit {
			return ids
		}
		f.Offset += f.Limit
	}
}

func walked(t *testing.T, m *movingLog) []api.DeliveryID {
	t.Helper()
	var ids []api.DeliveryID
	for d, err := range m.client.Deliveries(t.Context(), m.filter, m.opts...) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
	}
	return ids
}

// slow is set under the race detector.
var slow bool

// However the log changes between pages, a walk yields no row twice and loses
// none that was there all the time. The plain loop does both, so the schedules
// are bad enough.
func TestWalkIsExact(t *testing.T) {
	t.Parallel()
	schedules := 2000 // of each filter, 10,000 in all
	if testing.Short() || slow {
		schedules = 200
	}
	for name, filter := range map[string]api.DeliveryFilter{
		"everything":     {Limit: 5},
		"one URL":        {Limit: 4, URL: movingURL + "1"},
		"failures":       {Limit: 2, Status: api.Failed},
		"several events": {Limit: 3, Trigger: api.FileCreated | api.FileMoved},
		"three ahead":    {Limit: 3},
		"the plain loop": {Limit: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMovingLog(t, 1, filter)
			read := walked
			switch name {
			case "the plain loop":
				read = plainLoop
			case "three ahead":
				m.opts = []api.WalkOption{api.LookAhead(3)}
			}
			var sum walkResult
			for range schedules {
				m.begin(t)
				sum.add(m.judge(read(t, m)))
			}
			t.Logf("%d schedules: %d rows, %d twice, %d lost, %d out of order", schedules, sum.rows, sum.twice, sum.lost, sum.disordered)
			clean := sum.twice == 0 && sum.lost == 0 && sum.disordered == 0
			if name == "the plain loop" {
				if sum.twice == 0 || sum.lost == 0 {
					t.Error("the plain loop went well, so the schedules prove nothing")
				}
			} else if !clean || sum.rows == 0 {
				t.Errorf("%+v", sum)
			}
		})
	}
}
