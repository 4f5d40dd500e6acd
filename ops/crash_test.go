package ops_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/gen"
	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/ops"
	"github.com/docspace-go/webhooks/portal"
)

// tally is what schedules led to.
type tally struct{ schedules, crashes, faults, failed, retried, doubled, lost, unclear int }

func (a *tally) add(b tally) {
	a.schedules += b.schedules
	a.crashes += b.crashes
	a.faults += b.faults
	a.failed += b.failed
	a.retried += b.retried
	a.doubled += b.doubled
	a.lost += b.lost
	a.unclear += b.unclear
}

var errCrash = errors.New("crash")

// crashing ends a run at a step that is drawn: before or after a request or an
// entry of the journal. It loses answers besides.
type crashing struct {
	*rand.Rand
	http.RoundTripper
	cancel context.CancelFunc

	mu      sync.Mutex
	left    int // steps until the crash; negative: none
	crashes int
}

func (c *crashing) step() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left--
	if c.left != 0 {
		return false
	}
	c.crashes++
	c.cancel()
	return true
}

func (c *crashing) arm(steps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = steps
}

func (c *crashing) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.step() {
		return nil, errCrash
	}
	send := c.RoundTripper.RoundTrip
	if r.Method == http.MethodPut {
		send = c.sendBatch
	}
	response, err := send(r)
	if c.step() {
		return nil, errCrash
	}
	return response, err
}

// sendBatch lets the portal do now and then only the first part of a batch, or
// all of it after the client has given up.
func (c *crashing) sendBatch(r *http.Request) (*http.Response, error) {
	var body gen.RetryDeliveriesRequest
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	draw := c.IntN(8)
	if draw == 0 {
		body.IDs = body.IDs[:c.IntN(len(body.IDs)+1)]
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	if draw == 1 {
		ctx = context.WithoutCancel(ctx)
	}
	r = r.Clone(ctx)
	r.Body = io.NopCloser(bytes.NewReader(text))
	if draw > 1 {
		return c.RoundTripper.RoundTrip(r)
	}
	unheard := func(wait time.Duration) {
		time.Sleep(wait)
		if response, err := c.RoundTripper.RoundTrip(r); err == nil {
			_ = response.Body.Close()
		}
	}
	if draw == 0 {
		unheard(0)
	} else {
		go unheard(ops.DefaultSettle - 5*time.Second)
	}
	return nil, io.ErrUnexpectedEOF
}

func (c *crashing) journal(m *memory) {
	m.fail = func(int) (before, after error) {
		if c.step() {
			return errCrash, nil
		}
		if c.step() {
			return nil, errCrash
		}
		return nil, nil
	}
}

// history makes a log full of failures: chains, twins, successes, rows that wait.
// It returns how often each event is still to be delivered.
func makeHistory(t *testing.T, w *world, r *rand.Rand) map[string]int {
	owed := map[string]int{}
	events := 1 + r.IntN(12)
	for i := range events {
		title := fmt.Sprint("event ", i)
		w.receiver.set([]func(*http.Request) (int, error){always(503), always(404), always(302), always(200)}[r.IntN(4)])
		twins := 1
		if r.IntN(6) == 0 {
			twins = 2
		}
		trigger := []api.Triggers{api.FileCreated, api.FileUpdated, api.FileCopied}[r.IntN(3)]
		var ids []api.DeliveryID
		for range twins {
			ids = append(ids, w.emit(t, trigger, title))
		}
		time.Sleep(longEnough)
		owed[title] = twins - w.receiver.successes(title)
		if owed[title] > 0 && r.IntN(3) == 0 { // somebody retried by hand
			w.receiver.set([]func(*http.Request) (int, error){always(500), always(200)}[r.IntN(2)])
			if _, err := w.client.RetryDelivery(t.Context(), ids[0]); err != nil {
				t.Fatal(err)
			}
			time.Sleep(longEnough)
			owed[title] = twins - w.receiver.successes(title)
		}
	}
	return owed
}

// addFaults makes some calls go wrong, with and without effect.
func addFaults(t *testing.T, w *world, r *rand.Rand) int {
	n := r.IntN(3)
	for range n {
		f := portal.Fault{
			Operation: []string{"retryWebhooks", "retryWebhooks", "getWebhooksLogs"}[r.IntN(3)],
			Kind:      []portal.FaultKind{portal.FaultDrop, portal.FaultCut, portal.FaultStatus, portal.FaultHTML, portal.FaultLimit}[r.IntN(5)],
			Times:     1, Skip: r.IntN(3),
		}
		f.Done = f.Kind != portal.FaultLimit && r.IntN(2) == 0
		if err := w.AddFaults(f); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// schedule runs a job to its end, through crashes and faults, and counts what
// the receiver got.
func schedule(t *testing.T, seed uint64, job func(*testing.T, *world, *crashing, *memory) (ops.RetryReport, error)) tally {
	r := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t,
		portal.WithGeneration([]portal.Generation{portal.V3_1, portal.V3_2, portal.V3_6, portal.V3_7}[r.IntN(4)]),
		portal.WithDatabase([]portal.Database{portal.MySQL, portal.PostgreSQL}[r.IntN(2)]),
		portal.WithTimeZone([]string{"UTC", "Europe/Berlin", "America/New_York"}[r.IntN(3)]))
	owed := makeHistory(t, w, r)
	before := len(w.Log())
	had := map[string]int{}
	for title := range owed {
		had[title] = w.receiver.successes(title)
	}
	w.receiver.set(always(200))
	result := tally{schedules: 1, faults: addFaults(t, w, r)}

	journal := &memory{}
	crash := &crashing{Rand: r, RoundTripper: httpfake.Transport{Handler: w.Portal}}
	var report ops.RetryReport
	for try := 0; ; try++ {
		if try > 20 {
			t.Fatalf("seed %d: the job does not come to its end", seed)
		}
		crash.arm(-1)
		if try < 4 && r.IntN(3) > 0 {
			crash.arm(1 + r.IntN(24))
		}
		var err error
		if report, err = job(t, w, crash, journal); err == nil {
			break
		}
		if r.IntN(2) == 0 { // else run again at once
			time.Sleep(time.Duration(r.IntN(60)) * time.Second)
		}
	}
	result.crashes = crash.crashes
	time.Sleep(time.Hour)
	for title, n := range owed {
		result.failed += n
		got := w.receiver.successes(title) - had[title]
		result.retried += min(got, n)
		result.doubled += max(got-n, 0)
		result.lost += max(n-got, 0)
	}
	result.unclear = report.Count(ops.Unclear)
	if rows := len(w.Log()) - before; rows != result.retried+result.doubled {
		t.Errorf("seed %d: %d new rows, but %d deliveries", seed, rows, result.retried+result.doubled)
	}
	return result
}

func retryJob(t *testing.T, w *world, crash *crashing, journal *memory) (ops.RetryReport, error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	crash.cancel = cancel
	crash.journal(journal)
	return ops.RetryFailed(ctx, w.as(t, portal.Owner, crash), api.DeliveryFilter{},
		ops.WithJournal(journal), ops.BatchSize(1+crash.IntN(5)), ops.AwaitOutcomes(20*time.Minute))
}

// plainJob is the loop that comes to mind first: everything that failed, again.
func plainJob(t *testing.T, w *world, crash *crashing, _ *memory) (ops.RetryReport, error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	crash.cancel = cancel
	client := w.as(t, portal.Owner, crash)
	page, err := client.ListDeliveries(ctx, api.DeliveryFilter{Status: api.Failed})
	for len(page.Deliveries) > 0 && err == nil {
		batch := page.Deliveries[:min(5, len(page.Deliveries))]
		page.Deliveries = page.Deliveries[len(batch):]
		var ids []api.DeliveryID
		for _, d := range batch {
			ids = append(ids, d.ID)
		}
		_, err = client.RetryDeliveries(ctx, ids)
	}
	return ops.RetryReport{}, err
}

// Each failed delivery is delivered again once, or reported as unclear, whatever
// crashes at whatever step.
func TestRetryFailedCrashes(t *testing.T) {
	t.Parallel()
	schedules := 200
	if testing.Short() {
		schedules = 40
	}
	var lines []string
	for _, job := range []struct {
		name string
		run  func(*testing.T, *world, *crashing, *memory) (ops.RetryReport, error)
	}{{"plain loop", plainJob}, {"RetryFailed", retryJob}} {
		var sum tally
		for seed := range uint64(schedules) {
			synctest.Test(t, func(t *testing.T) {
				one := schedule(t, seed, job.run)
				if job.name == "RetryFailed" && (one.doubled > 0 || one.lost > one.unclear) {
					t.Errorf("seed %d: %+v", seed, one)
				}
				sum.add(one)
			})
		}
		lines = append(lines, fmt.Sprintf("%-12s%10d%9d%8d%8d%9d%9d%6d%9d",
			job.name, sum.schedules, sum.crashes, sum.faults, sum.failed, sum.retried, sum.doubled, sum.lost, sum.unclear))
	}
	t.Logf("\n%-12s%10s%9s%8s%8s%9s%9s%6s%9s\n%s", "", "schedules", "crashes", "faults", "failed", "retried", "doubled", "lost", "unclear", strings.Join(lines, "\n"))
}
