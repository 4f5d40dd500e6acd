package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

var opListTriggers = operation{"getWebhookTriggers", http.MethodGet, "/api/2.0/settings/webhook/triggers"}

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
	list, _, err := decode[triggerList](x)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		if t.Name == "" {
			return nil, x.failed(ErrUnexpectedAnswer, "an event without a name in the list")
		}
	}
	return list, nil
}

// triggerList reads both shapes of the answer: the list, and the object of
// names and bits that portals before 3.7 send.
type triggerList []TriggerInfo

func (l *triggerList) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return json.Unmarshal(data, (*[]TriggerInfo)(l))
	}
	var bits map[string]Triggers
	if err := json.Unmarshal(data, &bits); err != nil {
		return err
	}
	*l = make(triggerList, 0, len(bits))
	for name, bit := range bits {
		*l = append(*l, TriggerInfo{Name: name, ID: bit, Available: true})
	}
	slices.SortFunc(*l, func(a, b TriggerInfo) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}
