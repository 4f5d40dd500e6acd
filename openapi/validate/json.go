package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// readJSON reads one JSON value, numbers as json.Number. It finds what
// encoding/json passes over: members written twice, something after the value,
// bytes that are no UTF-8, and numbers that are not integers of 64 bits, which
// is what every number of the contract is.
func readJSON(data []byte) (any, violations) {
	if !utf8.Valid(data) {
		return nil, violations{{Rule: "UTF-8"}}
	}
	r := reader{decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	value, err := r.value()
	if err != nil {
		return nil, violations{{Rule: "JSON"}} // the decoder's text would quote the body
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		r.report("nothing after the value")
	}
	return value, r.found
}

type reader struct {
	decoder *json.Decoder
	path    []string
	found   violations
}

func (r *reader) report(rule string) {
	r.found = append(r.found, &Error{Place: pointer(r.path), Rule: rule})
}

func (r *reader) value() (any, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return r.object()
		}
		return r.array()
	case json.Number:
		if _, err := strconv.ParseInt(t.String(), 10, 64); err != nil {
			r.report("integer of 64 bits, written as one")
		}
	}
	return token, nil
}

func (r *reader) object() (any, error) {
	object := map[string]any{}
	for r.decoder.More() {
		name, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		key := name.(string) // the decoder refuses other names
		r.path = append(r.path, key)
		if _, twice := object[key]; twice {
			r.report("member written once")
		}
		if object[key], err = r.value(); err != nil {
			return nil, err
		}
		r.path = slices.Delete(r.path, len(r.path)-1, len(r.path))
	}
	_, err := r.decoder.Token()
	return object, err
}

func (r *reader) array() (any, error) {
	array := []any{}
	for r.decoder.More() {
		r.path = append(r.path, strconv.Itoa(len(array)))
		item, err := r.value()
		if err != nil {
			return nil, err
		}
		array = append(array, item)
		r.path = slices.Delete(r.path, len(r.path)-1, len(r.path))
	}
	_, err := r.decoder.Token()
	return array, err
}
