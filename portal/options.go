package portal

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Option changes how a portal behaves.
type Option func(*config) error

// Resolver looks up the addresses behind a host name.
type Resolver func(ctx context.Context, host string) ([]netip.Addr, error)

type config struct {
	seed        Seed
	generation  Generation
	database    Database
	portalZone  string
	serverZone  *time.Location
	clock       Clock
	schedule    []time.Duration
	ownSchedule bool // schedule was given
	poll        time.Duration
	basePath    string
	blockList   []string
	transport   http.RoundTripper
	resolver    Resolver
	logger      *slog.Logger
	logRows     int
	requests    int
	limits      Limits
	control     bool
	bareHost    bool
}

func defaults() config {
	return config{
		seed:       DefaultSeed(),
		generation: V3_7,
		database:   MySQL,
		serverZone: time.UTC,
		poll:       5 * time.Second,
		resolver:   lookUp,
		logger:     slog.New(slog.DiscardHandler),
		logRows:    10_000,
		requests:   1000,
	}
}

// lookUp asks the system's resolver. Addresses of IPv4 come first: the first
// one is dialled, and what listens on localhost in a test mostly has no other.
func lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int {
		return cmp.Compare(a.Unmap().BitLen(), b.Unmap().BitLen())
	})
	return addrs, err
}

// WithSeed replaces [DefaultSeed].
func WithSeed(s Seed) Option {
	return func(c *config) error {
		c.seed = s
		return s.check()
	}
}

// WithGeneration makes the portal answer like that line of releases. The
// default is [V3_7].
func WithGeneration(g Generation) Option {
	return func(c *config) error {
		if _, ok := generations[g]; !ok {
			return fmt.Errorf("unknown generation %d", int(g))
		}
		c.generation = g
		return nil
	}
}

// WithDatabase makes the portal answer as it does on that database. The default
// is [MySQL].
func WithDatabase(d Database) Option {
	return func(c *config) error {
		if _, ok := databases[d]; !ok {
			return fmt.Errorf("unknown database %d", int(d))
		}
		c.database = d
		return nil
	}
}

// WithTimeZone sets the portal's time zone by its IANA name, over the seed's.
func WithTimeZone(name string) Option {
	return func(c *config) error {
		_, err := time.LoadLocation(name)
		c.portalZone = name
		return err
	}
}

// WithServerTimeZone sets the zone of the server's process, by its IANA name.
// The default is UTC, which is what the vendor's containers run in.
func WithServerTimeZone(name string) Option {
	return func(c *config) (err error) {
		c.serverZone, err = time.LoadLocation(name)
		return err
	}
}

// WithClock sets the clock.
func WithClock(clock Clock) Option {
	return func(c *config) error {
		if clock == nil {
			return fmt.Errorf("no clock")
		}
		c.clock = clock
		return nil
	}
}

// WithRetrySchedule sets the pauses before the second and further attempts of a
// delivery. No pause means one attempt. The default is that of the generation:
// 1, 2, 4, 8 and 16 seconds from 3.5 on, twice that before.
func WithRetrySchedule(pauses ...time.Duration) Option {
	return func(c *config) error {
		for _, d := range pauses {
			if d < 0 {
				return fmt.Errorf("a pause cannot be negative: %v", d)
			}
		}
		c.schedule, c.ownSchedule = pauses, true
		return nil
	}
}

// WithPollInterval sets how often an idle worker looks for deliveries. The
// default is the server's, 5 seconds.
func WithPollInterval(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("a poll interval must be positive: %v", d)
		}
		c.poll = d
		return nil
	}
}

// WithBasePath puts the portal below a path, "/prefix".
func WithBasePath(path string) Option {
	return func(c *config) error {
		path = strings.TrimRight(path, "/")
		if path != "" && !strings.HasPrefix(path, "/") {
			return fmt.Errorf("a base path starts with a slash: %q", path)
		}
		c.basePath = path
		return nil
	}
}

// WithBlockList sets the networks that receivers may not be in, in CIDR form,
// over the seed's. The default is [DevelopmentBlockList]; [ServerBlockList] is
// what the vendor ships.
func WithBlockList(networks ...string) Option {
	return func(c *config) error {
		_, err := parseBlockList(networks)
		c.blockList = append([]string{}, networks...)
		return err
	}
}

// WithTransport sends probes and deliveries through rt. It is used as it is: it
// decides itself about certificates and redirects are followed by the portal,
// where the generation does. The default dials the receiver.
func WithTransport(rt http.RoundTripper) Option {
	return func(c *config) error {
		c.transport = rt
		return nil
	}
}

// WithResolver sets how host names of receivers are looked up.
func WithResolver(r Resolver) Option {
	return func(c *config) error {
		if r == nil {
			return fmt.Errorf("no resolver")
		}
		c.resolver = r
		return nil
	}
}

// WithLogger makes the portal report requests, deliveries and what the worker
// does to webhooks. No secret, token or signature is ever logged.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error {
		if l == nil {
			return fmt.Errorf("no logger")
		}
		c.logger = l
		return nil
	}
}

// WithLimits makes the portal answer 429 beyond some rates, for instance
// [ServerLimits]. There is no limit by default.
func WithLimits(l Limits) Option {
	return func(c *config) error {
		c.limits = l
		return l.check()
	}
}

// WithLogLimit caps the delivery log: beyond n rows the oldest finished ones
// are forgotten. The default is 10,000; the server keeps 30 days.
func WithLogLimit(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("a log needs room for a row, not %d", n)
		}
		c.logRows = n
		return nil
	}
}

// WithControl serves the control endpoints below /_/control/, to clients on
// this computer only. They are off by default. Unless another is set, the clock
// becomes one that they can move ahead, see [NewAdjustableClock].
func WithControl() Option {
	return func(c *config) error {
		c.control = true
		return nil
	}
}

// WithBareHost makes the portal word a few answers like the small host around
// the vendor's classes that the transcripts were recorded from, where the whole
// server answers otherwise: no JWT, API keys on PostgreSQL, the text of a denied
// address, profile links of system accounts.
func WithBareHost() Option {
	return func(c *config) error {
		c.bareHost = true
		return nil
	}
}
