package portal

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// success is what an action answers: the envelope around a value.
type success struct {
	value any // nil: no response member
	count int // 0: by value
	total *int64
}

// fail answers err.
func (c *call) fail(err error) {
	if refused, ok := errors.AsType[*apiError](err); ok {
		c.writeError(refused)
		return
	}
	if found, ok := errors.AsType[problemsError](err); ok {
		c.writeProblems(found)
		return
	}
	switch {
	case errors.Is(err, errMediaType):
		c.writeUnsupportedMedia()
	case errors.Is(err, errCrash):
		panic(http.ErrAbortHandler)
	default:
		c.writeError(&apiError{http.StatusInternalServerError, err.Error(), "System.Exception", hresultException})
	}
}

func (c *call) writeError(e *apiError) {
	h := c.w.Header()
	h.Set("Cache-Control", "no-cache,no-store")
	h.Set("Expires", "-1")
	h.Set("Pragma", "no-cache")
	body := object{{"message", e.message}, {"type", nil}, {"stack", nil}, {"hresult", e.hresult}}
	if e.typ != "" {
		body[1].value = e.typ
		body[2].value = c.stack()
	}
	c.writeJSON(e.status, "application/json; charset=utf-8",
		object{{"error", body}, {"status", 1}, {"statusCode", e.status}})
}

// stack stands for the stack trace that the server sends to its clients.
func (c *call) stack() string {
	action := "Unknown"
	if c.route != nil {
		action = strings.ToUpper(c.route.operation[:1]) + c.route.operation[1:]
	}
	return "   at ASC.Web.Api.Api.Settings.WebhooksController." + action + "()"
}

// writeProblems answers a validation failure: the envelope of a success with
// the problem document inside.
func (c *call) writeProblems(list problemsError) {
	fields := object{}
	for _, p := range list.sorted() {
		fields = append(fields, member{p.field, []any{p.text}})
	}
	c.writeWrappedProblem(http.StatusBadRequest, object{
		{"type", "https://tools.ietf.org/html/rfc9110#section-15.5.1"},
		{"title", "One or more validation errors occurred."},
		{"status", http.StatusBadRequest},
		{"errors", fields},
		{"traceId", traceParent()},
	}, c.p.gen.problemStatus)
}

// writeUnsupportedMedia answers a body of a wrong type. Its envelope says 200
// on every generation.
func (c *call) writeUnsupportedMedia() {
	c.writeWrappedProblem(http.StatusUnsupportedMediaType, object{
		{"type", "https://tools.ietf.org/html/rfc9110#section-15.5.16"},
		{"title", "Unsupported Media Type"},
		{"status", http.StatusUnsupportedMediaType},
		{"traceId", traceParent()},
	}, [2]int{0, http.StatusOK})
}

func (c *call) writeWrappedProblem(status int, document object, inside [2]int) {
	c.writeJSON(status, "application/problem+json; charset=utf-8", object{
		{"response", document},
		{"count", 1},
		{"links", c.links()},
		{"status", inside[0]},
		{"statusCode", inside[1]},
	})
}

// writeBareProblem answers what the filters before an action refuse.
func (c *call) writeBareProblem(status int) {
	document := object{}
	switch status {
	case http.StatusForbidden:
		document = object{{"type", "https://tools.ietf.org/html/rfc9110#section-15.5.4"}, {"title", "Forbidden"}}
	case http.StatusNotFound:
		document = object{{"type", "https://tools.ietf.org/html/rfc9110#section-15.5.5"}, {"title", "Not Found"}}
	}
	document = append(document, member{"status", status}, member{"traceId", traceParent()})
	c.writeJSON(status, "application/problem+json; charset=utf-8", document)
}

func (c *call) writeSuccess(s success) {
	envelope := make(object, 0, 6)
	if s.value != nil {
		envelope = append(envelope, member{"response", s.value})
		if s.count == 0 {
			s.count = 1
		}
	}
	envelope = append(envelope, member{"count", s.count})
	if s.total != nil {
		envelope = append(envelope, member{"total", *s.total})
	}
	envelope = append(envelope, member{"links", c.links()}, member{"status", 0}, member{"statusCode", http.StatusOK})
	c.writeJSON(http.StatusOK, "application/json; charset=utf-8", envelope)
}

// links names the request: its path decoded, its query as it was sent.
func (c *call) links() []any {
	href := c.base() + c.path
	if c.r.URL.RawQuery != "" {
		href += "?" + c.r.URL.RawQuery
	}
	return []any{object{{"href", href}, {"action", c.r.Method}}}
}

// base is the portal's URL as the client wrote it.
func (c *call) base() string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host + c.p.cfg.basePath
}

func (c *call) writeJSON(status int, contentType string, v any) {
	c.w.Header().Set("Content-Type", contentType)
	c.writeBody(status, appendJSON(make([]byte, 0, 1024), v, relaxed))
}

func (c *call) writeBody(status int, body []byte) {
	if c.acted && c.p.gen.reportsVersion {
		c.w.Header().Set("api-supported-versions", "2.0")
	}
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // the client may be gone; there is nobody to tell
}

// writeEmpty answers a status without a body.
func (c *call) writeEmpty(status int) {
	if c.r.Method != http.MethodHead {
		c.w.Header().Set("Content-Length", "0")
	}
	c.w.WriteHeader(status)
}
