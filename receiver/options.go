package receiver

import (
	"errors"
	"fmt"
	"log/slog"
)

// DefaultMaxBody is the limit of [WithMaxBody] unless it is given.
//
// Portals on MySQL keep what they send in columns of 64 KiB. Escaping makes at
// most six bytes of one, so the payload and the text of the last failure stay
// below 768 KiB together. Portals on PostgreSQL have no such bound, but the
// largest delivery on record has under 2 KiB.
const DefaultMaxBody = 1 << 20

// Option changes what [New] makes. The order of options does not matter.
type Option func(*config)

type config struct {
	secrets       []string
	maxBody       int64
	maxConcurrent int
	logger        *slog.Logger
	observer      Observer
	deduped       bool
	portal        string
	deduper       Deduper
	keyed         bool
	key           func(*Event) string
}

// WithSecrets lets deliveries signed with another secret through as well, for
// the time in which one replaces another: the portal signs a retry with the
// secret of that moment.
func WithSecrets(more ...string) Option {
	return func(c *config) { c.secrets = append(c.secrets, more...) }
}

// WithMaxBody limits the body of a delivery to n bytes, more than 0, instead of
// [DefaultMaxBody].
func WithMaxBody(n int64) Option {
	return func(c *config) { c.maxBody = n }
}

// WithMaxConcurrent takes on at most n deliveries at once, more than 0, and
// answers 503 to others before it reads their bodies. Without this option there
// is no limit.
//
// A portal has up to ten deliveries under way, and each 503 uses up one of the
// five retries that it makes within half a minute: a limit below ten times the
// number of portals loses events that it need not. Who sends a body slowly
// holds a place, with or without a secret, until [net/http.Server.ReadTimeout]
// ends it.
func WithMaxConcurrent(n int) Option {
	return func(c *config) { c.maxConcurrent = n }
}

// WithDeduper has each event handled once, as far as the Deduper remembers:
//
//	the event is new                      the handler runs
//	it is being handled at this moment    503
//	it was handled                        200, without the handler
//	the handler fails or panics           500, and it counts as new again
//	the Deduper cannot tell               503
//
// The portal names the space in which ids are unique: its host, say. Give every
// portal its own, and all hooks of one portal the same. It must not be empty.
//
// Once means once for a handler that finished: one that fails half-way, or whose
// process ends before it is recorded, runs again. If recording fails, the answer
// is still 204, because a 503 would ask for what is done already. A handler
// that runs on after the portal has hung up has the portal use up its retries
// on 503s and list the delivery as failed.
func WithDeduper(portal string, d Deduper) Option {
	return func(c *config) { c.deduped, c.portal, c.deduper = true, portal, d }
}

// WithKey makes the key for the [Deduper] instead of [ByID]: [ByPayload] or one
// of your own. Equal keys mean the same event; an empty one means that the event
// is handled whatever came before.
func WithKey(key func(*Event) string) Option {
	return func(c *config) { c.keyed, c.key = true, key }
}

// WithObserver has a function told about each request, whatever became of it.
func WithObserver(o Observer) Option {
	return func(c *config) { c.observer = o }
}

// WithLogger logs each request: what was refused as a warning, what the handler
// or the [Deduper] failed at as an error, the rest for debugging. The record
// holds the answered status, the outcome, the identity of the event and the
// error, never a body, a header or a secret; but the error of a handler is
// logged with the text it has. Without this option nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

func (c *config) validate() error {
	switch {
	case c.maxBody <= 0:
		return fmt.Errorf("receiver: WithMaxBody(%d): not a limit", c.maxBody)
	case c.maxConcurrent <= 0:
		return fmt.Errorf("receiver: WithMaxConcurrent(%d): not a limit", c.maxConcurrent)
	case c.logger == nil:
		return errors.New("receiver: WithLogger(nil)")
	case c.observer == nil:
		return errors.New("receiver: WithObserver(nil)")
	case c.deduped && c.deduper == nil:
		return errors.New("receiver: WithDeduper(nil)")
	case c.deduped && c.portal == "":
		return errors.New("receiver: WithDeduper without the portal's name")
	case c.keyed && !c.deduped:
		return errors.New("receiver: WithKey without WithDeduper")
	case c.key == nil:
		return errors.New("receiver: WithKey(nil)")
	}
	return nil
}
