// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"

	"github.com/satis-toscana/satis/sdk"
)

// rule decides with a set of parameters.
type rule struct{ parameters }

// Subsidy is the code in the manifest.
func (rule) Subsidy() string { return "rent" }

// Evaluate goes through the steps in the order in which they are explained.
func (r rule) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	if err := ctx.Err(); err != nil {
		return sdk.SubsidyAnswer{}, err
	}
	d := newDecision(r.parameters, req.Facts)
	d.income()
	d.share()
	d.ceilingStep()
	d.cumulation()
	d.rounding()
	d.duration()
	return d.answer(), nil
}

// decision is a decision on its way.
type decision struct {
	parameters
	rent, people, minors, benefits int64
	yearly                         int64 // equivalent income that counts
	amount, months                 int64
	facts                          sdk.Facts
	steps                          []sdk.Step
	remarks                        []sdk.Diagnostic
	hints                          []sdk.Text
}

func newDecision(p parameters, f sdk.Facts) *decision {
	d := &decision{
		parameters: p, facts: f,
		rent: f.WholeOr("monthly_rent", 0), people: f.WholeOr("household_size", 1),
		minors: f.WholeOr("minors", 0), benefits: f.WholeOr("other_housing_benefits", 0),
	}
	if d.minors > d.people {
		d.minors = d.people
		d.remarks = append(d.remarks, sdk.Diagnostic{Path: "minors", Code: "minors_exceed_household", Text: sdk.Text{
			IT: "I minori sono più delle persone del nucleo: ne contano solo quanti le persone.",
			EN: "There are more minors than people in the household: only as many count.",
		}})
	}
	return d
}

// income finds the yearly income that counts: the ISEE, or an estimate where there is none.
func (d *decision) income() {
	if isee, known := d.facts.Whole("isee"); known {
		d.yearly = isee
		d.add("income", sdk.Text{IT: "Reddito che conta", EN: "Income that counts"}, basis("la fascia segue l'ISEE dove c'è", "the band follows the ISEE where there is one"),
			both("ISEE di %s.", "ISEE of %s.", isee), nil, "isee")
		return
	}
	income := d.facts.WholeOr("monthly_income", 0) * 12
	d.yearly = d.equivalent(income, d.people)
	outcome := both("ISEE non noto. Reddito annuo di %s, diviso per la scala di equivalenza: %s.", "ISEE not known. Yearly income of %s, divided by the equivalence scale: %s.", income, d.yearly)
	d.add("income", sdk.Text{IT: "Reddito che conta", EN: "Income that counts"}, basis("scala di equivalenza per numero di persone", "equivalence scale by number of people"),
		outcome, nil, "monthly_income", "household_size")
	d.remarks = append(d.remarks, sdk.Diagnostic{Path: "isee", Code: "estimated", Text: sdk.Text{
		IT: "Senza ISEE il reddito è stimato da quello mensile.", EN: "Without an ISEE the income is estimated from the monthly one.",
	}})
	d.hints = append(d.hints, sdk.Text{IT: "Con un'attestazione ISEE il calcolo si basa su quella.", EN: "With an ISEE certificate the calculation rests on that."})
}

// share turns the income into a part of the rent.
func (d *decision) share() {
	share := d.shareOf(d.yearly)
	d.amount = d.rent * share / 1000
	outcome := sdk.Text{
		IT: fmt.Sprintf("Quota del %s del canone di %s: %s.", percentIT(share), euroIT(d.rent), euroIT(d.amount)),
		EN: fmt.Sprintf("A share of %s of the rent of %s: %s.", percentEN(share), euroEN(d.rent), euroEN(d.amount)),
	}
	if share == 0 {
		outcome = both("Il reddito supera il limite di %s: nessun contributo.", "The income exceeds the limit of %s: no contribution.", d.limit())
		d.hints = append(d.hints, both("Con un reddito che conta fino a %s ci sarebbe un contributo.", "With an income that counts of up to %s there would be a contribution.", d.limit()))
	}
	d.add("share", sdk.Text{IT: "Quota del canone per fascia di reddito", EN: "Share of the rent by income band"},
		basis("fasce di reddito, con quota che scende gradualmente", "income bands, with a share that falls gradually"), outcome, &d.amount, "monthly_rent")
}

func (d *decision) ceilingStep() {
	most := d.ceilingOf(d.people, d.minors, d.facts.Yes("co_housing"))
	outcome := both("Il massimale di %s non è raggiunto.", "The ceiling of %s is not reached.", most)
	if d.amount > most {
		d.amount = most
		outcome = both("Ridotto al massimale di %s.", "Reduced to the ceiling of %s.", most)
	}
	d.add("ceiling", sdk.Text{IT: "Massimale per il nucleo", EN: "Ceiling for the household"},
		basis("massimale per numero di persone, minori e co-housing", "ceiling by number of people, minors and co-housing"), outcome, &d.amount, "household_size", "minors", "co_housing")
}

// cumulation takes other benefits off, so that the same need is not covered twice.
func (d *decision) cumulation() {
	outcome := sdk.Text{IT: "Nessun altro aiuto per la casa.", EN: "No other housing benefit."}
	if d.benefits > 0 {
		had := d.amount
		d.amount = max(0, d.amount-d.benefits)
		outcome = both("Tolti altri aiuti per %s.", "Other benefits of %s taken off.", d.benefits)
		if had > 0 && d.amount == 0 {
			d.hints = append(d.hints, both("Gli altri aiuti coprono già %s: senza di essi ci sarebbe un contributo.", "Other benefits already cover %s: without them there would be a contribution.", d.benefits))
		}
	}
	d.add("cumulation", sdk.Text{IT: "Cumulo con altri aiuti", EN: "Other benefits"},
		basis("lo stesso bisogno non è coperto due volte", "the same need is not covered twice"), outcome, &d.amount, "other_housing_benefits")
}

func (d *decision) rounding() {
	d.amount -= d.amount % d.roundTo
	outcome := sdk.Text{IT: "Arrotondato per difetto all'euro.", EN: "Rounded down to the euro."}
	if d.amount < d.smallest {
		d.amount = 0
		outcome = both("Sotto %s al mese il contributo non si paga.", "Below %s a month the contribution is not paid.", d.smallest)
	}
	d.add("rounding", sdk.Text{IT: "Arrotondamento e importo minimo", EN: "Rounding and smallest amount"},
		basis("arrotondamento e importo minimo", "rounding and smallest amount"), outcome, &d.amount)
}

// duration keeps to the months that are left of a person's history.
func (d *decision) duration() {
	left := max(0, d.parameters.months-d.facts.WholeOr("months_already_supported", 0))
	d.months = min(left, d.facts.WholeOr("months_requested", left))
	outcome := sdk.Text{
		IT: fmt.Sprintf("Restano %d mesi su %d: concessi %d.", left, d.parameters.months, d.months),
		EN: fmt.Sprintf("%d months are left of %d: %d granted.", left, d.parameters.months, d.months),
	}
	if left == 0 {
		d.hints = append(d.hints, sdk.Text{
			IT: fmt.Sprintf("I %d mesi di sostegno sono già stati usati.", d.parameters.months),
			EN: fmt.Sprintf("The %d months of support have already been used.", d.parameters.months),
		})
	}
	d.add("duration", sdk.Text{IT: "Durata", EN: "Duration"},
		sdk.Text{
			IT: "Regola del programma: al massimo 12 mesi di sostegno all'abitare; il controllo definitivo è del sistema.",
			EN: "Rule of the programme: at most 12 months of housing support; the final check is the system's.",
		}, outcome, nil, "months_already_supported", "months_requested")
}

func (d *decision) answer() sdk.SubsidyAnswer {
	a := sdk.SubsidyAnswer{Explanation: d.steps, Diagnostics: d.remarks, ChangeHints: d.hints}
	if d.amount > 0 && d.months > 0 {
		a.Eligible, a.MonthlyCents, a.Months, a.TotalCents = true, d.amount, int32(d.months), d.amount*d.months
	}
	return a
}

// add explains a step; amount is copied as it is now.
func (d *decision) add(id string, title, legal, outcome sdk.Text, amount *int64, used ...string) {
	s := sdk.Step{RuleID: "rent." + id, LegalBasis: legal, Title: title, Outcome: outcome, FactsUsed: used}
	if amount != nil {
		s.AmountCents = new(*amount)
	}
	d.steps = append(d.steps, s)
}
