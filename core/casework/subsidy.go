// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// SubsidyRent is the subsidy that housing rent asks.
const SubsidyRent = "rent"

// Decision is what a subsidy rule answered, and all it takes to ask it again.
type Decision struct {
	ID      DecisionID `json:"id,omitempty"`
	Project ProjectID  `json:"project_id,omitempty"`
	Subsidy string     `json:"subsidy"`
	// WhatIf decisions are answered and forgotten.
	WhatIf bool           `json:"what_if"`
	AsOf   Date           `json:"as_of"`
	Facts  map[string]any `json:"facts"`

	Eligible     bool              `json:"eligible"`
	MonthlyCents int64             `json:"monthly_cents"`
	Months       int               `json:"months"`
	TotalCents   int64             `json:"total_cents"`
	Explanation  []ExplanationStep `json:"explanation"`
	// ChangeHints say what would change the answer.
	ChangeHints []form.Text `json:"change_hints"`

	PluginID      string `json:"plugin_id"`
	PluginVersion string `json:"plugin_version"`
	PluginHash    string `json:"plugin_hash"`
	Contract      string `json:"contract"`
	// Request and Answer are the bytes that went over the wire.
	Request []byte        `json:"-"`
	Answer  []byte        `json:"-"`
	Took    time.Duration `json:"-"`

	By tenant.UserID `json:"-"`
	At time.Time     `json:"at"`
}

// ExplanationStep is one rule that was applied, with the facts it used.
type ExplanationStep struct {
	Rule       string            `json:"rule"`
	LegalBasis form.Text         `json:"legal_basis,omitzero"`
	Title      form.Text         `json:"title"`
	Outcome    form.Text         `json:"outcome"`
	Facts      []string          `json:"facts,omitempty"`
	Cents      *int64            `json:"amount_cents,omitempty"`
	Steps      []ExplanationStep `json:"steps,omitempty"`
}

// LimitMonths is the core's own word on a rule's answer: whatever the plugin said, no more
// months than the person has left. It reports whether it had to cut the answer.
func (d *Decision) LimitMonths(left int) bool {
	left = max(left, 0)
	if d.Months <= left {
		return false
	}
	d.Months = left
	d.TotalCents = d.MonthlyCents * int64(left)
	if left == 0 {
		d.Eligible, d.MonthlyCents, d.TotalCents = false, 0, 0
	}
	return true
}

// Finding is what a rule has against a plan at submission. The entity can go on with a
// reason, which the evaluator sees.
type Finding struct {
	Path   string            `json:"path"`
	Code   string            `json:"code"`
	Params map[string]string `json:"params,omitempty"`
}

// CheckSubsidies compares the rent support a plan asks for with the last decision on it.
// The months of all its interventions count together: a rent split in two is no more.
// last is nil where the rule was never asked.
func (p Plan) CheckSubsidies(last *Decision) []Finding {
	var out []Finding
	months := 0
	for i, v := range p.Interventions {
		if v.Type != TypeHousing || !slices.Contains(v.Supports(), SupportRent) {
			continue
		}
		at := path("interventions", i)
		if last == nil {
			out = append(out, Finding{Path: at, Code: "no_decision"})
			continue
		}
		if !last.Eligible {
			out = append(out, Finding{Path: at, Code: "not_eligible"})
			continue
		}
		support := wholeNumber(v.Details["monthly_support"])
		if support > last.MonthlyCents {
			out = append(out, Finding{Path: at + "/details/monthly_support", Code: "more_than_decided"})
		}
		out = append(out, v.checkRent(at, support, *last)...)
		if months += v.Duration(); months > last.Months {
			out = append(out, Finding{Path: at + "/months", Code: "longer_than_decided"})
		}
	}
	return out
}

// checkRent finds where the money and the facts of a rent support are not those decided on:
// what is approved in the end is the whole amount, not the monthly one.
func (v Intervention) checkRent(at string, support int64, last Decision) []Finding {
	var out []Finding
	if stated, ok := v.Details["monthly_rent"]; ok { // the form demands it before anyone signs
		rent := wholeNumber(stated)
		if support > rent {
			out = append(out, Finding{Path: at + "/details/monthly_support", Code: "support_above_rent"})
		}
		if decidedOn, ok := last.Facts["monthly_rent"]; ok && wholeNumber(decidedOn) != rent {
			out = append(out, Finding{Path: at + "/details/monthly_rent", Code: "not_the_rent_decided_on"})
		}
	}
	explained := support*int64(v.Duration()) + wholeNumber(v.Details["furnishing_amount"])
	if v.AmountCents > explained && !slices.Contains(v.Supports(), SupportSearch) {
		out = append(out, Finding{Path: at + "/amount_cents", Code: "amount_above_support"})
	}
	return out
}

// Fields turns findings into complaints, for an answer that must refuse.
func Fields(list []Finding) []fault.Field {
	out := make([]fault.Field, len(list))
	for i, f := range list {
		out[i] = fault.Field(f)
	}
	return out
}

// wholeNumber reads a form's integer or money value, whatever decoded it.
func wholeNumber(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case int:
		return int64(n)
	case float64:
		return int64(n)
	case json.Number:
		i, _ := n.Int64()
		return i
	}
	return 0
}

// LastOn is the first of decisions on a subsidy, the newest where they are listed so; nil
// where there is none.
func LastOn(list []Decision, subsidy string) *Decision {
	for i := range list {
		if list[i].Subsidy == subsidy {
			return &list[i]
		}
	}
	return nil
}
