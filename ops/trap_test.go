package ops_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/ops"
)

// The trap of plain http, seen to its end: a webhook that another client made
// with ssl false is stored with true, and its first event switches it off.
func TestPlainHTTPTrap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := checkedPortal(t)
		request := api.NewWebhook("trap", "http://hooks.example.com/ok", "test-secret-1", api.UserCreated)
		request.SSL = new(false)
		if list := check(t, w.client, request); found(list) != "warn plain http" {
			t.Errorf("got %s", list)
		}
		response, err := w.client.Raw().CreateWebhook(t.Context(), request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		_ = response.Body.Close()
		id := w.emit(t, api.UserCreated, "a")
		if _, err := ops.Wait(t.Context(), w.client, id); !errors.Is(err, ops.ErrStillPending) {
			t.Errorf("got %v", err)
		}
		hooks := w.Webhooks()
		if hook := hooks[len(hooks)-1]; !hook.Disabled {
			t.Errorf("%s is on", hook.Name)
		}
	})
}
