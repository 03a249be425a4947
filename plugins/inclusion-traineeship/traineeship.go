// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"

	"github.com/satis-toscana/satis/sdk"
)

// traineeship plans with a set of parameters.
type traineeship struct{ parameters }

// Type is the code in the manifest.
func (traineeship) Type() string { return "inclusion_traineeship" }

// Validate says what the form cannot. Days that have passed and an allowance that is too low
// for the hours have to be put right; little time, and hours to be agreed, are worth knowing.
func (t traineeship) Validate(ctx context.Context, req sdk.InterventionRequest) ([]sdk.Diagnostic, error) {
	d := req.Details
	var out []sdk.Diagnostic
	remark := func(path, code string, text sdk.Text) {
		out = append(out, sdk.Diagnostic{Path: path, Code: code, Text: text})
	}
	advise := func(path, code string, text sdk.Text) {
		out = append(out, sdk.Diagnostic{Path: path, Code: code, Text: text, Advice: true})
	}
	if d.Text("starts") < req.AsOf {
		remark("starts", "in_the_past", sdk.Text{IT: "Il primo giorno è già passato.", EN: "The first day has passed already."})
	} else if day(req.AsOf).AddDate(0, 0, t.daysBefore).After(day(d.Text("starts"))) {
		advise("starts", "little_time", counted("Mancano meno di %d giorni: la convenzione va firmata prima dell'inizio.", "Less than %d days are left: the agreement has to be signed before the start.", int64(t.daysBefore)))
	}
	if least := t.leastAllowance(d.WholeOr("weekly_hours", 0)); d.WholeOr("monthly_allowance", 0) < least {
		remark("monthly_allowance", "below_least", money("Per queste ore l'indennità minima della rete è %s al mese.", "For these hours the network's least allowance is %s a month.", least))
	}
	if d.Yes("works_at_night") {
		advise("works_at_night", "to_agree", sdk.Text{
			IT: "Orari serali o notturni vanno concordati con i servizi sociali.", EN: "Evening or night hours have to be agreed with the social services.",
		})
	}
	return out, ctx.Err()
}

// Plan proposes budget, calendar and tasks.
func (t traineeship) Plan(ctx context.Context, req sdk.InterventionRequest) (sdk.Contribution, error) {
	p := newPlan(t.parameters, req.Details)
	p.allowance()
	p.travel()
	p.insurance()
	p.safety()
	p.calendar()
	return p.out, ctx.Err()
}
