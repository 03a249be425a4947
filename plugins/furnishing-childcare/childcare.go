// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"strconv"

	"github.com/satis-toscana/satis/sdk"
)

// childcare decides the monthly contribution to having children looked after.
type childcare struct{ parameters }

// Subsidy is the code in the manifest.
func (childcare) Subsidy() string { return "childcare_allowance" }

// Evaluate goes through the steps in the order in which they are explained.
func (r childcare) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	if err := ctx.Err(); err != nil {
		return sdk.SubsidyAnswer{}, err
	}
	d := childcareDecision{decision: newDecision(r.parameters, "childcare", req.Facts)}
	d.income()
	d.children()
	d.cumulation(benefit{"inps_nursery_bonus", "Bonus nido INPS", "INPS nursery bonus"},
		benefit{"other_childcare_benefits", "Altri aiuti per i figli", "Other help for the children"})
	d.hours()
	d.share(r.childcare.line)
	d.ceiling()
	d.rounding(r.childcare.smallest)
	d.duration()
	a := d.answer()
	if d.amount > 0 && d.months > 0 {
		a.Eligible, a.MonthlyCents, a.Months, a.TotalCents = true, d.amount, int32(d.months), d.amount*d.months
	}
	return a, nil
}

type childcareDecision struct {
	decision
	counted, months int64
}

// children adds up what counts of the cost of each child.
func (d *childcareDecision) children() {
	p, small := d.parameters.childcare, false
	var parts []sdk.Step
	for i, row := range d.facts.Rows("children") {
		age, cost := row.WholeOr("age", 0), row.WholeOr("monthly_cost", 0)
		most, ok := p.mostAt(age)
		counts := min(cost, most)
		outcome := filled("Conta tutta la spesa di %v al mese.", "All of the cost of %v a month counts.", euro(cost))
		switch {
		case !ok:
			outcome = filled("Oltre i %v anni la spesa non conta.", "Above the age of %v the cost does not count.", p.oldest())
			d.remark("children/"+strconv.Itoa(i)+"/age", "too_old", outcome)
		case cost > most:
			outcome = filled("Di %v al mese contano al massimo %v per questa età.", "Of %v a month at most %v counts at this age.", euro(cost), euro(most))
		}
		if ok {
			d.counted++
			small = small || age <= p.bands[0].upTo
		}
		d.amount += counts
		parts = append(parts, sdk.Step{RuleID: "childcare.children.child", LegalBasis: basis("massimo al mese per età", "most a month by age"),
			Title: filled("Figlio %v, età %v", "Child %v, age %v", i+1, age), Outcome: outcome, FactsUsed: []string{"children"}, AmountCents: &counts})
	}
	if _, asked := d.facts.Whole("inps_nursery_bonus"); small && !asked {
		d.remark("inps_nursery_bonus", "bonus_not_stated", text("Per figli così piccoli verificare se spetta il bonus nido dell'INPS e indicarlo, anche se è zero.",
			"For children this young see whether the INPS nursery bonus is due, and state it even where it is zero."))
	}
	outcome := filled("Contano %v al mese per %v figli.", "%v a month counts for %v children.", euro(d.amount), d.counted)
	if d.counted == 1 {
		outcome = filled("Contano %v al mese per un figlio.", "%v a month counts for one child.", euro(d.amount))
	}
	d.add("children", text("Spese per i figli", "Costs for the children"), basis("spesa al mese, fino al massimo per età", "monthly cost, up to the most by age"), outcome, "children").Children = parts
}

// hours keeps the part that the parent's hours of work or course need.
func (d *childcareDecision) hours() {
	p, hours := d.parameters.childcare, d.facts.WholeOr("weekly_hours", 0)
	counted := min(hours, p.fullHours)
	if hours < p.leastHours {
		counted = 0
	}
	d.amount = d.amount * counted / p.fullHours
	outcome := filled("%v ore su %v alla settimana: %v.", "%v of %v hours a week: %v.", counted, p.fullHours, euro(d.amount))
	if counted == 0 {
		outcome = filled("Meno di %v ore alla settimana di lavoro o corso: nessun contributo.", "Less than %v hours a week of work or course: no contribution.", p.leastHours)
		d.hint(filled("Da %v ore alla settimana ci può essere un contributo.", "From %v hours a week on there can be a contribution.", p.leastHours))
	}
	d.add("hours", text("Ore di lavoro o corso del genitore", "Parent's hours of work or course"),
		basis("in proporzione alle ore, da un minimo a una settimana piena", "in proportion to the hours, from a least number to a full week"), outcome, "weekly_hours")
	if d.facts.Yes("other_adult") {
		d.amount = d.amount * p.otherAdult / 100
		d.add("other_adult", text("Altro adulto in casa", "Other adult at home"), basis("quota ridotta dove un altro adulto può stare con i figli", "a smaller part where another adult can be with the children"),
			filled("Resta il %v %%: %v.", "%v%% is left: %v.", p.otherAdult, euro(d.amount)), "other_adult")
	}
}

func (d *childcareDecision) ceiling() {
	list := d.parameters.childcare.ceiling
	var most int64
	if d.counted > 0 {
		most = list[min(d.counted, int64(len(list)))-1]
	}
	d.ceilingStep(most, basis("massimale al mese per numero di figli", "monthly ceiling by number of children"), "children")
}

// duration keeps to the months that are left.
func (d *childcareDecision) duration() {
	most := d.parameters.childcare.months
	left := max(0, most-d.facts.WholeOr("childcare_months_had", 0))
	d.months = min(left, d.facts.WholeOr("childcare_months_requested", left))
	if left == 0 {
		d.hint(filled("I %v mesi sono già stati usati.", "The %v months have already been used.", most))
	}
	d.tell("duration", text("Durata", "Duration"), basis("numero massimo di mesi", "most months"),
		filled("Restano %v mesi su %v: concessi %v.", "%v months are left of %v: %v granted.", left, most, d.months), "childcare_months_had", "childcare_months_requested")
}
