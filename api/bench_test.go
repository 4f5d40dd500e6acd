package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// The structs that one writes without this package.
type (
	plainPerson struct {
		ID             string `json:"id"`
		DisplayName    string `json:"displayName"`
		Avatar         string `json:"avatar"`
		AvatarOriginal string `json:"avatarOriginal"`
		AvatarMax      string `json:"avatarMax"`
		AvatarMedium   string `json:"avatarMedium"`
		AvatarSmall    string `json:"avatarSmall"`
		ProfileURL     string `json:"profileUrl"`
		HasAvatar      bool   `json:"hasAvatar"`
		IsAnonim       bool   `json:"isAnonim"`
	}
	plainWebhook struct {
		ID                 int         `json:"id"`
		Name               string      `json:"name"`
		URI                string      `json:"uri"`
		Enabled            bool        `json:"enabled"`
		SSL                bool        `json:"ssl"`
		Triggers           int64       `json:"triggers"`
		TargetID           string      `json:"targetId"`
		CreatedBy          plainPerson `json:"createdBy"`
		CreatedOn          time.Time   `json:"createdOn"`
		ModifiedBy         plainPerson `json:"modifiedBy"`
		ModifiedOn         time.Time   `json:"modifiedOn"`
		LastFailureOn      time.Time   `json:"lastFailureOn"`
		LastFailureContent string      `json:"lastFailureContent"`
		LastSuccessOn      time.Time   `json:"lastSuccessOn"`
	}
	plainWebhookWithStatus struct {
		Configs plainWebhook `json:"configs"`
		Status  int          `json:"status"`
	}
	plainDelivery struct {
		ID              int       `json:"id"`
		ConfigName      string    `json:"configName"`
		Trigger         int64     `json:"trigger"`
		CreationTime    time.Time `json:"creationTime"`
		RequestHeaders  string    `json:"requestHeaders"`
		RequestPayload  string    `json:"requestPayload"`
		ResponseHeaders string    `json:"responseHeaders"`
		ResponsePayload string    `json:"responsePayload"`
		Status          int       `json:"status"`
		Delivery        time.Time `json:"delivery"`
	}
	plainAnswer[T any] struct {
		Response   T     `json:"response"`
		Count      int   `json:"count"`
		Total      int64 `json:"total"`
		StatusCode int   `json:"statusCode"`
	}
)

// plainCall makes a call with net/http and encoding/json.
func plainCall[T any](client *http.Client, method, url string, body []byte) (T, error) {
	var answer plainAnswer[T]
	r, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(body))
	if err != nil {
		return answer.Response, err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return answer.Response, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer.Response, err
	}
	return answer.Response, json.Unmarshal(text, &answer)
}

// bareCall makes a call and drops the answer.
func bareCall(client *http.Client, method, url string, body []byte) error {
	r, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// BenchmarkCalls compares calls of this package with net/http and encoding/json
// into plain structs ("raw"), and with net/http alone ("floor"), in turn. The
// server is in the same process, and its share is in all three.
//
//	go test ./api -run - -bench Calls
func BenchmarkCalls(b *testing.B) {
	list, page := recorded(b, "list-25"), recorded(b, "log-100")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		switch {
		case r.Method == http.MethodPost:
			_, _ = io.WriteString(w, success(hook7))
		case r.URL.Path == "/api/2.0/settings/webhook":
			_, _ = w.Write(list)
		default:
			_, _ = w.Write(page)
		}
	}))
	defer server.Close()
	network := &http.Client{}
	client, err := api.New(server.URL, api.WithAPIKey(key), api.WithHTTPClient(network))
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	hooks := server.URL + "/api/2.0/settings/webhook"
	request := api.NewWebhook("builds", "https://hooks.example.com/ok", "test-secret-1", api.FileCreated)
	type plainRequest struct {
		Name      string `json:"name"`
		URI       string `json:"uri"`
		SecretKey string `json:"secretKey"`
		Enabled   bool   `json:"enabled"`
		SSL       bool   `json:"ssl"`
		Triggers  int64  `json:"triggers"`
	}
	marshal := func() []byte {
		body, err := json.Marshal(plainRequest{"builds", "https://hooks.example.com/ok", "test-secret-1", true, true, 128})
		if err != nil {
			b.Fatal(err)
		}
		return body
	}
	body := marshal()
	for _, c := range []struct {
		name             string
		floor, raw, with func() error
	}{
		{
			"list",
			func() error { return bareCall(network, "GET", hooks, nil) },
			func() error {
				_, err := plainCall[[]plainWebhookWithStatus](network, "GET", hooks, nil)
				return err
			},
			func() error { _, err := client.ListWebhooks(ctx); return err },
		},
		{
			"page",
			func() error { return bareCall(network, "GET", server.URL+"/api/2.0/settings/webhooks/log", nil) },
			func() error {
				_, err := plainCall[[]plainDelivery](network, "GET", server.URL+"/api/2.0/settings/webhooks/log", nil)
				return err
			},
			func() error { _, err := client.ListDeliveries(ctx, api.DeliveryFilter{}); return err },
		},
		{
			"create",
			func() error { return bareCall(network, "POST", hooks, body) },
			func() error { _, err := plainCall[plainWebhook](network, "POST", hooks, marshal()); return err },
			func() error { _, err := client.CreateWebhook(ctx, request); return err },
		},
	} {
		b.Run(c.name, func(b *testing.B) {
			calls := []func() error{c.floor, c.raw, c.with}
			took := make([]time.Duration, len(calls))
			for b.Loop() {
				for i, call := range calls {
					start := time.Now()
					if err := call(); err != nil {
						b.Fatal(err)
					}
					took[i] += time.Since(start)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(took[2])/float64(took[1]), "×raw")
			b.ReportMetric(float64(took[2])/float64(took[0]), "×floor")
			b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "raw-µs")
			b.ReportMetric(float64(took[2].Microseconds())/float64(b.N), "api-µs")
		})
	}
}

// BenchmarkWalk reads a log of 100,000 rows: with Deliveries, and page after page
// with net/http and encoding/json. The memory is what is live at most.
//
//	go test ./api -run - -bench Walk -benchtime 1x
func BenchmarkWalk(b *testing.B) {
	const rows = 100_000
	page := recorded(b, "log-100")
	for latency, opts := range map[time.Duration][]api.WalkOption{0: nil, 20 * time.Millisecond: {api.LookAhead(4)}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(latency)
			start, _ := strconv.Atoi(r.URL.Query().Get("startIndex"))
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = w.Write(renumbered(page, rows-start, rows))
		}))
		client, err := api.New(server.URL, api.WithAPIKey(key))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(latency), func(b *testing.B) {
			var raw, walk time.Duration
			var most uint64
			for b.Loop() {
				start := time.Now()
				for offset := 0; offset < rows; offset += 100 {
					if _, err := plainCall[[]plainDelivery](http.DefaultClient, "GET", fmt.Sprint(server.URL, "/api/2.0/settings/webhooks/log?startIndex=", offset), nil); err != nil {
						b.Fatal(err)
					}
				}
				raw += time.Since(start)
				start = time.Now()
				n := 0
				for _, err := range client.Deliveries(b.Context(), api.DeliveryFilter{}, opts...) {
					if err != nil {
						b.Fatal(err)
					}
					if n++; n%10_000 == 0 {
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						most = max(most, m.HeapInuse)
					}
				}
				walk += time.Since(start)
				if n != rows {
					b.Fatalf("%d rows", n)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(walk)/float64(raw), "×raw")
			b.ReportMetric(raw.Seconds()/float64(b.N), "raw-s")
			b.ReportMetric(walk.Seconds()/float64(b.N), "api-s")
			b.ReportMetric(float64(most)/(1<<20), "MB-live")
		})
		server.Close()
	}
}

// renumbered returns page with the ids from newest down and that total, as many
// rows as are left.
func renumbered(page []byte, newest, total int) []byte {
	var out bytes.Buffer
	rows := bytes.Split(page, []byte(`{"id":`))
	out.Write(rows[0])
	n := min(newest, len(rows)-1)
	for i, row := range rows[1 : n+1] {
		_, rest, _ := bytes.Cut(row, []byte(","))
		out.WriteString(`{"id":` + strconv.Itoa(newest-i) + ",")
		out.Write(rest)
	}
	text := out.Bytes()
	at := bytes.LastIndex(text, []byte(`"total":`))
	if at < 0 { // fewer rows than a page has
		return fmt.Appendf(nil, `%s],"count":1,"total":%d,"links":[],"status":0,"statusCode":200}`, bytes.TrimSuffix(text, []byte(",")), total)
	}
	end := at + bytes.IndexByte(text[at:], ',')
	return fmt.Appendf(nil, `%s"total":%d%s`, text[:at], total, text[end:])
}
