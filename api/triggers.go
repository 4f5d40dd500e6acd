package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

var opListTriggers = operation{"getWebhookTriggers", http.MethodGet, "/api/2.0/settings/webhook/triggers", sameTwice}

// ListTriggers returns the events that the portal knows, "*" first, and whether
// the caller's role may subscribe to each. Portals before 3.7 do not check
// roles, so everything they list is available; those of 3.0 answer
// [ErrMethodNotAllowed].
//
//meta:operation GET /api/2.0/settings/webhook/triggers getWebhookTriggers
func (c *Client) ListTriggers(ctx context.Context, opts ...CallOption) ([]TriggerInfo, error) {
	x, err := c.do(ctx, opListTriggers, newCall(opts), c.raw.ListTriggers)
	if err != nil {
		return nil, err
	}
	response, _, err := decode[json.RawMessage](x)
	if err != nil {
		return nil, err
	}
	list, err := readTriggers(response)
	if err != nil {
		return nil, x.unreadable(err)
	}
	for _, t := range list {
		if t.Name == "" {
			return nil, x.failed(ErrUnexpectedAnswer, "an event without a name in the list")
		}
	}
	return list, nil
}

// readTriggers reads both shapes of the answer: the list, and the object of
// names and bits that portals before 3.7 send.
func readTriggers(response json.RawMessage) ([]TriggerInfo, error) {
	var list []TriggerInfo
	if response[0] != '{' {
		err := json.Unmarshal(response, &list)
		return list, err
	}
	var bits map[string]Triggers
	if err := json.Unmarshal(response, &bits); err != nil {
		return nil, err
	}
	for name, bit := range bits {
		if everything := name == "*" && bit == AllTriggers; !everything && (bit.Len() != 1 || !strings.Contains(name, ".")) {
			return nil, errors.New("an object whose members are no events: want dotted names with one bit each")
		}
		list = append(list, TriggerInfo{Name: name, ID: bit, Available: true})
	}
	slices.SortFunc(list, func(a, b TriggerInfo) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}
