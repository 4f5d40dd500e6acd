package portal

import (
	"strconv"
	"strings"

	"github.com/docspace-go/webhooks/wire"
)

// listedTriggers are the events in the order in which GET triggers names them.
var listedTriggers = []wire.Triggers{
	wire.UserCreated, wire.UserInvited, wire.UserUpdated, wire.UserDeleted,
	wire.GroupCreated, wire.GroupUpdated, wire.GroupDeleted,
	wire.FileCreated, wire.FileUploaded, wire.FileUpdated, wire.FileTrashed, wire.FileDeleted,
	wire.FileRestored, wire.FileCopied, wire.FileMoved, wire.FileDownloaded,
	wire.FolderCreated, wire.FolderUpdated, wire.FolderTrashed, wire.FolderDeleted,
	wire.FolderRestored, wire.FolderCopied, wire.FolderMoved, wire.FolderDownloaded,
	wire.RoomCreated, wire.RoomUpdated, wire.RoomArchived, wire.RoomDeleted, wire.RoomRestored, wire.RoomCopied,
	wire.FormSubmit, wire.FormFilledOut, wire.FormStopped,
	wire.AgentCreated, wire.AgentUpdated, wire.AgentDeleted,
}

// earlyTriggers are the events that servers before 3.7 know, in bit order.
const earlyTriggers = wire.RoomCopied<<1 - 1

// notForUsers are the events that a plain user may not subscribe to.
const notForUsers = wire.UserCreated | wire.UserInvited |
	wire.GroupCreated | wire.GroupUpdated | wire.GroupDeleted |
	wire.RoomCreated | wire.RoomCopied | wire.AgentCreated

// mayUse reports whether users of role may subscribe to every known event in t.
// A bit without a name is nobody's to refuse.
func (role Role) mayUse(t wire.Triggers) bool {
	if role == Guest {
		return t&wire.KnownTriggers == 0
	}
	return role != Member || t&notForUsers == 0
}

func (c *call) listTriggers() (success, error) {
	if !c.p.gen.triggerArray {
		all := object{{"*", 0}}
		for t := range earlyTriggers.All() {
			all = append(all, member{t.String(), int64(t)})
		}
		return success{value: all}, nil
	}
	fields := c.projection()
	one := func(name string, t wire.Triggers, available bool) any {
		return fields.pick(object{{"name", name}, {"id", int64(t)}, {"available", available}})
	}
	list := []any{one("*", wire.AllTriggers, c.user.Role != Guest)}
	for _, t := range listedTriggers {
		list = append(list, one(t.String(), t, c.user.Role.mayUse(t)))
	}
	return success{value: list, count: len(list)}, nil
}

// triggerNames returns the names of the events of t that have one.
func triggerNames(t wire.Triggers) []any {
	if t == wire.AllTriggers {
		return []any{"*"}
	}
	names := []any{}
	for one := range (t & wire.KnownTriggers).All() {
		names = append(names, one.String())
	}
	return names
}

// parseTriggerFilter reads the log's filter: numbers and the names of the
// server's enumeration ("FileCreated"), joined by commas. defined is false when
// the result is no single event.
func parseTriggerFilter(s string, bits int) (t wire.Triggers, defined, ok bool) {
	n, ok := parseEnum(s, bits, func(name string) (int64, bool) {
		if strings.EqualFold(name, "All") {
			return 0, true
		}
		for one := range wire.KnownTriggers.All() {
			if strings.EqualFold(name, strings.ReplaceAll(one.String(), ".", "")) {
				return int64(one), bits == 64 || one <= earlyTriggers
			}
		}
		return 0, false
	})
	t = wire.Triggers(n)
	known := wire.KnownTriggers
	if bits == 32 {
		known = earlyTriggers
	}
	return t, t == 0 || t.Len() == 1 && t&known != 0, ok
}

// parseEnum reads a value of one of the server's enumerations: a number, or
// names joined by commas.
func parseEnum(s string, bits int, named func(string) (int64, bool)) (int64, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, bits); err == nil {
		return n, true
	}
	var sum int64
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		n, ok := named(part)
		if !ok {
			if number, err := strconv.ParseInt(part, 10, bits); err == nil && strings.Contains(s, ",") {
				n = number
			} else {
				return 0, false
			}
		}
		sum |= n
	}
	return sum, true
}
