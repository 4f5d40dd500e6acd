package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/docspace-go/webhooks/receiver"
)

// Verify and Parse apart: the queue's producer verifies, its consumer parses.
// Here both happen in one place, with a delivery that a portal once sent.
func ExampleVerify() {
	const secret = "test123!@#%ABC"
	header := http.Header{}
	header.Set("x-docspace-signature-256", "sha256=520FEF8A53886234C06559A5204F54248DE7E346C72BF1A908CC3B098B81D3A8")
	body := []byte(`{"event":{"id":138769,"createOn":"2026-09-17T10:22:56Z","createBy":"514c7ed5-3141-4448-af92-008bcb707042","trigger":"file.created","triggerId":128},"payload":{"id":3358285,"parentId":6590430,"securityByUsers":{},"folderIdDisplay":6590430,"rootId":18902,"title":"321.xlsx","createBy":"514c7ed5-3141-4448-af92-008bcb707042","modifiedBy":"514c7ed5-3141-4448-af92-008bcb707042","parentShared":true,"createOn":"2026-09-17T10:22:56Z","modifiedOn":"2026-09-17T10:22:56Z","rootFolderType":14,"rootCreateBy":"514c7ed5-3141-4448-af92-008bcb707042","fileEntryType":2},"webhook":{"id":2621,"name":"testsdk","url":"https://example.com/webhook","triggers":["*"]}}`)

	if err := receiver.Verify(body, header, secret); err != nil {
		fmt.Println(err)
		return
	}
	event, err := receiver.Parse(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	var file struct {
		Title string `json:"title"`
	}
	if err := json.Unmarshal(event.Payload, &file); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(event.ID, event.Trigger, file.Title)

	err = receiver.Verify(append(body, '\n'), header, secret)
	fmt.Println(errors.Is(err, receiver.ErrBadSignature))
	// Output:
	// 138769 file.created 321.xlsx
	// true
}

// A Receiver is all that the address of a webhook needs.
func ExampleReceiver() {
	const secret = "test123!@#%ABC"
	hook, err := receiver.New(secret, func(_ context.Context, event *receiver.Event) error {
		fmt.Println(event.Trigger, "from", event.Webhook.Name)
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(hook)
	defer server.Close()

	// What the portal does before it saves the webhook …
	probe, err := http.Head(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	probe.Body.Close()
	fmt.Println("HEAD:", probe.StatusCode)

	// … and at an event.
	body := `{"event":{"id":41,"trigger":"group.created"},"webhook":{"id":7,"name":"ci"}}`
	for _, signature := range []string{receiver.Sign([]byte(body), secret), "sha256=forged"} {
		req, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set(receiver.SignatureHeader, signature)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println("POST:", resp.StatusCode)
	}
	// Output:
	// HEAD: 200
	// group.created from ci
	// POST: 204
	// POST: 401
}

// Sign makes the deliveries for a test of your own handler.
func ExampleSign() {
	const secret = "only-for-tests"
	handled := 0
	hook, err := receiver.New(secret, func(context.Context, *receiver.Event) error {
		handled++
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	body := `{"event":{"id":1,"trigger":"user.created"},"payload":{"firstName":"Ann"}}`
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	req.Header.Set(receiver.SignatureHeader, receiver.Sign([]byte(body), secret))
	answer := httptest.NewRecorder()
	hook.ServeHTTP(answer, req)

	fmt.Println(answer.Code, handled)
	// Output: 204 1
}

// While one secret replaces another, both are good.
func ExampleWithSecrets() {
	hook, err := receiver.New("the-new-secret", func(_ context.Context, event *receiver.Event) error {
		fmt.Println("event", event.ID)
		return nil
	}, receiver.WithSecrets("the-old-secret"))
	if err != nil {
		fmt.Println(err)
		return
	}

	body := `{"event":{"id":2}}`
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	req.Header.Set(receiver.SignatureHeader, receiver.Sign([]byte(body), "the-old-secret"))
	hook.ServeHTTP(httptest.NewRecorder(), req)
	// Output: event 2
}
