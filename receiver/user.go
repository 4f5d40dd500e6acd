package receiver

import (
	"encoding/json"
	"strings"
	"time"
)

// User is the payload of a user event, of whatever generation. Portals leave
// out what is empty, 0 or false.
type User struct {
	ID        string
	UserName  string
	FirstName string
	LastName  string
	Email     string
	Title     string
	Location  string
	Notes     string
	Culture   string // as in "en-US"
	Phone     string
	Contacts  []Contact

	Status           int // 1 active, 2 terminated, 4 pending
	ActivationStatus int // bits: 1 activated, 2 pending, 4 generated
	PhoneStatus      int // 1 activated

	CreatedBy    Author
	CreatedOn    time.Time
	BirthDate    time.Time
	WorkFrom     time.Time
	TerminatedOn time.Time

	// Up to 3.8.

	Active     bool // the account is activated
	Removed    bool
	ModifiedOn time.Time
	TenantID   int

	// Announced for the release after 3.8.

	DisplayName  string
	Department   string
	Groups       []Ref
	AdminModules []string
	Owner        bool
	Admin        bool
	RoomAdmin    bool
	Visitor      bool
	Collaborator bool
	LDAP         bool
	SSO          bool
	QuotaLimit   int64
	UsedSpace    int64
	CustomQuota  bool
	Avatar       string
	ProfileURL   string

	// Raw is the user as JSON, with the members that have no field here.
	Raw json.RawMessage
}

// Contact is a way to reach a user, such as "phone" and a number.
type Contact struct {
	Type  string
	Value string
}

// User decodes the payload of a user event. It returns a [*PayloadError] for
// any other.
func (e *Event) User() (User, error) {
	m, err := e.payload("user")
	if err != nil {
		return User{}, err
	}
	return User{
		ID:               m.text("id"),
		UserName:         m.text("userName"),
		FirstName:        m.text("firstName"),
		LastName:         m.text("lastName"),
		Email:            m.text("email"),
		Title:            m.text("title"),
		Location:         m.text("location"),
		Notes:            m.text("notes"),
		Culture:          m.text("cultureName"),
		Phone:            m.text("mobilePhone"),
		Contacts:         m.contacts(),
		Status:           m.int("status"),
		ActivationStatus: m.int("activationStatus"),
		PhoneStatus:      m.int("mobilePhoneActivationStatus"),
		CreatedBy:        m.author("createdBy"),
		CreatedOn:        m.time("createDate", "registrationDate"),
		BirthDate:        m.time("birthDate"),
		WorkFrom:         m.time("workFromDate"),
		TerminatedOn:     m.time("terminatedDate", "terminated"),
		Active:           m.bool("isActive"),
		Removed:          m.bool("removed"),
		ModifiedOn:       m.time("lastModified"),
		TenantID:         m.int("tenantId"),
		DisplayName:      m.text("displayName"),
		Department:       m.text("department"),
		Groups:           m.refs("groups"),
		AdminModules:     value[[]string](m, "listAdminModules"),
		Owner:            m.bool("isOwner"),
		Admin:            m.bool("isAdmin"),
		RoomAdmin:        m.bool("isRoomAdmin"),
		Visitor:          m.bool("isVisitor"),
		Collaborator:     m.bool("isCollaborator"),
		LDAP:             m.bool("isLDAP"),
		SSO:              m.bool("isSSO"),
		QuotaLimit:       m.int64("quotaLimit"),
		UsedSpace:        m.int64("usedSpace"),
		CustomQuota:      m.bool("isCustomQuota"),
		Avatar:           m.text("avatar"),
		ProfileURL:       m.text("profileUrl"),
		Raw:              e.Payload,
	}, nil
}

// contacts reads the forms there are: objects, a list of types and values in
// turn, and such a list as one text with bars between.
func (m members) contacts() []Contact {
	var all []Contact
	for _, c := range value[[]members](m, "contacts") {
		all = append(all, Contact{Type: c.text("type"), Value: c.text("value")})
	}
	if all != nil {
		return all
	}
	parts := value[[]string](m, "contactsList")
	if parts == nil {
		parts = strings.Split(m.text("contacts"), "|")
	}
	for ; len(parts) > 1; parts = parts[2:] {
		all = append(all, Contact{Type: parts[0], Value: parts[1]})
	}
	return all
}

func (m members) refs(names ...string) []Ref {
	var all []Ref
	for _, raw := range value[[]json.RawMessage](m, names...) {
		all = append(all, decodeRef(raw))
	}
	return all
}
