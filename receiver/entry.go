package receiver

import (
	"encoding/json"
	"time"
)

// Entry is what files, folders, rooms, agents and forms have in common, of
// whatever generation. Up to 3.8 it is all that a portal sends of them.
//
// Ids are digits in the portal's own storage and any text in a third party's.
// Portals leave out what is empty, 0 or false.
type Entry struct {
	ID        string
	Title     string // a file's with its extension
	EntryType int    // 1 for folders, rooms and agents, 2 for files and forms
	Order     string // its place in the room

	CreatedBy  Author
	CreatedOn  time.Time
	ModifiedBy Author
	ModifiedOn time.Time

	// ParentID is the folder or room that holds the entry, RootID the section
	// of the portal that holds all of it.
	ParentID      string
	RootID        string
	RootType      int // 3 trash, 5 my documents, 14 rooms, 20 archive, …
	RootCreatedBy Author
	// ParentRoomType is the kind of room around the entry.
	ParentRoomType      int
	ParentRoomCreatedBy Author

	// Where the entry was before it went to the trash.

	OriginID        string
	OriginTitle     string
	OriginRoomID    string
	OriginRoomTitle string

	// A third party's storage.

	ProviderID   string
	ProviderKey  string // as in "GoogleDrive"
	ProviderItem bool   // announced for the release after 3.8
	MutableID    bool   // the id changes with the place

	// Rights. Up to 3.8.

	Access         int // from 0 none to 11 content creator
	Shared         bool
	SharedForUser  bool
	SharedExternal bool
	ParentShared   bool
	SharedBy       Author
	// Security tells what the user who caused the event may do, as in "Read".
	Security map[string]bool
	// SecurityByUsers is Security by the ids of users.
	SecurityByUsers map[string]map[string]bool

	New   bool // the user has not seen it
	Tags  []Tag
	Error string // of a third party's storage

	// Raw is the entry as JSON, with the members that have no field here.
	Raw json.RawMessage
}

// Tag is a label on an entry.
type Tag struct {
	ID        string
	Name      string
	Type      int
	Owner     string
	Count     int
	CreatedOn time.Time
}

func decodeEntry(raw json.RawMessage, m members) Entry {
	return Entry{
		ID:                  m.text("id"),
		Title:               m.text("title"),
		EntryType:           m.int("fileEntryType"),
		Order:               m.text("order"),
		CreatedBy:           m.author("createBy", "createdBy"),
		CreatedOn:           m.time("createOn", "created"),
		ModifiedBy:          m.author("modifiedBy", "updatedBy"),
		ModifiedOn:          m.time("modifiedOn", "updated"),
		ParentID:            m.text("parentId"),
		RootID:              m.text("rootId", "rootFolderId"),
		RootType:            m.int("rootFolderType"),
		RootCreatedBy:       m.author("rootCreateBy"),
		ParentRoomType:      m.int("parentRoomType"),
		ParentRoomCreatedBy: m.author("parentRoomCreatedBy"),
		OriginID:            m.text("originId"),
		OriginTitle:         m.text("originTitle"),
		OriginRoomID:        m.text("originRoomId"),
		OriginRoomTitle:     m.text("originRoomTitle"),
		ProviderID:          m.text("providerId"),
		ProviderKey:         m.text("providerKey"),
		ProviderItem:        m.bool("providerItem"),
		MutableID:           m.bool("mutableId"),
		Access:              m.int("access"),
		Shared:              m.bool("shared"),
		SharedForUser:       m.bool("sharedForUser"),
		SharedExternal:      m.bool("sharedExternal"),
		ParentShared:        m.bool("parentShared"),
		SharedBy:            m.author("sharedBy"),
		Security:            value[map[string]bool](m, "security"),
		SecurityByUsers:     value[map[string]map[string]bool](m, "securityByUsers"),
		New:                 m.bool("isNew"),
		Tags:                m.tags(),
		Error:               m.text("error"),
		Raw:                 raw,
	}
}

func (m members) tags() []Tag {
	var all []Tag
	for _, t := range value[[]members](m, "tags") {
		all = append(all, Tag{
			ID:        t.text("id"),
			Name:      t.text("name"),
			Type:      t.int("type"),
			Owner:     t.text("owner"),
			Count:     t.int("count"),
			CreatedOn: t.time("createOn"),
		})
	}
	return all
}
