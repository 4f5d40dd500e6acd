package ops

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"

	"github.com/docspace-go/webhooks/api"
)

// eventKey is equal for deliveries that tell the same webhook the same: a retry
// and what it retries above all.
type eventKey [sha256.Size]byte

// content is what of a delivered body identifies it. The rest changes with the
// attempt (event.id, webhook.retryCount) or with the webhook.
type content struct {
	named   api.DeliveryID // the row that sent it; 0 before the first attempt
	webhook api.WebhookID
	key     eventKey
	legible bool // an event is in it
}

// readContent reads a logged payload. Portals of 3.0 log the answer of an API
// call instead, which says nothing about an event: then only the text counts.
func readContent(payload string) content {
	var body struct {
		Event struct {
			ID       api.DeliveryID `json:"id"`
			CreateOn string         `json:"createOn"`
			CreateBy string         `json:"createBy"`
			Trigger  string         `json:"trigger"`
		} `json:"event"`
		Payload json.RawMessage `json:"payload"`
		Webhook struct {
			ID api.WebhookID `json:"id"`
		} `json:"webhook"`
	}
	if err := json.Unmarshal([]byte(payload), &body); err != nil || body.Event.CreateOn == "" || body.Webhook.ID == 0 {
		return content{key: sha256.Sum256([]byte(payload))}
	}
	text, err := json.Marshal([]any{body.Webhook.ID, body.Event.CreateOn, body.Event.CreateBy, body.Event.Trigger, canonical(body.Payload)})
	if err != nil {
		return content{key: sha256.Sum256([]byte(payload))}
	}
	return content{named: body.Event.ID, webhook: body.Webhook.ID, key: sha256.Sum256(text), legible: true}
}

// canonical returns a value that is marshalled alike however it was escaped.
func canonical(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return string(raw)
	}
	return v
}
