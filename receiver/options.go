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
	secrets []string
	maxBody int64
	logger  *slog.Logger
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

// WithLogger logs each request: what was refused as a warning, what the handler
// failed at as an error, the rest for debugging. The record holds the answered
// status, the identity of the event and the error, never a body, a header or a
// secret; but the error of a handler is logged with the text it has. Without
// this option nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

func (c *config) validate() error {
	switch {
	case c.maxBody <= 0:
		return fmt.Errorf("receiver: WithMaxBody(%d): not a limit", c.maxBody)
	case c.logger == nil:
		return errors.New("receiver: WithLogger(nil)")
	}
	return nil
}
