package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
)

// Every shape of a failure, as captured, and some that no portal should send.
func TestFailures(t *testing.T) {
	t.Parallel()
	html := http.Header{"Content-Type": {"text/html"}}
	for name, c := range map[string]struct {
		status  int
		header  http.Header
		body    string
		kinds   []error
		message string
		fields  map[string][]string
		errType string
	}{
		"error object":        {404, nil, notFound, []error{api.ErrNotFound}, "The record could not be found", nil, "ASC.Common.Web.ItemNotFoundException"},
		"error object, nulls": {401, nil, `{"error":{"message":"User authentication failed","type":null,"stack":null,"hresult":0},"status":1,"statusCode":401}`, []error{api.ErrUnauthorized}, "User authentication failed", nil, ""},
		"problem inside": {
			400, nil, invalid,
			[]error{api.ErrValidation},
			"One or more validation errors occurred.",
			map[string][]string{"Uri": {"The Uri field is required."}, "Name": {"The Name field is required."}},
			"",
		},
		"problem inside, no body": {
			400, nil, `{"response":{"title":"One or more validation errors occurred.","status":400,"errors":{"":["A non-empty request body is required."]}},"count":1,"status":0,"statusCode":200}`,
			[]error{api.ErrValidation},
			"One or more validation errors occurred.",
			map[string][]string{"": {"A non-empty request body is required."}},
			"",
		},
		"415 problem":          {415, nil, wrongType, []error{api.ErrUnsupportedMediaType}, "Unsupported Media Type", nil, ""},
		"415 for the key":      {415, nil, keysWrong, []error{api.ErrUnsupportedMediaType, api.ErrAPIKeysUnsupported}, "Cannot apply binary operation on types 'timestamp with time zone' and 'timestamp without time zone', convert one of the operands first.", nil, ""},
		"bare problem":         {404, nil, suspended, []error{api.ErrNotFound}, "Not Found", nil, ""},
		"402 without a title":  {402, nil, unpaid, []error{api.ErrPaymentRequired}, "the portal is not paid for", nil, ""},
		"JSON string":          {403, nil, `"The access to the portal is restricted"`, []error{api.ErrForbidden}, "The access to the portal is restricted", nil, ""},
		"text":                 {403, nil, "Access from your IP address is denied", []error{api.ErrForbidden}, "Access from your IP address is denied", nil, ""},
		"HTML":                 {502, html, badProxy, []error{api.ErrServer}, "an HTML page, so not from the portal itself but from something in front of it", nil, ""},
		"HTML by its look":     {404, nil, "\n <!DOCTYPE html>", []error{api.ErrNotFound}, "an HTML page, so not from the portal itself but from something in front of it", nil, ""},
		"HTML by its name":     {503, html, "come back later", []error{api.ErrServer}, "an HTML page, so not from the portal itself but from something in front of it", nil, ""},
		"empty 401":            {401, nil, "", []error{api.ErrUnauthorized}, "no credentials, or expired, disabled or wrong ones", nil, ""},
		"empty 403":            {403, nil, "", []error{api.ErrForbidden}, "the scope of the API key or token does not allow it: webhooks need *:read to read and *:write for the rest", nil, ""},
		"empty 404":            {404, nil, "", []error{api.ErrNotFound}, "no such path on this server", nil, ""},
		"empty 405":            {405, http.Header{"Allow": {"GET, POST, PUT"}}, "", []error{api.ErrMethodNotAllowed}, "the path takes GET, POST, PUT", nil, ""},
		"empty 405, no Allow":  {405, nil, "", []error{api.ErrMethodNotAllowed}, "the path takes other methods", nil, ""},
		"empty 429":            {429, nil, "", []error{api.ErrRateLimited}, "a limit of the portal is reached", nil, ""},
		"empty 500":            {500, nil, " \r\n", []error{api.ErrServer}, "", nil, ""},
		"418":                  {418, nil, "", nil, "", nil, ""},
		"304":                  {304, nil, "", []error{api.ErrRedirected}, "", nil, ""},
		"byte order mark":      {404, nil, "\ufeff" + notFound, []error{api.ErrNotFound}, "The record could not be found", nil, "ASC.Common.Web.ItemNotFoundException"},
		"error object cut off": {500, nil, hasRows[:len(hasRows)-30], []error{api.ErrServer}, "", nil, ""},
		"array":                {500, nil, `[{"stack":"at ASC.Web"}]`, []error{api.ErrServer}, "", nil, ""},
		"other object":         {403, nil, `{"fault":"at ASC.Web"}`, []error{api.ErrForbidden}, "not allowed", nil, ""},
		"error is a text":      {415, nil, `{"error":"at ASC.Web","title":"No"}`, []error{api.ErrUnsupportedMediaType}, "No", nil, ""},
		"errors are texts":     {400, nil, `{"title":"No","errors":{"Name":"at ASC.Web"}}`, []error{api.ErrValidation}, "No", map[string][]string{}, ""},
		"response is a list":   {400, nil, `{"response":[1]}`, []error{api.ErrValidation}, "the request is not valid", nil, ""},
		"a quote that is none": {400, nil, `"No`, []error{api.ErrValidation}, `"No`, nil, ""},
		"text with a stack":    {500, nil, "System.Exception: no\n   at ASC.Web", []error{api.ErrServer}, "System.Exception: no", nil, ""},
		"no UTF-8":             {500, nil, "S\xf6hne", []error{api.ErrServer}, "S\uFFFDhne", nil, ""},
		"message in two lines": {500, nil, `{"error":{"message":"SQL\nerror"}}`, []error{api.ErrServer}, "SQL\nerror", nil, ""},
		"long message":         {500, nil, strings.Repeat("é", 1000), []error{api.ErrServer}, strings.Repeat("é", 512) + "…", nil, ""},
	} {
		for _, op := range operations {
			t.Run(name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				err := op.call(t.Context(), through(t, func(r *http.Request) (*http.Response, error) {
					return answer(r, c.status, c.header, strings.NewReader(c.body)), nil
				}))
				want := c.kinds
				if op.name == "removeWebhook" && strings.HasSuffix(c.errType, ".DbUpdateException") {
					want = append(want, api.ErrHasDeliveries)
				}
				wantKinds(t, err, want...)
				e := asError(t, err)
				if e.Message != c.message || e.Type != c.errType || e.StatusCode != c.status || e.Operation != op.name || e.Attempts != 1 {
					t.Errorf("got %q %q %d %s %d", e.Message, e.Type, e.StatusCode, e.Operation, e.Attempts)
				}
				if len(e.Fields)+len(c.fields) > 0 && !reflect.DeepEqual(e.Fields, c.fields) {
					t.Errorf("fields %v, want %v", e.Fields, c.fields)
				}
				if string(e.Body) != c.body {
					t.Errorf("body %q", e.Body)
				}
				if text := err.Error(); strings.Contains(text, "at ASC.") || strings.ContainsAny(text, "\r\n") {
					t.Errorf("a stack or a second line: %s", text)
				}
				if (e.Hint != "") != errors.Is(err, api.ErrAPIKeysUnsupported) {
					t.Errorf("hint %q", e.Hint)
				}
			})
		}
	}
}

// An error object whose stack is longer than what an Error keeps is read whole.
func TestLongStack(t *testing.T) {
	t.Parallel()
	body := strings.Replace(notFound, "at lambda", strings.Repeat("at lambda", 10000), 1)
	client, _ := answering(t, "404 "+body)
	_, err := client.ListTriggers(t.Context())
	if e := asError(t, err); e.Message != "The record could not be found" || len(e.Body) != 64<<10 {
		t.Errorf("%v, %d bytes", err, len(e.Body))
	}
}

// Only a call with an API key can tell a 415 from PostgreSQL.
func TestUnsupportedMediaTypeWithoutAPIKey(t *testing.T) {
	t.Parallel()
	s := serve(t, script("415 "+keysWrong))
	client, err := api.New(s.URL, api.WithBasicAuth("me@example.com", "pass"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ListWebhooks(t.Context())
	wantKinds(t, err, api.ErrUnsupportedMediaType)
}

// Successes without what they promise.
func TestUnexpectedAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status        int
		body, message string
	}{
		"empty":               {200, "", "an empty body instead of the answer"},
		"no content":          {204, "", "an empty body instead of the answer"},
		"HTML":                {200, badProxy, "an HTML page instead of the answer: is this the address of a portal?"},
		"HTML after a line":   {200, "\r\n" + badProxy, "an HTML page instead of the answer: is this the address of a portal?"},
		"text":                {200, "OK", "a body that is not the JSON of the answer: invalid character 'O' looking for beginning of value"},
		"cut off":             {200, `{"response":[`, "a body that is not the JSON of the answer: unexpected end of JSON input"},
		"null":                {200, "null", "no response in the answer"},
		"empty object":        {200, "{}", "no response in the answer"},
		"response null":       {200, success("null"), "no response in the answer"},
		"array":               {200, "[]", "array in the answer where it does not belong: the body"},
		"response is a text":  {200, success(`"no"`), "string in the answer where it does not belong: response"},
		"error inside":        {200, notFound, "a success with an error inside (statusCode 404): The record could not be found"},
		"problem inside":      {201, invalid, "a success with an error inside (statusCode 400): One or more validation errors occurred."},
		"other status inside": {200, `{"response":{},"statusCode":403}`, "a success with an error inside (statusCode 403): "},
	} {
		for _, op := range operations {
			t.Run(name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				err := op.call(t.Context(), through(t, func(r *http.Request) (*http.Response, error) {
					return answer(r, c.status, nil, strings.NewReader(c.body)), nil
				}))
				wantKinds(t, err, api.ErrUnexpectedAnswer)
				if op.name == "getWebhookTriggers" && name == "response is a text" {
					return // see TestIncompleteAnswers
				}
				if e := asError(t, err); e.Message != c.message || string(e.Body) != c.body || e.StatusCode != c.status {
					t.Errorf("got %d %s", e.StatusCode, e.Message)
				}
				if strings.Contains(err.Error(), "at ASC.") {
					t.Error(err)
				}
			})
		}
	}
}

// Answers that are JSON, but not what was asked for.
func TestIncompleteAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		op      operation
		bodies  []string
		message string
	}{
		"list of null":           {operations[0], []string{success("[null]")}, "a webhook without an id in the list"},
		"list without id":        {operations[0], []string{listed(`{"name":"builds"}`)}, "a webhook without an id in the list"},
		"created without id":     {operations[1], []string{success("{}")}, "a webhook without an id"},
		"updated another":        {operations[3], []string{success(strings.Replace(hook7, `"id":7`, `"id":8`, 1))}, "webhook 8 instead of 7"},
		"enabled another":        {operations[4], []string{listed(hook7), success(strings.Replace(hook7, `"id":7`, `"id":8`, 1))}, "webhook 8 instead of 7"},
		"removed another":        {operations[6], []string{success(strings.Replace(hook7, `"id":7`, `"id":8`, 1))}, "webhook 8 instead of 7"},
		"triggers of text":       {operations[7], []string{success(`"no"`)}, "string in the answer where it does not belong: the body"},
		"trigger of text":        {operations[7], []string{success(`{"*":0,"user.created":"1"}`)}, "string in the answer where it does not belong: the body"},
		"trigger without name":   {operations[7], []string{success(`[{"id":1}]`)}, "an event without a name in the list"},
		"log without total":      {operations[8], []string{success("[" + row106 + "]")}, "no total in the answer"},
		"log without id":         {operations[8], []string{logPage(1, `{"status":200}`)}, "a delivery without an id in the answer"},
		"retried without id":     {operations[9], []string{success(`{"status":0}`)}, "a delivery without an id in the answer"},
		"retried one without id": {operations[10], []string{success(`[` + row106 + `,{}]`)}, "a delivery without an id in the answer"},
		"a date that is none":    {operations[8], []string{logPage(1, strings.Replace(row106, "2026-11-24T", "24.11.2026 ", 1))}, `a body that is not the JSON of the answer: not a date of the server (2006-01-02T15:04:05 with up to nine digits of a fraction and Z, an offset or no zone): "24.11.2026 22:46:34.0865269Z"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := answering(t, c.bodies...)
			err := c.op.call(t.Context(), client)
			wantKinds(t, err, api.ErrUnexpectedAnswer)
			// Under GOEXPERIMENT=jsonv2, encoding/json names the member.
			got := strings.Replace(asError(t, err).Message, "belong: user.created", "belong: the body", 1)
			if got != c.message || len(asError(t, err).Body) == 0 {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"":                      0,
			"86399":                 86399 * time.Second,
			"0":                     0,
			"-5":                    0,
			"1.5":                   0,
			"99999999999999":        0,
			"soon":                  0,
			httpDate(2 * time.Hour): 2 * time.Hour,
			httpDate(-time.Hour):    0,
		} {
			client := through(t, func(r *http.Request) (*http.Response, error) {
				return answer(r, 429, http.Header{"Retry-After": {value}}, http.NoBody), nil
			})
			_, err := client.ListWebhooks(t.Context())
			wantKinds(t, err, api.ErrRateLimited)
			if got := asError(t, err).RetryAfter; got != want {
				t.Errorf("%q: %s, want %s", value, got, want)
			}
			if strings.Contains(err.Error(), "try again in") != (want > 0) {
				t.Error(err)
			}
		}
		// Where the portal does not say, the limits of the retry operations are known.
		for limit, want := range map[string]time.Duration{"": 15 * time.Minute, "5": 15 * time.Minute, "15": 0, "1500": 0} {
			_, err := through(t, func(r *http.Request) (*http.Response, error) {
				return answer(r, 429, http.Header{"X-Ratelimit-Limit": {limit}}, http.NoBody), nil
			}).RetryDelivery(t.Context(), 106)
			if got := asError(t, err).RetryAfter; got != want {
				t.Errorf("limit %q: %s, want %s", limit, got, want)
			}
		}
	})
}

func httpDate(in time.Duration) string { return time.Now().Add(in).UTC().Format(http.TimeFormat) }

// A wicked server puts what it was sent into every text that it controls.
func TestNoSecretInAnyText(t *testing.T) {
	t.Parallel()
	echo := "Bearer " + key + " " + secret + ` se\"cret<&\\1 se%22cret%3C%26%5C1 sha256=` + hmac + " " + strings.ToLower(hmac) + " "
	inJSON, err := json.Marshal(echo)
	if err != nil {
		t.Fatal(err)
	}
	e := string(inJSON)
	for name, f := range map[string]trip{
		"error object":     body(400, `{"error":{"message":`+e+`,"type":`+e+`,"stack":`+e+`}}`),
		"problem":          body(400, `{"title":`+e+`,"errors":{`+e+`:[`+e+`]}}`),
		"text":             body(403, echo),
		"text, cut inside": body(403, strings.Repeat(".", 1000)+echo),
		"JSON string":      body(403, e),
		"Allow": func(r *http.Request) (*http.Response, error) {
			return answer(r, 405, http.Header{"Allow": {echo}}, http.NoBody), nil
		},
		"error in success": body(200, `{"error":{"message":`+e+`},"statusCode":500}`),
		"problem inside":   body(200, `{"response":{"title":`+e+`,"errors":{`+e+`:[`+e+`]}},"statusCode":400}`),
		"date":             body(200, success(`{"id":7,"createdOn":`+e+`}`)),
		"stored name":      body(200, success(`{"id":7,"name":`+e+`,"uri":`+e+`,"targetId":`+e+`}`)),
		"redirect": func(r *http.Request) (*http.Response, error) {
			return answer(r, 301, http.Header{"Location": {"https://" + key + "/" + hmac}}, http.NoBody), nil
		},
		"transport's error": func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("malformed HTTP response %q", echo)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := through(t, f).CreateWebhook(t.Context(), api.NewWebhook("builds", "https://hooks.example.com/ok", secret, api.FileCreated))
			wantNoSecret(t, err)
		})
		t.Run(name+" to a password", func(t *testing.T) {
			t.Parallel()
			client, err := api.New("https://acme.example.com", api.WithBasicAuth("me@example.com", secret), api.WithHTTPClient(&http.Client{Transport: f}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.ReplaceWebhook(t.Context(), api.WebhookUpdate{ID: 7, Name: "builds", URL: "https://hooks.example.com/ok", SecretKey: key})
			wantNoSecret(t, err)
		})
	}
}

func body(status int, text string) trip {
	return func(r *http.Request) (*http.Response, error) {
		return answer(r, status, nil, strings.NewReader(text)), nil
	}
}

// wantNoSecret looks at every text there is of an error.
func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	e := asError(t, err)
	var texts strings.Builder
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&texts, verb+"\n", cause)
			fmt.Fprintf(&texts, verb+"\n", struct{ Err error }{cause})
		}
		fmt.Fprintln(&texts, cause)
		slog.New(slog.NewTextHandler(&texts, nil)).Info("m", "err", cause, "in", struct{ Err error }{cause})
		slog.New(slog.NewJSONHandler(&texts, nil)).Info("m", "err", cause, "in", []error{cause})
	}
	asJSON, jsonErr := json.Marshal(err)
	if jsonErr != nil {
		t.Error(jsonErr)
	}
	texts.Write(asJSON)
	fmt.Fprint(&texts, e.Message, e.Fields, e.Type, e.Hint)
	text := strings.ToLower(texts.String())
	for _, s := range []string{key, key[3:40], secret, `se\"cret`, "se%22cret", hmac, hmac[:40]} {
		for _, form := range []string{s, fmt.Sprintf("%x", s)} {
			if strings.Contains(text, strings.ToLower(form)) {
				t.Errorf("%q is in %s", form, text)
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  *api.Error
		want string
	}{
		"not sent": {
			&api.Error{Operation: "createWebhook", Message: "not sent", Fields: map[string][]string{"URL": {"is missing"}, "Name": {"is missing"}}},
			"docspace: createWebhook: not sent; Name: is missing; URL: is missing",
		},
		"refused": {
			&api.Error{Operation: "updateWebhook", Method: "PUT", Path: "/api/2.0/settings/webhook", StatusCode: 400, Message: "No.", Fields: map[string][]string{"": {"A", "B"}}, RetryAfter: time.Minute, Hint: "do not"},
			"docspace: updateWebhook: PUT /api/2.0/settings/webhook: 400 Bad Request: No.; body: A B (do not) (try again in 1m0s)",
		},
		"lines": {&api.Error{Operation: "x", Message: "a\r\nb\u2028c\u202ed"}, "docspace: x: a  b c d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				if got := fmt.Sprintf(verb, c.err); got != c.want {
					t.Errorf("%s prints %s", verb, got)
				}
			}
			if got := fmt.Sprintf("%q", c.err); got != fmt.Sprintf("%q", c.want) {
				t.Errorf("%%q prints %s", got)
			}
		})
	}
}

func TestErrorInLogs(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, "400 "+invalid, "500 "+hasRows)
	_, err := client.ListWebhooks(t.Context())
	e := asError(t, err)
	e.Type, e.Hint, e.RetryAfter = "T", "H", time.Second
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("m", "err", err)
	var got struct {
		Err map[string]any `json:"err"`
	}
	if err := json.Unmarshal(log.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"operation": "getTenantWebhooks", "method": "GET", "path": "/api/2.0/settings/webhook", "status": 400.0, "attempts": 1.0,
		"message": "One or more validation errors occurred.", "type": "T", "hint": "H", "retry_after": 1e9,
		"fields": map[string]any{"Name": []any{"The Name field is required."}, "Uri": []any{"The Uri field is required."}},
	}
	if !reflect.DeepEqual(got.Err, want) {
		t.Errorf("got %v", got.Err)
	}
}

// Fields are bounded in number, like every text in length.
func TestManyFields(t *testing.T) {
	t.Parallel()
	fields := map[string][]string{}
	for i := range 1000 {
		fields[fmt.Sprint(i)] = make([]string, 1000)
	}
	text, err := json.Marshal(map[string]any{"errors": fields})
	if err != nil {
		t.Fatal(err)
	}
	client, _ := answering(t, "400 "+string(text))
	_, err = client.ListWebhooks(t.Context())
	e := asError(t, err)
	if len(e.Fields) != 100 || len(e.Fields["0"]) != 100 {
		t.Errorf("%d fields, %d texts", len(e.Fields), len(e.Fields["0"]))
	}
}
