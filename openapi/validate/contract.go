package validate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/docspace-go/webhooks/openapi"
)

// Contract is the contract, ready to validate with. It is safe for concurrent
// use.
type Contract struct {
	operations map[string]*operation // by operationId
	schemes    openapi3.SecuritySchemes
	security   openapi3.SecurityRequirements
	prefix     string // what all paths have in common
	bits       map[string]int64
	delivery   *operation
	probe      *operation
}

// operation is one operation of the contract.
type operation struct {
	id       string
	method   string
	segments []string // of the path, {name} for a parameter
	spec     *openapi3.Operation
	// projected is spec with nothing required inside the member response of a
	// success: what the query parameter fields leaves.
	projected *openapi3.Operation
}

// Load reads the embedded contract, once.
func Load() (*Contract, error) { return load() }

var load = sync.OnceValues(func() (*Contract, error) { return parse(openapi.Contract) })

// parse reads a contract. It refuses what this package would not check.
func parse(document []byte) (*Contract, error) {
	spec, err := read(document)
	if err != nil {
		return nil, err
	}
	projected, err := read(document)
	if err != nil {
		return nil, err
	}
	project(projected)

	c := &Contract{
		operations: map[string]*operation{},
		schemes:    spec.Components.SecuritySchemes,
		security:   spec.Security,
	}
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			c.operations[op.OperationID] = &operation{
				id:        op.OperationID,
				method:    method,
				segments:  strings.Split(path, "/"),
				spec:      op,
				projected: projected.Paths.Value(path).GetOperation(method),
			}
			if err := c.addCallbacks(op); err != nil {
				return nil, err
			}
		}
	}
	if c.delivery == nil || c.probe == nil {
		return nil, errors.New("contract: no callback with the portal's HEAD and POST")
	}
	c.prefix = commonPrefix(slices.Collect(maps.Keys(spec.Paths.Map())))
	c.bits, err = bits(spec)
	return c, err
}

// addCallbacks takes the requests that the portal sends from the callbacks of op.
func (c *Contract) addCallbacks(op *openapi3.Operation) error {
	for _, callback := range op.Callbacks {
		for _, item := range callback.Value.Map() {
			if item.Post == nil || item.Head == nil || c.delivery != nil {
				return fmt.Errorf("contract: %s: want one callback, with HEAD and POST", op.OperationID)
			}
			c.delivery = &operation{id: item.Post.OperationID, method: "POST", spec: item.Post}
			c.probe = &operation{id: item.Head.OperationID, method: "HEAD", spec: item.Head}
		}
	}
	return nil
}

// read parses document and closes its schemas.
func read(document []byte) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	spec, err := loader.LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	if err := spec.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return spec, closeSchemas(spec)
}

// bits returns the contract's names and bits of the events.
func bits(spec *openapi3.T) (map[string]int64, error) {
	ref := spec.Components.Schemas["WebhookTrigger"]
	if ref == nil {
		return nil, errors.New("contract: no schema WebhookTrigger")
	}
	members, ok := ref.Value.Extensions["x-bits"].(map[string]any)
	if !ok {
		return nil, errors.New("contract: WebhookTrigger has no x-bits")
	}
	named := make(map[string]int64, len(members))
	for name, v := range members {
		bit, err := strconv.ParseInt(fmt.Sprintf("%.0f", v), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("contract: x-bits of %s: %w", name, err)
		}
		named[name] = bit
	}
	return named, nil
}

func commonPrefix(paths []string) string {
	prefix := paths[0]
	for _, p := range paths[1:] {
		for !strings.HasPrefix(p, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}
