// SPDX-License-Identifier: BSD-3-Clause

package form

import "iter"

// Canonical gives the answers that count: of declared and visible fields, no blanks, each
// as one Go type. Numbers are int64, a multi_choice is []string, a date range and a course
// are map[string]any of strings, a table is []map[string]any; the rest is string or bool.
// What Validate would refuse is left out.
func (f Form) Canonical(values map[string]any) map[string]any {
	out := make(map[string]any, len(values))
	for field, v := range f.Answers(values) {
		out[field.Name] = v
	}
	return out
}

// Answers goes through what Canonical gives, in the order of the form.
func (f Form) Answers(values map[string]any) iter.Seq2[*Field, any] {
	return func(yield func(*Field, any) bool) {
		for i := range f.Fields {
			field := &f.Fields[i]
			v, there := values[field.Name]
			if !there || unanswered(field.Kind, v) || !f.visible(field, values, len(f.Fields)) {
				continue
			}
			if c, ok := field.canonical(v); ok && !yield(field, c) {
				return
			}
		}
	}
}

func (f *Field) canonical(v any) (any, bool) {
	switch f.Kind {
	case KindInteger, KindMoney, KindPersonCount:
		return whole(v)
	case KindYesNo:
		b, ok := v.(bool)
		return b, ok
	case KindMultiChoice:
		return strs(v)
	case KindDateRange:
		return members(v, "from", "to")
	case KindCourse:
		return members(v, "title", "catalog", "edition")
	case KindTable:
		return f.rows(v)
	}
	s, ok := v.(string)
	return s, ok
}

func whole(v any) (any, bool) {
	n, ok := asWhole(v)
	return n, ok && n >= -maxWhole && n <= maxWhole
}

func strs(v any) (any, bool) {
	list, ok := asList(v)
	out := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out, ok
}

func members(v any, names ...string) (any, bool) {
	obj, ok := v.(map[string]any)
	out := map[string]any{}
	for _, name := range names {
		if s, ok := obj[name].(string); ok && s != "" {
			out[name] = s
		}
	}
	return out, ok
}

func (f *Field) rows(v any) (any, bool) {
	list, ok := asList(v)
	row := Form{Fields: f.Columns}
	out := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if values, ok := item.(map[string]any); ok {
			out = append(out, row.Canonical(values))
		}
	}
	return out, ok
}
