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
	{method: http.MethodGet, pattern: "/api/2.0/settings", operation: "getPortalSettings", open: true, serve: (*call).portalSettings},
	{method: http.MethodGet, pattern: "/api/2.0/settings/version/build", operation: "getPortalVersion", open: true, serve: (*call).portalVersion},
	{method: http.MethodGet, pattern: "/api/2.0/settings/security/password", operation: "getPasswordSettings", serve: (*call).passwordSettings},
	{method: http.MethodPut, pattern: "/api/2.0/settings/security/password", operation: "updatePasswordSettings", serve: (*call).updatePasswordSettings},
	{method: http.MethodPut, pattern: "/api/2.0/settings/timeandlanguage", operation: "setTimeAndLanguage", serve: (*call).setTimeZone},
	{method: http.MethodPost, pattern: "/api/2.0/settings/devtoolsaccess", operation: "setTenantDevToolsAccessSettings", serve: (*call).setDevTools},
	{method: http.MethodPut, pattern: "/api/2.0/settings/iprestrictions", operation: "saveIpRestrictions", serve: (*call).saveAddresses},
	{method: http.MethodPut, pattern: "/api/2.0/people/{guid}/culture", operation: "updateMemberCulture", serve: (*call).setCulture},
	{method: http.MethodPost, pattern: "/api/2.0/keys", operation: "createApiKey", serve: (*call).createKey},
	{method: http.MethodGet, pattern: "/api/2.0/keys", operation: "getApiKeys", serve: (*call).listKeys},
	{method: http.MethodGet, pattern: "/api/2.0/keys/@self", operation: "getApiKeySelf", serve: (*call).ownKey},
	{method: http.MethodDelete, pattern: "/api/2.0/keys/{guid}", operation: "deleteApiKey", serve: (*call).removeKey},
}

// match finds the route of a request and what stands for its {id} or {guid}.
// Without a route, allow has the methods that the path does take; when there are
// none the path is unknown.
//
// A path is looked at segment by segment, without regard to case; a slash at
// its end is ignored. The method is judged before {id} is, so that GET on
// /webhook/log is told the methods of /webhook/{id}.
func match(method string, u *url.URL) (found *route, param string, allow []string) {
	segments := strings.Split(strings.TrimSuffix(u.EscapedPath(), "/"), "/")[1:]
	for i, s := range segments {
		decoded, err := url.PathUnescape(s)
		if err != nil {
			return nil, "", nil
		}
		segments[i] = decoded
	}
	var shapes []*route
	for i := range routes {
		if routes[i].covers(segments) {
			shapes = append(shapes, &routes[i])
		}
	}
	for _, rt := range mostLiteral(shapes) {
		if rt.method != method {
			allow = append(allow, rt.method)
			continue
		}
		if param, ok := rt.param(segments); ok {
			return rt, param, nil
		}
		return nil, "", nil
	}
	slices.Sort(allow)
	return nil, "", allow
}

func (rt *route) parts() []string { return strings.Split(rt.pattern, "/")[1:] }

func isParam(part string) bool { return strings.HasPrefix(part, "{") }

func (rt *route) covers(segments []string) bool {
	parts := rt.parts()
	if len(parts) != len(segments) {
		return false
	}
	for i, part := range parts {
		if isParam(part) && segments[i] == "" || !isParam(part) && !strings.EqualFold(part, segments[i]) {
			return false
		}
	}
	return true
}

// mostLiteral drops the routes with a parameter where a literal covers the path
// too.
func mostLiteral(shapes []*route) []*route {
	literal := func(rt *route) bool { return !slices.ContainsFunc(rt.parts(), isParam) }
	if !slices.ContainsFunc(shapes, literal) {
		return shapes
	}
	return slices.DeleteFunc(shapes, func(rt *route) bool { return !literal(rt) })
}

// param returns what stands for the parameter. An {id} is an int32, with or
// without blanks, sign and leading zeros.
func (rt *route) param(segments []string) (string, bool) {
	for i, part := range rt.parts() {
		switch part {
		case "{id}":
			n, err := strconv.ParseInt(strings.TrimSpace(segments[i]), 10, 32)
			return strconv.FormatInt(n, 10), err == nil
		case "{guid}":
			return parseGUID(segments[i])
		}
	}
	return "", true
}
