package portal

import (
	"mime"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/docspace-go/webhooks/wire"
)

// signatureKey is the signature's header as it is sent: in lower case, which a
// plain map access keeps.
var signatureKey = wire.SignatureHeader

// requestHeaders is how the log keeps the headers of a delivery.
func requestHeaders(h http.Header) string {
	return headersText(member{"Accept", h["Accept"]}, member{wire.SignatureHeader, h[signatureKey]})
}

// contentHeaders belong to the body in .NET and are not logged.
var contentHeaders = []string{
	"Allow", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
	"Content-Location", "Content-Md5", "Content-Range", "Content-Type", "Expires", "Last-Modified",
}

// answerHeaders is how the log keeps the headers of an answer. Go does not tell
// in which order they came; they are sorted.
func answerHeaders(h http.Header) string {
	var names []string
	for name := range h {
		if !slices.Contains(contentHeaders, http.CanonicalHeaderKey(name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var headers []member
	for _, name := range names {
		headers = append(headers, member{name, h[name]})
	}
	return headersText(headers...)
}

// headersText writes headers as a JSON object of lists.
func headersText(headers ...member) string {
	o := object{}
	for _, h := range headers {
		values := []any{}
		for _, v := range h.value.([]string) {
			values = append(values, v)
		}
		o = append(o, member{h.name, values})
	}
	return string(appendJSON(nil, o, strict))
}

// decodeText reads an answer in the charset that it names, UTF-8 or Latin-1.
func decodeText(raw []byte, contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err == nil && slices.Contains([]string{"iso-8859-1", "latin1", "windows-1252"}, strings.ToLower(params["charset"])) {
		var text []byte
		for _, c := range raw {
			text = utf8.AppendRune(text, rune(c))
		}
		return string(text)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// statusText is a status as .NET quotes it.
func statusText(status int) string {
	text := http.StatusText(status)
	if status == http.StatusTeapot || text == "" {
		return strconv.Itoa(status)
	}
	return strconv.Itoa(status) + " (" + text + ")"
}

// cut returns the first n characters of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// jarLifetime is how long the server keeps an HTTP handler, and with it the
// cookies that receivers set.
const jarLifetime = 5 * time.Minute

// cookieJars are the sender's cookies, which all webhooks share. There is one
// handler that checks certificates and one that does not.
type cookieJars struct {
	jars  [2]http.CookieJar
	since [2]time.Time
}

func (p *Portal) jar(verify bool) http.CookieJar {
	i := 0
	if verify {
		i = 1
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if j := &p.jars; j.jars[i] == nil || now.Sub(j.since[i]) >= jarLifetime {
		jar, _ := cookiejar.New(nil) // never fails without options
		j.jars[i], j.since[i] = jar, now
	}
	return p.jars.jars[i]
}
