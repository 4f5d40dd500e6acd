package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/api"
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

// startPortal runs the command portal with args on a free port, until the test
// is over, and returns its address and what it printed about its people.
func startPortal(t *testing.T, args ...string) (url, printed string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	served := make(chan error, 1)
	go func() {
		cmd := newCommand()
		cmd.SetArgs(append([]string{"portal", "--addr", "127.0.0.1:0"}, args...))
		cmd.SetOut(writer)
		err := cmd.ExecuteContext(ctx)
		_ = writer.CloseWithError(err)
		served <- err
	}()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-served:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the portal does not stop")
		}
	})
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		printed += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "guest") { // the last line
			go func() { _, _ = io.Copy(io.Discard, reader) }()
			return regexp.MustCompile(`http://\S+`).FindString(printed), printed
		}
	}
	t.Fatalf("%v after %q", lines.Err(), printed)
	return "", ""
}

func TestPortalPrintsWhatItServes(t *testing.T) {
	t.Parallel()
	url, printed := startPortal(t, "--base-path", "/docs", "--generation", "3.6")
	key := regexp.MustCompile(`sk-[0-9a-f]{64}`).FindString(printed)
	client, err := api.New(url, api.WithAPIKey(key))
	if err != nil {
		t.Fatal(err)
	}
	var answers []api.Answer
	if _, err := client.ListTriggers(t.Context(), api.CollectAnswers(&answers)); err != nil {
		t.Fatalf("with the printed address and key: %v", err)
	}
	if body := string(answers[0].Body); !strings.Contains(body, `"user.created":1`) {
		t.Errorf("not an answer of 3.6: %s", body)
	}
}

func TestPortalRefusesFlags(t *testing.T) {
	t.Parallel()
	notSeed := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(notSeed, []byte(`{"users":[],"kies":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ flag, value, says string }{
		{"--generation", "4.0", "want 3.1, 3.2, 3.6 or 3.7"},
		{"--database", "sqlite", "neither mysql nor postgresql"},
		{"--time-zone", "Mars/Phobos", "Mars/Phobos"},
		{"--seed", filepath.Join(t.TempDir(), "none.json"), "none.json"},
		{"--seed", notSeed, "kies"},
		{"--poll", "-1s", "must be positive"},
		{"--addr", "127.0.0.1:notaport", "notaport"},
	} {
		t.Run(test.flag+" "+filepath.Base(test.value), func(t *testing.T) {
			t.Parallel()
			out, err := execute(t, "portal", "--addr", "127.0.0.1:0", test.flag, test.value)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("err = %v, want one that says %q\n%s", err, test.says, out)
			}
		})
	}
}

// The control endpoints' own help is enough to drive the portal with curl: each
// of its examples is run as it stands.
func TestPortalIsDrivenByCurlFromItsHelp(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl on this computer: install it to run the examples of the help text")
	}
	url, _ := startPortal(t, "--control")
	run := func(script string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", script)
		cmd.Env = append(os.Environ(), "P="+url+"/_/control")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
		return string(out)
	}
	help := run(curl + " -sS --fail-with-body $P/")
	examples := regexp.MustCompile(`e\.g\. curl (.*)`).FindAllStringSubmatch(help, -1)
	if len(examples) < 5 {
		t.Fatalf("%d examples in\n%s", len(examples), help)
	}
	for _, example := range examples {
		run(curl + " -sS --fail-with-body " + example[1])
	}
	if requests := run(curl + " -sS --fail-with-body $P/requests"); strings.Contains(requests, "sk-") {
		t.Errorf("the log of requests shows a key: %s", requests)
	}
}
