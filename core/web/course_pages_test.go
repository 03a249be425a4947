// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import "github.com/satis-toscana/satis/sdk"

// coursePages has every page about courses, proposals and what is not active any more.
func coursePages(f frame, rows []summaryRow, fields []fieldView) []page {
	purpose := &courseFor{Project: "1", Code: "PI-1", Intervention: "corso", Field: "course", What: "Corso", Back: "/x"}
	hidden := []hiddenInput{{"a", "b"}}
	open := f
	open.Errors = nil
	filters := asFilters(newFormView(f, typed{}, nil).fields(courseForm(f.texts, []string{"Lucca"}), ""))
	found := []editionRow{{Title: "Saldatura", Href: "/x", Level: "A2", When: "oggi", What: "40 ore", Seats: tagView{"2 posti", "warn"}}}
	edition := func(e *enrolView) *editionPage {
		return &editionPage{frame: f, For: purpose, Level: "A2", Seats: tagView{"2 posti", "good"}, Facts: rows, Needs: []string{"Patente B"}, Back: "/x",
			Choose: &chooseView{Action: "/x", Hidden: hidden}, Enrol: e}
	}
	proposal := &proposalView{Agency: "Agenzia", Action: "/x", Total: "1 €", Cents: 100, Contribution: sdk.Contribution{
		Budget: []sdk.BudgetLine{{Label: sdk.Text{IT: "Voce", EN: "Line"}, AmountCents: 100, TotalCents: 100, From: "2027-01-15"}},
		Dates:  []sdk.PlannedDate{{Date: "2027-01-15", Label: sdk.Text{IT: "Inizio", EN: "Start"}}},
		Tasks:  []sdk.PlannedTask{{Label: sdk.Text{IT: "Firmare", EN: "Sign"}}}}}
	find := append([]fieldView{}, fields...)
	for i := range find {
		find[i].Find = find[i].Base != ""
	}
	return []page{
		&coursesPage{frame: f, For: purpose, Filters: filters, Open: true, Hidden: hidden, Found: "Una", Items: found, Pager: pager{"/a", "/b"}},
		&coursesPage{frame: open, Filters: filters, Empty: emptyState{"Nessuno", "Togli", "/x"}},
		edition(&enrolView{Closed: "Posti esauriti"}),
		edition(&enrolView{Here: "/x", Projects: []optionView{{Value: "1", Label: "PI-1"}}}),
		edition(&enrolView{Here: "/x"}),
		edition(&enrolView{Code: "PI-1", Change: "/x", Action: "/y", Hidden: hidden, Fields: fields}),
		&editionPage{frame: f, Seats: tagView{"Ritirato", "bad"}, Facts: rows, Back: "/x"},
		&cancelPage{frame: f, What: "Saldatura", When: "oggi", Action: "/x", Back: "/y", Base: 1, Reason: reasonField(&f, "testo")},
		&formPage{frame: f, Groups: []fieldGroup{{"Gruppo", "Aiuto", find}}, Action: "/x", Submit: "Salva", Back: "/y", Propose: "/p", Proposal: proposal},
		&inactivePage{frame: f, Item: planItem{Title: "Corso", Amount: "1 €", Rows: rows}, Remove: "/x", Back: "/y"},
	}
}

func sampleCourses() *coursesBlock {
	return &coursesBlock{Find: "/x", Items: []enrolmentRow{{Title: "Saldatura", Href: "/x", When: "oggi", For: "Corso", Status: tagView{"Iscritto", "good"}, Cancel: "/y"},
		{Title: "Cucina", When: "ieri", Status: tagView{"Annullata", "neutral"}, Reason: "Orari"}}}
}
