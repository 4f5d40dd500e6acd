package webhooks_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/docspace-go/webhooks/openapi"
	"github.com/docspace-go/webhooks/openapi/captures"
	"github.com/docspace-go/webhooks/wire"
)

// outline is what the tests below read of the contract, with another YAML
// parser than package validate uses.
type outline struct {
	Paths      map[string]map[string]outlineOperation `yaml:"paths"`
	Components struct {
		Schemas map[string]struct {
			Type       string           `yaml:"type"`
			Properties map[string]any   `yaml:"properties"`
			Bits       map[string]int64 `yaml:"x-bits"`
		} `yaml:"schemas"`
		Responses       map[string]any `yaml:"responses"`
		SecuritySchemes map[string]any `yaml:"securitySchemes"`
	} `yaml:"components"`
}

type outlineOperation struct {
	ID        string                                            `yaml:"operationId"`
	Callbacks map[string]map[string]map[string]outlineOperation `yaml:"callbacks"`
}

func contractOutline(t *testing.T) outline {
	t.Helper()
	var o outline
	if err := yaml.Unmarshal(openapi.Contract, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// operations returns "METHOD path" by operationId.
func (o outline) operations() map[string]string {
	operations := map[string]string{}
	for path, item := range o.Paths {
		for method, op := range item {
			operations[op.ID] = strings.ToUpper(method) + " " + path
		}
	}
	return operations
}

// TestConformanceOperations reads the comments //meta:operation of package api:
// each operation of the contract has a method, and each comment names one.
func TestConformanceOperations(t *testing.T) {
	t.Parallel()
	operations := contractOutline(t).operations()
	if len(operations) != 9 {
		t.Errorf("the contract has %d operations, want 9", len(operations))
	}
	missing := maps.Clone(operations)
	files, err := filepath.Glob("api/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if !ok || method.Doc == nil {
				continue
			}
			for _, comment := range method.Doc.List {
				named, ok := strings.CutPrefix(comment.Text, "//meta:operation ")
				if !ok {
					continue
				}
				request, id := named[:max(0, strings.LastIndexByte(named, ' '))], named[strings.LastIndexByte(named, ' ')+1:]
				if operations[id] != request {
					t.Errorf("%s: %s says %q, the contract has %q", file, method.Name.Name, named, operations[id])
				}
				if !method.Name.IsExported() || method.Recv == nil {
					t.Errorf("%s: %s is no method for callers", file, method.Name.Name)
				}
				delete(missing, id)
			}
		}
	}
	for id, request := range missing {
		t.Errorf("package api has no method for %s (%s)", id, request)
	}
}

// TestConformanceTriggers holds the contract's names and bits against package
// wire and against the recorded lists.
func TestConformanceTriggers(t *testing.T) {
	t.Parallel()
	bits := contractOutline(t).Components.Schemas["WebhookTrigger"].Bits
	known := map[string]int64{}
	for one := range wire.KnownTriggers.All() {
		known[one.String()] = int64(one)
	}
	if !maps.Equal(bits, known) {
		t.Errorf("the contract has %v, package wire %v", bits, known)
	}
	lists := 0
	for _, f := range recordings(t) {
		for _, d := range f.Documents {
			if d.OperationID != "getWebhookTriggers" || d.Response == nil || d.Response.Status != 200 || projected(d) {
				continue
			}
			recorded := recordedBits(t, d)
			for name, bit := range recorded {
				if name != "*" && bits[name] != bit {
					t.Errorf("%s/%s: %s is %d, in the contract %d", f.Name, d.ID, name, bit, bits[name])
				}
			}
			if major, minor := d.Server.Generation(); major == 3 && minor == 7 {
				lists++
				if len(recorded) != len(bits)+1 {
					t.Errorf("%s/%s: %d events, the contract has %d and *", f.Name, d.ID, len(recorded), len(bits))
				}
			}
		}
	}
	if lists == 0 && os.Getenv("DOCSPACE_CAPTURES") == "" {
		t.Error("no recording has the list of 3.7")
	}
}

// recordedBits reads both shapes of the answer.
func recordedBits(t *testing.T, d *captures.Document) map[string]int64 {
	t.Helper()
	body, err := plainBody(d.Response)
	if err != nil {
		t.Fatal(err)
	}
	var object struct {
		Response map[string]int64 `json:"response"`
	}
	if json.Unmarshal(body, &object) == nil {
		return object.Response
	}
	var list struct {
		Response []struct {
			Name string `json:"name"`
			ID   int64  `json:"id"`
		} `json:"response"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	bits := map[string]int64{}
	for _, event := range list.Response {
		bits[event.Name] = event.ID
	}
	return bits
}

var (
	deviation     = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| `([^`]+)` \\|$")
	deviationLine = regexp.MustCompile(`(?m)^\| [^W-]`)
)

// TestConformanceDeviations looks up what DEVIATIONS.md names. It reads the
// fixtures whatever DOCSPACE_CAPTURES says.
func TestConformanceDeviations(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi/DEVIATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, f := range fixtures(t) {
		for _, d := range f.Documents {
			recorded[f.Name+"/"+d.ID] = true
		}
	}
	o := contractOutline(t)
	places := slices.Concat(
		slices.Collect(maps.Keys(o.operations())),
		slices.Collect(maps.Keys(o.Components.Schemas)),
		slices.Collect(maps.Keys(o.Components.Responses)),
		slices.Collect(maps.Keys(o.Components.SecuritySchemes)),
		o.callbacks(),
	)
	rows := deviation.FindAllStringSubmatch(string(text), -1)
	if lines := deviationLine.FindAll(text, -1); len(rows) != len(lines) || len(rows) == 0 {
		t.Errorf("%d of %d lines have a place and a recording", len(rows), len(lines))
	}
	named := map[string]bool{}
	for _, row := range rows {
		named[row[1]] = true
		if !slices.Contains(places, row[1]) {
			t.Errorf("the contract has no %s", row[1])
		}
		if !recorded[row[2]] {
			t.Errorf("there is no recording %s", row[2])
		}
	}
	for schema := range o.Components.Schemas {
		if !named[schema] {
			t.Errorf("no line tells how %s differs from the vendor's", schema)
		}
	}
	t.Logf("%d deviations", len(rows))
}

// callbacks returns the operationIds of what the portal sends.
func (o outline) callbacks() []string {
	var ids []string
	for _, item := range o.Paths {
		for _, op := range item {
			for _, callback := range op.Callbacks {
				for _, sent := range callback {
					for _, one := range sent {
						ids = append(ids, one.ID)
					}
				}
			}
		}
	}
	return ids
}
