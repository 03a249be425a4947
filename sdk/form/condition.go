// SPDX-License-Identifier: BSD-3-Clause

package form

import "slices"

// Condition holds while the value of an earlier field is one of In: for a choice its
// value, for a multi_choice any of its values, for a yes_no "true" or "false". It does
// not hold while that field is itself hidden.
type Condition struct {
	Field string   `json:"field,omitempty"`
	In    []string `json:"in,omitempty"`
}

// Visible reports whether the field called name is asked, given the other values. A field
// that does not exist is not visible.
func (f Form) Visible(name string, values map[string]any) bool {
	field := f.find(name)
	return field != nil && f.visible(field, values, len(f.Fields))
}

// visible follows the chain of conditions; depth ends it where a description that was
// never checked refers to itself.
func (f Form) visible(field *Field, values map[string]any, depth int) bool {
	return field.VisibleWhen == nil || f.holds(*field.VisibleWhen, values, depth)
}

func (f Form) holds(c Condition, values map[string]any, depth int) bool {
	on := f.find(c.Field)
	if on == nil || depth <= 0 || !f.visible(on, values, depth-1) {
		return false
	}
	for _, v := range chosen(on.Kind, values[c.Field]) {
		if slices.Contains(c.In, v) {
			return true
		}
	}
	return false
}

// required reports whether the field must be answered.
func (f Form) required(field *Field, values map[string]any) bool {
	if field.Required {
		return true
	}
	return field.RequiredWhen != nil && f.holds(*field.RequiredWhen, values, len(f.Fields))
}

// chosen gives the values a condition looks at; of a value of the wrong kind, none.
func chosen(k Kind, v any) []string {
	switch k {
	case KindChoice:
		if s, ok := v.(string); ok {
			return []string{s}
		}
	case KindYesNo:
		if b, ok := v.(bool); ok {
			return []string{boolWord(b)}
		}
	case KindMultiChoice:
		list, _ := asList(v)
		var out []string
		for _, item := range list {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func boolWord(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
