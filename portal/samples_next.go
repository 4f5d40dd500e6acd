package portal

import (
	"strings"

	"github.com/docspace-go/webhooks/wire"
)

// nextPayload tells about an event in the announced shape, which the vendor's
// contract of the coming servers describes.
func nextPayload(t wire.Triggers) object {
	kind, what, _ := strings.Cut(t.String(), ".")
	switch {
	case kind == "user":
		return nextUser(what)
	case kind == "group":
		return object{
			{"id", sampleGroup},
			{"name", "Sales"},
			{"isLDAP", false},
			{"isSystem", false},
			{"manager", nextPerson()},
			{"membersCount", 3},
		}
	case t == wire.FormSubmit:
		return object{{"originalForm", nextEntry("form")}, {"submittedForm", nextEntry("file")}}
	}
	return nextEntry(kind)
}

func nextPerson() object {
	return object{
		{"id", sampleActor},
		{"displayName", "Olga Owner"},
		{"userName", "owner"},
		{"email", "owner@portal.example"},
		{"avatar", "/static/images/default_user_photo_size_82-82.png"},
		{"profileUrl", "/accounts/people/filter?search=owner%40portal.example"},
	}
}

func nextUser(what string) object {
	status := 1
	if what == "deleted" {
		status = 2
	}
	return object{
		{"id", samplePerson},
		{"displayName", "Uwe User"},
		{"firstName", "Uwe"},
		{"lastName", "User"},
		{"userName", "user"},
		{"email", "user@portal.example"},
		{"contacts", []any{object{{"type", "mail"}, {"value", "user@portal.example"}}}},
		{"status", status},
		{"activationStatus", 2},
		{"groups", []any{}},
		{"isAdmin", false},
		{"isRoomAdmin", false},
		{"isOwner", false},
		{"isVisitor", false},
		{"isCollaborator", false},
		{"isLDAP", false},
		{"isSSO", false},
		{"cultureName", "en-US"},
		{"createdBy", nextPerson()},
		{"registrationDate", "2026-01-15T08:00:00Z"},
		{"hasAvatar", false},
	}
}

// nextEntry tells about a file, folder, room, form or agent, which have members
// of their own in the announced shape.
func nextEntry(kind string) object {
	thing := sampleThings[kind]
	o := object{
		{"id", thing.id},
		{"parentId", 77},
		{"rootFolderId", 12},
		{"title", thing.title},
		{"fileEntryType", thing.entry},
		{"created", "2026-02-01T09:30:00Z"},
		{"createdBy", nextPerson()},
		{"updated", "2026-03-01T12:00:00Z"},
		{"updatedBy", nextPerson()},
		{"rootFolderType", 14},
	}
	switch kind {
	case "file", "form":
		return append(o,
			member{"version", 2}, member{"versionGroup", 1}, member{"contentLength", 18_432}, member{"fileType", 7},
			member{"fileExst", thing.title[strings.LastIndexByte(thing.title, '.'):]}, member{"viewUrl", "/filehandler.ashx?action=download&fileid=4711"},
			member{"webUrl", "/doceditor?fileId=4711"}, member{"encrypted", false}, member{"locked", false}, member{"isForm", kind == "form"})
	case "folder":
		return append(o, member{"filesCount", 3}, member{"foldersCount", 1}, member{"type", 1}, member{"isShareable", true})
	}
	return append(o,
		member{"roomType", 2}, member{"filesCount", 3}, member{"foldersCount", 1}, member{"private", false},
		member{"indexing", false}, member{"denyDownload", false}, member{"pinned", false}, member{"color", "FF6680"})
}
