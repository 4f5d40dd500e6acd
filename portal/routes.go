package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// route is one operation of the API.
type route struct {
	method    string
	pattern   string // lower case, below the base path; {id} is an int32
	operation string // the vendor's name
	open      bool   // may be called without credentials
	limited   bool   // counts against the limit of the retry operations
	serve     func(*call) (success, error)
}

// routes are the operations that the portal answers.
var routes = []route{
	{method: http.MethodGet, pattern: "/api/2.0/settings/webhook", operation: "getTenantWebhooks", serve: (*call).listWebhooks},
	{method: http.MethodPost, pattern: "/api/2.0/settings/webhook", operation: "createWebhook", serve: (*call).createWebhook},
	{method: http.MethodPut, pattern: "/api/2.0/settings/webhook", operation: "updateWebhook", serve: (*call).updateWebhook},
	{method: http.MethodPut, pattern: "/api/2.0/settings/webhook/enable", operation: "enableWebhook", serve: (*call).enableWebhook},
	{method: http.MethodDelete, pattern: "/api/2.0/settings/webhook/{id}", operation: "removeWebhook", serve: (*call).removeWebhook},
	{method: http.MethodGet, pattern: "/api/2.0/settings/webhook/triggers", operation: "getWebhookTriggers", serve: (*call).listTriggers},
	{method: http.MethodGet, pattern: "/api/2.0/settings/webhooks/log", operation: "getWebhooksLogs", serve: (*call).listLog},
	{method: http.MethodPut, pattern: "/api/2.0/settings/webhook/{id}/retry", operation: "retryWebhook", limited: true, serve: (*call).retryWebhook},
	{method: http.MethodPut, pattern: "/api/2.0/settings/webhook/retry", operation: "retryWebhooks", limited: true, serve: (*call).retryWebhooks},

	{method: http.MethodPost, pattern: "/api/2.0/authentication", operation: "authenticateMe", open: true, serve: (*call).signIn},
	{method: http.MethodGet, pattern: "/api/2.0/authentication", operation: "getIsAuthentificated", open: true, serve: (*call).isAuthenticated},
}

// match finds the route of a request. Without one, allow has the methods that
// the path does take; when there are none the path is unknown.
//
// A path is looked at segment by segment, without regard to case; a slash at
// its end is ignored. The method is judged before {id} is, so that GET on
// /webhook/log is told the methods of /webhook/{id}.
func match(method string, u *url.URL) (found *route, id int32, allow []string) {
	segments := strings.Split(strings.TrimSuffix(u.EscapedPath(), "/"), "/")[1:]
	for i, s := range segments {
		decoded, err := url.PathUnescape(s)
		if err != nil {
			return nil, 0, nil
		}
		segments[i] = decoded
	}
	var shapes []*route
	for i := range routes {
		if routes[i].covers(segments) {
			shapes = append(shapes, &routes[i])
		}
	}
	shapes = mostLiteral(shapes)
	for _, rt := range shapes {
		if rt.method != method {
			allow = append(allow, rt.method)
			continue
		}
		if id, ok := rt.pathID(segments); ok {
			return rt, id, nil
		}
		return nil, 0, nil
	}
	slices.Sort(allow)
	return nil, 0, allow
}

func (rt *route) parts() []string { return strings.Split(rt.pattern, "/")[1:] }

func (rt *route) covers(segments []string) bool {
	parts := rt.parts()
	if len(parts) != len(segments) {
		return false
	}
	for i, part := range parts {
		if part == "{id}" {
			if segments[i] == "" {
				return false
			}
		} else if !strings.EqualFold(part, segments[i]) {
			return false
		}
	}
	return true
}

// mostLiteral drops the routes with an {id} where a literal covers the path too.
func mostLiteral(shapes []*route) []*route {
	literal := func(rt *route) bool { return !strings.Contains(rt.pattern, "{id}") }
	if !slices.ContainsFunc(shapes, literal) {
		return shapes
	}
	return slices.DeleteFunc(shapes, func(rt *route) bool { return !literal(rt) })
}

// pathID reads the {id}: an int32 with or without blanks, sign and leading zeros.
func (rt *route) pathID(segments []string) (int32, bool) {
	for i, part := range rt.parts() {
		if part == "{id}" {
			n, err := strconv.ParseInt(strings.TrimSpace(segments[i]), 10, 32)
			return int32(n), err == nil
		}
	}
	return 0, true
}
