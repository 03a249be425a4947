// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/sdk"
)

// furnishing decides the contribution to furnishing a home, paid once.
type furnishing struct{ parameters }

// Subsidy is the code in the manifest.
func (furnishing) Subsidy() string { return "furnishing_grant" }

var errAsOf = errors.New("as_of is no date")

// Evaluate goes through the steps in the order in which they are explained.
func (r furnishing) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	if err := ctx.Err(); err != nil {
		return sdk.SubsidyAnswer{}, err
	}
	asOf, err := time.Parse(time.DateOnly, req.AsOf)
	if err != nil {
		return sdk.SubsidyAnswer{}, errAsOf
	}
	d := furnishingDecision{decision: newDecision(r.parameters, "furnishing", req.Facts)}
	d.minors = min(req.Facts.WholeOr("minors", 0), d.people)
	d.income()
	d.spending()
	d.cumulation(benefit{"goods_received", "Beni ricevuti in dono", "Goods received as a gift"},
		benefit{"other_contributions", "Altri contributi per l'arredo", "Other contributions to furnishing"})
	d.share(r.furnishing.line)
	d.ceiling()
	d.rounding(r.furnishing.smallest)
	d.time(asOf)
	a := d.answer()
	if d.amount > 0 {
		a.Eligible, a.TotalCents = true, d.amount
	}
	return a, nil
}

type furnishingDecision struct {
	decision
	minors int64
}

// time asks whether the home is ready, or soon, or has been for too long.
func (d *furnishingDecision) time(asOf time.Time) {
	p := d.parameters.furnishing
	ready, _ := time.Parse(time.DateOnly, d.facts.Text("home_ready_on")) // the form has checked it
	first, last := ready.AddDate(0, 0, -p.daysBefore), ready.AddDate(0, 0, p.daysAfter)
	outcome := filled("Casa disponibile dal %v: si può chiedere dal %v al %v.", "Home ready on %v: one can ask from %v until %v.", civil(ready), civil(first), civil(last))
	switch {
	case asOf.Before(first):
		d.amount = 0
		outcome = filled("È presto: la casa sarà disponibile il %v.", "It is early: the home will be ready on %v.", civil(ready))
		d.hint(filled("Si può chiedere dal %v.", "One can ask from %v on.", civil(first)))
	case asOf.After(last):
		d.amount = 0
		outcome = filled("È tardi: si poteva chiedere fino al %v.", "It is late: one could ask until %v.", civil(last))
		d.hint(text("Con una nuova casa si può chiedere di nuovo.", "With a new home one can ask again."))
	}
	d.add("time", text("Quando si chiede", "When it is asked for"),
		basis("si chiede da poco prima a pochi mesi dopo che la casa è disponibile", "one asks from shortly before until some months after the home is ready"), outcome, "home_ready_on")
}

// spending adds up what is documented, each kind up to the most that counts of it.
func (d *furnishingDecision) spending() {
	spent, quoted := map[string]int64{}, false
	for i, row := range d.facts.Rows("items") {
		switch row.Text("document") {
		case "none":
			d.remark("items/"+strconv.Itoa(i)+"/document", "no_document", text("Senza ricevuta o preventivo questa spesa non conta.", "Without a receipt or a quote this cost does not count."))
			continue
		case "quote":
			quoted = true
		}
		spent[row.Text("kind")] += row.WholeOr("amount", 0)
	}
	var parts []sdk.Step
	d.amount = 0
	for _, k := range d.parameters.furnishing.kinds {
		cost, there := spent[k.code]
		if !there {
			continue
		}
		most := k.most(d.people, d.minors)
		counts, outcome := cost, filled("Conta tutta la spesa di %v.", "All of the cost of %v counts.", euro(cost))
		if cost > most {
			counts, outcome = most, filled("Di %v contano al massimo %v.", "Of %v at most %v counts.", euro(cost), euro(most))
		}
		d.amount += counts
		parts = append(parts, sdk.Step{RuleID: "furnishing.spending." + k.code, Title: kindWords[k.code], Outcome: outcome, AmountCents: &counts,
			LegalBasis: basis("massimo per genere di arredo, persone e minori", "most by kind of furniture, people and minors"), FactsUsed: []string{"items", "household_size", "minors"}})
	}
	outcome := filled("Spese documentate che contano: %v.", "Documented costs that count: %v.", euro(d.amount))
	if d.amount == 0 {
		outcome = text("Nessuna spesa documentata.", "No documented cost.")
		d.hint(text("Con ricevute o preventivi le spese contano.", "With receipts or quotes the costs count."))
	}
	if quoted {
		d.remark("items", "receipts_to_follow", text("Per le spese con preventivo le ricevute vanno consegnate dopo l'acquisto.", "For costs with a quote the receipts have to be handed in after the purchase."))
	}
	d.add("spending", text("Spese che contano", "Costs that count"),
		basis("contano le spese con ricevuta o preventivo", "costs with a receipt or a quote count"), outcome, "items").Children = parts
}

// ceiling is the most for this household, less what it already had.
func (d *furnishingDecision) ceiling() {
	if d.facts.WholeOr("minors", 0) > d.people {
		d.remark("minors", "minors_exceed_household", text("I minori sono più delle persone del nucleo: ne contano solo quanti le persone.", "There are more minors than people in the household: only as many count."))
	}
	had := d.facts.WholeOr("already_granted", 0)
	most := max(0, d.parameters.furnishing.ceilingOf(d.people, d.minors, d.facts.Text("arrangement") == "co_housing", d.facts.Text("home_state"))-had)
	if most == 0 && had > 0 && d.amount > 0 {
		d.hint(filled("Il massimale per il nucleo è già stato usato con %v.", "The ceiling for the household has already been used up with %v.", euro(had)))
	}
	d.ceilingStep(most, basis("massimale per persone, minori, sistemazione e stato della casa, meno quanto già concesso", "ceiling by people, minors, arrangement and state of the home, less what was granted already"),
		"household_size", "minors", "arrangement", "home_state", "already_granted")
}
