// Package portal is an embedded, in-memory stand-in for the webhook API of an
// ONLYOFFICE DocSpace portal, to develop and test against when no portal is at
// hand. It answers the nine webhook operations the way the vendor's server was
// recorded to answer them, oddities included, and it delivers: [Portal.Emit]
// makes something happen on the portal, and a worker signs and posts the
// deliveries to the receivers that are registered.
//
// In a test:
//
//	p := portal.Start(t)
//	client := … p.URL … p.Seed().Keys[0].Key …
//	ids, err := p.Emit(ctx, portal.Event{Trigger: wire.FileCreated})
//
// A [Portal] is an [net/http.Handler]; [Listen] and [Start] put one on a port.
// Which server it behaves like is chosen by options: [WithGeneration],
// [WithDatabase], [WithTimeZone] and the others change one table of traits, not
// the code that answers.
//
// Comments name captures by their case (`createWebhook.flags.*`): recorded
// exchanges of the vendor's server, the source of nearly everything here.
package portal
