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
	if len(steps) == 0 {
		return nil
	}
	// One piece of memory for all: a batch makes many.
	made := make([]struct {
		step                  pluginpb.Step
		basis, title, outcome pluginpb.Text
	}, len(steps))
	out := make([]*pluginpb.Step, len(steps))
	for i := range steps {
		s, m := &steps[i], &made[i]
		m.basis.It, m.basis.En = s.LegalBasis.IT, s.LegalBasis.EN
		m.title.It, m.title.En = s.Title.IT, s.Title.EN
		m.outcome.It, m.outcome.En = s.Outcome.IT, s.Outcome.EN
		m.step.RuleId, m.step.LegalBasis, m.step.Title, m.step.Outcome = s.RuleID, &m.basis, &m.title, &m.outcome
		m.step.FactsUsed, m.step.AmountCents, m.step.Children = s.FactsUsed, s.AmountCents, encodeSteps(s.Children)
		out[i] = &m.step
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
	if len(steps) == 0 {
		return nil
	}
	out := make([]Step, 0, len(steps))
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
