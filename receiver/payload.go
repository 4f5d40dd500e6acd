package receiver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// PayloadError reports that an event does not carry what an accessor like
// [Event.User] decodes: its trigger is of another family, or its payload is not
// a JSON object, as in a legacy delivery. A handler that returns it makes the
// portal repeat a delivery that will not get better.
type PayloadError struct {
	// Want is what was asked for, as in "user".
	Want string
	// Trigger is what the event has.
	Trigger string
}

func (e *PayloadError) Error() string {
	return fmt.Sprintf("receiver: no %s in the payload of %q", e.Want, e.Trigger)
}

// payload returns the members of the payload if the trigger belongs to one of
// the families, which are the first parts of triggers' names.
func (e *Event) payload(families ...string) (members, error) {
	family, _, _ := strings.Cut(e.Trigger, ".")
	if slices.Contains(families, family) {
		if m := parseMembers(e.Payload); m != nil {
			return m, nil
		}
	}
	return nil, &PayloadError{Want: families[0], Trigger: e.Trigger}
}

// Author is a user who did something. Portals up to 3.8 send the id alone; the
// rest is announced for the release after that.
type Author struct {
	ID          string
	DisplayName string
	UserName    string
	Email       string
	Avatar      string
	ProfileURL  string
}

func decodeAuthor(raw json.RawMessage) Author {
	m := parseMembers(raw)
	if m == nil {
		return Author{ID: idText(raw)}
	}
	return Author{
		ID:          m.text("id"),
		DisplayName: m.text("displayName"),
		UserName:    m.text("userName"),
		Email:       m.text("email"),
		Avatar:      m.text("avatar"),
		ProfileURL:  m.text("profileUrl"),
	}
}

// Ref points to something by its id. Name is empty where a portal sends the id
// alone.
type Ref struct {
	ID   string
	Name string
}

func decodeRef(raw json.RawMessage) Ref {
	m := parseMembers(raw)
	if m == nil {
		return Ref{ID: idText(raw)}
	}
	return Ref{ID: m.text("id"), Name: m.text("name")}
}
