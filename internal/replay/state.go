package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/wire"
)

// replaySeed has the people of the transcripts and a key for each name in them.
func replaySeed(entries []entry) portal.Seed {
	var s portal.Seed
	for _, u := range []portal.User{
		{ID: "66faa6e4-f133-11ea-b126-00ffeec8b4ef", FirstName: "Olga", LastName: "O'Neil <Owner> & Söhne", Role: portal.Owner},
		{ID: "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a01", FirstName: "Rita", LastName: "Roomadmin", Role: portal.RoomAdmin},
		{ID: "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a02", FirstName: "Uwe", LastName: "User", Role: portal.Member},
		{ID: "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a03", FirstName: "Gus", LastName: "Guest", Role: portal.Guest},
	} {
		word := string(u.Role)
		u.Email, u.Password, u.Token = word+"@portal.example", "Passw0rd-"+word, "token-"+word
		u.Profile = "/accounts/people/filter?search=" + u.ID
		s.Users = append(s.Users, u)
	}
	names := make(map[string]bool)
	for _, e := range entries {
		if e.Kind != "exchange" {
			continue
		}
		for _, h := range e.Request.Headers {
			if _, name, ok := strings.Cut(h[1], "sk-REDACTED-"); ok {
				names[name] = true
			}
		}
	}
	for name := range names {
		key := portal.APIKey{Key: "sk-REDACTED-" + name, Name: name, Owner: s.Users[0].ID, Disabled: name == "disabled"}
		for _, u := range s.Users {
			if string(u.Role) == name {
				key.Owner = u.ID
			}
		}
		switch strings.TrimPrefix(name, "scope-") {
		case "read", "read-only":
			key.Scopes = []string{"*:read"}
		case "write":
			key.Scopes = []string{"*:write"}
		case "star":
			key.Scopes = []string{"*"}
		case "files-rooms", "rooms-and-files":
			key.Scopes = []string{"files:write", "rooms:write"}
		case "accounts":
			key.Scopes = []string{"accounts:write"}
		}
		s.Keys = append(s.Keys, key)
	}
	return s
}

// event makes something happen and compares for which webhooks rows were made.
func (r *replay) event(t *testing.T, e *entry) {
	trigger, err := wire.ParseTriggers(e.Trigger)
	if err != nil {
		t.Fatal(err)
	}
	ev := portal.Event{Trigger: trigger, Entity: strings.Trim(string(e.Entity), `"`), By: r.seed.User(portal.Role(e.By)).ID}
	if string(e.Payload) != "null" {
		ev.Payload = e.Payload
	}
	ids, err := r.p.Emit(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	made := make(map[string]int) // webhook to row
	for _, row := range r.p.Log() {
		if slices.Contains(ids, row.ID) {
			made[row.Webhook.String()] = int(row.ID)
		}
	}
	var missing []string
	for _, row := range e.Rows {
		hook := r.ids.hook(row.Webhook)
		id, ok := made[hook]
		if !ok {
			missing = append(missing, fmt.Sprintf("no row for webhook %d", row.Webhook))
			continue
		}
		r.ids.rows[row.Log] = id
		delete(made, hook)
	}
	for hook := range made {
		missing = append(missing, "a row too many for webhook "+hook)
	}
	r.judge(e, missing)
}

func (r *replay) control(t *testing.T, e *entry) {
	state := r.p.Tenant()
	for name, value := range e.Set {
		on := string(value) == "1"
		word := strings.Trim(string(value), `"`)
		switch name {
		case "tz":
			if err := r.p.SetTimeZone(word); err != nil {
				t.Fatal(err)
			}
		case "unpaid":
			state.Unpaid = on
		case "missing":
			state.Missing = on
		case "status":
			state.Status = word
		case "ipdeny":
			state.DenyIP = on
		case "limited":
			state.AdminOnly = on
		case "remove":
			r.p.RemoveUser(word)
		default:
			t.Fatalf("unknown control %s", name)
		}
	}
	r.p.SetTenant(state)
}

func (r *replay) stored(t *testing.T, e *entry) {
	id, _ := strconv.Atoi(r.ids.hook(e.Webhook))
	err := r.p.ChangeWebhook(wire.WebhookID(id), func(w *portal.Webhook) {
		for name, value := range e.Set {
			on, word := string(value) == "true", strings.Trim(string(value), `"`)
			var ago struct {
				DaysAgo int `json:"daysAgo"`
			}
			_ = json.Unmarshal(value, &ago)
			back := r.entries[0].At.Add(jitter+time.Since(r.began)).AddDate(0, 0, -ago.DaysAgo)
			switch name {
			case "enabled":
				w.Disabled = !on
			case "ssl":
				w.TLS = on
			case "uri":
				w.URL = word
			case "secretKey":
				w.Secret = wire.Secret(word)
			case "createdOn":
				w.CreatedOn = back
			case "lastSuccessOn":
				w.LastSuccessOn = back
			default:
				t.Fatalf("unknown column %s", name)
			}
		}
	})
	if err != nil {
		r.differ(e, err.Error())
	}
}
