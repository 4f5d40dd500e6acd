package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What an Error keeps of an answer.
const (
	maxErrorBody   = 64 << 10 // bytes of the body
	maxErrorText   = 1 << 10  // bytes of each text
	maxErrorFields = 100      // fields, and texts of each
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

// read takes message, fields and type from the whole body of an answer, and
// reports whether that is the error object. What it cannot read stays in Body:
// quoted, it could hold the server's stack.
func (e *Error) read(body []byte) (isErrorObject bool) {
	text := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case len(text) == 0:
		e.Message = emptyBody(e.StatusCode, e.Header)
	case isHTML(e.Header, text):
		e.Message = "an HTML page, so not from the portal itself but from something in front of it"
	case text[0] == '{':
		isErrorObject = e.readObject(text)
	case text[0] == '"' && json.Unmarshal(text, &e.Message) == nil:
	case text[0] != '[':
		line, _, _ := bytes.Cut(text, []byte("\n"))
		e.Message = strings.ToValidUTF8(string(line), "\uFFFD")
	}
	if kind := statusKinds[e.StatusCode]; e.Message == "" && kind != nil {
		e.Message = kind.Error()
	}
	return isErrorObject
}

func (e *Error) readObject(text []byte) (isErrorObject bool) {
	var f failure
	err := json.Unmarshal(text, &f)
	if _, readable := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !readable {
		return false
	}
	if f.Error != nil && *f.Error != (errorInfo{}) {
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

// isHTML reports whether an answer is a page.
func isHTML(header http.Header, body []byte) bool {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return media == "text/html" || startsLikeHTML(body)
}

func startsLikeHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

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
		return "the path takes " + cmp.Or(header.Get("Allow"), "other methods")
	}
	return ""
}

// cut returns text, shortened to about limit bytes.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// retryAfter is how long the portal wants to be left alone, 0 where it does not
// say: Retry-After in either form, seconds and a date. The limit of the retry
// operations is known instead; their other limits show in X-RateLimit-Limit.
func (x exchange) retryAfter(now time.Time) time.Duration {
	value := x.Header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now).Round(time.Second))
	}
	limit := x.Header.Get("X-RateLimit-Limit")
	if x.StatusCode == http.StatusTooManyRequests && x.effect == delivers && (limit == "" || limit == retriesAllowed) {
		return retryWindow
	}
	return 0
}
