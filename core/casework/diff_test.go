// SPDX-License-Identifier: AGPL-3.0-or-later

package casework_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

// word draws from few words, so that names meet again and collide.
func word() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"a", "b", "a (2)", " a", "casa", "Ω"})
}

func anyIntervention() *rapid.Generator[casework.Intervention] {
	return rapid.Custom(func(t *rapid.T) casework.Intervention {
		return casework.Intervention{Key: word().Draw(t, "key"), Type: rapid.SampledFrom([]string{"housing", "italian_course"}).Draw(t, "type"),
			StartsOn: rapid.SampledFrom([]casework.Date{"", "2027-01-01", "2027-02-01"}).Draw(t, "start"),
			Months:   rapid.IntRange(0, 3).Draw(t, "months"), AmountCents: rapid.Int64Range(0, 3).Draw(t, "amount"),
			Details: rapid.MapOfN(rapid.SampledFrom([]string{"hours", "level"}), rapid.Custom(func(t *rapid.T) any { return word().Draw(t, "value") }), 0, 2).Draw(t, "details")}
	})
}

func anyPlan() *rapid.Generator[casework.Plan] {
	return rapid.Custom(func(t *rapid.T) casework.Plan {
		var p casework.Plan
		for range rapid.IntRange(0, 3).Draw(t, "needs") {
			p.Needs = append(p.Needs, casework.Need{Area: word().Draw(t, "area"), Description: word().Draw(t, "description")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "objectives") {
			p.Objectives = append(p.Objectives, casework.Objective{Title: word().Draw(t, "title"), DueOn: "2027-01-01"})
		}
		p.Interventions = rapid.SliceOfN(anyIntervention(), 0, 3).Draw(t, "interventions")
		for range rapid.IntRange(0, 2).Draw(t, "commitments") {
			p.Commitments = append(p.Commitments, casework.Commitment{Party: rapid.SampledFrom(casework.Parties()).Draw(t, "party"), Text: word().Draw(t, "text")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "reviews") {
			p.Reviews = append(p.Reviews, casework.Review{On: rapid.SampledFrom([]casework.Date{"2027-01-01", "2027-02-01"}).Draw(t, "on")})
		}
		p.ExitCriteria = rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "exit")
		for range rapid.IntRange(0, 2).Draw(t, "operators") {
			p.ReferenceOperators = append(p.ReferenceOperators, tenant.UserID(word().Draw(t, "operator")))
		}
		return p
	})
}

// A plan does not differ from itself, nor from what JSON makes of it.
func TestDiffOfTheSameIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan().Draw(t, "plan")
		raw, _ := json.Marshal(p.Normal())
		var back casework.Plan
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		for _, other := range []casework.Plan{p, back} {
			if got := casework.Diff(p.Normal(), other.Normal()); len(got) != 0 {
				t.Fatalf("%+v", got)
			}
		}
	})
}

// Turned round, a difference names the same places: what was added is removed, from is to.
func TestDiffTurnedRound(t *testing.T) {
	turned := map[casework.ChangeKind]casework.ChangeKind{casework.Added: casework.Removed, casework.Removed: casework.Added, casework.Modified: casework.Modified}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyPlan().Draw(t, "a"), anyPlan().Draw(t, "b")
		there, back := casework.Diff(a, b), casework.Diff(b, a)
		for _, c := range there {
			want := casework.Change{Kind: turned[c.Kind], Section: c.Section, Item: c.Item, Field: c.Field, From: c.To, To: c.From}
			if !slices.ContainsFunc(back, func(d casework.Change) bool { return cmp.Equal(d, want) }) {
				t.Fatalf("%+v has no counterpart in %+v", c, back)
			}
		}
		if len(there) != len(back) {
			t.Fatalf("%d changes there, %d back", len(there), len(back))
		}
	})
}

// What differs in a section shows in that section: no change goes without a name.
func TestDiffMissesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyPlan().Draw(t, "a").Normal(), anyPlan().Draw(t, "b").Normal()
		named := map[casework.Section]bool{}
		for _, c := range casework.Diff(a, b) {
			named[c.Section] = true
		}
		for _, s := range casework.Sections() {
			differs := !cmp.Equal(a.Part(s), b.Part(s))
			if named[s] && !differs {
				t.Fatalf("%s is named but did not change", s)
			}
			// Reordering is no change, and neither is an answer that says nothing: those
			// sections may stay unnamed.
			if differs && !named[s] && sizes(a, s) != sizes(b, s) {
				t.Fatalf("%s went from %d to %d items and is not named", s, sizes(a, s), sizes(b, s))
			}
		}
	})
}

func sizes(p casework.Plan, s casework.Section) int {
	raw, _ := json.Marshal(p.Part(s))
	var list []any
	if json.Unmarshal(raw, &list) != nil {
		return len(raw)
	}
	return len(list)
}

// Applying the changes to the interventions of the one gives those of the other.
func TestDiffApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := uniqueKeys(anyPlan().Draw(t, "a")), uniqueKeys(anyPlan().Draw(t, "b"))
		amounts := a.Amounts()
		for _, c := range casework.Diff(a, b) {
			switch {
			case c.Section != casework.SectionInterventions:
			case c.Kind == casework.Removed:
				delete(amounts, c.Item)
			case c.Kind == casework.Added:
				v, _ := b.Intervention(c.Item)
				amounts[c.Item] = v.AmountCents
			case c.Field == "amount_cents":
				amounts[c.Item] = c.To.(int64)
			}
		}
		if diff := cmp.Diff(b.Amounts(), amounts); diff != "" {
			t.Fatal(diff)
		}
	})
}

func uniqueKeys(p casework.Plan) casework.Plan {
	seen := map[string]bool{}
	p.Interventions = slices.DeleteFunc(slices.Clone(p.Interventions), func(v casework.Intervention) bool {
		had := seen[v.Key]
		seen[v.Key] = true
		return had
	})
	return p
}

func TestDiffNamesEveryField(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*casework.Plan)
		want   casework.Change
	}{
		"need":       {func(p *casework.Plan) { p.Needs[0].Description = "x" }, casework.Change{Kind: "modified", Section: "needs", Item: "Lavoro", Field: "description", From: "Cerca un lavoro.", To: "x"}},
		"objective":  {func(p *casework.Plan) { p.Objectives[0].DueOn = "2028-01-01" }, casework.Change{Kind: "modified", Section: "objectives", Item: "B1", Field: "due_on", From: casework.Date("2027-06-30"), To: casework.Date("2028-01-01")}},
		"amount":     {func(p *casework.Plan) { p.Interventions[0].AmountCents++ }, casework.Change{Kind: "modified", Section: "interventions", Item: "it", Field: "amount_cents", From: int64(40000), To: int64(40001)}},
		"detail":     {func(p *casework.Plan) { p.Interventions[0].Details["hours"] = 81 }, casework.Change{Kind: "modified", Section: "interventions", Item: "it", Field: "details/hours", From: 80, To: 81}},
		"new detail": {func(p *casework.Plan) { p.Interventions[0].Details["attendance"] = "x" }, casework.Change{Kind: "modified", Section: "interventions", Item: "it", Field: "details/attendance", To: "x"}},
		"commitment": {func(p *casework.Plan) { p.Commitments[0].Party = "entity" }, casework.Change{Kind: "modified", Section: "commitments", Item: "Frequenta.", Field: "party", From: "person", To: "entity"}},
		"review":     {func(p *casework.Plan) { p.Reviews = nil }, casework.Change{Kind: "removed", Section: "reviews", Item: "2027-03-01"}},
		"exit":       {func(p *casework.Plan) { p.ExitCriteria = "" }, casework.Change{Kind: "removed", Section: "exit_criteria", From: "Lavoro e casa propri."}},
		"operator":   {func(p *casework.Plan) { p.ReferenceOperators = append(p.ReferenceOperators, "u2") }, casework.Change{Kind: "added", Section: "reference_operators", Item: "u2"}},
	} {
		p := whole()
		tc.change(&p)
		if diff := cmp.Diff([]casework.Change{tc.want}, casework.Diff(whole(), p)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Moving items, and numbers spelled otherwise, are no changes.
func TestDiffForgives(t *testing.T) {
	p := whole()
	rand.Shuffle(len(p.Interventions), func(i, j int) { p.Interventions[i], p.Interventions[j] = p.Interventions[j], p.Interventions[i] })
	v, _ := p.Intervention("it")
	v.Details["hours"], v.Details["certificate"] = json.Number("80.0"), false
	if got := casework.Diff(whole(), p); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
