// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"slices"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// Criterion is one thing an evaluation scores, from 0 to Max. Criteria are the network's
// data: the source text names none.
type Criterion struct {
	Code  string    `json:"code"`
	Label form.Text `json:"label"`
	Max   int       `json:"max"`
}

func defaultCriteria() []Criterion {
	return []Criterion{
		{Code: "need", Max: 5, Label: form.Text{IT: "Lettura del bisogno", EN: "Reading of the need"}},
		{Code: "coherence", Max: 5, Label: form.Text{IT: "Coerenza degli interventi con gli obiettivi", EN: "Interventions fit the objectives"}},
		{Code: "sustainability", Max: 5, Label: form.Text{IT: "Sostenibilità dei costi e dei tempi", EN: "Costs and times are sustainable"}},
		{Code: "autonomy", Max: 5, Label: form.Text{IT: "Prospettive di autonomia", EN: "Prospects of autonomy"}},
	}
}

// Evaluation is the evaluator's opinion on one version, with a score per criterion.
type Evaluation struct {
	Version   int            `json:"version"`
	Evaluator tenant.UserID  `json:"evaluator"`
	Opinion   string         `json:"opinion"`
	Scores    map[string]int `json:"scores"`
	At        time.Time      `json:"at"`
}

// Check complains about an evaluation that does not score every criterion; paths start
// with "data/", where a transition carries it.
func (e Evaluation) Check(criteria []Criterion) []fault.Field {
	var c complaints
	c.text("data/opinion", e.Opinion, 1, maxText)
	for _, k := range criteria {
		at := "data/scores/" + k.Code
		if score, given := e.Scores[k.Code]; !given {
			c.add(at, "required")
		} else {
			c.within(at, int64(score), 0, int64(k.Max))
		}
	}
	for code := range e.Scores {
		if !slices.ContainsFunc(criteria, func(k Criterion) bool { return k.Code == code }) {
			c.add("data/scores", "unknown_field")
		}
	}
	return c
}

// Comment is what an evaluator asks to change in one section.
type Comment struct {
	Section Section `json:"section"`
	Text    string  `json:"text"`
}

// CheckComments complains about a request for changes that names no section or says nothing.
func CheckComments(list []Comment) []fault.Field {
	var c complaints
	if len(list) == 0 {
		c.add("data/comments", "required")
	}
	c.items("data/comments", len(list))
	for i, m := range list {
		at := "data/comments/" + strconv.Itoa(i)
		if _, ok := SectionOf(string(m.Section)); !ok {
			c.add(at+"/section", "not_an_option")
		}
		c.text(at+"/text", m.Text, 1, maxText)
	}
	return c
}

// Approval binds what was approved: the content, the policy it was approved under and the amounts.
type Approval struct {
	Version       int              `json:"version"`
	Approver      tenant.UserID    `json:"approver"`
	ContentHash   string           `json:"content_hash"`
	PolicyVersion int64            `json:"policy_version"`
	TotalCents    int64            `json:"total_cents"`
	Amounts       map[string]int64 `json:"amounts"`
	At            time.Time        `json:"at"`
}

// Amounts lists what each intervention of a plan costs, by key, in cents.
func (p Plan) Amounts() map[string]int64 {
	out := make(map[string]int64, len(p.Interventions))
	for _, v := range p.Interventions {
		out[v.Key] = v.AmountCents
	}
	return out
}
