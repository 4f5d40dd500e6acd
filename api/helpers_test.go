package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
)

const (
	key    = "sk-00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	secret = `se"cret<&\1`
	hmac   = "520FEF8A53886234C06559A5204F54248DE7E346C72BF1A908CC3B098B81D3A8"
)

// Answers of a portal, as captured but for their lengths.
const (
	hook7     = `{"id":7,"name":"builds","uri":"https://hooks.example.com/ok","enabled":true,"ssl":true,"triggers":128,"createdOn":"2026-11-24T22:41:09.825981+00:00"}`
	row106    = `{"id":106,"trigger":128,"creationTime":"2026-11-24T22:46:34.0865269Z","requestPayload":"{}","status":0}`
	notFound  = `{"error":{"message":"The record could not be found","type":"ASC.Common.Web.ItemNotFoundException","stack":"   at ASC.Web.Api.Controllers.Settings.WebhooksController.RemoveWebhook(Int32 id)\n   at lambda_method7219(Closure, Object)","hresult":-2146233088},"status":1,"statusCode":404}`
	hasRows   = `{"error":{"message":"An error occurred while saving the entity changes. See the inner exception for details.","type":"Microsoft.EntityFrameworkCore.DbUpdateException","stack":"   at Microsoft.EntityFrameworkCore.Update.ReaderModificationCommandBatch.ExecuteAsync(IRelationalConnection connection)","hresult":-2146233088},"status":1,"statusCode":500}`
	keysWrong = `{"error":{"message":"Cannot apply binary operation on types 'timestamp with time zone' and 'timestamp without time zone', convert one of the operands first.","type":null,"stack":null,"hresult":0},"status":1,"statusCode":415}`
	invalid   = `{"response":{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.","status":400,"errors":{"Uri":["The Uri field is required."],"Name":["The Name field is required."]},"traceId":"00-c5139e1c8093f3f47a401458645c91f5-9d9e53890d10eed5-00"},"count":1,"links":[{"href":"http://portal.example.com/api/2.0/settings/webhook","action":"POST"}],"status":1,"statusCode":400}`
	wrongType = `{"response":{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.16","title":"Unsupported Media Type","status":415,"traceId":"00-6ada3d7ae5b29339a68b6f3f7ddaaa2c-4f78ba606bbb28ec-00"},"count":1,"links":[{"href":"http://portal.example.com/api/2.0/settings/webhook","action":"POST"}],"status":0,"statusCode":200}`
	suspended = `{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.5","title":"Not Found","status":404,"traceId":"00-8ebd8fd683ae3d5a97a633e5c4fea0aa-2fe64d97a2d335ec-00"}`
	unpaid    = `{"status":402,"traceId":"00-263e1d548a4cc5457a5cf796dbef7100-6e0f3fdab139ea9b-00"}`
	badProxy  = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)

// success wraps an answer as the portal does.
func success(response string) string {
	return `{"response":` + response + `,"count":1,"links":[{"href":"http://portal.example.com/","action":"GET"}],"status":0,"statusCode":200}`
}

func logPage(total int, rows ...string) string {
	return fmt.Sprintf(`{"response":[%s],"count":1,"total":%d,"links":[],"status":0,"statusCode":200}`, strings.Join(rows, ","), total)
}

func listed(hooks ...string) string {
	items := make([]string, len(hooks))
	for i, h := range hooks {
		items[i] = `{"configs":` + h + `,"status":200}`
	}
	return success("[" + strings.Join(items, ",") + "]")
}

// request is what a server received.
type request struct {
	method, target, body string
	header               http.Header
}

// server answers as handler says and remembers what it was asked.
type server struct {
	URL string

	mu       sync.Mutex
	requests []request
}

func serve(t *testing.T, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests = append(s.requests, request{r.Method, r.URL.RequestURI(), string(body), r.Header.Clone()})
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// asked returns the requests as "METHOD target".
func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := make([]string, len(s.requests))
	for i, r := range s.requests {
		lines[i] = r.method + " " + r.target
	}
	return lines
}

func (s *server) last() request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1]
}

// script answers each request with the next body, a status before it unless it
// is 200: "404 {…}". The last one repeats.
func script(bodies ...string) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		body := bodies[0]
		if len(bodies) > 1 {
			bodies = bodies[1:]
		}
		mu.Unlock()
		status := http.StatusOK
		if n, _ := fmt.Sscanf(body, "%d ", &status); n == 1 {
			body = body[4:]
		}
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// newClient returns a client that sends each request once unless opts say more.
func newClient(t *testing.T, url string, opts ...api.Option) *api.Client {
	t.Helper()
	c, err := api.New(url, append([]api.Option{api.WithAPIKey(key), api.WithoutRetry()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answering returns a client of a server that answers with script(bodies).
func answering(t *testing.T, bodies ...string) (*api.Client, *server) {
	t.Helper()
	s := serve(t, script(bodies...))
	return newClient(t, s.URL), s
}

// trip is an http.RoundTripper for bubbles of testing/synctest, where sockets
// do not work, and for fuzzing.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func through(t *testing.T, f trip, opts ...api.Option) *api.Client {
	t.Helper()
	return newClient(t, "https://acme.example.com", append(opts, api.WithHTTPClient(&http.Client{Transport: f}))...)
}

func answer(r *http.Request, status int, header http.Header, body io.Reader) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body), Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

// operation is one way to call the portal.
type operation struct {
	name string // the operationId of its first request
	call func(context.Context, *api.Client) error
}

// operations are all of them.
var operations = []operation{
	{"getTenantWebhooks", func(ctx context.Context, c *api.Client) error { _, err := c.ListWebhooks(ctx); return err }},
	{"createWebhook", func(ctx context.Context, c *api.Client) error {
		_, err := c.CreateWebhook(ctx, api.NewWebhook("builds", "https://hooks.example.com/ok", secret, api.FileCreated))
		return err
	}},
	{"getTenantWebhooks", func(ctx context.Context, c *api.Client) error {
		_, err := c.UpdateWebhook(ctx, 7, func(u *api.WebhookUpdate) { u.Name = "ci" })
		return err
	}},
	{"updateWebhook", func(ctx context.Context, c *api.Client) error {
		_, err := c.ReplaceWebhook(ctx, api.WebhookUpdate{ID: 7, Name: "ci", URL: "https://hooks.example.com/ok", SecretKey: secret})
		return err
	}},
	{"getTenantWebhooks", func(ctx context.Context, c *api.Client) error { _, err := c.EnableWebhook(ctx, 7); return err }},
	{"getTenantWebhooks", func(ctx context.Context, c *api.Client) error { _, err := c.DisableWebhook(ctx, 7); return err }},
	{"removeWebhook", func(ctx context.Context, c *api.Client) error { _, err := c.DeleteWebhook(ctx, 7); return err }},
	{"getWebhookTriggers", func(ctx context.Context, c *api.Client) error { _, err := c.ListTriggers(ctx); return err }},
	{"getWebhooksLogs", func(ctx context.Context, c *api.Client) error {
		_, err := c.ListDeliveries(ctx, api.DeliveryFilter{})
		return err
	}},
	{"retryWebhook", func(ctx context.Context, c *api.Client) error { _, err := c.RetryDelivery(ctx, 106); return err }},
	{"retryWebhooks", func(ctx context.Context, c *api.Client) error {
		_, err := c.RetryDeliveries(ctx, []api.DeliveryID{105, 106})
		return err
	}},
}

// asError returns the *api.Error that a call must have failed with.
func asError(t *testing.T, err error) *api.Error {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatalf("got %T %v, want an *api.Error", err, err)
	}
	return e
}

// wantKinds checks errors.Is for every kind there is.
func wantKinds(t *testing.T, err error, want ...error) {
	t.Helper()
	for name, kind := range kinds {
		is := false
		for _, w := range want {
			is = is || errors.Is(w, kind)
		}
		if got := errors.Is(err, kind); got != is {
			t.Errorf("errors.Is(err, %s) = %t, want %t: %v", name, got, is, err)
		}
	}
}

var kinds = map[string]error{
	"ErrValidation": api.ErrValidation, "ErrUnauthorized": api.ErrUnauthorized, "ErrPaymentRequired": api.ErrPaymentRequired,
	"ErrForbidden": api.ErrForbidden, "ErrNotFound": api.ErrNotFound, "ErrMethodNotAllowed": api.ErrMethodNotAllowed,
	"ErrUnsupportedMediaType": api.ErrUnsupportedMediaType, "ErrRateLimited": api.ErrRateLimited, "ErrServer": api.ErrServer,
	"ErrUnexpectedAnswer": api.ErrUnexpectedAnswer, "ErrAnswerTooLarge": api.ErrAnswerTooLarge, "ErrRedirected": api.ErrRedirected,
	"ErrNotApplied": api.ErrNotApplied, "ErrHasDeliveries": api.ErrHasDeliveries, "ErrAPIKeysUnsupported": api.ErrAPIKeysUnsupported,
	"ErrTwoFactor": api.ErrTwoFactor, "context.Canceled": context.Canceled, "context.DeadlineExceeded": context.DeadlineExceeded,
}

// logEach returns a logger that calls f at every line.
func logEach(f func()) *slog.Logger { return slog.New(eachLine{f}) }

type eachLine struct{ f func() }

func (h eachLine) Enabled(context.Context, slog.Level) bool  { return true }
func (h eachLine) Handle(context.Context, slog.Record) error { h.f(); return nil }
func (h eachLine) WithAttrs([]slog.Attr) slog.Handler        { return h }
func (h eachLine) WithGroup(string) slog.Handler             { return h }

// embedded returns an embedded portal and the way to it without a network.
// Its receivers answer 200.
func embedded(t testing.TB, seed portal.Seed, opts ...portal.Option) (*portal.Portal, httpfake.Transport) {
	t.Helper()
	receiver := trip(func(r *http.Request) (*http.Response, error) { return answer(r, 200, nil, http.NoBody), nil })
	resolver := func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("203.0.113.5")}, nil
	}
	p, err := portal.New(append([]portal.Option{portal.WithSeed(seed), portal.WithTransport(receiver), portal.WithResolver(resolver)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, httpfake.Transport{Handler: p}
}

// reaching returns a client that reaches a portal of that seed by rt.
func reaching(t testing.TB, seed portal.Seed, rt http.RoundTripper, opts ...api.Option) *api.Client {
	t.Helper()
	c, err := api.New("https://acme.example.com", append(opts,
		api.WithSessionToken(seed.User(portal.Owner).Token), api.WithHTTPClient(&http.Client{Transport: rt}))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
