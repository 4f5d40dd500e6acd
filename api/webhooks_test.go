package api_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/api"
)

const url7 = "https://hooks.example.com/ok"

func hookWith(t *testing.T, replacements ...string) string {
	t.Helper()
	h := strings.NewReplacer(replacements...).Replace(hook7)
	if h == hook7 {
		t.Fatal("nothing to replace")
	}
	return h
}

func TestListWebhooks(t *testing.T) {
	t.Parallel()
	client, s := answering(t, listed(hook7, hookWith(t, `"id":7`, `"id":9`, `"triggers":128`, `"triggers":-1,"targetId":"","unknown":{}`)))
	hooks, err := client.ListWebhooks(t.Context())
	if err != nil || len(hooks) != 2 {
		t.Fatalf("got %v, %v", hooks, err)
	}
	if first := hooks[0]; first.Status != 200 || first.Webhook.Triggers != api.FileCreated || first.Webhook.TargetID.Set || first.Webhook.CreatedOn.String() != "2026-11-24T22:41:09.825981+00:00" {
		t.Errorf("first: %+v", first)
	}
	if second := hooks[1].Webhook; second.ID != 9 || second.Triggers != -1 || !second.TargetID.Set {
		t.Errorf("second: %+v", second)
	}
	if r := s.last(); r.target != "/api/2.0/settings/webhook" || r.body != "" {
		t.Errorf("asked %+v", r)
	}
	client, _ = answering(t, listed())
	if hooks, err := client.ListWebhooks(t.Context()); err != nil || len(hooks) != 0 {
		t.Errorf("got %v, %v", hooks, err)
	}
}

func TestCreateWebhook(t *testing.T) {
	t.Parallel()
	off := api.NewWebhook("builds", url7, secret, api.FileCreated)
	off.Enabled, off.SSL = new(false), new(false)
	defaults := off
	defaults.Enabled, defaults.SSL = nil, nil
	narrowed := api.NewWebhook("builds", url7, secret, api.AllTriggers)
	narrowed.TargetID = "42"
	const quiet = `"enabled":true,"ssl":true`
	for name, c := range map[string]struct {
		request api.CreateWebhookRequest
		answers []string
		sent    []string
		want    string // state of the webhook that is returned
		kinds   []error
		message string
	}{
		"as asked": {
			request: api.NewWebhook("builds", url7, secret, api.FileCreated),
			answers: []string{success(hook7)},
			sent:    []string{`{"name":"builds","uri":"https://hooks.example.com/ok","enabled":true,"secretKey":"se\"cret\u003c\u0026\\1","ssl":true,"triggers":128}`},
			want:    "enabled ssl",
		},
		"left out means true": {
			request: defaults,
			answers: []string{success(hook7)},
			sent:    []string{`{"name":"builds","uri":"https://hooks.example.com/ok","secretKey":"se\"cret\u003c\u0026\\1","triggers":128}`},
			want:    "enabled ssl",
		},
		"narrowed, every event": {
			request: narrowed,
			answers: []string{success(hookWith(t, `"triggers":128`, `"triggers":0,"targetId":"42"`))},
			sent:    []string{`{"name":"builds","uri":"https://hooks.example.com/ok","enabled":true,"secretKey":"se\"cret\u003c\u0026\\1","ssl":true,"targetId":"42"}`},
			want:    "enabled ssl",
		},
		"disabled by a second call": {
			request: off,
			answers: []string{success(hook7), success(hookWith(t, quiet, `"enabled":false,"ssl":false`))},
			sent: []string{
				`{"name":"builds","uri":"https://hooks.example.com/ok","enabled":false,"secretKey":"se\"cret\u003c\u0026\\1","ssl":false,"triggers":128}`,
				`{"id":7,"name":"builds","uri":"https://hooks.example.com/ok","enabled":false,"ssl":false,"triggers":128}`,
			},
			want: "",
		},
		"stays enabled, since the second call is refused": {
			request: off,
			answers: []string{success(hook7), "403 " + strings.ReplaceAll(notFound, "404", "403")},
			want:    "enabled ssl",
			kinds:   []error{api.ErrNotApplied, api.ErrForbidden},
			message: "webhook 7 exists, but with enabled true, ssl true, and the update that should change that failed: updateWebhook: PUT /api/2.0/settings/webhook: 403 Forbidden: The record could not be found",
		},
		"stays enabled, although the second call succeeds": {
			request: off,
			answers: []string{success(hook7), success(hookWith(t, quiet, `"enabled":true,"ssl":false`))},
			want:    "enabled",
			kinds:   []error{api.ErrNotApplied},
			message: "webhook 7 was updated, but has enabled true",
		},
		"stored as something else altogether": {
			request: narrowed,
			answers: []string{success(hookWith(t, "builds", "b", "/ok", "/ko", quiet, `"enabled":false,"ssl":false,"targetId":"43"`))},
			want:    "",
			kinds:   []error{api.ErrNotApplied},
			message: `webhook 7 was updated, but has name "b", another url, enabled false, ssl false, triggers file.created, target "43"`,
		},
		"refused": {
			request: off,
			answers: []string{"400 " + invalid},
			sent:    []string{`{"name":"builds","uri":"https://hooks.example.com/ok","enabled":false,"secretKey":"se\"cret\u003c\u0026\\1","ssl":false,"triggers":128}`},
			kinds:   []error{api.ErrValidation},
			message: "One or more validation errors occurred.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := answering(t, c.answers...)
			got, err := client.CreateWebhook(t.Context(), c.request)
			if (err != nil) != (len(c.kinds) > 0) {
				t.Fatal(err)
			}
			if err != nil {
				wantKinds(t, err, c.kinds...)
				if e := asError(t, err); e.Message != c.message {
					t.Errorf("got %s", e.Message)
				}
				wantNoSecret(t, err)
			}
			if exists := got.ID == 7; exists != (name != "refused") {
				t.Errorf("got %+v", got)
			}
			state := ""
			if got.Enabled {
				state += "enabled "
			}
			if got.SSL {
				state += "ssl"
			}
			if strings.TrimSpace(state) != c.want {
				t.Errorf("returned %s, want %s", state, c.want)
			}
			if c.sent != nil {
				var bodies []string
				for _, r := range s.requests {
					bodies = append(bodies, r.body)
				}
				if !slices.Equal(bodies, c.sent) {
					t.Errorf("sent\n%s\nwant\n%s", strings.Join(bodies, "\n"), strings.Join(c.sent, "\n"))
				}
			}
			if want := []string{"POST /api/2.0/settings/webhook", "PUT /api/2.0/settings/webhook"}[:len(s.asked())]; !slices.Equal(s.asked(), want) {
				t.Errorf("asked %v", s.asked())
			}
		})
	}
}

// The context ends between the two calls: the webhook comes with the error.
func TestCreateWebhookInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	client := newClient(t, serve(t, script(success(hook7))).URL, api.WithLogger(logEach(cancel)))
	off := api.NewWebhook("builds", url7, secret, api.FileCreated)
	off.Enabled = new(false)
	got, err := client.CreateWebhook(ctx, off)
	wantKinds(t, err, api.ErrNotApplied, context.Canceled)
	if got.ID != 7 || !got.Enabled || !strings.Contains(err.Error(), "webhook 7 exists, but with enabled true") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWebhookIsCheckedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	client, s := answering(t, listed(hook7))
	long := func(n int) string { return strings.Repeat("a", n) }
	type fields = map[string][]string
	for name, c := range map[string]struct {
		change func(*api.CreateWebhookRequest)
		fields fields
	}{
		"nothing":     {func(r *api.CreateWebhookRequest) { *r = api.CreateWebhookRequest{} }, fields{"Name": {"is missing"}, "URL": {"is missing"}}},
		"no secret":   {func(r *api.CreateWebhookRequest) { r.SecretKey = "" }, fields{"SecretKey": {"is missing: deliveries are signed with it"}}},
		"blank":       {func(r *api.CreateWebhookRequest) { r.Name, r.URL = " ", "\t" }, fields{"Name": {"is missing"}, "URL": {"is missing"}}},
		"long name":   {func(r *api.CreateWebhookRequest) { r.Name = long(51) }, fields{"Name": {"has more than 50 characters"}}},
		"long emoji":  {func(r *api.CreateWebhookRequest) { r.Name = strings.Repeat("🚀", 26) }, fields{"Name": {"has more than 50 characters"}}},
		"long secret": {func(r *api.CreateWebhookRequest) { r.SecretKey = api.Secret(long(51)) }, fields{"SecretKey": {"has more than 50 characters"}}},
		"long target": {func(r *api.CreateWebhookRequest) { r.TargetID = long(256) }, fields{"TargetID": {"has more than 255 characters"}}},
		"Latin-1":     {func(r *api.CreateWebhookRequest) { r.Name, r.URL, r.SecretKey = "S\xf6hne", url7+"\xf6", "\xf6" }, fields{"Name": {"is not valid UTF-8"}, "URL": {"is not valid UTF-8"}, "SecretKey": {"is not valid UTF-8"}}},
		"fits exactly": {func(r *api.CreateWebhookRequest) {
			r.Name = strings.Repeat("🚀", 25)
			r.TargetID = long(255)
			r.SecretKey = ""
		}, fields{"SecretKey": {"is missing: deliveries are signed with it"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := api.NewWebhook("builds", url7, secret, api.FileCreated)
			c.change(&r)
			_, err := client.CreateWebhook(t.Context(), r)
			wantKinds(t, err, api.ErrValidation)
			e := asError(t, err)
			if !reflect.DeepEqual(e.Fields, c.fields) || e.StatusCode != 0 || e.Attempts != 0 || e.Operation != "createWebhook" {
				t.Errorf("got %+v: %v", e.Fields, err)
			}
		})
	}
	t.Cleanup(func() {
		if asked := s.asked(); len(asked) > 0 {
			t.Errorf("sent %v", asked)
		}
	})
}

// What an update does not name stays: only the named member differs from the
// list, unknown bits and the target included, and the secret is not sent.
func TestUpdateWebhookResetsNothing(t *testing.T) {
	t.Parallel()
	const mask = 1<<40 | 128
	stored := hookWith(t, `"triggers":128`, fmt.Sprintf(`"triggers":%d,"targetId":"42"`, int64(mask)), `"enabled":true`, `"enabled":false`)
	base := fmt.Sprintf(`{"id":7,"name":"builds","uri":"https://hooks.example.com/ok","enabled":false,"ssl":true,"targetId":"42","triggers":%d}`, int64(mask))
	for name, c := range map[string]struct {
		change   func(*api.WebhookUpdate)
		old, new string
	}{
		"nothing":  {func(*api.WebhookUpdate) {}, "", ""},
		"name":     {func(u *api.WebhookUpdate) { u.Name = "ci" }, "builds", "ci"},
		"url":      {func(u *api.WebhookUpdate) { u.URL += "/2" }, "/ok", "/ok/2"},
		"enabled":  {func(u *api.WebhookUpdate) { u.Enabled = true }, `"enabled":false`, `"enabled":true`},
		"ssl":      {func(u *api.WebhookUpdate) { u.SSL = false }, `"ssl":true`, `"ssl":false`},
		"triggers": {func(u *api.WebhookUpdate) { u.Triggers = u.Triggers.With(api.UserCreated) }, fmt.Sprint(int64(mask)), fmt.Sprint(int64(mask | 1))},
		"all":      {func(u *api.WebhookUpdate) { u.Triggers = api.AllTriggers }, fmt.Sprint(int64(mask)), "0"},
		"target":   {func(u *api.WebhookUpdate) { u.TargetID = "" }, `"targetId":"42",`, ""},
		"secret":   {func(u *api.WebhookUpdate) { u.SecretKey = "n3w-secret" }, `"ssl"`, `"secretKey":"n3w-secret","ssl"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.Replace(base, c.old, c.new, 1)
			client, s := answering(t, listed(hookWith(t, `"id":7`, `"id":6`), stored), success(strings.Replace(want, `"secretKey":"n3w-secret",`, "", 1)))
			if _, err := client.UpdateWebhook(t.Context(), 7, c.change); err != nil {
				t.Fatal(err)
			}
			if got := s.last(); got.body != want || got.method != "PUT" || got.target != "/api/2.0/settings/webhook" {
				t.Errorf("sent %s %s\n%s\nwant\n%s", got.method, got.target, got.body, want)
			}
		})
	}
}

func TestUpdateWebhookRefuses(t *testing.T) {
	t.Parallel()
	rename := func(u *api.WebhookUpdate) { u.Name = "ci" }
	for name, c := range map[string]struct {
		id      api.WebhookID
		change  func(*api.WebhookUpdate)
		kind    error
		message string
		asked   int
	}{
		"id 0":         {0, rename, api.ErrValidation, "docspace: getTenantWebhooks", 0},
		"negative id":  {-1, rename, api.ErrValidation, "is -1: ids start at 1", 0},
		"no change":    {7, nil, api.ErrValidation, "change: is nil", 0},
		"unknown id":   {8, rename, api.ErrNotFound, "getTenantWebhooks: GET /api/2.0/settings/webhook: 200 OK: webhook 8 is not among the 1 that the caller may see", 1},
		"another id":   {7, func(u *api.WebhookUpdate) { u.ID = 8 }, api.ErrValidation, "cannot move to another webhook", 1},
		"invalid":      {7, func(u *api.WebhookUpdate) { u.Name = "" }, api.ErrValidation, "Name: is missing", 1},
		"list refused": {9, rename, api.ErrForbidden, "403 Forbidden", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := listed(hook7)
			if name == "list refused" {
				first = "403 "
			}
			if name == "id 0" {
				c.message = "docspace: updateWebhook: not sent; id: is 0: ids start at 1"
			}
			client, s := answering(t, first)
			got, err := client.UpdateWebhook(t.Context(), c.id, c.change)
			wantKinds(t, err, c.kind)
			if !strings.Contains(err.Error(), c.message) || got.ID != 0 || len(s.asked()) != c.asked {
				t.Errorf("%v after %v", err, s.asked())
			}
		})
	}
}

func TestReplaceWebhook(t *testing.T) {
	t.Parallel()
	client, s := answering(t, success(hookWith(t, `"enabled":true,"ssl":true,"triggers":128`, `"enabled":false,"ssl":false,"triggers":0`)))
	got, err := client.ReplaceWebhook(t.Context(), api.WebhookUpdate{ID: 7, Name: "builds", URL: url7})
	if err != nil || got.ID != 7 {
		t.Fatal(got, err)
	}
	if r := s.last(); r.body != `{"id":7,"name":"builds","uri":"https://hooks.example.com/ok","enabled":false,"ssl":false,"triggers":0}` || len(s.asked()) != 1 {
		t.Errorf("sent %s", r.body)
	}
	got, err = client.ReplaceWebhook(t.Context(), api.WebhookUpdate{ID: 7, Name: "builds", URL: url7, Enabled: true})
	wantKinds(t, err, api.ErrNotApplied)
	if got.ID != 7 || got.Enabled {
		t.Errorf("got %+v", got)
	}
	_, err = client.ReplaceWebhook(t.Context(), api.WebhookUpdate{Name: "builds", URL: url7})
	wantKinds(t, err, api.ErrValidation)
	// Portals of 3.0 do not say that they know no such webhook.
	client, _ = answering(t, `{"count":0,"links":[],"status":0,"statusCode":200}`)
	_, err = client.ReplaceWebhook(t.Context(), api.WebhookUpdate{ID: 7, Name: "builds", URL: url7})
	wantKinds(t, err, api.ErrUnexpectedAnswer)
}

func TestEnableAndDisableWebhook(t *testing.T) {
	t.Parallel()
	on, off := hook7, hookWith(t, `"enabled":true`, `"enabled":false`)
	for name, c := range map[string]struct {
		call         func(*api.Client) (api.Webhook, error)
		stored, told string
		sent         string
		kind         error
	}{
		"enable":          {func(c *api.Client) (api.Webhook, error) { return c.EnableWebhook(t.Context(), 7) }, off, on, `"enabled":true`, nil},
		"disable":         {func(c *api.Client) (api.Webhook, error) { return c.DisableWebhook(t.Context(), 7) }, on, off, `"enabled":false`, nil},
		"disable in vain": {func(c *api.Client) (api.Webhook, error) { return c.DisableWebhook(t.Context(), 7) }, on, on, `"enabled":false`, api.ErrNotApplied},
		"unknown":         {func(c *api.Client) (api.Webhook, error) { return c.EnableWebhook(t.Context(), 8) }, on, on, "", api.ErrNotFound},
		"id 0":            {func(c *api.Client) (api.Webhook, error) { return c.DisableWebhook(t.Context(), 0) }, on, on, "", api.ErrValidation},
	} {
		t.Run(name, func(t *testing.T) {
			client, s := answering(t, listed(c.stored), success(c.told))
			got, err := c.call(client)
			if c.kind != nil {
				wantKinds(t, err, c.kind)
			} else if err != nil || got.Enabled != (name == "enable") {
				t.Errorf("got %+v, %v", got, err)
			}
			if errors.Is(c.kind, api.ErrNotApplied) {
				if e := asError(t, err); e.Operation != "enableWebhook" || e.Message != "webhook 7 has enabled true instead of false" || got.ID != 7 {
					t.Errorf("%v, %+v", err, got)
				}
			}
			if c.sent != "" {
				want := `{"id":7,"name":"builds","uri":"https://hooks.example.com/ok",` + c.sent + `,"ssl":true,"triggers":128}`
				if r := s.last(); r.method+" "+r.target != "PUT /api/2.0/settings/webhook/enable" || r.body != want {
					t.Errorf("sent %+v", r)
				}
			}
		})
	}
}

func TestDeleteWebhook(t *testing.T) {
	t.Parallel()
	off := hookWith(t, `"enabled":true`, `"enabled":false`)
	for name, c := range map[string]struct {
		answers  []string
		options  bool
		asked    []string
		disabled bool
		kinds    []error
		text     string
	}{
		"removed":            {[]string{success(hook7)}, false, []string{"DELETE …/7"}, false, nil, ""},
		"removed, not asked": {[]string{success(hook7)}, true, []string{"DELETE …/7"}, false, nil, ""},
		"unknown":            {[]string{"404 " + notFound}, true, []string{"DELETE …/7"}, false, []error{api.ErrNotFound}, "The record could not be found"},
		"another 500":        {[]string{"500 " + strings.ReplaceAll(hasRows, "DbUpdate", "DbOther")}, true, []string{"DELETE …/7"}, false, []error{api.ErrServer}, "An error occurred"},
		"has rows":           {[]string{"500 " + hasRows}, false, []string{"DELETE …/7"}, false, []error{api.ErrServer, api.ErrHasDeliveries}, "for example with OrDisable)"},
		"has rows, disabled": {[]string{"500 " + hasRows, listed(hook7), success(off)}, true, []string{"DELETE …/7", "GET …", "PUT …/enable"}, true, nil, ""},
		"has rows, gone since": {
			[]string{"500 " + hasRows, listed()},
			true,
			[]string{"DELETE …/7", "GET …"},
			false,
			[]error{api.ErrServer, api.ErrHasDeliveries, api.ErrNotFound},
			"docspace: removeWebhook: DELETE /api/2.0/settings/webhook/7: 500 Internal Server Error: webhook 7 was not removed, because it has log rows, and not disabled either: getTenantWebhooks: GET /api/2.0/settings/webhook: 200 OK: webhook 7 is not among the 0 that the caller may see",
		},
		"has rows, stays on": {[]string{"500 " + hasRows, listed(hook7), success(hook7)}, true, []string{"DELETE …/7", "GET …", "PUT …/enable"}, false, []error{api.ErrServer, api.ErrHasDeliveries, api.ErrNotApplied}, "not disabled either"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := answering(t, c.answers...)
			disabled := true
			var answers []api.Answer
			opts := []api.DeleteOption{nil, api.CollectAnswers(&answers)}
			if c.options {
				opts = append(opts, api.OrDisable(&disabled))
			} else {
				disabled = false
			}
			got, err := client.DeleteWebhook(t.Context(), 7, opts...)
			if disabled != c.disabled {
				t.Errorf("disabled = %t", disabled)
			}
			if c.kinds == nil {
				if err != nil || got.ID != 7 || got.Enabled == c.disabled {
					t.Errorf("got %+v, %v", got, err)
				}
			} else {
				wantKinds(t, err, c.kinds...)
				if !strings.Contains(err.Error(), c.text) {
					t.Error(err)
				}
			}
			asked := s.asked()
			for i := range asked {
				asked[i] = strings.Replace(asked[i], "/api/2.0/settings/webhook", "…", 1)
			}
			if !slices.Equal(asked, c.asked) || len(answers) != len(asked) {
				t.Errorf("asked %v, collected %v", asked, answers)
			}
		})
	}
	client, s := answering(t, success(hook7))
	_, err := client.DeleteWebhook(t.Context(), 0, api.OrDisable(nil))
	wantKinds(t, err, api.ErrValidation)
	if len(s.asked()) != 0 {
		t.Error("id 0 was sent")
	}
	client, _ = answering(t, "500 "+hasRows, listed(hook7), success(off))
	if got, err := client.DeleteWebhook(t.Context(), 7, api.OrDisable(nil)); err != nil || got.Enabled {
		t.Errorf("got %+v, %v", got, err)
	}
	if errors.Is(err, api.ErrNotFound) {
		t.Error(err)
	}
}
