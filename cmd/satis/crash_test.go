// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/privatepg"
	"github.com/satis-toscana/satis/core/sample"
)

// promise is a transition that the server acknowledged.
type promise struct {
	project, event, state string
	revision              int64
}

// crowd drives projects from the first draft to the end, until the server is gone.
type crowd struct {
	*demoProcess
	services string

	mu   sync.Mutex
	kept []promise
	// unsure are the projects whose last request got no answer: it may hold or not.
	unsure int
}

func (c *crowd) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kept)
}

// drive takes one project along the whole way; false when the server is gone.
func (c *crowd) drive(worker, n int) bool {
	// Two entities take turns, so that chains of several organisations grow at once.
	operator, manager := c.account("operator", 0), c.account("entity_manager", 0)
	if worker%2 == 1 {
		operator, manager = c.account("operator", 3), c.account("entity_manager", 1)
	}
	id := c.begin(operator.Token, worker, n)
	if id == "" {
		return false
	}
	scores := map[string]int{}
	for _, k := range casework.DefaultParameters().Criteria {
		scores[k.Code] = k.Max
	}
	worksFor := func(role string) string { return c.account(role, 0).Token }
	for _, st := range []struct {
		token, event string
		data         any
	}{
		{operator.Token, "share_for_co_design", nil}, {manager.Token, "sign", nil}, {worksFor("social_worker"), "sign", nil},
		{operator.Token, "record_adhesion", nil}, {manager.Token, "submit", nil}, {worksFor("evaluator"), "start_evaluation", nil},
		{worksFor("evaluator"), "recommend", map[string]any{"opinion": "Favorevole.", "scores": scores}},
		{worksFor("approver"), "approve", nil}, {operator.Token, "start", nil},
	} {
		if !c.step(st.token, id, st.event, st.data) {
			return false
		}
	}
	return true
}

// begin registers a person and writes the plan of a new project.
func (c *crowd) begin(token string, worker, n int) string {
	var person, project struct {
		ID       string `json:"id"`
		Revision int64  `json:"revision"`
	}
	register := map[string]any{"citizenship": "NGA", "municipality": "Viareggio", "despite_duplicates": true,
		"identity": map[string]any{"given_name": fmt.Sprintf("Prova%c", 'a'+worker), "family_name": "Crash" + words(n), "birth_date": "1990-01-01"}}
	if s := c.call(token, http.MethodPost, "/persons", "", register, &person); s != http.StatusCreated {
		return c.gone("register a person", s)
	}
	body := map[string]any{"person_id": person.ID, "social_services_id": c.services}
	if s := c.call(token, http.MethodPost, "/projects", "", body, &project); s != http.StatusCreated {
		return c.gone("create a project", s)
	}
	match := fmt.Sprintf(`"%d"`, project.Revision)
	if s := c.call(token, http.MethodPut, "/projects/"+project.ID+"/plan", match, sample.Plan(), nil); s != http.StatusOK {
		return c.gone("save the plan", s)
	}
	return project.ID
}

// gone complains about an answer that a server being killed does not give.
func (c *crowd) gone(what string, status int) string {
	if status != 0 && status != http.StatusServiceUnavailable && status != http.StatusInternalServerError {
		c.t.Errorf("%s: %d", what, status)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsure++
	return ""
}

// words spells a number, so that no two names are alike.
func words(n int) string {
	out := ""
	for _, d := range fmt.Sprint(n) {
		out += string('a' + d - '0')
	}
	return out
}

// step does one transition and keeps what was promised.
func (c *crowd) step(token, id, event string, data any) bool {
	var p struct {
		State    string `json:"state"`
		Revision int64  `json:"revision"`
	}
	body := map[string]any{"event": event}
	if data != nil {
		body["data"] = data
	}
	s := c.call(token, http.MethodPost, "/projects/"+id+"/transitions", "", body, &p)
	if s != http.StatusOK {
		c.gone(event, s)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = append(c.kept, promise{id, event, p.State, p.Revision})
	return true
}

// runUntil lets the crowd work and calls crash after so many promises.
func (c *crowd) runUntil(workers, promises int, crash func()) {
	var wg sync.WaitGroup
	first := rand.IntN(1 << 20)
	for w := range workers {
		wg.Go(func() {
			for n := first; c.drive(w, n); n++ {
			}
		})
	}
	until(c.t, 30*time.Second, "the crowd to do its work", func() bool { return c.count() >= promises })
	crash()
	wg.Wait()
}

// The server is killed in the middle of its work, then the server together with
// PostgreSQL. Whatever was acknowledged is there after the restart, nothing is half done,
// and every chain of the audit holds.
func TestCrash(t *testing.T) {
	dir := demoFolder(t)
	var kept []promise
	for _, all := range []bool{false, true} {
		d := startDemo(t, dir)
		c := &crowd{demoProcess: d, services: string(d.account("social_worker", 0).TenantID)}
		c.runUntil(6, 120, func() {
			family := family(d.cmd.Process.Pid)
			if all { // PostgreSQL first: it must not get to tidy up
				for _, pid := range family {
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			d.kill()
			mustEnd(t, family)
		})
		if c.unsure == 0 {
			t.Error("nobody was interrupted")
		}
		kept = append(kept, c.kept...)
		t.Logf("PostgreSQL killed too: %v; %d transitions acknowledged, %d requests cut off", all, len(c.kept), c.unsure)
	}
	d := startDemo(t, dir)
	c := &crowd{demoProcess: d, services: string(d.account("social_worker", 0).TenantID)}
	if !c.drive(0, 1<<21) {
		t.Error("after the restart the work does not go on")
	}
	d.checkHistory(kept)
	d.verifyAudit()
	if code := d.terminate(); code != exitDone {
		t.Errorf("exit code %d: %s", code, d.errs)
	}
	checkStored(t, dir, append(kept, c.kept...))
}

// checkHistory asks some of the projects over the API what happened to them.
func (d *demoProcess) checkHistory(kept []promise) {
	d.t.Helper()
	token := d.account("social_worker", 0).Token
	for _, p := range kept[max(0, len(kept)-40):] {
		var history struct {
			Items []casework.Step `json:"items"`
		}
		if s := d.get(token, "/projects/"+p.project+"/transitions", &history); s != http.StatusOK {
			d.t.Errorf("history: %d", s)
			continue
		}
		if !slices.ContainsFunc(history.Items, func(st casework.Step) bool { return string(st.Event) == p.event }) {
			d.t.Errorf("%s was acknowledged and is gone", p.event)
		}
	}
}

func (d *demoProcess) verifyAudit() {
	d.t.Helper()
	out, err := exec.Command(program, "audit", "verify", "--database-url", d.file.DatabaseURL,
		"--database-secret-file", filepath.Join(d.dir, secretName), "--master-key-file", filepath.Join(d.dir, masterName)).CombinedOutput()
	if err != nil {
		d.t.Errorf("audit verify: %v\n%s", err, out)
	}
}

// wholeness are questions whose answer must be nothing: each finds projects half done.
var wholeness = map[string]string{
	"the state is not where the last transition led": `
		SELECT p.id FROM project p JOIN LATERAL (SELECT to_state FROM transition t
			WHERE t.tenant_id = p.tenant_id AND t.project_id = p.id ORDER BY seq DESC LIMIT 1) last ON true
		WHERE last.to_state <> p.state`,
	"a transition does not follow the one before": `
		SELECT id FROM (SELECT project_id AS id, from_state, lag(to_state, 1, '') OVER (PARTITION BY tenant_id, project_id ORDER BY seq) AS was FROM transition) x
		WHERE from_state <> was`,
	"the revision is not that of the last save or transition": `
		SELECT p.id FROM project p WHERE p.revision <> greatest(
			(SELECT max(seq) FROM transition t WHERE t.tenant_id = p.tenant_id AND t.project_id = p.id),
			(SELECT max(revision) FROM plan_revision r WHERE r.tenant_id = p.tenant_id AND r.project_id = p.id))`,
	"the content hash is not that of the plan as last saved": `
		SELECT p.id FROM project p WHERE p.content_hash <> (SELECT content_hash FROM plan_revision r
			WHERE r.tenant_id = p.tenant_id AND r.project_id = p.id ORDER BY revision DESC LIMIT 1)`,
	"a version is sealed in a state before, or not sealed in one after": `
		SELECT p.id FROM project p LEFT JOIN project_version v ON v.tenant_id = p.tenant_id AND v.project_id = p.id AND v.version = p.version
		WHERE p.state <> 'withdrawn' AND (v.project_id IS NOT NULL) <> (p.state NOT IN ('draft', 'co_design'))`,
	"a sealed version lacks one of its three signatures": `
		SELECT v.project_id FROM project_version v WHERE 3 <> (SELECT count(DISTINCT side) FROM signature s
			WHERE s.tenant_id = v.tenant_id AND s.project_id = v.project_id AND s.version = v.version AND s.voided_at IS NULL AND s.content_hash = v.content_hash)`,
	"evaluated without an evaluation": `
		SELECT p.id FROM project p WHERE p.state IN ('evaluated', 'approved', 'rejected', 'active') AND NOT EXISTS (
			SELECT 1 FROM evaluation e WHERE e.tenant_id = p.tenant_id AND e.project_id = p.id AND e.version = p.version)`,
	"approved without an approval, or the other way round": `
		SELECT p.id FROM project p WHERE p.state <> 'withdrawn' AND (p.state IN ('approved', 'active')) <> EXISTS (
			SELECT 1 FROM approval a WHERE a.tenant_id = p.tenant_id AND a.project_id = p.id AND a.version = p.version AND a.content_hash = p.content_hash)`,
	"active without its interventions": `
		SELECT p.id FROM project p WHERE p.state = 'active' AND (SELECT count(*) FROM intervention i WHERE i.tenant_id = p.tenant_id AND i.project_id = p.id)
			<> (SELECT jsonb_array_length(v.plan -> 'interventions') FROM project_version v WHERE v.tenant_id = p.tenant_id AND v.project_id = p.id AND v.version = p.version)`,
	"a transition without its entry in the audit": `
		SELECT t.project_id FROM transition t WHERE t.event <> 'seal' AND NOT EXISTS (
			SELECT 1 FROM audit_entry e WHERE e.tenant_id = t.actor_tenant_id AND e.object_id = t.project_id::text AND e.action = t.event)`,
	"a person without an identity": `SELECT id FROM person p WHERE NOT EXISTS (
			SELECT 1 FROM person_identity i WHERE i.tenant_id = p.tenant_id AND i.person_id = p.id)`,
}

// checkStored looks into the database itself, as its superuser.
func checkStored(t *testing.T, dir string, kept []promise) {
	t.Helper()
	pg, err := privatepg.Start(t.Context(), privatepg.Config{Dir: filepath.Join(dir, "pg")})
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Stop()
	db, err := sql.Open("postgres", pg.AdminURL(demoDatabase)+"&search_path=satis")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for what, query := range wholeness {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM (" + query + ") bad").Scan(&n); err != nil {
			t.Errorf("%s: %v", what, err)
		} else if n > 0 {
			t.Errorf("%d projects: %s", n, what)
		}
	}
	for _, p := range kept {
		var found, further bool
		// The third signature answers with the revision after the seal.
		err := db.QueryRow(`SELECT EXISTS (SELECT 1 FROM transition WHERE project_id = $1 AND event = $2 AND seq <= $3),
			EXISTS (SELECT 1 FROM project WHERE id = $1 AND revision >= $3)`, p.project, p.event, p.revision).Scan(&found, &further)
		if err != nil || !found || !further {
			t.Errorf("%s to %s at revision %d was acknowledged: found %v, revision reached %v, %v", p.event, p.state, p.revision, found, further, err)
		}
	}
}
