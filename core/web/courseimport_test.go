// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strings"
	"syscall"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/service"
)

// admitted takes a version of the test plugin up to where everybody uses it.
func admitted(t *testing.T, w *world, file []byte, version string) {
	t.Helper()
	ctx := w.As(w.Lead, "plugin_admin")
	_, err := w.Service.SubmitPlugin(ctx, file)
	var d service.PluginDetail
	if err == nil {
		d, err = w.Service.CheckPlugin(ctx, "aid", version)
	}
	if err == nil {
		_, err = w.Service.ApprovePlugin(ctx, "aid", version, d.Revision, "vista")
	}
	if err == nil {
		_, err = w.Service.ActivatePlugin(ctx, "aid", version, service.Activation{Everywhere: true, Reason: "prova"})
	}
	if err != nil {
		t.Fatalf("%v %v", err, d.Findings)
	}
}

// stopAll stops every process of the plugins without ending it.
func stopAll(t *testing.T, host *pluginhost.Host) (stopped int) {
	t.Helper()
	for _, info := range host.Plugins() {
		if info.PID != 0 && syscall.Kill(info.PID, syscall.SIGSTOP) == nil {
			stopped++
		}
	}
	return stopped
}

// TestCourseImport tries a list, reads what is wrong with it, and stores what was tried; a
// plugin that does not answer is said, and nothing is stored.
func TestCourseImport(t *testing.T) {
	host, err := pluginhost.New(pluginhost.Config{AllowUnjailed: true, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Close)
	w, agency := newPluginWorld(t, host)
	b := w.as(t, w.Lead, "plugin_admin")
	b.get("/plugin/corsi").want(200, "Nessun catalogo di corsi è attivo")
	if _, err := w.Service.AddPublisher(w.As(w.Lead, "plugin_admin"), agency.Line); err != nil {
		t.Fatal(err)
	}
	admitted(t, w, agency.Pack(t, "1.0.0", 50), "1.0.0")
	const at = "/plugin/corsi"
	list := []byte("a,Cucina,2030-01-01,5\nb,Sartoria,2030-02-01,5\nnonsense\n")
	b.get(at).want(200, "Corsi di prova")
	b.upload(at, "corsi.csv", list, "catalog", "nessuno").want(422, "Catalogo: Manca la risposta.")
	b.upload(at, "", nil, "catalog", "aid_courses").want(422, "Elenco dei corsi: Manca la risposta.")
	b.upload(at, "corsi.xml", list, "catalog", "aid_courses").want(422, "Questo catalogo legge file CSV.")
	b.upload(at, "corsi.csv", make([]byte, service.MaxCourseFeed+1), "catalog", "aid_courses").want(422, "al massimo 3 MiB")
	b.upload(at, "corsi.csv", list, "catalog", "aid_courses", "azione", "prova").want(200, "Ecco che cosa cambierebbe", "Riga 3", "«nonsense»", "Registra")
	operator := w.As(w.Entity, "operator")
	if found, err := w.Service.Courses(operator, service.CourseFilter{}, service.PageRequest{}); err != nil || found.Total != 0 {
		t.Errorf("a trial stored %d editions, %v", found.Total, err)
	}
	b.again(at, `value="registra"`, "azione", "registra").want(200, "Corsi registrati")
	if found, err := w.Service.Courses(operator, service.CourseFilter{}, service.PageRequest{}); err != nil || found.Total != 2 {
		t.Errorf("%d editions were stored, %v", found.Total, err)
	}
	b.upload(at, "corsi.csv", list, "catalog", "aid_courses").want(200, "è già tutto così")
	b.upload(at, "", nil, "catalog", "aid_courses", "source", "plugin").want(200, "elenco del plugin", "Ritirate")
	if stopAll(t, host) == 0 {
		t.Fatal("no process to stop")
	}
	b.upload(at, "corsi.csv", list, "catalog", "aid_courses").want(503, "Il plugin non risponde", "Niente è cambiato")
	w.as(t, w.Entity, "operator").get(at).want(403)
}

// TestShadowRunIsShown compares a second version of a rule with a decision of the first.
func TestShadowRunIsShown(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	ctx := w.As(w.Lead, "plugin_admin")
	if _, err := w.Service.AddPublisher(ctx, agency.Line); err != nil {
		t.Fatal(err)
	}
	admitted(t, w, agency.Pack(t, "1.0.0", 50), "1.0.0")
	p := w.Project(t, w.Entity, 1)
	_, err := w.Service.DecideSubsidy(w.As(w.Entity, "operator"), service.SubsidyRequest{Subsidy: "aid", Project: p.ID, Facts: map[string]any{"cost": int64(10000)}})
	if err != nil {
		t.Fatal(err)
	}
	// What a submitted project rests on is the lead agency's to see.
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	b := w.as(t, w.Lead, "plugin_admin")
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "2.0.0", 70)).want(200, "Si può fare dopo la verifica")
	at := b.at
	b.send(at+"/verifica", "").want(200, "Verifica superata")
	b.send(at+"/confronto", "").want(200, "Una decisione rifatta", "Le differenze più grandi", "Aiuto di prova", "50,00\u00a0€", "70,00\u00a0€", "&#43;20,00\u00a0€", "1 diverse su 1")
	if strings.Contains(b.text(), p.Code) || strings.Contains(b.text(), p.PersonCode) {
		t.Error("the comparison names a project")
	}
}
