package webhooks_test

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/gen"
	"github.com/docspace-go/webhooks/internal/httpfake"
	"github.com/docspace-go/webhooks/portal"
	"github.com/docspace-go/webhooks/receiver"
)

// README's blocks of Go, word for word. TestREADMEBlocks compares them.

func readmeCall(ctx context.Context, secret string) error {
	client, err := api.New("https://acme.onlyoffice.com", api.WithAPIKey(os.Getenv("DOCSPACE_API_KEY")))
	if err != nil {
		return err
	}
	hook, err := client.CreateWebhook(ctx, api.NewWebhook("builds", "https://ci.example.com/docspace", secret, api.FileCreated|api.FileUpdated))
	if err != nil {
		return err
	}
	hook, err = client.UpdateWebhook(ctx, hook.ID, func(w *api.WebhookUpdate) { w.Name = "ci" }) // nothing else changes
	if errors.Is(err, api.ErrNotFound) {
		return nil // somebody else removed it
	}
	if err != nil {
		return err
	}
	page, err := client.ListDeliveries(ctx, api.DeliveryFilter{Webhook: hook.ID, Status: api.Failed})
	if err != nil {
		return err
	}
	for _, delivery := range page.Deliveries {
		if _, err := client.RetryDelivery(ctx, delivery.ID); err != nil {
			return err
		}
	}
	return nil
}

func readmeReceive(secret string) error {
	hook, err := receiver.New(secret, func(_ context.Context, event *receiver.Event) error {
		log.Printf("%s: delivery %d, attempt %d", event.Trigger, event.ID, event.Attempt+1)
		return nil // an error makes the portal deliver again
	})
	if err != nil {
		return err
	}
	http.Handle("/docspace", hook)
	return nil
}

func TestReceives(t *testing.T) {
	server := portal.Start(t)
	client, err := api.New(server.URL, api.WithAPIKey(server.Seed().Key(portal.Owner)))
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan string, 1)
	hook, err := receiver.New("correct-horse", func(_ context.Context, event *receiver.Event) error {
		received <- event.Trigger
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewServer(hook)
	defer target.Close()

	request := api.NewWebhook("test", target.URL, "correct-horse", api.RoomCreated)
	request.SSL = new(false) // plain HTTP
	if _, err := client.CreateWebhook(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Emit(t.Context(), portal.Event{Trigger: api.RoomCreated}); err != nil {
		t.Fatal(err)
	}
	if got := <-received; got != "room.created" {
		t.Error("received", got)
	}
}

// TestREADMECodeRuns runs README's first two blocks against an embedded portal
// that stands in for the one they name. It is not parallel: it replaces the
// process's transport.
func TestREADMECodeRuns(t *testing.T) {
	const secret = "correct-horse"
	mux := http.DefaultServeMux
	t.Cleanup(func() { http.DefaultServeMux = mux })
	http.DefaultServeMux = http.NewServeMux() // README's block registers a path, each time the test runs
	if err := readmeReceive(secret); err != nil {
		t.Fatal(err)
	}
	p, err := portal.New(
		portal.WithTransport(httpfake.Transport{Handler: http.DefaultServeMux}),
		portal.WithResolver(func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("203.0.113.10")}, nil // an address of documentation
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	t.Setenv("DOCSPACE_API_KEY", portal.DefaultSeed().Key(portal.Owner))
	original := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = original })
	http.DefaultTransport = httpfake.Transport{Handler: p}
	if err := readmeCall(t.Context(), secret); err != nil {
		t.Fatal(err)
	}

	// A failure in the middle must end the block, not widen its filter.
	if err := p.Reset(p.Seed()); err != nil {
		t.Fatal(err)
	}
	if err := p.AddFaults(portal.Fault{Operation: "updateWebhook", Kind: portal.FaultStatus, Status: http.StatusServiceUnavailable}); err != nil {
		t.Fatal(err)
	}
	if err := readmeCall(t.Context(), secret); !errors.Is(err, api.ErrServer) {
		t.Fatalf("README's block goes on after a failed update: %v", err)
	}
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestREADMEBlocks(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "readme_test.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var compiled []string
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		at := func(p token.Pos) int { return set.Position(p).Offset }
		compiled = append(compiled,
			formatted(t, string(source[at(f.Pos()):at(f.End())])),
			formatted(t, string(source[at(f.Body.Lbrace)+1:at(f.Body.Rbrace)])))
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) < 3 {
		t.Fatalf("README has %d blocks of Go", len(blocks))
	}
	for _, block := range blocks {
		want := formatted(t, block[1])
		if !slices.ContainsFunc(compiled, func(c string) bool { return c == want || strings.TrimSuffix(c, "\nreturn nil") == want }) {
			t.Errorf("this block of README is not a function of readme_test.go:\n%s", block[1])
		}
	}
}

func formatted(t *testing.T, source string) string {
	t.Helper()
	out, err := format.Source([]byte(strings.TrimSpace(source)))
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}

// README's first screen has exactly two set-up commands, and CI runs the second.
func TestREADMECommands(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) != 2 {
		t.Fatalf("README has %d blocks of commands, want 2", len(blocks))
	}
	if got := blocks[0][1]; got != "go run ./cmd/docspace-webhooks demo\n" {
		t.Errorf("the first command is %q", got)
	}
	ci, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	if test := blocks[1][1]; !strings.Contains(string(ci), "\n"+test) {
		t.Errorf(".ci/run does not call README's %q", test)
	}
	for _, target := range regexp.MustCompile("`make ([a-z-]+)`").FindAllStringSubmatch(readme(t), -1) {
		makefile, err := os.ReadFile("Makefile")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(makefile), "\n"+target[1]+":") {
			t.Errorf("README names make %s, which does not exist", target[1])
		}
	}
}

// table returns the rows of README's table under a header, cells trimmed.
func table(t *testing.T, header string) [][]string {
	t.Helper()
	var rows [][]string
	_, rest, found := strings.Cut(readme(t), header+"\n")
	if !found {
		t.Fatalf("README has no table %q", header)
	}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		if !strings.HasPrefix(cells[0], "---") {
			rows = append(rows, cells)
		}
	}
	return rows
}

func TestREADMEOperations(t *testing.T) {
	t.Parallel()
	want := contractOutline(t).operations()
	client := reflect.TypeFor[*api.Client]()
	for _, row := range table(t, "| Operation | Method of `*api.Client` | Request |") {
		if want[row[0]] != row[2] {
			t.Errorf("README has %s as %q, the contract as %q", row[0], row[2], want[row[0]])
		}
		delete(want, row[0])
		for name := range strings.SplitSeq(row[1], ", ") {
			if _, ok := client.MethodByName(strings.Trim(name, "`")); !ok {
				t.Errorf("README names the method %s, which does not exist", name)
			}
		}
	}
	for id := range want {
		t.Errorf("README does not have %s", id)
	}
}

func TestREADMETypes(t *testing.T) {
	t.Parallel()
	types := map[string]reflect.Type{
		"api.Webhook":                reflect.TypeFor[api.Webhook](),
		"api.WebhookWithStatus":      reflect.TypeFor[api.WebhookWithStatus](),
		"api.CreateWebhookRequest":   reflect.TypeFor[api.CreateWebhookRequest](),
		"api.WebhookUpdate":          reflect.TypeFor[api.WebhookUpdate](),
		"api.Delivery":               reflect.TypeFor[api.Delivery](),
		"api.TriggerInfo":            reflect.TypeFor[api.TriggerInfo](),
		"api.Person":                 reflect.TypeFor[api.Person](),
		"api.Triggers":               reflect.TypeFor[api.Triggers](),
		"api.StatusClass":            reflect.TypeFor[api.StatusClass](),
		"gen.RetryDeliveriesRequest": reflect.TypeFor[gen.RetryDeliveriesRequest](),
		"gen.WebhookAnswer":          reflect.TypeFor[gen.WebhookAnswer](),
		"gen.WebhooksAnswer":         reflect.TypeFor[gen.WebhooksAnswer](),
		"gen.DeliveryAnswer":         reflect.TypeFor[gen.DeliveryAnswer](),
		"gen.DeliveriesAnswer":       reflect.TypeFor[gen.DeliveriesAnswer](),
		"gen.TriggersAnswer":         reflect.TypeFor[gen.TriggersAnswer](),
	}
	schemas := contractOutline(t).Components.Schemas
	rows := table(t, "| Schema of the vendor | Go type |")
	if len(rows) != len(types) {
		t.Errorf("README has %d schemas, want %d", len(rows), len(types))
	}
	for _, row := range rows {
		schema, exists := schemas[row[0]]
		goType := types[strings.Trim(row[1], "`")]
		if !exists || goType == nil {
			t.Errorf("README has %s as %s: one of them does not exist", row[0], row[1])
			continue
		}
		if goType.Kind() != reflect.Struct {
			if schema.Type == "object" {
				t.Errorf("%s is an object, %s is not", row[0], row[1])
			}
			continue
		}
		var members []string
		for i := range goType.NumField() {
			name, _, _ := strings.Cut(goType.Field(i).Tag.Get("json"), ",")
			members = append(members, name)
		}
		for name := range schema.Properties {
			if !slices.Contains(members, name) {
				t.Errorf("%s has no member %s of %s", row[1], name, row[0])
			}
		}
		if len(members) != len(schema.Properties) {
			t.Errorf("%s has %d members, %s %d", row[1], len(members), row[0], len(schema.Properties))
		}
	}
}
