// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/sample"
)

// TestRegisterAndDraft goes from a new person to a draft with every section, by forms alone.
func TestRegisterAndDraft(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Entity, "operator")
	b.get("/persone").want(200, "Registra una persona")
	b.get("/persone/nuova").want(200, "Identità")
	b.send("/persone/nuova", "given_name", "identity/given_name", "Blessing", "identity/birth_date", "31/02/1999", "citizenship", "NGA", "municipality", "Viareggio").
		want(422, "Scrivi una data come 15/01/2027", `value="Blessing"`, `value="31/02/1999"`)
	b.send("/persone/nuova", "given_name", "identity/family_name", "Osagie", "identity/birth_date", "3/2/1999", "consents/data", "true").
		want(200, "Persona registrata", "Nigeria", "Mostra l'identità")
	if strings.Contains(b.body, "Osagie") {
		t.Error("the page of a person shows the name unasked")
	}
	person := b.at
	b.send(person+"/identita", "").want(200, "Osagie")
	b.send(person+"/identita/correggi", "").want(200, `value="Osagie"`)
	b.send(person+"/identita/salva", "_base", "identity/phone", "+39 333 1234567").want(200, "Salvato")
	b.get(person+"/dati").want(200, `value="Viareggio"`)
	b.send(person+"/dati", "_base", "prior_housing_months", "3").want(200, "3 mesi")
	b.get(person + "/consensi").want(200)
	b.send(person+"/consensi", "kind", "kind", "programme_information", "given", "true", "language", "en").want(200, "inglese")

	b.get("/persone/nuova")
	b.send("/persone/nuova", "given_name", "identity/given_name", "blessing", "identity/family_name", "OSAGIE", "identity/birth_date", "03/02/1999", "citizenship", "NGA", "municipality", "Viareggio").
		want(409, "È la stessa persona?", "nome, data di nascita", "Osagie")
	b.send("/persone/nuova", "", "_despite", "yes").want(200, "Persona registrata")
	b.post("/persone/cerca", url.Values{"cerca": {"osagie"}}).want(200, "Osagie Blessing", "OSAGIE blessing")
	b.post("/persone/cerca", url.Values{"cerca": {"nessuno"}}).want(200, "Nessuna persona corrisponde")

	b.get(person+"/progetti").want(200, "Servizi sociali Versilia")
	b.send(person+"/progetti", "").want(200, "Progetto creato", "Cosa manca", "Da iniziare")
	draftEverything(t, b, b.at)
}

// draftEverything fills in every section of a project, whose page is open.
func draftEverything(t *testing.T, b *browser, home string) {
	t.Helper()
	needs := home + "/sezioni/needs"
	b.get(needs).want(200, "Che cosa manca alla persona")
	b.send(needs, "", "needs/0/area", "Casa", "_add", "needs").want(200, `value="Casa"`, "Voce 2")
	b.send(needs, "", "needs/1/area", "Lavoro", "needs/1/description", "Cerca lavoro", "needs/0/description", "Cerca casa").want(200, "Salvato", "2 voci")
	b.get(home + "/sezioni/objectives")
	b.send(home+"/sezioni/objectives", "", "objectives/0/title", "Italiano A2", "objectives/0/indicator", "Certificato", "objectives/0/due_on", "30/6/27").
		want(422, "Entro (Voce 1): Scrivi una data come 15/01/2027", `value="30/6/27"`)
	b.send(home+"/sezioni/objectives", "", "objectives/0/due_on", "30/6/2027").want(200, "Salvato")
	for section, fill := range map[string][]string{
		"commitments":   {"commitments/0/party", "person", "commitments/0/text", "Frequenta"},
		"reviews":       {"reviews/0/on", "1/3/2027"},
		"exit_criteria": {"exit_criteria", "Lavoro e casa"},
	} {
		b.get(home + "/sezioni/" + section).want(200)
		b.send(home+"/sezioni/"+section, "", fill...).want(200, "Salvato")
	}
	b.get(home+"/sezioni/interventions").want(200, "Corso di lingua italiana", "Affiancamento")
	newOne := home + "/interventi/nuovo"
	b.get(newOne+"?tipo=italian_course").want(200, "Livello da raggiungere")
	b.send(newOne, "", "details/level", "a2", "details/hours", "ottanta", "amount_cents", "1.234,50").want(422, "Ore: Scrivi un numero intero", `value="ottanta"`, `value="1.234,50"`)
	b.send(newOne, "", "details/hours", "80", "details/provider", "CPIA", "starts_on", "15/01/2027").want(200, "Salvato")
	b.get(home+"/sezioni/interventions").want(200, "1.234,50", "Completato")
	b.get(home+"/interventi/italian-course").want(200, `value="1.234,50"`, `value="15/01/2027"`)
	b.send(home+"/interventi/italian-course", "_base", "months", "200").want(422, `value="200"`)
	b.get(newOne + "?tipo=housing")
	b.send(newOne, "", "details/arrangement", "individual", "details/supports", "search", "months", "13", "starts_on", "1/2/2027").want(422, "al massimo 12 mesi")
	b.get(home + "/interventi/italian-course/togli").want(200)
	b.send(home+"/interventi/italian-course/togli", "").want(200, "Intervento tolto")
	b.get(home+"/stampa").want(200, "Firma e data")
	b.get(home+"/storia").want(200, "Creato")
}

// TestWholeWay walks a project from draft to active by the buttons of its pages.
func TestWholeWay(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	operator, manager, worker := w.as(t, w.Entity, "operator"), w.as(t, w.Entity, "entity_manager"), w.as(t, w.Services, "social_worker")
	evaluator, approver := w.as(t, w.Lead, "evaluator"), w.as(t, w.Lead, "approver")
	do := func(b *browser, slug, event string, fill ...string) *browser {
		t.Helper()
		b.get(home).want(200)
		if !strings.Contains(b.body, `data-event="`+event+`"`) {
			t.Fatalf("no way to %s\n%s", event, b.text())
		}
		b.get(home + "/" + slug).want(200)
		return b.send(home+"/"+slug, `value="`+event+`"`, append(fill, "event", event)...)
	}
	operator.get("/").want(200, p.Code, "Da completare e condividere")
	do(operator, "condividi", "share_for_co_design").want(200, "Condiviso")
	do(manager, "firma", "sign").want(200, "Firmato")
	worker.get(home+"/sezioni/needs").want(200, "firme")
	do(worker, "firma", "sign").want(200, "Firmato")
	do(operator, "adesione", "record_adhesion").want(200, "Adesione registrata")
	do(manager, "invia", "submit").want(200, "Inviato")
	evaluator.get("/").want(200, p.PersonCode, "Da valutare")
	do(evaluator, "avvia-valutazione", "start_evaluation").want(200, "Valutazione iniziata")
	evaluator.get(home + "/valutazione")
	evaluator.send(home+"/valutazione", "comments/needs", "event", "request_changes").want(422, "Scrivi almeno una richiesta")
	do(evaluator, "valutazione", "request_changes", "comments/objectives", "Chiarire il budget").want(200, "Richieste inviate")
	do(operator, "revisione", "revise").want(200, "Nuova versione aperta", "Da correggere")
	operator.get(home+"/sezioni/objectives").want(200, "Chiarire il budget")
	operator.send(home+"/sezioni/objectives", "_base", "objectives/0/indicator", "Certificato CILS").want(200, "Salvato")
	operator.get(home+"/versioni/2?da=1").want(200, "Modificato", "Come si vedrà", "Certificato CILS")
	do(manager, "firma", "sign")
	do(worker, "firma", "sign")
	do(operator, "adesione", "record_adhesion").want(200)
	do(manager, "invia", "submit").want(200)
	do(evaluator, "avvia-valutazione", "start_evaluation").want(200)
	evaluator.get(home + "/valutazione")
	evaluator.send(home+"/valutazione", "data/opinion", "event", "recommend", "data/opinion", "Sì").want(422, "Manca la risposta", "Sì</textarea>")
	scores := []string{"data/opinion", "Favorevole"}
	for _, c := range casework.DefaultParameters().Criteria {
		scores = append(scores, "data/scores/"+c.Code, "4")
	}
	do(evaluator, "valutazione", "recommend", scores...).want(200, "Parere registrato")
	approver.get(home+"/decisione").want(200, "Favorevole", "4 su 5")
	approver.send(home+"/decisione", `value="reject"`, "event", "reject").want(422, "Manca la risposta")
	do(approver, "decisione", "approve").want(200, "Progetto approvato")
	do(operator, "avvio", "start").want(200, "Progetto avviato")
	operator.get(home+"/interventi").want(200, "Corso di lingua italiana")
	for _, b := range []*browser{operator, manager, worker, evaluator, approver} {
		for _, path := range []string{"", "/storia", "/versioni", "/versioni/1", "/versioni/2?da=1", "/stampa"} {
			if path == "/versioni/1" && b == approver {
				continue
			}
			b.get(home + path).want(200)
		}
	}
	if strings.Contains(evaluator.get(home+"/storia").body, "Operator Prova") {
		t.Error("the lead agency sees an operator's name")
	}
	do(operator, "ritiro", "withdraw").want(200, "Rinuncia registrata")
	operator.get(home+"/avvio").want(409, "Non è più possibile", home)
}

// TestConflictKeepsBothTexts: two people save the same section; neither text is lost.
func TestConflictKeepsBothTexts(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	at := "/progetti/" + string(p.ID) + "/sezioni/exit_criteria"
	operator, worker := w.as(t, w.Entity, "operator"), w.as(t, w.Services, "social_worker")
	operator.get(at)
	worker.get(at)
	worker.send(at, "", "exit_criteria", "Testo dei servizi").want(200, "Salvato")
	operator.send(at, "", "exit_criteria", "Testo nostro").want(409, "Due modifiche insieme", "Testo dei servizi", "Testo nostro")
	page := *operator
	operator.send(at, "", "_choice", "edit").want(200, "Testo nostro</textarea>")
	again := page
	again.send(at, "", "_choice", "mine").want(200, "Salvato")
	operator.get(at).want(200, "Testo nostro")

	// Two people in two interventions are not in each other's way.
	one, two := "/progetti/"+string(p.ID)+"/interventi/it", "/progetti/"+string(p.ID)+"/interventi/casa"
	operator.get(one)
	worker.get(two)
	worker.send(two, "_base", "months", "5").want(200, "Salvato")
	operator.send(one, "_base", "details/hours", "90").want(200, "Salvato")
	operator.get(two).want(200, `value="5"`)
}

// TestSessionEndKeepsWhatWasTyped: a form sent after the session ended survives the sign-in.
func TestSessionEndKeepsWhatWasTyped(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	at := "/progetti/" + string(p.ID) + "/sezioni/exit_criteria"
	b := w.as(t, w.Entity, "operator")
	form := b.get(at).form(at, "")
	b.send("/esci", "")
	form.Set("exit_criteria", "Scritto con cura")
	b.post(at, form).want(http.StatusUnauthorized, "quello che hai scritto è conservato")
	b.send("/accedi", "", "email", w.Email(w.Entity, "operator"), "password", "sbagliata").want(http.StatusUnauthorized, "non corretti")
	b.send("/accedi", "", "password", sample.Password).want(200, "Sei di nuovo collegato")
	b.send(at, "").want(200, "Salvato")
	b.get(at).want(200, "Scritto con cura")
	b.send("/esci", "")
	b.get(at)
	if want := "/accedi?torna=" + url.QueryEscape(at); b.at != want {
		t.Errorf("led to %s, want %s", b.at, want)
	}
	b.send("/accedi", "", "email", w.Email(w.Entity, "operator"), "password", sample.Password)
	if b.at != at {
		t.Errorf("came back to %s", b.at)
	}
}

// TestRulesAreOverriddenWithAReason: rent without a decision can be submitted, but not silently.
func TestRulesAreOverriddenWithAReason(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	operator, manager := w.as(t, w.Entity, "operator"), w.as(t, w.Entity, "entity_manager")
	operator.get(home + "/interventi/casa")
	form := operator.form(home+"/interventi/casa", "_base")
	form["details/supports"] = []string{"rent"}
	form.Set("details/monthly_rent", "450")
	form.Set("details/monthly_support", "300")
	operator.post(home+"/interventi/casa", form).want(200, "Salvato")
	w.Walk(t, p.ID, w.Entity, casework.CoSigned)
	manager.get(home+"/invia").want(200, "Le regole segnalano", "Manca la decisione sul contributo", "450,00")
	manager.send(home+"/invia", "_hash", "event", "submit").want(422, "Motivo: Manca la risposta")
	manager.send(home+"/invia", "_hash", "event", "submit", "reason", "La regola non era disponibile").want(200, "Inviato")
	evaluator := w.as(t, w.Lead, "evaluator")
	evaluator.get(home + "/avvia-valutazione")
	evaluator.send(home+"/avvia-valutazione", "", "event", "start_evaluation").want(200)
	evaluator.get(home+"/valutazione").want(200, "Le regole segnalano", "La regola non era disponibile")
}

// TestAFormWithoutItsBaseIsRefused: it could overwrite what somebody else saved, or sign
// what nobody read.
func TestAFormWithoutItsBaseIsRefused(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	home := "/progetti/" + string(p.ID)
	b := w.as(t, w.Entity, "operator")
	b.post(home+"/sezioni/exit_criteria", url.Values{"exit_criteria": {"x"}}).want(422, "non è leggibile")
	b.post(home+"/adesione", url.Values{"_base": {"9"}}).want(422, "non è leggibile")
	w.as(t, w.Entity, "entity_manager").post(home+"/firma", url.Values{"_base": {"1"}, "_hash": {"abc"}}).want(412, "Torna indietro")
}
