package portal_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/receiver"
	"github.com/docspace-go/webhooks/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask sends a request with the owner's key and returns status and body.
func ask(t *testing.T, s *portal.Server, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Seed().Key(portal.Owner))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultTransport.(*http.Transport).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestDelivers(t *testing.T) {
	t.Parallel()
	const secret = "test-secret-1"
	type got struct {
		body, signature string
	}
	received := make(chan got, 1)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			received <- got{string(body), r.Header.Get(wire.SignatureHeader)}
		}
	}))
	defer target.Close()
	s := portal.Start(t, portal.WithPollInterval(10*time.Millisecond))
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()

	status, body := ask(t, s, "POST", "/api/2.0/settings/webhook", `{"name":"a <b>","uri":"`+target.URL+`/in","secretKey":"`+secret+`","enabled":true,"ssl":false}`)
	if status != 200 {
		t.Fatalf("create: %d %s", status, body)
	}
	if status, body = ask(t, s, "PUT", "/api/2.0/settings/webhook", `{"id":1,"name":"a <b>","uri":"`+target.URL+`/in","enabled":true,"ssl":false}`); status != 200 {
		t.Fatalf("update: %d %s", status, body)
	}
	ids, err := s.Emit(context.Background(), portal.Event{Trigger: wire.FileCreated})
	if err != nil || len(ids) != 1 {
		t.Fatalf("Emit = %v, %v", ids, err)
	}
	var d got
	select {
	case d = <-received:
	case <-time.After(5 * time.Second):
		t.Fatal("nothing was delivered")
	}
	if want := receiver.Sign([]byte(d.body), secret); d.signature != want {
		t.Errorf("signature %s, want %s", d.signature, want)
	}
	if !strings.Contains(d.body, `"webhook":{"id":1,"name":"a \u003Cb\u003E"`) || !json.Valid([]byte(d.body)) {
		t.Errorf("body %s", d.body)
	}
	var log struct {
		Response []struct {
			ID     int `json:"id"`
			Status int `json:"status"`
		} `json:"response"`
		Total int `json:"total"`
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, body = ask(t, s, "GET", "/api/2.0/settings/webhooks/log", ""); json.Unmarshal([]byte(body), &log) != nil {
			t.Fatalf("log: %s", body)
		}
		if len(log.Response) == 1 && log.Response[0].Status == 200 || time.Now().After(deadline) {
			break
		}
	}
	if log.Total != 1 || log.Response[0].ID != int(ids[0]) || log.Response[0].Status != 200 {
		t.Errorf("log %+v", log)
	}
	if status, body = ask(t, s, "PUT", "/api/2.0/settings/webhook/1/retry", ""); status != 200 || !strings.Contains(body, `"id":2`) {
		t.Errorf("retry: %d %s", status, body)
	}
	<-received
}
