package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Defaults of the options.
const (
	// DefaultTimeout is longer than the server ever takes: portals before 3.7
	// wait up to 100 s for a receiver when a webhook is created or changed.
	DefaultTimeout = 2 * time.Minute
	// DefaultMaxAnswer holds the longest page of the log of a portal on MySQL.
	DefaultMaxAnswer = 64 << 20
)

// Option sets up a client. Their order does not matter, except that the last of
// several of one kind counts; credentials can be given once.
type Option func(*config) error

type config struct {
	credentials []credential
	httpClient  *http.Client
	timeout     time.Duration
	retry       RetryPolicy
	limiter     *limiter // nil: none
	maxAnswer   int64
	log         func(context.Context, exchange, time.Duration) // nil: nobody listens, and no handler is linked
	// correct reads what corrects an answer's dates; nil: they stay as they came.
	correct   func(*Client, context.Context, operation) (corrector, error)
	userAgent string
}

func newConfig(opts []Option) (config, error) {
	c := config{
		httpClient: &http.Client{},
		timeout:    DefaultTimeout,
		retry:      RetryPolicy{}.filled(),
		maxAnswer:  DefaultMaxAnswer,
		userAgent:  userAgent(),
	}
	for _, opt := range opts {
		if opt == nil {
			return c, errors.New("an option is nil")
		}
		if err := opt(&c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// WithHTTPClient makes the calls with client, which is copied. Its Timeout
// ends a call whatever [WithTimeout] says. Redirects are judged by this package
// before its CheckRedirect is asked.
func WithHTTPClient(client *http.Client) Option {
	return func(c *config) error {
		if client == nil {
			return errors.New("WithHTTPClient: the client is nil")
		}
		c.httpClient = client
		return nil
	}
}

// WithTimeout bounds each request, the reading of its answer included;
// [DefaultTimeout] unless told. What is sent again has the time once more. Creating, changing and enabling a webhook wait
// for its receiver: 10 s and more.
func WithTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("WithTimeout: %s is not positive; bound calls by their context to have no timeout of their own", d)
		}
		c.timeout = d
		return nil
	}
}

// WithMaxAnswer bounds the answer of a call in bytes; [DefaultMaxAnswer] unless
// told. A longer one is [ErrAnswerTooLarge].
func WithMaxAnswer(bytes int64) Option {
	return func(c *config) error {
		if bytes <= 0 {
			return fmt.Errorf("WithMaxAnswer: %d is not positive", bytes)
		}
		c.maxAnswer = bytes
		return nil
	}
}

// WithLogger logs a line a request at level Debug: operation, method, path,
// status, attempt, duration. Never a body, a header or a query.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return errors.New("WithLogger: the logger is nil")
		}
		c.log = func(ctx context.Context, x exchange, took time.Duration) {
			logger.LogAttrs(ctx, slog.LevelDebug, "docspace call",
				slog.String("operation", x.id), slog.String("method", x.method), slog.String("path", x.path),
				slog.Int("status", x.StatusCode), slog.Int("attempt", x.attempts), slog.Duration("duration", took))
		}
		return nil
	}
}

// WithApplication puts the caller's name, and its version unless empty, before
// this module's in the User-Agent.
func WithApplication(name, version string) Option {
	return func(c *config) error {
		app := name
		if !isToken(name) {
			return fmt.Errorf("WithApplication: the name %q is not a token of HTTP: want letters, digits, dots, - and _", name)
		}
		if version != "" {
			if !isToken(version) {
				return fmt.Errorf("WithApplication: the version %q is not a token of HTTP: want letters, digits, dots, - and _", version)
			}
			app += "/" + version
		}
		c.userAgent = app + " " + userAgent()
		return nil
	}
}

// isToken reports whether s is what RFC 9110 calls a token.
func isToken(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && !strings.Contains("!#$%&'*+-.^_`|~", s[i:i+1]) {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
