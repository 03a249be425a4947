// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"encoding/json"
	"strings"
)

// schema is what is needed of a JSON schema to make a small document that fits it.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Format     string            `json:"format"`
	Enum       []any             `json:"enum"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	MinItems   int               `json:"minItems"`
	MinLength  int               `json:"minLength"`
	Minimum    *float64          `json:"minimum"`
}

// known are values for fields that a type alone does not tell.
var known = map[string]any{"event": "withdraw", "birth_date": "1990-01-01", "email": "altra@prova.example", "kind": "data", "role": "operator",
	"roles": []any{"operator"}, "minutes": 30, "reason": "Prova di isolamento della rete."}

// fill makes a document that fits, with the required fields only.
func (d description) fill(s schema, depth int) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok && depth < 12 {
		return d.fill(d.Components.Schemas[name], depth+1)
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	typ, _ := s.Type.(string)
	if list, ok := s.Type.([]any); ok && len(list) > 0 {
		typ, _ = list[0].(string)
	}
	switch typ {
	case "object":
		out := map[string]any{}
		for _, name := range s.Required {
			if v, ok := known[name]; ok {
				out[name] = v
			} else if depth < 12 {
				out[name] = d.fill(s.Properties[name], depth+1)
			}
		}
		return out
	case "array":
		out := []any{}
		for range s.MinItems {
			out = append(out, d.fill(*s.Items, depth+1))
		}
		return out
	case "integer", "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case "boolean":
		return true
	case "string":
		switch s.Format {
		case "date":
			return "2026-01-01"
		case "date-time":
			return "2026-01-01T00:00:00Z"
		case "uuid":
			return unknownID
		}
		return strings.Repeat("a", max(1, s.MinLength))
	}
	return nil
}

// body is a document that an operation takes; nil where it takes none.
func (d description) body(method, path string) any {
	var op struct {
		RequestBody *struct {
			Content map[string]struct {
				Schema schema `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
	}
	raw := d.Paths[path][strings.ToLower(method)]
	if raw == nil || json.Unmarshal(raw, &op) != nil || op.RequestBody == nil {
		return nil
	}
	for _, c := range op.RequestBody.Content {
		text, err := json.Marshal(d.fill(c.Schema, 0))
		if err == nil {
			return text
		}
	}
	return nil
}
