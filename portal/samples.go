package portal

import (
	"encoding/json"
	"strings"

	"github.com/docspace-go/webhooks/wire"
)

// Sample is a kind of made-up payload.
type Sample string

// The kinds of made-up payloads.
const (
	// SampleUsual is what a portal of the generation sends.
	SampleUsual Sample = ""
	// SampleThirdParty is about something in a connected storage, whose ids are
	// texts. Users and groups are none of it: they are as usual.
	SampleThirdParty Sample = "thirdparty"
	// SampleNext has the shape that the vendor has announced for the servers
	// after 3.8: other members, people as objects. No such server was seen.
	SampleNext Sample = "next"
)

// SamplePayload returns a realistic payload of an event on a portal of a
// generation; nil if it has no such event. Names and ids are made up.
func SamplePayload(g Generation, t wire.Triggers, kind Sample) json.RawMessage {
	gen, ok := generations[g]
	if !ok || t.Len() != 1 || t&wire.KnownTriggers == 0 || !gen.wideTriggers && t > earlyTriggers {
		return nil
	}
	switch kind {
	case SampleUsual:
		return appendJSON(nil, samplePayload(t, func(kind string) object { return sampleEntry(g, kind) }), strict)
	case SampleThirdParty:
		return appendJSON(nil, samplePayload(t, func(kind string) object { return thirdPartyEntry(g, kind) }), strict)
	case SampleNext:
		return appendJSON(nil, nextPayload(t), strict)
	}
	return nil
}

// Somebody and something to tell about.
const (
	sampleActor  = "66faa6e4-f133-11ea-b126-00ffeec8b4ef"
	samplePerson = "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a02"
	sampleGroup  = "3f1f0f6e-6b3c-4d0b-9a52-5f1d2f6a7b01"
)

// samplePayload tells about a user, a group or what entry makes.
func samplePayload(t wire.Triggers, entry func(kind string) object) object {
	kind, what, _ := strings.Cut(t.String(), ".")
	switch {
	case kind == "user":
		return sampleUser(what)
	case kind == "group":
		return object{{"id", sampleGroup}, {"name", "Sales"}, {"authenticationType", "ASC"}, {"key", sampleGroup}}
	case t == wire.FormSubmit:
		return object{{"originalForm", entry("form")}, {"submittedForm", entry("file")}}
	}
	return entry(kind)
}

// sampleUser tells about a member. A removed one keeps its status of terminated.
func sampleUser(what string) object {
	status, activated := 1, what != "created" && what != "invited"
	if what == "deleted" {
		status, activated = 2, false
	}
	o := object{
		{"id", samplePerson},
		{"firstName", "Uwe"},
		{"lastName", "User"},
		{"userName", "user"},
		{"status", status},
		{"activationStatus", 2},
	}
	if status == 2 {
		o = append(o, member{"terminatedDate", "2026-03-01T12:00:00Z"})
	}
	o = append(o, member{"workFromDate", "2026-01-15T08:00:00.1234567Z"}, member{"email", "user@portal.example"},
		member{"lastModified", "2026-03-01T12:00:00Z"}, member{"tenantId", 1})
	if activated {
		o = append(o, member{"isActive", true})
	}
	o = append(o, member{"createDate", "2026-01-15T08:00:00Z"}, member{"createdBy", sampleActor})
	if !activated {
		o = append(o, member{"checkActivation", true})
	}
	return o
}

// sampleThing is what there is of each kind: its id, its title and whether it
// is a folder (1) or a file (2), which is all that tells the kinds apart.
type sampleThing struct {
	id    int
	title string
	entry int
}

var sampleThings = map[string]sampleThing{
	"file":   {4711, "Quarterly report.docx", 2},
	"folder": {4712, "Reports", 1},
	"room":   {815, "Customers", 1},
	"form":   {4714, "Application.pdf", 2},
	"agent":  {816, "Assistant", 1},
}

// sampleEntry tells about something in the portal's own storage.
func sampleEntry(g Generation, kind string) object {
	thing := sampleThings[kind]
	o := object{{"id", thing.id}, {"parentId", 77}}
	if g >= V3_6 {
		o = append(o, member{"securityByUsers", object{}})
	}
	return append(o,
		member{"folderIdDisplay", 77}, member{"rootId", 12}, member{"title", thing.title},
		member{"createBy", sampleActor}, member{"modifiedBy", sampleActor},
		member{"createOn", "2026-02-01T09:30:00Z"}, member{"modifiedOn", "2026-03-01T12:00:00Z"},
		member{"rootFolderType", 14}, member{"rootCreateBy", sampleActor}, member{"fileEntryType", thing.entry})
}

// thirdPartyEntry tells about something in a connected storage. Its instants
// have as many digits as they need.
func thirdPartyEntry(g Generation, kind string) object {
	thing := sampleThings[kind]
	o := object{{"id", "drive-5-|" + kind}, {"parentId", "drive-5"}, {"mutableId", true}}
	if g >= V3_6 {
		o = append(o, member{"securityByUsers", object{}})
	}
	return append(o,
		member{"folderIdDisplay", "drive-5"}, member{"title", thing.title},
		member{"createBy", sampleActor}, member{"modifiedBy", sampleActor},
		member{"providerId", 5}, member{"providerKey", "GoogleDrive"},
		member{"createOn", "2026-02-01T09:30:00.1820691Z"}, member{"modifiedOn", "2026-03-01T12:00:00.1820692Z"},
		member{"fileEntryType", thing.entry})
}
