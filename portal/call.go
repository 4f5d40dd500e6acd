package portal

import (
	"net/http"
	"strconv"
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

// bind reads the body of a call whose members are all optional.
func (c *call) bind(typ string, fields map[string]binder) error {
	return bindBody(c.r, c.body, typ, fields)
}
