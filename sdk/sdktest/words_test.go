// SPDX-License-Identifier: BSD-3-Clause

package sdktest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// What the kit says of a fault is enough to find it: which language, which side of which bound.
func TestKitSaysWhatIsWrong(t *testing.T) {
	for want, spoil := range map[string]func(*sdk.SubsidyAnswer){
		"title: text missing in en":                                    func(a *sdk.SubsidyAnswer) { a.Explanation[0].Title.EN = " " },
		"outcome: text missing in it":                                  func(a *sdk.SubsidyAnswer) { a.Explanation[0].Outcome.IT = "" },
		"monthly amount out of range: it is negative":                  func(a *sdk.SubsidyAnswer) { a.MonthlyCents = -1 },
		"total amount out of range: it is more than 100000000000":      func(a *sdk.SubsidyAnswer) { a.TotalCents = 1 << 50 },
		"months out of range: it is more than 1200":                    func(a *sdk.SubsidyAnswer) { a.Months = 1201 },
		"explanation/0: amount out of range: it is less than -1000000": func(a *sdk.SubsidyAnswer) { *a.Explanation[0].AmountCents = -1 << 50 },
	} {
		g := gift(func(_ context.Context, _ sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error { spoil(a); return nil })
		p := sdk.Plugin{Manifest: []byte(manifest), Rules: []sdk.SubsidyRule{g}}
		cases := []sdktest.Case{{Name: "two", Request: sdk.SubsidyRequest{AsOf: "2026-01-01", Locale: "it", Facts: sdk.Facts{"people": 2}}}}
		if f := sdktest.Check(p, cases); len(f) == 0 || f[0].Rule != "answer" || !strings.Contains(f[0].Detail, want) {
			t.Errorf("found %v, want %q", f, want)
		}
	}
}

// A case that does not fit is not one that is missing: it has a rule of its own, and the limit.
func TestKitSaysWhereACaseDoesNotFit(t *testing.T) {
	p := sdk.Plugin{Manifest: []byte(both), Interventions: []sdk.InterventionType{walk{}}, Catalogs: []sdk.CourseCatalog{walks{}}}
	cases, err := sdktest.ReadGolden(bothCases)
	if err != nil {
		t.Fatal(err)
	}
	odd := sdktest.Case{Name: "long", Intervention: &sdk.InterventionRequest{Type: "walk", AsOf: "2026-01-01", Locale: "it",
		Details: sdk.Facts{"months": 25, "dog": "yes"}}}
	stray := sdktest.Case{Name: "stray", Intervention: &sdk.InterventionRequest{Type: "run", AsOf: "2026-01-01", Locale: "it"}}
	var got []string
	for _, f := range sdktest.Check(p, append(cases, odd, stray)) {
		got = append(got, f.String())
	}
	want := `fit [long]: details do not fit the form at months: too large, limit 24
fit [long]: details do not fit the form at dog: wrong kind
fit [stray]: asks for what the manifest does not declare`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("found\n%s\nwant\n%s", s, want)
	}
}
