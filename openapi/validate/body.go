package validate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// emptyAllowed is the contract's mark of a response that may come without a body.
const emptyAllowed = "x-body-may-be-empty"

// body holds a body against the content that the contract declares for it, by
// its Content-Type. The first result is its JSON value, if it is JSON.
func body(content openapi3.Content, header http.Header, data []byte) (any, violations) {
	if len(content) == 0 {
		return nil, violations{{Rule: "no body"}}
	}
	if len(data) == 0 {
		return nil, violations{{Rule: "required"}}
	}
	data, err := decompress(header, data)
	if err != nil {
		return nil, violations{{Place: "header Content-Encoding", Rule: "gzip, or none"}}
	}
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	declared := content[mediaType] // not content.Get, which takes wildcards
	if err != nil || declared == nil {
		return nil, violations{{Place: "header Content-Type", Rule: "one that the contract has here"}}
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, violations{{Place: "header Content-Type", Rule: "charset utf-8"}}
	}
	if !isJSON(mediaType) {
		return nil, matches(declared.Schema.Value, string(data))
	}
	value, found := readJSON(data)
	if found != nil {
		return value, found
	}
	return value, matches(declared.Schema.Value, value)
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// decompress undoes Content-Encoding.
func decompress(header http.Header, data []byte) ([]byte, error) {
	switch header.Get("Content-Encoding") {
	case "", "identity":
		return data, nil
	case "gzip":
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	return nil, errors.New("unknown encoding")
}

// take reads all of body and leaves a copy in its place.
func take(body *io.ReadCloser) ([]byte, error) {
	if *body == nil || *body == http.NoBody {
		return nil, nil
	}
	data, err := io.ReadAll(*body)
	if closeErr := (*body).Close(); err == nil {
		err = closeErr
	}
	*body = io.NopCloser(bytes.NewReader(data))
	return data, err
}
