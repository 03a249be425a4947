// SPDX-License-Identifier: AGPL-3.0-or-later

package casework_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/casework"
)

func home(months int, supports ...any) casework.Intervention {
	return casework.Intervention{Key: "casa", Type: casework.TypeHousing, StartsOn: "2027-01-15", Months: months, Details: map[string]any{"supports": supports}}
}

func TestDuration(t *testing.T) {
	for _, tc := range []struct {
		months     int
		start, end casework.Date
		want       int
	}{
		{0, "", "", 0}, {3, "", "", 3}, {0, "2027-01-01", "2027-03-31", 3}, {5, "2027-01-01", "2027-03-31", 5},
		{2, "2027-01-01", "2027-03-31", 3}, {0, "2027-03-31", "2027-01-01", 0}, {4, "2027-01-01", "", 4},
	} {
		v := casework.Intervention{Months: tc.months, StartsOn: tc.start, EndsOn: tc.end}
		if got := v.Duration(); got != tc.want {
			t.Errorf("%+v lasts %d, want %d", tc, got, tc.want)
		}
	}
}

func TestCountsAsHousing(t *testing.T) {
	rentOnly := casework.Parameters{HousingMonths: 12, HousingSupports: []string{"rent"}}
	for name, tc := range map[string]struct {
		v             casework.Intervention
		usual, strict bool
	}{
		"rent":       {home(1, "rent"), true, true},
		"search":     {home(1, "search"), true, false},
		"both":       {home(1, "search", "rent"), true, true},
		"says none":  {home(1), true, true},
		"not a text": {home(1, 7), true, true},
		"as strings": {casework.Intervention{Type: casework.TypeHousing, Details: map[string]any{"supports": []string{"furnishing"}}}, true, false},
		"no housing": {casework.Intervention{Type: casework.TypeItalian, Months: 9}, false, false},
	} {
		if got := tc.v.CountsAsHousing(casework.DefaultParameters()); got != tc.usual {
			t.Errorf("%s counts = %v", name, got)
		}
		if got := tc.v.CountsAsHousing(rentOnly); got != tc.strict {
			t.Errorf("%s counts where rent alone does = %v", name, got)
		}
	}
}

// The limit holds exactly: the plan is refused when, and only when, what the person had and
// what it adds are more than the limit, and it adds something.
func TestHousingLimit(t *testing.T) {
	pm := casework.DefaultParameters()
	if pm.HousingMonths != 12 {
		t.Fatalf("the one number of the source text is 12, not %d", pm.HousingMonths)
	}
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.IntRange(0, 20).Draw(t, "before")
		var p casework.Plan
		sum := 0
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 14), 0, 4).Draw(t, "months") {
			p.Interventions = append(p.Interventions, home(n, "rent"))
			sum += n
		}
		if got := p.HousingMonths(pm); got != sum {
			t.Fatalf("%d months, want %d", got, sum)
		}
		got := p.CheckHousing(pm, before)
		if refuse := sum > 0 && before+sum > 12; (len(got) > 0) != refuse {
			t.Fatalf("%d before and %d more: %v", before, sum, got)
		}
		if len(got) > 0 && (len(got) != 1 || got[0].Code != "housing_limit" || got[0].Params["limit"] != "12") {
			t.Fatalf("%v", got)
		}
	})
	crossing := casework.Plan{Interventions: []casework.Intervention{home(6, "rent"), home(6, "rent"), home(1, "rent")}}
	if diff := cmp.Diff([]string{"interventions/2/months housing_limit"}, said(crossing.CheckHousing(pm, 0))); diff != "" {
		t.Error(diff)
	}
}

func TestCheckSubsidies(t *testing.T) {
	rent := func(monthly any, months int) casework.Intervention {
		v := home(months, "rent")
		v.Details["monthly_support"] = monthly
		return v
	}
	yes := &casework.Decision{Eligible: true, MonthlyCents: 30000, Months: 6}
	for name, tc := range map[string]struct {
		last *casework.Decision
		list []casework.Intervention
		want []string
	}{
		"no rent":          {nil, []casework.Intervention{home(12, "search")}, []string{}},
		"never asked":      {nil, []casework.Intervention{rent(30000, 6)}, []string{"interventions/0 no_decision"}},
		"not eligible":     {&casework.Decision{}, []casework.Intervention{rent(30000, 6)}, []string{"interventions/0 not_eligible"}},
		"as decided":       {yes, []casework.Intervention{rent(30000, 6)}, []string{}},
		"as decided, JSON": {yes, []casework.Intervention{rent(json.Number("30000"), 6)}, []string{}},
		"a cent more":      {yes, []casework.Intervention{rent(int64(30001), 6)}, []string{"interventions/0/details/monthly_support more_than_decided"}},
		"a cent more too":  {yes, []casework.Intervention{rent(30001.0, 6)}, []string{"interventions/0/details/monthly_support more_than_decided"}},
		"longer":           {yes, []casework.Intervention{rent(30000, 7)}, []string{"interventions/0/months longer_than_decided"}},
		"both":             {yes, []casework.Intervention{rent(30001, 7)}, []string{"interventions/0/details/monthly_support more_than_decided", "interventions/0/months longer_than_decided"}},
		"split in two":     {yes, []casework.Intervention{rent(30000, 6), rent(30000, 6)}, []string{"interventions/1/months longer_than_decided"}},
		"split, no more":   {yes, []casework.Intervention{rent(30000, 3), rent(30000, 3)}, []string{}},
	} {
		got := said(casework.Fields(casework.Plan{Interventions: tc.list}.CheckSubsidies(tc.last)))
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Whatever a plugin says, no more months than are left, and the total follows.
func TestLimitMonths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left := rapid.IntRange(-3, 20).Draw(t, "left")
		d := casework.Decision{Eligible: true, MonthlyCents: rapid.Int64Range(0, 1_000_000).Draw(t, "monthly"), Months: rapid.IntRange(0, 30).Draw(t, "months")}
		d.TotalCents = d.MonthlyCents * int64(d.Months)
		was := d
		cut := d.LimitMonths(left)
		if cut != (was.Months > max(left, 0)) || d.Months > max(left, 0) || d.TotalCents > was.TotalCents {
			t.Fatalf("%+v, %d left: %+v, cut %v", was, left, d, cut)
		}
		if cut && d.TotalCents != d.MonthlyCents*int64(d.Months) {
			t.Fatalf("the total %d does not follow", d.TotalCents)
		}
		if cut && left <= 0 && (d.Eligible || d.MonthlyCents != 0) {
			t.Fatalf("nothing is left, but %+v", d)
		}
	})
}

func TestEvaluationCheck(t *testing.T) {
	criteria := casework.DefaultParameters().Criteria
	all := func() map[string]int {
		return map[string]int{"need": 0, "coherence": 5, "sustainability": 3, "autonomy": 1}
	}
	for name, tc := range map[string]struct {
		e    func(*casework.Evaluation)
		want []string
	}{
		"good":       {func(*casework.Evaluation) {}, []string{}},
		"silent":     {func(e *casework.Evaluation) { e.Opinion = " " }, []string{"data/opinion required"}},
		"one less":   {func(e *casework.Evaluation) { delete(e.Scores, "need") }, []string{"data/scores/need required"}},
		"too high":   {func(e *casework.Evaluation) { e.Scores["need"] = 6 }, []string{"data/scores/need out_of_range"}},
		"below zero": {func(e *casework.Evaluation) { e.Scores["need"] = -1 }, []string{"data/scores/need out_of_range"}},
		"stranger":   {func(e *casework.Evaluation) { e.Scores["looks"] = 1 }, []string{"data/scores unknown_field"}},
	} {
		e := casework.Evaluation{Opinion: "Bene.", Scores: all()}
		tc.e(&e)
		if diff := cmp.Diff(tc.want, said(e.Check(criteria))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCheckComments(t *testing.T) {
	for name, tc := range map[string]struct {
		list []casework.Comment
		want []string
	}{
		"none":       {nil, []string{"data/comments required"}},
		"good":       {[]casework.Comment{{Section: "needs", Text: "Di più."}}, []string{}},
		"no section": {[]casework.Comment{{Text: "Di più."}}, []string{"data/comments/0/section not_an_option"}},
		"says none":  {[]casework.Comment{{Section: "needs", Text: " "}}, []string{"data/comments/0/text required"}},
		"too many":   {make([]casework.Comment, 51), nil},
	} {
		got := said(casework.CheckComments(tc.list))
		if tc.want == nil {
			if len(got) != 103 || got[102] != "data/comments/9/text required" {
				t.Errorf("%s: %d complaints", name, len(got))
			}
			continue
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What is approved is the whole amount: it must follow from the support, the support from
// the rent, and the rent be the one that was decided on.
func TestCheckSubsidies_money(t *testing.T) {
	last := &casework.Decision{Eligible: true, MonthlyCents: 30000, Months: 6, Facts: map[string]any{"monthly_rent": json.Number("50000")}}
	for name, tc := range map[string]struct {
		rent, support, amount int64
		want                  []string
	}{
		"follows":           {50000, 30000, 180000, []string{}},
		"amount too high":   {50000, 30000, 180001, []string{"interventions/0/amount_cents amount_above_support"}},
		"above the rent":    {20000, 30000, 180000, []string{"interventions/0/details/monthly_rent not_the_rent_decided_on", "interventions/0/details/monthly_support support_above_rent"}},
		"another rent":      {60000, 30000, 180000, []string{"interventions/0/details/monthly_rent not_the_rent_decided_on"}},
		"less than decided": {50000, 20000, 120000, []string{}},
	} {
		v := home(6, "rent")
		v.Details["monthly_rent"], v.Details["monthly_support"], v.AmountCents = tc.rent, tc.support, tc.amount
		got := said(casework.Fields(casework.Plan{Interventions: []casework.Intervention{v}}.CheckSubsidies(last)))
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A key stands in addresses: what would lead elsewhere is refused.
func TestCheck_keys(t *testing.T) {
	for key, ok := range map[string]bool{"casa": true, "casa-2": true, "a.b_C": true, "1": true, "nuovo": false, "..": false, ".": false,
		"a/b": false, "a?b": false, "<b>": false, "è": false, "-a": false, "a b": false} {
		p := casework.Plan{Interventions: []casework.Intervention{{Key: key, Type: casework.TypeLicence}}}
		bad := slices.Contains(said(p.Check(casework.BuiltIn())), "interventions/0/key bad_key")
		if bad == ok {
			t.Errorf("key %q: refused %v", key, bad)
		}
	}
}
