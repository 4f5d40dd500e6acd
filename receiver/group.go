package receiver

import "encoding/json"

// Group is the payload of a group event, of whatever generation.
type Group struct {
	ID       string
	Name     string
	Category string
	Parent   Ref // empty for most; its own parents are in Raw only
	LDAP     bool
	SID      string // in LDAP; up to 3.8
	Removed  bool   // up to 3.8

	// Announced for the release after 3.8.

	System       bool
	Manager      Author
	MembersCount int

	// Raw is the group as JSON, with the members that have no field here.
	Raw json.RawMessage
}

// Group decodes the payload of a group event. It returns a [*PayloadError] for
// any other.
func (e *Event) Group() (Group, error) {
	m, err := e.payload("group")
	if err != nil {
		return Group{}, err
	}
	return Group{
		ID:           m.text("id"),
		Name:         m.text("name"),
		Category:     m.text("categoryID", "category"),
		Parent:       m.ref("parent"),
		LDAP:         m.bool("isLDAP"),
		SID:          m.text("sid"),
		Removed:      m.bool("removed"),
		System:       m.bool("isSystem"),
		Manager:      m.author("manager"),
		MembersCount: m.int("membersCount"),
		Raw:          e.Payload,
	}, nil
}
