// Package openapi holds the contract of the nine webhook operations and of the
// deliveries, as an OpenAPI 3.0.3 document. It is language-neutral: generate
// clients from it for any language. DEVIATIONS.md beside it tells where it
// differs from the vendor's own file.
package openapi

import _ "embed"

// Contract is the document (webhooks.yaml).
//
//go:embed webhooks.yaml
var Contract []byte
