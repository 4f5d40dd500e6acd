package redisdedup_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/adapters/internal/portal"
	"github.com/docspace-go/webhooks/adapters/internal/services"
)

// The size of the load.
const (
	events     = 10_000
	duplicates = events * 3 / 10
	senders    = 32
	attempts   = 40
)

// TestLoad fires deliveries at a receiver while its handlers crash, its process
// is killed and replaced, and Redis is killed and comes back. A Redis that
// forgets everything then has events handled twice, which the second row shows;
// it loses none either.
func TestLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("a load of some ten seconds, not with -short")
	}
	rows := &table{}
	rows.add("redis", "events", "duplicates", "requests", "crashes", "204", "200", "500", "503", "no answer", "effects", "lost", "doubled", "cut off", "seconds")
	for _, persists := range []bool{true, false} {
		sum := loadOnce(t, persists, rows)
		if sum.lost != 0 || persists && (sum.once != events || sum.doubled != 0) {
			t.Errorf("persistent: %v; %+v", persists, sum)
		}
	}
	t.Logf("%d senders; the receiver's process and Redis are killed once each\n%s", senders, rows)
}

// loadOnce adds a row to the table.
func loadOnce(t *testing.T, persists bool, rows *table) tally {
	server := services.OwnRedis(t, persists)
	addr := services.FreeAddr(t)
	file := filepath.Join(t.TempDir(), "ledger")
	first := startWorker(t, addr, server.Addr, file)
	second := first
	defer func() { second.kill() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	start := time.Now()
	l := load{url: "http://" + addr, faults: map[int64]func(){
		(events + duplicates) / 3: func() {
			first.kill()
			second = startWorker(t, addr, server.Addr, file)
		},
		(events + duplicates) * 2 / 3: func() {
			server.Kill()
			time.Sleep(300 * time.Millisecond)
			server.Start()
		},
	}}
	l.run(ctx)
	took := time.Since(start)

	book := readLedger(t, file)
	sum := book.tally(events, first.cmd.Process.Pid)
	kind := map[bool]string{true: "persistent", false: "forgetful"}[persists]
	rows.add(kind, events, duplicates, l.requests.Load(), book.crashes, l.answer(204), l.answer(200), l.answer(500), l.answer(503), l.answer(0),
		sum.once+sum.doubled, sum.lost, sum.doubled, sum.cutOff, fmt.Sprintf("%.1f", took.Seconds()))
	if n := l.unanswered.Load(); n != 0 {
		t.Errorf("%d deliveries were given up", n)
	}
	if book.crashes == 0 || l.answer(200) == 0 || l.answer(503) == 0 || l.answer(0) == 0 {
		t.Error("nothing went wrong, so nothing is shown")
	}
	return sum
}

// load is a portal with many events at once, and more patience than most.
type load struct {
	url string
	// faults are what happens once so many deliveries are through.
	faults map[int64]func()

	requests, through, unanswered atomic.Int64
	answers                       [600]atomic.Int64
}

func (l *load) answer(status int) int64 { return l.answers[status].Load() }

func (l *load) run(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	queue := make(chan delivery)
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for d := range queue {
				if !l.deliver(ctx, client, d) {
					l.unanswered.Add(1)
				}
				if fault := l.faults[l.through.Add(1)]; fault != nil {
					fault()
				}
			}
		})
	}
	for _, d := range plan() {
		queue <- d
	}
	close(queue)
	wg.Wait()
}

// deliver sends one delivery until it is answered with a success, at intervals
// that double, as the portal's do.
func (l *load) deliver(ctx context.Context, client *http.Client, d delivery) bool {
	interval := 10 * time.Millisecond
	for attempt := d.attempt; attempt < attempts && ctx.Err() == nil; attempt++ {
		l.requests.Add(1)
		status, err := portal.Post(ctx, client, l.url, portal.Body(d.id, "file.created", attempt))
		if err != nil {
			status = 0
		}
		l.answers[status].Add(1)
		if status/100 == 2 {
			return true
		}
		time.Sleep(interval)
		interval = min(2*interval, 320*time.Millisecond)
	}
	return false
}

type delivery struct {
	id      int64
	attempt int // a repetition has another body than the first
}

// plan is the order of deliveries: every event, some of them twice, one half of
// those at once and the other later, all reordered within a stretch.
func plan() []delivery {
	random := rand.New(rand.NewPCG(1, 2))
	type placed struct {
		delivery
		at int
	}
	all := make([]placed, 0, events+duplicates)
	for i, id := range random.Perm(events) {
		at := 10*id + random.IntN(500)
		all = append(all, placed{delivery{int64(id + 1), 0}, at})
		if i >= duplicates {
			continue
		}
		if i%2 == 1 {
			at += random.IntN(20_000)
		}
		all = append(all, placed{delivery{int64(id + 1), 1}, at})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	deliveries := make([]delivery, len(all))
	for i, p := range all {
		deliveries[i] = p.delivery
	}
	return deliveries
}

// table lays out figures under their names.
type table struct{ strings.Builder }

func (t *table) add(cells ...any) {
	for i, cell := range cells {
		width := 10
		if i == 0 {
			width = -width
		}
		fmt.Fprintf(t, "  %*v", width, cell)
	}
	t.WriteString("\n")
}
