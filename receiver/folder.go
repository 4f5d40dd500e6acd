package receiver

// Folder is the payload of a folder event, of whatever generation.
type Folder struct {
	Entry

	// All of this is announced for the release after 3.8.

	FilesCount   int
	FoldersCount int
	FolderType   int
	Shareable    bool
}

// Folder decodes the payload of a folder event. It returns a [*PayloadError]
// for any other.
func (e *Event) Folder() (Folder, error) {
	m, err := e.payload("folder")
	if err != nil {
		return Folder{}, err
	}
	return Folder{
		Entry:        decodeEntry(e.Payload, m),
		FilesCount:   m.int("filesCount"),
		FoldersCount: m.int("foldersCount"),
		FolderType:   m.int("type"),
		Shareable:    m.bool("isShareable"),
	}, nil
}

// Room is the payload of a room or agent event, of whatever generation.
type Room struct {
	Entry

	// All of this is announced for the release after 3.8.

	RoomType     int
	FolderType   int
	FilesCount   int
	FoldersCount int
	Private      bool
	Indexing     bool
	DenyDownload bool
	Pinned       bool
	QuotaLimit   int64
	UsedSpace    int64
	Color        string
	Cover        string
}

// Room decodes the payload of a room or agent event; an agent is a room of its
// own kind, and is archived and restored by room events. Room returns a
// [*PayloadError] for any other.
func (e *Event) Room() (Room, error) {
	m, err := e.payload("room", "agent")
	if err != nil {
		return Room{}, err
	}
	return Room{
		Entry:        decodeEntry(e.Payload, m),
		RoomType:     m.int("roomType"),
		FolderType:   m.int("type"),
		FilesCount:   m.int("filesCount"),
		FoldersCount: m.int("foldersCount"),
		Private:      m.bool("private"),
		Indexing:     m.bool("indexing"),
		DenyDownload: m.bool("denyDownload"),
		Pinned:       m.bool("pinned"),
		QuotaLimit:   m.int64("quotaLimit"),
		UsedSpace:    m.int64("usedSpace"),
		Color:        m.text("color"),
		Cover:        m.text("cover"),
	}, nil
}
