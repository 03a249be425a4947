// SPDX-License-Identifier: BSD-3-Clause

package sdktest_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

const manifest = `
id: sample
agency: Somebody
version: 1.0.0
contract: {min: 1, max: 1}
kinds: [subsidy_rules]
subsidies:
  - code: gift
    title: {it: Dono, en: Gift}
    facts:
      fields:
        - {name: people, kind: person_count, class: case, required: true, label: {it: Persone, en: People}}
    purposes:
      people: {it: Prova, en: Test}
`

type gift func(ctx context.Context, req sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error

func (gift) Subsidy() string { return "gift" }

func (g gift) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	t := sdk.Text{IT: "uno", EN: "one"}
	a := sdk.SubsidyAnswer{
		Eligible: true, MonthlyCents: 100, Months: 2, TotalCents: 200,
		Explanation: []sdk.Step{{RuleID: "r", LegalBasis: t, Title: t, Outcome: t, FactsUsed: []string{"people"}, AmountCents: new(int64(100))}},
	}
	return a, g(ctx, req, &a)
}

func check(g gift) []string {
	p := sdk.Plugin{Manifest: []byte(manifest), Rules: []sdk.SubsidyRule{g}}
	cases := []sdktest.Case{{Name: "two", Request: sdk.SubsidyRequest{Subsidy: "gift", AsOf: "2026-01-01", Locale: "it", Facts: sdk.Facts{"people": 2}}}}
	var rules []string
	for _, f := range sdktest.Check(p, cases) {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

func TestKitFindsWhatIsWrong(t *testing.T) {
	var n atomic.Int64
	tests := map[string]struct {
		rule gift
		want []string
	}{
		"conforms": {func(context.Context, sdk.SubsidyRequest, *sdk.SubsidyAnswer) error { return nil }, nil},
		"fails":    {func(context.Context, sdk.SubsidyRequest, *sdk.SubsidyAnswer) error { return errors.New("no") }, []string{"answer"}},
		"panics":   {func(context.Context, sdk.SubsidyRequest, *sdk.SubsidyAnswer) error { panic("no") }, []string{"answer"}},
		"counts up": {func(_ context.Context, _ sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error {
			a.Explanation[0].RuleID += time.Unix(n.Add(1), 0).String()
			return nil
		}, []string{"determinism"}},
		"one language only": {func(_ context.Context, _ sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error {
			a.Explanation[0].Title.EN = ""
			return nil
		}, []string{"answer"}},
		"answers in the reader's language": {func(_ context.Context, r sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error {
			a.Explanation[0].Title.EN = r.Locale
			return nil
		}, []string{"determinism"}},
		"amount from nowhere": {func(_ context.Context, _ sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error {
			a.Explanation[0].AmountCents = nil
			return nil
		}, []string{"explanation"}},
		"overflows": {func(_ context.Context, r sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error {
			p := r.Facts.WholeOr("people", 0)
			a.MonthlyCents, a.TotalCents = p*100, p*200
			a.Explanation[0].AmountCents = &a.MonthlyCents
			return nil
		}, []string{"answer"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := check(tt.rule); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

func TestKitWantsACaseForEachSubsidy(t *testing.T) {
	p := sdk.Plugin{Manifest: []byte(manifest), Rules: []sdk.SubsidyRule{gift(func(context.Context, sdk.SubsidyRequest, *sdk.SubsidyAnswer) error { return nil })}}
	if f := sdktest.Check(p, nil); len(f) != 1 || f[0].Rule != "cases" {
		t.Errorf("found %v", f)
	}
	if f := sdktest.Check(sdk.Plugin{Manifest: []byte("id: x")}, nil); len(f) != 1 || f[0].Rule != "manifest" {
		t.Errorf("found %v", f)
	}
}
