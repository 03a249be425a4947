// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
)

// TestEveryTemplateRenders executes every template with its page struct in both languages:
// a misspelt field or a wrong type fails here and not before a visitor.
func TestEveryTemplateRenders(t *testing.T) {
	s := newTestRenderer(t)
	for _, lang := range Languages {
		seen := map[string]bool{}
		for _, p := range samplePages(s, lang) {
			seen[p.template()] = true
			rec := httptest.NewRecorder()
			if err := s.render(rec, http.StatusOK, p); err != nil {
				t.Errorf("%s %s: %v", lang, p.template(), err)
				continue
			}
			checkPage(t, lang+" "+p.template(), rec.Body.String())
		}
		for name := range s.sets[lang] {
			if !seen[name] {
				t.Errorf("template %q has no sample page", name)
			}
		}
	}
}

// checkPage looks for what the content security policy would block, and for template accidents.
func checkPage(t *testing.T, name, body string) {
	t.Helper()
	for _, bad := range []string{" style=", "<style", " onclick=", "javascript:", "ZgotmplZ", "<no value>", "%!"} {
		if strings.Contains(body, bad) {
			t.Errorf("%s: contains %q", name, bad)
		}
	}
	if n := strings.Count(body, "<h1"); n != 1 {
		t.Errorf("%s: %d headings of the first level", name, n)
	}
	for _, tag := range strings.Split(body, "<")[1:] {
		if strings.Contains(tag, " hx-") && !strings.Contains(tag, " hx-nonce=\"nonce\"") {
			t.Errorf("%s: an element with hx- attributes lacks the nonce: <%.60s", name, tag)
		}
	}
}

func TestEveryKindOfFieldRenders(t *testing.T) {
	s := newTestRenderer(t)
	f := sampleFrame(s, "it")
	views := newFormView(f, encode(everyKind(), "", everyValue()), sampleComplaints()).fields(everyKind(), "")
	var b strings.Builder
	if err := s.sets["it"]["error"].ExecuteTemplate(&b, "fields", views); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`value="una riga"`, "due\nrighe</textarea>", `value="1.234,50"`, `value="15/01/2027"`, `value="a" checked`, `value="b" checked`,
		`value="true" checked`, `value="Scarpe"`, `value="25,50"`, `name="table/_rows" value="2"`, `data-when="choice"`,
		`name="_remove" value="table/1"`, `<option value="g" selected>`, "Il massimo è 5.000,00\u00a0€.", `aria-invalid="true"`, `name="course/_was" value="Saldatura"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing %q", want)
		}
	}
	checkPage(t, "fields", "<h1"+b.String())
}

// The summary names what is wrong in the order of the page, whatever order it was found in.
func TestSummaryLeadsToFields(t *testing.T) {
	s := newTestRenderer(t)
	f := sampleFrame(s, "it")
	views := newFormView(f, encode(everyKind(), "", everyValue()), sampleComplaints()).fields(everyKind(), "")
	got := f.summary(sampleComplaints(), views...)
	want := []complaintView{
		{"Domanda money: Il massimo è 5.000,00\u00a0€.", "#f-money"}, {"Domanda date: Scrivi una data come 15/01/2027.", "#f-date"},
		{"Domanda date_range, al: Scrivi una data come 15/01/2027.", "#f-date_range-to"}, {"Domanda choice: Manca la risposta.", "#f-choice"},
		{"Domanda course: Manca la risposta.", "#f-course-title"}, {"Importo (Voce 2): Scrivi un importo come 1.234,50.", "#f-table-1-amount"}, {"Manca la risposta.", ""},
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: got %v, want %v", i, got[i], want[i])
		}
	}
}

// TestErrorsLookAlike: not there and not yours must be the same page, byte for byte.
func TestErrorsLookAlike(t *testing.T) {
	s := &site{Renderer: newTestRenderer(t)}
	body := func(err error) string {
		rec := httptest.NewRecorder()
		s.RenderError(rec, httptest.NewRequest(http.MethodPost, "/progetti/1", nil), err)
		if rec.Code != httpkit.StatusOf(err) {
			t.Errorf("status %d for %v", rec.Code, err)
		}
		return rec.Body.String()
	}
	if a, b := body(fault.Missing()), body(fault.New(fault.NotFound, "not_found")); a != b {
		t.Error("two answers to not found differ")
	}
	if got := body(fault.New(fault.Internal, "boom_secret")); strings.Contains(got, "boom") {
		t.Error("an internal code reached the page")
	}
}

func TestAssetsAreServed(t *testing.T) {
	s := newTestRenderer(t)
	name := s.assets.Name("app.css")
	if _, ok := s.assets.Open(name); !ok {
		t.Fatalf("no style sheet %q", name)
	}
	if _, ok := s.assets.Open("manifest.json"); ok {
		t.Error("a file that is no asset is served")
	}
}
