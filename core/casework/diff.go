// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// ChangeKind is what happened to a part of a plan between two versions.
type ChangeKind string

// The kinds of change.
const (
	Added    ChangeKind = "added"
	Removed  ChangeKind = "removed"
	Modified ChangeKind = "modified"
)

// Change is one difference between two plans.
type Change struct {
	Kind    ChangeKind `json:"kind"`
	Section Section    `json:"section"`
	// Item names what changed within the section: an area, a title, an intervention's key.
	Item string `json:"item,omitempty"`
	// Field is the changed field of a modified item: "amount_cents", "details/hours".
	Field string `json:"field,omitempty"`
	From  any    `json:"from,omitempty"`
	To    any    `json:"to,omitempty"`
}

// Diff lists what it takes to turn one plan into another, section by section. Items are
// matched by what names them, so that moving one is no change.
func Diff(from, to Plan) []Change {
	var out []Change
	before, after := from.entries(), to.entries()
	for _, s := range Sections() {
		out = append(out, diffSection(s, before[s], after[s])...)
	}
	return out
}

// entry is an item of a section: a name, and its fields in the order they are shown.
type entry struct {
	name   string
	fields []field
}

type field struct {
	name  string
	value any
}

func diffSection(s Section, before, after []entry) []Change {
	var out []Change
	find := func(list []entry, name string) (entry, bool) {
		i := slices.IndexFunc(list, func(e entry) bool { return e.name == name })
		if i < 0 {
			return entry{}, false
		}
		return list[i], true
	}
	for _, old := range before {
		now, still := find(after, old.name)
		if !still {
			out = append(out, Change{Kind: Removed, Section: s, Item: old.name, From: old.summary()})
			continue
		}
		out = append(out, diffFields(s, old, now)...)
	}
	for _, now := range after {
		if _, had := find(before, now.name); !had {
			out = append(out, Change{Kind: Added, Section: s, Item: now.name, To: now.summary()})
		}
	}
	return out
}

func diffFields(s Section, old, now entry) []Change {
	var out []Change
	for _, f := range union(old.fields, now.fields) {
		a, b := old.value(f), now.value(f)
		if !sameValue(a, b) {
			out = append(out, Change{Kind: Modified, Section: s, Item: now.name, Field: f, From: a, To: b})
		}
	}
	return out
}

func union(a, b []field) []string {
	var out []string
	for _, f := range append(slices.Clone(a), b...) {
		if !slices.Contains(out, f.name) {
			out = append(out, f.name)
		}
	}
	return out
}

func (e entry) value(name string) any {
	for _, f := range e.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// summary is the first field that says something, for an item that came or went.
func (e entry) summary() any {
	for _, f := range e.fields {
		if f.value != nil && f.value != "" {
			return f.value
		}
	}
	return nil
}

// sameValue compares by JSON, so that 5 and 5.0 and an absent and an empty field are the same.
func sameValue(a, b any) bool {
	x, y := plainJSON(a), plainJSON(b)
	return string(x) == string(y) || (blank(x) && blank(y))
}

// plainJSON encodes a value with its numbers in their one shortest spelling.
func plainJSON(v any) []byte {
	raw, _ := json.Marshal(v)
	var plain any
	if json.Unmarshal(raw, &plain) == nil {
		raw, _ = json.Marshal(plain)
	}
	return raw
}

func blank(j []byte) bool {
	switch string(j) {
	case "null", `""`, "0", "[]", "{}", "false":
		return true
	}
	return false
}

// entries takes a plan apart. Two items of the same name are told apart by a number.
func (p Plan) entries() map[Section][]entry {
	out := map[Section][]entry{}
	add := func(s Section, name string, fields ...field) {
		taken := func(name string) bool {
			return slices.ContainsFunc(out[s], func(e entry) bool { return e.name == name })
		}
		unique := name
		for n := 2; taken(unique); n++ {
			unique = name + " (" + strconv.Itoa(n) + ")"
		}
		out[s] = append(out[s], entry{unique, fields})
	}
	for _, n := range p.Needs {
		add(SectionNeeds, n.Area, field{"description", n.Description})
	}
	for _, o := range p.Objectives {
		add(SectionObjectives, o.Title, field{"indicator", o.Indicator}, field{"due_on", o.DueOn})
	}
	for _, v := range p.Interventions {
		add(SectionInterventions, v.Key, v.entryFields()...)
	}
	for _, c := range p.Commitments {
		add(SectionCommitments, c.Text, field{"party", c.Party})
	}
	for _, r := range p.Reviews {
		add(SectionReviews, string(r.On))
	}
	if p.ExitCriteria != "" {
		add(SectionExitCriteria, "", field{"exit_criteria", p.ExitCriteria})
	}
	for _, u := range p.ReferenceOperators {
		add(SectionReferenceOperators, string(u))
	}
	return out
}

func (v Intervention) entryFields() []field {
	out := []field{{"type", v.Type}, {"starts_on", v.StartsOn}, {"months", v.Months}, {"ends_on", v.EndsOn},
		{"amount_cents", v.AmountCents}, {"other_benefits", v.OtherBenefits}}
	for _, name := range slices.Sorted(maps.Keys(v.Details)) {
		out = append(out, field{"details/" + name, v.Details[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(v.Kept)) {
		where := "details/" // an answer that is only put aside is the same answer
		if _, both := v.Details[name]; both {
			where = "kept/"
		}
		out = append(out, field{where + name, v.Kept[name]})
	}
	return out
}
