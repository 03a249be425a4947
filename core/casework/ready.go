// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/form"
)

// Section is a part of a plan that is edited, commented on and completed by itself.
type Section string

// The sections of a plan, in the order they are worked through.
const (
	SectionNeeds              Section = "needs"
	SectionObjectives         Section = "objectives"
	SectionInterventions      Section = "interventions"
	SectionCommitments        Section = "commitments"
	SectionReviews            Section = "reviews"
	SectionExitCriteria       Section = "exit_criteria"
	SectionReferenceOperators Section = "reference_operators"
)

// Sections lists them in order.
func Sections() []Section {
	return []Section{SectionNeeds, SectionObjectives, SectionInterventions, SectionCommitments,
		SectionReviews, SectionExitCriteria, SectionReferenceOperators}
}

// SectionOf names the section a field's path lies in; ok is false for any other path.
func SectionOf(path string) (s Section, ok bool) {
	head, _, _ := strings.Cut(path, "/")
	for _, s := range Sections() {
		if string(s) == head {
			return s, true
		}
	}
	return "", false
}

// Missing complains about what a plan lacks before it can be signed and submitted.
// Reference operators are asked for but not demanded: an entity may name them later.
func (p Plan) Missing(types Types) []fault.Field {
	var c complaints
	demand := func(s Section, have bool) {
		if !have {
			c.add(string(s), "required")
		}
	}
	demand(SectionNeeds, len(p.Needs) > 0)
	demand(SectionObjectives, len(p.Objectives) > 0)
	demand(SectionInterventions, len(p.Interventions) > 0)
	demand(SectionCommitments, len(p.Commitments) > 0)
	demand(SectionReviews, len(p.Reviews) > 0)
	demand(SectionExitCriteria, p.ExitCriteria != "")
	for i, v := range p.Interventions {
		at := path("interventions", i)
		if v.StartsOn == "" {
			c.add(at+"/starts_on", "required")
		}
		t, known := types.Find(v.Type)
		if !known {
			c.add(at+"/type", "unknown_type")
			continue
		}
		if t.Inactive {
			c.add(at+"/type", "type_inactive")
		}
		if t.Code == TypeHousing && v.Duration() == 0 {
			c.add(at+"/months", "required")
		}
		c.form(at+"/details", t.Form, v.For(t).Details, form.Complete)
	}
	return c
}

// Status is how far a section is, as the task list says it.
type Status string

// The statuses of a section.
const (
	ToStart   Status = "to_start"
	ToFinish  Status = "to_finish"
	Done      Status = "done"
	ToCorrect Status = "to_correct"
)

// Progress tells the status of every section. commented are the sections the evaluator
// asked to change and that were not touched since.
func (p Plan) Progress(types Types, commented map[Section]bool) map[Section]Status {
	out := map[Section]Status{}
	empty := map[Section]bool{
		SectionNeeds: len(p.Needs) == 0, SectionObjectives: len(p.Objectives) == 0,
		SectionInterventions: len(p.Interventions) == 0, SectionCommitments: len(p.Commitments) == 0,
		SectionReviews: len(p.Reviews) == 0, SectionExitCriteria: p.ExitCriteria == "",
		SectionReferenceOperators: len(p.ReferenceOperators) == 0,
	}
	for _, s := range Sections() {
		out[s] = Done
		if empty[s] {
			out[s] = ToStart
		}
	}
	for _, f := range append(p.Missing(types), p.Check(types)...) {
		if s, ok := SectionOf(f.Path); ok && !empty[s] {
			out[s] = ToFinish
		}
	}
	for s := range commented {
		out[s] = ToCorrect
	}
	return out
}
