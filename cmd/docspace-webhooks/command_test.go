package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// execute runs the command and returns what it printed.
func execute(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestDemoWalksThroughTheNineOperations(t *testing.T) {
	t.Parallel()
	out, err := execute(t, "demo")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, operation := range []string{
		"createWebhook", "enableWebhook", "getTenantWebhooks", "getWebhookTriggers", "getWebhooksLogs",
		"removeWebhook", "retryWebhook", "retryWebhooks", "updateWebhook",
	} {
		if !regexp.MustCompile(`(?m)^` + operation + ` `).MatchString(out) {
			t.Errorf("the demo does not show %s:\n%s", operation, out)
		}
	}
	if strings.Contains(out, demoSecret) {
		t.Error("the demo prints the secret")
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const good = `{"id": "getTenantWebhooks.none", "operationId": "getTenantWebhooks", "title": "", "server": {"version": "3.7.2", "db": "MariaDB 10.11"},
		"request": {"method": "GET", "target": "/api/2.0/settings/webhook", "headers": [], "body": null},
		"response": {"status": 200, "headers": [["Content-Type", "application/json; charset=utf-8"]],
		"body": "{\"response\":[],\"count\":1,\"links\":[{\"href\":\"http://portal.example.com/api/2.0/settings/webhook\",\"action\":\"GET\"}],\"status\":0,\"statusCode\":200}"}}`
	for _, test := range []struct {
		name, document, last string
		ok                   bool
	}{
		{"valid", good, "validated 1: 1 valid, 0 not", true},
		{"not valid", strings.Replace(good, `\"count\":1,`, "", 1), "validated 1: 0 valid, 1 not", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "capture.json")
			if err := os.WriteFile(path, []byte(test.document), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := execute(t, "validate", path)
			if (err == nil) != test.ok {
				t.Errorf("err = %v", err)
			}
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if last := lines[len(lines)-1]; last != test.last {
				t.Errorf("last line %q, want %q\n%s", last, test.last, out)
			}
		})
	}
}

func TestPortalPrintsWhatItServes(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	served := make(chan error, 1)
	go func() {
		err := servePortal(ctx, writer, "127.0.0.1:0")
		writer.Close()
		served <- err
	}()
	var printed bytes.Buffer
	url, key := "", ""
	buffer := make([]byte, 4096)
	for url == "" || key == "" {
		n, err := reader.Read(buffer)
		if err != nil {
			t.Fatalf("%v after %q", err, printed.String())
		}
		printed.Write(buffer[:n])
		url = regexp.MustCompile(`http://\S+`).FindString(printed.String())
		key = regexp.MustCompile(`owner.*(sk-[0-9a-f]{64})\n`).FindString(printed.String())
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	key = key[strings.Index(key, "sk-") : len(key)-1]

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/2.0/settings/webhook", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("with the printed key: %s", response.Status)
	}
	stop()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the portal does not stop")
	}
}
