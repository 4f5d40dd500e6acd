package api_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/docspace-go/webhooks/api"
)

func TestListTriggers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		response string
		want     []api.TriggerInfo
	}{
		"list": {`[{"name":"*","id":0,"available":true},{"name":"user.created","id":1,"available":false},{"name":"file.downloaded","id":17179869184,"available":true},{"name":"new.event","id":1099511627776,"available":true}]`, []api.TriggerInfo{
			{Name: "*", Available: true}, {Name: "user.created", ID: api.UserCreated}, {Name: "file.downloaded", ID: api.FileDownloaded, Available: true}, {Name: "new.event", ID: 1 << 40, Available: true},
		}},
		"object, before 3.7": {`{"room.copied":134217728,"*":0,"user.created":1}`, []api.TriggerInfo{
			{Name: "*", Available: true}, {Name: "user.created", ID: api.UserCreated, Available: true}, {Name: "room.copied", ID: api.RoomCopied, Available: true},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := answering(t, success(c.response))
			got, err := client.ListTriggers(t.Context())
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v", got, err)
			}
			if asked := s.asked(); asked[0] != "GET /api/2.0/settings/webhook/triggers" {
				t.Error(asked)
			}
		})
	}
}

func TestListTriggersRefusesOtherObjects(t *testing.T) {
	t.Parallel()
	for _, response := range []string{`{"id":0}`, `{"id":1}`, `{"*":1}`, `{"user.created":3}`, `{"user.created":"1"}`} {
		client, _ := answering(t, success(response))
		if got, err := client.ListTriggers(t.Context()); !errors.Is(err, api.ErrUnexpectedAnswer) {
			t.Errorf("%s: got %+v, %v", response, got, err)
		}
	}
}

func TestParseTriggers(t *testing.T) {
	t.Parallel()
	if got, err := api.ParseTriggers("file.created,file.updated"); err != nil || got != api.FileCreated|api.FileUpdated {
		t.Errorf("got %s, %v", got, err)
	}
}
