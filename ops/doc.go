// Package ops composes several calls of package api into what running webhooks
// in earnest needs: [CheckWebhook] says before a webhook is made why a portal
// would refuse it, [Wait] follows a delivery to its outcome, and [RetryFailed]
// delivers again what failed, once each, also across a crash.
//
//	report, err := ops.RetryFailed(ctx, client, api.DeliveryFilter{Webhook: hook.ID},
//		ops.WithJournal(ops.NewFileJournal("replay.journal")), ops.AwaitOutcomes(10*time.Minute))
//
// Everything goes by the portal's delivery log, which is all that a client sees
// of its sender. What the log does not tell is reported as unknown.
package ops
