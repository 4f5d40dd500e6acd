package receiver_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// mustNotLeak fails if a text holds one of the tests' secrets or one of the
// signatures, in whatever letter case.
func mustNotLeak(t testing.TB, text string, signatures ...string) {
	t.Helper()
	text = strings.ToLower(text)
	forbidden := []string{secret, other}
	for _, s := range signatures {
		// Shorter ones are words of the message.
		if digits := strings.TrimPrefix(s, "sha256="); len(digits) > 32 {
			forbidden = append(forbidden, digits)
		}
	}
	for _, f := range forbidden {
		if strings.Contains(text, strings.ToLower(f)) {
			t.Errorf("%q is in: %s", f, text)
		}
	}
}

// logbook keeps what is logged, as text and as JSON, and the last error in it.
// Its zero value is ready.
type logbook struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	err   error
	level slog.Level
}

func (b *logbook) logger() *slog.Logger { return slog.New(b) }

func (b *logbook) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// last returns the level of the last record and the error in it.
func (b *logbook) last() (slog.Level, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level, b.err
}

func (b *logbook) Enabled(context.Context, slog.Level) bool { return true }
func (b *logbook) WithAttrs([]slog.Attr) slog.Handler       { return b }
func (b *logbook) WithGroup(string) slog.Handler            { return b }

func (b *logbook) Handle(ctx context.Context, record slog.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.level, b.err = record.Level, nil
	record.Attrs(func(attr slog.Attr) bool {
		if err, ok := attr.Value.Any().(error); ok {
			b.err = err
		}
		return true
	})
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	if err := slog.NewTextHandler(&b.buf, options).Handle(ctx, record); err != nil {
		return err
	}
	return slog.NewJSONHandler(&b.buf, options).Handle(ctx, record)
}
