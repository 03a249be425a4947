// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"flag"
	"maps"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

var update = flag.Bool("update", false, "write the answers of the golden cases anew")

func TestPlugin(t *testing.T) {
	if *update {
		if err := sdktest.Update(plugin(), "testdata/golden"); err != nil {
			t.Fatal(err)
		}
	}
	sdktest.Run(t, plugin(), sdktest.Golden(t, "testdata/golden"))
}

// fataler is what testing and rapid share.
type fataler interface{ Fatal(...any) }

// parsed is read once: the properties ask for it thousands of times.
var parsed = sync.OnceValues(func() (sdk.Manifest, error) { return sdk.ParseManifest(manifest) })

func declared(t fataler, code string) form.Form {
	m, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	s, _ := m.SubsidyOf(code)
	return s.Facts
}

func evaluate(t fataler, rule sdk.SubsidyRule, facts sdk.Facts) sdk.SubsidyAnswer {
	f := declared(t, rule.Subsidy())
	if p := f.Validate(facts, form.Complete); p != nil {
		t.Fatal("facts that do not fit the form", p)
	}
	a, err := rule.Evaluate(context.Background(), sdk.SubsidyRequest{Subsidy: rule.Subsidy(), AsOf: "2026-11-01", Locale: "it", Facts: f.Canonical(facts)})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Check(f); err != nil {
		t.Fatal(err)
	}
	return a
}

// known draws some of the facts that need not be known.
func known(t *rapid.T, facts sdk.Facts, most map[string]int64) {
	for _, name := range []string{"minors", "isee", "goods_received", "other_contributions", "already_granted", "inps_nursery_bonus", "other_childcare_benefits"} {
		if m, there := most[name]; there && rapid.Bool().Draw(t, "know "+name) {
			facts[name] = rapid.Int64Range(0, m).Draw(t, name)
		}
	}
}

func drawFurnishing(t *rapid.T) sdk.Facts {
	var codes []string
	for _, k := range demonstration.furnishing.kinds {
		codes = append(codes, k.code)
	}
	rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) map[string]any {
		return map[string]any{"kind": rapid.SampledFrom(codes).Draw(t, "kind"), "amount": rapid.Int64Range(0, 2_500_00).Draw(t, "amount"),
			"document": rapid.SampledFrom([]string{"receipt", "quote", "none"}).Draw(t, "document")}
	}), 1, 12).Draw(t, "items")
	f := sdk.Facts{
		"arrangement":    rapid.SampledFrom([]string{"individual", "co_housing"}).Draw(t, "arrangement"),
		"home_state":     rapid.SampledFrom([]string{"empty", "partly", "furnished"}).Draw(t, "state"),
		"home_ready_on":  rapid.SampledFrom([]string{"2026-11-01", "2026-12-31", "2027-01-01", "2026-05-05", "2026-05-04", "1900-01-01", "2199-12-31"}).Draw(t, "ready"),
		"household_size": rapid.Int64Range(1, 20).Draw(t, "people"), "monthly_income": rapid.Int64Range(0, 6_000_00).Draw(t, "income"), "items": rows,
	}
	known(t, f, map[string]int64{"minors": 19, "isee": 30_000_00, "goods_received": 1_500_00, "other_contributions": 1_500_00, "already_granted": 3_000_00})
	return f
}

func drawChildcare(t *rapid.T) sdk.Facts {
	rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) map[string]any {
		return map[string]any{"age": rapid.Int64Range(0, 17).Draw(t, "age"), "monthly_cost": rapid.Int64Range(0, 900_00).Draw(t, "cost")}
	}), 1, 6).Draw(t, "children")
	f := sdk.Facts{
		"children": rows, "weekly_hours": rapid.Int64Range(0, 60).Draw(t, "hours"), "other_adult": rapid.Bool().Draw(t, "other adult"),
		"household_size": rapid.Int64Range(1, 20).Draw(t, "people"), "monthly_income": rapid.Int64Range(0, 6_000_00).Draw(t, "income"),
		"childcare_months_had": rapid.Int64Range(0, 15).Draw(t, "had"),
	}
	known(t, f, map[string]int64{"isee": 30_000_00, "inps_nursery_bonus": 500_00, "other_childcare_benefits": 500_00})
	if rapid.Bool().Draw(t, "know months") {
		f["childcare_months_requested"] = rapid.Int64Range(1, 24).Draw(t, "months")
	}
	return f
}

// Never more than was spent, documented and not yet covered; never outside the time.
func TestFurnishingMakesSense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFurnishing(t)
		a := evaluate(t, furnishing{demonstration}, f)
		var spent int64
		for _, row := range f["items"].([]map[string]any) {
			if row["document"] != "none" {
				spent += row["amount"].(int64)
			}
		}
		need := max(0, spent-f.WholeOr("goods_received", 0)-f.WholeOr("other_contributions", 0))
		if a.TotalCents > need || a.MonthlyCents != 0 || a.Months != 0 {
			t.Fatalf("total %d of a need of %d, %d a month for %d months", a.TotalCents, need, a.MonthlyCents, a.Months)
		}
		if a.Eligible != (a.TotalCents > 0) || a.Eligible && a.TotalCents < demonstration.furnishing.smallest {
			t.Fatalf("eligible %v with %d", a.Eligible, a.TotalCents)
		}
		ready := f.Text("home_ready_on")
		if late, early := ready < "2026-05-05", ready > "2026-12-31"; a.Eligible && (late || early) || (late || early) && len(a.ChangeHints) == 0 {
			t.Fatalf("ready on %s: eligible %v, %d hints", ready, a.Eligible, len(a.ChangeHints))
		}
	})
}

// Never more than what children cost and nobody else pays; never more than twelve months.
func TestChildcareMakesSense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawChildcare(t)
		a := evaluate(t, childcare{demonstration}, f)
		var cost int64
		for _, row := range f["children"].([]map[string]any) {
			if row["age"].(int64) <= demonstration.childcare.oldest() {
				cost += row["monthly_cost"].(int64)
			}
		}
		need := max(0, cost-f.WholeOr("inps_nursery_bonus", 0)-f.WholeOr("other_childcare_benefits", 0))
		if a.MonthlyCents < 0 || a.MonthlyCents > need || a.Eligible && a.MonthlyCents < demonstration.childcare.smallest {
			t.Fatalf("%d a month of a need of %d", a.MonthlyCents, need)
		}
		if had := f.WholeOr("childcare_months_had", 0); a.Months > 0 && int64(a.Months)+had > 12 || had >= 12 && (a.Eligible || len(a.ChangeHints) == 0) {
			t.Fatalf("%d months more after %d", a.Months, had)
		}
		if wanted, ok := f.Whole("childcare_months_requested"); ok && int64(a.Months) > wanted {
			t.Fatalf("%d months, %d were asked for", a.Months, wanted)
		}
	})
}

// Who has more income or help never gets more; who works or learns more never gets less.
func TestMonotone(t *testing.T) {
	compare := func(t *rapid.T, rule sdk.SubsidyRule, f sdk.Facts, sign int64, names ...string) {
		for _, name := range names {
			n, there := f.Whole(name)
			if !there {
				continue
			}
			field, _ := declared(t, rule.Subsidy()).Field(name)
			more := maps.Clone(f)
			more[name] = rapid.Int64Range(n, max(n, *field.Max)).Draw(t, "more "+name)
			was, is := evaluate(t, rule, f), evaluate(t, rule, more)
			if sign*(is.TotalCents-was.TotalCents) < 0 || sign*(is.MonthlyCents-was.MonthlyCents) < 0 {
				t.Fatalf("more %s: %d and %d a month instead of %d and %d", name, is.TotalCents, is.MonthlyCents, was.TotalCents, was.MonthlyCents)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := drawFurnishing(t)
		compare(t, furnishing{demonstration}, f, -1, "monthly_income", "isee", "goods_received", "other_contributions", "already_granted")
		compare(t, furnishing{demonstration}, f, 1, "household_size", "minors")
		c := drawChildcare(t)
		compare(t, childcare{demonstration}, c, -1, "monthly_income", "isee", "inps_nursery_bonus", "other_childcare_benefits", "childcare_months_had")
		compare(t, childcare{demonstration}, c, 1, "weekly_hours", "household_size", "childcare_months_requested")
	})
}

func TestSharesFallWithoutAStep(t *testing.T) {
	for _, l := range []line{demonstration.furnishing.line, demonstration.childcare.line} {
		last := l.shareOf(0)
		for income := int64(0); income <= l.limit(); income += 100 {
			share := l.shareOf(income)
			if share > last || last-share > 1 {
				t.Fatalf("at %d the share goes from %d to %d", income, last, share)
			}
			last = share
		}
		if l.shareOf(l.limit()+1) != 0 {
			t.Error("above the limit there is still a share")
		}
	}
}

// The form, the parameters and the words name the same kinds.
func TestKindsAgree(t *testing.T) {
	items, _ := declared(t, "furnishing_grant").Field("items")
	for i, o := range items.Columns[0].Options {
		if k := demonstration.furnishing.kinds[i].code; o.Value != k || o.Label != kindWords[k] || len(kindWords) != len(items.Columns[0].Options) {
			t.Errorf("option %q of the form, kind %q, words %v", o.Value, k, kindWords[k])
		}
	}
}

func TestWords(t *testing.T) {
	for cents, want := range map[int64][2]string{5: {"0,05 €", "€0.05"}, 1_234_56: {"1.234,56 €", "€1,234.56"}, 1_000_000_00: {"1.000.000,00 €", "€1,000,000.00"}} {
		if euroIT(cents) != want[0] || euroEN(cents) != want[1] {
			t.Errorf("%d: %s, %s", cents, euroIT(cents), euroEN(cents))
		}
	}
}
