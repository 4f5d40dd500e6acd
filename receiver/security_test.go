package receiver_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/docspace-go/webhooks/receiver"
)

// request is a row of TestServeHTTP: a signed delivery, changed.
type request struct {
	method  string // POST if empty
	target  string // /hook if empty
	body    string // delivery if empty
	header  func(h http.Header, good string)
	reader  io.Reader // what is read in place of the body
	deduper receiver.Deduper
	before  func(*testing.T, *receiver.Receiver)
	status  int
	logged  error // nil: none
	calls   int
	handle  func(*receiver.Event) error
}

const (
	delivery = `{"event":{"id":41,"trigger":"group.created"},"payload":{"id":"g"},"webhook":{"id":7}}`
	maxBody  = 256
)

var (
	errHandler = errors.New("the handler's own text")
	errDeduper = errors.New("the deduper's own text")
	errAny     = errors.New("any error")
)

// TestServeHTTP is the one table of what may arrive: each row says what is
// answered and which sentinel is logged, and no row may show a secret or a
// signature in anything that is answered, logged, observed or dumped.
func TestServeHTTP(t *testing.T) {
	t.Parallel()
	set := func(value func(good string) string) func(http.Header, string) {
		return func(h http.Header, good string) { h.Set(receiver.SignatureHeader, value(good)) }
	}
	padded := func(n int) string { return delivery + strings.Repeat(" ", n-len(delivery)) }

	for name, test := range map[string]request{
		"signed":                      {status: 204, calls: 1},
		"signed in lower case":        {header: set(strings.ToLower), status: 204, calls: 1},
		"signed with another secret":  {header: set(func(string) string { return receiver.Sign([]byte(delivery), other) }), status: 204, calls: 1},
		"signed twice":                {header: func(h http.Header, good string) { h.Add(receiver.SignatureHeader, strings.ToLower(good)) }, status: 204, calls: 1},
		"wrongly said to be gzip":     {header: gzipped, status: 204, calls: 1},
		"said to be a form":           {header: func(h http.Header, _ string) { h.Set("Content-Type", "application/x-www-form-urlencoded") }, status: 204, calls: 1},
		"no content type":             {header: func(h http.Header, _ string) { h.Del("Content-Type") }, status: 204, calls: 1},
		"method to be overridden":     {header: func(h http.Header, _ string) { h.Set("X-Http-Method-Override", "DELETE") }, status: 204, calls: 1},
		"line end in the trigger":     {body: `{"event":{"id":41,"trigger":"a\r\nlevel=ERROR msg=forged"}}`, status: 204, calls: 1},
		"unknown trigger":             {body: `{"event":{"id":41,"trigger":"moon.full"}}`, status: 204, calls: 1},
		"legacy":                      {body: `{"response":{},"count":1}`, status: 204, calls: 1},
		"not UTF-8":                   {body: "{\"event\":{\"id\":41},\"payload\":\"\xff\"}", status: 204, calls: 1},
		"another content type":        {header: func(h http.Header, _ string) { h.Set("Content-Type", "text/plain") }, status: 204, calls: 1},
		"a cookie":                    {header: func(h http.Header, _ string) { h.Set("Cookie", "session=test") }, status: 204, calls: 1},
		"exactly the limit":           {body: padded(maxBody), status: 204, calls: 1},
		"one byte over the limit":     {body: padded(maxBody + 1), status: 413, logged: receiver.ErrTooLarge},
		"over the limit, unsigned":    {body: padded(maxBody + 1), header: func(h http.Header, _ string) { h.Del(receiver.SignatureHeader) }, status: 413, logged: receiver.ErrTooLarge},
		"endless":                     {reader: endless{}, status: 413, logged: receiver.ErrTooLarge},
		"unsigned":                    {header: func(h http.Header, _ string) { h.Del(receiver.SignatureHeader) }, status: 401, logged: receiver.ErrNotSigned},
		"empty signature":             {header: set(func(string) string { return "" }), status: 401, logged: receiver.ErrNotSigned},
		"no sha256=":                  {header: set(func(good string) string { return good[len("sha256="):] }), status: 401, logged: receiver.ErrNotSigned},
		"line end in the signature":   {header: set(func(good string) string { return good + "\r\nSet-Cookie: a=b" }), status: 401, logged: receiver.ErrNotSigned},
		"signature that is not UTF-8": {header: set(func(good string) string { return good[:len(good)-1] + "\xff" }), status: 401, logged: receiver.ErrNotSigned},
		"huge signature":              {header: set(func(good string) string { return strings.Repeat(good, 1000) }), status: 401, logged: receiver.ErrNotSigned},
		"signed twice, differently":   {header: func(h http.Header, good string) { h.Add(receiver.SignatureHeader, flip(good)) }, status: 401, logged: receiver.ErrNotSigned},
		"one bit off":                 {header: set(flip), status: 401, logged: receiver.ErrBadSignature},
		"zeros":                       {header: set(func(string) string { return zeros }), status: 401, logged: receiver.ErrBadSignature},
		"signature of another body":   {header: set(func(string) string { return receiver.Sign([]byte("{}"), secret) }), status: 401, logged: receiver.ErrBadSignature},
		"signature by a third secret": {header: set(func(string) string { return receiver.Sign([]byte(delivery), "third") }), status: 401, logged: receiver.ErrBadSignature},
		"another body":                {reader: strings.NewReader("{}"), status: 401, logged: receiver.ErrBadSignature},
		"empty body":                  {reader: strings.NewReader(""), status: 401, logged: receiver.ErrBadSignature},
		"prefix in upper case":        {header: set(strings.ToUpper), status: 401, logged: receiver.ErrNotSigned},
		"another algorithm":           {header: set(func(good string) string { return strings.Replace(good, "256", "512", 1) }), status: 401, logged: receiver.ErrNotSigned},
		"signature in Base64":         {header: set(inBase64), status: 401, logged: receiver.ErrNotSigned},
		"two signatures in one":       {header: set(func(good string) string { return good + ", " + good }), status: 401, logged: receiver.ErrNotSigned},
		"secret as the signature":     {header: set(func(string) string { return secret }), status: 401, logged: receiver.ErrNotSigned},
		"signature in another header": {header: rename("X-Hub-Signature-256"), status: 401, logged: receiver.ErrNotSigned},
		"signature in the query":      {target: "/hook?" + receiver.SignatureHeader + "=" + receiver.Sign([]byte(delivery), secret), header: rename("X-Other"), status: 401, logged: receiver.ErrNotSigned},
		"signed by an empty secret":   {header: set(func(string) string { return signature([]byte(delivery), "") }), status: 401, logged: receiver.ErrBadSignature},
		"compressed after signing":    {reader: strings.NewReader(compressed(delivery)), header: gzipped, status: 401, logged: receiver.ErrBadSignature},
		"signed, not JSON":            {body: "event=41", status: 400, logged: receiver.ErrMalformed},
		"signed, not a delivery":      {body: "{}", status: 400, logged: receiver.ErrMalformed},
		"signed, compressed":          {body: compressed(delivery), header: gzipped, status: 400, logged: receiver.ErrMalformed},
		"cut off":                     {reader: iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(delivery))), status: 400, logged: receiver.ErrIncomplete},
		"read error with a signature": {reader: iotest.ErrReader(errors.New(receiver.Sign([]byte(delivery), secret))), status: 400, logged: receiver.ErrIncomplete},
		"HEAD":                        {method: "HEAD", status: 200},
		"HEAD, unsigned":              {method: "HEAD", header: func(h http.Header, _ string) { h.Del(receiver.SignatureHeader) }, status: 200},
		"HEAD, wrongly signed":        {method: "HEAD", header: set(flip), status: 200},
		"GET":                         {method: "GET", status: 405},
		"PUT":                         {method: "PUT", status: 405},
		"DELETE":                      {method: "DELETE", status: 405},
		"OPTIONS":                     {method: "OPTIONS", status: 405},
		"post in lower case":          {method: "post", status: 405},
		"handler fails":               {handle: func(*receiver.Event) error { return errHandler }, status: 500, logged: errHandler, calls: 1},
		"handler returns a sentinel":  {handle: func(*receiver.Event) error { return fmt.Errorf("%w: mine", receiver.ErrBadSignature) }, status: 500, logged: receiver.ErrBadSignature, calls: 1},
		"handler returns a status":    {handle: func(*receiver.Event) error { return goneError{} }, status: 500, logged: goneError{}, calls: 1},
		"handler panics":              {handle: func(*receiver.Event) error { panic(errHandler.Error()) }, status: 500, logged: errAny, calls: 1},
		"handler panics with nil":     {handle: func(*receiver.Event) error { panic(nil) }, status: 500, logged: errAny, calls: 1},
		"handler aborts":              {handle: func(*receiver.Event) error { panic(http.ErrAbortHandler) }, status: 500, logged: errAny, calls: 1},
		"handler declines":            {handle: func(*receiver.Event) error { return fmt.Errorf("mine: %w", receiver.ErrUnhandled) }, status: 204, calls: 1},
		"done before":                 {deduper: answers{state: receiver.Finished}, status: 200},
		"being handled":               {deduper: answers{state: receiver.InFlight}, status: 503, logged: receiver.ErrInFlight},
		"deduper says nothing":        {deduper: answers{state: -1}, status: 503, logged: receiver.ErrInFlight},
		"deduper cannot claim":        {deduper: answers{claim: errDeduper}, status: 503, logged: receiver.ErrDeduper},
		"deduper cannot record":       {deduper: answers{state: receiver.Granted, settle: errDeduper}, status: 204, logged: receiver.ErrDeduper, calls: 1},
		"deduper cannot release":      {deduper: answers{state: receiver.Granted, settle: errDeduper}, handle: func(*receiver.Event) error { return errHandler }, status: 500, logged: receiver.ErrDeduper, calls: 1},
		"unsigned, done before":       {deduper: answers{state: receiver.Finished}, header: rename("X-Other"), status: 401, logged: receiver.ErrNotSigned},
		"shut down":                   {before: shutDown, status: 503, logged: receiver.ErrShutdown},
		"shut down, unsigned":         {before: shutDown, header: rename("X-Other"), status: 503, logged: receiver.ErrShutdown},
		"shut down, HEAD":             {before: shutDown, method: "HEAD", status: 200},
		"full":                        {before: occupy, status: 503, logged: receiver.ErrBusy},
		"full, endless":               {before: occupy, reader: endless{}, status: 503, logged: receiver.ErrBusy},
		"full, HEAD":                  {before: occupy, method: "HEAD", status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}
