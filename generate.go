// Package webhooks is the root of the DocSpace webhooks SDK. It holds no code
// of its own, only the line that generates package gen. The rooms are:
//
//   - api: the client of the nine operations. Start here to call a portal.
//   - receiver: verifies and handles the deliveries that a portal sends.
//   - ops: what takes several calls: replay of failures, waiting, preflight.
//   - portal: an embedded portal, to develop and test without a real one.
//   - openapi: the contract, language-neutral, with the Go dressing beside it;
//     openapi/validate holds requests, answers and captures against it, and
//     openapi/fixtures are recordings of the vendor's own server.
//   - gen: what the generator makes of the contract; nothing there is written
//     by hand.
//   - wire: the few value types that the generator is told to use.
//   - adapters: Redis, Watermill and OpenTelemetry for the receiver, a module of
//     its own, so that they cost nobody else anything.
//   - cmd/docspace-webhooks: the demo, the portal and the validator as a command.
//
// ops stands on api, api on gen, gen on wire, and portal on wire and receiver, by
// which it signs; receiver stands alone; openapi/validate is for tests and for
// the command.
package webhooks

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/oapi-codegen.yaml openapi/webhooks.yaml
