// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

func TestConformance(t *testing.T) {
	var cases []sdktest.Case
	for name, g := range readGolden(t) {
		cases = append(cases, sdktest.Case{Name: name, Request: g.request()})
	}
	sdktest.Run(t, rentSubsidy(), cases)
}

// drawFacts draws facts that fit the form, around the places where the rules turn.
func drawFacts(t *rapid.T) sdk.Facts {
	f := sdk.Facts{
		"monthly_rent":             rapid.Int64Range(1, 5_000_00).Draw(t, "rent"),
		"household_size":           rapid.Int64Range(1, 20).Draw(t, "people"),
		"monthly_income":           rapid.Int64Range(0, 4_000_00).Draw(t, "income"),
		"months_already_supported": rapid.Int64Range(0, 15).Draw(t, "already"),
	}
	optional := map[string]*rapid.Generator[int64]{
		"minors": rapid.Int64Range(0, 19), "isee": rapid.Int64Range(0, 20_000_00),
		"other_housing_benefits": rapid.Int64Range(0, 800_00), "months_requested": rapid.Int64Range(1, 24),
	}
	for _, name := range []string{"minors", "isee", "other_housing_benefits", "months_requested"} {
		if rapid.Bool().Draw(t, "know "+name) {
			f[name] = optional[name].Draw(t, name)
		}
	}
	if rapid.Bool().Draw(t, "know co_housing") {
		f["co_housing"] = rapid.Bool().Draw(t, "co_housing")
	}
	return f
}

func evaluate(t interface{ Fatal(...any) }, f sdk.Facts) sdk.SubsidyAnswer {
	a, err := rule{demonstration}.Evaluate(context.Background(), sdk.SubsidyRequest{Subsidy: "rent", AsOf: "2026-11-01", Locale: "it", Facts: f})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func declared(t interface{ Fatal(...any) }) form.Form {
	m, err := sdk.ParseManifest(manifest)
	if err != nil {
		t.Fatal(err)
	}
	return m.Subsidies[0].Facts
}

func TestAnswersMakeSense(t *testing.T) {
	facts := declared(t)
	rapid.Check(t, func(t *rapid.T) {
		f := drawFacts(t)
		if p := facts.Validate(f, form.Complete); p != nil {
			t.Fatalf("drew facts that do not fit: %v", p)
		}
		a := evaluate(t, f)
		if err := a.Check(facts); err != nil {
			t.Fatal(err)
		}
		most := max(0, f.WholeOr("monthly_rent", 0)-f.WholeOr("other_housing_benefits", 0))
		if a.MonthlyCents < 0 || a.MonthlyCents > most {
			t.Fatalf("amount %d, rent less benefits %d", a.MonthlyCents, most)
		}
		if a.Months > 0 && int64(a.Months)+f.WholeOr("months_already_supported", 0) > 12 {
			t.Fatalf("%d months more", a.Months)
		}
		if wanted, ok := f.Whole("months_requested"); ok && int64(a.Months) > wanted {
			t.Fatalf("%d months, %d were asked for", a.Months, wanted)
		}
		if a.Eligible && a.MonthlyCents < demonstration.smallest {
			t.Fatalf("pays %d", a.MonthlyCents)
		}
		if f.WholeOr("months_already_supported", 0) >= 12 && (a.Eligible || len(a.ChangeHints) == 0) {
			t.Fatal("the months are used up, and yet an amount, or no word about it")
		}
	})
}

// Who has more never gets more.
func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFacts(t)
		for _, name := range []string{"monthly_income", "isee", "other_housing_benefits", "months_already_supported"} {
			n, known := f.Whole(name)
			if !known {
				continue
			}
			more := maps.Clone(f)
			more[name] = n + rapid.Int64Range(0, 10_000_00).Draw(t, "more "+name)
			if less, than := evaluate(t, more), evaluate(t, f); less.MonthlyCents > than.MonthlyCents || less.Months > than.Months {
				t.Fatalf("more %s: %d × %d instead of %d × %d", name, less.MonthlyCents, less.Months, than.MonthlyCents, than.Months)
			}
		}
	})
}

func TestShareFallsWithoutAStep(t *testing.T) {
	p := demonstration
	last := p.shareOf(0)
	for income := int64(0); income <= p.limit(); income += 100 {
		share := p.shareOf(income)
		if share > last || last-share > 1 {
			t.Fatalf("at %d the share goes from %d to %d", income, last, share)
		}
		last = share
	}
	if p.shareOf(p.limit()+1) != 0 {
		t.Error("above the limit there is still a share")
	}
}

func TestWords(t *testing.T) {
	for cents, want := range map[int64][2]string{
		5:           {"0,05 €", "€0.05"},
		1_234_56:    {"1.234,56 €", "€1,234.56"},
		1_000_000_0: {"100.000,00 €", "€100,000.00"},
	} {
		if euroIT(cents) != want[0] || euroEN(cents) != want[1] {
			t.Errorf("%d: %s, %s", cents, euroIT(cents), euroEN(cents))
		}
	}
}
