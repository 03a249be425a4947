// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"slices"

	"github.com/satis-toscana/satis/core/casework"
)

// samplePages has every page once, with every part of it in use.
func samplePages(s *Renderer, lang string) []page {
	f := sampleFrame(s, lang)
	f.Errors = []complaintView{{"Data: manca", "#f-date"}, {"Altro", ""}}
	hidden := []hiddenInput{{"a", "b"}}
	rows := []summaryRow{{Label: "Uno", Values: []string{"a"}, Change: "/x"}, {Label: "Due", Rows: [][]summaryRow{{{Label: "Tre", Values: []string{"b"}}}}}, {Label: "Vuoto"}}
	fields := newFormView(f, encode(everyKind(), "", everyValue()), sampleComplaints()).fields(everyKind(), "")
	project := projectRow{Code: "PI-1", Href: "/x", Person: "P-1", State: tagView{"Bozza", "neutral"}, Waits: "Da firmare", Tenant: "Ente", Services: "Servizi", Updated: "oggi"}
	items := []planItem{{Title: "Corso", Amount: "1 €", Rows: rows, Note: "Non più attivo"}}
	plan := []planSection{{Section: "needs", Title: "Bisogni", Rows: rows, Remarks: []string{"Chiarire"}}, {Section: "interventions", Title: "Interventi", Items: items}, {Section: "reviews", Title: "Verifiche"}}
	tasks := []taskGroup{{"Gruppo", []taskView{{"id", "Testo", "/x", "Aiuto", tagView{"Fatto", "plain"}}, {Text: "Senza"}}}}
	entries := []historyEntry{{When: sampleTime, What: "Firmato", Who: "Anna", Reason: "Perché", Hash: "0123456789abcdef", Href: "/x", Link: "Leggi"}}
	signed := []signatureView{{"Ente", "Anna", "oggi", true}, {Side: "Persona"}}
	complaints := []complaintView{{"Manca", "/x"}, {"Senza", ""}}
	reason := reasonField(&f, "testo")
	amounts := []interventionRow{{"Corso", "/x", "oggi", "1 €", tagView{"Completato", "plain"}}}
	answer := decisionView{Eligible: true, Monthly: "1 €", Months: "2 mesi", Total: "2 €", WhatIf: true, Rule: "rent", Version: "1", When: "oggi", Hints: []string{"Se"},
		Steps: []stepView{{"Regola", "Esito", "Legge", "1 €", []stepView{{Title: "Sotto"}}}}}
	refused := answer
	refused.Eligible = false
	return append(slices.Concat(adminPages(f, rows, fields), policyPages(f, rows), pluginPages(f, rows), benchPages(f, rows, fields), coursePages(f, rows, fields)), []page{
		&errorPage{frame: f, Text: "Testo", RequestID: "abc", Back: "/x"},
		&signInPage{frame: f, Email: "a@b", Return: "/x", Text: "Scaduta", ResumePath: "/y", ResumeBody: "a=b"},
		&resumePage{frame: f, Action: "/x", Hidden: hidden},
		&aboutPage{frame: f, Paragraphs: []string{"Uno"}, Version: "1"},
		&worklistPage{frame: f, Policies: []taskView{{ID: "draft-1", Text: "Bozza", Href: "/x", Hint: "oggi", Tag: tagView{"Da pubblicare", "info"}}}, Items: []projectRow{project}, Pager: pager{"/a", "/b"}},
		&personsPage{frame: f, Items: []personRow{{"P-1", "/x", "Nome", "Nigeria", "Viareggio", "oggi"}}, Named: true, MayCreate: true, Query: "a", Pager: pager{"/a", "/b"}},
		&personPage{frame: f, ID: "1", Facts: rows, Consents: []consentRow{{"Dati", tagView{"Sì", "good"}, "oggi"}}, Projects: []projectRow{project}, MayEdit: true, MaySeeIdentity: true, MaySeeConsents: true, Identity: rows},
		&duplicatesPage{frame: f, New: rows, Alike: []alikeView{{"P-1", "/x", []string{"nome", "telefono"}, rows}}, Hidden: hidden},
		&newProjectPage{frame: f, Action: "/x", Back: "/y", Field: fieldView{Shape: "radios", ID: "f-a", Path: "a", Options: []optionView{{"f-a", "1", "Uno", true}}}},
		&formPage{frame: f, Lead: "Testo", Groups: []fieldGroup{{"Gruppo", "Aiuto", fields}}, Action: "/x", Submit: "Salva", Back: "/y", Hidden: hidden, Saved: "oggi", Remarks: []string{"Chiarire"}, Remove: "/z"},
		&projectsPage{frame: f, Items: []projectRow{project}, States: []optionView{{Value: "draft", Label: "Bozza", Chosen: true}}, Code: "PI", Pager: pager{"/a", "/b"}},
		&projectPage{frame: f, ID: "1", Tasks: tasks, Actions: []actionView{{Event: "sign", Text: "Firma", Href: "/x", First: true}, {Event: "withdraw", Text: "Rinuncia", Href: "/y"}}, Facts: rows, Signed: signed, Plan: plan, Live: true, Subsidy: "Contributi", Courses: sampleCourses(), Lead: "Testo"},
		&interventionsPage{frame: f, ID: "1", Items: amounts, Types: []typeView{{"Corso", "Aiuto", "/x"}}, Total: "1 €", Housing: "0 mesi", Remarks: []string{"Chiarire"}, Saved: "oggi"},
		&removePage{frame: f, What: "Corso", Action: "/x", Back: "/y", Base: 1},
		&livePage{frame: f, Items: items, Back: "/x"},
		&conflictPage{frame: f, Who: "Anna", Compare: []compareView{{"Uno", "a", "b", true}}, Action: "/x", Hidden: hidden},
		&eventPage{frame: f, Event: string(casework.Sign), Text: "Testo", Plan: plan, Hash: "abc", Base: 1, Action: "/x", Back: "/y", Reason: reason, Danger: true, Findings: complaints, Missing: complaints},
		&evaluationPage{frame: f, Plan: plan, Findings: complaints, Override: "Perché", Comments: fields, Scores: fields, Opinion: fields, Action: "/x", Back: "/y", Base: 1, Asking: true},
		&approvalPage{frame: f, Scores: rows, Opinion: "Sì", Amounts: amounts, Total: "1 €", Plan: plan, Findings: complaints, Override: "Perché", Hash: "abc", Base: 1, Action: "/x", Back: "/y", Reason: reason, Refusing: true},
		&subsidyPage{frame: f, Action: "/x", Back: "/y", Fields: fields, Decision: &answer, Down: &noticeView{"bad", "Titolo", "Testo"}, Stored: []decisionRow{{"Affitto", "/x", "oggi", "1 €", tagView{"Spetta", "good"}}}, MayKeep: true},
		&subsidyPage{frame: f, Action: "/x", Back: "/y", Choices: []typeView{{"Affitto", "", "/x"}}},
		&decisionPage{frame: f, Subsidy: "Affitto", Decision: refused, Facts: rows, Back: "/x"},
		&historyPage{frame: f, Steps: entries, Revisions: entries, Back: "/x"},
		&versionsPage{frame: f, Items: entries, Working: "/x", Back: "/y"},
		&versionPage{frame: f, Compare: true, Changes: []changeView{{tagView{"Modificato", "info"}, "Interventi", "Corso", "Importo", "1", "2", true}}, Back: "/x"},
		&versionPage{frame: f, Plan: plan, Hash: "abc", Sealed: "oggi", Back: "/x"},
		&printPage{frame: f, Facts: rows, Plan: plan, Signed: signed, Version: "1", Hash: "abc", Back: "/x"},
		&auditPage{frame: f, Items: []auditRow{{Seq: 1, When: "oggi", What: "sign", About: "project@own", Roles: "Operatore", Refused: true}}, Pager: pager{"/a", "/b"}},
	}...)
}
