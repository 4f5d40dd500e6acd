package portal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

func TestSeedAsJSON(t *testing.T) {
	t.Parallel()
	target := "5"
	seed := portal.DefaultSeed()
	seed.Keys = append(seed.Keys, portal.APIKey{Key: "sk-read", Owner: seed.Users[0].ID, Scopes: []string{"*:read"}, Expires: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)})
	seed.Webhooks = []portal.Webhook{{ID: 7, Name: "seven", URL: "http://127.0.0.1/", Secret: "test-secret-1", Triggers: wire.FileCreated, TargetID: &target, CreatedOn: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	seed.Log = []portal.LogRow{{ID: 9, Webhook: 7, Trigger: wire.FileCreated, Status: 404, ResponsePayload: "Not found"}}
	seed.TimeZone, seed.Policy, seed.BlockList = "Asia/Kolkata", portal.PasswordPolicy{MinLength: 12, Digits: true}, []string{"192.0.2.0/24"}
	first, err := json.Marshal(seed)
	if err != nil {
		t.Fatal(err)
	}
	again, err := portal.ReadSeed(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(again)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("there and back again:\n%s\n%s", first, second)
	}
	p, err := portal.New(portal.WithSeed(again))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if code, body := call(p, "GET", "webhooks/log", ""); code != 200 || !strings.Contains(body, `{"id":9,"configName":"seven","trigger":128`) {
		t.Errorf("the log: %d %s", code, body)
	}
	if code, body := call(p, "PUT", "webhook/9/retry", ""); code != 200 || !strings.Contains(body, `"id":10`) {
		t.Errorf("a retry: %d %s", code, body)
	}
}

func TestSeedsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*portal.Seed){
		"nobody":           func(s *portal.Seed) { s.Users = nil },
		"two owners":       func(s *portal.Seed) { s.Users[1].Role = portal.Owner },
		"no role":          func(s *portal.Seed) { s.Users[1].Role = "king" },
		"one id twice":     func(s *portal.Seed) { s.Users[1].ID = s.Users[0].ID },
		"no GUID":          func(s *portal.Seed) { s.Users[1].ID = "me" },
		"key of nobody":    func(s *portal.Seed) { s.Keys[0].Owner = "me" },
		"weak policy":      func(s *portal.Seed) { s.Policy.MinLength = 3 },
		"no such zone":     func(s *portal.Seed) { s.TimeZone = "Moon/Base" },
		"no network":       func(s *portal.Seed) { s.BlockList = []string{"everything"} },
		"row of nothing":   func(s *portal.Seed) { s.Log = []portal.LogRow{{Webhook: 3}} },
		"one webhook anew": func(s *portal.Seed) { s.Webhooks = []portal.Webhook{{ID: 1}, {ID: 1}} },
	} {
		seed := portal.DefaultSeed()
		change(&seed)
		if p, err := portal.New(portal.WithSeed(seed)); err == nil {
			_ = p.Close()
			t.Errorf("%s: it was taken", name)
		}
	}
	if _, err := portal.ReadSeed(strings.NewReader(`{"usres":[]}`)); err == nil {
		t.Error("a typing mistake was taken")
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]portal.Option{
		"generation":   portal.WithGeneration(99),
		"database":     portal.WithDatabase(99),
		"zone":         portal.WithTimeZone("Moon/Base"),
		"server zone":  portal.WithServerTimeZone("Moon/Base"),
		"clock":        portal.WithClock(nil),
		"pause":        portal.WithRetrySchedule(-time.Second),
		"poll":         portal.WithPollInterval(0),
		"base path":    portal.WithBasePath("portal"),
		"block list":   portal.WithBlockList("everything"),
		"log limit":    portal.WithLogLimit(0),
		"listen there": nil,
	} {
		var err error
		if option == nil {
			_, err = portal.Listen("256.256.256.256:0")
		} else {
			_, err = portal.New(option)
		}
		if err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

// TestSamples delivers the sample of every event of every generation.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, g := range []portal.Generation{portal.V3_1, portal.V3_2, portal.V3_6, portal.V3_7} {
		seed := portal.DefaultSeed()
		all, targeted := hook("all"), hook("targeted")
		all.Triggers, targeted.Triggers = wire.AllTriggers, wire.AllTriggers
		target := "815"
		targeted.TargetID = &target
		seed.Webhooks = []portal.Webhook{all, targeted}
		f := &fakeReceiver{answer: status(200)}
		clock := portal.NewManualClock(time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC))
		p := newPortal(t, f, portal.WithSeed(seed), portal.WithGeneration(g), portal.WithClock(clock))
		events := 0
		for trigger := range wire.KnownTriggers.All() {
			payload := portal.SamplePayload(g, trigger, portal.SampleUsual)
			_, err := p.Emit(t.Context(), portal.Event{Trigger: trigger})
			if (payload == nil) != (err != nil) {
				t.Errorf("%v %v: sample %s, but %v", g, trigger, payload, err)
			}
			if err == nil {
				events++
			}
		}
		if want := map[bool]int{true: 36, false: 28}[g == portal.V3_7]; events != want {
			t.Errorf("%v has %d events, want %d", g, events, want)
		}
		if err := p.Advance(time.Hour); err != nil {
			t.Fatal(err)
		}
		rooms := 0
		for _, r := range f.all() {
			if strings.HasSuffix(r.url, "/targeted") {
				rooms++
				if kind := memberOf(t, r.body, "webhook", "target", "type"); kind != "room" || memberOf(t, r.body, "webhook", "target", "id") != float64(815) {
					t.Errorf("%v: target in %s", g, r.body)
				}
			}
			if has := strings.Contains(r.body, `"securityByUsers":{}`); has && g < portal.V3_6 {
				t.Errorf("%v: %s", g, r.body)
			}
		}
		if len(f.all()) != events+rooms || rooms != 6 {
			t.Errorf("%v: %d deliveries, %d of them about the room, want %d and 6", g, len(f.all()), rooms, events+6)
		}
	}
}

// TestOtherSamples delivers the samples that are out of the ordinary.
func TestOtherSamples(t *testing.T) {
	t.Parallel()
	all, targeted := hook("all"), hook("targeted")
	all.Triggers, targeted.Triggers = wire.AllTriggers, wire.AllTriggers
	target := "drive-5-|file"
	targeted.TargetID = &target
	seed := portal.DefaultSeed()
	seed.Webhooks = []portal.Webhook{all, targeted}
	f := &fakeReceiver{answer: status(200)}
	p := newPortal(t, f, portal.WithSeed(seed), portal.WithClock(portal.NewManualClock(time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC))))
	for trigger := range wire.KnownTriggers.All() {
		for _, kind := range []portal.Sample{portal.SampleThirdParty, portal.SampleNext} {
			if _, err := p.Emit(t.Context(), portal.Event{Trigger: trigger, Sample: kind}); err != nil {
				t.Errorf("%v %s: %v", trigger, kind, err)
			}
		}
	}
	if err := p.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, r := range f.all() {
		if strings.HasSuffix(r.url, "/targeted") {
			files++
			if id := memberOf(t, r.body, "webhook", "target", "id"); id != target {
				t.Errorf("target %v in %s", id, r.body)
			}
		}
	}
	if len(f.all()) != 2*36+files || files != 9 { // the nine events of files
		t.Errorf("%d deliveries, %d of them about the file, want 81 and 9", len(f.all()), files)
	}
}

func TestPrivateEvents(t *testing.T) {
	t.Parallel()
	seed := portal.DefaultSeed()
	for _, u := range seed.Users {
		h := hook(string(u.Role))
		h.CreatedBy = u.ID
		seed.Webhooks = append(seed.Webhooks, h)
	}
	p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithSeed(seed))
	for _, tt := range []struct {
		by      portal.Role
		private bool
		told    string
	}{
		{portal.Owner, false, "owner admin roomadmin user"},
		{portal.Owner, true, "owner admin"},
		{portal.Member, true, "owner admin user"},
		{portal.Guest, true, "owner admin guest"},
	} {
		p.ForgetLog()
		if _, err := p.Emit(t.Context(), portal.Event{Trigger: wire.GroupCreated, By: seed.User(tt.by).ID, Private: tt.private}); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, row := range p.Log() {
			told = append(told, p.Webhooks()[row.Webhook-1].Name)
		}
		if got := strings.Join(told, " "); got != tt.told {
			t.Errorf("by %s, private %v: told %s, want %s", tt.by, tt.private, got, tt.told)
		}
	}
}

func TestLogIsCapped(t *testing.T) {
	t.Parallel()
	clock := portal.NewManualClock(time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC))
	release := make(chan struct{}) // the worker may begin at once: no delivery is over before this
	slow := func(r *http.Request) (answer, error) {
		<-release
		return status(200)(r)
	}
	p := newPortal(t, &fakeReceiver{answer: slow}, portal.WithClock(clock), portal.WithLogLimit(10))
	for range 25 {
		emit(t, p)
	}
	if n := len(p.Log()); n != 25 {
		t.Errorf("%d rows wait, want all 25", n)
	}
	close(release)
	if err := p.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	emit(t, p)
	log := p.Log()
	if len(log) != 10 || log[9].ID != 26 {
		t.Errorf("%d rows, the last of them %d, want the latest 10 of 26", len(log), log[len(log)-1].ID)
	}
}

func TestRequestsPrintWithoutSecrets(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil)
	call(p, "POST", "webhook", `{"secretKey":"test-secret-9"}`)
	requests := p.Requests()
	if len(requests) != 1 || requests[0].Operation != "createWebhook" || requests[0].Status != 400 || requests[0].User != p.Seed().User(portal.Owner).ID {
		t.Fatalf("%v", requests)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb, requests)
		if strings.Contains(text, "secret-9") || strings.Contains(text, "token-of") || !strings.Contains(text, "createWebhook") {
			t.Errorf("%s: %s", verb, text)
		}
	}
}

func TestSeedPrintsWithoutSecrets(t *testing.T) {
	t.Parallel()
	seed := portal.DefaultSeed()
	seed.Webhooks = []portal.Webhook{hook("one")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb, seed)
		for _, secret := range []string{seed.Users[0].Password, seed.Users[0].Token, seed.Keys[0].Key, "test-secret-1"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret: %s", verb, text)
			}
		}
	}
}

// TestLogsHaveNoSecrets lets a portal log everything and looks for what it must
// not say.
func TestLogsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	f := &fakeReceiver{answer: status(500)}
	clock := portal.NewManualClock(time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC))
	p := newPortal(t, f, portal.WithClock(clock), portal.WithLogger(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	emit(t, p)
	call(p, "POST", "webhook", `{"name":"n","uri":"http://name:test-secret-3@127.0.0.1/","secretKey":"test-secret-2"}`)
	request(p, "POST", "/api/2.0/authentication", `{"userName":"owner@portal.example","password":"password-owner"}`)
	request(p, "GET", "/api/2.0/settings/webhook", "", "Authorization", "Bearer "+p.Seed().Key(portal.Owner))
	if err := p.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := p.ChangeWebhook(1, func(w *portal.Webhook) { w.URL = "ftp://name:test-secret-3@127.0.0.1/" }); err != nil {
		t.Fatal(err)
	}
	emit(t, p)
	if err := p.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	text := logged.String()
	for _, want := range []string{`"msg":"request"`, `"msg":"delivery"`, `"msg":"webhook not used"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for _, secret := range []string{"test-secret", "token-of", "password-", "sk-a1", "sha256=", f.all()[0].signature()} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in\n%s", secret, text)
		}
	}
}

// TestManyClients lets 64 clients do everything at once.
func TestManyClients(t *testing.T) {
	t.Parallel()
	s := portal.Start(t, portal.WithPollInterval(time.Millisecond), portal.WithTransport(&fakeReceiver{answer: status(200)}))
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	var clients sync.WaitGroup
	for i := range 64 {
		clients.Go(func() {
			send := func(method, path, body string, want int) {
				req, _ := http.NewRequest(method, s.URL+"/api/2.0/settings/"+path, strings.NewReader(body))
				req.Header.Set("Authorization", s.Seed().User(portal.Owner).Token)
				req.Header.Set("Content-Type", "application/json")
				resp, err := transport.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("%s %s: %s, want %d", method, path, resp.Status, want)
				}
			}
			send("POST", "webhook", fmt.Sprintf(`{"name":"n%d","uri":"http://127.0.0.1/%d","secretKey":"test-secret-1"}`, i, i), 200)
			if _, err := s.Emit(t.Context(), portal.Event{Trigger: wire.FileCreated}); err != nil {
				t.Error(err)
			}
			send("GET", "webhook", "", 200)
			send("GET", "webhooks/log?count=5", "", 200)
			send("PUT", "webhook/retry", `{"ids":[1,2,3]}`, 200)
			send("DELETE", "webhook/0", "", 404)
		})
	}
	clients.Wait()
	if n := len(s.Webhooks()); n != 64 {
		t.Errorf("%d webhooks, want 64", n)
	}
}
