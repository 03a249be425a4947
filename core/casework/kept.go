// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"bytes"
	"maps"

	"github.com/satis-toscana/satis/sdk/form"
)

// For gives the intervention as the version in use of its type sees it: answers that the
// form has no place for are kept aside, and kept ones that it asks for again are answers
// again. Nothing that was written is lost on the way. Details that follow this version, and
// those of the built-in seven, come back as they are.
func (v Intervention) For(t InterventionType) Intervention {
	if v.follows(t) {
		return v
	}
	details, kept := v.Split(t)
	for name, old := range v.Kept {
		used, all := t.take(name, old)
		now, answered := details[name]
		if used == nil || answered && !(all && partOf(now, old)) {
			continue // what was written since counts
		}
		details[name] = used
		if all && sameJSON(kept[name], old) {
			delete(kept, name)
		}
	}
	v.Details, v.Kept, v.TypeVersion = details, orNil(kept), t.Version
	return v
}

// Split tells the answers that a version of the type asks for from those it has no place for,
// of an intervention as it stands: what was kept aside stays there, unless a newer answer to
// the same question has to go there too.
func (v Intervention) Split(t InterventionType) (details, aside map[string]any) {
	if v.follows(t) {
		return v.Details, v.Kept
	}
	details, aside = map[string]any{}, map[string]any{}
	maps.Copy(aside, v.Kept)
	for name, value := range v.Details {
		used, all := t.take(name, value)
		if used != nil {
			details[name] = used
		}
		if old, had := aside[name]; !all && !(had && partOf(value, old)) {
			aside[name] = value
		}
	}
	return details, orNil(aside)
}

// follows reports whether the details are answers to the form of this very version.
func (v Intervention) follows(t InterventionType) bool {
	return t.Plugin == "" || v.TypeVersion == t.Version
}

// take gives what of a value the form has a place for; all is true where that is everything.
// A table keeps its rows, without the columns that are not asked.
func (t InterventionType) take(name string, value any) (used any, all bool) {
	field, asked := t.Form.Field(name)
	rows, isTable := value.([]any)
	if !asked || field.Kind != form.KindTable || !isTable {
		if asked && fits(field, value) {
			return value, true
		}
		return nil, false
	}
	out, cells := make([]any, 0, len(rows)), 0
	for all = true; len(out) < len(rows); {
		row, ok := rows[len(out)].(map[string]any)
		if !ok {
			return nil, false
		}
		left := map[string]any{}
		for column, cell := range row {
			if c, asked := (form.Form{Fields: field.Columns}).Field(column); asked && fits(c, cell) {
				left[column] = cell
			} else {
				all = false
			}
		}
		out, cells = append(out, left), cells+len(left)
	}
	if cells == 0 && !all {
		return nil, false
	}
	return out, all
}

// fits reports whether a question takes a value of this sort. Bounds are not looked at: who
// broke one can be told, and set it right.
func fits(field form.Field, value any) bool {
	for _, p := range (form.Form{Fields: []form.Field{field}}).Validate(map[string]any{field.Name: value}, form.Draft) {
		switch p.Code {
		case form.CodeUnknownField, form.CodeWrongKind, form.CodeNotAnOption:
			return false
		}
	}
	return true
}

// partOf reports whether a value is what some form left of another: the same, or a table
// with the same rows and fewer columns.
func partOf(part, whole any) bool {
	few, isTable := part.([]any)
	all, wasTable := whole.([]any)
	if !isTable || !wasTable || len(few) != len(all) {
		return sameJSON(part, whole)
	}
	for i := range few {
		row, _ := few[i].(map[string]any)
		old, _ := all[i].(map[string]any)
		for column, cell := range row {
			if !sameJSON(cell, old[column]) {
				return false
			}
		}
	}
	return true
}

// Question describes a kept answer: as the version asked that it was given to or, where none
// is known, by its bare name.
func (t InterventionType) Question(name string, value any) form.Field {
	for _, f := range t.Former {
		if field, asked := f.Field(name); asked && fits(field, value) {
			field.VisibleWhen = nil
			return field
		}
	}
	return form.Field{Name: name, Kind: form.KindText, Label: form.Text{IT: name, EN: name}}
}

// after gives the intervention as it is stored in the place of an old one of the same type:
// kept answers stay aside, and what was not touched follows the version that it followed.
func (v Intervention) after(old Intervention, t InterventionType) Intervention {
	was := old.For(t)
	details := maps.Clone(v.Details)
	if details == nil {
		details = map[string]any{}
	}
	again := map[string]bool{} // sent back as it was read
	for name, value := range v.Details {
		asRead := sameAt(name, v.Details, old.Details) || sameAt(name, v.Details, was.Kept)
		if _, all := t.take(name, value); asRead && !all {
			put(details, name, was.Details)
			again[name] = true
		}
	}
	stays := func(name string) bool {
		_, named := v.Kept[name]
		return v.Kept == nil || named || again[name]
	}
	for name := range old.Kept {
		if _, back := was.Details[name]; back && stays(name) && sameAt(name, v.Details, old.Details) {
			put(details, name, was.Details)
		}
	}
	kept := maps.Clone(was.Kept)
	maps.DeleteFunc(kept, func(name string, _ any) bool { return !stays(name) })
	if sameJSON(details, was.Details) && sameJSON(orNil(kept), was.Kept) {
		v.Details, v.Kept, v.TypeVersion = old.Details, old.Kept, old.TypeVersion
		return v
	}
	v.Details, v.Kept, v.TypeVersion = details, orNil(kept), t.Version
	return v
}

// put sets a name to what it is in another map, or takes it away where it is not there.
func put(in map[string]any, name string, from map[string]any) {
	if value, there := from[name]; there {
		in[name] = value
	} else {
		delete(in, name)
	}
}

func sameAt(name string, a, b map[string]any) bool {
	x, in := a[name]
	y, too := b[name]
	return in == too && sameJSON(x, y)
}

// sameJSON compares by JSON: 5 and 5.0 are the same, an absent and an empty value are not.
func sameJSON(a, b any) bool { return bytes.Equal(plainJSON(a), plainJSON(b)) }

// orNil makes an empty map an absent one, so that the same content is always the same bytes.
func orNil(m map[string]any) map[string]any {
	if len(m) == 0 {
		return nil
	}
	return m
}

// SameContent reports whether two interventions say the same, whatever their keys and
// the version that their details follow.
func (v Intervention) SameContent(o Intervention) bool {
	v.Key, v.TypeVersion = o.Key, o.TypeVersion
	return sameJSON(Plan{Interventions: []Intervention{v}}.Normal(), Plan{Interventions: []Intervention{o}}.Normal())
}
