// SPDX-License-Identifier: BSD-3-Clause

package sdk

import "github.com/satis-toscana/satis/sdk/pluginpb"

// EncodeAnswer makes the message of an answer. It is for the serving side; authors never need it.
func EncodeAnswer(a SubsidyAnswer) *pluginpb.EvaluateResponse {
	out := &pluginpb.EvaluateResponse{
		Eligible: a.Eligible, MonthlyCents: a.MonthlyCents, Months: a.Months, TotalCents: a.TotalCents,
		Explanation: encodeSteps(a.Explanation), Diagnostics: encodeDiagnostics(a.Diagnostics),
	}
	for _, t := range a.ChangeHints {
		out.ChangeHints = append(out.ChangeHints, encodeText(t))
	}
	return out
}

func encodeText(t Text) *pluginpb.Text { return &pluginpb.Text{It: t.IT, En: t.EN} }

func encodeSteps(steps []Step) []*pluginpb.Step {
	var out []*pluginpb.Step
	for _, s := range steps {
		out = append(out, &pluginpb.Step{
			RuleId: s.RuleID, LegalBasis: encodeText(s.LegalBasis), Title: encodeText(s.Title), Outcome: encodeText(s.Outcome),
			FactsUsed: s.FactsUsed, AmountCents: s.AmountCents, Children: encodeSteps(s.Children),
		})
	}
	return out
}

// DecodeAnswer reads an answer. It does not check it: see SubsidyAnswer.Check.
func DecodeAnswer(m *pluginpb.EvaluateResponse) SubsidyAnswer {
	out := SubsidyAnswer{
		Eligible: m.GetEligible(), MonthlyCents: m.GetMonthlyCents(), Months: m.GetMonths(), TotalCents: m.GetTotalCents(),
		Explanation: decodeSteps(m.GetExplanation()), Diagnostics: DecodeDiagnostics(m.GetDiagnostics()),
	}
	for _, t := range m.GetChangeHints() {
		out.ChangeHints = append(out.ChangeHints, decodeText(t))
	}
	return out
}

func decodeText(t *pluginpb.Text) Text { return Text{IT: t.GetIt(), EN: t.GetEn()} }

func decodeSteps(steps []*pluginpb.Step) []Step {
	var out []Step
	for _, s := range steps {
		step := Step{
			RuleID: s.GetRuleId(), LegalBasis: decodeText(s.GetLegalBasis()), Title: decodeText(s.GetTitle()), Outcome: decodeText(s.GetOutcome()),
			FactsUsed: s.GetFactsUsed(), Children: decodeSteps(s.GetChildren()),
		}
		if s.AmountCents != nil {
			step.AmountCents = new(s.GetAmountCents())
		}
		out = append(out, step)
	}
	return out
}
