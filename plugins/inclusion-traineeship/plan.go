// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"time"

	"github.com/satis-toscana/satis/sdk"
)

// plan is a contribution on its way.
type plan struct {
	parameters
	facts       sdk.Facts
	first, last time.Time
	months      int64
	out         sdk.Contribution
}

func newPlan(p parameters, f sdk.Facts) *plan {
	first, months := day(f.Text("starts")), f.WholeOr("months", 1)
	return &plan{parameters: p, facts: f, months: months, first: first, last: monthsLater(first, int(months)).AddDate(0, 0, -1)}
}

// day reads a date that the form has checked.
func day(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

// monthsLater keeps to the end of a short month: from 31 January on, a month is 28 February.
func monthsLater(t time.Time, n int) time.Time {
	end := time.Date(t.Year(), t.Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	out := t.AddDate(0, n, 0)
	if out.After(end) {
		return end
	}
	return out
}

func (p *plan) monthly(code string, label, reason sdk.Text, amount int64, used ...string) {
	p.out.Budget = append(p.out.Budget, sdk.BudgetLine{
		Code: code, Label: label, AmountCents: amount, Months: int32(p.months), TotalCents: amount * p.months,
		From: p.first.Format(time.DateOnly), To: p.last.Format(time.DateOnly), Reason: reason, FactsUsed: append(used, "months"),
	})
}

func (p *plan) once(code string, label, reason sdk.Text, amount int64, used ...string) {
	p.out.Budget = append(p.out.Budget, sdk.BudgetLine{Code: code, Label: label, AmountCents: amount, TotalCents: amount, Reason: reason, FactsUsed: used})
}

func (p *plan) allowance() {
	amount := p.facts.WholeOr("monthly_allowance", 0)
	if amount == 0 {
		return
	}
	p.monthly("allowance", sdk.Text{IT: "Indennità di partecipazione", EN: "Participation allowance"},
		forMonths("L'indennità indicata", "The allowance as stated", p.months), amount, "monthly_allowance")
}

func (p *plan) travel() {
	if amount := p.facts.WholeOr("monthly_travel", 0); amount > 0 {
		p.monthly("travel", sdk.Text{IT: "Abbonamento ai trasporti", EN: "Travel pass"},
			forMonths("Il costo indicato", "The cost as stated", p.months), amount, "travel", "monthly_travel")
	}
}

func (p *plan) insurance() {
	if p.facts.Yes("host_insures") {
		return
	}
	p.once("insurance", sdk.Text{IT: "Assicurazione infortuni e responsabilità civile", EN: "Accident and liability insurance"},
		network("una parte fissa e una per ogni mese", "a fixed part and one for each month"), p.insuranceOnce+p.insuranceMonthly*p.months, "host_insures", "months")
}

func (p *plan) safety() {
	if p.facts.Yes("safety_done") {
		return
	}
	hours := p.safetyHours[p.facts.Text("sector")]
	p.once("safety", sdk.Text{IT: "Formazione sulla sicurezza", EN: "Safety training"},
		networkCounted("%d ore per questo settore", "%d hours for this sector", hours), hours*p.safetyHour, "safety_done", "sector")
	p.task("safety", sdk.Text{IT: "Iscrivere alla formazione sulla sicurezza, da finire prima dell'inizio", EN: "Enrol for the safety training, to be done before the start"}, p.first.AddDate(0, 0, -1))
}

func (p *plan) task(code string, label sdk.Text, due time.Time) {
	p.out.Tasks = append(p.out.Tasks, sdk.PlannedTask{Code: code, Label: label, Due: clamp(due)})
}

func (p *plan) date(code string, label sdk.Text, on time.Time) {
	p.out.Dates = append(p.out.Dates, sdk.PlannedDate{Code: code, Label: label, Date: clamp(on)})
}

// clamp keeps what lies beyond the calendar of the forms, 1900 to 2199, at its edge.
func clamp(t time.Time) string {
	return min(max(t.Format(time.DateOnly), "1900-01-01"), "2199-12-31")
}

// calendar is what has to happen before, while and after.
func (p *plan) calendar() {
	p.task("agreement", sdk.Text{IT: "Firmare convenzione e progetto formativo con il soggetto ospitante", EN: "Sign agreement and training plan with the host"}, p.first.AddDate(0, 0, -p.daysBefore))
	p.task("notice", sdk.Text{IT: "Inviare la comunicazione obbligatoria di avvio", EN: "Send the compulsory notice of start"}, p.first.AddDate(0, 0, -1))
	p.task("tutors", sdk.Text{IT: "Nominare il tutor del soggetto ospitante e quello dell'ente", EN: "Name the host's tutor and the entity's"}, p.first)
	p.date("start", sdk.Text{IT: "Inizio del tirocinio", EN: "Start of the traineeship"}, p.first)
	for m := p.reviewEvery; m < int(p.months); m += p.reviewEvery {
		p.date("review", counted("Verifica dopo %d mesi", "Review after %d months", int64(m)), monthsLater(p.first, m))
	}
	p.date("end", sdk.Text{IT: "Fine del tirocinio", EN: "End of the traineeship"}, p.last)
	p.task("attestation", sdk.Text{IT: "Consegnare l'attestazione finale con le competenze acquisite", EN: "Hand over the final attestation with the skills acquired"}, p.last.AddDate(0, 0, p.daysAfter))
}
