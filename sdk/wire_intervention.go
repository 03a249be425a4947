// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// EncodeIntervention makes the message that asks about an intervention. Like EncodeRequest
// it holds what the form declares and shows, and nothing else. It is for hosts.
func EncodeIntervention(declared form.Form, r InterventionRequest) *pluginpb.InterventionRequest {
	return &pluginpb.InterventionRequest{
		Type: r.Type, AsOf: r.AsOf, Locale: r.Locale,
		Details: encodeFacts(declared, declared.Canonical(r.Details)),
	}
}

// DecodeIntervention reads a request as a type gets it. It does not check the details.
func DecodeIntervention(m *pluginpb.InterventionRequest) InterventionRequest {
	return InterventionRequest{Type: m.GetType(), AsOf: m.GetAsOf(), Locale: m.GetLocale(), Details: decodeFacts(m.GetDetails())}
}

// EncodeContribution makes the message of a contribution. It is for the serving side.
func EncodeContribution(c Contribution) *pluginpb.PlanResponse {
	out := &pluginpb.PlanResponse{Diagnostics: encodeDiagnostics(c.Diagnostics)}
	for _, l := range c.Budget {
		out.Budget = append(out.Budget, &pluginpb.BudgetLine{
			Code: l.Code, Label: encodeText(l.Label), AmountCents: l.AmountCents, Months: l.Months, TotalCents: l.TotalCents,
			From: l.From, To: l.To, Reason: encodeText(l.Reason), FactsUsed: l.FactsUsed,
		})
	}
	for _, d := range c.Dates {
		out.Dates = append(out.Dates, &pluginpb.PlannedDate{Code: d.Code, Label: encodeText(d.Label), Date: d.Date})
	}
	for _, t := range c.Tasks {
		out.Tasks = append(out.Tasks, &pluginpb.PlannedTask{Code: t.Code, Label: encodeText(t.Label), Due: t.Due})
	}
	return out
}

// DecodeContribution reads a contribution. It does not check it: see Contribution.Check.
func DecodeContribution(m *pluginpb.PlanResponse) Contribution {
	out := Contribution{Diagnostics: DecodeDiagnostics(m.GetDiagnostics())}
	for _, l := range m.GetBudget() {
		out.Budget = append(out.Budget, BudgetLine{
			Code: l.GetCode(), Label: decodeText(l.GetLabel()), AmountCents: l.GetAmountCents(), Months: l.GetMonths(), TotalCents: l.GetTotalCents(),
			From: l.GetFrom(), To: l.GetTo(), Reason: decodeText(l.GetReason()), FactsUsed: l.GetFactsUsed(),
		})
	}
	for _, d := range m.GetDates() {
		out.Dates = append(out.Dates, PlannedDate{Code: d.GetCode(), Label: decodeText(d.GetLabel()), Date: d.GetDate()})
	}
	for _, t := range m.GetTasks() {
		out.Tasks = append(out.Tasks, PlannedTask{Code: t.GetCode(), Label: decodeText(t.GetLabel()), Due: t.GetDue()})
	}
	return out
}

func encodeDiagnostics(list []Diagnostic) []*pluginpb.Diagnostic {
	var out []*pluginpb.Diagnostic
	for _, d := range list {
		out = append(out, &pluginpb.Diagnostic{Path: d.Path, Code: d.Code, Text: encodeText(d.Text), Advice: d.Advice})
	}
	return out
}

// DecodeDiagnostics reads remarks. It does not check them: see CheckDiagnostics.
func DecodeDiagnostics(list []*pluginpb.Diagnostic) []Diagnostic {
	var out []Diagnostic
	for _, d := range list {
		out = append(out, Diagnostic{Path: d.GetPath(), Code: d.GetCode(), Text: decodeText(d.GetText()), Advice: d.GetAdvice()})
	}
	return out
}
