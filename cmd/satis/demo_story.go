// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import "github.com/satis-toscana/satis/core/casework"

// tales are the projects of the demo, at least one in every state.
func tales() []tale {
	return append(append(gozzoTales(), rottaTales()...), glicineTales()...)
}

func gozzoTales() []tale {
	by := func(t tale) tale {
		if t.operator == "" {
			t.operator = "Sara Menconi"
		}
		t.manager, t.services = "Anna Bertozzi", orgVersilia
		if t.judge == "" {
			t.judge = "Elena Bartolini"
		}
		return t
	}
	return []tale{
		by(tale{person: demoPerson{given: "Blessing", family: "Adeyemi", born: "1998-04-12", citizenship: "NGA", language: "en", municipality: "Viareggio", phone: "+39 333 0000101"},
			began: 74, plan: planHome, until: casework.Active, course: "vocational", further: 1,
			rent: map[string]any{"monthly_rent": 52000, "co_housing": false, "household_size": 1, "minors": 0, "monthly_income": 62000, "other_housing_benefits": 0, "months_already_supported": 0, "months_requested": 10}}),
		by(tale{person: demoPerson{given: "Mirela", family: "Dumitru", born: "1991-09-30", citizenship: "ROU", language: "ro", municipality: "Camaiore", phone: "+39 333 0000102"},
			began: 62, plan: planMother, until: casework.Evaluated,
			comments: []casework.Comment{
				{Section: casework.SectionInterventions, Text: "Il nido copre nove mesi: come si fa nei mesi estivi? Indicare anche le ore."},
				{Section: casework.SectionObjectives, Text: "Manca un indicatore sul lavoro."}},
			change: withSummer}),
		by(tale{person: demoPerson{given: "Arjana", family: "Hoxha", born: "1995-01-22", citizenship: "ALB", language: "sq", municipality: "Massarosa", phone: "+39 333 0000103"},
			began: 26, plan: planCare, until: casework.CoSigned, operator: "Davide Orsi"}),
		by(tale{person: demoPerson{given: "Nusrat", family: "Karim", born: "2001-06-03", citizenship: "BGD", language: "bn", municipality: "Viareggio", phone: "+39 333 0000104", hidden: true},
			began: 15, plan: planKitchen, until: casework.CoDesign, further: 2, operator: "Davide Orsi", trainee: true}),
		by(tale{person: demoPerson{given: "Oksana", family: "Melnyk", born: "1988-11-17", citizenship: "UKR", language: "uk", municipality: "Pietrasanta", phone: "+39 333 0000105"},
			began: 3, plan: planSketch, until: casework.Draft, further: 1}),
		by(tale{person: demoPerson{given: "Zineb", family: "El Fassi", born: "1993-03-08", citizenship: "MAR", language: "ar", municipality: "Seravezza", phone: "+39 333 0000106", months: 3},
			began: 55, plan: planKitchen, until: casework.Rejected,
			rejected: "Il corso proposto finisce dopo la scadenza del permesso di soggiorno: si può ripresentare con tempi diversi."}),
	}
}

// withSummer is what the operator makes of the evaluator's comments.
func withSummer(p *casework.Plan) {
	for i := range p.Interventions {
		switch v := &p.Interventions[i]; v.Key {
		case "figli":
			v.Months, v.AmountCents, v.Details["hours"] = 11, 216000, 300
			v.Details["notes"] = "Nei mesi di luglio e agosto il centro estivo del Comune."
		case "beni":
			v.AmountCents = 45000
			v.Details["items"] = []any{map[string]any{"kind": "food", "amount": 20000}, map[string]any{"kind": "clothing", "amount": 25000}}
		}
	}
	last := p.Objectives[len(p.Objectives)-1].DueOn
	p.Objectives = append(p.Objectives, casework.Objective{Title: "Lavoro di almeno venti ore", Indicator: "Contratto firmato", DueOn: last})
}

func rottaTales() []tale {
	by := func(t tale) tale {
		t.operator, t.manager, t.services = "Giulia Del Carlo", "Roberto Antonelli", orgVersilia
		t.judge = "Marco Giannini"
		return t
	}
	return []tale{
		by(tale{person: demoPerson{given: "Lamin", family: "Ceesay", born: "1999-12-01", citizenship: "GMB", language: "en", municipality: "Pietrasanta", phone: "+39 333 0000107"},
			began: 21, plan: planWarehouse, until: casework.Submitted}),
		by(tale{person: demoPerson{given: "Aminata", family: "Coulibaly", born: "1996-07-19", citizenship: "MLI", language: "fr", municipality: "Forte dei Marmi", phone: "+39 333 0000108"},
			began: 33, plan: planCare, until: casework.ChangesRequested,
			comments: []casework.Comment{
				{Section: casework.SectionNeeds, Text: "Descrivere meglio quanto spesso servono gli spostamenti per le cure."},
				{Section: casework.SectionExitCriteria, Text: "Il criterio di uscita non parla della casa."}}}),
		by(tale{person: demoPerson{given: "Wei", family: "Zhang", born: "1985-05-27", citizenship: "CHN", language: "zh", municipality: "Camaiore", phone: "+39 333 0000109"},
			began: 48, plan: planWarehouse, until: casework.Withdrawn, withdraw: true}),
	}
}

func glicineTales() []tale {
	by := func(t tale) tale {
		t.operator, t.manager, t.services = "Fatou Diagne", "Teresa Lazzeri", orgPiana
		if t.judge == "" {
			t.judge = "Elena Bartolini"
		}
		return t
	}
	return []tale{
		by(tale{person: demoPerson{given: "Usman", family: "Bhatti", born: "1994-02-14", citizenship: "PAK", language: "ur", municipality: "Lucca", phone: "+39 333 0000110"},
			began: 24, plan: planWarehouse, until: casework.UnderEvaluation}),
		by(tale{person: demoPerson{given: "Awa", family: "Ndour", born: "1997-10-05", citizenship: "SEN", language: "fr", municipality: "Capannori", phone: "+39 333 0000111"},
			began: 41, plan: planShared, until: casework.Approved, judge: "Marco Giannini",
			rent: map[string]any{"monthly_rent": 38000, "co_housing": true, "household_size": 1, "minors": 0, "monthly_income": 54000, "other_housing_benefits": 0, "months_already_supported": 0, "months_requested": 8},
			more: 2000, override: "Il canone comprende le spese di riscaldamento, che la regola non considera."}),
		by(tale{person: demoPerson{given: "Luciana", family: "Ferreira", born: "1990-08-23", citizenship: "BRA", language: "pt", municipality: "Porcari", phone: "+39 333 0000112"},
			began: 88, plan: planMother, until: casework.Active}),
		by(tale{person: demoPerson{given: "Marie", family: "Kouassi", born: "2000-01-09", citizenship: "CIV", language: "fr", municipality: "Altopascio", phone: "+39 333 0000113"},
			began: 9, plan: planCare, until: casework.CoDesign, further: 1}),
		by(tale{person: demoPerson{given: "Yuliana", family: "Restrepo", born: "1992-12-30", citizenship: "COL", language: "es", municipality: "Lucca", phone: "+39 333 0000114", months: 12},
			began: 36, plan: planCare, until: casework.Evaluated}),
	}
}
