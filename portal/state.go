package portal

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/docspace-go/webhooks/wire"
)

// state is everything that changes. The portal's mutex guards it.
type state struct {
	users    map[string]*account
	order    []string          // ids of users, the owner's among them
	sessions map[string]string // of seeded tokens: the id of the user
	signedIn map[string]string // of tokens that were signed in for
	keys     []*storedKey

	webhooks []*webhook // as the list shows them
	lastHook int32
	rows     []*logRow // by id
	lastRow  int32
	queue    []*logRow // waiting for the worker

	zone    *time.Location
	policy  PasswordPolicy
	blocked blockList
	tenant  TenantState

	addresses restriction
}

// account is a user as the portal knows them.
type account struct {
	User
	removed bool
}

type storedKey struct {
	APIKey
	id      string
	created time.Time
	used    time.Time
}

// webhook is a row of the table of subscriptions.
type webhook struct {
	id        int32
	name, uri string
	secret    wire.Secret
	enabled   bool
	ssl       bool
	triggers  wire.Triggers
	targetID  *string

	createdBy  string
	createdOn  time.Time
	modifiedBy string // empty until it is first touched, and never changed afterwards
	modifiedOn time.Time

	lastFailureOn      time.Time
	lastFailureContent string
	lastSuccessOn      time.Time
}

// logRow is a row of the table of deliveries.
type logRow struct {
	id      int32
	hook    int32
	trigger wire.Triggers
	created time.Time

	requestHeaders  string
	requestPayload  string
	responseHeaders string
	responsePayload string
	answered        bool // there are response headers, empty or not
	tried           bool // there is a response payload, empty or not
	status          int
	delivery        time.Time
	over            bool // the worker is through with it
}

// active returns a copy of the user with that id, which calls may read without
// the lock; nil if there is none or it is disabled.
func (s *state) active(id string) *account {
	u := s.users[id]
	if u == nil || u.Disabled {
		return nil
	}
	caller := *u
	return &caller
}

// signIn returns the id of the user with that address and password, or "".
func (s *state) signIn(email, password string) string {
	for _, id := range s.order {
		u := s.users[id]
		if u.Password != "" && u.Password == password && strings.EqualFold(u.Email, email) {
			return id
		}
	}
	return ""
}

func (s *state) webhook(id int32) *webhook {
	for _, w := range s.webhooks {
		if w.id == id {
			return w
		}
	}
	return nil
}

// byID returns the webhooks in the order of their ids.
func (s *state) byID() []*webhook {
	return slices.SortedFunc(slices.Values(s.webhooks), func(a, b *webhook) int { return cmp.Compare(a.id, b.id) })
}

// row finds a log row; they are sorted by id.
func (s *state) row(id int32) *logRow {
	i, found := slices.BinarySearchFunc(s.rows, id, func(r *logRow, id int32) int { return int(r.id) - int(id) })
	if !found {
		return nil
	}
	return s.rows[i]
}

func (s *state) rowsOf(hook int32) bool {
	return slices.ContainsFunc(s.rows, func(r *logRow) bool { return r.hook == hook })
}

// removeWebhook removes w and its rows.
func (s *state) removeWebhook(w *webhook) {
	s.webhooks = slices.DeleteFunc(s.webhooks, func(o *webhook) bool { return o == w })
	s.forget(func(r *logRow) bool { return r.hook == w.id })
}

// forget removes rows from the log and from the queue.
func (s *state) forget(which func(*logRow) bool) {
	s.rows = slices.DeleteFunc(s.rows, which)
	s.queue = slices.DeleteFunc(s.queue, which)
}

// written notes that w was changed, which on some databases moves it.
func (p *Portal) written(w *webhook) {
	if !p.db.heapOrder {
		return
	}
	s := &p.st
	if i := slices.Index(s.webhooks, w); i >= 0 {
		s.webhooks = append(slices.Delete(s.webhooks, i, i+1), w)
	}
}

// stored cuts an instant to what the database keeps of it.
func (p *Portal) stored(t time.Time) time.Time { return t.UTC().Truncate(p.db.tick) }

// addRow files a delivery and queues it.
func (p *Portal) addRow(w *webhook, trigger wire.Triggers, payload string) *logRow {
	s := &p.st
	s.lastRow++
	r := &logRow{
		id: s.lastRow, hook: w.id, trigger: trigger,
		created: p.clock.Now(), requestPayload: payload,
	}
	s.rows = append(s.rows, r)
	s.queue = append(s.queue, r)
	p.trimLog()
	return r
}

// trimLog forgets the oldest rows beyond the limit, but none that is still to
// be delivered.
func (p *Portal) trimLog() {
	s := &p.st
	excess := len(s.rows) - p.cfg.logRows
	if excess <= 0 {
		return
	}
	s.rows = slices.DeleteFunc(s.rows, func(r *logRow) bool {
		if excess > 0 && r.over {
			excess--
			return true
		}
		return false
	})
}
