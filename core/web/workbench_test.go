// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strings"
	"testing"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// sampleContribution and sampleEditions have every part in use.
func sampleContribution() sdk.Contribution {
	return sdk.Contribution{
		Budget: []sdk.BudgetLine{{Code: "fee", Label: tx("Indennità", "Allowance"), AmountCents: 500_00, Months: 3, TotalCents: 1500_00, From: "2027-01-07", To: "2027-04-06", Reason: tx("Il minimo.", "The least.")},
			{Code: "once", Label: tx("Visita", "Visit"), AmountCents: 80_00, TotalCents: 80_00, Reason: tx("Una volta.", "Once.")}},
		Dates:       []sdk.PlannedDate{{Code: "start", Label: tx("Inizio", "Start"), Date: "2027-01-07"}},
		Tasks:       []sdk.PlannedTask{{Code: "a", Label: tx("Convenzione", "Agreement"), Due: "2026-12-20"}, {Code: "b", Label: tx("Senza giorno", "No day")}},
		Diagnostics: []sdk.Diagnostic{{Path: "starts", Code: "soon", Text: tx("Manca poco.", "Soon.")}},
	}
}

func sampleEditions() sdk.CoursePage {
	return sdk.CoursePage{Total: 3, Editions: []sdk.Edition{
		{ID: "a", Course: "a", Title: tx("Italiano", "Italian"), Area: sdk.AreaLanguage, Provider: "CPIA", ISTATCode: "046033", Municipality: "Viareggio", Starts: "2027-01-11", Ends: "2027-04-30",
			EnrolBy: "2027-01-02", Hours: 80, Seats: 18, Level: "A2", Childcare: true, Prerequisites: []sdk.Prerequisite{{Code: "a1", Text: tx("Livello A1.", "Level A1.")}}},
		{ID: "b", Course: "b", Title: tx("Muletto", "Forklift"), Area: sdk.AreaLicence, Provider: "Scuola", ISTATCode: "047014", Municipality: "Pistoia", Starts: "2027-02-01", Ends: "2027-02-05",
			Hours: 1, Seats: 1, CostCents: 120_00, Qualification: tx("Attestato", "Certificate")},
	}}
}

// What a plugin's answer looks like, wherever a page shows one.
func TestAnswersOfPluginsAreShown(t *testing.T) {
	s := newTestRenderer(t)
	for _, c := range []struct {
		name, lang string
		value      any
		want       []string
	}{
		{"contribution", "it", sampleContribution(), []string{"500,00\u00a0€ × 3", "1.500,00\u00a0€", "1.580,00\u00a0€", "7 gennaio 2027 – 6 aprile 2027", "Entro il 20 dicembre 2026", "Senza scadenza", "Manca poco."}},
		{"contribution", "en", sdk.Contribution{}, []string{"It adds no costs, dates or tasks."}},
		{"editions", "it", sampleEditions(), []string{"Trovate 3 edizioni. Ecco le prime 2.", "Lingua · CPIA · Viareggio", "11 gennaio 2027 – 30 aprile 2027 · 80 ore · iscrizioni entro il 2 gennaio 2027", "Gratuito", "18 posti", "Un posto", "Serve: Livello A1."}},
		{"editions", "en", sampleEditions(), []string{"Forklift", "€120.00", "one hour", "with childcare", "Certificate"}},
	} {
		var b strings.Builder
		if err := s.sets[c.lang]["error"].ExecuteTemplate(&b, c.name, c.value); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s %s: missing %q in\n%s", c.lang, c.name, want, &b)
			}
		}
	}
}

// benchPages are the pages of the workbench, for the test that renders every template.
func benchPages(f frame, rows []summaryRow, fields []fieldView) []page {
	f.Bench, f.Viewer = true, nil
	b := benchFrame{frame: f, Number: 7, Folder: "bonus", Status: benchStatus{Plugin: "bonus 0.1.0", Agency: "Agenzia", State: tagView{"In funzione", "good"}, LastError: "rule_failed",
		JailProblem: "no landlock", Built: "oggi", Took: "1 ms", Call: "2 ms", Stderr: "panic", CasesProblem: "small.json", Cases: 2}}
	links := []benchLink{{"/contributi/a", "Titolo", "a", "Domanda"}}
	cases, down := []optionView{{"x", "small", "small", true}}, &benchDown{"Testo", "answer: total", "panic"}
	contribution, editions := sampleContribution(), sampleEditions()
	answer := decisionView{Eligible: true, Monthly: "1 €", Months: "2 mesi", Total: "2 €"}
	problem := &BenchProblem{Places: []BenchPlace{{"main.go", 3, "undefined: x", "x()"}}, Output: "main.go:3: undefined: x"}
	return []page{
		&benchHomePage{benchFrame: b, Subsidies: links, Interventions: links, Catalogs: links},
		&benchFormPage{benchFrame: b, Action: "/x", Cases: cases, Fields: fields, Again: benchAsk, Decision: &answer, Contribution: &contribution, Remarks: []complaintView{{"Testo", "#f"}, {"Altro", ""}}, Down: down, Request: "{}", Golden: "{}", Purposes: rows},
		&benchCatalogPage{benchFrame: b, Action: "/x", Cases: cases, Feed: fields, Accept: ".csv", Imported: true, Read: 2, Remarks: rows, Page: &editions, Down: down, Import: "{}", Found: "{}"},
		&benchCatalogPage{benchFrame: b, Action: "/x", Imported: true},
		&benchKitPage{benchFrame: b, Ran: true, Groups: []kitGroup{{"Vuole", []sdktest.Finding{{Rule: "answer", Case: "small", Detail: "out of range"}}}}},
		&benchKitPage{benchFrame: b, Ran: true},
		&benchKitPage{benchFrame: b, Down: down},
		&benchProblemPage{benchFrame: b, Problem: problem, Action: "/x", Posted: true, Hidden: []hiddenInput{{"a", "b"}}},
		&benchProblemPage{benchFrame: b, Building: true},
	}
}
