// Package receiver takes in the webhook deliveries of ONLYOFFICE DocSpace: it
// verifies their signature, decodes them and answers as the portal expects.
//
// [Receiver] is an [net/http.Handler] that does all of it around one function
// of yours. [Mux] makes that function of several, one for each kind of trigger,
// and [Typed] gives them the payload as a [User], [Group], [File], [Folder],
// [Room] or [Form], whichever generation of portals sent it. [Verify] and
// [Parse] do the two halves apart, for a queue that verifies now and decodes
// later; [Sign] makes deliveries for tests.
//
// The body is signed as the bytes on the wire. A body that was decoded and
// encoded again, by a framework or by a proxy, does not verify.
//
// # What the portal promises
//
// It is not much, and a handler has to be written for it:
//
//   - At least once. A delivery whose answer got lost comes again, with the
//     same [Event.ID], another [Event.Attempt] and another signature.
//   - Unless the portal restarts: its queue is in memory up to 3.8, and what
//     was in it is gone.
//   - Unordered. Up to ten deliveries are under way at once, and one upload
//     sends file.created and file.uploaded in either order.
//   - Delayed without bound. The ten wait for the slowest among them, other
//     people's receivers and their retries included: minutes are normal.
//   - Every answer but a 2xx is tried again: five times, after 1, 2, 4, 8 and
//     16 seconds (2 to 32 before 3.5). Portals up to 3.0 give up at once on most
//     4xx.
//   - An answer is awaited for 100 seconds; 30 are announced for the release
//     after 3.8. Whatever takes longer belongs in a queue.
//   - A retry by hand, from the portal's interface or through its API, is a
//     new delivery: up to 3.8 it carries a new [Event.ID] with the [Event.Time]
//     and the payload of the old one.
//
// # What the signature does not promise
//
// It covers the body alone: there is no timestamp and no nonce in the scheme.
// A recorded delivery that is sent again verifies again, and nothing in the
// message tells it from the first. Keep the endpoint on TLS, keep the bodies
// out of logs, and remember the events that must not count twice.
//
// The release after 3.8 is announced to send the event's id and time as headers
// too. They are not signed, and nothing here reads them.
//
// # One effect per event
//
// [WithDeduper] has a Receiver remember what it has handled. An event is claimed
// before its handler runs and recorded when it has returned nil; in between,
// other deliveries of it are told to come back, because whether it succeeds is
// not known yet. A handler that fails, panics or is cut off frees its event.
//
// Ids are unique within one portal. Serve each portal with a Receiver of its
// own, which has the portal's secret and name; several of them may share an
// [net/http.ServeMux], a [Deduper] and a handler. Two webhooks of one portal are
// two Receivers with one name.
//
// # Running it
//
// [WithMaxConcurrent] bounds what is under way, [Receiver.Shutdown] waits for
// it, [WithLogger] tells about each request and [WithObserver] counts them.
// Limits on time belong to the server: set [net/http.Server.ReadTimeout], which
// ends bodies that come slowly and leaves the handler alone.
//
// # What an answer does to the portal
//
// A 410 makes the portal delete the webhook, a redirect loses the body on
// portals up to 3.6, a cookie is kept and sent along with deliveries to other
// receivers on the same host, and the text of a successful answer is stored in
// the portal's log, where more than 64 KiB breaks the entry. A Receiver sends
// none of these and a handler cannot make it; middleware around it must not
// either, and has to let HEAD through, which the portal sends to try the
// address before it saves a webhook.
package receiver
