package validate_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/openapi/captures"
	"github.com/docspace-go/webhooks/openapi/validate"
)

func contract(t *testing.T) *validate.Contract {
	t.Helper()
	c, err := validate.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantError asks for an *validate.Error at place with rule, or for none if
// place is "-".
func wantError(t *testing.T, err error, place, rule string) {
	t.Helper()
	if place == "-" {
		if err != nil {
			t.Errorf("got %v, want no error", err)
		}
		return
	}
	got, ok := errors.AsType[*validate.Error](err)
	if !ok || got.Place != place || got.Rule != rule {
		t.Errorf("got %v, want place %q and rule %q", err, place, rule)
	}
}

const (
	hooks = "/api/2.0/settings/webhook"
	logs  = "/api/2.0/settings/webhooks/log"
)

func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, "https://portal.example.com"+target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer sk-0")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestRequest(t *testing.T) {
	t.Parallel()
	const valid = `{"name":"n","uri":"https://hooks.example.com/","secretKey":"correct horse","triggers":384}`
	tests := map[string]struct {
		method, target, body string
		edit                 func(*http.Request)
		place, rule          string
	}{
		"list":                     {"GET", hooks, "", nil, "-", ""},
		"behind a path":            {"GET", "/docspace" + hooks, "", nil, "-", ""},
		"create":                   {"POST", hooks, valid, nil, "-", ""},
		"delete":                   {"DELETE", hooks + "/17", "", nil, "-", ""},
		"retry one":                {"PUT", hooks + "/17/retry", "", nil, "-", ""},
		"retry many":               {"PUT", hooks + "/retry", `{"ids":[1,2]}`, nil, "-", ""},
		"unknown path":             {"GET", hooks + "/stats/now", "", nil, "path", "a path of the contract, and one of its methods"},
		"unknown method":           {"PATCH", hooks, "", nil, "path", "a path of the contract, and one of its methods"},
		"path in capitals":         {"GET", "/api/2.0/settings/Webhook", "", nil, "path", "a path of the contract, and one of its methods"},
		"id that is none":          {"DELETE", hooks + "/x", "", nil, "path", "id int32"},
		"id beyond an int32":       {"DELETE", hooks + "/2147483648", "", nil, "path", "id int32"},
		"no credentials":           {"GET", hooks, "", func(r *http.Request) { r.Header.Del("Authorization") }, "header Authorization", "credentials, here or in the cookie asc_auth_key"},
		"the header of the vendor": {"GET", hooks, "", func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("ApiKeyBearer", "sk-0") }, "header Authorization", "credentials, here or in the cookie asc_auth_key"},
		"another cookie":           {"GET", hooks, "", func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("Cookie", "session=1") }, "header Authorization", "credentials, here or in the cookie asc_auth_key"},
		"the cookie":               {"GET", hooks, "", func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("Cookie", "asc_auth_key=1") }, "-", ""},
		"filter":                   {"GET", logs + "?deliveryFrom=2026-01-01T00:00:00Z&trigger=128&count=100&startIndex=0&groupStatus=24&fields=id,status", "", nil, "-", ""},
		"parameter in capitals":    {"GET", logs + "?COUNT=5&GroupStatus=2&groupStatus=8", "", nil, "-", ""},
		"undeclared parameter":     {"GET", logs + "?webhookId=1", "", nil, "query webhookId", "known parameter"},
		"fields elsewhere":         {"GET", hooks + "?fields=configs", "", nil, "query fields", "known parameter"},
		"fields of a person":       {"GET", logs + "?fields=id,createdBy", "", nil, "query fields", "enum [id configName trigger creationTime requestHeaders requestPayload responseHeaders responsePayload status delivery]"},
		"page too long":            {"GET", logs + "?count=101", "", nil, "query count", "maximum 100"},
		"second value wrong":       {"GET", logs + "?count=1&count=0", "", nil, "query count", "minimum 1"},
		"empty count":              {"GET", logs + "?count=", "", nil, "query count", "type integer"},
		"count that is no integer": {"GET", logs + "?count=1e1", "", nil, "query count", "type integer"},
		"bound without a zone":     {"GET", logs + "?deliveryTo=2026-01-01T00:00:00", "", nil, "query deliveryTo", "format date-time"},
		"user that is no uuid":     {"GET", logs + "?userId=owner", "", nil, "query userId", "format uuid"},
		"bad escape":               {"GET", logs + "?hookUri=%zz", "", nil, "query", "name=value pairs, escaped"},
		"body of a GET":            {"GET", hooks, "{}", nil, "", "no body"},
		"no body":                  {"POST", hooks, "", nil, "", "required"},
		"no content type":          {"POST", hooks, valid, func(r *http.Request) { r.Header.Del("Content-Type") }, "header Content-Type", "one that the contract has here"},
		"unknown member":           {"POST", hooks, `{"name":"n","uri":"u","secret":"s"}`, nil, "/secret", "known member"},
		"missing member":           {"POST", hooks, `{"uri":"u"}`, nil, "/name", "required"},
		"name too long":            {"POST", hooks, `{"name":"` + strings.Repeat("n", 51) + `","uri":"u"}`, nil, "/name", "maxLength 50"},
		"null ids":                 {"PUT", hooks + "/retry", `{"ids":null}`, nil, "/ids", "not null"},
		"triggers as a text":       {"POST", hooks, `{"name":"n","uri":"u","triggers":"128"}`, nil, "/triggers", "type integer"},
		"triggers beyond an int64": {"POST", hooks, `{"name":"n","uri":"u","triggers":9223372036854775808}`, nil, "/triggers", "integer of 64 bits, written as one"},
		"member twice":             {"POST", hooks, `{"name":"n","uri":"u","name":"n"}`, nil, "/name", "member written once"},
		"two values":               {"POST", hooks, valid + valid, nil, "", "nothing after the value"},
		"cut off":                  {"POST", hooks, valid[:20], nil, "", "JSON"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(test.method, test.target, test.body)
			if test.edit != nil {
				test.edit(r)
			}
			wantError(t, contract(t).Request(r), test.place, test.rule)
			if body, err := io.ReadAll(r.Body); err != nil || string(body) != test.body {
				t.Errorf("the body was not put back: %q, %v", body, err)
			}
		})
	}
}

const empty = `{"response":[],"count":1,"links":[{"href":"https://portal.example.com/api/2.0/settings/webhook","action":"GET"}],"status":0,"statusCode":200}`

// TestTransportAndMiddleware sends requests through either and both.
func TestTransportAndMiddleware(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, target string
		answer         string
		text           string // of the error, and of what the middleware answers; empty if all is well
		status         int    // of what the middleware answers
		reached        bool   // the handler
	}{
		"well":           {"GET", hooks, empty, "", 200, true},
		"bad request":    {"GET", hooks + "?limit=1", empty, "contract: getTenantWebhooks query limit breaks the rule: known parameter", 400, false},
		"unknown method": {"PATCH", hooks, empty, "contract: path breaks the rule: a path of the contract, and one of its methods", 400, false},
		"bad answer":     {"GET", hooks, strings.Replace(empty, `"count":1`, `"count":2`, 1), "contract: getTenantWebhooks 200 body/count breaks the rule: maximum 1", 500, true},
		"other paths":    {"GET", "/api/2.0/settings?x=1", "anything", "", 200, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reached := false
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				reached = true
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				_, _ = io.WriteString(w, test.answer)
			})
			transport := contract(t).Transport(roundTrip(handler))
			resp, err := transport.RoundTrip(request(test.method, test.target, ""))
			switch {
			case test.text == "" && err != nil, test.text != "" && (err == nil || err.Error() != test.text):
				t.Errorf("Transport: got %v, want %q", err, test.text)
			case err == nil:
				defer resp.Body.Close()
				if body, err := io.ReadAll(resp.Body); err != nil || string(body) != test.answer {
					t.Errorf("Transport: the body was not put back: %q, %v", body, err)
				}
			}
			if reached != test.reached {
				t.Errorf("Transport: handler reached is %t, want %t", reached, test.reached)
			}

			reached = false
			w := httptest.NewRecorder()
			contract(t).Middleware(handler).ServeHTTP(w, request(test.method, test.target, ""))
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.text) || test.text == "" && w.Body.String() != test.answer {
				t.Errorf("Middleware: got %d %q, want %d %q", w.Code, w.Body, test.status, test.text)
			}
			if reached != test.reached {
				t.Errorf("Middleware: handler reached is %t, want %t", reached, test.reached)
			}
		})
	}
}

func roundTrip(h http.Handler) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result(), nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestResponseOfUnknownOperation(t *testing.T) {
	t.Parallel()
	err := contract(t).Response("removeEverything", &http.Response{StatusCode: 200})
	if err == nil || !strings.Contains(err.Error(), "removeEverything") {
		t.Errorf("got %v, want an error with the name", err)
	}
}

// TestErrorsHaveNoValues breaks rules with a secret in every place that an
// error could quote.
func TestErrorsHaveNoValues(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-hunter2"
	c := contract(t)
	long := strings.Repeat(secret, 10)
	errs := map[string]error{
		"type":      c.Request(request("POST", hooks, `{"name":["`+secret+`"],"uri":"u"}`)),
		"maxLength": c.Request(request("POST", hooks, `{"name":"n","uri":"u","secretKey":"`+long+`"}`)),
		"required":  c.Request(request("POST", hooks, `{"secretKey":"`+secret+`"}`)),
		"no JSON":   c.Request(request("POST", hooks, `{"secretKey":"`+secret+`" x`)),
		"trailing":  c.Request(request("POST", hooks, `{"name":"n","uri":"u"}"`+secret+`"`)),
		"query":     c.Request(request("GET", logs+"?count="+secret+"&fields="+secret+"&trigger="+secret+"&userId="+secret, "")),
		"id":        c.Request(request("DELETE", hooks+"/"+secret, "")),
		"header":    c.Request(withHeader(request("POST", hooks, `{}`), "Content-Type", secret)),
		"answer": c.Response("getTenantWebhooks", &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(strings.Replace(empty, `"GET"`, `"`+secret+`"`, 1))),
		}),
		"oneOf": c.Response("getWebhookTriggers", &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(strings.Replace(empty, `[]`, `["`+secret+`"]`, 1))),
		}),
		"signature": c.Delivery(withHeader(request("POST", "/", `{"event":"`+secret+`"}`), "x-docspace-signature-256", "sha256="+secret), secret),
		"probe":     c.Probe(withHeader(request("HEAD", "/", secret), "x-docspace-signature-256", secret)),
	}
	for name, err := range errs {
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), secret[:7]) {
			t.Errorf("%s: the error holds the value: %v", name, err)
		}
	}
}

func withHeader(r *http.Request, name, value string) *http.Request {
	r.Header.Set(name, value)
	return r
}

// TestCaptureVerdicts has a recording for each verdict, of which the fixtures
// have few or none.
func TestCaptureVerdicts(t *testing.T) {
	t.Parallel()
	answered := `"response":{"status":200,"headers":[["Content-Type","application/json"]],"body":"{\"a\":1}"}}`
	tests := map[string]struct {
		document string
		want     validate.Verdict // empty for an error
	}{
		"outside":            {`{"id":"a","operationId":"createApiKey","request":{},` + answered, validate.Outside},
		"unanswered":         {`{"id":"a","operationId":"createWebhook","request":{},"response":null}`, validate.Unanswered},
		"decoded":            {`{"id":"a","operationId":"createWebhook","server":{"version":"3.0.4"},"request":{},` + answered, validate.Decoded},
		"not of 3.1":         {`{"id":"a","operationId":"createWebhook","server":{"version":"3.1.0"},"request":{},` + answered, ""},
		"not of 4.0":         {`{"id":"a","operationId":"createWebhook","server":{"version":"4.0.0"},"request":{},` + answered, ""},
		"not of no version":  {`{"id":"a","operationId":"createWebhook","request":{},` + answered, ""},
		"redirected":         {`{"id":"a","attempt":1,"server":{"version":"3.6.1"},"request":{"method":"GET","headers":[["x-docspace-signature-256","sha256=` + strings.Repeat("A", 64) + `"]]}}`, validate.Valid},
		"not redirected":     {`{"id":"a","attempt":1,"server":{"version":"3.7.0"},"request":{"method":"GET","headers":[["x-docspace-signature-256","sha256=` + strings.Repeat("A", 64) + `"]]}}`, ""},
		"base64 that is not": {`{"id":"a","operationId":"createWebhook","request":{},"response":{"status":200,"bodyBase64":"!"}}`, ""},
		"probe":              {`{"id":"a","request":{"method":"HEAD"}}`, validate.Valid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := captures.Parse([]byte(test.document))
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := contract(t).Capture(d)
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// TestCaptureRequests has the requests that the server routes to an operation,
// and some that it does not.
func TestCaptureRequests(t *testing.T) {
	t.Parallel()
	const removed = `{"id":"a","operationId":"removeWebhook","request":{"method":"DELETE","target":"/api/2.0/settings/webhook/1"},"response":{"status":200,` +
		`"headers":[["Content-Type","application/json"]],"body":"{}"}}`
	for target, place := range map[string]string{
		"/api/2.0/settings/webhook/17":               "",
		"/API/2.0/Settings/WebHook/17/?x=%zz":        "",
		"/docspace/api/2.0/settings/webhook/0017":    "",
		"/api/2.0/settings/webhook/+17":              "",
		"/api/2.0/settings/webhook/%2017":            "",
		"/api/2.0/settings/webhook/-1":               "",
		"/api/2.0/settings/webhook/2147483648":       "path",
		"/api/2.0/settings/webhook/1.0":              "path",
		"/api/2.0/settings/webhook/":                 "path",
		"/api/2.0/settings/webhook":                  "path",
		"/api/2.0/settings/webhook/17/retry":         "path",
		"/api/2.0//settings/webhook/17":              "path",
		"api/2.0/settings/webhook/17":                "path",
		"/api/2.0/settings/webhook?/settings/hook/1": "path",
		"": "path",
	} {
		d, err := captures.Parse([]byte(removed))
		if err != nil {
			t.Fatal(err)
		}
		d.Request.Target = target
		_, _, err = contract(t).Capture(d)
		if first, ok := errors.AsType[*validate.Error](err); !ok || (first.Place == "path") != (place == "path") {
			t.Errorf("%q: got %v, want a complaint about the path: %t", target, err, place == "path")
		}
		d.Request.Method = "PUT"
		_, _, err = contract(t).Capture(d)
		wantError(t, err, "method", "DELETE")
		d.Response.Status = http.StatusInternalServerError
		_, _, err = contract(t).Capture(d)
		if first, ok := errors.AsType[*validate.Error](err); !ok || first.Place == "method" || first.Place == "path" {
			t.Errorf("%q: a failure's request is judged: %v", target, err)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	probe := `{"id":"head.ok","request":{"method":"HEAD"}}`
	outside := `{"id":"key","operationId":"createApiKey","request":{},"response":{"status":200}}`
	bad := `{"id":"bad","operationId":"createWebhook","request":{},"response":{"status":401,"headers":[["Content-Type","text/html"]],"body":"no"}}`
	write("folder/3.7.2-db/exchanges/bad.json", bad)
	write("folder/3.7.2-db/exchanges/key.json", outside)
	write("folder/3.7.2-db/data/dates.json", "{}")
	broken := write("folder/deep/down/broken.json", `{"id":`)
	write("folder/3.7.2-db/probes/ok.json", probe)
	write("folder/3.7.2-db/index.json", `[{"file":"probes/ok.json"},{"file":"data/dates.json"},{"file":"exchanges/heldback.json"}]`)
	packed := write("packed.jsonl", probe+"\n"+bad+"\n")
	nothing := write("nothing.json", `{}`)

	var report strings.Builder
	summary, err := validate.Paths(&report, []string{filepath.Join(dir, "folder"), packed, nothing, filepath.Join(dir, "absent")})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(report.String()), "\n")
	if summary.Valid != 2 || summary.Invalid != 5 || summary.Others != 2 || len(lines) != 8 {
		t.Errorf("got %+v and %d lines, want 2 valid, 5 not, 2 others, 8 lines:\n%s", summary, len(lines), report.String())
	}
	const rule = ": bad: contract: createWebhook 401 header Content-Type breaks the rule: one that the contract has here"
	wants := []string{
		broken + ": not a recording: unexpected end of JSON input",
		filepath.Join(dir, "folder", "3.7.2-db", "exchanges", "bad.json") + rule,
		packed + ":2" + rule,
		nothing + ": not a recording: a recording has an id and a request",
		filepath.Join(dir, "absent") + ": no such file or directory",
	}
	if got := lines[:min(len(wants), len(lines))]; !slices.Equal(got, wants) {
		t.Errorf("first lines are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wants, "\n"))
	}
	if want := "validated 7: 2 valid, 5 not"; lines[len(lines)-1] != want {
		t.Errorf("last line is %q, want %q", lines[len(lines)-1], want)
	}
	if want := "2 files that are no recordings"; lines[len(lines)-2] != want {
		t.Errorf("the line before is %q, want %q", lines[len(lines)-2], want)
	}
	if !strings.Contains(report.String(), "\n1 outside: ") {
		t.Errorf("no line counts what is outside:\n%s", report.String())
	}
}
