// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// terminal gives orders to the program as one user of a running demo.
type terminal struct {
	t     *testing.T
	d     *demoProcess
	dir   string
	token string // the file of it
}

func (d *demoProcess) terminal(t *testing.T, dir string, of account) terminal {
	t.Helper()
	file := filepath.Join(dir, string(of.UserID))
	if err := os.WriteFile(file, []byte(of.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return terminal{t, d, dir, file}
}

// as gives an order as it would be typed; try does so without the token's file.
func (m terminal) as(order string) (string, int) { return m.try(order + " --token-file " + m.token) }

func (m terminal) try(order string) (string, int) {
	m.t.Helper()
	cmd := exec.Command(program, strings.Split(order, " ")...)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "SATIS_SERVER="+m.d.file.URL)
	out, err := cmd.CombinedOutput()
	return string(out), exitOf(err)
}

// do gives an order that must be carried out, and be answered with some words.
func (m terminal) do(order string, says ...string) string {
	m.t.Helper()
	return m.want(exitDone, order, says...)
}

func (m terminal) want(code int, order string, says ...string) string {
	m.t.Helper()
	out, got := m.as(order)
	if got != code {
		m.t.Fatalf("satis %s: exit %d, want %d\n%s", order, got, code, out)
	}
	for _, s := range says {
		if !strings.Contains(out, s) {
			m.t.Errorf("satis %s does not say %q:\n%s", order, s, out)
		}
	}
	return out
}

// revision is the version's, as show prints it.
func (m terminal) revision(plugin, version string) int64 {
	m.t.Helper()
	var p struct{ Revision int64 }
	if err := json.Unmarshal([]byte(m.do("plugin show "+plugin+" "+version+" --json")), &p); err != nil {
		m.t.Fatal(err)
	}
	return p.Revision
}

// publish takes a version up to its approval.
func (m terminal) publish(plugin, version string) {
	m.t.Helper()
	m.do("plugin publish "+plugin+"-"+version+".satisplugin", "verified", "Agenzia")
	m.do("plugin check "+plugin+" "+version, "conformant")
	m.do(fmt.Sprintf("plugin approve %s %s --reason vista --revision %d", plugin, version, m.revision(plugin, version)), "approved")
}

// importsCourses: a catalog's feed is tried, then imported, and an operator finds its courses.
func importsCourses(m, operator terminal) {
	m.t.Helper()
	m.publish("corsi-prova", "0.1.0")
	m.want(exitUsage, "course import --catalog corsi_prova feed.csv", "catalog")
	m.do("plugin activate corsi-prova 0.1.0 --reason prova --everywhere", "everywhere")
	m.do("course import --catalog corsi_prova feed.csv --trial", "a trial", "left out: line 3")
	operator.do("course list --catalog corsi_prova", "CATALOG")
	if out := operator.do("course list --catalog corsi_prova"); strings.Contains(out, "it-a1") {
		m.t.Errorf("a trial was stored:\n%s", out)
	}
	operator.want(exitFailed, "course import --catalog corsi_prova feed.csv", "not_allowed")
	m.do("course import --catalog corsi_prova feed.csv")
	operator.do("course list --catalog corsi_prova --text italiano", "it-a1", "18/18", "Viareggio")
}

// handsOver: another agency's version of the plugin is refused until the plugin is its own.
func handsOver(m terminal) {
	m.t.Helper()
	m.do("plugin publisher add new.pub", "Agenzia Nuova")
	m.want(exitFailed, "plugin publish others.satisplugin", "belongs to Agenzia Prova", "only its own publisher", "plugin_owned_by_other")
	var to string
	for line := range strings.Lines(m.do("plugin publisher list")) {
		if strings.Contains(line, "Agenzia Nuova") {
			to = strings.Fields(line)[0]
		}
	}
	m.want(exitUsage, "plugin hand-over bonus-trasporti "+to+" --revision 1", "--reason")
	m.want(exitFailed, "plugin hand-over bonus-trasporti "+to+" --reason chiave --revision 2", "changed")
	m.want(exitUsage, "plugin hand-over bonus-trasporti 0000000000000000 --reason chiave --revision 1", "does not trust", "publisher_not_believed")
	m.want(exitFailed, "plugin hand-over rent-subsidy "+to+" --reason chiave --revision 1", "part of the installation", "plugin_of_installation")
	m.do("plugin show bonus-trasporti 0.2.0", "Agenzia Prova (", "owner revision 1")
	line, err := os.ReadFile(filepath.Join(m.dir, "new.pub"))
	if err != nil {
		m.t.Fatal(err)
	}
	m.do("plugin hand-over bonus-trasporti "+strings.Fields(string(line))[1]+" --reason chiave --revision 1", "Agenzia Nuova ("+to+")") // the key as the agency wrote it
	m.do("plugin show bonus-trasporti 0.2.0", "Agenzia Nuova ("+to+"), owner revision 2", "handed_over")
	m.want(exitFailed, "plugin publish others.satisplugin", "plugin_version_exists")
}

// programs lists the running processes of a plugin that a demo started.
func (d *demoProcess) programs(id string) (pids []int) {
	for _, pid := range family(d.cmd.Process.Pid) {
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if strings.Contains(exe, id) || bytes.Contains(line, []byte(id)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// without leaves out of a list what is in another.
func without(list, out []int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(n int) bool { return slices.Contains(out, n) })
}

// bonus asks for the plugin's subsidy for a project, and tells status, id and total.
func (d *demoProcess) bonus(of account, project string) (status int, id string, total int64) {
	var got struct {
		ID         string `json:"id"`
		TotalCents int64  `json:"total_cents"`
	}
	status = d.call(of.Token, "POST", "/subsidy-decisions", "", map[string]any{"subsidy": "bonus_trasporti", "project_id": project,
		"facts": map[string]any{"monthly_cost": 50000, "months": 2}}, &got)
	return status, got.ID, got.TotalCents
}

// named finds the account of a person.
func (d *demoProcess) named(name string) account {
	d.t.Helper()
	for _, a := range d.file.Accounts {
		if a.Name == name {
			return a
		}
	}
	d.t.Fatalf("no account of %s", name)
	return account{}
}

// project is one that an operator sees and that is still written.
func (d *demoProcess) project(of account) string {
	d.t.Helper()
	var all projects
	d.get(of.Token, "/projects?limit=100", &all)
	for _, p := range all.Items {
		if p.State == "draft" || p.State == "co_design" || p.State == "changes_requested" {
			return p.ID
		}
	}
	d.t.Fatalf("%s has no project that is still written: %+v", of.Name, all.Items)
	return ""
}

// makeBonus writes a plugin and packs it in two versions that pay otherwise, and one with a
// catalog of courses; all are signed.
func makeBonus(t *testing.T, dir string) {
	t.Helper()
	root := sourceRoot(t) // before any order changes the folder
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=readonly")
	mustOrder(t, dir, "plugin", "keygen", "--name", "Agenzia Prova", "key")
	mustOrder(t, dir, "plugin", "new", "bonus-trasporti", "--kind", "rule", "--sdk", root)
	mustOrder(t, dir, "plugin", "pack", "bonus-trasporti", "--out", "bonus-trasporti-0.1.0.satisplugin")
	rewrite(t, filepath.Join(dir, "bonus-trasporti", "main.go"), "100_00", "75_00")
	rewrite(t, filepath.Join(dir, "bonus-trasporti", "plugin.yaml"), "version: 0.1.0", "version: 0.2.0")
	mustOrder(t, dir, "plugin", "pack", "bonus-trasporti", "--out", "bonus-trasporti-0.2.0.satisplugin")
	mustOrder(t, dir, "plugin", "new", "corsi-prova", "--kind", "courses", "--sdk", root)
	mustOrder(t, dir, "plugin", "pack", "corsi-prova", "--out", "corsi-prova-0.1.0.satisplugin")
	for _, v := range []string{"bonus-trasporti-0.1.0", "bonus-trasporti-0.2.0", "corsi-prova-0.1.0"} {
		mustOrder(t, dir, "plugin", "sign", v+".satisplugin", "--key", "key")
	}
	// The very file of the first version, signed by another agency in its place.
	mustOrder(t, dir, "plugin", "keygen", "--name", "Agenzia Nuova", "new")
	file, err := os.ReadFile(filepath.Join(dir, "bonus-trasporti-0.1.0.satisplugin"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "others.satisplugin"), file, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	mustOrder(t, dir, "plugin", "sign", "others.satisplugin", "--key", "new")
	feed := "it-a1,Italiano A1,CPIA Lucca,046033,Viareggio,2099-01-11,2099-04-30,80,18\nhaccp,HACCP,Scuola Edile,047014,Pistoia,2099-02-01,2099-02-05,12,20\nbroken,line\n"
	if err := os.WriteFile(filepath.Join(dir, "feed.csv"), []byte(feed), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The whole life of an agency's plugin by orders of the command line to a running demo, with a
// restart in the middle: nobody has it before it is approved and active for him, the one
// before is back at one order, and what is suspended is gone from the machine within a second.
func TestPluginCatalogByCommand(t *testing.T) {
	dir := t.TempDir()
	makeBonus(t, dir)
	folder := demoFolder(t)
	d := startDemo(t, folder)
	mine, theirs := d.named("Sara Menconi"), d.named("Giulia Del Carlo")
	project, other := d.project(mine), d.project(theirs)
	decides := func(step string, of account, project string, status int, total int64) string {
		t.Helper()
		got, id, sum := d.bonus(of, project)
		if got != status || sum != total {
			t.Errorf("%s: %d with %d cents, want %d with %d", step, got, sum, status, total)
		}
		return id
	}

	m := d.terminal(t, dir, d.account("plugin_admin", 0))
	m.want(exitUsage, "plugin publish bonus-trasporti-0.1.0.satisplugin", "does not know", "pack_publisher")
	m.do("plugin publisher add key.pub", "Agenzia Prova")
	m.do("plugin publisher list", "Agenzia Prova")
	m.do("plugin publish bonus-trasporti-0.1.0.satisplugin", "verified")
	m.want(exitFailed, "plugin publish bonus-trasporti-0.1.0.satisplugin", "plugin_version_exists")
	m.want(exitFailed, "plugin approve bonus-trasporti 0.1.0 --reason vista --revision 1", "plugin_not_conformant")
	m.do("plugin check bonus-trasporti 0.1.0", "conformant")
	m.want(exitFailed, "plugin approve bonus-trasporti 0.1.0 --reason vista --revision 99", "changed")
	m.do(fmt.Sprintf("plugin approve bonus-trasporti 0.1.0 --reason vista --revision %d", m.revision("bonus-trasporti", "0.1.0")), "approved")
	decides("approved", mine, project, 422, 0)
	m.want(exitUsage, "plugin activate bonus-trasporti 0.1.0 --reason prova", "for whom")
	m.want(exitUsage, "plugin activate bonus-trasporti 0.1.0 --reason prova --for nessuno", "0 organisations")
	m.do("plugin activate bonus-trasporti 0.1.0 --reason prova --for cooperativa", "approved")
	m.do("plugin show bonus-trasporti 0.1.0", "used by Cooperativa sociale Il Gozzo Verde  0.1.0", "asks for monthly_cost", "activated")
	first := decides("active", mine, project, 201, 20000)
	decides("not active", theirs, other, 422, 0)
	decides("another's project", theirs, project, 404, 0)
	operator := d.terminal(t, dir, mine)
	operator.want(exitFailed, "plugin list", "not_allowed")
	operator.do("plugin replay "+first, "same", "bonus-trasporti 0.1.0")
	d.terminal(t, dir, theirs).want(exitUsage, "plugin replay "+first, "not_found")

	// A restart in the middle keeps all of it.
	if code := d.terminate(); code != exitDone {
		t.Fatalf("exit %d: %s", code, d.errs)
	}
	d = startDemo(t, folder)
	m, operator = d.terminal(t, dir, d.account("plugin_admin", 0)), d.terminal(t, dir, mine)
	m.do("plugin list", "bonus-trasporti", "rent-subsidy")
	decides("after the restart", mine, project, 201, 20000)
	decides("not active, after the restart", theirs, other, 422, 0)

	older := d.programs("bonus-trasporti")
	importsCourses(m, operator)
	m.publish("bonus-trasporti", "0.2.0")
	if out := m.do("plugin shadow bonus-trasporti 0.2.0", "decisions asked again"); !regexp.MustCompile(fmt.Sprintf(`revision +%d\n`, m.revision("bonus-trasporti", "0.2.0"))).MatchString(out) {
		t.Errorf("shadow does not tell the revision it left behind:\n%s", out)
	}
	m.do("plugin activate bonus-trasporti 0.2.0 --reason nuova --for cooperativa")
	decides("upgraded", mine, project, 201, 15000)
	newer := without(d.programs("bonus-trasporti"), older)
	m.do("plugin activate bonus-trasporti 0.1.0 --reason indietro --for cooperativa")
	decides("rolled back", mine, project, 201, 20000)

	running := without(d.programs("bonus-trasporti"), newer)
	if len(running) == 0 || len(newer) == 0 {
		t.Fatalf("processes of the first version %v, of the second %v", running, newer)
	}
	m.do("plugin suspend bonus-trasporti 0.1.0 --reason dubbio", "suspended")
	done := time.Now()
	for len(without(d.programs("bonus-trasporti"), newer)) > 0 && time.Since(done) < 5*time.Second {
		time.Sleep(5 * time.Millisecond)
	}
	if took := time.Since(done); took > time.Second {
		t.Errorf("%d processes were gone %v after the order was answered", len(running), took)
	} else if left := d.programs("bonus-trasporti"); len(left) == 0 {
		t.Error("the other version's processes are gone too")
	} else {
		t.Logf("%d processes were gone %v after the order was answered", len(running), took.Round(time.Millisecond))
	}
	decides("suspended", mine, project, 503, 0)
	m.do("plugin resume bonus-trasporti 0.1.0 --reason chiarito", "approved")
	decides("resumed", mine, project, 201, 20000)
	m.want(exitFailed, "plugin deactivate bonus-trasporti 0.2.0 --reason prova --for cooperativa", "uses version 0.1.0", "deactivate 0.1.0", "plugin_other_active")
	decides("another version was deactivated", mine, project, 201, 20000)
	m.do("plugin deactivate bonus-trasporti 0.1.0 --reason prova --for cooperativa")
	decides("deactivated", mine, project, 422, 0)
	m.do("plugin revoke bonus-trasporti 0.1.0 --reason basta", "revoked")
	m.want(exitFailed, "plugin activate bonus-trasporti 0.1.0 --reason no --everywhere", "revoked for good", "plugin_version_revoked")
	m.want(exitFailed, "plugin shadow bonus-trasporti 0.1.0", "revoked for good")
	operator.do("plugin replay "+first, "same", "bonus-trasporti 0.1.0")
	handsOver(m)
	m.do("plugin publisher remove " + strings.Fields(strings.Split(m.do("plugin publisher list"), "\n")[1])[0])

	// Nobody signs in without a token, and the command line never holds one.
	if out, code := m.try("plugin list"); code != exitUsage || !strings.Contains(out, "a token is needed") {
		t.Errorf("exit %d: %s", code, out)
	}
}
