// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/tenant"
)

// TestPolicyWay drafts, previews, submits, sends back, publishes and goes back, without a script.
func TestPolicyWay(t *testing.T) {
	w := newWorld(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, second := w.as(t, w.Lead, "policy_admin"), w.as(t, w.Lead, "policy_admin2")
	author.get("/politiche").want(http.StatusOK, "Progetti propri: firmare", "versione 1", `href="/politiche"`)
	author.get("/politiche?tipo=lead_agency").want(http.StatusOK, "p, role:approver, *, project@submitted, approve, allow", "Valutare e decidere sono due atti di due ruoli.")
	author.send("/politiche/bozze", "draft").want(http.StatusOK, "In preparazione", "Nessun diritto cambia.")
	at := author.at
	author.send(at+"/chiedi", "submit").want(http.StatusUnprocessableEntity, "Motivo: ")
	author.get(at+"/ruoli?organizzazione="+string(w.Entity.ID)).want(http.StatusOK, "Nega")
	author.send(at+"/ruoli", "save", "operator|person@own|list", "deny").want(http.StatusOK, "Bozza salvata.", "Perde", "Persone proprie: elencare", w.Entity.Name, "una persona")
	author.send(at, "reason", "reason", "Accordo con l'ente").want(http.StatusOK, "Bozza salvata.")
	author.send(at+"/chiedi", "submit").want(http.StatusOK, "Da pubblicare", "mai chi ha scritto la bozza")
	if strings.Contains(author.body, at+"/pubblica") {
		t.Error("its author is offered to publish it")
	}
	author.post(at+"/pubblica", url.Values{"_base": {"4"}}).want(http.StatusForbidden, "un'altra persona")
	second.get(at).want(http.StatusOK, "Pubblica: in vigore da subito")
	second.send(at+"/rimanda", "note").want(http.StatusUnprocessableEntity, "Osservazioni: ")
	second.send(at+"/pubblica", "publish").want(http.StatusOK, "La nuova versione è in vigore.")
	operator := w.as(t, w.Entity, "operator")
	operator.get("/persone").want(http.StatusForbidden)

	second.get("/politiche/versioni").want(http.StatusOK, "Accordo con l&#39;ente", "In vigore", "Versione 1", "Pubblicata")
	second.get("/politiche/versioni/1").want(http.StatusOK, "Acquista", "Persone proprie: elencare")
	second.send("/politiche/bozze", "from").want(http.StatusOK, "Ritorno alla versione 1")
	at = second.at
	second.send(at+"/chiedi", "submit").want(http.StatusOK, "Da pubblicare")
	author.get(at).send(at+"/pubblica", "publish").want(http.StatusOK, "in vigore")
	operator.get("/persone").want(http.StatusOK)
}

// TestPolicyRolesWay gives and takes roles in a draft with boxes, without a script; the
// version shows them, and an entity cannot be left without an administrator.
func TestPolicyRolesWay(t *testing.T) {
	w := newWorld(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, second := w.as(t, w.Lead, "policy_admin"), w.as(t, w.Lead, "policy_admin2")
	operator, admin := string(w.Actor(w.Entity, "operator").User), string(w.Actor(w.Entity, "entity_admin").User)
	author.get("/politiche").send("/politiche/bozze", "draft")
	at := author.at
	author.get(at).want(http.StatusOK, at+"/persone")
	page := at + "/persone?organizzazione=" + string(w.Entity.ID)
	author.get(page).want(http.StatusOK, `id="c-`+operator+`-operator" name="`+operator+`-operator" value="1" checked`)
	f := author.form(at+"/persone", "save")
	f.Del(admin + "-entity_admin")
	author.post(at+"/persone", f).want(http.StatusConflict, "troppo poche persone")
	author.get(page)
	f = author.form(at+"/persone", "save")
	f.Del(operator + "-operator")
	f.Set(operator+"-entity_manager", "1")
	author.post(at+"/persone", f).want(http.StatusOK, "Bozza salvata.")
	author.get(at).want(http.StatusOK, "Ruoli che cambiano", "Dato", "Tolto", "Persona per persona", "Perde")
	author.get(page).want(http.StatusOK, "(oggi sì)", "(oggi no)")
	author.get(at)
	author.send(at, "reason", "reason", "Cambio di incarico").want(http.StatusOK, "Ruoli che cambiano")
	author.send(at+"/chiedi", "submit").want(http.StatusOK)
	second.get(page).want(http.StatusOK, "disabled")
	if strings.Contains(second.body, `id="save"`) {
		t.Error("another is offered to change it")
	}
	second.get(at).send(at+"/pubblica", "publish").want(http.StatusOK, "in vigore")
	w.as(t, w.Entity, "operator").get("/avvisi").want(http.StatusOK)
	second.get("/politiche/versioni")
	second.get(at).want(http.StatusOK, "È in vigore come", "Dato", "Tolto", "Persona per persona").without("Nessun diritto cambia", "rifatte con la bozza")
	second.get("/politiche/versioni/1").want(http.StatusOK, "I ruoli delle persone restano quelli di oggi.")
}

// TestPolicyDraftBroken: a draft that turns a case says so and is not submitted.
func TestPolicyDraftBroken(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Lead, "policy_admin")
	b.get("/politiche").send("/politiche/bozze", "draft")
	at := b.at
	b.get(at + "/ruoli?tipo=social_services")
	b.send(at+"/ruoli", "save", "social_worker|project@shared|sign", "deny").want(http.StatusOK, "Così non si può pubblicare", "Un progetto deve poter arrivare alla fine.")
	b.send(at, "reason", "reason", "prova").want(http.StatusOK)
	b.send(at+"/chiedi", "submit").want(http.StatusUnprocessableEntity, "Un progetto deve poter arrivare alla fine.")
	// What no policy can do is not even offered; sent all the same, it is refused.
	b.get(at + "/ruoli?tipo=lead_agency")
	f := b.form(at+"/ruoli", "save")
	f.Set("evaluator|project@submitted|approve", "allow")
	b.post(at+"/ruoli", f).want(http.StatusUnprocessableEntity, "delle regole: Valutare e decidere sono due atti di due ruoli.")
}

func TestPolicyTryPage(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Lead, "policy_admin")
	b.get("/politiche/prova").send("/politiche/prova", "try", "role", "operator", "permission", "project@own create").
		want(http.StatusOK, "Consentito", "p, role:operator, *, project@own, create, allow", "versione 1")
	b.send("/politiche/prova", "try", "role", "evaluator", "permission", "identity@own read").want(http.StatusOK, "Non consentito", "mai dell'ente capofila")
	b.send("/politiche/prova", "try", "role", "", "email", "nessuno@example.org", "tenant_id", string(w.Entity.ID)).want(http.StatusUnprocessableEntity, "Nessuna persona della rete")
}

// TestPolicyPagesAreTheLeads: others are refused, another network's draft does not exist, and
// the officer reads without being offered what he may not do.
func TestPolicyPagesAreTheLeads(t *testing.T) {
	w := newWorld(t)
	author := w.as(t, w.Lead, "policy_admin")
	at := author.get("/politiche").send("/politiche/bozze", "draft").at
	dpo, refused := w.as(t, w.Lead, "data_protection_officer"), []*browser{w.as(t, w.Entity, "operator"), w.as(t, w.Entity, "entity_admin"), w.as(t, w.Lead, "evaluator")}
	for _, path := range []string{"/politiche", "/politiche/versioni", "/politiche/versioni/1", "/politiche/prova", at, at + "/ruoli", at + "/persone"} {
		for _, b := range refused {
			b.get(path).want(http.StatusForbidden)
		}
		dpo.get(path).want(http.StatusOK)
	}
	if dpo.get("/politiche"); strings.Contains(dpo.body, `action="/politiche/bozze"`) {
		t.Error("the officer is offered to draft")
	}
	lead := w.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	w.User(t, lead, "policy_admin", tenant.PolicyAdmin)
	other := w.as(t, lead, "policy_admin")
	foreign := other.get(at).want(http.StatusNotFound).body
	if missing := other.get("/politiche/bozze/" + newUUID).want(http.StatusNotFound).body; foreign != missing {
		t.Error("another network's draft and an unknown one do not look alike")
	}
	author.get(at + "/persone?organizzazione=" + string(lead.ID)).want(http.StatusNotFound)
	for _, path := range []string{"/politiche/versioni/77", "/politiche/versioni/x", "/politiche?organizzazione=" + string(w.Entity.ID)} {
		other.get(path).want(http.StatusNotFound)
	}
}

// policyPages has the pages of policy administration, for the test that renders every template.
func policyPages(f frame, rows []summaryRow) []page {
	options := []optionView{{Value: "allow", Label: "Consenti", Chosen: true}, {Value: "deny", Label: "Nega"}}
	change := changeLine{tagView{"Acquista", "good"}, "Operatore", 2}
	diff := policyDiff{Added: []string{"p"}, Removed: []string{"p"}, Changes: []changeLine{change}, People: []changeLine{change}}
	cells := []matrixCell{{Role: "Operatore", About: "firmare", Allowed: true, Rules: []string{"p, role"}, Set: 1, Name: "a", Options: options}, {Never: "Mai"}}
	return []page{
		&matrixPage{frame: f, Address: "/x", Kinds: options, Places: options, Version: 1, Roles: []string{"Operatore"}, MayDraft: true, Missing: 2, Rows: []matrixRow{{"Progetti", "firmare", cells}}},
		&matrixPage{frame: f, Address: "/x", Kinds: options, Draft: "/x", Back: "/y", Base: 1, Rows: []matrixRow{{"Progetti", "firmare", cells}}},
		&policiesPage{frame: f, Versions: []policyRow{{Text: "Versione 1", Href: "/x", Tag: tagView{"In vigore", "good"}, Broken: true}},
			Drafts: []policyRow{{Text: "Bozza", Href: "/x", Reason: "Perché", Tag: tagView{"Bozza", "info"}}}, MayDraft: true},
		&policyPage{frame: f, Version: 1, Facts: rows, Brought: policyStepView{diff, []roleLine{{Tag: tagView{"Tolto", "bad"}, Text: "Operatore"}}}, Compare: "/x", Diff: diff, MayDraft: true},
		&policyPage{frame: f, Version: 1, Facts: rows, First: true, Brought: policyStepView{Diff: diff}, InForce: true},
		&comparePage{frame: f, From: []optionView{{Value: "1", Label: "Versione 1", Chosen: true}}, To: []optionView{{Value: "2", Label: "Versione 2"}}, Back: true, Change: policyStepView{Diff: diff}},
		&comparePage{frame: f, Same: true},
		&draftPage{frame: f, Address: "/x", State: tagView{"Pubblicata", "good"}, Facts: rows, Diff: diff, Published: "/y", PublishedText: "Versione 2"},
		&draftPage{frame: f, Address: "/x", State: tagView{"Bozza", "info"}, Facts: rows, Base: 1, Outdated: true, MayEdit: true, MaySubmit: true, MayPublish: true, MaySendBack: true, Mine: true,
			Kinds: options, Diff: diff, Roles: []roleLine{{tagView{"Dato", "good"}, "Operatore", "Non si può"}}, Broken: []string{"Rotto"}, Replay: "1", Changed: []changeLine{change}},
		&draftRolesPage{frame: f, Address: "/x", Back: "/y", Places: options, Tenant: "1", Base: 1, MayEdit: true,
			Members: []memberBoxes{{Name: "Anna", Self: true, Roles: []roleBox{{Name: "a", Label: "Operatore", Chosen: true, Now: "oggi no"}, {Name: "b", Label: "Altro", Fixed: true}}}}},
		&trialPage{frame: f, Roles: options, Places: options, Permissions: options, Answered: true, Answer: "Sì", Rules: []trialRule{{"p", 1}}},
	}
}

// TestPolicyAfterPublication: what the second administrator approved stays to be read, on the
// version, on the draft and against any other version.
func TestPolicyAfterPublication(t *testing.T) {
	w := newWorld(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, second := w.as(t, w.Lead, "policy_admin"), w.as(t, w.Lead, "policy_admin2")
	at := author.get("/politiche").send("/politiche/bozze", "draft").at
	author.get(at+"/ruoli?organizzazione="+string(w.Entity.ID)).send(at+"/ruoli", "save", "operator|person@own|list", "deny")
	author.send(at, "reason", "reason", "Accordo")
	author.get("/").want(http.StatusOK, "Niente ti aspetta")
	author.get(at).send(at+"/chiedi", "submit").want(http.StatusOK)
	author.get("/").want(http.StatusOK).without(at)
	second.get("/").want(http.StatusOK, "leggila, poi pubblicala", "Da pubblicare", `href="`+at+`"`).without("Niente ti aspetta")
	second.get(at).send(at+"/rimanda", "note", "note", "Perché?")
	author.get("/").want(http.StatusOK, "ha rimandato indietro la tua bozza", `href="`+at+`"`)
	author.get(at).send(at+"/chiedi", "submit").want(http.StatusOK)
	second.get(at).send(at+"/pubblica", "publish").want(http.StatusOK, "in vigore", "Perde", "Persone proprie: elencare", w.Entity.Name).without("Nessun diritto cambia", "Scarta la bozza")
	author.get("/").want(http.StatusOK, "La tua bozza è stata pubblicata")
	second.get("/").want(http.StatusOK, "Niente ti aspetta")

	dpo := w.as(t, w.Lead, "data_protection_officer")
	dpo.get(at).want(http.StatusOK, `id="published"`)
	version := strings.Split(strings.SplitAfter(dpo.body, `href="/politiche/versioni/`)[1], `"`)[0]
	dpo.get("/politiche/versioni/"+version).want(http.StatusOK, "Perde", "Persone proprie: elencare", w.Entity.Name, "una persona", `href="/politiche/confronto?`)
	dpo.get("/politiche/versioni/1").want(http.StatusOK, "È la prima versione")
	dpo.get("/politiche/versioni").want(http.StatusOK, `href="/politiche/confronto"`)
	dpo.get("/politiche/confronto").want(http.StatusOK, "Perde", "Persone proprie: elencare")
	dpo.get("/politiche/confronto?prima="+version+"&dopo=1").want(http.StatusOK, "Acquista", "I ruoli delle persone restano")
	dpo.get("/politiche/confronto?prima=1&dopo=1").want(http.StatusOK, "stessa versione")
	for _, bad := range []string{"77", "x", "-1"} {
		dpo.get("/politiche/confronto?prima=" + bad).want(http.StatusNotFound)
	}
	w.as(t, w.Lead, "evaluator").get("/politiche/confronto").want(http.StatusForbidden)
}

// TestDiscardDraft: who began a draft throws it away; nobody else, and not what waits.
func TestDiscardDraft(t *testing.T) {
	w := newWorld(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, second := w.as(t, w.Lead, "policy_admin"), w.as(t, w.Lead, "policy_admin2")
	at := author.get("/politiche").send("/politiche/bozze", "draft").at
	second.get(at).want(http.StatusOK).without("/scarta")
	second.post(at+"/scarta", url.Values{"_base": {"1"}}).want(http.StatusForbidden)
	author.get(at).want(http.StatusOK, "Scarta la bozza").send(at+"/scarta", "discard").want(http.StatusOK, "Bozza scartata.").without(at)
	author.get(at).want(http.StatusNotFound)
	at = author.get("/politiche").send("/politiche/bozze", "draft").at
	author.get(at+"/ruoli?organizzazione="+string(w.Entity.ID)).send(at+"/ruoli", "save", "operator|person@own|list", "deny")
	author.send(at, "reason", "reason", "Accordo").send(at+"/chiedi", "submit").want(http.StatusOK).without("/scarta")
	author.post(at+"/scarta", url.Values{"_base": {"4"}}).want(http.StatusConflict, "non lo consente")
}
