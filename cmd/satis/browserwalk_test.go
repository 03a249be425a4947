// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBrowserWalk is the main job in a real browser, in Italian, each person in a window
// of her own: registered, drafted, co-designed, signed, sent back, revised, evaluated,
// approved and begun. Every screen on the way is examined.
func TestBrowserWalk(t *testing.T) {
	d := startDemo(t, demoFolder(t))
	c := startChromium(t, d.file.URL)
	op := c.window(d.account("operator", 0))
	sw := c.window(d.account("social_worker", 0))
	manager := c.window(d.account("entity_manager", 0))
	evaluator := c.window(d.account("evaluator", 0))
	approver := c.window(d.account("approver", 0))

	op.look("da-fare-operatore")
	person := registerPerson(op)
	project := draftProject(op, person)
	decideRent(op, project)
	killPlugin(op, d, project)
	op.do(project, "share_for_co_design")
	editTogether(op, sw, project)
	signAll(op, sw, manager, project)
	manager.open(project + "/invia")
	manager.look("controlla-e-invia")
	manager.do(project, "submit")
	askForChanges(evaluator, project)
	revise(op, project)
	signAll(op, sw, manager, project)
	manager.do(project, "submit")
	judge(evaluator, approver, project)
	op.do(project, "start")
	op.open(project + "/interventi")
	op.shows("Autonomia abitativa", "Corso di lingua italiana", "Patente di guida")
	op.look("interventi-avviati")
	readTheRest(op, sw, evaluator, project)

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range c.complaints {
		t.Errorf("the browser complains: %s", text)
	}
}

func registerPerson(op *window) (path string) {
	op.t.Helper()
	op.open("/persone")
	op.look("persone")
	op.press("#new-person")
	op.press("#save")
	op.shows("Nome")
	op.look("persona-nuova-errori")
	identity := []string{"identity/given_name", "Blessing", "identity/family_name", "Osagie", "identity/birth_date", "12/05/1998",
		"citizenship", "NGA", "municipality", "Viareggio", "consents/programme_information", "true", "consents/data", "true"}
	op.fill(identity...)
	op.look("persona-nuova")
	op.press("#save")
	path = op.at()
	op.look("persona")
	op.press("#show-identity")
	op.shows("Blessing")
	op.look("persona-identita")
	// The same person again: shown side by side, nothing stored, nothing typed lost.
	op.open("/persone/nuova")
	op.fill(identity...)
	op.press("#save")
	op.shows("Osagie")
	op.look("persona-doppia")
	op.open(path)
	return path
}

func draftProject(op *window, person string) (path string) {
	op.t.Helper()
	op.open(person)
	op.press("#new-project")
	op.look("progetto-nuovo")
	op.press("main button.btn-primary")
	path = strings.TrimSuffix(op.at(), "/")
	section := func(name string, pairs ...string) {
		op.t.Helper()
		op.open(path + "/sezioni/" + name)
		op.fill(pairs...)
		op.look("sezione-" + name)
		op.press("#save")
	}
	section("needs", "needs/0/area", "Lavoro e casa", "needs/0/description", "Cerca un lavoro stabile e una casa.")
	section("objectives", "objectives/0/title", "Italiano B1", "objectives/0/indicator", "Certificato", "objectives/0/due_on", "30/06/2027")
	section("commitments", "commitments/0/party", "person", "commitments/0/text", "Frequenta il corso.")
	section("reviews", "reviews/0/on", "01/03/2027")
	section("exit_criteria", "exit_criteria", "Lavoro e casa propri.")
	op.open(path + "/sezioni/reference_operators")
	op.look("sezione-reference_operators")
	op.open(path + "/interventi/nuovo")
	op.look("intervento-scelta")
	for _, v := range [][]string{
		{"italian_course", "details/level", "b1", "details/provider", "CPIA 1", "details/hours", "80", "amount_cents", "400,00"},
		{"housing", "details/arrangement", "individual", "details/supports", "rent", "details/monthly_rent", "500,00", "details/monthly_support", "100,00", "months", "13", "amount_cents", "600,00"},
		{"childcare", "details/children", "1", "details/service", "nursery", "amount_cents", "900"},
		{"basic_necessities", "details/items/0/kind", "food", "details/items/0/amount", "300", "amount_cents", "300"},
		{"vocational_course", "details/course/title", "Aiuto cuoco", "details/hours", "120", "amount_cents", "800"},
		{"licence_course", "details/kind", "haccp", "details/provider", "Agenzia", "amount_cents", "120"},
		{"accompaniment", "details/planned_hours", "40", "details/purpose", "Affiancamento nella ricerca della casa.", "amount_cents", "0"},
	} {
		op.open(path + "/interventi/nuovo?tipo=" + v[0])
		op.fill(append([]string{"starts_on", "15/01/2027"}, v[1:]...)...)
		if v[0] == "housing" { // thirteen months are refused at their field, and nothing typed is lost
			op.press("#save")
			op.shows("12")
			if got := op.value("details/monthly_rent"); !strings.HasPrefix(got, "500") {
				op.t.Errorf("after the refusal the rent is %q", got)
			}
			op.look("intervento-oltre-il-limite")
			op.fill("months", "6")
		}
		op.look("intervento-" + v[0])
		op.press("#save")
	}
	op.open(path)
	op.look("progetto-bozza")
	return path
}

var rentFacts = []string{"monthly_rent", "500,00", "co_housing", "false", "household_size", "1", "minors", "0", "monthly_income", "400,00",
	"other_housing_benefits", "0", "months_requested", "6"}

func decideRent(op *window, project string) {
	op.t.Helper()
	op.open(project + "/contributo")
	op.fill(rentFacts...)
	op.look("contributo")
	op.press("button[name=azione][value=prova]")
	op.look("contributo-prova")
	op.press("button[name=azione][value=decidi]")
	op.look("contributo-deciso")
}

// killPlugin stops the plugin's process: the page says so and keeps what was typed. Killed
// and tried again, the rule answers.
func killPlugin(op *window, d *demoProcess, project string) {
	op.t.Helper()
	pid := pluginProcess(op.t, d)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		op.t.Fatal(err)
	}
	op.open(project + "/contributo")
	op.fill(rentFacts...)
	op.press("button[name=azione][value=prova]")
	if got := op.value("monthly_rent"); !strings.HasPrefix(got, "500") {
		op.t.Errorf("with the plugin gone the rent is %q\n%s", got, op.text())
	}
	op.look("contributo-plugin-fermo")
	_ = syscall.Kill(pid, syscall.SIGKILL)
	op.press("button[name=azione][value=prova]")
	op.shows("€")
}

// pluginProcess finds the rule's process among those the demo started: it runs from memory.
func pluginProcess(t *testing.T, d *demoProcess) int {
	t.Helper()
	for _, pid := range family(d.cmd.Process.Pid) {
		exe, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
		if err == nil && strings.Contains(exe, "memfd:") {
			return pid
		}
	}
	t.Fatal("no plugin process runs")
	return 0
}

// editTogether lets two people change the same text: the second sees both.
func editTogether(op, sw *window, project string) {
	op.t.Helper()
	sw.open("/")
	sw.look("da-fare-assistente")
	sw.open(project + "/sezioni/exit_criteria")
	op.open(project + "/sezioni/exit_criteria")
	op.fill("exit_criteria", "Contratto di lavoro e casa in affitto.")
	op.press("#save")
	sw.fill("exit_criteria", "Autonomia economica da sei mesi.")
	sw.press("#save")
	sw.shows("Contratto di lavoro e casa in affitto.", "Autonomia economica da sei mesi.")
	sw.look("conflitto")
	sw.open(project + "/sezioni/exit_criteria")
	sw.fill("exit_criteria", "Contratto di lavoro, casa in affitto, autonomia economica da sei mesi.")
	sw.press("#save")
}

func signAll(op, sw, manager *window, project string) {
	op.t.Helper()
	manager.do(project, "sign")
	sw.do(project, "sign")
	op.do(project, "record_adhesion")
	op.open(project)
	op.look("progetto-firmato")
}

func askForChanges(evaluator *window, project string) {
	evaluator.t.Helper()
	evaluator.open("/")
	evaluator.look("da-fare-valutatore")
	evaluator.do(project, "start_evaluation")
	if strings.Contains(evaluator.text(), "Osagie") {
		evaluator.t.Error("the evaluator sees the name")
	}
	evaluator.open(project + "/valutazione")
	evaluator.look("valutazione")
	evaluator.run(chromedp.Click("#integrazioni summary", chromedp.ByQuery))
	evaluator.fill("comments/interventions", "Spiegare le ore del corso.")
	evaluator.press("button[name=event][value=request_changes]")
}

func revise(op *window, project string) {
	op.t.Helper()
	op.open(project)
	op.shows("Spiegare le ore del corso.")
	op.do(project, "revise")
	op.open(project)
	op.look("progetto-da-correggere")
	op.open(project + "/interventi/nuovo?tipo=italian_course")
	op.fill("starts_on", "15/01/2027", "details/level", "b2", "details/provider", "CPIA 2", "details/hours", "60", "amount_cents", "200")
	op.press("#save")
	op.open(project + "/versioni/2?da=1")
	op.shows("Aggiunto")
	op.look("differenze")
}

func judge(evaluator, approver *window, project string) {
	evaluator.t.Helper()
	evaluator.do(project, "start_evaluation")
	evaluator.open(project + "/valutazione")
	evaluator.fill("data/scores/need", "4", "data/scores/coherence", "4", "data/scores/sustainability", "3", "data/scores/autonomy", "4",
		"data/opinion", "Parere favorevole.")
	evaluator.press("button[name=event][value=recommend]")
	approver.open("/")
	approver.look("da-fare-approvatore")
	approver.open(project + "/decisione")
	approver.shows("Parere favorevole.")
	approver.look("decisione")
	approver.press("button[name=event][value=approve]")
}

func readTheRest(op, sw, evaluator *window, project string) {
	op.t.Helper()
	for name, path := range map[string]string{"storia": "/storia", "versioni": "/versioni", "versione": "/versioni/1", "stampa": "/stampa",
		"ritiro": "/ritiro", "progetto-attivo": ""} {
		op.open(project + path)
		op.look(name)
	}
	op.open("/progetti")
	op.look("progetti")
	evaluator.open("/progetti")
	evaluator.look("progetti-capofila")
	sw.open(project)
	sw.look("progetto-assistente")
	op.open("/progetti/00000000-0000-7000-8000-000000000001")
	op.look("non-trovato")
	op.open("/")
	op.press("button[name=lang][value=en]")
	op.shows("To do")
	op.look("to-do-english")
	op.press("button[name=lang][value=it]")
}

// writePolicy drafts a rule and a role, looks at what that would change, and tries a decision.
func writePolicy(w *window) {
	w.t.Helper()
	w.open("/politiche")
	w.press("#draft")
	draft := w.at()
	w.open(draft + "/ruoli?tipo=implementing_entity")
	w.look("politiche-bozza-matrice")
	w.fill("operator|person@own|list", "deny")
	w.press("#save")
	w.open(draft + "/persone")
	w.press("#show")
	w.look("politiche-bozza-persone")
	w.run(chromedp.Click("main fieldset input[type=checkbox]:not(:checked):not(:disabled)", chromedp.ByQuery))
	w.press("#save")
	w.shows("Ruoli che cambiano", "Perde", "Dato")
	w.look("politiche-bozza")
	w.press("#submit") // without its reason
	w.shows("Motivo")
	w.look("politiche-bozza-errore")
	w.open("/politiche/prova")
	w.fill("role", "operator")
	w.press("#try")
	w.look("politiche-prova")
	for _, path := range []string{"/politiche/versioni", "/politiche/versioni/1", "/politiche/confronto"} {
		w.open(path)
		w.look("policy_admin" + strings.ReplaceAll(path, "/", "-"))
	}
}

// TestBrowserAdministration looks at the screens of those who administer and oversee.
func TestBrowserAdministration(t *testing.T) {
	d := startDemo(t, demoFolder(t))
	c := startChromium(t, d.file.URL)
	for _, who := range []struct {
		role  string
		paths []string
	}{
		{"policy_admin", []string{"/politiche"}},
		{"secretariat", []string{"/organizzazioni", "/utenti"}},
		{"entity_admin", []string{"/utenti", "/avvisi"}},
		{"data_protection_officer", []string{"/decisioni", "/registro", "/emergenze"}},
	} {
		w := c.window(d.account(who.role, 0))
		for _, path := range who.paths {
			w.open(path)
			w.look(who.role + strings.ReplaceAll(path, "/", "-"))
		}
		if who.role == "policy_admin" {
			writePolicy(w)
		}
	}
	letSecretariatIn(c, d)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range c.complaints {
		t.Errorf("the browser complains: %s", text)
	}
}

// letSecretariatIn has two policy administrators let the secretariat in in an emergency, and
// looks at the way from a project's code to the identity.
func letSecretariatIn(c *chromium, d *demoProcess) {
	c.t.Helper()
	first, second, w := c.window(d.account("policy_admin", 0)), c.window(d.account("policy_admin", 1)), c.window(d.account("secretariat", 0))
	first.open("/politiche")
	first.press("#draft")
	draft := first.at()
	first.open(draft + "/ruoli?tipo=lead_agency")
	first.fill("secretariat|identity@submitted|break_glass", "allow")
	first.press("#save")
	first.open(draft)
	first.fill("reason", "La segreteria risponde alle emergenze.")
	first.press("main form[data-guard] button")
	first.press("#submit")
	second.open(draft)
	second.press("#publish")
	approver := c.window(d.account("approver", 0))
	approver.open("/progetti")
	var code string
	approver.run(chromedp.Text("main .row-link", &code, chromedp.ByQuery))
	w.open("/emergenze")
	w.look("emergenze-segreteria")
	w.press("#open")
	w.look("emergenza-codice")
	w.fill("code", "PI-0000-0000")
	w.press("main button.btn-primary")
	w.shows("Nessun progetto inviato")
	w.look("emergenza-codice-errore")
	w.fill("code", code)
	w.press("main button.btn-primary")
	w.look("emergenza-motivo")
	w.fill("reason", "Ricovero urgente, l'ospedale chiede chi è.")
	w.press("#open")
	w.look("emergenza-aperta")
	w.press("#show-identity")
	w.look("emergenza-identita")
	w.press("#end")
	w.shows("Accesso chiuso", code)
	w.look("emergenze-segreteria-elenco")
}
