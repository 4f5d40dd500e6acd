package validate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// closeSchemas makes every object with declared members refuse others. Objects
// without any (maps, free forms) stay open, and so do branches of oneOf that
// only narrow what the schema around them declares: these have no type. It
// refuses what it could not close, or this package could not check.
func closeSchemas(spec *openapi3.T) error {
	return eachSchema(spec, func(s *openapi3.Schema) error {
		if len(s.AllOf)+len(s.AnyOf) > 0 || s.Not != nil {
			return errors.New("contract: allOf, anyOf and not cannot be held strictly")
		}
		if s.Type.Is("number") {
			return errors.New("contract: type number: every number here is an integer")
		}
		if s.Type.Is("object") && len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil {
			closed := false
			s.AdditionalProperties.Has = &closed
		}
		return nil
	})
}

// project takes required away from all that lies below the member response of
// a success.
func project(spec *openapi3.T) {
	seen := map[*openapi3.Schema]bool{}
	for _, item := range spec.Paths.Map() {
		for _, op := range item.Operations() {
			for _, media := range op.Responses.Status(200).Value.Content {
				_ = walk(media.Schema.Value.Properties["response"].Value, seen, func(s *openapi3.Schema) error {
					s.Required = nil
					return nil
				})
			}
		}
	}
}

// eachSchema calls visit once for every schema that a body can have.
func eachSchema(spec *openapi3.T, visit func(*openapi3.Schema) error) error {
	seen := map[*openapi3.Schema]bool{}
	for _, ref := range spec.Components.Schemas {
		if err := walk(ref.Value, seen, visit); err != nil {
			return err
		}
	}
	for _, r := range spec.Components.Responses {
		for _, media := range r.Value.Content {
			if err := walk(media.Schema.Value, seen, visit); err != nil {
				return err
			}
		}
	}
	for _, item := range spec.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody != nil && op.RequestBody.Ref == "" {
				for _, media := range op.RequestBody.Value.Content {
					if err := walk(media.Schema.Value, seen, visit); err != nil {
						return err
					}
				}
			}
			for _, r := range op.Responses.Map() {
				for _, media := range r.Value.Content {
					if err := walk(media.Schema.Value, seen, visit); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func walk(s *openapi3.Schema, seen map[*openapi3.Schema]bool, visit func(*openapi3.Schema) error) error {
	if seen[s] {
		return nil
	}
	seen[s] = true
	if err := visit(s); err != nil {
		return err
	}
	inner := slices.Concat(s.OneOf, s.AnyOf, s.AllOf)
	for _, p := range s.Properties {
		inner = append(inner, p)
	}
	for _, ref := range []*openapi3.SchemaRef{s.Items, s.AdditionalProperties.Schema, s.Not} {
		if ref != nil {
			inner = append(inner, ref)
		}
	}
	for _, ref := range inner {
		if err := walk(ref.Value, seen, visit); err != nil {
			return err
		}
	}
	return nil
}

// matches holds value against schema.
func matches(schema *openapi3.Schema, value any) violations {
	err := schema.VisitJSON(value, openapi3.MultiErrors(), openapi3.WithStringFormatValidators(formats),
		openapi3.DisableSchemaErrorDetails()) // the values, which a oneOf would write out for each branch
	if err == nil {
		return nil
	}
	return flatten(err)
}

// formats are the formats of texts that kin-openapi does not check, or checks
// too loosely. They live here and not in its global table, which belongs to
// whoever else imports it.
var formats = map[string]openapi3.StringFormatValidator{
	"uuid":      openapi3.NewRegexpFormatValidator(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`),
	"date-time": openapi3.NewCallbackValidator(dateTime),
	// A custom format of the contract: a date-time that may lack its zone.
	"date-time-any-zone": openapi3.NewCallbackValidator(func(s string) error {
		if dateTime(s) == nil {
			return nil
		}
		return dateTime(s + "Z")
	}),
}

var dateTimeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)$`)

// dateTime refuses what the server cannot have written: its fractions have at
// most seven digits.
func dateTime(s string) error {
	if !dateTimeForm.MatchString(s) {
		return errors.New("not a date-time")
	}
	_, err := time.Parse(time.RFC3339, s)
	return err
}

// flatten turns kin-openapi's errors, whose texts hold the value, into ours.
func flatten(err error) violations {
	switch e := err.(type) { //nolint:errorlint // errors.As would look into the branches of a oneOf
	case openapi3.MultiError:
		var found violations
		for _, one := range e {
			found = append(found, flatten(one)...)
		}
		return found
	case *openapi3.SchemaError:
		if e.SchemaField == "oneOf" {
			return closest(e)
		}
		return violations{violation(e)}
	}
	return violations{{Rule: "schema"}}
}

// closest returns what is wrong with the branch of a oneOf that was meant: the
// one that reaches deepest into the value, and of those the one with fewest
// complaints. A branch whose enum does not hold was not meant.
func closest(err *openapi3.SchemaError) violations {
	var branches openapi3.MultiError
	if !errors.As(errors.Unwrap(err.Origin), &branches) { // several branches hold
		return violations{{Place: pointer(err.JSONPointer()), Rule: "oneOf"}}
	}
	var best violations
	bestRank := []int{}
	for _, branch := range branches {
		v := flatten(branch)
		if rank := rank(v); best == nil || slices.Compare(rank, bestRank) < 0 {
			best, bestRank = v, rank
		}
	}
	return best
}

// rank orders branches, the likeliest first.
func rank(v violations) []int {
	depth, foreign := 0, 0
	for _, e := range v {
		depth = max(depth, strings.Count(e.Place, "/"))
		if strings.HasPrefix(e.Rule, "enum") {
			foreign = 1
		}
	}
	return []int{foreign, -depth, len(v)}
}

// violation names the keyword that does not hold and what it asks for.
func violation(err *openapi3.SchemaError) *Error {
	path, rule := err.JSONPointer(), err.SchemaField
	switch s := err.Schema; err.SchemaField {
	case "type":
		rule = "type " + strings.Join(s.Type.Slice(), ", ")
	case "nullable":
		rule = "not null"
	case "properties": // additionalProperties; the name is in the text only
		rule = "known member"
		if name, ok := quoted(err.Reason); ok {
			path = append(path, name)
		}
	case "format":
		rule = "format " + s.Format
	case "pattern":
		rule = "pattern " + s.Pattern
	case "enum":
		rule = fmt.Sprintf("enum %v", s.Enum)
	case "minimum":
		rule = fmt.Sprintf("minimum %.0f", *s.Min)
	case "maximum":
		rule = fmt.Sprintf("maximum %.0f", *s.Max)
	case "minLength":
		rule = fmt.Sprintf("minLength %d", s.MinLength)
	case "maxLength":
		rule = fmt.Sprintf("maxLength %d", *s.MaxLength)
	case "minItems":
		rule = fmt.Sprintf("minItems %d", s.MinItems)
	case "maxItems":
		rule = fmt.Sprintf("maxItems %d", *s.MaxItems)
	}
	return &Error{Place: pointer(path), Rule: rule}
}

// quoted returns the first Go-quoted word of s.
func quoted(s string) (string, bool) {
	if i := strings.IndexByte(s, '"'); i >= 0 {
		if q, err := strconv.QuotedPrefix(s[i:]); err == nil {
			name, err := strconv.Unquote(q)
			return name, err == nil
		}
	}
	return "", false
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// pointer writes path as a JSON pointer (RFC 6901).
func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(pointerEscapes.Replace(p))
	}
	return b.String()
}
