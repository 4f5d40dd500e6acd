package portal

import (
	"encoding/json"
	"strings"

	"github.com/docspace-go/webhooks/wire"
)

// SamplePayload returns a realistic payload of an event, as a portal of that
// generation sends it; nil if it has no such event. Names and ids are made up.
func SamplePayload(g Generation, t wire.Triggers) json.RawMessage {
	gen, ok := generations[g]
	if !ok || t.Len() != 1 || t&wire.KnownTriggers == 0 || !gen.wideTriggers && t > earlyTriggers {
		return nil
	}
	return appendJSON(nil, samplePayload(g, t), strict)
}

func (p *Portal) samplePayload(t wire.Triggers) json.RawMessage {
	return SamplePayload(p.cfg.generation, t)
}

// Somebody and something to tell about.
const (
	sampleActor  = "66faa6e4-f133-11ea-b126-00ffeec8b4ef"
	samplePerson = "0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a02"
	sampleGroup  = "3f1f0f6e-6b3c-4d0b-9a52-5f1d2f6a7b01"
)

func samplePayload(g Generation, t wire.Triggers) object {
	kind, what, _ := strings.Cut(t.String(), ".")
	switch kind {
	case "user":
		return sampleUser(what)
	case "group":
		return object{{"id", sampleGroup}, {"name", "Sales"}, {"authenticationType", "ASC"}, {"key", sampleGroup}}
	case "form":
		if t == wire.FormSubmit {
			original := sampleEntry(g, "form")
			submitted := sampleEntry(g, "form")
			submitted[0].value = 4713
			return object{{"originalForm", original}, {"submittedForm", submitted}}
		}
	}
	return sampleEntry(g, kind)
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

// sampleEntry tells about a file, folder, room, form or agent. Only
// fileEntryType tells files from folders.
func sampleEntry(g Generation, kind string) object {
	title, entry, id := "Quarterly report.docx", 2, 4711
	switch kind {
	case "folder":
		title, entry, id = "Reports", 1, 4712
	case "room":
		title, entry, id = "Customers", 1, 815
	case "form":
		title, entry, id = "Application.pdf", 2, 4714
	case "agent":
		title, entry, id = "Assistant", 1, 816
	}
	o := object{{"id", id}, {"parentId", 77}}
	if g >= V3_6 {
		o = append(o, member{"securityByUsers", object{}})
	}
	o = append(o,
		member{"folderIdDisplay", 77}, member{"rootId", 12}, member{"title", title},
		member{"createBy", sampleActor}, member{"modifiedBy", sampleActor},
		member{"createOn", "2026-02-01T09:30:00Z"}, member{"modifiedOn", "2026-03-01T12:00:00Z"},
		member{"rootFolderType", 14}, member{"rootCreateBy", sampleActor}, member{"fileEntryType", entry})
	return o
}
