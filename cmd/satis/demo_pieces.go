// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import "github.com/satis-toscana/satis/core/casework"

// planDates are the dates a plan is built around.
type planDates struct {
	start, review, second, due casework.Date
}

// datesFrom lets a plan begin on the first of the month after next.
func datesFrom(on casework.Date) planDates {
	start := casework.Date(string(on.AddMonths(2))[:8] + "01")
	return planDates{start: start, review: start.AddMonths(3), second: start.AddMonths(6), due: start.AddMonths(10)}
}

// plan puts the common parts of a plan together.
func (d planDates) plan(needs []casework.Need, objectives []casework.Objective, exit string, list ...casework.Intervention) casework.Plan {
	return casework.Plan{
		Needs: needs, Objectives: objectives, Interventions: list, ExitCriteria: exit,
		Commitments: []casework.Commitment{
			{Party: "person", Text: "Partecipa alle attività concordate e avvisa quando non può venire."},
			{Party: "entity", Text: "L'operatore di riferimento incontra la persona ogni settimana e tiene aggiornato il progetto."},
		},
		Reviews: []casework.Review{{On: d.review}, {On: d.second}},
	}
}

func need(area, text string) casework.Need { return casework.Need{Area: area, Description: text} }

func (d planDates) aim(title, indicator string) casework.Objective {
	return casework.Objective{Title: title, Indicator: indicator, DueOn: d.due}
}

func (d planDates) piece(key, kind string, months int, cents int64, details map[string]any) casework.Intervention {
	return casework.Intervention{Key: key, Type: kind, StartsOn: d.start, Months: months, AmountCents: cents, Details: details}
}

func (d planDates) italian(level, provider string, hours int, cents int64) casework.Intervention {
	return d.piece("italiano", casework.TypeItalian, 6, cents, map[string]any{"level": level, "provider": provider, "hours": hours,
		"certificate": true, "attendance": "Due mattine alla settimana."})
}

func (d planDates) house(arrangement, municipality string, months int, cents int64) casework.Intervention {
	return d.piece("casa", casework.TypeHousing, months, cents, map[string]any{"arrangement": arrangement, "supports": []any{casework.SupportSearch},
		"municipality": municipality, "search_steps": "Annunci, agenzie del territorio e incontri con i proprietari insieme all'operatore."})
}

func (d planDates) children(n int, service, provider string, months int, cents int64) casework.Intervention {
	v := d.piece("figli", casework.TypeChildcare, months, cents, map[string]any{"children": n, "service": service, "provider": provider, "hours": 25 * months})
	if service == "nursery" {
		v.Details["child_benefit"], v.Details["child_benefit_amount"] = true, 13600
		v.OtherBenefits = []casework.OtherBenefit{{Title: "Bonus asilo nido", AmountCents: 13600, Period: "month"}}
	}
	return v
}

func (d planDates) goods(kinds ...string) casework.Intervention {
	var items []any
	var sum int64
	for i, k := range kinds {
		cents := int64(15000 + 5000*i)
		items, sum = append(items, map[string]any{"kind": k, "amount": cents}), sum+cents
	}
	return d.piece("beni", casework.TypeNecessities, 4, sum, map[string]any{"items": items, "delivery": "vouchers"})
}

func (d planDates) training(title, provider string, hours int, cents int64) casework.Intervention {
	return d.piece("corso", casework.TypeVocational, 5, cents, map[string]any{"course": map[string]any{"title": title}, "provider": provider,
		"hours": hours, "qualification": title, "internship": true})
}

func (d planDates) licence(kind, provider string, cents int64) casework.Intervention {
	return d.piece("patentino", casework.TypeLicence, 3, cents, map[string]any{"kind": kind, "provider": provider, "exam_on": string(d.review), "outcome": "pending"})
}

func (d planDates) support(hours int, purpose string) casework.Intervention {
	return d.piece("affiancamento", casework.TypeAccompaniment, 10, 0, map[string]any{"planned_hours": hours, "frequency": "weekly", "purpose": purpose})
}
