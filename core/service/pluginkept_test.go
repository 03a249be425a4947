// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
)

// asking admits a version of the plugin whose visits ask where, too.
func (x pluginWorld) asking(t *testing.T, version string) {
	t.Helper()
	_, err := x.s.SubmitPlugin(x.admin, x.agency.PackAsking(t, version, 50))
	must(t, err)
	d, err := x.s.CheckPlugin(x.admin, "aid", version)
	must(t, err)
	if d.State != postgres.PluginConformant {
		t.Fatalf("the kit found %v", d.Findings)
	}
	_, err = x.s.ApprovePlugin(x.admin, "aid", version, d.Revision, "vista")
	must(t, err)
}

// An organisation goes back to a version that does not ask a question any more: the answer
// stays in its plans through every save, the plugin does not get it, the plan can be signed
// all the same, and the answer is back with the newer version. The hash covers all of it.
func TestAnswersStayWhenAVersionGoesBack(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.asking(t, "2.0.0")
	x.admit(t, "1.0.0", 50)
	x.activate(t, "2.0.0", service.Activation{Everywhere: true})
	p, op := x.Project(t, x.Entity, 1), x.As(x.Entity, "operator")
	view, err := x.s.Plan(op, p.ID)
	must(t, err)
	n := len(view.Plan.Interventions)
	at := func(v service.PlanView) casework.Intervention { return v.Plan.Interventions[n] }
	save := func(step string, change func(*casework.Plan)) {
		t.Helper()
		change(&view.Plan)
		if view, err = x.s.SavePlan(op, p.ID, view.Project.Revision, view.Plan); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if hash, err := service.ContentHash(view.Plan); err != nil || hash != view.Project.ContentHash {
			t.Errorf("%s: the hash is not that of the plan as it is given out", step)
		}
	}
	save("with the newer", func(p *casework.Plan) {
		p.Interventions = append(p.Interventions, casework.Intervention{Key: "visite", Type: "aid_visit", StartsOn: "2027-01-10", AmountCents: 3000,
			Details: map[string]any{"day": "2027-12-24", "visits": 3, "place": "Lucca"}})
	})
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})

	view, err = x.s.Plan(op, p.ID)
	must(t, err)
	if len(view.Missing) > 0 {
		t.Errorf("an answer that is not asked for counts: %v", view.Missing)
	}
	before := view.Project.ContentHash
	save("elsewhere in the plan", func(p *casework.Plan) { p.ExitCriteria = "Casa e lavoro." })
	if v := at(view); v.TypeVersion != "2.0.0" || v.Details["place"] != "Lucca" || v.Kept != nil || view.Project.ContentHash == before {
		t.Errorf("what nobody touched: %+v", v)
	}
	typ, _ := view.Types.Find("aid_visit")
	if q := typ.Question("place", "Lucca"); q.Label.IT != "Luogo" {
		t.Errorf("the question reads %+v", q.Label)
	}
	// The page types what its form asks, and nothing else.
	section := view.Plan
	section.Interventions[n].Details = map[string]any{"day": "2027-12-24", "visits": 4}
	view, err = x.s.SaveSection(op, p.ID, view.Project.Revision, casework.SectionInterventions, section)
	must(t, err)
	if d := cmp.Diff(map[string]any{"place": "Lucca"}, at(view).Kept); d != "" || at(view).TypeVersion != "1.0.0" || len(at(view).Details) != 2 {
		t.Errorf("kept by %s: %s", at(view).TypeVersion, d)
	}
	var stored string
	x.Query(t, &stored, "SELECT plan::text FROM plan_revision WHERE project_id = $1 ORDER BY revision DESC LIMIT 1", p.ID)
	if !strings.Contains(stored, "Lucca") {
		t.Error("it is not stored")
	}
	// The plugin is asked, and would refuse what it did not declare.
	view.Plan.Interventions[n].Details["day"] = "2027-12-25"
	if _, err = x.s.SavePlan(op, p.ID, view.Project.Revision, view.Plan); codeAt(err) != "plugin_remark" {
		t.Errorf("the plugin was not asked: %v", err)
	}
	view.Plan.Interventions[n].Details["day"] = "2027-12-24"
	x.Walk(t, p.ID, x.Entity, casework.CoSigned)
	sealed, err := x.s.Version(op, p.ID, 1)
	must(t, err)
	hash, err := service.ContentHash(sealed.Plan)
	must(t, err)
	if hash != sealed.ContentHash || sealed.Plan.Interventions[n].Kept["place"] != "Lucca" {
		t.Errorf("what was signed: %+v", sealed.Plan.Interventions[n])
	}

	// Another project, worked on while the newer version comes back.
	p = x.Project(t, x.Entity, 2)
	view, err = x.s.Plan(op, p.ID)
	must(t, err)
	n = len(view.Plan.Interventions)
	x.activate(t, "2.0.0", service.Activation{Everywhere: true})
	save("with the newer", func(p *casework.Plan) {
		p.Interventions = append(p.Interventions, casework.Intervention{Key: "visite", Type: "aid_visit", StartsOn: "2027-01-10", AmountCents: 3000,
			Details: map[string]any{"day": "2027-12-24", "visits": 3, "place": "Lucca"}})
	})
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	save("with the older", func(p *casework.Plan) { p.Interventions[n].Details["visits"] = 4 })
	if at(view).Kept["place"] != "Lucca" {
		t.Errorf("lost on the way: %+v", at(view))
	}
	x.activate(t, "2.0.0", service.Activation{Everywhere: true})
	save("with the newer again", func(p *casework.Plan) { p.Interventions[n].Details["visits"] = 5 })
	if v := at(view); v.Details["place"] != "Lucca" || v.Kept != nil || v.TypeVersion != "2.0.0" {
		t.Errorf("with the newer again: %+v", v)
	}
	x.Walk(t, p.ID, x.Entity, casework.CoSigned)
}

// What is typed on a page is an int64 and what is stored a float64: the same section sent
// twice is stored once, and its plugin asked once.
func TestTypedSectionTwice(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p, op := w.Project(t, w.Entity, 1), w.As(w.Entity, "operator")
	section := sample.Plan()
	section.Interventions[0].Details = map[string]any{"level": "a2", "provider": "CPIA", "hours": int64(90)}
	first, err := w.Service.SaveSection(op, p.ID, p.Revision, casework.SectionInterventions, section)
	must(t, err)
	var entries int
	w.Query(t, &entries, "SELECT count(*) FROM audit_entry")
	again, err := w.Service.SaveSection(op, p.ID, p.Revision, casework.SectionInterventions, section)
	must(t, err)
	var now int
	w.Query(t, &now, "SELECT count(*) FROM audit_entry")
	if again.Project.Revision != first.Project.Revision || now != entries {
		t.Errorf("revision %d, then %d; %d entries of the audit more", first.Project.Revision, again.Project.Revision, now-entries)
	}
	section.Interventions[0].Details["hours"] = int64(91)
	if _, err := w.Service.SaveSection(op, p.ID, p.Revision, casework.SectionInterventions, section); codeOf(err) != "changed_meanwhile" {
		t.Errorf("another section: %v", err)
	}
}
