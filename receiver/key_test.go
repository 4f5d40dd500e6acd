package receiver_test

import (
	"context"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

// TestByPayload: what differs between the keys of two deliveries, and what does
// not.
func TestByPayload(t *testing.T) {
	t.Parallel()
	const (
		base   = `{"event":{"id":7,"createOn":"2026-01-02T03:04:05Z","createBy":"u","trigger":"a.b"},"payload":{"id":1},"webhook":{"id":3}}`
		legacy = `{"response":{"id":1}}`
	)
	for name, test := range map[string]struct {
		of, change, to string
		same           bool
	}{
		"retried by hand":      {base, `"id":7`, `"id":8`, true},
		"retried by itself":    {base, `{"id":3`, `{"retryCount":1,"id":3`, true},
		"renamed webhook":      {base, `{"id":3`, `{"name":"n","id":3`, true},
		"another time":         {base, `:05Z`, `:06Z`, false},
		"another user":         {base, `"u"`, `"v"`, false},
		"another trigger":      {base, `a.b`, `a.c`, false},
		"another payload":      {base, `{"id":1}`, `{"id":2}`, false},
		"another webhook":      {base, `{"id":3`, `{"id":4`, false},
		"payload as text":      {base, `{"id":1}`, `"{}"`, false},
		"no payload":           {base, `"payload":{"id":1},`, ``, false},
		"legacy, again":        {legacy, ``, ``, true},
		"legacy, another body": {legacy, `1`, `2`, false},
	} {
		one := receiver.ByPayload(parse(t, []byte(test.of)))
		two := receiver.ByPayload(parse(t, []byte(strings.Replace(test.of, test.change, test.to, 1))))
		if one == "" || (one == two) != test.same {
			t.Errorf("%s: %s and %s", name, one, two)
		}
	}
}

// TestKeyOfRetriesByHand: portals keep what ByPayload hashes, and give a new id.
func TestKeyOfRetriesByHand(t *testing.T) {
	t.Parallel()
	captures := captures(t)
	for original, retries := range map[string][]string{
		"3.7.2-mariadb/retry.original.json":     {"3.7.2-mariadb/retry.ok.json", "3.7.2-mariadb/retry.batch.json", "3.7.2-mariadb/retry.disabled.json"},
		"3.7.2-postgresql/retry.original.json":  {"3.7.2-postgresql/retry.ok.json", "3.7.2-postgresql/retry.batch.json", "3.7.2-postgresql/retry.disabled.json"},
		"3.6.1-host-mariadb/failing.ok.json":    {"3.6.1-host-mariadb/retry.ok.attempt-1.json"},
		"3.2.1-host-postgresql/failing.ok.json": {"3.2.1-host-postgresql/retry.ok.attempt-1.json"},
		"3.1.1-host-mariadb/failing.ok.json":    {"3.1.1-host-mariadb/retry.ok.attempt-1.json"},
	} {
		for _, retry := range retries {
			one, two := parse(t, []byte(captures[original].Body)), parse(t, []byte(captures[retry].Body))
			if receiver.ByID(one) == receiver.ByID(two) {
				t.Errorf("%s and %s have one id", original, retry)
			}
			if receiver.ByPayload(one) != receiver.ByPayload(two) {
				t.Errorf("%s and %s have two payloads", original, retry)
			}
		}
	}
}

// TestKeys: what reaches the deduper.
func TestKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		portal, body string
		key          func(*receiver.Event) string
		want         []string
	}{
		"id":                      {"acme.example", delivery, receiver.ByID, []string{"acme.example/41"}},
		"port":                    {"acme.example:8443", delivery, receiver.ByID, []string{"acme.example:8443/41"}},
		"name with a slash":       {"a/b", delivery, receiver.ByID, []string{"a%2Fb/41"}},
		"name that looks like it": {"a%2Fb", delivery, receiver.ByID, []string{"a%252Fb/41"}},
		"key with a slash":        {"a", delivery, func(*receiver.Event) string { return "b/41" }, []string{"a/b/41"}},
		"no key":                  {"a", delivery, func(*receiver.Event) string { return "" }, nil},
		"legacy":                  {"a", `{"response":{}}`, receiver.ByID, nil},
		"own":                     {"a", delivery, func(e *receiver.Event) string { return e.Trigger }, []string{"a/group.created"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &asked{}
			calls := 0
			r, err := receiver.New(secret, func(context.Context, *receiver.Event) error { calls++; return nil },
				receiver.WithKey(test.key), receiver.WithDeduper(test.portal, d))
			if err != nil {
				t.Fatal(err)
			}
			if status := post(r, test.body); status != 204 || calls != 1 {
				t.Errorf("answered %d after %d calls", status, calls)
			}
			if strings.Join(d.keys, " ") != strings.Join(test.want, " ") {
				t.Errorf("asked for %q, want %q", d.keys, test.want)
			}
		})
	}
}

// asked is a Memory that notes what it is asked for.
type asked struct {
	receiver.Memory
	keys []string
}

func (a *asked) Claim(ctx context.Context, key string) (receiver.Claim, error) {
	a.keys = append(a.keys, key)
	return a.Memory.Claim(ctx, key)
}

// TestPortalsApart: one memory serves several portals, whose ids are the same.
func TestPortalsApart(t *testing.T) {
	t.Parallel()
	var m receiver.Memory
	for _, portal := range []string{"a.example", "b.example"} {
		for i, want := range []int{204, 200} {
			r, err := receiver.New(secret, nothing, receiver.WithDeduper(portal, &m))
			if err != nil {
				t.Fatal(err)
			}
			if status := post(r, attempt(i)); status != want {
				t.Errorf("%s answered %d, want %d", portal, status, want)
			}
		}
	}
}
