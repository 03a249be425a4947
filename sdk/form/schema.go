// SPDX-License-Identifier: BSD-3-Clause

package form

import "maps"

// Dialect is the JSON Schema dialect that Schema speaks.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

const (
	patternAnswered  = "[^ \\t\\n\\f\\r]"
	patternClean     = "^[^\\x00]*$"
	patternReference = "^[A-Za-z0-9._-]{1,300}$"
	patternDate      = "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"
)

// Schema gives the JSON Schema of a complete value, with titles in lang. It says what
// Validate in mode Complete says, but for the order of the two ends of a date range,
// which JSON Schema cannot express. Formats must be asserted by who uses it.
func (f Form) Schema(lang string) map[string]any {
	s := f.object(lang, Complete)
	s["$schema"] = Dialect
	return s
}

func (f Form) object(lang string, mode Mode) map[string]any {
	props := map[string]any{}
	var required, rules []any
	for _, field := range f.Fields {
		if mode == Draft {
			props[field.Name] = field.schema(lang, Draft)
			continue
		}
		if field.VisibleWhen == nil {
			props[field.Name] = field.schema(lang, Complete)
		} else {
			// While hidden a value need only be of the right kind.
			props[field.Name] = field.schema(lang, Draft)
			full := field.schema("", Complete)
			rules = append(rules, ifThen(f.whenVisible(field), map[string]any{"properties": map[string]any{field.Name: full}}))
		}
		switch {
		case field.Required && field.VisibleWhen == nil:
			required = append(required, field.Name)
			maps.Copy(props[field.Name].(map[string]any), answered(field.Kind))
		case field.Required:
			rules = append(rules, ifThen(f.whenVisible(field), demand(field)))
		case field.RequiredWhen != nil:
			rules = append(rules, ifThen(append(f.when(*field.RequiredWhen), f.whenVisible(field)...), demand(field)))
		}
	}
	out := map[string]any{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	if len(rules) > 0 {
		out["allOf"] = rules
	}
	return out
}

// answered says that a value is more than blank or empty.
func answered(k Kind) map[string]any {
	switch k {
	case KindText, KindLongText:
		return map[string]any{"pattern": patternAnswered}
	case KindMultiChoice, KindTable:
		return map[string]any{"minItems": 1}
	}
	return map[string]any{}
}

func demand(f Field) map[string]any {
	return map[string]any{"required": []any{f.Name}, "properties": map[string]any{f.Name: answered(f.Kind)}}
}

func ifThen(when []any, then map[string]any) map[string]any {
	return map[string]any{"if": map[string]any{"allOf": when}, "then": then}
}

// when turns a condition, and those its own field hangs on, into schemas that all must hold.
func (f Form) when(c Condition) []any {
	on, _ := f.Field(c.Field)
	values := make([]any, 0, len(c.In))
	for _, v := range c.In {
		if on.Kind == KindYesNo {
			values = append(values, v == "true")
		} else {
			values = append(values, v)
		}
	}
	match := map[string]any{"enum": values}
	if on.Kind == KindMultiChoice {
		match = map[string]any{"type": "array", "contains": match}
	}
	this := map[string]any{"required": []any{c.Field}, "properties": map[string]any{c.Field: match}}
	return append([]any{this}, f.whenVisible(on)...)
}

func (f Form) whenVisible(field Field) []any {
	if field.VisibleWhen == nil {
		return nil
	}
	// Only earlier fields: a description that was never checked cannot send this round in circles.
	return f.before(field.Name).when(*field.VisibleWhen)
}

func (f Form) before(name string) Form {
	for i, field := range f.Fields {
		if field.Name == name {
			return Form{Fields: f.Fields[:i]}
		}
	}
	return Form{}
}

// schema describes the value of one field; lang "" leaves titles out.
func (f Field) schema(lang string, mode Mode) map[string]any {
	s := f.shape(lang, mode)
	if lang != "" {
		s["title"] = f.Label.In(lang)
		if hint := f.Hint.In(lang); hint != "" {
			s["description"] = hint
		}
	}
	return s
}

func (f Field) shape(lang string, mode Mode) map[string]any {
	low, high := f.bounds()
	switch f.Kind {
	case KindText, KindLongText:
		return map[string]any{"type": "string", "maxLength": f.maxLength(), "allOf": []any{map[string]any{"pattern": patternClean}}}
	case KindInteger, KindMoney, KindPersonCount:
		return map[string]any{"type": "integer", "minimum": low, "maximum": high}
	case KindDate:
		return date()
	case KindDateRange:
		return closed(mode, []any{"from", "to"}, map[string]any{"from": date(), "to": date()})
	case KindChoice:
		return map[string]any{"type": "string", "enum": f.optionValues()}
	case KindMultiChoice:
		return f.list(map[string]any{"type": "string", "enum": f.optionValues()}, mode, true)
	case KindYesNo:
		return map[string]any{"type": "boolean"}
	case KindFile:
		return map[string]any{"type": "string", "pattern": patternReference}
	case KindCourse:
		return course(mode)
	case KindTable:
		return f.list(Form{Fields: f.Columns}.object(lang, mode), mode, false)
	}
	return map[string]any{"not": map[string]any{}}
}

func date() map[string]any {
	return map[string]any{"type": "string", "format": "date", "pattern": patternDate}
}

func closed(mode Mode, required []any, props map[string]any) map[string]any {
	s := map[string]any{"type": "object", "properties": props, "additionalProperties": false}
	if mode == Complete {
		s["required"] = required
	}
	return s
}

func course(mode Mode) map[string]any {
	title := map[string]any{"type": "string", "maxLength": maxReference, "allOf": []any{map[string]any{"pattern": patternClean}}}
	ref := map[string]any{"type": "string", "pattern": patternReference}
	s := closed(mode, []any{"title"}, map[string]any{"title": title, "catalog": ref, "edition": ref})
	if mode == Complete {
		title["pattern"] = patternAnswered
		s["dependentRequired"] = map[string]any{"edition": []any{"catalog"}}
	}
	return s
}

func (f Field) list(items map[string]any, mode Mode, unique bool) map[string]any {
	low, high := f.bounds()
	s := map[string]any{"type": "array", "items": items, "maxItems": high}
	if unique {
		s["uniqueItems"] = true
	}
	if mode == Complete && low > 1 {
		// An empty list is no answer; whether one is demanded is said elsewhere.
		s["anyOf"] = []any{map[string]any{"maxItems": 0}, map[string]any{"minItems": low}}
	}
	return s
}

func (f Field) optionValues() []any {
	out := make([]any, 0, len(f.Options))
	for _, o := range f.Options {
		out = append(out, o.Value)
	}
	return out
}
