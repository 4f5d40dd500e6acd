package receiver_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

// raw sends what no client would, after a request line and Host, and reads the
// answer.
func raw(t *testing.T, s *httptest.Server, rest string) *http.Response {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s", rest); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// TestServerRaw continues the table of TestServeHTTP with what is wrong on the
// wire: net/http refuses some of it before a Receiver sees it.
func TestServerRaw(t *testing.T) {
	t.Parallel()
	good := receiver.Sign([]byte(delivery), secret)
	zipped := compressed(delivery)
	sized := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }
	named := func(name, value string) string { return name + ": " + value + "\r\n" }
	signed := named(receiver.SignatureHeader, good)
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n", len(delivery), delivery)
	const chunked = "Transfer-Encoding: chunked\r\n"

	for name, test := range map[string]struct {
		request string
		want    int
		logged  error // nil: it did not get here, or nothing is wrong
	}{
		"usual":                       {signed + sized(delivery), 204, nil},
		"name in upper case":          {named(strings.ToUpper(receiver.SignatureHeader), good) + sized(delivery), 204, nil},
		"blanks around the signature": {named(receiver.SignatureHeader, " \t"+good+" ") + sized(delivery), 204, nil},
		"in chunks":                   {signed + chunked + "\r\n" + chunks + "\r\n", 204, nil},
		"chunks and a length":         {signed + chunked + "Content-Length: 3\r\n\r\n" + chunks + "\r\n", 204, nil},
		"two lengths":                 {signed + "Content-Length: 1\r\n" + sized(delivery), 400, nil},
		"no length":                   {signed + "\r\n" + delivery, 401, receiver.ErrBadSignature},
		"cookie after a CR":           {named(receiver.SignatureHeader, good+"\rSet-Cookie: a=b") + sized(delivery), 400, nil},
		"cookie after an LF":          {named(receiver.SignatureHeader, good+"\nSet-Cookie: a=b") + sized(delivery), 204, nil},
		"second signature after LF":   {named(receiver.SignatureHeader, good+"\n"+receiver.SignatureHeader+": "+zeros) + sized(delivery), 401, receiver.ErrNotSigned},
		"NUL in the signature":        {named(receiver.SignatureHeader, good+"\x00") + sized(delivery), 400, nil},
		"signature not UTF-8":         {named(receiver.SignatureHeader, "\xff"+good[1:]) + sized(delivery), 401, receiver.ErrNotSigned},
		"folded signature":            {named(receiver.SignatureHeader, "sha256=\r\n "+good[len("sha256="):]) + sized(delivery), 401, receiver.ErrNotSigned},
		"blank after the name":        {named(receiver.SignatureHeader+" ", good) + sized(delivery), 400, nil},
		"underscores in the name":     {named(strings.ReplaceAll(receiver.SignatureHeader, "-", "_"), good) + sized(delivery), 401, receiver.ErrNotSigned},
		"signature in the trailer":    {named("Trailer", receiver.SignatureHeader) + chunked + "\r\n" + chunks + signed + "\r\n", 401, receiver.ErrNotSigned},
		"gzip, signed as sent":        {named(receiver.SignatureHeader, receiver.Sign([]byte(zipped), secret)) + "Content-Encoding: gzip\r\n" + sized(zipped), 400, receiver.ErrMalformed},
		"gzip, signed before":         {signed + "Content-Encoding: gzip\r\n" + sized(zipped), 401, receiver.ErrBadSignature},
		"gzip as transfer encoding":   {signed + "Transfer-Encoding: gzip\r\n\r\n", 501, nil},
		"two megabytes of header":     {strings.Repeat(named("X", strings.Repeat("x", 1<<10)), 2<<10) + sized(delivery), 431, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, book := server(t, nothing, nil)
			resp := raw(t, s, test.request)
			defer resp.Body.Close()
			if resp.StatusCode != test.want {
				t.Errorf("answered %d, want %d", resp.StatusCode, test.want)
			}
			if resp.Header.Get("Set-Cookie") != "" {
				t.Error("a cookie was smuggled in")
			}
			if _, logged := book.last(); !errors.Is(logged, test.logged) {
				t.Errorf("logged %v, want %v", logged, test.logged)
			}
			mustNotLeak(t, book.text(), good)
		})
	}
}

// TestBusyBeforeTheBody: who waits to be asked for the body is not asked.
func TestBusyBeforeTheBody(t *testing.T) {
	t.Parallel()
	r, err := receiver.New(secret, nothing)
	if err != nil {
		t.Fatal(err)
	}
	shutDown(t, r)
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	resp := raw(t, s, fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(delivery)))
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answered %d", resp.StatusCode)
	}
	checkAnswer(t, resp)
}
