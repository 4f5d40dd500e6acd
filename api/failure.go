package api

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxErrorBody    = 64 << 10 // what an Error keeps of the body
	maxErrorMessage = 1 << 10  // what it quotes of a text body
)

// failure is every JSON object that the server answers a failure with: the
// error object, the envelope with a problem in it, the bare problem.
type failure struct {
	Error    *errorInfo `json:"error"`
	Response *problem   `json:"response"`
	problem
}

type errorInfo struct {
	Message string `json:"message"`
	Type    string `json:"type"`
}

type problem struct {
	Title  string              `json:"title"`
	Errors map[string][]string `json:"errors"`
}

// read takes message, fields, type and time to wait from e's header and body,
// and reports whether the body is the error object. What it cannot read stays
// in the body.
func (e *Error) read() (isErrorObject bool) {
	e.RetryAfter = retryAfter(e.Header, time.Now())
	media, _, _ := mime.ParseMediaType(e.Header.Get("Content-Type"))
	text := bytes.TrimSpace(e.Body)
	var f failure
	switch {
	case len(text) == 0:
		e.Message = emptyBody(e.StatusCode, e.Header)
	case media == "text/html" || text[0] == '<':
		e.Message = "an HTML page, so not from the portal itself but from something in front of it"
	case text[0] == '{' && json.Unmarshal(text, &f) == nil:
		return e.readObject(f)
	case text[0] == '"' && json.Unmarshal(text, &e.Message) == nil:
	default:
		e.Message = quote(text)
	}
	return false
}

func (e *Error) readObject(f failure) (isErrorObject bool) {
	if f.Error != nil {
		e.Message, e.Type = f.Error.Message, f.Error.Type
		return true
	}
	p := f.problem
	if f.Response != nil {
		p = *f.Response
	}
	e.Message, e.Fields = p.Title, p.Errors
	return false
}

// emptyBody says what the captures show an empty body of a status to mean.
func emptyBody(status int, header http.Header) string {
	switch status {
	case http.StatusUnauthorized:
		return "no credentials, or expired, disabled or wrong ones"
	case http.StatusForbidden:
		return "the scope of the API key or token does not allow it: webhooks need *:read to read and *:write for the rest"
	case http.StatusNotFound:
		return "no such path on this server"
	case http.StatusMethodNotAllowed:
		return "the path takes " + header.Get("Allow")
	case http.StatusTooManyRequests:
		return "a limit of the portal is reached"
	}
	return "an empty body"
}

// quote returns text for a message, cut to a bearable length.
func quote(text []byte) string {
	if len(text) > maxErrorMessage {
		return strings.ToValidUTF8(string(text[:maxErrorMessage]), "") + "…"
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// retryAfter reads Retry-After in both of its forms, seconds and a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now).Round(time.Second))
	}
	return 0
}
