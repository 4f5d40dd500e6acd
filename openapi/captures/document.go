// Package captures reads recorded traffic of DocSpace portals: exchanges with
// the portal, deliveries and probes that it sent to receivers.
//
// A recording is one JSON document. Documents lie one a line in a packed file
// (openapi/fixtures), or one a file in a folder with the subfolders exchanges,
// deliveries and probes and an index.json that gives their order. [Read] and
// [Load] read both. It needs nothing but the standard library.
package captures

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Document is one recording.
type Document struct {
	Source      string   `json:"-"` // the file it was read from, with :LINE if packed
	ID          string   `json:"id"`
	OperationID string   `json:"operationId,omitempty"` // of exchanges
	Title       string   `json:"title,omitempty"`       // of exchanges
	Trigger     string   `json:"trigger,omitempty"`     // of deliveries: what happened, empty where the body does not tell
	Attempt     int      `json:"attempt,omitempty"`     // of deliveries, from 1
	Secret      string   `json:"secret,omitempty"`      // of deliveries: the webhook's
	Server      Server   `json:"server"`
	Request     *Message `json:"request"`
	Response    *Message `json:"response,omitempty"` // of exchanges; nil if the connection was closed without an answer
	Answer      *Answer  `json:"answer,omitempty"`   // of deliveries and probes: what the receiver said
}

// Server tells who was recorded.
type Server struct {
	Version        string `json:"version"` // 3.7.2
	DB             string `json:"db"`
	PortalTimeZone string `json:"portalTimeZone"`
}

// Message is a request (Method and Target) or a response (Status).
type Message struct {
	Method  string      `json:"method,omitempty"`
	Target  string      `json:"target,omitempty"` // path and query as sent
	Status  int         `json:"status,omitempty"`
	Headers [][2]string `json:"headers"`
	Body    *string     `json:"body"`
	// Base64 has the body where it is no UTF-8 text, or as compressed.
	Base64 string `json:"bodyBase64,omitempty"`
}

// Answer is what a receiver answered.
type Answer struct {
	Status int `json:"status"` // 0 if it closed the connection
}

// Kind tells the three sorts of recordings apart.
type Kind string

// The kinds, as the subfolders are called.
const (
	Exchange Kind = "exchanges"
	Delivery Kind = "deliveries"
	Probe    Kind = "probes"
)

// Kind returns what d records.
func (d *Document) Kind() Kind {
	switch {
	case d.OperationID != "":
		return Exchange
	case d.Attempt != 0 || d.Secret != "" || d.Trigger != "":
		return Delivery
	}
	return Probe
}

// Generation returns the first two numbers of the server's version, 3 and 7
// of 3.7.2. Both are 0 where there is no version.
func (s Server) Generation() (major, minor int) {
	parts := strings.SplitN(s.Version, ".", 3)
	if len(parts) < 2 {
		return 0, 0
	}
	major, majorErr := strconv.Atoi(parts[0])
	minor, minorErr := strconv.Atoi(parts[1])
	if majorErr != nil || minorErr != nil {
		return 0, 0
	}
	return major, minor
}

// Header returns the headers under their canonical names.
func (m *Message) Header() http.Header {
	header := make(http.Header, len(m.Headers))
	for _, h := range m.Headers {
		header.Add(h[0], h[1])
	}
	return header
}

// Query returns the parameters of the target. What cannot be read as a query
// is left out, as a server would.
func (m *Message) Query() url.Values {
	_, raw, _ := strings.Cut(m.Target, "?")
	query, _ := url.ParseQuery(raw)
	return query
}

// Bytes returns the body as it was sent, compressed if it was.
func (m *Message) Bytes() ([]byte, error) {
	if m.Base64 != "" {
		return base64.StdEncoding.DecodeString(m.Base64)
	}
	if m.Body == nil {
		return nil, nil
	}
	return []byte(*m.Body), nil
}

// Parse reads one document.
func Parse(data []byte) (*Document, error) {
	var d Document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("not a recording: %w", err)
	}
	if d.ID == "" || d.Request == nil {
		return nil, errors.New("not a recording: a recording has an id and a request")
	}
	return &d, nil
}
