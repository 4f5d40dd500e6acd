package receiver

import (
	"encoding/json"
	"strconv"
	"time"
)

// members are those of a JSON object. Each is decoded when it is asked for, so
// one of an unknown kind costs nothing but itself. Where a method takes several
// names, they are those of one thing in different generations: the first that
// is there counts.
type members map[string]json.RawMessage

// parseMembers returns nil unless raw is an object.
func parseMembers(raw json.RawMessage) (m members) {
	if len(raw) == 0 || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

func (m members) raw(names ...string) json.RawMessage {
	for _, name := range names {
		if raw := m[name]; raw != nil && string(raw) != "null" {
			return raw
		}
	}
	return nil
}

func (m members) text(names ...string) string { return idText(m.raw(names...)) }

func (m members) time(names ...string) time.Time { return parseTime(m.text(names...)) }

func (m members) int64(names ...string) int64 {
	n, err := strconv.ParseInt(m.text(names...), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (m members) int(names ...string) int { return int(m.int64(names...)) }

func (m members) bool(names ...string) bool { return string(m.raw(names...)) == "true" }

func (m members) author(names ...string) Author { return decodeAuthor(m.raw(names...)) }

func (m members) ref(names ...string) Ref { return decodeRef(m.raw(names...)) }

// value decodes a member into whatever fits it, and gives zero if it does not.
func value[T any](m members, names ...string) T {
	var v, zero T
	if raw := m.raw(names...); raw == nil || json.Unmarshal(raw, &v) != nil {
		return zero
	}
	return v
}
