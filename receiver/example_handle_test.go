package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// deliver stands for the portal in the examples.
func deliver(hook http.Handler, path, secret, body string) int {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set(receiver.SignatureHeader, receiver.Sign([]byte(body), secret))
	answer := httptest.NewRecorder()
	hook.ServeHTTP(answer, req)
	return answer.Code
}

// Each trigger has its handler; the most specific pattern wins.
func ExampleMux() {
	const secret = "only-for-tests"
	var mux receiver.Mux
	mux.On("file.*", func(_ context.Context, event *receiver.Event) error {
		fmt.Println("some file:", event.Trigger)
		return nil
	})
	mux.On("file.deleted", func(_ context.Context, event *receiver.Event) error {
		fmt.Println("gone:", event.ID)
		return nil
	})
	hook, err := receiver.New(secret, mux.Handle)
	if err != nil {
		fmt.Println(err)
		return
	}

	deliver(hook, "/", secret, `{"event":{"id":1,"trigger":"file.created"}}`)
	deliver(hook, "/", secret, `{"event":{"id":2,"trigger":"file.deleted"}}`)
	fmt.Println(deliver(hook, "/", secret, `{"event":{"id":3,"trigger":"room.created"}}`))
	// Output:
	// some file: file.created
	// gone: 2
	// 204
}

// A typed handler gets the payload decoded, whichever portal sent it.
func ExampleTyped() {
	const secret = "only-for-tests"
	var mux receiver.Mux
	mux.On("file.*", receiver.Typed((*receiver.Event).File,
		func(_ context.Context, event *receiver.Event, file receiver.File) error {
			fmt.Println(event.Trigger, file.ID, file.Title, "by", file.CreatedBy.ID)
			return nil
		}))
	mux.On("user.*", receiver.Typed((*receiver.Event).User,
		func(_ context.Context, event *receiver.Event, user receiver.User) error {
			fmt.Println(event.Trigger, user.Email, user.Contacts)
			return nil
		}))
	hook, err := receiver.New(secret, mux.Handle)
	if err != nil {
		fmt.Println(err)
		return
	}

	// As portals up to 3.8 send it, and as is announced for the release after.
	deliver(hook, "/", secret, `{"event":{"id":1,"trigger":"file.created"},"payload":{"id":11,"title":"Plan.docx","createBy":"66faa6e4"}}`)
	deliver(hook, "/", secret, `{"event":{"id":2,"trigger":"file.created"},"payload":{"id":12,"title":"Plan.xlsx","createdBy":{"id":"66faa6e4"}}}`)
	deliver(hook, "/", secret, `{"event":{"id":3,"trigger":"user.created"},"payload":{"email":"ann@example.com","contacts":"phone|1|"}}`)
	// Output:
	// file.created 11 Plan.docx by 66faa6e4
	// file.created 12 Plan.xlsx by 66faa6e4
	// user.created ann@example.com [{phone 1}]
}

// An event is handled once, however often it is delivered, unless its handler
// fails.
func ExampleWithDeduper() {
	const secret = "only-for-tests"
	fail := true
	hook, err := receiver.New(secret, func(_ context.Context, event *receiver.Event) error {
		if fail {
			return errors.New("the mail server is down")
		}
		fmt.Println("mail for event", event.ID)
		return nil
	}, receiver.WithDeduper("acme.onlyoffice.com", &receiver.Memory{TTL: time.Hour}))
	if err != nil {
		fmt.Println(err)
		return
	}

	fmt.Println(deliver(hook, "/", secret, `{"event":{"id":5}}`))
	fail = false
	fmt.Println(deliver(hook, "/", secret, `{"event":{"id":5},"webhook":{"retryCount":1}}`))
	fmt.Println(deliver(hook, "/", secret, `{"event":{"id":5},"webhook":{"retryCount":2}}`))
	// Output:
	// 500
	// mail for event 5
	// 204
	// 200
}

// A server that ends lets handlers finish. First the Receiver turns new
// deliveries away, which the portal sends again; then the server closes.
func ExampleReceiver_Shutdown() {
	const secret = "only-for-tests"
	started, finish := make(chan struct{}), make(chan struct{})
	hook, err := receiver.New(secret, func(_ context.Context, event *receiver.Event) error {
		close(started)
		<-finish
		fmt.Println("finished event", event.ID)
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(hook)
	defer server.Close()
	answer := make(chan int)
	go func() { answer <- deliver(hook, "/", secret, `{"event":{"id":6}}`) }()
	<-started

	soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(hook.Shutdown(soon))
	fmt.Println("a new one:", deliver(hook, "/", secret, `{"event":{"id":7}}`))

	close(finish)
	fmt.Println(hook.Shutdown(context.Background()))
	fmt.Println("the old one:", <-answer)
	if err := server.Config.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// context deadline exceeded
	// a new one: 503
	// finished event 6
	// <nil>
	// the old one: 204
}

// Several portals on one server: each has its address, its secret and its space
// of ids. They may share one Deduper.
func ExampleNew_severalPortals() {
	var memory receiver.Memory
	server := http.NewServeMux()
	for portal, secret := range map[string]string{
		"acme.onlyoffice.com": "secret-of-acme",
		"docs.example.org":    "secret-of-docs",
	} {
		hook, err := receiver.New(secret, func(_ context.Context, event *receiver.Event) error {
			fmt.Println(portal, "event", event.ID)
			return nil
		},
			receiver.WithDeduper(portal, &memory),
			receiver.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil)).With("portal", portal)))
		if err != nil {
			fmt.Println(err)
			return
		}
		server.Handle("/hooks/"+portal, hook)
	}

	const body = `{"event":{"id":1}}`
	fmt.Println(deliver(server, "/hooks/acme.onlyoffice.com", "secret-of-acme", body))
	fmt.Println(deliver(server, "/hooks/docs.example.org", "secret-of-docs", body))
	fmt.Println(deliver(server, "/hooks/docs.example.org", "secret-of-docs", body))
	// Output:
	// acme.onlyoffice.com event 1
	// 204
	// docs.example.org event 1
	// 204
	// 200
}

// An Observer counts; an adapter for a metrics library is as short.
func ExampleWithObserver() {
	const secret = "only-for-tests"
	counts := map[receiver.Outcome]int{} // guard it in earnest
	hook, err := receiver.New(secret, func(context.Context, *receiver.Event) error { return nil },
		receiver.WithObserver(func(_ context.Context, o receiver.Observation) { counts[o.Outcome]++ }))
	if err != nil {
		fmt.Println(err)
		return
	}
	deliver(hook, "/", secret, `{"event":{"id":1}}`)
	deliver(hook, "/", "forged", `{"event":{"id":1}}`)
	fmt.Println(counts)
	// Output: map[bad_signature:1 handled:1]
}
