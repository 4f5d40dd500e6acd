package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
)

const newHook = `{"name":"two","uri":"http://127.0.0.1:8080/two","secretKey":"test-secret-1","enabled":false,"ssl":false`

// TestFlavours shows each trait once. The transcripts hold the rest.
func TestFlavours(t *testing.T) {
	t.Parallel()
	const my, pg = portal.MySQL, portal.PostgreSQL
	tests := []struct {
		name         string
		generation   portal.Generation
		database     portal.Database
		method, path string
		body         string
		status       int
		says         string
	}{
		{"create cannot say no", portal.V3_7, my, "POST", "webhook", newHook + `}`, 200, `"enabled":true,"ssl":true`},
		{"create cannot say no in 3.1 either", portal.V3_1, pg, "POST", "webhook", newHook + `}`, 200, `"enabled":true,"ssl":true`},
		{"update replaces", portal.V3_7, my, "PUT", "webhook", `{"id":1,"name":"n","uri":"http://127.0.0.1/"}`, 200, `"enabled":false,"ssl":false,"triggers":0`},
		{"update judges before it looks", portal.V3_7, my, "PUT", "webhook", `{"id":99,"name":"n","uri":"ftp://127.0.0.1/"}`, 400, "Invalid URL scheme: ftp"},
		{"an early update does, too", portal.V3_1, my, "PUT", "webhook", `{"id":99,"name":"n","uri":"ftp://127.0.0.1/"}`, 415, "The 'ftp' scheme is not supported."},
		{"id is required", portal.V3_6, my, "PUT", "webhook", `{"name":"n","uri":"http://127.0.0.1/"}`, 400, "missing required properties including: 'id'"},
		{"id was 0 once", portal.V3_2, my, "PUT", "webhook", `{"name":"n","uri":"http://127.0.0.1/"}`, 404, "could not be found"},
		{"enable validates what it ignores", portal.V3_7, my, "PUT", "webhook/enable", `{"id":1,"enabled":true}`, 400, `"errors":{"Uri":["The Uri field is required."],"Name":["The Name field is required."]}`},
		{"validation says 400 inside", portal.V3_7, my, "POST", "webhook", `{}`, 400, `"status":1,"statusCode":400}`},
		{"validation said 200 inside", portal.V3_6, my, "POST", "webhook", `{}`, 400, `"status":0,"statusCode":200}`},
		{"wide triggers", portal.V3_7, my, "POST", "webhook", newHook + `,"triggers":2147483648}`, 200, `"triggers":2147483648`},
		{"narrow triggers", portal.V3_6, my, "POST", "webhook", newHook + `,"triggers":2147483648}`, 400, "$.triggers"},
		{"long target", portal.V3_7, my, "POST", "webhook", newHook + `,"targetId":"` + strings.Repeat("x", 255) + `"}`, 200, `"targetId":"xxx`},
		{"short target", portal.V3_6, my, "POST", "webhook", newHook + `,"targetId":"` + strings.Repeat("x", 37) + `"}`, 400, "maximum length of '36'."},
		{"same but for case", portal.V3_7, my, "POST", "webhook", `{"name":"ÓNE ","uri":"http://127.0.0.1:8080/ONE","secretKey":"test-secret-1"}`, 400, "already exists"},
		{"case counts on PostgreSQL", portal.V3_7, pg, "POST", "webhook", `{"name":"One","uri":"http://127.0.0.1:8080/one","secretKey":"test-secret-1"}`, 200, `"name":"One"`},
		{"emoji on MySQL", portal.V3_7, my, "POST", "webhook", `{"name":"🚀","uri":"http://127.0.0.1/","secretKey":"test-secret-1"}`, 500, "Illegal mix of collations"},
		{"emoji on PostgreSQL", portal.V3_7, pg, "POST", "webhook", `{"name":"🚀","uri":"http://127.0.0.1/","secretKey":"test-secret-1"}`, 200, `"name":"\uD83D\uDE80"`},
		{"NUL on PostgreSQL", portal.V3_7, pg, "POST", "webhook", `{"name":"\u0000","uri":"http://127.0.0.1/","secretKey":"test-secret-1"}`, 500, "22021"},
		{"triggers as a list", portal.V3_7, my, "GET", "webhook/triggers", "", 200, `"available":true}],"count":37,`},
		{"triggers as an object", portal.V3_6, my, "GET", "webhook/triggers", "", 200, `"room.copied":134217728},"count":1,`},
		{"100 rows at most", portal.V3_2, my, "GET", "webhooks/log?count=101", "", 400, "The field Count must be between 1 and 100."},
		{"any count will do", portal.V3_1, my, "GET", "webhooks/log?count=nonsense", "", 200, `"total":0`},
		{"no zone on PostgreSQL", portal.V3_7, pg, "GET", "webhooks/log?deliveryFrom=2020-01-01", "", 400, "Kind=Unspecified"},
		{"no zone on MySQL", portal.V3_7, my, "GET", "webhooks/log?deliveryFrom=2020-01-01", "", 200, `"response":[]`},
		{"negative start on MySQL", portal.V3_7, my, "GET", "webhooks/log?startIndex=-1", "", 500, "near '-1\\n) AS `s`"},
		{"negative start on PostgreSQL", portal.V3_7, pg, "GET", "webhooks/log?startIndex=-1", "", 500, "2201X"},
		{"ids missing", portal.V3_7, my, "PUT", "webhook/retry", `{}`, 500, "Object reference not set"},
		{"id 0", portal.V3_7, my, "PUT", "webhook/0/retry", "", 400, `"message":"Id"`},
		{"fields", portal.V3_7, my, "GET", "webhook?fields=configs.id,status", "", 200, `"response":[{"configs":{"id":1},"status":0}]`},
		{"fields by another name", portal.V3_7, my, "GET", "webhook?Fields=status&fields=configs.id&FIELDS=configs.name", "", 200, `"response":[{"configs":{"id":1,"name":"one"},"status":0}]`},
		{"fields' members by another name", portal.V3_7, my, "GET", "webhook?fields=Status", "", 200, `"response":[{}]`},
		{"fields on 3.1 by another name", portal.V3_1, my, "GET", "webhook?Fields=avatar", "", 200, `"displayName":"Olga Owner","avatar":`},
		{"fields did nothing", portal.V3_1, my, "GET", "webhook?fields=status", "", 200, `"displayName":"Olga Owner","profileUrl"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithGeneration(tt.generation), portal.WithDatabase(tt.database))
			code, body := call(p, tt.method, tt.path, tt.body)
			if code != tt.status || !strings.Contains(body, tt.says) {
				t.Errorf("%d %s, want %d with %s", code, body, tt.status, tt.says)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	seed := portal.DefaultSeed()
	for _, u := range seed.Users {
		h := hook(string(u.Role))
		h.CreatedBy = u.ID
		seed.Webhooks = append(seed.Webhooks, h)
	}
	for role, seen := range map[portal.Role]int{portal.Owner: 5, portal.Admin: 5, portal.RoomAdmin: 1, portal.Member: 1, portal.Guest: -1} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithSeed(seed))
			code, body := callAs(p, role, "GET", "webhook", "")
			if seen < 0 {
				if code != http.StatusForbidden {
					t.Errorf("list: %d", code)
				}
			} else if n := strings.Count(body, `"configs"`); code != 200 || n != seen {
				t.Errorf("list: %d with %d webhooks, want %d", code, n, seen)
			}
			want := http.StatusForbidden
			if seen == 5 {
				want = http.StatusOK
			}
			if code, _ := callAs(p, role, "DELETE", "webhook/5", ""); code != want && role != portal.Guest {
				t.Errorf("removing the guest's: %d, want %d", code, want)
			}
			if code, _ := callAs(p, role, "DELETE", "webhook/99", ""); code != http.StatusNotFound {
				t.Errorf("removing one that is not there: %d", code)
			}
			p.SetTenant(portal.TenantState{AdminOnly: true})
			if code, _ := callAs(p, role, "GET", "webhooks/log", ""); code != want {
				t.Errorf("the log while restricted: %d, want %d", code, want)
			}
		})
	}
}

// TestDates reads one webhook and one row in a zone, on each database.
func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 15, 9, 0, 0, 123_456_700, time.UTC)
	for _, tt := range []struct {
		name       string
		generation portal.Generation
		database   portal.Database
		server     string
		webhook    string
		row        string
		retry      string
	}{
		{"MySQL", portal.V3_7, portal.MySQL, "UTC", "2026-01-15T10:00:00+00:00", "2026-01-15T08:00:00Z", "2026-01-15T09:00:00.1234567Z"},
		{"PostgreSQL", portal.V3_7, portal.PostgreSQL, "UTC", "2026-01-15T10:00:00.123456+00:00", "2026-01-15T09:00:00.123456Z", "2026-01-15T09:00:00.1234567Z"},
		{"3.2", portal.V3_2, portal.MySQL, "UTC", "2026-01-15T10:00:00+00:00", "2026-01-15T10:00:00+00:00", "2026-01-15T10:00:00.1234567+00:00"},
		{"server in New York", portal.V3_7, portal.MySQL, "America/New_York", "2026-01-15T10:00:00-05:00", "2026-01-15T08:00:00Z", "2026-01-15T09:00:00.1234567Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithGeneration(tt.generation), portal.WithDatabase(tt.database),
				portal.WithTimeZone("Europe/Berlin"), portal.WithServerTimeZone(tt.server), portal.WithClock(portal.NewManualClock(at)))
			emit(t, p)
			if _, body := call(p, "GET", "webhook", ""); !strings.Contains(body, `"createdOn":"`+tt.webhook+`"`) {
				t.Errorf("webhook: %s, want %s", body, tt.webhook)
			}
			if _, body := call(p, "GET", "webhooks/log", ""); !strings.Contains(body, `"creationTime":"`+tt.row+`"`) {
				t.Errorf("row: %s, want %s", body, tt.row)
			}
			if _, body := call(p, "PUT", "webhook/1/retry", ""); !strings.Contains(body, `"creationTime":"`+tt.retry+`"`) {
				t.Errorf("retry: %s, want %s", body, tt.retry)
			}
		})
	}
}

func TestPostgreSQLKeepsWebhooksWithRows(t *testing.T) {
	t.Parallel()
	for database, want := range map[portal.Database]int{portal.MySQL: 200, portal.PostgreSQL: 500} {
		p := newPortal(t, &fakeReceiver{answer: status(200)}, portal.WithDatabase(database))
		emit(t, p)
		if code, body := call(p, "DELETE", "webhook/1", ""); code != want {
			t.Errorf("%v: %d %s, want %d", database, code, body, want)
		}
	}
}

func TestKeysOnPostgreSQL(t *testing.T) {
	t.Parallel()
	s := portal.Start(t, portal.WithDatabase(portal.PostgreSQL))
	if code, body := ask(t, s, "GET", "/api/2.0/settings/webhook", ""); code != http.StatusUnsupportedMediaType || !strings.Contains(body, `"type":null`) {
		t.Errorf("%d %s", code, body)
	}
}

func TestWholePersonKillsTheServer(t *testing.T) {
	t.Parallel()
	s := portal.Start(t)
	if got, err := fetch(t, s, "POST", "/api/2.0/settings/webhook?fields=createdBy", `{"name":"","uri":""}`); err != nil || got.status != 400 {
		t.Errorf("a refused call: %+v %v", got, err)
	}
	p := newPortal(t, nil)
	for _, query := range []string{"fields=configs", "Fields=configs", "FIELDS=status&fields=configs.createdBy"} {
		func() {
			defer func() {
				if !httpfake.Aborted(recover()) {
					t.Errorf("%s: the answer came", query)
				}
			}()
			call(p, "GET", "webhook?"+query, "")
		}()
	}
}
