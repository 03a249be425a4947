// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

// adminPages has every page of administration once, with every part of it in use.
func adminPages(f frame, rows []summaryRow, fields []fieldView) []page {
	cells := [][]cellView{{{Text: "Ente", Href: "/x", Tag: tagView{"Sospeso", "bad"}, Hint: "a@b"}, {Label: "Tipo", Text: "suspend", Code: true},
		{Posts: []postView{{"/x", "Ritira", "Anna", "a", "b"}}}}}
	links := []linkView{{"Nuova", "/x", "new"}}
	return []page{
		&listingPage{frame: f, Lead: "Testo", Buttons: links, Filter: "/x", Filters: fields, Exports: links, Head: []string{"Uno", "Due", "Tre"}, Rows: cells,
			More: []tableView{{"Altro", []string{"Uno", "Due", "Tre"}, cells}}, Pager: pager{"/a", "/b"}},
		&listingPage{frame: f, None: "Niente"},
		&confirmPage{frame: f, Text: "Testo", Action: "/x", Submit: "Sospendi", Back: "/y"},
		&memberPage{frame: f, Home: "/x", MayChange: true, Facts: rows, Roles: []roleView{{"operator", "Operatore", false}, {"policy_admin", "Politiche", true}}, Give: &fieldView{Shape: "select", ID: "f-role", Path: "role", Label: "Ruolo",
			Options: []optionView{{"", "a", "A", false}}}},
		&memberPage{frame: f, Home: "/x", MayChange: true, Suspended: true}, &memberPage{frame: f, Home: "/x"},
		&linkPage{frame: f, Link: "http://x/invito/abc", Until: "domani", Back: "/x"},
		&invitationPage{frame: f, Action: "/x", Error: "Troppo corta"},
		&emergencyPage{frame: f, Action: "/x", Back: "/y", Fields: fields},
		&emergencyPage{frame: f, Action: "/x", Back: "/y", Open: true, Until: "oggi"},
		&emergencyPage{frame: f, Action: "/x", Back: "/y", Open: true, Until: "oggi", Identity: rows},
		&formPage{frame: f, Action: "/x", Submit: "Salva", Links: links, Resume: "/z"},
	}
}

var invitationLink = regexp.MustCompile(`/invito/[A-Za-z0-9_-]+`)

// The secretariat makes an organisation and hands a link over; who has it gets in and runs
// the users; then the organisation is shut out.
func TestOrganisationByForms(t *testing.T) {
	w := newWorld(t)
	sec := w.as(t, w.Lead, "secretariat")
	sec.get("/organizzazioni").want(200, "Nuova organizzazione", w.Entity.Name)
	sec.get("/organizzazioni/nuova").want(200, "Codice fiscale")
	sec.send("/organizzazioni/nuova", "", "kind", "implementing_entity", "name", "Onda Nuova", "codice_fiscale", "00488410011").
		want(422, "controlla cifre", `value="Onda Nuova"`)
	sec.send("/organizzazioni/nuova", "", "codice_fiscale", "00488410010").want(200, "Organizzazione creata", `value="00488410010"`)
	home := sec.at
	sec.send(home, "_base", "pec", "onda@pec.example.it").want(200, "Salvato", "onda@pec.example.it")
	sec.get(home+"/invita").want(200, "Responsabile")
	sec.send(home+"/invita", "", "name", "Ada Nuova", "email", "ada", "roles", "entity_admin").want(422, `value="Ada Nuova"`)
	sec.send(home+"/invita", "", "email", "ada@onda.example").want(201, "/invito/")
	link := invitationLink.FindString(sec.body)
	sec.get(home+"/utenti").want(200, "Inviti in attesa", "Ada Nuova")

	ada := w.open(t)
	ada.get(link).want(200, "Accetta l'invito")
	if strings.Contains(ada.body, "Onda") || strings.Contains(ada.body, "Ada") {
		t.Error("the page of an invitation tells who is invited, or where")
	}
	ada.post(link, url.Values{"password": {"corta"}}).want(422)
	ada.post(link, url.Values{"password": {sample.Password}}).want(200, "Invito accettato")
	ada.post("/accedi", url.Values{"email": {"ada@onda.example"}, "password": {sample.Password}}).want(200)
	ada.get("/utenti").want(200, "Ada Nuova", "Onda Nuova")
	ada.get("/avvisi").want(200, "Dati dell&#39;organizzazione corretti", w.Lead.Name)
	ada.get("/organizzazioni/" + string(w.Entity.ID) + "/utenti").want(http.StatusForbidden)
	ada.get(home).want(http.StatusForbidden)

	sec.get(home+"/sospendi").want(200, "Sospendere Onda Nuova?")
	sec.send(home+"/sospendi", "").want(200, "Organizzazione sospesa", "Sospeso")
	if ada.get("/utenti"); !strings.HasPrefix(ada.at, "/accedi") {
		t.Errorf("a suspended organisation's user is at %s: %d", ada.at, ada.status)
	}
	sec.get(home).want(200, "è sospesa")
	sec.send(home+"/riammetti", "").want(200, "riammessa")
	ada.get("/utenti").want(200)
	w.open(t).get(link).want(404)
}

func TestMembersByForms(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Entity, "entity_admin")
	b.get("/utenti").want(200, "Operator Prova")
	home := "/organizzazioni/" + string(w.Entity.ID) + "/utenti"
	op := home + "/" + string(w.Actor(w.Entity, "operator").User)
	b.get(op).want(200, "Assegna", "Sospendi")
	b.send(op+"/ruoli", "", "role", "entity_manager").want(200, "Ruolo assegnato")
	b.get(op)
	b.post(op+"/ruoli/togli", url.Values{"role": {"entity_manager"}}).want(200, "Ruolo tolto")
	b.get(op)
	b.send(op+"/sospendi", "").want(200, "Utente sospeso", "Sospeso")
	b.get(op)
	b.send(op+"/riammetti", "").want(200, "Utente riammesso")
	self := home + "/" + string(w.Actor(w.Entity, "entity_admin").User)
	b.get(self).want(200)
	if strings.Contains(b.body, self+"/sospendi") {
		t.Error("somebody is offered to suspend himself")
	}
	b.post(self+"/ruoli/togli", url.Values{"role": {"entity_admin"}}).want(409, "troppo poche persone")
	b.post(self+"/ruoli", url.Values{"role": {"operator"}}).want(403)
	b.get("/organizzazioni/nuova")
	b.post("/organizzazioni/nuova", url.Values{"kind": {"social_services"}, "name": {"X"}, "codice_fiscale": {"00488410010"}}).want(403)
}

func TestEmergencyByForms(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	home := "/progetti/" + string(p.ID)
	b := w.as(t, w.Lead, "approver")
	if b.get(home).want(200); strings.Contains(b.body, "/emergenza") {
		t.Error("the way in is shown to who may not")
	}
	b.get(home + "/emergenza").want(403)
	withRules(t, w, policy.Rule{Role: tenant.Approver, Object: policy.IdentitySubmitted, Action: policy.BreakGlass})
	b.get(home).want(200, "Accesso in emergenza")
	b.get(home+"/emergenza").want(200, "L&#39;ente viene avvisato")
	b.send(home+"/emergenza", "", "reason", "serve", "minutes", "15").want(422, "Almeno 20 caratteri", "serve")
	b.send(home+"/emergenza", "", "reason", "Ricovero urgente, serve il nome").want(200, "Accesso aperto")
	if name := sample.Identity(1).FamilyName; strings.Contains(b.body, name) {
		t.Error("the name is shown unasked")
	}
	b.send(home+"/emergenza/identita", "").want(200, sample.Identity(1).FamilyName)
	b.send(home+"/emergenza/chiudi", "").want(200, "Accesso chiuso")
	w.as(t, w.Lead, "data_protection_officer").get("/emergenze").want(200, p.Code, "Ricovero urgente")
	m := w.as(t, w.Entity, "entity_manager")
	m.get("/avvisi").want(200, p.Code, "Ricovero urgente", "Segna come letto", "(1 avviso non letto)")
	m.send(regexp.MustCompile(`/avvisi/[0-9a-f-]+`).FindString(m.body), "").want(200, "Avviso letto").without("non letto)")
}

// The secretariat sees no projects: it comes to an access by the project's code.
func TestEmergencyOfTheSecretariat(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	b := w.as(t, w.Lead, "secretariat")
	b.get("/").want(200).without(`href="/emergenze"`)
	b.get("/emergenze").want(403)
	b.get("/emergenze/apri").want(403)
	b.post("/emergenze/apri", url.Values{"code": {p.Code}}).want(403)
	withRules(t, w, policy.Rule{Role: tenant.Secretariat, Object: policy.IdentitySubmitted, Action: policy.BreakGlass})
	b.get("/").want(200, `href="/emergenze"`)
	b.get("/emergenze").want(200, "I tuoi accessi", "Niente da mostrare", `href="/emergenze/apri"`)
	b.get("/emergenze/apri").want(200, "Codice del progetto")
	b.send("/emergenze/apri", "", "code", "").want(422, "Codice del progetto: Manca la risposta.")
	b.send("/emergenze/apri", "", "code", "PI-0000-0000").want(422, "Nessun progetto inviato", `value="PI-0000-0000"`)
	b.send("/emergenze/apri", "", "code", strings.ToLower(p.Code)).want(200, "Accesso in emergenza – "+p.Code, `href="/emergenze"`).without(`href="/progetti`)
	at := "/progetti/" + string(p.ID) + "/emergenza"
	b.send(at, "", "reason", "Ricovero urgente, serve il nome").want(200, "Accesso aperto").without(sample.Identity(1).FamilyName)
	b.send(at+"/identita", "").want(200, sample.Identity(1).FamilyName)
	b.send(at+"/chiudi", "").want(200, "Accesso chiuso", p.Code, "Ricovero urgente", `href="`+at+`"`)
	b.get("/progetti/" + string(p.ID)).want(403)
	w.as(t, w.Lead, "data_protection_officer").get("/emergenze").want(200, p.Code, "Chi ha visto").without("/emergenze/apri", at)
}

func TestDecisionsByForms(t *testing.T) {
	w := newWorld(t)
	w.as(t, w.Lead, "evaluator").post("/organizzazioni/"+newUUID+"/sospendi", url.Values{}).want(403)
	b := w.as(t, w.Lead, "data_protection_officer")
	evaluator := string(w.Actor(w.Lead, "evaluator").User)
	b.get("/decisioni?outcome=refused").want(200, "sospendere", "Organizzazioni della rete", "Negato", "Scarica CSV", "Evaluator Prova", `<option value="`+evaluator+`">`, `<option value="tenant@network">`)
	b.get("/decisioni?actor="+evaluator+"&action=suspend&object=tenant@network").want(200, `<option value="`+evaluator+`" selected>`, `<option value="suspend" selected>`, "Scarica CSV")
	for _, part := range strings.Split(b.body, `href="`)[1:] {
		if link, _, _ := strings.Cut(part, `"`); strings.Contains(link, "Prova") {
			t.Errorf("a name in a link: %s", link)
		}
	}
	b.get("/decisioni?actor="+newUUID).want(200, `<option value="`+newUUID+`" selected>`)
	b.get("/decisioni?action=%27").want(422)
	b.get("/decisioni").want(200, `href="/politiche/versioni/1"`)
	b.get("/politiche/versioni/1").want(200, "Versione 1")
	b.get("/decisioni?from=ieri").want(422, `value="ieri"`)
	b.get("/decisioni?outcome=refused&object=project@own").want(200, "Niente da mostrare")
	b.get("/decisioni/esporta?outcome=refused&formato=csv").want(200, "tenant@network")
	if b.header.Get("Content-Disposition") == "" || strings.Contains(b.body, "<html") {
		t.Error("the copy is no file")
	}
	w.as(t, w.Entity, "entity_admin").get("/decisioni/esporta").want(403)
}

// Another network's organisations and users answer as what does not exist.
func TestAdministrationOfAnotherNetwork(t *testing.T) {
	w := newWorld(t)
	lead := w.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	w.User(t, lead, "secretariat", tenant.Secretariat)
	b := w.as(t, lead, "secretariat")
	tried := 0
	for _, r := range allRoutes(t, w) {
		if !strings.Contains(r.pattern, "{tenant}") {
			continue
		}
		tried++
		at := func(org string) reply {
			path := strings.NewReplacer("{tenant}", org, "{user}", string(w.Actor(w.Entity, "operator").User), "{invitation}", newUUID).Replace(r.pattern)
			return ask(b, route{r.method, path}, newUUID)
		}
		if theirs, none := at(string(w.Entity.ID)), at(newUUID); theirs.status != http.StatusNotFound || theirs != none {
			t.Errorf("%s %s: %d for theirs, %d for an unknown one", r.method, r.pattern, theirs.status, none.status)
		}
	}
	if tried < 10 {
		t.Errorf("only %d routes", tried)
	}
}

// The page of who watches over the others offers neither to take that role nor to suspend him.
func TestOverseersAreNotOffered(t *testing.T) {
	w := newWorld(t)
	sec := w.as(t, w.Lead, "secretariat")
	page := func(nick string) string {
		return sec.get("/organizzazioni/"+string(w.Lead.ID)+"/utenti/"+string(w.Actor(w.Lead, nick).User)).want(200, "Ruoli").body
	}
	if text := page("evaluator"); !strings.Contains(text, "/ruoli/togli") || !strings.Contains(text, "/sospendi") {
		t.Error("an evaluator cannot be suspended")
	}
	if text := page("data_protection_officer"); strings.Contains(text, "/ruoli/togli") || strings.Contains(text, "/sospendi") {
		t.Error("the secretariat is offered to be rid of the officer")
	}
}
