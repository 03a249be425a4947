// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import "github.com/satis-toscana/satis/sdk"

// decision is a decision on its way; both rules take the same kinds of step.
type decision struct {
	parameters
	code    string // begins the name of every step
	facts   sdk.Facts
	people  int64
	yearly  int64 // equivalent income that counts
	amount  int64
	steps   []sdk.Step
	remarks []sdk.Diagnostic
	hints   []sdk.Text
}

func newDecision(p parameters, code string, f sdk.Facts) decision {
	return decision{parameters: p, code: code, facts: f, people: f.WholeOr("household_size", 1)}
}

// add explains a step that arrives at the amount as it is now.
func (d *decision) add(id string, title, legal, outcome sdk.Text, used ...string) *sdk.Step {
	s := d.tell(id, title, legal, outcome, used...)
	s.AmountCents = new(d.amount)
	return s
}

// tell explains a step that has no amount.
func (d *decision) tell(id string, title, legal, outcome sdk.Text, used ...string) *sdk.Step {
	d.steps = append(d.steps, sdk.Step{RuleID: d.code + "." + id, LegalBasis: legal, Title: title, Outcome: outcome, FactsUsed: used})
	return &d.steps[len(d.steps)-1]
}

func (d *decision) remark(path, code string, t sdk.Text) {
	d.remarks = append(d.remarks, sdk.Diagnostic{Path: path, Code: code, Text: t})
}

func (d *decision) hint(t sdk.Text) { d.hints = append(d.hints, t) }

// income finds the yearly income that counts: the ISEE, or an estimate where there is none.
func (d *decision) income() {
	title, legal := text("Reddito che conta", "Income that counts"), basis("l'ISEE dove c'è, altrimenti una stima", "the ISEE where there is one, otherwise an estimate")
	if isee, known := d.facts.Whole("isee"); known {
		d.yearly = isee
		d.tell("income", title, legal, filled("ISEE di %v.", "ISEE of %v.", euro(isee)), "isee")
		return
	}
	income := d.facts.WholeOr("monthly_income", 0) * 12
	d.yearly = d.equivalent(income, d.people)
	d.tell("income", title, legal, filled("ISEE non noto. Reddito annuo di %v, diviso per la scala di equivalenza: %v.",
		"ISEE not known. Yearly income of %v, divided by the equivalence scale: %v.", euro(income), euro(d.yearly)), "monthly_income", "household_size")
	d.remark("isee", "estimated", text("Senza ISEE il reddito è stimato da quello mensile.", "Without an ISEE the income is estimated from the monthly one."))
}

// share keeps the part of the amount that the income leaves.
func (d *decision) share(l line) {
	share := l.shareOf(d.yearly)
	d.amount = d.amount * share / 1000
	outcome := filled("Quota del %v: %v.", "A share of %v: %v.", thousandths(share), euro(d.amount))
	if share == 0 {
		outcome = filled("Il reddito supera il limite di %v: nessun contributo.", "The income exceeds the limit of %v: no contribution.", euro(l.limit()))
		d.hint(filled("Con un reddito che conta fino a %v ci può essere un contributo.", "With an income that counts of up to %v there can be a contribution.", euro(l.limit())))
	}
	used := "monthly_income"
	if _, known := d.facts.Whole("isee"); known {
		used = "isee"
	}
	d.add("share", text("Quota per reddito", "Share by income"), basis("quota che scende gradualmente con il reddito", "a share that falls gradually with the income"), outcome, used)
}

// ceilingStep reduces the amount to the most there is.
func (d *decision) ceilingStep(most int64, legal sdk.Text, used ...string) {
	outcome := filled("Il massimale di %v non è raggiunto.", "The ceiling of %v is not reached.", euro(most))
	if d.amount > most {
		d.amount = most
		outcome = filled("Ridotto al massimale di %v.", "Reduced to the ceiling of %v.", euro(most))
	}
	d.add("ceiling", text("Massimale", "Ceiling"), legal, outcome, used...)
}

// benefit is what somebody else gives for the same need.
type benefit struct {
	fact   string
	it, en string // what it is called
}

// cumulation takes off what others give, so that the same need is not covered twice.
func (d *decision) cumulation(list ...benefit) {
	step := func(title, outcome sdk.Text, used ...string) sdk.Step {
		return sdk.Step{RuleID: d.code + ".cumulation.part", LegalBasis: basis("lo stesso bisogno non è coperto due volte", "the same need is not covered twice"),
			Title: title, Outcome: outcome, FactsUsed: used, AmountCents: new(d.amount)}
	}
	had, names, parts := d.amount, []string{}, []sdk.Step{}
	var total int64
	for _, b := range list {
		names = append(names, b.fact)
		n := d.facts.WholeOr(b.fact, 0)
		if n == 0 {
			continue
		}
		total += n
		d.amount = max(0, d.amount-n)
		parts = append(parts, step(text(b.it, b.en), filled("Tolti %v.", "%v taken off.", euro(n)), b.fact))
	}
	outcome := text("Nessun altro aiuto per lo stesso bisogno.", "No other help for the same need.")
	if total > 0 {
		outcome = filled("Tolti in tutto %v.", "%v taken off in all.", euro(total))
		if had > 0 && d.amount == 0 {
			d.hint(filled("Gli altri aiuti coprono già %v: con meno ci può essere un contributo.", "Other help already covers %v: with less there can be a contribution.", euro(total)))
		}
	}
	d.add("cumulation", text("Cumulo con altri aiuti", "Other help"), basis("lo stesso bisogno non è coperto due volte", "the same need is not covered twice"), outcome, names...).Children = parts
}

// rounding rounds down, and pays nothing where it would be very little.
func (d *decision) rounding(smallest int64) {
	d.amount -= d.amount % d.roundTo
	outcome := text("Arrotondato per difetto all'euro.", "Rounded down to the euro.")
	if d.amount < smallest {
		d.amount = 0
		outcome = filled("Sotto %v il contributo non si paga.", "Below %v the contribution is not paid.", euro(smallest))
	}
	d.add("rounding", text("Arrotondamento e importo minimo", "Rounding and smallest amount"), basis("arrotondamento e importo minimo", "rounding and smallest amount"), outcome)
}

func (d *decision) answer() sdk.SubsidyAnswer {
	return sdk.SubsidyAnswer{Explanation: d.steps, Diagnostics: d.remarks, ChangeHints: d.hints}
}
