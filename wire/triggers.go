package wire

import (
	"fmt"
	"iter"
	"math/bits"
	"strconv"
	"strings"
)

// Triggers is a set of events, one bit an event, as the server keeps it in an
// int64. Bits that this package has no name for are kept: newer portals have
// more events.
//
// The empty set is [AllTriggers]: the server reads 0 as "every event".
type Triggers int64

// AllTriggers subscribes to every event, those of later versions included.
const AllTriggers Triggers = 0

// The events, in the order of their bits. Servers before 3.7 know those up to
// RoomCopied and refuse values beyond an int32.
const (
	UserCreated      Triggers = 1 << 0  // user.created
	UserInvited      Triggers = 1 << 1  // user.invited
	UserUpdated      Triggers = 1 << 2  // user.updated
	UserDeleted      Triggers = 1 << 3  // user.deleted
	GroupCreated     Triggers = 1 << 4  // group.created
	GroupUpdated     Triggers = 1 << 5  // group.updated
	GroupDeleted     Triggers = 1 << 6  // group.deleted
	FileCreated      Triggers = 1 << 7  // file.created
	FileUploaded     Triggers = 1 << 8  // file.uploaded
	FileUpdated      Triggers = 1 << 9  // file.updated
	FileTrashed      Triggers = 1 << 10 // file.trashed
	FileDeleted      Triggers = 1 << 11 // file.deleted
	FileRestored     Triggers = 1 << 12 // file.restored
	FileCopied       Triggers = 1 << 13 // file.copied
	FileMoved        Triggers = 1 << 14 // file.moved
	FolderCreated    Triggers = 1 << 15 // folder.created
	FolderUpdated    Triggers = 1 << 16 // folder.updated
	FolderTrashed    Triggers = 1 << 17 // folder.trashed
	FolderDeleted    Triggers = 1 << 18 // folder.deleted
	FolderRestored   Triggers = 1 << 19 // folder.restored
	FolderCopied     Triggers = 1 << 20 // folder.copied
	FolderMoved      Triggers = 1 << 21 // folder.moved
	RoomCreated      Triggers = 1 << 22 // room.created
	RoomUpdated      Triggers = 1 << 23 // room.updated
	RoomArchived     Triggers = 1 << 24 // room.archived
	RoomDeleted      Triggers = 1 << 25 // room.deleted
	RoomRestored     Triggers = 1 << 26 // room.restored
	RoomCopied       Triggers = 1 << 27 // room.copied
	FormSubmit       Triggers = 1 << 28 // form.submit
	FormFilledOut    Triggers = 1 << 29 // form.filled.out
	FormStopped      Triggers = 1 << 30 // form.stopped
	AgentCreated     Triggers = 1 << 31 // agent.created
	AgentUpdated     Triggers = 1 << 32 // agent.updated
	AgentDeleted     Triggers = 1 << 33 // agent.deleted
	FileDownloaded   Triggers = 1 << 34 // file.downloaded
	FolderDownloaded Triggers = 1 << 35 // folder.downloaded
)

// triggerNames has the name of each bit.
var triggerNames = [...]string{
	0:  "user.created",
	1:  "user.invited",
	2:  "user.updated",
	3:  "user.deleted",
	4:  "group.created",
	5:  "group.updated",
	6:  "group.deleted",
	7:  "file.created",
	8:  "file.uploaded",
	9:  "file.updated",
	10: "file.trashed",
	11: "file.deleted",
	12: "file.restored",
	13: "file.copied",
	14: "file.moved",
	15: "folder.created",
	16: "folder.updated",
	17: "folder.trashed",
	18: "folder.deleted",
	19: "folder.restored",
	20: "folder.copied",
	21: "folder.moved",
	22: "room.created",
	23: "room.updated",
	24: "room.archived",
	25: "room.deleted",
	26: "room.restored",
	27: "room.copied",
	28: "form.submit",
	29: "form.filled.out",
	30: "form.stopped",
	31: "agent.created",
	32: "agent.updated",
	33: "agent.deleted",
	34: "file.downloaded",
	35: "folder.downloaded",
}

// KnownTriggers is every event that this package has a name for. Prefer
// [AllTriggers] to subscribe to everything.
const KnownTriggers Triggers = 1<<len(triggerNames) - 1

// Has reports whether a webhook with the set t receives every event in other.
// [AllTriggers] has everything; only it has [AllTriggers].
func (t Triggers) Has(other Triggers) bool {
	if t == AllTriggers {
		return true
	}
	return other != AllTriggers && t&other == other
}

// With returns t and the events of others. Adding to [AllTriggers], or adding
// it, gives [AllTriggers].
func (t Triggers) With(others ...Triggers) Triggers {
	for _, o := range others {
		if t == AllTriggers || o == AllTriggers {
			return AllTriggers
		}
		t |= o
	}
	return t
}

// Without returns t less the events of others, and whether any event is left.
// When none is, the set it returns is [AllTriggers], which no webhook that was
// meant to be silent may be given: disable it instead. Taking something from
// [AllTriggers] takes it from [KnownTriggers].
func (t Triggers) Without(others ...Triggers) (rest Triggers, ok bool) {
	if t == AllTriggers {
		t = KnownTriggers
	}
	for _, o := range others {
		if o == AllTriggers {
			return AllTriggers, false
		}
		t &^= o
	}
	return t, t != 0
}

// Len returns the number of events in t, 0 for [AllTriggers].
func (t Triggers) Len() int { return bits.OnesCount64(uint64(t)) }

// All yields each event of t as a set of one, in the order of the bits. It
// yields nothing for [AllTriggers].
func (t Triggers) All() iter.Seq[Triggers] {
	return func(yield func(Triggers) bool) {
		for rest := uint64(t); rest != 0; rest &= rest - 1 {
			if !yield(Triggers(rest & -rest)) {
				return
			}
		}
	}
}

// Names returns the name of each event of t, in the order of the bits: the
// dotted names that deliveries carry ("file.created"), "bit.N" for a bit
// without a name, and "*" for [AllTriggers].
func (t Triggers) Names() []string {
	if t == AllTriggers {
		return []string{"*"}
	}
	names := make([]string, 0, t.Len())
	for one := range t.All() {
		names = append(names, one.name())
	}
	return names
}

// name returns the name of a set of one.
func (t Triggers) name() string {
	bit := bits.TrailingZeros64(uint64(t))
	if bit < len(triggerNames) {
		return triggerNames[bit]
	}
	return unnamedPrefix + strconv.Itoa(bit)
}

// unnamedPrefix starts the name of a bit that has none of its own.
const unnamedPrefix = "bit."

// String returns the names of t, joined by commas. [ParseTriggers] reads it.
func (t Triggers) String() string { return strings.Join(t.Names(), ",") }

// ParseTriggers reads a list of names joined by commas, as [Triggers.String]
// writes it. Blanks around a name are ignored; names are case-sensitive.
func ParseTriggers(s string) (Triggers, error) {
	var t Triggers
	all := false
	for name := range strings.SplitSeq(s, ",") {
		name = strings.TrimSpace(name)
		if name == "*" {
			all = true
			continue
		}
		one, ok := triggerNamed(name)
		if !ok {
			return 0, fmt.Errorf("unknown trigger %q: want names like file.created joined by commas, or * for every event", name)
		}
		t |= one
	}
	if all {
		return AllTriggers, nil
	}
	return t, nil
}

func triggerNamed(name string) (Triggers, bool) {
	for bit, known := range triggerNames {
		if name == known {
			return 1 << bit, true
		}
	}
	if digits, ok := strings.CutPrefix(name, unnamedPrefix); ok {
		if bit, err := strconv.ParseUint(digits, 10, 6); err == nil {
			return Triggers(1) << bit, true
		}
	}
	return 0, false
}
