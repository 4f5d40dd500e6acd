package receiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Parse decodes the body of a delivery. It does not verify anything: call
// [Verify] first, with the same bytes.
//
// Parse is lenient, because an error costs the event. All it asks for is JSON
// with an event that has an id, or the answer of an API call, which is what
// portals up to 3.0 send and what becomes an [Event] marked Legacy. Unknown
// members are passed over; a member that does not fit its field leaves it zero.
//
// The event keeps the body: do not change it afterwards. Errors wrap
// [ErrMalformed].
func Parse(body []byte) (*Event, error) {
	var d delivery
	// Unmarshal reports a member that does not fit only after it has decoded all
	// the others; broken JSON is the one thing that stops it.
	var misfit *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &d); err != nil && !errors.As(err, &misfit) {
		return nil, fmt.Errorf("%w: not JSON", ErrMalformed)
	}
	switch {
	case d.Event == nil && d.isAnswer():
		return &Event{Legacy: true, Payload: d.Response, Raw: body}, nil
	case d.Event == nil:
		return nil, fmt.Errorf("%w: no event in it", ErrMalformed)
	case d.Event.ID == 0:
		return nil, fmt.Errorf("%w: event without an id", ErrMalformed)
	}
	return d.event(body), nil
}

// delivery is the body as it is on the wire, of either generation.
type delivery struct {
	Event *struct {
		ID        int64  `json:"id"`
		CreateOn  string `json:"createOn"`
		CreateBy  string `json:"createBy"`
		Trigger   string `json:"trigger"`
		TriggerID int64  `json:"triggerId"`
	} `json:"event"`
	Payload json.RawMessage `json:"payload"`
	Webhook struct {
		ID       int64    `json:"id"`
		Name     string   `json:"name"`
		URL      string   `json:"url"`
		Triggers []string `json:"triggers"`
		Target   *struct {
			ID   json.RawMessage `json:"id"`
			Type string          `json:"type"`
		} `json:"target"`
		LastFailureOn      string `json:"lastFailureOn"`
		LastFailureContent string `json:"lastFailureContent"`
		LastSuccessOn      string `json:"lastSuccessOn"`
		RetryCount         int    `json:"retryCount"`
		RetryOn            string `json:"retryOn"`
	} `json:"webhook"`

	Response   json.RawMessage `json:"response"`
	StatusCode json.RawMessage `json:"statusCode"`
}

// isAnswer recognises the envelope of an API answer. Portals leave "response"
// out of it when a call answers nothing.
func (d *delivery) isAnswer() bool { return d.Response != nil || d.StatusCode != nil }

func (d *delivery) event(body []byte) *Event {
	e := &Event{
		ID:        d.Event.ID,
		Time:      parseTime(d.Event.CreateOn),
		Actor:     d.Event.CreateBy,
		Trigger:   d.Event.Trigger,
		TriggerID: d.Event.TriggerID,
		Attempt:   d.Webhook.RetryCount,
		Webhook: Webhook{
			ID:                 d.Webhook.ID,
			Name:               d.Webhook.Name,
			URL:                d.Webhook.URL,
			Triggers:           d.Webhook.Triggers,
			LastFailureOn:      parseTime(d.Webhook.LastFailureOn),
			LastFailureContent: d.Webhook.LastFailureContent,
			LastSuccessOn:      parseTime(d.Webhook.LastSuccessOn),
			RetryOn:            parseTime(d.Webhook.RetryOn),
		},
		Payload: d.Payload,
		Raw:     body,
	}
	if t := d.Webhook.Target; t != nil {
		e.Webhook.Target = &Target{ID: idText(t.ID), RawID: t.ID, Type: t.Type}
	}
	return e
}

// parseTime reads the two forms of the portal's dates: with a zone, and without
// one for UTC. Both come with and without a fraction. Anything else is zero.
func parseTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// idText gives a number's digits or a string's contents; "" for anything else.
func idText(raw json.RawMessage) string {
	var text string
	var number json.Number
	switch {
	case len(raw) == 0:
	case raw[0] == '"':
		if json.Unmarshal(raw, &text) == nil {
			return text
		}
	case json.Unmarshal(raw, &number) == nil:
		return number.String()
	}
	return ""
}
