// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import "github.com/satis-toscana/satis/sdk/sdktest"

// pluginPages has every page about plugins once, with every part of it in use.
func pluginPages(f frame, rows []summaryRow) []page {
	tag := tagView{"Approvata", "good"}
	file := fieldView{Shape: "file", Path: "file", ID: "f-file", Label: "File", Hint: "Aiuto", Error: "Manca"}
	line := fieldView{Shape: "input", Type: "text", Path: "line", ID: "f-line", Label: "Riga", Value: "x"}
	reason := fieldView{Shape: "textarea", Path: "reason", ID: "f-reason", Label: "Motivo"}
	options := []optionView{{Value: "c", Label: "Corsi", Chosen: true}}
	diff := []shadowRow{{"Affitto", "oggi", "1 €", "2 €", "+1 €"}}
	trial := &courseTrial{Catalog: "Corsi", Source: "a.csv", Counts: rows, Warning: "Attenzione", Remarks: rows, Hidden: []hiddenInput{{"catalog", "c"}}}
	return []page{
		&pluginsPage{frame: f, Upload: true, Publishers: true, Import: true, Troubles: []noticeView{{"warn", "Titolo", "Testo"}}, Plugins: []pluginGroup{{"aid", "Agenzia", "regole", []pluginRow{{"1.0.0", "/x", "Editore", "tutti", "oggi", tag, tag}, {Version: "0.9.0", State: tag, Running: tag}}}}},
		&pluginsPage{frame: f},
		&uploadPage{frame: f, File: file},
		&publishersPage{frame: f, Rows: []publisherRow{{"Agenzia", "abc", "oggi", tag, "/x"}, {Name: "Altra", State: tag}}, Line: line},
		&publishersPage{frame: f, Line: line},
		&pluginStepPage{frame: f, Text: "Testo", Action: "/x", Back: "/y", Submit: "Revoca", Danger: true, Reason: reason},
		&activationPage{frame: f, Text: "Testo", Action: "/x", Back: "/y", Submit: "Attiva", On: true, Chosen: true, Pinned: true, TenantsError: "Scegli", Tenants: []activationChoice{{"1", "Ente", "nessuna", true}}, Reason: reason},
		&activationPage{frame: f, Everywhere: true, Reason: reason},
		&handOverPage{frame: f, Text: "Testo", Action: "/x", Back: "/y", Base: 1, To: fieldView{Shape: "radios", Path: "key_id", ID: "f-key_id", Label: "Editore", Error: "Manca", Options: []optionView{{"f-key_id", "k", "Altro (k)", true}}}, Reason: reason},
		&handOverPage{frame: f, Text: "Testo", Nobody: true, Publishers: "/x", Back: "/y"},
		&pluginPage{frame: f, Address: "/x", Plugin: "aid", Version: "1.0.0", State: tag, Notices: []noticeView{{"bad", "Titolo", "Testo"}}, Next: "Prossimo", Base: 1,
			Offers:  []pluginOffer{{"Contributo", "Affitto", "rent", "", []pluginFact{{"Canone", "Perché", tag}}}, {What: "Catalogo", Title: "Corsi", Formats: "CSV"}},
			Changes: []pluginChange{{tag, "Dato", "Perché"}}, Before: "0.9.0", BeforeHref: "/y", Checked: "oggi",
			Findings: []kitGroup{{"Vuole", []sdktest.Finding{{Rule: "answer", Case: "a", Detail: "b"}}}}, MayCheck: true, MayApprove: true, MayShadow: true, MayActivate: true, MayDeactivate: true,
			MaySuspend: true, MayResume: true, MayRevoke: true, FirstCheck: true, Admitted: true, InUse: true, Reason: &reason, Rule: true, Shadow: &shadowView{At: "oggi", Asked: 3, Changed: 1, First: diff, Rest: diff},
			Uses: []pluginUse{{"Ente", "1.0.0", "fissata", true, tagView{}}, {Name: "Terzo", Version: "1.0.0", Stopped: tag}, {Name: "Altro", How: "come per tutti"}}, Others: []pluginOther{{"0.9.0", "/z", "/z/attiva", tag}}, MayHandOver: true, Origin: rows, Runs: rows,
			Steps: []historyEntry{{When: sampleTime, What: "Approvata", Who: "Anna", Reason: "Perché"}}, Stderr: "testo"},
		&pluginPage{frame: f, State: tag, Passed: true, Checked: "oggi", Rule: true, FirstCheck: true, MayRevoke: true},
		&pluginPage{frame: f, State: tag, Rule: true, Shadow: &shadowView{Nothing: true}},
		&courseImportPage{frame: f, Catalog: fieldView{Shape: "select", Path: "catalog", ID: "f-catalog", Label: "Catalogo", Options: options}, File: file, Down: &noticeView{"bad", "Titolo", "Testo"}, Trial: trial},
		&courseImportPage{frame: f},
	}
}
