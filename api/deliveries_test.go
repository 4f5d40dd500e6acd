package api_test

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/api"
)

func TestListDeliveriesQuery(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("", 3600)
	at := time.Date(2026, 11, 24, 23, 33, 33, 977875123, berlin)
	for name, c := range map[string]struct {
		filter api.DeliveryFilter
		query  string
	}{
		"everything": {api.DeliveryFilter{}, ""},
		"bounds":     {api.DeliveryFilter{DeliveredFrom: at, DeliveredTo: at.Truncate(time.Second).Add(time.Second)}, "deliveryFrom=2026-11-24T22:33:33.9778751Z&deliveryTo=2026-11-24T22:33:34Z"},
		"one bound":  {api.DeliveryFilter{DeliveredTo: time.Date(1, 1, 1, 0, 0, 0, 0, berlin)}, "deliveryTo=0000-12-31T23:00:00Z"},
		"url":        {api.DeliveryFilter{URL: "https://hooks.example.com/?a=b&c=d e+f,ü"}, "hookUri=https://hooks.example.com/?a=b&c=d e+f,ü"},
		"ids":        {api.DeliveryFilter{Webhook: 7, Delivery: 106, CreatedBy: "66faa6e4-f133-11ea-b126-00ffeec8b4ef"}, "configId=7&eventId=106&userId=66faa6e4-f133-11ea-b126-00ffeec8b4ef"},
		"status":     {api.DeliveryFilter{Status: api.Failed | api.NotSent}, "groupStatus=29"},
		"trigger":    {api.DeliveryFilter{Trigger: api.FolderDownloaded}, "trigger=34359738368"},
		"unknown":    {api.DeliveryFilter{Trigger: 1 << 62}, "trigger=4611686018427387904"},
		"page":       {api.DeliveryFilter{Limit: api.MaxPage, Offset: 200}, "count=100&startIndex=200"},
		"fields":     {api.DeliveryFilter{Fields: []api.DeliveryField{api.FieldID, api.FieldStatus}}, "fields=id,status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := answering(t, logPage(0))
			if _, err := client.ListDeliveries(t.Context(), c.filter); err != nil {
				t.Fatal(err)
			}
			path, query, _ := strings.Cut(s.last().target, "?")
			if name == "fields" && query != "fields=id,status" {
				t.Errorf("the list is sent as %s", query)
			}
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			var parts []string
			for _, p := range []string{"deliveryFrom", "deliveryTo", "hookUri", "configId", "eventId", "groupStatus", "userId", "trigger", "count", "startIndex", "fields"} {
				for _, v := range values[p] {
					parts = append(parts, p+"="+v)
				}
				delete(values, p)
			}
			if got := strings.Join(parts, "&"); got != c.query || len(values) > 0 || path != "/api/2.0/settings/webhooks/log" {
				t.Errorf("asked %s?%s (%s)\nwant %s", path, got, query, c.query)
			}
		})
	}
}

func TestListDeliveriesRefuses(t *testing.T) {
	t.Parallel()
	client, s := answering(t, logPage(0))
	now := time.Now()
	for field, filters := range map[string][]api.DeliveryFilter{
		"Webhook":     {{Webhook: -1}},
		"Delivery":    {{Delivery: -1}},
		"Status":      {{Status: 32}, {Status: -1}},
		"Trigger":     {{Trigger: api.FileCreated | api.FileMoved}, {Trigger: -1}},
		"Limit":       {{Limit: -1}, {Limit: 101}},
		"Offset":      {{Offset: -1}, {Offset: math.MaxInt32 + 1}},
		"DeliveredTo": {{DeliveredFrom: now, DeliveredTo: now.Add(-1)}},
		"Fields":      {{Fields: []api.DeliveryField{api.FieldID, "configs.createdBy"}}, {Fields: []api.DeliveryField{""}}},
	} {
		for _, f := range filters {
			_, err := client.ListDeliveries(t.Context(), f)
			wantKinds(t, err, api.ErrValidation)
			if e := asError(t, err); len(e.Fields[field]) != 1 || e.Operation != "getWebhooksLogs" {
				t.Errorf("%+v: %v", f, err)
			}
		}
	}
	if asked := s.asked(); len(asked) > 0 {
		t.Errorf("sent %v", asked)
	}
}

func TestListDeliveries(t *testing.T) {
	t.Parallel()
	const full = `{"id":105,"configName":"builds","trigger":1099511627776,"creationTime":"2026-11-24T22:46:34Z","requestHeaders":"{\"Accept\":[\"*/*\"],\"x-docspace-signature-256\":[\"sha256=` + hmac + `\"]}","requestPayload":"{}","responseHeaders":"{}","responsePayload":"","status":200,"delivery":"2026-11-24T22:46:35.5Z"}`
	client, _ := answering(t, logPage(1234, row106, full), logPage(10, `{"status":200}`, "{}"), logPage(10, `{"status":200}`))
	page, err := client.ListDeliveries(t.Context(), api.DeliveryFilter{})
	if err != nil || page.Total != 1234 || len(page.Deliveries) != 2 {
		t.Fatalf("got %+v, %v", page, err)
	}
	first, second := page.Deliveries[0], page.Deliveries[1]
	if first.ID != 106 || !first.Delivery.IsZero() || first.ResponsePayload.Set || first.Trigger != api.FileCreated {
		t.Errorf("first: %+v", first)
	}
	if second.Trigger != 1<<40 || second.Delivery.String() != "2026-11-24T22:46:35.5Z" || !second.ResponsePayload.Set {
		t.Errorf("second: %+v", second)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb, page); strings.Contains(text, hmac) || !strings.Contains(text, "REDACTED") {
			t.Errorf("%s prints the signature: %s", verb, text)
		}
	}
	// Rows need no id where none was asked for, but only there.
	page, err = client.ListDeliveries(t.Context(), api.DeliveryFilter{Fields: []api.DeliveryField{api.FieldStatus}})
	if err != nil || page.Deliveries[0].Status != 200 {
		t.Errorf("got %+v, %v", page, err)
	}
	_, err = client.ListDeliveries(t.Context(), api.DeliveryFilter{Fields: []api.DeliveryField{api.FieldStatus, api.FieldID}})
	wantKinds(t, err, api.ErrUnexpectedAnswer)
}

func TestRetryDelivery(t *testing.T) {
	t.Parallel()
	client, s := answering(t, success(row106), "404 "+notFound, "429 ")
	queued, err := client.RetryDelivery(t.Context(), 105)
	if err != nil || queued.ID != 106 || queued.CreationTime.String() != "2026-11-24T22:46:34.0865269Z" {
		t.Errorf("got %+v, %v", queued, err)
	}
	if r := s.last(); r.method+" "+r.target != "PUT /api/2.0/settings/webhook/105/retry" || r.body != "" {
		t.Errorf("sent %+v", r)
	}
	_, err = client.RetryDelivery(t.Context(), 105)
	wantKinds(t, err, api.ErrNotFound)
	_, err = client.RetryDelivery(t.Context(), 105)
	wantKinds(t, err, api.ErrRateLimited)
	for _, id := range []api.DeliveryID{0, -5} {
		_, err = client.RetryDelivery(t.Context(), id)
		wantKinds(t, err, api.ErrValidation)
	}
	if n := len(s.asked()); n != 3 {
		t.Errorf("%d requests", n)
	}
}

func TestRetryDeliveries(t *testing.T) {
	t.Parallel()
	row107 := strings.Replace(row106, "106", "107", 1)
	client, s := answering(t, success("["+row106+","+row107+"]"), success("["+row106+"]"), success("[]"))
	ids := []api.DeliveryID{104, 105}
	queued, err := client.RetryDeliveries(t.Context(), ids)
	if err != nil || len(queued) != 2 || queued[1].ID != 107 {
		t.Errorf("got %+v, %v", queued, err)
	}
	if r := s.last(); r.method+" "+r.target != "PUT /api/2.0/settings/webhook/retry" || r.body != `{"ids":[104,105]}` {
		t.Errorf("sent %+v", r)
	}
	for n := range 2 {
		queued, err = client.RetryDeliveries(t.Context(), ids)
		wantKinds(t, err, api.ErrNotApplied)
		if want := fmt.Sprintf("%d of 2 deliveries were queued again", 1-n); len(queued) != 1-n || !strings.Contains(err.Error(), want) {
			t.Errorf("got %d rows, %v", len(queued), err)
		}
	}
	for _, ids := range [][]api.DeliveryID{nil, {}, {0}, {104, -1}, {104, 105, 104}} {
		queued, err = client.RetryDeliveries(t.Context(), ids)
		wantKinds(t, err, api.ErrValidation)
		if e := asError(t, err); queued != nil || len(e.Fields["ids"]) != 1 {
			t.Error(err)
		}
	}
	if n := len(s.asked()); n != 3 {
		t.Errorf("%d requests", n)
	}
}
