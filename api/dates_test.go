package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/portal"
)

// recording is an exchange among the fixtures.
type recording struct {
	ID          string `json:"id"`
	OperationID string `json:"operationId"`
	Server      struct {
		PortalTimeZone string `json:"portalTimeZone"`
	} `json:"server"`
	Response struct {
		Status  int         `json:"status"`
		Headers [][2]string `json:"headers"`
		Body    string      `json:"body"`
	} `json:"response"`
}

// date is what the answer's Date header says.
func (r recording) date(t *testing.T) time.Time {
	t.Helper()
	for _, h := range r.Response.Headers {
		if h[0] == "Date" {
			at, err := http.ParseTime(h[1])
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
	}
	t.Fatalf("%s has no Date", r.ID)
	return time.Time{}
}

// datedRecordings returns the exchanges that were recorded for their dates, by
// server.
func datedRecordings(t *testing.T) map[string][]recording {
	t.Helper()
	files, _ := filepath.Glob("../openapi/fixtures/*.jsonl")
	if len(files) == 0 {
		t.Skip("the fixtures do not come with the downloaded module; clone it")
	}
	found := map[string][]recording{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			if !strings.Contains(lines.Text()[:min(200, len(lines.Text()))], ".dates.") {
				continue
			}
			var r recording
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			if r.Response.Status == 200 {
				name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
				found[name] = append(found[name], r)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// replay lets a client with opts make the call of a recording and returns the
// rows and webhooks that came.
func (r recording) replay(t *testing.T, opts ...api.Option) (hooks []api.Webhook, rows []api.Delivery) {
	t.Helper()
	client := through(t, func(request *http.Request) (*http.Response, error) {
		body := r.Response.Body
		if strings.HasSuffix(request.URL.Path, "/settings") {
			body = success(fmt.Sprintf(`{"timezone":%q}`, r.Server.PortalTimeZone))
		}
		return answer(request, 200, nil, strings.NewReader(body)), nil
	}, opts...)
	ctx := t.Context()
	var err error
	var hook api.Webhook
	switch r.OperationID {
	case "getTenantWebhooks":
		var list []api.WebhookWithStatus
		list, err = client.ListWebhooks(ctx)
		for _, w := range list {
			hooks = append(hooks, w.Webhook)
		}
	case "createWebhook":
		hook, err = client.CreateWebhook(ctx, api.NewWebhook("x", "https://x.example.com", "x", 0))
	case "updateWebhook":
		var got struct {
			Response struct {
				ID api.WebhookID `json:"id"`
			} `json:"response"`
		}
		_ = json.Unmarshal([]byte(r.Response.Body), &got)
		hook, err = client.ReplaceWebhook(ctx, api.WebhookUpdate{ID: got.Response.ID, Name: "x", URL: "https://x.example.com"})
	case "removeWebhook":
		hook, err = client.DeleteWebhook(ctx, 1)
	case "getWebhooksLogs":
		var page api.DeliveryPage
		page, err = client.ListDeliveries(ctx, api.DeliveryFilter{})
		rows = page.Deliveries
	case "retryWebhook":
		var row api.Delivery
		row, err = client.RetryDelivery(ctx, 1)
		rows = []api.Delivery{row}
	case "retryWebhooks":
		rows, err = client.RetryDeliveries(ctx, []api.DeliveryID{1})
	}
	if err != nil && !errors.Is(err, api.ErrNotApplied) && !errors.Is(err, api.ErrUnexpectedAnswer) {
		t.Fatalf("%s: %v", r.ID, err)
	}
	if hook.ID != 0 {
		hooks = []api.Webhook{hook}
	}
	return hooks, rows
}

// verdicts counts dates that are what they should be, and those that are not.
type verdicts struct{ right, wrong int }

func (v *verdicts) judge(got api.Time, from, to time.Time) {
	if got.Before(from) || got.After(to) {
		v.wrong++
	} else {
		v.right++
	}
}

// judge holds the dates of a recording against what is known of them: a row's
// payload says when its event was, the answer's Date header when it was made.
// queued has the rows of the retry operations: their event was earlier.
func (r recording) judge(t *testing.T, v *verdicts, queued map[api.DeliveryID]time.Time, opts ...api.Option) {
	t.Helper()
	hooks, rows := r.replay(t, opts...)
	now := r.date(t)
	// Everything that was recorded for its dates is minutes old at most.
	since := now.Add(-20 * time.Minute)
	for _, w := range hooks {
		switch r.OperationID {
		case "createWebhook":
			v.judge(w.CreatedOn, now.Add(-10*time.Second), now.Add(2*time.Second))
		case "updateWebhook":
			v.judge(w.ModifiedOn, now.Add(-10*time.Second), now.Add(2*time.Second))
		}
		for _, at := range []api.Time{w.CreatedOn, w.ModifiedOn, w.LastSuccessOn, w.LastFailureOn} {
			if !at.IsZero() && strings.Contains(w.Name, "ates") {
				v.judge(at, since, now.Add(2*time.Second))
			}
		}
	}
	for _, row := range rows {
		var sent struct {
			Event struct {
				CreateOn time.Time `json:"createOn"`
			} `json:"event"`
		}
		if err := json.Unmarshal([]byte(row.RequestPayload), &sent); err != nil {
			t.Fatal(err)
		}
		if r.OperationID != "getWebhooksLogs" {
			v.judge(row.CreationTime, now.Add(-2*time.Second), now.Add(2*time.Second))
			queued[row.ID] = now
			continue
		}
		created := sent.Event.CreateOn
		if at, ok := queued[row.ID]; ok {
			created = at
		}
		if created.IsZero() { // 3.0 sends the answer of the call that is the event
			v.judge(row.CreationTime, since, now.Add(2*time.Second))
			created = row.CreationTime.Time
		}
		v.judge(row.CreationTime, created.Add(-2*time.Second), created.Add(2*time.Second))
		if !row.Delivery.IsZero() {
			v.judge(row.Delivery, created.Add(-2*time.Second), created.Add(time.Minute))
		}
	}
}

// On every server that was recorded for its dates, they are right after the
// correction. Before it they are where the portal is in UTC.
func TestCorrectedDates(t *testing.T) {
	t.Parallel()
	recordings := datedRecordings(t)
	for _, name := range slices.Sorted(maps.Keys(recordings)) {
		zones := map[string][]recording{}
		for _, r := range recordings[name] {
			zones[r.Server.PortalTimeZone] = append(zones[r.Server.PortalTimeZone], r)
		}
		queued := map[api.DeliveryID]time.Time{}
		for _, r := range recordings[name] {
			if strings.HasPrefix(r.OperationID, "retry") {
				r.judge(t, &verdicts{}, queued)
			}
		}
		for _, zone := range slices.Sorted(maps.Keys(zones)) {
			var raw, corrected verdicts
			for _, r := range zones[zone] {
				r.judge(t, &raw, queued)
				before := corrected.wrong
				r.judge(t, &corrected, queued, api.WithCorrectedDates())
				if corrected.wrong > before {
					t.Errorf("%s, %s, %s: %d dates are wrong", name, zone, r.ID, corrected.wrong-before)
				}
			}
			t.Logf("%-30s %-17s %3d dates: as they came %3d wrong, corrected %d wrong", name, zone, raw.right+raw.wrong, raw.wrong, corrected.wrong)
			if zone != "UTC" && raw.wrong == 0 && !strings.HasPrefix(name, "3.0") {
				t.Errorf("%s, %s: no date is wrong as it came, so nothing is proven", name, zone)
			}
		}
	}
}

// zonedPortal returns a client that corrects dates, of a portal in a zone with a
// webhook and a delivered row of that instant.
func zonedPortal(t *testing.T, at time.Time, zone string, opts ...portal.Option) *api.Client {
	t.Helper()
	seed := longLog(1, nil)
	hook, row := &seed.Webhooks[0], &seed.Log[0]
	hook.CreatedOn, hook.LastSuccessOn, hook.LastFailureOn = at, at, at
	row.CreatedOn, row.Delivery, row.Status = at, at, 200
	opts = append(opts, portal.WithTimeZone(zone), portal.WithPollInterval(time.Hour), portal.WithClock(portal.StartingAt(at)))
	_, way := embedded(t, seed, opts...)
	return reaching(t, seed, way, api.WithCorrectedDates())
}

// Every date of every answer, by generation, database and zones.
func TestCorrectedDatesOfThePortal(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 24, 22, 45, 54, 123456000, time.UTC)
	for _, generation := range []portal.Generation{portal.V3_1, portal.V3_2, portal.V3_6, portal.V3_7} {
		for _, db := range []portal.Database{portal.MySQL, portal.PostgreSQL} {
			for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"} {
				for _, server := range []string{"UTC", "America/New_York"} {
					t.Run(fmt.Sprint(generation, db, zone, server), func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							at := at
							if db == portal.MySQL {
								at = at.Truncate(time.Second)
							}
							client := zonedPortal(t, at, zone, portal.WithGeneration(generation), portal.WithDatabase(db), portal.WithServerTimeZone(server))
							for i, got := range datesOfAllAnswers(t, client) {
								if !got.Exact() || got.Sub(at).Abs() > time.Second {
									t.Errorf("date %d is %s (exact: %t), want %s", i, got, got.Exact(), at)
								}
							}
						})
					})
				}
			}
		}
	}
}

// datesOfAllAnswers returns the dates that the calls answer which have any.
func datesOfAllAnswers(t *testing.T, client *api.Client) []api.Time {
	t.Helper()
	ctx := t.Context()
	var dates []api.Time
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := client.ListWebhooks(ctx)
	check(err)
	for _, w := range list {
		dates = append(dates, w.Webhook.CreatedOn)
		if w.Webhook.ID == 1 {
			dates = append(dates, w.Webhook.LastSuccessOn, w.Webhook.LastFailureOn)
		}
	}
	created, err := client.CreateWebhook(ctx, api.NewWebhook("new", movingURL+"new", "test-secret-1", api.FileCreated))
	check(err)
	replaced, err := client.ReplaceWebhook(ctx, api.WebhookUpdate{ID: created.ID, Name: "ci", URL: movingURL + "new"})
	check(err)
	disabled, err := client.DisableWebhook(ctx, created.ID)
	check(err)
	removed, err := client.DeleteWebhook(ctx, created.ID)
	check(err)
	dates = append(dates, created.CreatedOn, replaced.ModifiedOn, disabled.ModifiedOn, removed.CreatedOn)
	for d, err := range client.Deliveries(ctx, api.DeliveryFilter{}) {
		check(err)
		dates = append(dates, d.CreationTime, d.Delivery)
	}
	one, err := client.RetryDelivery(ctx, 1)
	check(err)
	batch, err := client.RetryDeliveries(ctx, []api.DeliveryID{1})
	check(err)
	return append(dates, one.CreationTime, batch[0].CreationTime)
}

// Around a change of the clock dates are right or as they came.
func TestCorrectedDatesAroundClockChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		generation portal.Generation
		zone       string
		from       time.Time
		doubtful   int // quarters of an hour, of a day
		hooks      int
	}{
		"log, an hour is skipped":      {portal.V3_7, "Europe/Berlin", time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC), 12, 0},
		"log, an hour comes twice":     {portal.V3_7, "Europe/Berlin", time.Date(2026, 10, 24, 20, 0, 0, 0, time.UTC), 0, 8},
		"wall clock, skipped":          {portal.V3_2, "America/New_York", time.Date(2026, 3, 7, 20, 0, 0, 0, time.UTC), 0, 0},
		"wall clock, an hour is twice": {portal.V3_2, "America/New_York", time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), 8, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				doubtful, hooks := 0, 0
				for quarter := range 96 {
					at := c.from.Add(time.Duration(quarter) * 15 * time.Minute)
					client := zonedPortal(t, at, c.zone, portal.WithGeneration(c.generation))
					page, err := client.ListDeliveries(t.Context(), api.DeliveryFilter{})
					if err != nil {
						t.Fatal(err)
					}
					list, err := client.ListWebhooks(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					for n, got := range map[*int]api.Time{&doubtful: page.Deliveries[0].CreationTime, &hooks: list[0].Webhook.CreatedOn} {
						if !got.Exact() {
							*n++
						} else if !got.Equal(at) {
							t.Errorf("%s, want %s", got, at)
						}
					}
				}
				if doubtful != c.doubtful || hooks != c.hooks {
					t.Errorf("%d dates of the log and %d of webhooks are in doubt, want %d and %d", doubtful, hooks, c.doubtful, c.hooks)
				}
			})
		})
	}
}

func TestTimeZone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string
		want     error
	}{
		"Berlin":       {success(`{"timezone":"Europe/Berlin","version":"3.1.0"}`), nil},
		"none":         {success(`{"culture":"en-US"}`), api.ErrUnexpectedAnswer},
		"unknown":      {success(`{"timezone":"Europe/Atlantis"}`), api.ErrUnexpectedAnswer},
		"a path":       {success(`{"timezone":"../../etc/passwd"}`), api.ErrUnexpectedAnswer},
		"this place's": {success(`{"timezone":"Local"}`), api.ErrUnexpectedAnswer},
		"not allowed":  {"403 ", api.ErrForbidden},
		"nothing":      {"{}", api.ErrUnexpectedAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, script(c.settings, success(hook7)))
			client := newClient(t, s.URL, api.WithCorrectedDates())
			var calls sync.WaitGroup
			if c.want == nil {
				for range 8 { // it is read once for all
					calls.Go(func() {
						if zone, err := client.TimeZone(t.Context()); err != nil || zone.String() != "Europe/Berlin" {
							t.Errorf("%v, %v", zone, err)
						}
					})
				}
			}
			calls.Wait()
			hook, err := client.ReplaceWebhook(t.Context(), api.WebhookUpdate{ID: 7, Name: "builds", URL: "https://hooks.example.com/ok", Enabled: true, SSL: true, Triggers: 128})
			if c.want == nil {
				if err != nil || hook.CreatedOn.String() != "2026-11-24T21:41:09.825981Z" || len(s.asked()) != 2 {
					t.Errorf("%s, %v, after %v", hook.CreatedOn, err, s.asked())
				}
				return
			}
			// What cannot be corrected is not sent.
			wantKinds(t, err, c.want)
			if e := asError(t, err); e.Operation != "getPortalSettings" || len(s.asked()) != 1 {
				t.Errorf("%v after %v", err, s.asked())
			}
		})
	}
}

func TestContextEndsTheWaitForTheTimeZone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := through(t, silent["no answer"], api.WithCorrectedDates())
		var calls sync.WaitGroup
		for range 2 {
			calls.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := client.ListWebhooks(ctx)
				wantKinds(t, err, context.DeadlineExceeded)
			})
		}
		calls.Wait()
	})
}
