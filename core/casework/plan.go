// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// Plan is the content of a project: what is co-designed, signed and approved. Its JSON,
// made canonical (RFC 8785), is what the signatures bind.
type Plan struct {
	Needs              []Need          `json:"needs"`
	Objectives         []Objective     `json:"objectives"`
	Interventions      []Intervention  `json:"interventions"`
	Commitments        []Commitment    `json:"commitments"`
	Reviews            []Review        `json:"reviews"`
	ExitCriteria       string          `json:"exit_criteria"`
	ReferenceOperators []tenant.UserID `json:"reference_operators"`
}

// Need is what the person lacks, in one area of life.
type Need struct {
	Area        string `json:"area"`
	Description string `json:"description"`
}

// Objective is what the project is to reach, and how it will be seen.
type Objective struct {
	Title     string `json:"title"`
	Indicator string `json:"indicator"`
	DueOn     Date   `json:"due_on"`
}

// Intervention is one thing the project offers. Details follow the form of its type.
type Intervention struct {
	// Key names the intervention through all versions of a plan.
	Key  string `json:"key"`
	Type string `json:"type"`
	// StartsOn is the first day.
	StartsOn Date `json:"starts_on"`
	// Months is how long it lasts; 0 where EndsOn says so instead.
	Months int `json:"months,omitempty"`
	// EndsOn is the last day; empty where Months says so instead.
	EndsOn Date `json:"ends_on,omitempty"`
	// AmountCents is the whole amount asked for, in euro cents.
	AmountCents   int64          `json:"amount_cents"`
	OtherBenefits []OtherBenefit `json:"other_benefits"`
	Details       map[string]any `json:"details"`
	// Kept are answers that the version of the plugin in use does not ask for: they were given
	// to another, are shown to no plugin, and are answers again where one asks for them. The
	// core writes them. Absent in what is to be saved stands for "as it is"; else those that
	// it names stay and the others go.
	Kept map[string]any `json:"kept,omitempty"`
	// TypeVersion is the version of the plugin whose form the details follow; empty for the
	// built-in seven. The core writes it.
	TypeVersion string `json:"type_version,omitempty"`
}

// OtherBenefit is a benefit the person already receives for the same need.
type OtherBenefit struct {
	Title       string `json:"title"`
	AmountCents int64  `json:"amount_cents"`
	// Period is "month", "year" or "once".
	Period string `json:"period"`
}

// Commitment is what one side promises.
type Commitment struct {
	// Party is "person", "entity" or "social_services".
	Party string `json:"party"`
	Text  string `json:"text"`
}

// Review is a date on which all sides look at how it goes (verifica).
type Review struct {
	On Date `json:"on"`
}

// Parties lists who can commit to something.
func Parties() []string { return []string{"person", "entity", "social_services"} }

// Periods lists how often another benefit is paid.
func Periods() []string { return []string{"month", "year", "once"} }

// Limits that keep a plan readable and a request bounded.
const (
	maxItems       = 50
	maxText        = 4000
	maxTitle       = 300
	maxAmountCents = 100_000_000 // a million euro: more is a slip of the finger
	maxMonths      = 120
)

// Normal gives the plan with every list present and every text trimmed, so that the same
// content always has the same canonical form.
func (p Plan) Normal() Plan {
	p.Needs = each(p.Needs, func(n *Need) { trim(&n.Area, &n.Description) })
	p.Objectives = each(p.Objectives, func(o *Objective) { trim(&o.Title, &o.Indicator) })
	p.Commitments = each(p.Commitments, func(c *Commitment) { trim(&c.Text) })
	p.Reviews = each(p.Reviews, func(*Review) {})
	p.ReferenceOperators = each(p.ReferenceOperators, func(*tenant.UserID) {})
	p.Interventions = each(p.Interventions, func(i *Intervention) {
		trim(&i.Key)
		i.OtherBenefits = each(i.OtherBenefits, func(b *OtherBenefit) { trim(&b.Title) })
		if i.Details == nil {
			i.Details = map[string]any{}
		}
	})
	trim(&p.ExitCriteria)
	return p
}

// each copies a list, never nil, and changes each item of the copy.
func each[T any](in []T, change func(*T)) []T {
	out := append(make([]T, 0, len(in)), in...)
	for i := range out {
		change(&out[i])
	}
	return out
}

func trim(texts ...*string) {
	for _, t := range texts {
		*t = strings.TrimSpace(*t)
	}
}

// TotalCents is the budget of the plan.
func (p Plan) TotalCents() int64 {
	var sum int64
	for _, i := range p.Interventions {
		sum += i.AmountCents
	}
	return sum
}

// Intervention finds one by its key.
func (p Plan) Intervention(key string) (Intervention, bool) {
	for _, i := range p.Interventions {
		if i.Key == key {
			return i, true
		}
	}
	return Intervention{}, false
}

// Check complains about a plan that cannot be kept even as a draft: what is there must be
// right, nothing is demanded yet. types knows the intervention types of the tenant.
func (p Plan) Check(types Types) []fault.Field {
	var c complaints
	c.items("needs", len(p.Needs))
	for i, n := range p.Needs {
		at := path("needs", i)
		c.text(at+"/area", n.Area, 1, maxTitle)
		c.text(at+"/description", n.Description, 0, maxText)
	}
	c.items("objectives", len(p.Objectives))
	for i, o := range p.Objectives {
		at := path("objectives", i)
		c.text(at+"/title", o.Title, 1, maxTitle)
		c.text(at+"/indicator", o.Indicator, 0, maxText)
		c.date(at+"/due_on", o.DueOn)
	}
	c.items("commitments", len(p.Commitments))
	for i, m := range p.Commitments {
		at := path("commitments", i)
		c.option(at+"/party", m.Party, Parties())
		c.text(at+"/text", m.Text, 1, maxText)
	}
	c.items("reviews", len(p.Reviews))
	for i, r := range p.Reviews {
		if at := path("reviews", i) + "/on"; r.On == "" {
			c.add(at, "required")
		} else {
			c.date(at, r.On)
		}
	}
	c.text("exit_criteria", p.ExitCriteria, 0, maxText)
	c.items("reference_operators", len(p.ReferenceOperators))
	c.interventions(p.Interventions, types)
	return c
}

func (c *complaints) interventions(list []Intervention, types Types) {
	c.items("interventions", len(list))
	seen := map[string]bool{}
	for i, v := range list {
		at := path("interventions", i)
		c.text(at+"/key", v.Key, 1, 60)
		if v.Key != "" && !validKey(v.Key) {
			c.add(at+"/key", "bad_key")
		}
		if seen[v.Key] && v.Key != "" {
			c.add(at+"/key", "not_unique")
		}
		seen[v.Key] = true
		c.intervention(at, v, types)
	}
}

// validKey keeps an intervention's key fit to stand in an address.
func validKey(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && (i == 0 || (r != '-' && r != '_' && r != '.')) {
			return false
		}
	}
	return s != "nuovo" // the address of the page for a new one
}

func (c *complaints) intervention(at string, v Intervention, types Types) {
	t, known := types.Find(v.Type)
	if !known {
		c.add(at+"/type", "unknown_type")
		return
	}
	c.date(at+"/starts_on", v.StartsOn)
	c.date(at+"/ends_on", v.EndsOn)
	if v.StartsOn != "" && v.EndsOn != "" && v.EndsOn < v.StartsOn {
		c.add(at+"/ends_on", "from_after_to")
	}
	c.within(at+"/months", int64(v.Months), 0, maxMonths)
	c.within(at+"/amount_cents", v.AmountCents, 0, maxAmountCents)
	c.items(at+"/other_benefits", len(v.OtherBenefits))
	for j, b := range v.OtherBenefits {
		bat := path(at+"/other_benefits", j)
		c.text(bat+"/title", b.Title, 1, maxTitle)
		c.within(bat+"/amount_cents", b.AmountCents, 0, maxAmountCents)
		c.option(bat+"/period", b.Period, Periods())
	}
	c.form(at+"/details", t.Form, v.For(t).Details, form.Draft)
}

func (c *complaints) form(at string, f form.Form, values map[string]any, mode form.Mode) {
	for _, p := range f.Validate(values, mode) {
		*c = append(*c, fault.Field{Path: at + "/" + p.Path, Code: p.Code, Params: p.Params})
	}
}

func (c *complaints) items(at string, n int) {
	if n > maxItems {
		c.add(at, "too_many", "limit", strconv.Itoa(maxItems))
	}
}

func (c *complaints) date(at string, d Date) {
	if d != "" && !d.Valid() {
		c.add(at, "bad_date")
	}
}

func (c *complaints) option(at, s string, of []string) {
	for _, o := range of {
		if o == s {
			return
		}
	}
	c.add(at, "not_an_option")
}

func (c *complaints) within(at string, n, least, most int64) {
	if n < least || n > most {
		c.add(at, "out_of_range", "min", strconv.FormatInt(least, 10), "max", strconv.FormatInt(most, 10))
	}
}

func path(section string, i int) string { return section + "/" + strconv.Itoa(i) }

// Part is one section of a plan.
func (p Plan) Part(s Section) any {
	switch s {
	case SectionNeeds:
		return p.Needs
	case SectionObjectives:
		return p.Objectives
	case SectionInterventions:
		return p.Interventions
	case SectionCommitments:
		return p.Commitments
	case SectionReviews:
		return p.Reviews
	case SectionExitCriteria:
		return p.ExitCriteria
	case SectionReferenceOperators:
		return p.ReferenceOperators
	}
	return nil
}

// With gives the plan with one section taken from another.
func (p Plan) With(s Section, from Plan) Plan {
	switch s {
	case SectionNeeds:
		p.Needs = from.Needs
	case SectionObjectives:
		p.Objectives = from.Objectives
	case SectionInterventions:
		p.Interventions = from.Interventions
	case SectionCommitments:
		p.Commitments = from.Commitments
	case SectionReviews:
		p.Reviews = from.Reviews
	case SectionExitCriteria:
		p.ExitCriteria = from.ExitCriteria
	case SectionReferenceOperators:
		p.ReferenceOperators = from.ReferenceOperators
	}
	return p
}
