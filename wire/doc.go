// Package wire holds the few value types of DocSpace's webhook API that the
// code generator is told to use: [Triggers], [Time], [WebhookID], [DeliveryID],
// [StatusClass], [Secret] and [LoggedHeaders]. They exist because the server
// writes these values in ways that Go's own types would lose or leak.
//
// Callers reach them through package api, which aliases each of them.
package wire
