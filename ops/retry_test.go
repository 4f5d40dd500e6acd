package ops_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docspace-go/webhooks/api"
	"github.com/docspace-go/webhooks/ops"
)

// longEnough is more than the sender needs for two batches of failures in a row:
// of two events at once, the second may miss the first one's batch.
const longEnough = 5 * time.Minute

func TestRetryFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusServiceUnavailable))
		w.emit(t, api.FileCreated, "a") // 1
		w.emit(t, api.FileUpdated, "b") // 2
		time.Sleep(longEnough)
		w.receiver.set(refusing)
		w.emit(t, api.FileCreated, "c") // 3
		time.Sleep(longEnough)
		w.receiver.set(always(http.StatusOK))
		w.emit(t, api.FileCreated, "d") // 4
		time.Sleep(longEnough)

		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.DryRun())
		if got, want := states(report), "1:planned, 2:planned"; got != want || err != nil {
			t.Errorf("dry run: %s, %v, want %s", got, err, want)
		}
		if len(w.Log()) != 4 {
			t.Errorf("a dry run made rows")
		}
		filter := api.DeliveryFilter{Status: api.Failed | api.NotSent}
		report, err = ops.RetryFailed(t.Context(), w.client, filter, ops.AwaitOutcomes(time.Minute))
		if got, want := states(report), "1:redelivered→5, 2:redelivered→6, 3:redelivered→7"; got != want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		if got, want := report.String(), "3 failed: 3 redelivered"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		report, err = ops.RetryFailed(t.Context(), w.client, filter)
		if got, want := states(report), "1:already delivered by 5, 2:already delivered by 6, 3:already delivered by 7"; got != want || err != nil {
			t.Errorf("again: %s, %v, want %s", got, err, want)
		}
	})
}

// An event that fails again and again is a chain of rows: its newest stands for
// it, once a job.
func TestRetryFailedChain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusNotFound))
		w.emit(t, api.FileCreated, "a")
		time.Sleep(longEnough)
		var journal memory
		retry := func(want string, opts ...ops.RetryOption) {
			t.Helper()
			report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, opts...)
			if got := states(report); got != want || err != nil {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		}
		retry("1:failed again→2", ops.WithJournal(&journal), ops.AwaitOutcomes(longEnough))
		retry("1:failed again→2", ops.WithJournal(&journal), ops.AwaitOutcomes(longEnough))
		retry("1:superseded by 2, 2:failed again→3", ops.AwaitOutcomes(longEnough))
		retry("1:superseded by 3, 2:superseded by 3, 3:queued→4")
		retry("1:already pending by 4, 2:already pending by 4, 3:already pending by 4")
		w.receiver.set(always(http.StatusOK))
		time.Sleep(longEnough)
		retry("1:already delivered by 4, 2:already delivered by 4, 3:already delivered by 4")
	})
}

// The state of an event is that of its newest row, whatever class is asked for.
func TestRetryFailedClasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusNotFound))
		w.emit(t, api.FileCreated, "a")
		time.Sleep(longEnough)
		w.receiver.set(always(http.StatusBadGateway))
		w.emit(t, api.FileCreated, "b")
		if _, err := w.client.RetryDelivery(t.Context(), 1); err != nil { // 3
			t.Fatal(err)
		}
		time.Sleep(longEnough)
		for class, want := range map[api.StatusClass]string{
			api.Status4xx: "1:superseded by 3",
			api.Status5xx: "2:planned, 3:planned",
			api.NotSent:   "",
		} {
			report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{Status: class}, ops.DryRun())
			if got := states(report); got != want || err != nil {
				t.Errorf("%s: %s, %v, want %s", class, got, err, want)
			}
		}
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.DryRun(), ops.SinceRow(3))
		if got, want := states(report), "3:planned"; got != want || err != nil {
			t.Errorf("since row 3: %s, %v, want %s", got, err, want)
		}
		report, err = ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.DryRun(), ops.Since(w.Log()[1].CreatedOn))
		if got, want := states(report), "2:planned, 3:planned"; got != want || err != nil {
			t.Errorf("since the second: %s, %v, want %s", got, err, want)
		}
	})
}

// Equal events of one second are as many events.
func TestRetryFailedTwins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusNotFound))
		w.emit(t, api.FileCreated, "a")
		w.emit(t, api.FileCreated, "a")
		time.Sleep(longEnough)
		w.receiver.set(always(http.StatusOK))
		if _, err := w.client.RetryDelivery(t.Context(), 2); err != nil { // 3, for 1 or 2: nobody knows once it is through
			t.Fatal(err)
		}
		time.Sleep(longEnough)
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{})
		if got, want := states(report), "1:unclear, 2:queued→4"; got != want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		time.Sleep(longEnough)
		if got := w.receiver.successes("a"); got != 2 {
			t.Errorf("%d deliveries, want 2", got)
		}
	})
}

// A webhook goes between reading and sending.
func TestRetryFailedGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusNotFound))
		w.emit(t, api.FileCreated, "a")
		w.emit(t, api.FileUpdated, "b")
		time.Sleep(longEnough)
		vanish := func(p ops.RetryProgress) {
			if p.Phase == ops.Sending {
				w.ForgetLog(1)
			}
		}
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.OnProgress(vanish))
		if got, want := states(report), "1:passed over, 2:queued→3"; got != want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	})
}

func TestRetryFailedRefuses(t *testing.T) {
	t.Parallel()
	c, err := api.New("https://acme.example.com", api.WithAPIKey("sk-"+"0"))
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]api.DeliveryFilter{
		"successes": {Status: api.Status2xx}, "bounds": {DeliveredFrom: time.Now()}, "a row": {Delivery: 1}, "an offset": {Offset: 1},
		"fields": {Fields: []api.DeliveryField{api.FieldID}},
	} {
		if _, err := ops.RetryFailed(t.Context(), c, f); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, o := range map[string]ops.RetryOption{
		"batch": ops.BatchSize(0), "settle": ops.SettleTime(-1), "await": ops.AwaitOutcomes(-1), "journal": ops.WithJournal(nil), "progress": ops.OnProgress(nil),
	} {
		if _, err := ops.RetryFailed(t.Context(), c, api.DeliveryFilter{}, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A webhook goes while its new deliveries are watched: they go with it.
func TestVanished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(always(http.StatusNotFound))
		w.emit(t, api.FileCreated, "a")
		w.emit(t, api.FileUpdated, "b")
		time.Sleep(longEnough)
		w.receiver.set(func(r *http.Request) (int, error) {
			if r.URL.Path == "/1" {
				w.ForgetLog(1)
			}
			return http.StatusOK, nil
		})
		report, err := ops.RetryFailed(t.Context(), w.client, api.DeliveryFilter{}, ops.AwaitOutcomes(longEnough))
		if got, want := states(report), "1:vanished→3, 2:redelivered→4"; got != want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	})
}
