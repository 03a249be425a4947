// SPDX-License-Identifier: AGPL-3.0-or-later

package casework_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

// whole is a plan that lacks nothing.
func whole() casework.Plan {
	return casework.Plan{
		Needs:      []casework.Need{{Area: "Lavoro", Description: "Cerca un lavoro."}},
		Objectives: []casework.Objective{{Title: "B1", Indicator: "Certificato", DueOn: "2027-06-30"}},
		Interventions: []casework.Intervention{
			{Key: "it", Type: casework.TypeItalian, StartsOn: "2027-01-15", AmountCents: 40000, Details: map[string]any{"level": "b1", "provider": "CPIA", "hours": 80}},
			{Key: "casa", Type: casework.TypeHousing, StartsOn: "2027-01-15", Months: 6, AmountCents: 180000,
				Details: map[string]any{"arrangement": "individual", "supports": []any{"rent"}, "monthly_rent": 50000, "monthly_support": 30000}},
		},
		Commitments:        []casework.Commitment{{Party: "person", Text: "Frequenta."}},
		Reviews:            []casework.Review{{On: "2027-03-01"}},
		ExitCriteria:       "Lavoro e casa propri.",
		ReferenceOperators: []tenant.UserID{"u1"},
	}
}

func TestPlanCheck(t *testing.T) {
	many := func(n int) (out []casework.Need) {
		for i := range n {
			out = append(out, casework.Need{Area: fmt.Sprint("area ", i)})
		}
		return out
	}
	for name, tc := range map[string]struct {
		change func(*casework.Plan)
		want   []string
	}{
		"whole":           {func(*casework.Plan) {}, []string{}},
		"empty":           {func(p *casework.Plan) { *p = casework.Plan{} }, []string{}},
		"need":            {func(p *casework.Plan) { p.Needs[0].Area = " " }, []string{"needs/0/area required"}},
		"50 needs":        {func(p *casework.Plan) { p.Needs = many(50) }, []string{}},
		"51 needs":        {func(p *casework.Plan) { p.Needs = many(51) }, []string{"needs too_many"}},
		"long text":       {func(p *casework.Plan) { p.ExitCriteria = strings.Repeat("a", 4001) }, []string{"exit_criteria too_long"}},
		"NUL":             {func(p *casework.Plan) { p.ExitCriteria = "a\x00b" }, []string{"exit_criteria bad_text"}},
		"NUL in a detail": {func(p *casework.Plan) { p.Interventions[0].Details["provider"] = "a\x00b" }, []string{"interventions/0/details/provider bad_text"}},
		"objective":       {func(p *casework.Plan) { p.Objectives[0] = casework.Objective{DueOn: "2027-02-30"} }, []string{"objectives/0/due_on bad_date", "objectives/0/title required"}},
		"party":           {func(p *casework.Plan) { p.Commitments[0].Party = "lead" }, []string{"commitments/0/party not_an_option"}},
		"review":          {func(p *casework.Plan) { p.Reviews = []casework.Review{{}, {On: "x"}} }, []string{"reviews/0/on required", "reviews/1/on bad_date"}},
		"unknown type":    {func(p *casework.Plan) { p.Interventions[0].Type = "yoga" }, []string{"interventions/0/type unknown_type"}},
		"same key":        {func(p *casework.Plan) { p.Interventions[1].Key = "it" }, []string{"interventions/1/key not_unique"}},
		"no key":          {func(p *casework.Plan) { p.Interventions[0].Key = "" }, []string{"interventions/0/key required"}},
		"ends first":      {func(p *casework.Plan) { p.Interventions[0].EndsOn = "2027-01-14" }, []string{"interventions/0/ends_on from_after_to"}},
		"negative":        {func(p *casework.Plan) { p.Interventions[0].AmountCents, p.Interventions[0].Months = -1, -1 }, []string{"interventions/0/amount_cents out_of_range", "interventions/0/months out_of_range"}},
		"too much":        {func(p *casework.Plan) { p.Interventions[0].AmountCents = 100_000_001 }, []string{"interventions/0/amount_cents out_of_range"}},
		"benefit": {func(p *casework.Plan) {
			p.Interventions[0].OtherBenefits = []casework.OtherBenefit{{AmountCents: -1, Period: "daily"}}
		}, []string{"interventions/0/other_benefits/0/amount_cents out_of_range", "interventions/0/other_benefits/0/period not_an_option", "interventions/0/other_benefits/0/title required"}},
		"detail":         {func(p *casework.Plan) { p.Interventions[0].Details["hours"] = "many" }, []string{"interventions/0/details/hours wrong_kind"}},
		"unknown detail": {func(p *casework.Plan) { p.Interventions[0].Details["name"] = "x" }, []string{"interventions/0/details/name unknown_field"}},
	} {
		p := whole()
		tc.change(&p)
		if diff := cmp.Diff(tc.want, said(p.Check(casework.BuiltIn()))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPlanMissing(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*casework.Plan)
		want   []string
	}{
		"whole":        {func(*casework.Plan) {}, []string{}},
		"no operators": {func(p *casework.Plan) { p.ReferenceOperators = nil }, []string{}},
		"empty": {func(p *casework.Plan) { *p = casework.Plan{} }, []string{"commitments required", "exit_criteria required",
			"interventions required", "needs required", "objectives required", "reviews required"}},
		"no start":     {func(p *casework.Plan) { p.Interventions[0].StartsOn = "" }, []string{"interventions/0/starts_on required"}},
		"no months":    {func(p *casework.Plan) { p.Interventions[1].Months = 0 }, []string{"interventions/1/months required"}},
		"until a day":  {func(p *casework.Plan) { p.Interventions[1].Months, p.Interventions[1].EndsOn = 0, "2027-02-01" }, []string{}},
		"unknown type": {func(p *casework.Plan) { p.Interventions[0].Type = "yoga" }, []string{"interventions/0/type unknown_type"}},
		"no level":     {func(p *casework.Plan) { delete(p.Interventions[0].Details, "level") }, []string{"interventions/0/details/level required"}},
		"no rent":      {func(p *casework.Plan) { delete(p.Interventions[1].Details, "monthly_rent") }, []string{"interventions/1/details/monthly_rent required"}},
	} {
		p := whole()
		tc.change(&p)
		if diff := cmp.Diff(tc.want, said(p.Missing(casework.BuiltIn()))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestProgress(t *testing.T) {
	is := func(p casework.Plan, commented ...casework.Section) map[casework.Section]casework.Status {
		marks := map[casework.Section]bool{}
		for _, s := range commented {
			marks[s] = true
		}
		return p.Progress(casework.BuiltIn(), marks)
	}
	for s, got := range is(casework.Plan{}) {
		if got != casework.ToStart {
			t.Errorf("empty plan: %s is %s", s, got)
		}
	}
	half := whole()
	half.Interventions[0].StartsOn, half.Needs[0].Area, half.ExitCriteria = "", "", ""
	for s, want := range map[casework.Section]casework.Status{"interventions": "to_finish", "needs": "to_finish", "exit_criteria": "to_start", "reviews": "done"} {
		if got := is(half)[s]; got != want {
			t.Errorf("half a plan: %s is %s, want %s", s, got, want)
		}
	}
	got := is(whole(), casework.SectionNeeds)
	for _, s := range casework.Sections() {
		want := casework.Done
		if s == casework.SectionNeeds {
			want = casework.ToCorrect
		}
		if got[s] != want {
			t.Errorf("whole plan with a comment: %s is %s, want %s", s, got[s], want)
		}
	}
}

// Whatever lies in a section is found by its name, and With moves that section alone.
func TestSections(t *testing.T) {
	full := whole()
	for _, s := range casework.Sections() {
		if got, ok := casework.SectionOf(string(s) + "/0/title"); !ok || got != s {
			t.Errorf("SectionOf(%s/…) = %s, %v", s, got, ok)
		}
		one := casework.Plan{}.With(s, full)
		for _, other := range casework.Sections() {
			got, want := one.Part(other), casework.Plan{}.Part(other)
			if other == s {
				want = full.Part(s)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("With(%s) and Part(%s): %s", s, other, diff)
			}
		}
	}
	if _, ok := casework.SectionOf("secrets/0"); ok {
		t.Error("an unknown section has a name")
	}
	if diff := cmp.Diff(full, full.With("secrets", casework.Plan{})); diff != "" || full.Part("secrets") != nil {
		t.Error("an unknown section changes a plan:", diff)
	}
}

// Normal gives one spelling: doing it twice changes nothing, and neither does JSON.
func TestNormal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan().Draw(t, "plan")
		before, _ := json.Marshal(p)
		once := p.Normal()
		if after, _ := json.Marshal(p); string(before) != string(after) {
			t.Fatal("Normal changed the plan it was given")
		}
		if diff := cmp.Diff(once, once.Normal()); diff != "" {
			t.Fatalf("twice: %s", diff)
		}
		text, err := json.Marshal(once)
		if err != nil || strings.Contains(string(text), "null") {
			t.Fatalf("%v %s", err, text)
		}
	})
}

func TestTotals(t *testing.T) {
	p := whole()
	if got := p.TotalCents(); got != 220000 {
		t.Errorf("total = %d", got)
	}
	if diff := cmp.Diff(map[string]int64{"it": 40000, "casa": 180000}, p.Amounts()); diff != "" {
		t.Error(diff)
	}
	if v, ok := p.Intervention("casa"); !ok || v.Type != casework.TypeHousing {
		t.Error("casa is not found")
	}
	if _, ok := p.Intervention("cas"); ok {
		t.Error("cas is found")
	}
}

// The built-in seven hold forms without faults, in the order of the source text.
func TestBuiltIn(t *testing.T) {
	var codes []string
	for _, typ := range casework.BuiltIn() {
		codes = append(codes, typ.Code)
		if err := typ.Form.Check(); err != nil {
			t.Errorf("%s: %v", typ.Code, err)
		}
		if typ.Label.IT == "" || typ.Label.EN == "" || typ.Hint.IT == "" || typ.Hint.EN == "" || typ.Plugin != "" {
			t.Errorf("%s lacks a text, or claims a plugin", typ.Code)
		}
	}
	want := []string{"italian_course", "housing", "childcare", "basic_necessities", "vocational_course", "licence_course", "accompaniment"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
	if _, ok := casework.BuiltIn().Find("yoga"); ok {
		t.Error("yoga is found")
	}
}
