package portal

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
)

// Accounts of the system that are nobody's.
const (
	systemGuest = "712d9ec3-5d2b-4b13-824f-71f00191dcca" // who the sender acts as
	lostUser    = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3" // who removed users become
)

// isAdmin reports whether u sees and edits the webhooks of everybody.
func (u *account) isAdmin() bool { return u.Role == Owner || u.Role == Admin }

// person is how somebody stands in an answer.
func (c *call) person(id string) object {
	p := c.p
	u := p.st.users[id]
	name, profile := "", "/accounts/people/filter"
	switch {
	case u != nil && !u.removed:
		name = u.name()
		if u.Profile != "" {
			profile = u.Profile
		} else {
			profile += "?search=" + url.QueryEscape(u.Email)
		}
	case id == systemGuest:
		name = "guest"
		if p.cfg.bareHost {
			profile += "?search=" + id
		}
	default:
		id, name = lostUser, "profile removed"
		if p.cfg.bareHost {
			profile += "?search=" + id
		}
	}
	picture := func(size int) string {
		return fmt.Sprintf("/static/images/default_user_photo_size_%d-%d.png?hash=%d", size, size, pictureHash(id))
	}
	o := object{
		{"id", id},
		{"displayName", htmlEncode(name)},
		{"avatar", picture(82)},
		{"avatarOriginal", picture(200)},
		{"avatarMax", picture(200)},
		{"avatarMedium", picture(48)},
		{"avatarSmall", picture(32)},
		{"profileUrl", c.base() + profile},
		{"hasAvatar", false},
		{"isAnonim", id == systemGuest},
	}
	if p.gen.fields != cutPictures {
		return o
	}
	if named := c.fields(); named != nil {
		o = slices.DeleteFunc(o, func(m member) bool {
			return strings.HasPrefix(m.name, "avatar") && !slices.Contains(named, m.name)
		})
	}
	return o
}

// pictureHash stands for the number that tells versions of a picture apart.
func pictureHash(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum32() & 0x7FFFFFFF
}

// htmlEncode encodes what the server encodes in names: markup, quotes, Latin-1
// letters and what lies beyond the basic plane.
func htmlEncode(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r >= 160 && r < 256 || r > 0xFFFF:
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// setCulture answers updateMemberCulture, as far as it goes: whose language
// changes, and to which.
func (c *call) setCulture() (success, error) {
	var culture *string
	if err := c.bind("ASC.People.ApiModels.RequestDto.UpdateMemberCultureRequestDto", map[string]binder{"culturename": bindString(&culture)}); err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	u := c.p.st.users[c.param]
	switch {
	case u == nil || u.removed:
		return success{}, errNotFound()
	case u.ID != c.user.ID && !c.user.isAdmin():
		return success{}, errDenied()
	}
	if culture != nil {
		u.Culture = *culture
	}
	o := object{{"firstName", u.FirstName}, {"lastName", u.LastName}, {"email", u.Email}, {"status", 1}}
	if u.Culture != "" {
		o = append(o, member{"cultureName", u.Culture})
	}
	return success{value: append(o, c.person(u.ID)...)}, nil
}
