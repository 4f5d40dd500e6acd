// Package adapters is the map of a module that ties
// [github.com/docspace-go/webhooks/receiver] to other people's libraries. It is
// a module of its own, so that who uses the receiver alone neither downloads nor
// links them.
//
//   - redisdedup: receivers in several processes handle each event once
//   - handoff: events go to a message broker, through Watermill
//   - otelobserver: counters and durations for OpenTelemetry
package adapters
