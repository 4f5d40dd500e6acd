package wire_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/wire"
)

// The names and bits of the server, 3.7.2.
var named = map[string]wire.Triggers{
	"*":            wire.AllTriggers,
	"user.created": wire.UserCreated, "user.invited": wire.UserInvited, "user.updated": wire.UserUpdated, "user.deleted": wire.UserDeleted,
	"group.created": wire.GroupCreated, "group.updated": wire.GroupUpdated, "group.deleted": wire.GroupDeleted,
	"file.created": wire.FileCreated, "file.uploaded": wire.FileUploaded, "file.updated": wire.FileUpdated, "file.trashed": wire.FileTrashed, "file.deleted": wire.FileDeleted,
	"file.restored": wire.FileRestored, "file.copied": wire.FileCopied, "file.moved": wire.FileMoved, "file.downloaded": wire.FileDownloaded,
	"folder.created": wire.FolderCreated, "folder.updated": wire.FolderUpdated, "folder.trashed": wire.FolderTrashed, "folder.deleted": wire.FolderDeleted,
	"folder.restored": wire.FolderRestored, "folder.copied": wire.FolderCopied, "folder.moved": wire.FolderMoved, "folder.downloaded": wire.FolderDownloaded,
	"room.created": wire.RoomCreated, "room.updated": wire.RoomUpdated, "room.archived": wire.RoomArchived, "room.deleted": wire.RoomDeleted, "room.restored": wire.RoomRestored, "room.copied": wire.RoomCopied,
	"form.submit": wire.FormSubmit, "form.filled.out": wire.FormFilledOut, "form.stopped": wire.FormStopped,
	"agent.created": wire.AgentCreated, "agent.updated": wire.AgentUpdated, "agent.deleted": wire.AgentDeleted,
}

func TestTriggerNames(t *testing.T) {
	t.Parallel()
	var all wire.Triggers
	for name, one := range named {
		if one.String() != name || !slices.Equal(one.Names(), []string{name}) {
			t.Errorf("%d is %s, want %s", int64(one), one, name)
		}
		if got, err := wire.ParseTriggers(name); err != nil || got != one {
			t.Errorf("%s reads as %d, %v", name, int64(got), err)
		}
		all |= one
	}
	if len(named) != 37 || all != wire.KnownTriggers || wire.KnownTriggers != 68719476735 || wire.FileDownloaded != 17179869184 {
		t.Errorf("%d names make %d", len(named), int64(all))
	}
	if got := (wire.FileCreated | wire.UserCreated | 1<<40 | math.MinInt64).Names(); !slices.Equal(got, []string{"user.created", "file.created", "bit.40", "bit.63"}) {
		t.Errorf("names %v", got)
	}
}

func TestParseTriggers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wire.Triggers{
		" file.created ,\tfile.updated": wire.FileCreated | wire.FileUpdated,
		"file.created,file.created":     wire.FileCreated,
		"file.created,*":                wire.AllTriggers,
		"bit.40,bit.63":                 1<<40 | math.MinInt64,
		"bit.7":                         wire.FileCreated,
	} {
		if got, err := wire.ParseTriggers(text); err != nil || got != want {
			t.Errorf("%q reads as %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ",", "file.created,", "File.Created", "FileCreated", "128", "bit.", "bit.64", "bit.-1", "bit.+1", "all", "*,nothing"} {
		if got, err := wire.ParseTriggers(text); err == nil || got != 0 || !strings.Contains(err.Error(), "unknown trigger") {
			t.Errorf("%q reads as %s, %v", text, got, err)
		}
	}
}

func TestTriggerSets(t *testing.T) {
	t.Parallel()
	const a, b, c, all = wire.FileCreated, wire.FileMoved, wire.Triggers(1) << 50, wire.AllTriggers
	if !(a | b).Has(a) || !(a | b).Has(a|b) || (a | b).Has(c) || (a | b).Has(a|c) || !all.Has(c) || !all.Has(all) || a.Has(all) || wire.KnownTriggers.Has(all) {
		t.Error("Has")
	}
	if a.With() != a || a.With(b, c) != a|b|c || a.With(all) != all || a.With(b, all, c) != all || all.With(a) != all {
		t.Error("With")
	}
	for _, d := range []struct {
		from   wire.Triggers
		others []wire.Triggers
		rest   wire.Triggers
		ok     bool
	}{
		{a | b | c, []wire.Triggers{a, c}, b, true},
		{a, nil, a, true},
		{a, []wire.Triggers{b}, a, true},
		{a, []wire.Triggers{a}, all, false},
		{a | b, []wire.Triggers{a, b}, all, false},
		{a, []wire.Triggers{all}, all, false},
		{all, nil, wire.KnownTriggers, true},
		{all, []wire.Triggers{a}, wire.KnownTriggers &^ a, true},
		{all, []wire.Triggers{wire.KnownTriggers}, all, false},
	} {
		if rest, ok := d.from.Without(d.others...); rest != d.rest || ok != d.ok {
			t.Errorf("%s without %v: %s, %t", d.from, d.others, rest, ok)
		}
	}
	if (a|b|c).Len() != 3 || all.Len() != 0 || wire.Triggers(-1).Len() != 64 {
		t.Error("Len")
	}
	if got := slices.Collect((a | b | c).All()); !slices.Equal(got, []wire.Triggers{a, b, c}) {
		t.Errorf("All: %v", got)
	}
	for one := range (a | b).All() {
		if one != a {
			t.Error("All went on")
		}
		break
	}
	if got := slices.Collect(all.All()); got != nil {
		t.Errorf("All of none: %v", got)
	}
}

// On the wire a set is a number.
func TestTriggersInJSON(t *testing.T) {
	t.Parallel()
	for _, set := range []wire.Triggers{0, 128, -1, math.MaxInt64, math.MinInt64} {
		text, err := json.Marshal(set)
		if err != nil || string(text) != fmt.Sprint(int64(set)) {
			t.Errorf("%s, %v", text, err)
		}
		var again wire.Triggers
		if err := json.Unmarshal(text, &again); err != nil || again != set {
			t.Errorf("%s reads as %d, %v", text, int64(again), err)
		}
	}
}

func FuzzTriggers(f *testing.F) {
	for _, set := range []int64{0, 1, 128, int64(wire.KnownTriggers), 1 << 40, -1, math.MinInt64} {
		f.Add(set, int64(wire.FileCreated))
	}
	f.Fuzz(func(t *testing.T, x, y int64) {
		a, b := wire.Triggers(x), wire.Triggers(y)
		if got, err := wire.ParseTriggers(a.String()); err != nil || got != a {
			t.Errorf("%d reads back from %s as %d, %v", x, a, int64(got), err)
		}
		both := a.With(b)
		if !both.Has(a) || !both.Has(b) || both != b.With(a) || both.With(a, b) != both {
			t.Errorf("%s with %s is %s", a, b, both)
		}
		rest, ok := a.Without(b)
		if ok == (rest == wire.AllTriggers) || ok && rest&b != 0 {
			t.Errorf("%s without %s is %s, %t", a, b, rest, ok)
		}
		var sum wire.Triggers
		n := 0
		for one := range a.All() {
			sum |= one
			n++
		}
		if sum != a || n != a.Len() || n != 0 && n != len(a.Names()) {
			t.Errorf("%s has %d parts that make %s", a, n, sum)
		}
	})
}

func FuzzParseTriggers(f *testing.F) {
	for _, text := range []string{"*", "file.created,file.updated", " bit.40 , user.created", "bit.007", ",", "файл"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := wire.ParseTriggers(text)
		if err != nil {
			if set != 0 {
				t.Errorf("%q: %s with %v", text, set, err)
			}
			return
		}
		if again, err := wire.ParseTriggers(set.String()); err != nil || again != set {
			t.Errorf("%q: %s reads back as %s, %v", text, set, again, err)
		}
	})
}
