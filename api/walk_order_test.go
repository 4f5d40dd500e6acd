package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// longLog is a seed with n rows, of hook 1 and, where other says so, of hook 2.
func longLog(n int, other func(i int) bool) portal.Seed {
	s := portal.DefaultSeed()
	for id := range 2 {
		s.Webhooks = append(s.Webhooks, portal.Webhook{
			ID: api.WebhookID(id + 1), Name: fmt.Sprint(id), URL: movingURL + fmt.Sprint(id), Secret: "test-secret-1", Triggers: api.FileCreated | api.FileMoved | api.RoomCreated,
		})
	}
	at := time.Date(2026, 11, 24, 22, 0, 0, 0, time.UTC)
	for i := range n {
		row := portal.LogRow{ID: api.DeliveryID(i + 1), Webhook: 1, CreatedOn: at, RequestPayload: "{}", Trigger: []api.Triggers{api.FileCreated, api.FileMoved, api.RoomCreated}[i%3]}
		if other != nil && other(i) {
			row.Webhook = 2
		}
		s.Log = append(s.Log, row)
	}
	return s
}

func collect(t *testing.T, rows iter.Seq2[api.Delivery, error]) []api.DeliveryID {
	t.Helper()
	var ids []api.DeliveryID
	for d, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
	}
	return ids
}

// descending returns from, from-1, … 1.
func descending(from int) []api.DeliveryID {
	var ids []api.DeliveryID
	for i := from; i > 0; i-- {
		ids = append(ids, api.DeliveryID(i))
	}
	return ids
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 99, 100, 101, 198, 199, 200, 1000} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			seed := longLog(n, nil)
			_, way := embedded(t, seed)
			client := reaching(t, seed, way)
			newest := descending(n)
			oldest := slices.Clone(newest)
			slices.Reverse(oldest)
			for name, c := range map[string]struct {
				filter api.DeliveryFilter
				opts   []api.WalkOption
				want   []api.DeliveryID
			}{
				"newest first":          {api.DeliveryFilter{}, nil, newest},
				"oldest first":          {api.DeliveryFilter{}, []api.WalkOption{api.OldestFirst(), nil}, oldest},
				"merged":                {api.DeliveryFilter{Trigger: api.FileCreated | api.FileMoved | api.RoomCreated | api.UserCreated}, nil, newest},
				"merged, oldest first":  {api.DeliveryFilter{Trigger: api.FileCreated | api.FileMoved | api.RoomCreated}, []api.WalkOption{api.OldestFirst()}, oldest},
				"fields without the id": {api.DeliveryFilter{Fields: []api.DeliveryField{api.FieldStatus}}, nil, newest},
				"the shortest pages":    {api.DeliveryFilter{Limit: 1, Delivery: 1}, nil, newest[max(0, n-1):]},
			} {
				total := int64(-1)
				rows := client.Deliveries(t.Context(), c.filter, append(c.opts, api.OnTotal(func(n int64) { total = n }))...)
				for range 2 { // it starts again
					if got := collect(t, rows); !slices.Equal(got, c.want) {
						t.Errorf("%s: %v, want %v", name, got, c.want)
					}
					if int(total) != len(c.want) {
						t.Errorf("%s: a total of %d, want %d", name, total, len(c.want))
					}
				}
			}
		})
	}
}

func TestDeliveriesCopiesTheFilter(t *testing.T) {
	t.Parallel()
	client, s := answering(t, logPage(0))
	filter := api.DeliveryFilter{Fields: []api.DeliveryField{api.FieldStatus}}
	rows := client.Deliveries(t.Context(), filter)
	filter.Fields[0] = "stack"
	collect(t, rows)
	if target := s.last().target; !strings.HasSuffix(target, "fields=status,id") {
		t.Error(target)
	}
}

func TestDeliveriesRefuses(t *testing.T) {
	t.Parallel()
	client, s := answering(t, logPage(0))
	for field, f := range map[string]api.DeliveryFilter{
		"Offset": {Offset: 1}, "Limit": {Limit: 101}, "Webhook": {Webhook: -1}, "Fields": {Fields: []api.DeliveryField{"configs"}},
	} {
		n := 0
		for _, err := range client.Deliveries(t.Context(), f) {
			n++
			wantKinds(t, err, api.ErrValidation)
			if e := asError(t, err); len(e.Fields[field]) != 1 {
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d rounds", field, n)
		}
	}
	if asked := s.asked(); len(asked) > 0 {
		t.Errorf("sent %v", asked)
	}
}

// The place in the log is found again in a few requests, however many rows
// vanish before it or come.
func TestDeliveriesFindTheirPlace(t *testing.T) {
	t.Parallel()
	const rows = 5000
	for name, c := range map[string]struct {
		gone     func(i int) bool
		added    int
		requests int
	}{
		"nothing happens":            {nil, 0, rows/99 + 1},
		"newer rows vanish":          {func(i int) bool { return i > rows-300 }, 0, rows/99 + 10},
		"all rows before vanish":     {func(i int) bool { return i > 2500 }, 0, rows/99 + 20},
		"older rows vanish":          {func(i int) bool { return i < 2000 }, 0, rows/99 + 5},
		"every other row vanishes":   {func(i int) bool { return i%2 == 0 }, 0, rows/99 + 20},
		"rows come":                  {nil, 450, rows/99 + 10},
		"rows come and others leave": {func(i int) bool { return i%2 == 0 }, 450, rows/99 + 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := longLog(rows, c.gone)
			p, way := embedded(t, seed, portal.WithPollInterval(time.Hour))
			requests := 0
			client := reaching(t, seed, trip(func(r *http.Request) (*http.Response, error) {
				if requests++; requests == 26 {
					p.ForgetLog(2)
					for range c.added {
						_, _ = p.Emit(r.Context(), portal.Event{Trigger: api.RoomCreated, Payload: []byte("{}")})
					}
				}
				return way.RoundTrip(r)
			}))
			got := map[api.DeliveryID]bool{}
			for _, id := range collect(t, client.Deliveries(t.Context(), api.DeliveryFilter{Fields: []api.DeliveryField{api.FieldStatus}})) {
				if got[id] {
					t.Errorf("%d twice", id)
				}
				got[id] = true
			}
			for i := range rows {
				if stayed := c.gone == nil || !c.gone(i); stayed && !got[api.DeliveryID(i+1)] {
					t.Fatalf("row %d is lost", i+1)
				}
			}
			if requests > c.requests {
				t.Errorf("%d requests, want at most %d", requests, c.requests)
			}
			t.Log(requests, "requests")
		})
	}
}

// While the rows of a page are yielded the next one travels, and no more.
func TestDeliveriesLookAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent, ended atomic.Int32
		rows := func(from int) string {
			var list []string
			for i := from; i > from-100; i-- {
				list = append(list, strings.Replace(row106, "106", strconv.Itoa(i), 1))
			}
			return logPage(1000, list...)
		}
		client := through(t, func(r *http.Request) (*http.Response, error) {
			sent.Add(1)
			defer ended.Add(1)
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			offset, _ := strconv.Atoi(r.URL.Query().Get("startIndex"))
			return answer(r, 200, nil, strings.NewReader(rows(1000-offset))), nil
		})
		seen := 0
		start := time.Now()
		for _, err := range client.Deliveries(t.Context(), api.DeliveryFilter{}) {
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			seen++
			if sent.Load() != int32(2+(seen-1)/100) && seen < 100 {
				t.Fatalf("%d requests for row %d", sent.Load(), seen)
			}
			if seen%100 == 0 {
				time.Sleep(time.Second) // the work of the caller
			}
			if seen == 350 {
				break
			}
		}
		if d := time.Since(start); d != 5*time.Second { // of 4 pages and 3 s of work
			t.Errorf("took %s: the pages came one after the other", d)
		}
		if sent.Load() != ended.Load() {
			t.Errorf("%d of %d requests ended with the loop", ended.Load(), sent.Load())
		}
	})
}

func TestDeliveriesEndWithAnError(t *testing.T) {
	t.Parallel()
	ids := func(from int) string {
		var list []string
		for i := from; i > from-100; i-- {
			list = append(list, strings.Replace(row106, "106", strconv.Itoa(i), 1))
		}
		return logPage(1_000_000, list...)
	}
	next := 1_000_000
	for name, c := range map[string]struct {
		answer trip
		rows   int
		want   error
	}{
		"the same page for ever": {func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, nil, strings.NewReader(ids(1000))), nil
		}, 100, api.ErrUnexpectedAnswer},
		"oldest first": {func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, nil, strings.NewReader(logPage(2, row106, strings.Replace(row106, "106", "107", 1)))), nil
		}, 0, api.ErrUnexpectedAnswer},
		"a row twice": {func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, nil, strings.NewReader(logPage(2, row106, row106))), nil
		}, 0, api.ErrUnexpectedAnswer},
		"rows faster than they are read": {func(r *http.Request) (*http.Response, error) {
			next += 1000
			return answer(r, 200, nil, strings.NewReader(ids(next))), nil
		}, 100, api.ErrUnexpectedAnswer},
		"a second page that fails": {func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("startIndex") == "" {
				return answer(r, 200, nil, strings.NewReader(ids(1000))), nil
			}
			return answer(r, 403, nil, strings.NewReader("")), nil
		}, 100, api.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, failures := 0, 0
			for _, err := range through(t, c.answer).Deliveries(t.Context(), api.DeliveryFilter{}) {
				if err == nil {
					rows++
					continue
				}
				failures++
				wantKinds(t, err, c.want)
			}
			if rows != c.rows || failures != 1 {
				t.Errorf("%d rows, %d errors", rows, failures)
			}
		})
	}
}

// Leaving the loop or ending the context leaves nothing behind.
func TestDeliveriesEndWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		client := through(t, func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("startIndex") == "" {
				return answer(r, 200, nil, io.NopCloser(strings.NewReader(logPage(200, row106, strings.Replace(row106, "106", "105", 1))))), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		var last error
		for _, err := range client.Deliveries(ctx, api.DeliveryFilter{}) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Error(last)
		}
	})
}

// The server's time bounds hide what was not delivered; ArisenBetween does not,
// and goes by the corrected dates.
func TestDeliveriesArisenBetween(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, corrected := range []bool{false, true} {
		t.Run(fmt.Sprint("corrected: ", corrected), func(t *testing.T) {
			t.Parallel()
			seed := longLog(1000, nil)
			for i := range seed.Log {
				seed.Log[i].CreatedOn = start.Add(time.Duration(i) * time.Minute)
				if i%2 == 0 {
					seed.Log[i].Status, seed.Log[i].Delivery = 200, seed.Log[i].CreatedOn
				}
			}
			requests := 0
			_, way := embedded(t, seed, portal.WithTimeZone("Asia/Kolkata"))
			opts := []api.Option{}
			if corrected {
				opts = append(opts, api.WithCorrectedDates())
			}
			client := reaching(t, seed, trip(func(r *http.Request) (*http.Response, error) { requests++; return way.RoundTrip(r) }), opts...)
			at := func(row int) time.Time { return start.Add(time.Duration(row-1) * time.Minute) }
			for _, fields := range [][]api.DeliveryField{nil, {api.FieldStatus}} {
				for name, c := range map[string]struct {
					from, to  time.Time
					want      []api.DeliveryID
					requested int
				}{
					"both":     {at(700), at(800), descending(800)[:101], 6},
					"from":     {at(999), time.Time{}, descending(1000)[:2], 3},
					"to":       {time.Time{}, at(3), descending(3), 12},
					"neither":  {time.Time{}, time.Time{}, descending(1000), 12},
					"too late": {at(2000), time.Time{}, nil, 3},
				} {
					requests = 0
					got := collect(t, client.Deliveries(t.Context(), api.DeliveryFilter{Fields: fields}, api.ArisenBetween(c.from, c.to)))
					if !slices.Equal(got, c.want) || requests > c.requested {
						t.Errorf("%s: %d rows %v in %d requests, want %d rows in %d requests", name, len(got), got, requests, len(c.want), c.requested)
					}
				}
			}
			if got := collect(t, client.Deliveries(t.Context(), api.DeliveryFilter{DeliveredFrom: at(901)})); len(got) != 50 {
				t.Errorf("%d rows were delivered since", len(got))
			}
		})
	}
}

// Pages that fail for a while are asked for again.
func TestDeliveriesSurviveFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := longLog(1000, nil)
		p, way := embedded(t, seed, portal.WithPollInterval(time.Hour))
		for _, kind := range []portal.FaultKind{portal.FaultStatus, portal.FaultCut, portal.FaultDrop, portal.FaultHTML, portal.FaultLimit} {
			if err := p.AddFaults(portal.Fault{Operation: "getWebhooksLogs", Kind: kind, Skip: 1, Times: 1}); err != nil {
				t.Fatal(err)
			}
		}
		patient := api.WithRetry(api.RetryPolicy{Attempts: 6}) // all faults may meet one page
		if got := collect(t, reaching(t, seed, way, patient).Deliveries(t.Context(), api.DeliveryFilter{}, api.LookAhead(3))); !slices.Equal(got, descending(1000)) {
			t.Errorf("%d rows", len(got))
		}
		if left := p.Faults(); len(left) > 0 {
			t.Errorf("%d faults were not met", len(left))
		}
	})
}
