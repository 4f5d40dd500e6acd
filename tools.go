//go:build tools

// Package tools pins, in go.mod, the programs that generate this module.
package tools

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
