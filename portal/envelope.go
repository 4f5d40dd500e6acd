package portal

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// call is one request on its way through the portal.
type call struct {
	p     *Portal
	w     http.ResponseWriter
	r     *http.Request
	route *route
	path  string // after the base path, decoded
	param string // what stands for the {id} or {guid} of the route
	body  []byte

	user   *account
	key    *storedKey // that the call is made with
	scopes []string   // nil: everything
	fault  FaultKind  // what goes wrong; empty if nothing does
	acted  bool       // the action was reached, so its headers are sent
}

// id is the {id} of the route, which has been looked at.
func (c *call) id() int32 {
	n, _ := strconv.ParseInt(c.param, 10, 32)
	return int32(n)
}

// success is what an action answers: the envelope around a value.
type success struct {
	value any // nil: no response member
	count int // 0: by value
	total *int64
}

// apiError is a failure that the server's exception handler reports.
type apiError struct {
	status  int
	message string
	typ     string // .NET type; empty: no type and no stack
	hresult int32
}

func (e *apiError) Error() string { return e.message }

const (
	hresultArgument   = -2147024809
	hresultNull       = -2147467261
	hresultException  = -2146233088
	hresultExternal   = -2147467259
	hresultSecurity   = -2146233078
	hresultInvalid    = -2146233079
	hresultCancelled  = -2146233029
	hresultFormat     = -2146233033
	hresultHTTP       = -2146232800
	hresultTLS        = -2146233087
	hresultOutOfRange = -2146233080
)

func errArgument(message string) error {
	return &apiError{http.StatusBadRequest, message, "System.ArgumentException", hresultArgument}
}

func errArgumentNull(parameter string) error {
	return &apiError{http.StatusBadRequest, "Value cannot be null. (Parameter '" + parameter + "')", "System.ArgumentNullException", hresultNull}
}

func errDenied() error {
	return &apiError{http.StatusForbidden, "Access denied", "System.Security.SecurityException", hresultSecurity}
}

func errNotFound() error {
	return &apiError{http.StatusNotFound, "The record could not be found", "ASC.Common.Web.ItemNotFoundException", hresultException}
}

func errNullReference() error {
	return &apiError{http.StatusInternalServerError, "Object reference not set to an instance of an object.", "System.NullReferenceException", hresultNull}
}

// errUnsupported is a NotSupportedException, which is told without its type.
func errUnsupported(message string) error {
	return &apiError{status: http.StatusUnsupportedMediaType, message: message}
}

// errUnsaved is the database's refusal of a change.
func errUnsaved() error {
	return &apiError{
		http.StatusInternalServerError, "An error occurred while saving the entity changes. See the inner exception for details.",
		"Microsoft.EntityFrameworkCore.DbUpdateException", hresultException,
	}
}

// errCrash kills the server's process: the connection ends without an answer.
type errCrash struct{}

func (errCrash) Error() string { return "the server's process dies" }

// fail answers err.
func (c *call) fail(err error) {
	switch err := err.(type) {
	case *apiError:
		c.writeError(err)
	case problems:
		c.writeProblems(err)
	case errNoJSON:
		c.writeUnsupportedMedia()
	case errCrash:
		panic(http.ErrAbortHandler)
	default:
		c.writeError(&apiError{http.StatusInternalServerError, err.Error(), "System.Exception", hresultException})
	}
}

func (p problems) Error() string { return fmt.Sprintf("%d validation problems", len(p)) }

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
		object{{"error", body}, {"status", 1}, {"statusCode", e.status}}, relaxed)
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
func (c *call) writeProblems(list problems) {
	errors := object{}
	for _, p := range list.sorted() {
		errors = append(errors, member{p.field, []any{p.text}})
	}
	c.writeWrappedProblem(http.StatusBadRequest, object{
		{"type", "https://tools.ietf.org/html/rfc9110#section-15.5.1"},
		{"title", "One or more validation errors occurred."},
		{"status", http.StatusBadRequest},
		{"errors", errors},
		{"traceId", traceParent()},
	}, c.p.gen.problemStatus)
}

// sorted orders the complaints by the length of the field's name, then by name.
func (p problems) sorted() problems {
	sorted := append(problems(nil), p...)
	for i := 1; i < len(sorted); i++ {
		for j := i; j > 0 && sorted[j].before(sorted[j-1]); j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	return sorted
}

func (p problem) before(q problem) bool {
	if len(p.field) != len(q.field) {
		return len(p.field) < len(q.field)
	}
	return strings.ToLower(p.field) < strings.ToLower(q.field)
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
	}, relaxed)
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
	c.writeJSON(status, "application/problem+json; charset=utf-8", document, relaxed)
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
	c.writeJSON(http.StatusOK, "application/json; charset=utf-8", envelope, relaxed)
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

func (c *call) writeJSON(status int, contentType string, v any, e escaping) {
	c.w.Header().Set("Content-Type", contentType)
	c.writeBody(status, appendJSON(make([]byte, 0, 1024), v, e))
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
