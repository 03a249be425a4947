// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// planSection is one section of a plan in words, for pages that are read.
type planSection struct {
	Section casework.Section
	Title   string
	Rows    []summaryRow
	Items   []planItem
	// Remarks are an evaluator's comments on it.
	Remarks []string
}

// planItem is one intervention in words.
type planItem struct {
	Title, Amount string
	Rows          []summaryRow
	// Kept are answers that the version in use of its type has no question for.
	Kept []summaryRow
	// Note says what is to know about its type; empty for most.
	Note string
}

// sectionForm describes a section as a form: a list of rows, or one text. Interventions
// have forms of their own. staff are those who can be reference operators.
func sectionForm(sec casework.Section, texts *Texts, staff []form.Option) form.Form {
	label := form.Text{IT: texts.T("it", "section."+string(sec)), EN: texts.T("en", "section."+string(sec))}
	field := form.Field{Name: string(sec), Kind: form.KindTable, Class: form.ClassCase, Required: true, Label: label}
	text := func(name string, kind form.Kind, required bool, label form.Text) form.Field {
		return form.Field{Name: name, Kind: kind, Class: form.ClassCase, Required: required, Label: label}
	}
	switch sec {
	case casework.SectionNeeds:
		field.Columns = []form.Field{text("area", form.KindText, true, tx("Area", "Area")),
			text("description", form.KindLongText, true, tx("Descrizione", "Description"))}
	case casework.SectionObjectives:
		field.Columns = []form.Field{text("title", form.KindText, true, tx("Obiettivo", "Objective")),
			text("indicator", form.KindText, true, tx("Come si vedrà", "How it will be seen")), text("due_on", form.KindDate, false, tx("Entro", "By"))}
	case casework.SectionCommitments:
		party := text("party", form.KindChoice, true, tx("Chi si impegna", "Who commits"))
		for _, p := range casework.Parties() {
			party.Options = append(party.Options, form.Option{Value: p, Label: form.Text{IT: texts.T("it", "party."+p), EN: texts.T("en", "party."+p)}})
		}
		field.Columns = []form.Field{party, text("text", form.KindLongText, true, tx("A che cosa", "To what"))}
	case casework.SectionReviews:
		field.Columns = []form.Field{text("on", form.KindDate, true, tx("Data", "Date"))}
	case casework.SectionExitCriteria:
		field.Kind = form.KindLongText
	case casework.SectionReferenceOperators:
		field.Kind, field.Options, field.Required = form.KindMultiChoice, staff, false
	}
	return form.Form{Fields: []form.Field{field}}
}

// interventionForm asks for what every intervention has, whatever its type.
func interventionForm(texts *Texts) form.Form {
	zero, most := int64(0), int64(120)
	period := form.Field{Name: "period", Kind: form.KindChoice, Class: form.ClassCase, Required: true, Label: tx("Ogni quanto", "How often")}
	for _, p := range casework.Periods() {
		period.Options = append(period.Options, form.Option{Value: p, Label: form.Text{IT: texts.T("it", "period."+p), EN: texts.T("en", "period."+p)}})
	}
	return form.Form{Fields: []form.Field{
		{Name: "starts_on", Kind: form.KindDate, Class: form.ClassCase, Required: true, Label: tx("Inizio", "Start")},
		{Name: "months", Kind: form.KindInteger, Class: form.ClassCase, Unit: "months", Min: &zero, Max: &most, Label: tx("Durata", "Duration")},
		{Name: "ends_on", Kind: form.KindDate, Class: form.ClassCase, Label: tx("Fine", "End"), Hint: tx("Se non si indica la durata.", "Where no duration is given.")},
		{Name: "amount_cents", Kind: form.KindMoney, Class: form.ClassCase, Unit: "cents", Min: &zero, Label: tx("Importo complessivo", "Whole amount")},
		{Name: "other_benefits", Kind: form.KindTable, Class: form.ClassCase, Label: tx("Altre prestazioni già percepite", "Other benefits already received"), Columns: []form.Field{
			{Name: "title", Kind: form.KindText, Class: form.ClassCase, Required: true, Label: tx("Prestazione", "Benefit")},
			{Name: "amount_cents", Kind: form.KindMoney, Class: form.ClassCase, Unit: "cents", Required: true, Label: tx("Importo", "Amount")},
			period}},
	}}
}

// planSections puts a whole plan into words.
func (s *site) planSections(f *frame, p casework.Plan, types casework.Types, staff []form.Option, comments []casework.Comment) []planSection {
	values := asValues(p)
	out := make([]planSection, 0, len(casework.Sections()))
	for _, sec := range casework.Sections() {
		ps := planSection{Section: sec, Title: f.t("section." + string(sec)), Remarks: remarksOn(sec, comments)}
		if sec == casework.SectionInterventions {
			for _, v := range p.Interventions {
				ps.Items = append(ps.Items, s.planItem(f, v, types))
			}
		} else {
			ps.Rows = answers(f.Lang, s.texts, sectionForm(sec, s.texts, staff), values)
			for i := range ps.Rows {
				ps.Rows[i].Label = "" // the heading says it
			}
		}
		out = append(out, ps)
	}
	return out
}

func (s *site) planItem(f *frame, v casework.Intervention, types casework.Types) planItem {
	t, known := types.Find(v.Type)
	item := planItem{Title: v.Type, Amount: formatMoney(f.Lang, v.AmountCents)}
	all := answers(f.Lang, s.texts, interventionForm(s.texts), asValues(v))
	if known {
		item.Title = t.Label.In(f.Lang)
		details, aside := v.Split(t)
		all = append(all, answers(f.Lang, s.texts, t.Form, details)...)
		item.Kept = keptRows(f.Lang, s.texts, t, aside)
	}
	if !known || t.Inactive {
		item.Note = f.t("intervention.inactive_note")
	}
	amount, _ := interventionForm(s.texts).Field("amount_cents")
	item.Rows = slices.DeleteFunc(all, func(r summaryRow) bool {
		return (len(r.Values) == 0 && len(r.Rows) == 0) || r.Label == amount.Label.In(f.Lang) // the heading has it
	})
	return item
}

// forget is the box that has the answers thrown away that the form does not ask for.
const forget = "_forget"

// keptRows puts answers that the version in use does not ask for into words: those of the
// version that asked for them.
func keptRows(lang string, texts *Texts, t casework.InterventionType, kept map[string]any) []summaryRow {
	var out []summaryRow
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		q := t.Question(name, kept[name])
		rows := answers(lang, texts, form.Form{Fields: []form.Field{q}}, kept)
		if len(rows[0].Values) == 0 && len(rows[0].Rows) == 0 { // of a version that is not known any more
			raw, _ := json.Marshal(kept[name])
			rows[0].Values = []string{string(raw)}
		}
		out = append(out, rows...)
	}
	return out
}

func remarksOn(sec casework.Section, comments []casework.Comment) []string {
	var out []string
	for _, c := range comments {
		if in, ok := casework.SectionOf(string(c.Section)); ok && in == sec {
			out = append(out, c.Text)
		}
	}
	return out
}

// staffOptions are the colleagues who can be reference operators. Where the viewer may not
// list them, those already named show as a number: names of another organisation's staff
// are not ours to know.
func staffOptions(f *frame, list []postgres.Colleague, named []tenant.UserID) []form.Option {
	var out []form.Option
	has := func(id string) bool {
		return slices.ContainsFunc(out, func(o form.Option) bool { return o.Value == id })
	}
	for _, c := range list {
		if c.Role == tenant.Operator && !has(string(c.ID)) {
			out = append(out, form.Option{Value: string(c.ID), Label: tx(c.Name, c.Name)})
		}
	}
	for i, id := range named {
		if !has(string(id)) {
			label := f.t("section.operator") + " " + strconv.Itoa(i+1)
			out = append(out, form.Option{Value: string(id), Label: tx(label, label)})
		}
	}
	return out
}
