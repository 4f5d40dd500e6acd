package webhooks_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/docspace-go/webhooks/openapi"
)

// contractTree is the contract as YAML has it. The mutants are made from it and
// not with package validate, so that the two can disagree.
type contractTree map[string]any

func readContractTree(t *testing.T) contractTree {
	t.Helper()
	var tree map[string]any
	if err := yaml.Unmarshal(openapi.Contract, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// object returns a member that is an object, nil if it is none.
func (c contractTree) object(name string) contractTree {
	o, _ := c[name].(map[string]any)
	return o
}

// response returns what an operation answers with a status.
func (c contractTree) response(operationID string, status int) contractTree {
	paths := c.object("paths")
	for path := range paths {
		for method := range paths.object(path) {
			if o := paths.object(path).object(method); o["operationId"] == operationID {
				return c.deref(o.object("responses").object(strconv.Itoa(status)))
			}
		}
	}
	return nil
}

// delivery returns the schema of a delivery's body.
func (c contractTree) delivery() map[string]any {
	return c.object("components").object("schemas").object("WebhookDelivery")
}

// deref follows a $ref.
func (c contractTree) deref(o contractTree) contractTree {
	ref, ok := o["$ref"].(string)
	if !ok {
		return o
	}
	at := c
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.object(name)
	}
	return c.deref(at)
}

// resolve follows references and takes the branch of a oneOf that is meant for
// value, with the members of the schema around it.
func (c contractTree) resolve(schema contractTree, value any) map[string]any {
	schema = c.deref(schema)
	branches, ok := schema["oneOf"].([]any)
	if !ok {
		return schema
	}
	for _, b := range branches {
		branch := c.deref(b.(map[string]any))
		if !c.meant(branch, value) {
			continue
		}
		merged := maps.Clone(schema)
		delete(merged, "oneOf")
		for name, v := range branch {
			if name != "properties" || merged[name] == nil {
				merged[name] = v
			}
		}
		if payload := branch.object("properties")["payload"]; payload != nil {
			properties := maps.Clone(schema.object("properties"))
			properties["payload"] = payload
			merged["properties"] = map[string]any(properties)
		}
		return merged
	}
	return nil
}

// meant tells whether a branch is for value: by the event it names, or by type.
func (c contractTree) meant(branch contractTree, value any) bool {
	if event := branch.object("properties").object("event"); event != nil && event["$ref"] == nil {
		names, _ := event.object("properties").object("trigger")["enum"].([]any)
		delivery, _ := value.(map[string]any)
		named, _ := delivery["event"].(map[string]any)
		return slices.Contains(names, named["trigger"])
	}
	switch value.(type) {
	case map[string]any:
		return branch["type"] == "object"
	case []any:
		return branch["type"] == "array"
	case string:
		return branch["type"] == "string"
	case json.Number:
		return branch["type"] == "integer"
	}
	return false
}
