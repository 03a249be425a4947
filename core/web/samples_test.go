// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/form"
)

// quiet is a log nobody reads.
func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func newTestRenderer(t *testing.T) *Renderer {
	t.Helper()
	r, err := NewRenderer(quiet())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sampleTime is an instant in winter, so that Rome is one hour ahead of UTC.
var sampleTime = time.Date(2027, 1, 15, 13, 5, 0, 0, time.UTC)

// sampleFrame is a frame with every part in use.
func sampleFrame(s *Renderer, lang string) frame {
	return frame{
		Lang: lang, Title: "Titolo", Area: "projects", Nonce: "nonce", Here: "/projects", texts: s.texts, Ends: sampleTime,
		Crumbs: []crumb{{"Progetti", "/projects"}, {"PI-0042", ""}},
		Notice: &noticeView{Tone: "good", Title: "Salvato", Text: "Alle 14:05."},
		Strip:  &identityStrip{Code: "P-7K3M", Href: "/", Project: "PI-0042", Version: 2, State: tagView{"Bozza", "neutral"}, Facts: []string{"Viareggio"}},
		Viewer: &viewer{Name: "Marta Neri", Tenant: "Cooperativa Il Faro", Roles: "Operatrice", Nav: []navItem{
			{"worklist", "nav.worklist", "/"}, {"persons", "nav.persons", "/persons"}, {"projects", "nav.projects", "/projects"}, {"notices", "nav.notices", "/avvisi"}}, Unread: 3,
			Others: []tenantChoice{{"id", "Servizi sociali Versilia"}}},
	}
}

// everyKind is a form with a field of every kind.
func everyKind() form.Form {
	text := func(it, en string) form.Text { return form.Text{IT: it, EN: en} }
	options := []form.Option{{Value: "a", Label: text("Alfa", "Alpha")}, {Value: "b", Label: text("Beta", "Beta")}}
	many := append([]form.Option{}, options...)
	for _, v := range []string{"c", "d", "e", "f", "g"} {
		many = append(many, form.Option{Value: v, Label: text("Scelta "+v, "Option "+v)})
	}
	one := int64(1)
	f := form.Form{}
	for _, k := range form.Kinds() {
		field := form.Field{Name: string(k), Kind: k, Label: text("Domanda "+string(k), "Question "+string(k)), Hint: text("Un aiuto.", "A hint."), Class: form.ClassCase}
		switch k {
		case form.KindChoice, form.KindMultiChoice:
			field.Options = options
		case form.KindInteger:
			field.Unit, field.Min = "hours", &one
		case form.KindTable:
			field.Columns = []form.Field{
				{Name: "what", Kind: form.KindText, Label: text("Che cosa", "What"), Required: true},
				{Name: "amount", Kind: form.KindMoney, Label: text("Importo", "Amount"), Unit: "cents"}}
		}
		f.Fields = append(f.Fields, field)
	}
	f.Fields = append(f.Fields,
		form.Field{Name: "long_choice", Kind: form.KindChoice, Label: text("Scelta lunga", "Long choice"), Options: many, Class: form.ClassCase},
		form.Field{Name: "depends", Kind: form.KindText, Label: text("Se alfa", "If alpha"), VisibleWhen: &form.Condition{Field: "choice", In: []string{"a"}}, Class: form.ClassCase})
	return f
}

// everyValue answers everyKind.
func everyValue() map[string]any {
	return map[string]any{
		"text": "una riga", "long_text": "due\nrighe", "integer": int64(40), "money": int64(123450), "date": "2027-01-15",
		"date_range": map[string]any{"from": "2027-01-15", "to": "2027-02-28"}, "choice": "a", "multi_choice": []any{"a", "b"},
		"yes_no": true, "person_count": int64(2), "file": "ref-1",
		"course":  map[string]any{"title": "Saldatura", "catalog": "c1", "edition": "e1"},
		"table":   []any{map[string]any{"what": "Scarpe", "amount": int64(4000)}, map[string]any{"what": "Libri", "amount": int64(2550)}},
		"depends": "visibile", "long_choice": "g",
	}
}

// sampleComplaints has one complaint for every place where one can be shown.
func sampleComplaints() []fault.Field {
	return []fault.Field{
		fault.At("money", "too_large", "limit", "500000"), fault.At("date", "bad_date"), fault.At("choice", "required"),
		fault.At("date_range/to", "bad_date"), fault.At("course", "required"), fault.At("table/1/amount", "bad_money"), fault.At("elsewhere", "required"),
	}
}
