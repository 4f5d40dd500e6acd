package receiver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

// TestLogRecord: what is in a record, and that nothing else is.
func TestLogRecord(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body    string
		members string
		event   string
	}{
		"event":     {attempt(2), "duration event level method msg outcome status time", `{"id":41,"trigger":"group.created","attempt":2,"webhook":7}`},
		"legacy":    {`{"response":{}}`, "duration event level method msg outcome status time", `{"legacy":true,"bytes":15}`},
		"malformed": {`{}`, "duration error level method msg outcome status time", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var line bytes.Buffer
			logger := slog.New(slog.NewJSONHandler(&line, &slog.HandlerOptions{Level: slog.LevelDebug}))
			r, err := receiver.New(secret, nothing, receiver.WithLogger(logger))
			if err != nil {
				t.Fatal(err)
			}
			post(r, test.body)
			var record map[string]json.RawMessage
			if err := json.Unmarshal(line.Bytes(), &record); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(record)), " "); got != test.members {
				t.Errorf("a record has %s", got)
			}
			if string(record["event"]) != test.event {
				t.Errorf("the event is %s", record["event"])
			}
		})
	}
}

// TestOutcomeStatus: no outcome has a status that harms the webhook.
func TestOutcomeStatus(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[receiver.Outcome]int{
		receiver.OutcomeHandled:      http.StatusNoContent,
		receiver.OutcomeUnhandled:    http.StatusNoContent,
		receiver.OutcomeDuplicate:    http.StatusOK,
		receiver.OutcomeFailed:       http.StatusInternalServerError,
		receiver.OutcomeInFlight:     http.StatusServiceUnavailable,
		receiver.OutcomeDeduper:      http.StatusServiceUnavailable,
		receiver.OutcomeBusy:         http.StatusServiceUnavailable,
		receiver.OutcomeShutdown:     http.StatusServiceUnavailable,
		receiver.OutcomeNotSigned:    http.StatusUnauthorized,
		receiver.OutcomeBadSignature: http.StatusUnauthorized,
		receiver.OutcomeTooLarge:     http.StatusRequestEntityTooLarge,
		receiver.OutcomeIncomplete:   http.StatusBadRequest,
		receiver.OutcomeMalformed:    http.StatusBadRequest,
		receiver.OutcomeProbe:        http.StatusOK,
		receiver.OutcomeMethod:       http.StatusMethodNotAllowed,
		"no such outcome":            0,
	} {
		if got := outcome.Status(); got != want {
			t.Errorf("%s is answered %d, want %d", outcome, got, want)
		}
	}
}

// TestReadTimeout: it is over once the body is read.
func TestReadTimeout(t *testing.T) {
	t.Parallel()
	const timeout = 500 * time.Millisecond
	var cut error
	s, _ := server(t, func(ctx context.Context, _ *receiver.Event) error {
		select {
		case <-ctx.Done():
			cut = ctx.Err()
		case <-time.After(2 * timeout):
		}
		return nil
	}, func(s *http.Server) { s.ReadTimeout = timeout })
	status, err := send(t, s, http.MethodPost, strings.NewReader(delivery), delivery)
	if err != nil || status != http.StatusNoContent || cut != nil {
		t.Errorf("answered %d, %v; the handler saw %v", status, err, cut)
	}
}
