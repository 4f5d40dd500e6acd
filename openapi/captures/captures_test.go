package captures

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document string
		kind     Kind // empty for an error
	}{
		"exchange":                {`{"id":"a","operationId":"createWebhook","request":{}}`, Exchange},
		"delivery":                {`{"id":"a","trigger":"file.created","attempt":1,"secret":"s","request":{}}`, Delivery},
		"delivery without a name": {`{"id":"a","trigger":null,"attempt":1,"request":{}}`, Delivery},
		"probe":                   {`{"id":"a","request":{"method":"HEAD"}}`, Probe},
		"no request":              {`{"id":"a"}`, ""},
		"no id":                   {`{"request":{}}`, ""},
		"a list":                  {`[]`, ""},
		"no JSON":                 {`{"id":`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse([]byte(test.document))
			if (err == nil) != (test.kind != "") {
				t.Fatalf("got error %v", err)
			}
			if err == nil && d.Kind() != test.kind {
				t.Errorf("got %s, want %s", d.Kind(), test.kind)
			}
		})
	}
}

func TestGeneration(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][2]int{"3.7.2": {3, 7}, "3.10": {3, 10}, "4": {}, "": {}, "3.x.1": {}} {
		major, minor := Server{Version: version}.Generation()
		if got := [2]int{major, minor}; got != want {
			t.Errorf("%q: got %v, want %v", version, got, want)
		}
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	text := "text"
	m := Message{Target: "/log?count=1&count=2&bad=%zz", Headers: [][2]string{{"set-cookie", "a"}, {"Set-Cookie", "b"}}, Body: &text}
	if got := m.Query()["count"]; !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("query: got %q", got)
	}
	if got := m.Header().Values("Set-Cookie"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("header: got %q", got)
	}
	if got, err := m.Bytes(); err != nil || string(got) != text {
		t.Errorf("body: got %q, %v", got, err)
	}
	m.Base64 = "AP8=" // counts before the text
	if got, err := m.Bytes(); err != nil || string(got) != "\x00\xff" {
		t.Errorf("body in base64: got %q, %v", got, err)
	}
}

func TestLoadKeepsOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{
		"3.7.2-db/exchanges/a.json":  `{"id":"a","operationId":"o","request":{}}`,
		"3.7.2-db/exchanges/b.json":  `{"id":"b","operationId":"o","request":{}}`,
		"3.7.2-db/deliveries/c.json": `{"id":"c","attempt":1,"request":{}}`,
		"3.7.2-db/probes/d.json":     `{"id":"d","request":{}}`,
		"3.7.2-db/data/dates.json":   `{"no":"recording"}`,
		"3.7.2-db/index.json":        `[{"file":"deliveries/c.json"},{"file":"data/dates.json"},{"file":"exchanges/held-back.json"},{"file":"exchanges/b.json"}]`,
		"README.md":                  "text",
		"loose.json":                 `{"id":"e","request":{}}`,
	})
	want := []string{"3.7.2-db/c", "3.7.2-db/b", "3.7.2-db/a", "3.7.2-db/d", filepath.Base(dir) + "/e"}
	if got := load(t, dir); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := load(t, filepath.Join(dir, "3.7.2-db")); !slices.Equal(got, want[:4]) {
		t.Errorf("one server: got %q, want %q", got, want[:4])
	}
	for _, path := range []string{"absent", "README.md", "3.7.2-db/data"} {
		if _, err := Load(filepath.Join(dir, path)); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadGoesOn has recordings at every depth among files that are none, and
// broken ones, which stop nothing.
func TestReadGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{
		"deep/er/3.7.2-db/exchanges/sub/a.json":    `{"id":"a","request":{}}`,
		"deep/er/3.7.2-db/exchanges/sub/lost.json": `{"id":"lost"}`,
		"deep/er/3.7.2-db/exchanges/list.json":     `[]`,
		"deep/er/3.7.2-db/index.json":              `[{"file":`,
		"deep/er/3.7.2-db/data/dates.json":         `[1]`,
		"deep/mixed.jsonl":                         `{"id":"b","request":{}}` + "\n{\n\n" + `{"id":"d","request":{}}` + "\n",
		"deep/transcript.jsonl":                    `{"n":0,"kind":"start"}` + "\n" + `{"n":1,"id":"c","request":{}}`,
		"deep/empty.jsonl":                         "",
		"c.json":                                   `{"id":"c","request":{}}`,
		"broken.json":                              `{"id":"c","requ`,
		"no-id.json":                               `{"request":{}}`,
		"no-request.json":                          `{"id":"c","operationId":"o"}`,
		"foreign.json":                             `{"response":[],"count":1}`,
		"note.txt":                                 "text",
	})
	if err := os.Symlink("nowhere", filepath.Join(dir, "unreadable.json")); err != nil {
		t.Skip(err)
	}
	found := Read(dir)
	base := filepath.Base(dir)
	if got, want := ids(found.Folders), []string{"3.7.2-db/a", "mixed/b", "mixed/d", base + "/c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := found.Folders[1].Documents[1]; d.Source != filepath.Join(dir, "deep", "mixed.jsonl:4") {
		t.Errorf("the source is %s", d.Source)
	}
	if found.Others != 4 {
		t.Errorf("%d others, want 4: dates, transcript, empty and foreign", found.Others)
	}
	wrong := []string{
		"deep/er/3.7.2-db/exchanges/list.json", "deep/er/3.7.2-db/exchanges/sub/lost.json", "deep/er/3.7.2-db/index.json", "deep/mixed.jsonl:2",
		"broken.json", "no-id.json", "no-request.json", "unreadable.json",
	}
	for _, file := range wrong {
		prefix := filepath.Join(dir, filepath.FromSlash(file)) + ": "
		if !slices.ContainsFunc(found.Problems, func(err error) bool {
			return strings.HasPrefix(err.Error(), prefix) && strings.Count(err.Error(), dir) == 1 && !strings.Contains(err.Error(), "\n")
		}) {
			t.Errorf("no line for %s: %v", file, found.Problems)
		}
	}
	if len(found.Problems) != len(wrong) {
		t.Errorf("%d problems, want %d: %v", len(found.Problems), len(wrong), found.Problems)
	}
	folders, err := Load(dir)
	if err == nil || strings.Count(err.Error(), "\n") != len(wrong)-1 || !slices.Equal(ids(folders), ids(found.Folders)) {
		t.Errorf("Load: got %q, %v", ids(folders), err)
	}
	for _, file := range []string{"foreign.json", "deep/transcript.jsonl", "note.txt"} {
		if _, err := Load(filepath.Join(dir, filepath.FromSlash(file))); err == nil {
			t.Errorf("%s, named itself: no error", file)
		}
	}
}

func load(t *testing.T, path string) []string {
	t.Helper()
	folders, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return ids(folders)
}

func ids(folders []Folder) []string {
	var ids []string
	for _, f := range folders {
		for _, d := range f.Documents {
			ids = append(ids, f.Name+"/"+d.ID)
		}
	}
	return ids
}

func TestCutStack(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"error":{"stack":"   at A(\"x\")\r\n   at B()\n","hresult":1}}`: `{"error":{"stack":"   at A(\"x\")","hresult":1}}`,
		`{"error":{"stack":"   at A()\n   at B(\"\\\")"},"b":"c\nd"}`:     `{"error":{"stack":"   at A()"},"b":"c\nd"}`,
		`{"error":{"stack":"   at A\\net()","b":"c\nd"}}`:                 `{"error":{"stack":"   at A\\net()","b":"c\nd"}}`,
		`{"error":{"stack":null},"b":"c\nd"}`:                             `{"error":{"stack":null},"b":"c\nd"}`,
		`{"requestPayload":"{\"stack\":\"a\\nb\"}"}`:                      `{"requestPayload":"{\"stack\":\"a\\nb\"}"}`,
	} {
		if got := cutStack(body); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

// TestFixtures packs the fixtures again: nothing changes.
func TestFixtures(t *testing.T) {
	t.Parallel()
	dir := filepath.FromSlash("../fixtures")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the fixtures do not come with the downloaded module; clone it")
	}
	folders, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	machinePath := regexp.MustCompile(`/(work|home|root|tmp)/`)
	for _, f := range folders {
		want, err := os.ReadFile(filepath.Join(dir, f.Name+packed))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := Pack(&got, f); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: packed again, it is another file", f.Name)
		}
		if found := machinePath.FindString(string(want)); found != "" || strings.Contains(f.Name, "/") {
			t.Errorf("%s: has a path of the machine it was recorded on: %s", f.Name, found)
		}
	}
}
