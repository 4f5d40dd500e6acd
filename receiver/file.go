package receiver

import (
	"encoding/json"
	"time"
)

// File is the payload of a file event, of whatever generation.
type File struct {
	Entry

	// All of this is announced for the release after 3.8.

	Version             int
	VersionGroup        int
	ContentLength       int64
	FileType            int
	Extension           string // as in ".docx"
	Comment             string
	ViewURL             string
	WebURL              string
	Encrypted           bool
	Locked              bool
	LockedBy            string
	IsForm              bool
	CustomFilter        bool
	CustomFilterBy      string
	LastOpened          time.Time
	VectorizationStatus int
}

// File decodes the payload of a file event. It returns a [*PayloadError] for
// any other.
func (e *Event) File() (File, error) {
	m, err := e.payload("file")
	if err != nil {
		return File{}, err
	}
	return decodeFile(e.Payload, m), nil
}

func decodeFile(raw json.RawMessage, m members) File {
	return File{
		Entry:               decodeEntry(raw, m),
		Version:             m.int("version"),
		VersionGroup:        m.int("versionGroup"),
		ContentLength:       m.int64("contentLength"),
		FileType:            m.int("fileType"),
		Extension:           m.text("fileExst"),
		Comment:             m.text("comment"),
		ViewURL:             m.text("viewUrl"),
		WebURL:              m.text("webUrl"),
		Encrypted:           m.bool("encrypted"),
		Locked:              m.bool("locked"),
		LockedBy:            m.text("lockedBy"),
		IsForm:              m.bool("isForm"),
		CustomFilter:        m.bool("customFilterEnabled"),
		CustomFilterBy:      m.text("customFilterEnabledBy"),
		LastOpened:          m.time("lastOpened"),
		VectorizationStatus: m.int("vectorizationStatus"),
	}
}

// Form is the payload of a form event, of whatever generation: the filled form
// where one was filled (form.submit, form.filled.out), the form itself where
// not (form.stopped). A portal sends form.submit in place of file.updated.
type Form struct {
	File
	// Original is the form that was filled in; nil except in form.submit. A
	// portal that no longer knows it repeats the filled one here.
	Original *File
}

// Form decodes the payload of a form event. It returns a [*PayloadError] for
// any other.
func (e *Event) Form() (Form, error) {
	m, err := e.payload("form")
	if err != nil {
		return Form{}, err
	}
	form := Form{}
	if raw := m.raw("originalForm"); raw != nil {
		form.Original = new(decodeFile(raw, parseMembers(raw)))
	}
	if raw := m.raw("submittedForm"); raw != nil {
		form.File = decodeFile(raw, parseMembers(raw))
	} else {
		form.File = decodeFile(e.Payload, m)
	}
	return form, nil
}
