// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
)

// audited counts what the audit holds.
func (w *world) audited(t *testing.T) (n int) {
	t.Helper()
	w.Query(t, &n, "SELECT count(*) FROM audit_entry WHERE action = 'edit'")
	return n
}

// A form that is sent twice, by a double click or after an answer that got lost, is saved once
// and answered as saved; a conflict is shown where something differs, and only there.
func TestFormSentTwice(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.CoDesign) // the services write with the entity
	home := "/progetti/" + string(p.ID)
	b, colleague := w.as(t, w.Entity, "operator"), w.as(t, w.Services, "social_worker")
	twice := func(name, action string, form url.Values) {
		t.Helper()
		b.post(action, form).want(200, "Salvato")
		n, revision := w.audited(t), w.plan(t, p.ID).Project.Revision
		if n == 0 {
			t.Fatal("no entry was counted")
		}
		b.post(action, form).want(200, "Salvato")
		if now := w.plan(t, p.ID).Project.Revision; now != revision || w.audited(t) != n {
			t.Errorf("%s: revision %d after %d, %d entries more", name, now, revision, w.audited(t)-n)
		}
	}
	made := func(page, action, with string, fill ...string) url.Values {
		t.Helper()
		f := b.get(page).want(200).form(action, with)
		for i := 0; i+1 < len(fill); i += 2 {
			f.Set(fill[i], fill[i+1])
		}
		return f
	}
	key := func(i int) string { return w.plan(t, p.ID).Plan.Interventions[i].Key }
	first, second := home+"/interventi/"+key(0), home+"/interventi/"+key(1)
	one := made(first, first, "_base", "details/hours", "91", "other_benefits/_rows", "1", "other_benefits/0/title", "Assegno", "other_benefits/0/amount_cents", "10,50", "other_benefits/0/period", "month")
	other := made(second, second, "_base", "amount_cents", "1.234,50")
	twice("an intervention", first, one)
	twice("another one since", second, other)
	twice("the first again, after the other was saved", first, one)
	section := home + "/sezioni/objectives"
	twice("a section", section, made(section, section, "_base", "objectives/0/title", "Una casa sua"))
	n := len(w.plan(t, p.ID).Plan.Interventions)
	fresh := home + "/interventi/nuovo"
	addition := made(fresh+"?tipo=housing", fresh, "_type", "details/arrangement", "individual", "starts_on", "15/01/2027")
	twice("a new one", fresh, addition)
	if got := len(w.plan(t, p.ID).Plan.Interventions); got != n+1 {
		t.Errorf("%d interventions after %d", got, n)
	}
	twice("a new one like it, on purpose", fresh, made(fresh+"?tipo=housing", fresh, "_type", "details/arrangement", "individual", "starts_on", "15/01/2027"))
	if got := len(w.plan(t, p.ID).Plan.Interventions); got != n+2 {
		t.Errorf("%d interventions after %d", got, n)
	}
	gone := home + "/interventi/" + key(n+1)
	form := made(gone+"/togli", gone+"/togli", "")
	b.post(gone+"/togli", form).want(200, "Intervento tolto")
	b.post(gone+"/togli", form).want(200, "Intervento tolto")
	b.post(home+"/interventi/mai-visto/togli", form).want(404)

	// Where somebody else wrote otherwise, both are shown.
	theirs := colleague.get(first).form(first, "_base")
	theirs.Set("details/hours", "77")
	colleague.post(first, theirs).want(200, "Salvato")
	b.post(first, one).want(409, "91", "77")
	if got := w.plan(t, p.ID).Plan.Interventions[0].Details["hours"]; fmt.Sprint(got) != "77" {
		t.Errorf("hours %v", got)
	}
}

// Everything that is wrong with a form is said at once, each at its question, whether it
// cannot be read or is out of bounds.
func TestAllIsSaidAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	b := w.as(t, w.Entity, "operator")
	at := home + "/interventi/" + w.plan(t, p.ID).Plan.Interventions[0].Key
	b.get(at).send(at, "_base", "amount_cents", "abc", "details/hours", "9999", "months", "500", "starts_on", "10/02/2027", "ends_on", "10/01/2027").
		want(422, "Scrivi un importo", "Il massimo è 5000", "fra 0 e 120", "La fine viene prima", `value="abc"`, `value="9999"`)
	if n := strings.Count(b.body, "error-text"); n != 4 {
		t.Errorf("%d complaints, want 4\n%s", n, b.text())
	}
	last := 0
	for _, field := range []string{"details-hours", "months", "ends_on", "amount_cents"} {
		at := strings.Index(b.body, `<a href="#f-`+field+`">`)
		if at < last {
			t.Errorf("%s does not stand where it stands on the page", field)
		}
		last = at
	}
	section := home + "/sezioni/objectives"
	b.get(section).send(section, "_base", "objectives/0/due_on", "domani", "objectives/0/title", strings.Repeat("x", 301)).
		want(422, "Scrivi una data", "300", `value="domani"`)
}

// What was answered to a version that the organisation went back from is shown as kept, stays
// with each save, and goes when the box says so.
func TestKeptAnswersOnThePage(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	admin := w.As(w.Lead, "plugin_admin")
	if _, err := w.Service.AddPublisher(admin, agency.Line); err != nil {
		t.Fatal(err)
	}
	admitted(t, w, agency.PackAsking(t, "2.0.0", 50), "2.0.0")
	admitted(t, w, agency.Pack(t, "1.0.0", 50), "1.0.0")
	use := func(version string) {
		t.Helper()
		if _, err := w.Service.ActivatePlugin(admin, "aid", version, service.Activation{Everywhere: true, Reason: "prova"}); err != nil {
			t.Fatal(err)
		}
	}
	use("2.0.0")
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	b := w.as(t, w.Entity, "operator")
	fresh, mine := home+"/interventi/nuovo", home+"/interventi/aid-visit"
	n := len(w.plan(t, p.ID).Plan.Interventions)
	b.get(fresh+"?tipo=aid_visit").want(200, "Luogo").send(fresh, "_type", "details/day", "24/12/2027", "details/visits", "3", "details/place", "Lucca, piazza Grande", "starts_on", "10/01/2027").want(200, "Salvato")
	if b.get(mine); strings.Contains(b.body, "Risposte conservate") {
		t.Error("an answer that is asked for is said to be kept aside")
	}
	use("1.0.0")
	b.get(mine).want(200, "Risposte conservate", "Luogo", "Lucca, piazza Grande")
	if strings.Contains(b.body, `name="details/place"`) {
		t.Error("the older version asks for what it does not")
	}
	b.send(mine, "_base", "details/visits", "4").want(200, "Salvato")
	if iv := w.plan(t, p.ID).Plan.Interventions[n]; iv.Kept["place"] != "Lucca, piazza Grande" || len(iv.Details) != 2 {
		t.Errorf("stored: %+v", iv)
	}
	b.get(home+"/stampa").want(200, "Risposte conservate", "Lucca, piazza Grande")
	b.get(mine).send(mine, "_base", "details/visits", "molte").want(422, "Risposte conservate", "Lucca, piazza Grande")
	b.post(mine+"/proposta", b.get(mine).form(mine, "_base")).want(200, "La proposta", "Risposte conservate")
	use("2.0.0")
	b.get(mine).want(200, `value="Lucca, piazza Grande"`, `name="details/place"`)
	b.send(mine, "_base", "details/visits", "5").want(200, "Salvato")
	if iv := w.plan(t, p.ID).Plan.Interventions[n]; iv.Details["place"] != "Lucca, piazza Grande" || iv.Kept != nil {
		t.Errorf("with the newer again: %+v", iv)
	}
	use("1.0.0")
	b.get(mine).send(mine, "_base", "_forget", "1").want(200, "Salvato")
	if iv := w.plan(t, p.ID).Plan.Interventions[n]; iv.Kept != nil || iv.Details["place"] != nil {
		t.Errorf("thrown away: %+v", iv)
	}
}

// A step to a plugin that is sent twice is done once, and answered as done.
func TestPluginStepSentTwice(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	admin := w.As(w.Lead, "plugin_admin")
	if _, err := w.Service.AddPublisher(admin, agency.Line); err != nil {
		t.Fatal(err)
	}
	b := w.as(t, w.Lead, "plugin_admin")
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "1.0.0", 50)).want(200)
	b.send(aidAt+"/verifica", "").want(200, "Verifica superata")
	twice := func(page, action, done string, fill ...string) {
		t.Helper()
		form := b.get(page).form(action, "")
		for i := 0; i+1 < len(fill); i += 2 {
			form.Set(fill[i], fill[i+1])
		}
		b.post(action, form).want(200, done)
		steps := len(w.plugin(t).Steps)
		b.post(action, form).want(200, done)
		if now := len(w.plugin(t).Steps); now != steps {
			t.Errorf("%s: %d steps after %d", action, now, steps)
		}
	}
	twice(aidAt, aidAt+"/approva", "Ora puoi attivarla", "reason", "Letta con l'agenzia")
	twice(aidAt+"/attiva", aidAt+"/attiva", "Versione attivata", "tenants", string(w.Entity.ID), "reason", "Delibera")
	twice(aidAt+"/sospendi", aidAt+"/sospendi", "Versione sospesa", "reason", "Un controllo")
}

func (w *world) plugin(t *testing.T) service.PluginDetail {
	t.Helper()
	d, err := w.Service.Plugin(w.As(w.Lead, "plugin_admin"), "aid", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return d
}
