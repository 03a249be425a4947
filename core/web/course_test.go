// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// startAll builds plugins and runs them out of process.
func startAll(t *testing.T, names ...string) *pluginhost.Host {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, name), "./plugins/"+name)
		build.Dir = filepath.Join("..", "..")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("building %s: %v\n%s", name, err, out)
		}
		manifest, err := os.ReadFile(filepath.Join("..", "..", "plugins", name, "plugin.yaml"))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".yaml"), manifest, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	h, err := pluginhost.New(pluginhost.Config{Dir: dir, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// stop lets no process of a plugin answer any more.
func stop(t *testing.T, h *pluginhost.Host) {
	t.Helper()
	for _, info := range h.Plugins() {
		if info.PID != 0 {
			if err := syscall.Kill(info.PID, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// withdraw takes a plugin away from an entity.
func (w *world) withdraw(t *testing.T, plugin string, from postgres.Tenant) {
	t.Helper()
	if _, err := w.Service.DeactivatePlugin(w.As(w.Lead, "plugin_admin"), plugin, "1.0.0", service.Activation{Tenants: []tenant.ID{from.ID}, Reason: "Prova"}); err != nil {
		t.Fatal(err)
	}
}

// importCourses takes in n editions that begin in the months to come; the first has one seat
// and two prerequisites.
func (w *world) importCourses(t *testing.T, n int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("id;title_it;title_en;area;provider;istat_code;municipality;starts;ends;hours;seats;prerequisites;cost;childcare\n")
	for i := range n {
		begin := time.Now().AddDate(0, 1, i)
		place, code, area, seats, needs := "Viareggio", "046033", "vocational", 8, ""
		if i%2 == 1 {
			place, code, area = "Lucca", "046017", "language"
		}
		if i == 0 {
			seats, needs = 1, "language_a2|age_18"
		}
		fmt.Fprintf(&b, "ed-%d;Corso numero %d;Course number %d;%s;Ente formativo;%s;%s;%s;%s;60;%d;%s;12,50;yes\n", i, i, i, area, code, place,
			begin.Format(time.DateOnly), begin.AddDate(0, 2, 0).Format(time.DateOnly), seats, needs)
	}
	got, err := w.Service.ImportCourses(w.As(w.Lead, "plugin_admin"), service.ImportRequest{Catalog: "tuscany", Format: "csv", Content: []byte(b.String())})
	if err != nil || got.New != n {
		t.Fatalf("import: %+v, %v", got, err)
	}
}

// TestCoursesAreFound searches by each filter, pages, and tells kindly where nothing matches.
func TestCoursesAreFound(t *testing.T) {
	w := newWorldWith(t, sample.Options{Plugins: startAll(t, "course-catalog")})
	b := w.as(t, w.Entity, "operator")
	b.get("/corsi").want(200, "Nessun corso corrisponde")
	w.importCourses(t, 25)
	b.get("/").want(200, `href="/corsi"`)
	b.get("/corsi").want(200, "Trovate 25 edizioni", "Corso numero 0", "Un posto libero", "8 posti liberi", "12,50", "custodia", "Viareggio", `rel="next"`)
	if strings.Contains(b.body, "Corso numero 24") {
		t.Error("the first page has everything")
	}
	next := attr(b.body[strings.Index(b.body, `<nav class="pager"`):], "href")
	b.get(next).want(200, "Corso numero 24", "Trovate 25 edizioni")
	b.get("/corsi?text=numero+7&municipality=Lucca&area=language").want(200, "Corso numero 7", "Trovata un'edizione", `value="numero 7"`)
	b.get("/corsi?municipality=Lucca&area=vocational").want(200, "Nessun corso corrisponde")
	b.get("/corsi?from=31/02/2027").want(422, "Scrivi una data", `value="31/02/2027"`)
	b.get("/corsi?from=01/03/2030&to=01/02/2030").want(422)
	b.get("/corsi?area=x").want(422)
	far := time.Now().AddDate(0, 1, 20).Format("02/01/2006")
	b.get("/corsi?from="+url.QueryEscape(far)).want(200, "Corso numero 20", "Trovate 5 edizioni")
	b.get("/corsi/tuscany/ed-0").want(200, "Che cosa serve", "Almeno 18 anni", "1 liberi su 1", "Iscrivi una persona")
	b.get("/corsi/tuscany/none").want(404)
	b.get("/corsi/elsewhere/ed-0").want(404)
	b.get("/corsi?progetto=" + newUUID).want(404)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	worker := w.as(t, w.Services, "social_worker")
	w.as(t, w.OtherServices, "social_worker").get("/").want(200).without(`href="/corsi"`) // nobody shares a project with her
	worker.get("/").want(200, `href="/corsi"`).get("/corsi/tuscany/ed-0").want(200, "Corso numero 0")
	if strings.Contains(worker.body, "Iscrivi") {
		t.Error("a social worker can enrol")
	}
	w.as(t, w.Lead, "evaluator").get("/corsi").want(403)
}

// TestNothingOfCoursesWhereNoCatalogIsActive: neither in the navigation nor by address.
func TestNothingOfCoursesWhereNoCatalogIsActive(t *testing.T) {
	w := newWorldWith(t, sample.Options{Plugins: startAll(t, "course-catalog")})
	w.importCourses(t, 2)
	w.withdraw(t, "course-catalog", w.OtherEntity)
	b := w.as(t, w.OtherEntity, "operator")
	p := w.Project(t, w.OtherEntity, 1)
	home := "/progetti/" + string(p.ID)
	for path, status := range map[string]int{"/": 200, home: 200, home + "/interventi/nuovo?tipo=vocational_course": 200, "/corsi": 404, "/corsi/tuscany/ed-0": 404} {
		if b.get(path).want(status); strings.Contains(b.body, "/corsi") || strings.Contains(b.body, "_courses") || strings.Contains(b.body, "Corsi e iscrizioni") {
			t.Errorf("%s speaks of courses", path)
		}
	}
	b.post(home+"/iscrizioni", url.Values{"catalog": {"tuscany"}, "edition": {"ed-0"}}).want(404)
}

// TestEnrolAndCancel takes the last seat, loses it to another, gives it back.
func TestEnrolAndCancel(t *testing.T) {
	w := newWorldWith(t, sample.Options{Plugins: startAll(t, "course-catalog")})
	w.importCourses(t, 3)
	mine, other := w.Project(t, w.Entity, 1), w.Project(t, w.OtherEntity, 2)
	home, at := "/progetti/"+string(mine.ID), "/corsi/tuscany/ed-0"
	b, rival := w.as(t, w.Entity, "operator"), w.as(t, w.OtherEntity, "operator")
	b.get(home).want(200, "Corsi e iscrizioni", "Nessuna iscrizione", "Cerca un corso")
	b.get(at).want(200, mine.Code)
	if strings.Contains(b.body, other.Code) {
		t.Error("another entity's project is offered")
	}
	b.get(at + "?progetto=" + string(other.ID)).want(404)
	b.get(at+"?progetto="+string(mine.ID)).want(200, "Conferma che la persona ha", "Corso di lingua italiana", "Un altro progetto")
	enrol := b.form(home+"/iscrizioni", "")
	enrol.Set("prerequisites", "age_18")
	enrol.Set("intervention_key", "it")
	b.post(home+"/iscrizioni", enrol).want(422, "Italiano A2: Conferma questo requisito", ` checked`)
	enrol["prerequisites"] = []string{"age_18", "language_a2"}
	away := "/progetti/" + string(other.ID) + "/iscrizioni"
	b.post(away, enrol).want(404)

	taken := url.Values{"catalog": {"tuscany"}, "edition": {"ed-0"}, "prerequisites": {"age_18", "language_a2"}}
	rival.post(away, taken).want(200, "il posto è preso", "Corso numero 0")
	b.post(home+"/iscrizioni", enrol).want(409, "Non ci sono più posti", mine.Code, `value="language_a2" checked`, `value="age_18" checked`)
	b.get(at).want(200, "Posti esauriti")
	rival.get("/progetti/" + string(other.ID))
	cancel := link(t, rival.body, "/annulla")
	w.as(t, w.Entity, "operator").get(cancel).want(404)
	b.get(home + strings.TrimPrefix(cancel, "/progetti/"+string(other.ID))).want(404)
	rival.get(cancel).want(200, "Annullare l'iscrizione?", "Il posto torna libero")
	rival.send(cancel, "", "reason", " ").want(422, "Manca la risposta")
	rival.send(cancel, "", "reason", "Orari di lavoro").want(200, "Iscrizione annullata", "Annullata", "Orari di lavoro")
	rival.get(cancel).want(409)

	b.post(home+"/iscrizioni", enrol).want(200, "il posto è preso", "Iscritto", "Per «Corso di lingua italiana»")
	b.post(home+"/iscrizioni", url.Values{"catalog": {"tuscany"}, "edition": {"ed-1"}, "intervention_key": {"none"}}).want(422)
	w.Walk(t, mine.ID, w.Entity, casework.CoDesign)
	worker := w.as(t, w.Services, "social_worker")
	worker.get(home).want(200, "Corsi e iscrizioni", "Corso numero 0", "Iscritto")
	if strings.Contains(worker.body, "/annulla") || strings.Contains(worker.body, "Cerca un corso") {
		t.Error("the social worker can change enrolments")
	}
	worker.post(home+"/iscrizioni", url.Values{"catalog": {"tuscany"}, "edition": {"ed-1"}}).want(403)
	manager := w.as(t, w.Entity, "entity_manager").get(home).want(200, "Corso numero 0")
	if strings.Contains(manager.body, "/annulla") {
		t.Error("the manager can cancel")
	}
	manager.get(link(t, b.get(home).body, "/annulla")).want(403)
}

// link finds an address on a page by its end.
func link(t *testing.T, body, end string) string {
	t.Helper()
	for _, rest := range strings.Split(body, `href="`)[1:] {
		if href, _, _ := strings.Cut(rest, `"`); strings.HasSuffix(href, end) {
			return href
		}
	}
	t.Fatalf("no link ends in %s", end)
	return ""
}

// TestLastSeatByTwo: of two who press at once one gets it, and the other is told.
func TestLastSeatByTwo(t *testing.T) {
	w := newWorldWith(t, sample.Options{Plugins: startAll(t, "course-catalog")})
	w.importCourses(t, 1)
	seats := url.Values{"catalog": {"tuscany"}, "edition": {"ed-0"}, "prerequisites": {"age_18", "language_a2"}}
	var all sync.WaitGroup
	got := make([]int, 4)
	for i := range got {
		p, b := w.Project(t, w.Entity, i+1), w.as(t, w.Entity, "operator")
		all.Go(func() { got[i] = b.post("/progetti/"+string(p.ID)+"/iscrizioni", seats).status })
	}
	all.Wait()
	won := 0
	for _, status := range got {
		if status == http.StatusOK {
			won++
		} else if status != http.StatusConflict {
			t.Errorf("status %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d got the one seat: %v", won, got)
	}
}

// TestCourseForAnIntervention saves what was typed, looks for a course and takes it back.
func TestCourseForAnIntervention(t *testing.T) {
	w := newWorldWith(t, sample.Options{Plugins: startAll(t, "course-catalog")})
	w.importCourses(t, 4)
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	b := w.as(t, w.Entity, "operator")
	newOne := home + "/interventi/nuovo"
	b.get(newOne+"?tipo=vocational_course").want(200, "Salva e cerca fra i corsi")
	b.send(newOne, "", "_courses", "details/course", "details/qualification", "Aiuto cuoco", "amount_cents", "molto").want(422, `value="Aiuto cuoco"`, `value="molto"`)
	b.send(newOne, "", "_courses", "details/course", "amount_cents", "100").want(200, "Cerchi un corso per «Corso professionalizzante»", p.Code, "Corso numero 2")
	if strings.Contains(b.body, "Corso numero 1") {
		t.Error("the search does not begin in the area of the intervention")
	}
	found := b.at
	b.get(edition(t, b.body, "ed-2")).want(200, "Scegli per l'intervento", "«Corso professionalizzante»")
	choose := home + "/interventi/vocational-course/corso"
	form := b.form(choose, "")
	// Somebody else writes another part of the plan meanwhile: nobody is in the way.
	other := w.as(t, w.Entity, "operator")
	other.get(home+"/interventi/it").send(home+"/interventi/it", "_base", "details/provider", "CPIA 2").want(200, "Salvato")
	b.post(choose, form).want(200, "Corso scelto per l'intervento", `value="Corso numero 2"`, `value="ed-2"`, `value="Ente formativo"`, `value="60"`, "Vedi l'edizione scelta")
	if plan := w.plan(t, p.ID); plan.Plan.Interventions[0].Details["provider"] != "CPIA 2" {
		t.Error("the colleague's text is lost")
	}
	b.get(edition(t, b.get(found).body, "ed-0"))
	late := b.form(choose, "")
	other.get(home+"/interventi/vocational-course").send(home+"/interventi/vocational-course", "_base", "amount_cents", "200").want(200, "Salvato")
	b.post(choose, late).want(412)
	b.get("/corsi/tuscany/ed-1?progetto="+string(p.ID)+"&intervento=it&campo=course").send(home+"/interventi/it/corso", "").want(200, `value="Corso numero 1"`)
	form.Set("campo", "level")
	b.post(home+"/interventi/it/corso", form).want(404)
	b.get("/corsi?progetto=" + string(p.ID) + "&intervento=it&campo=level").want(404)
	b.get("/corsi?progetto=" + string(p.ID) + "&intervento=none").want(404)
	w.as(t, w.OtherEntity, "operator").post(choose, form).want(404)
	w.as(t, w.Entity, "entity_manager").post(choose, form).want(403)
}

// edition finds the address of an edition on a page.
func edition(t *testing.T, body, id string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `href="/corsi/tuscany/`+id)
	if !ok {
		t.Fatalf("no edition %s", id)
	}
	rest, _, _ = strings.Cut(rest, `"`)
	return "/corsi/tuscany/" + id + html.UnescapeString(rest)
}

func (w *world) plan(t *testing.T, id casework.ProjectID) service.PlanView {
	t.Helper()
	v, err := w.Service.Plan(w.As(w.Entity, "operator"), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
