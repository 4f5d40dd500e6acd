package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Role is what a user may do.
type Role string

// The roles of a portal. Owner and Admin see and edit every webhook, RoomAdmin
// and User their own, Guest none.
const (
	Owner     Role = "owner"
	Admin     Role = "admin"
	RoomAdmin Role = "roomadmin"
	Member    Role = "user"
	Guest     Role = "guest"
)

// Seed is what a portal starts with. As JSON it is the file of
// `docspace-webhooks portal --seed FILE`; it holds credentials in the clear.
type Seed struct {
	Users    []User         `json:"users"`
	Keys     []APIKey       `json:"keys,omitempty"`
	Webhooks []Webhook      `json:"webhooks,omitempty"`
	Log      []LogRow       `json:"log,omitempty"`
	TimeZone string         `json:"timeZone,omitempty"` // IANA name; empty is UTC
	Policy   PasswordPolicy `json:"policy,omitzero"`
	// BlockList has the networks that receivers may not be in, in CIDR form; nil
	// is [DevelopmentBlockList].
	BlockList []string `json:"blockList,omitempty"`
}

// User is somebody of the portal.
type User struct {
	ID        string `json:"id"` // lower-case GUID
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Email     string `json:"email,omitempty"`
	Role      Role   `json:"role"`
	Password  string `json:"password,omitempty"`
	// Token is a session token that works from the start, in the cookie
	// asc_auth_key or as the whole Authorization header.
	Token    string `json:"token,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	// Culture is the user's language; "de" translates two error texts.
	Culture string `json:"culture,omitempty"`
	// Profile replaces the path and query of profileUrl.
	Profile string `json:"profile,omitempty"`
}

// Format implements [fmt.Formatter] for every verb: without password and token.
func (u User) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "%s %s %s", u.Role, u.ID, u.name()) }

// LogValue implements [slog.LogValuer].
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", u.ID), slog.String("role", string(u.Role)))
}

func (u User) name() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// APIKey is a key that acts as its owner.
type APIKey struct {
	Key      string    `json:"key"` // sk- and 64 hexadecimal digits
	Name     string    `json:"name,omitempty"`
	Owner    string    `json:"owner"`            // id of a user
	Scopes   []string  `json:"scopes,omitempty"` // none, or "*": everything
	Disabled bool      `json:"disabled,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
}

// Format implements [fmt.Formatter] for every verb: without the key.
func (k APIKey) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "key %q of %s", k.Name, k.Owner) }

// LogValue implements [slog.LogValuer].
func (k APIKey) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", k.Name), slog.String("owner", k.Owner))
}

// PasswordPolicy is what a webhook's secret must be like. The zero value is the
// server's default: 8 to 30 printable ASCII characters.
type PasswordPolicy struct {
	MinLength int  `json:"minLength,omitempty"` // 8 to 30
	Upper     bool `json:"upperCase,omitempty"`
	Digits    bool `json:"digits,omitempty"`
	Special   bool `json:"specSymbols,omitempty"`
}

// DefaultSeed is the portal that [New] starts with: one user of each role, each
// with an e-mail address, a password, a session token and an API key.
func DefaultSeed() Seed {
	people := []struct {
		id, first, last string
		role            Role
	}{
		{"66faa6e4-f133-11ea-b126-00ffeec8b4ef", "Olga", "Owner", Owner},
		{"0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a04", "Ada", "Admin", Admin},
		{"0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a01", "Rita", "Roomadmin", RoomAdmin},
		{"0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a02", "Uwe", "User", Member},
		{"0b5a3f0e-4c1d-4d38-9c35-1f6b6a3f8a03", "Gus", "Guest", Guest},
	}
	var seed Seed
	for i, p := range people {
		word := string(p.role)
		seed.Users = append(seed.Users, User{
			ID: p.id, FirstName: p.first, LastName: p.last, Role: p.role,
			Email:    word + "@portal.example",
			Password: "password-" + word,
			Token:    "token-of-the-" + word,
		})
		seed.Keys = append(seed.Keys, APIKey{
			Key:   "sk-" + strings.Repeat(fmt.Sprintf("%02x", 0xA1+i), 32),
			Name:  word,
			Owner: p.id,
		})
	}
	return seed
}

// User returns the first user of a role, the zero User if there is none.
func (s Seed) User(role Role) User {
	for _, u := range s.Users {
		if u.Role == role {
			return u
		}
	}
	return User{}
}

// Key returns the first API key of a user of role that may do everything, ""
// if there is none.
func (s Seed) Key(role Role) string {
	id := s.User(role).ID
	for _, k := range s.Keys {
		if k.Owner == id && !k.Disabled && len(k.Scopes) == 0 && k.Expires.IsZero() {
			return k.Key
		}
	}
	return ""
}

// ReadSeed reads a seed from its JSON form. Unlike one made in Go, which may
// leave out what a test does not need, it must be free of what a typing mistake
// leaves behind: members that are unknown, text after the end, webhooks without a
// name, a secret or a URL that can be sent to.
func ReadSeed(r io.Reader) (Seed, error) {
	var s Seed
	if err := readStrictly(r, &s); err != nil {
		return Seed{}, fmt.Errorf("seed: %w", err)
	}
	for i, h := range s.Webhooks {
		if err := h.check(); err != nil {
			return Seed{}, fmt.Errorf("seed: webhook %d: %w", i+1, err)
		}
	}
	return s, s.check()
}

// readStrictly reads one JSON value. Members it does not know, or text after the
// value, are errors: a typing mistake should not pass for a portal that works.
func readStrictly(r io.Reader, to any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	switch err := d.Decode(to); {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty: want one JSON value")
	case err != nil:
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value: leave it out")
	}
	return nil
}

func (s Seed) check() error {
	ids := make(map[string]bool)
	owners := 0
	for _, u := range s.Users {
		switch u.Role {
		case Owner:
			owners++
		case Admin, RoomAdmin, Member, Guest:
		default:
			return fmt.Errorf("seed: user %q has no role: want owner, admin, roomadmin, user or guest", u.ID)
		}
		if !isGUID(u.ID) || ids[u.ID] {
			return fmt.Errorf("seed: the id of a user must be a lower-case GUID of its own: %q", u.ID)
		}
		ids[u.ID] = true
	}
	if owners != 1 {
		return fmt.Errorf("seed: a portal has one owner, not %d", owners)
	}
	for _, k := range s.Keys {
		if !ids[k.Owner] {
			return fmt.Errorf("seed: the API key %q belongs to nobody: no user %q", k.Name, k.Owner)
		}
	}
	if m := s.Policy.MinLength; m != 0 && (m < secretMin || m > secretMax) {
		return fmt.Errorf("seed: policy.minLength must be %d to %d, not %d", secretMin, secretMax, m)
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		return fmt.Errorf("seed: timeZone: %w", err)
	}
	if _, err := parseBlockList(s.BlockList); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return nil
}

// check reports what no server has in a webhook. The further rules, such as the
// policy for secrets, need not have held when the webhook was made.
func (w Webhook) check() error {
	u, _ := parseURI(w.URL)
	switch {
	case w.ID < 0:
		return fmt.Errorf("id: want a positive one, or none for the next free one, not %d", w.ID)
	case w.Name == "":
		return errors.New("name: it is empty: give it one")
	case w.Secret == "":
		return errors.New("secret: it is empty: give it one, the receiver needs it")
	case u == nil:
		return fmt.Errorf("url: want one like http://127.0.0.1:8080/hook, not %q", w.URL)
	}
	return nil
}

// isGUID reports whether s is a GUID in the form the server writes.
func isGUID(s string) bool {
	id, ok := parseGUID(s)
	return ok && id == s
}
