package webhooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/gen"
	"github.com/docspace-go/webhooks/openapi/captures"
)

// recordedTransport answers the one request that a test is about with a recorded answer.
// Before it, some methods read the list of webhooks: it gets the one that the
// method is about.
type recordedTransport struct {
	answer *captures.Message
	body   []byte
	listed *gen.Webhook // nil for methods that do not read the list
}

// RoundTrip implements [http.RoundTripper].
func (p *recordedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.listed != nil && r.Method == http.MethodGet {
		body, err := json.Marshal(map[string]any{"response": []gen.WebhookWithStatus{{Webhook: *p.listed}}})
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
	}
	header := p.answer.Header()
	header.Del("Content-Encoding") // undone by net/http in life
	return &http.Response{StatusCode: p.answer.Status, Header: header, Body: io.NopCloser(bytes.NewReader(p.body)), Request: r}, nil
}

// ask makes the call that d recorded, as far as package api makes it, and
// returns the result as the member response of an answer has it.
func ask(d *captures.Document) (result any, err error) {
	body, err := plainBody(d.Response)
	if err != nil {
		return nil, err
	}
	p := &recordedTransport{answer: d.Response, body: body}
	client, err := api.New("https://portal.example.com", api.WithBasicAuth("owner@portal.example", "not a word of it"),
		api.WithHTTPClient(&http.Client{Transport: p}))
	if err != nil {
		return nil, err
	}
	webhook := answeredWebhook(body)
	ctx := context.Background()
	switch d.OperationID {
	case "getTenantWebhooks":
		return client.ListWebhooks(ctx)
	case "createWebhook":
		return client.CreateWebhook(ctx, api.CreateWebhookRequest{
			Name: webhook.Name, URL: webhook.URL, SecretKey: "not a word of it", TargetID: webhook.TargetID.Value,
			Enabled: &webhook.Enabled, SSL: &webhook.SSL, Triggers: webhook.Triggers,
		})
	case "updateWebhook":
		return client.ReplaceWebhook(ctx, api.WebhookUpdate{
			ID: webhook.ID, Name: webhook.Name, URL: webhook.URL, TargetID: webhook.TargetID.Value,
			Enabled: webhook.Enabled, SSL: webhook.SSL, Triggers: webhook.Triggers,
		})
	case "enableWebhook":
		p.listed = &webhook
		if webhook.Enabled {
			return client.EnableWebhook(ctx, webhook.ID)
		}
		return client.DisableWebhook(ctx, webhook.ID)
	case "removeWebhook":
		return client.DeleteWebhook(ctx, webhook.ID)
	case "getWebhookTriggers":
		return client.ListTriggers(ctx)
	case "getWebhooksLogs":
		page, err := client.ListDeliveries(ctx, api.DeliveryFilter{Fields: requestedFields(d)})
		if err == nil && page.Total != answeredTotal(body) {
			return nil, errors.New("another total")
		}
		return page.Deliveries, err
	case "retryWebhook":
		return client.RetryDelivery(ctx, 1)
	case "retryWebhooks":
		rows, err := client.RetryDeliveries(ctx, someIDs(answeredRows(body)))
		if len(rows) == 0 && errors.Is(err, api.ErrNotApplied) {
			err = nil // ids that do not exist or are the caller's to retry: nothing queued, and package api says so
		}
		return rows, err
	}
	return nil, fmt.Errorf("package api does not know %s", d.OperationID)
}

// answeredWebhook is the webhook in an answer, or some webhook, so that a
// request can be made that this answer would be right for.
func answeredWebhook(body []byte) gen.Webhook {
	w := gen.Webhook{ID: 1, Name: "some", URL: "https://hooks.example.com/"}
	var answer struct {
		Response *gen.Webhook `json:"response"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Response != nil && answer.Response.ID != 0 {
		w = *answer.Response
	}
	return w
}

func answeredRows(body []byte) int {
	var answer struct {
		Response []json.RawMessage `json:"response"`
	}
	_ = json.Unmarshal(body, &answer) // of a failure: no rows
	return len(answer.Response)
}

func answeredTotal(body []byte) int64 {
	var answer struct {
		Total int64 `json:"total"`
	}
	_ = json.Unmarshal(body, &answer)
	return answer.Total
}

// someIDs returns n ids, but one at least, because package api sends no call
// without any.
func someIDs(n int) []api.DeliveryID {
	ids := []api.DeliveryID{1}
	for id := 2; id <= n; id++ {
		ids = append(ids, api.DeliveryID(id))
	}
	return ids
}

// requestedFields returns the members that a recorded query asked for.
func requestedFields(d *captures.Document) []api.DeliveryField {
	var fields []api.DeliveryField
	for _, list := range d.Request.Query()["fields"] {
		for name := range strings.SplitSeq(list, ",") {
			fields = append(fields, api.DeliveryField(name))
		}
	}
	return fields
}

// decodedWhole compares what package api makes of a success with the recorded
// member response.
func decodedWhole(d *captures.Document) error {
	if projected(d) && d.OperationID != "getWebhooksLogs" {
		return nil // package api cannot ask for it
	}
	result, err := ask(d)
	if err != nil {
		return err
	}
	got, err := json.Marshal(result)
	if err != nil {
		return err
	}
	body, err := plainBody(d.Response)
	if err != nil {
		return err
	}
	var answer struct {
		Response json.RawMessage `json:"response"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if bits := map[string]api.Triggers{}; d.OperationID == "getWebhookTriggers" && json.Unmarshal(answer.Response, &bits) == nil {
		return sameBits(bits, result.([]api.TriggerInfo))
	}
	if result, empty := result.([]api.Delivery); empty && len(result) == 0 {
		got = []byte("[]")
	}
	return sameJSON(answer.Response, got, projected(d))
}

// sameBits compares the triggers of portals before 3.7, an object.
func sameBits(want map[string]api.Triggers, list []api.TriggerInfo) error {
	got := map[string]api.Triggers{}
	for _, info := range list {
		got[info.Name] = info.ID
	}
	if !maps.Equal(want, got) {
		return errors.New("other triggers")
	}
	return nil
}

// decodes asks of a success from before 3.1 that package api reads it, or says
// that it is not the promised answer.
func decodes(d *captures.Document) error {
	if _, err := ask(d); err != nil && !errors.Is(err, api.ErrUnexpectedAnswer) {
		return err
	}
	return nil
}

// typedFailure asks that a recorded failure becomes an error with its status,
// message and validation fields.
func typedFailure(d *captures.Document) error {
	_, err := ask(d)
	failure, ok := errors.AsType[*api.Error](err)
	if !ok {
		return fmt.Errorf("package api makes no error of it: %w", err)
	}
	want, err := expectedFailure(d)
	switch {
	case err != nil:
		return err
	case failure.StatusCode != d.Response.Status || failure.Operation != d.OperationID:
		return fmt.Errorf("package api: %s %d", failure.Operation, failure.StatusCode)
	case !strings.HasPrefix(want.message, strings.TrimSuffix(failure.Message, "…")) && want.message != "":
		return fmt.Errorf("package api: another message: %q", failure.Message)
	case failure.Message == "":
		return errors.New("package api: no message")
	case failure.Type != want.exception:
		return fmt.Errorf("package api: exception %q instead of %q", failure.Type, want.exception)
	case !maps.EqualFunc(failure.Fields, want.fields, slices.Equal):
		return fmt.Errorf("package api: fields %q instead of %q", failure.Fields, want.fields)
	}
	return nil
}

// failureText is what a recorded failure says; an empty message is none, and
// any will do.
type failureText struct {
	message, exception string
	fields             map[string][]string
}

// expectedFailure reads a failure apart from package api, by its content type
// and its members.
func expectedFailure(d *captures.Document) (failureText, error) {
	body, err := plainBody(d.Response)
	if err != nil || len(body) == 0 {
		return failureText{}, err
	}
	contentType, _, _ := strings.Cut(d.Response.Header().Get("Content-Type"), ";")
	switch contentType {
	case "text/plain":
		return failureText{message: string(body)}, nil
	case "text/html":
		return failureText{}, nil
	}
	var text string
	if json.Unmarshal(body, &text) == nil {
		return failureText{message: text}, nil
	}
	type problem struct {
		Title  string              `json:"title"`
		Errors map[string][]string `json:"errors"`
	}
	var object struct {
		problem
		Response *problem `json:"response"`
		Error    *struct {
			Message string  `json:"message"`
			Type    *string `json:"type"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &object); err != nil {
		return failureText{}, err
	}
	switch {
	case object.Error != nil && object.Error.Type != nil:
		return failureText{message: object.Error.Message, exception: *object.Error.Type}, nil
	case object.Error != nil:
		return failureText{message: object.Error.Message}, nil
	case object.Response != nil:
		object.problem = *object.Response
	}
	return failureText{message: object.Title, fields: object.Errors}, nil
}
