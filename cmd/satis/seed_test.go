// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/credential"
	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/service"
)

// seeded fills a database with the demo network; plugins may be missing.
func seeded(t *testing.T, pluginDir string) (dbtest.Env, *seeding, []account) {
	t.Helper()
	e := dbtest.New(t)
	master, err := seal.CreateMaster(filepath.Join(t.TempDir(), masterName))
	if err != nil {
		t.Fatal(err)
	}
	plugins, err := pluginhost.New(pluginhost.Config{Dir: pluginDir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plugins.Close)
	s := &seeding{db: e.DB, master: master, plugins: plugins, log: slog.New(slog.DiscardHandler)}
	start := time.Now()
	list, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seeded in %s", time.Since(start).Round(time.Millisecond))
	return e, s, list
}

// The demo shows every state, every intervention, a version 2 that differs, a subsidy
// decision and people from many countries, all of it in the past.
func TestSeeding(t *testing.T) {
	e, s, accounts := seeded(t, filepath.Join(filepath.Dir(program), "plugins"))
	for _, st := range casework.States() {
		var n int
		if e.Query(t, &n, `SELECT count(*) FROM project WHERE state = $1`, string(st)); n == 0 {
			t.Errorf("no project is %s", st)
		}
	}
	for _, typ := range casework.BuiltIn() {
		var n int
		e.Query(t, &n, `SELECT count(*) FROM project_version v, jsonb_array_elements(v.plan -> 'interventions') i WHERE i ->> 'type' = $1`, typ.Code)
		if n == 0 {
			t.Errorf("no plan has %s", typ.Code)
		}
	}
	for what, query := range map[string]string{
		"persons":                      `SELECT count(*) >= 14 FROM person`,
		"citizenships":                 `SELECT count(DISTINCT citizenship) >= 12 FROM person`,
		"municipalities":               `SELECT count(DISTINCT municipality) >= 8 FROM person`,
		"a refused consent":            `SELECT count(*) > 0 FROM consent WHERE NOT given`,
		"rent decided by the plugin":   `SELECT count(*) >= 2 FROM subsidy_decision WHERE eligible AND monthly_cents > 0`,
		"live rent":                    `SELECT count(*) > 0 FROM intervention WHERE type = 'housing' AND details ->> 'monthly_support' IS NOT NULL`,
		"a submission with a reason":   `SELECT count(*) > 0 FROM project_version WHERE override_reason <> '' AND findings <> '[]'`,
		"a plan of the service's hand": `SELECT count(*) > 0 FROM plan_revision r JOIN tenant t ON t.id = r.author_tenant_id WHERE t.kind = 'social_services'`,
		"nothing in the future":        `SELECT count(*) = 0 FROM audit_entry WHERE at > now()`,
		"months of history":            `SELECT min(at) < now() - interval '60 days' FROM transition`,
		"the audit in order":           `SELECT NOT EXISTS (SELECT 1 FROM audit_entry a JOIN audit_entry b ON b.tenant_id = a.tenant_id AND b.seq = a.seq + 1 WHERE b.at < a.at)`,
	} {
		var holds bool
		if e.Query(t, &holds, query); !holds {
			t.Errorf("missing: %s", what)
		}
	}
	var second string
	e.Query(t, &second, `SELECT project_id FROM project_version WHERE version = 2 LIMIT 1`)
	changes, err := s.door.Diff(s.as(t.Context(), "Elena Bartolini"), casework.ProjectID(second), 1, 2)
	if err != nil || len(changes) < 4 {
		t.Errorf("from version 1 to 2: %d changes, %v", len(changes), err)
	}
	reports, err := s.door.Host().VerifyAudit(t.Context())
	for _, r := range reports {
		if r.Broken != nil || r.Entries == 0 {
			t.Errorf("audit of %s: %d entries, %v", r.Tenant.Name, r.Entries, r.Broken)
		}
	}
	if err != nil {
		t.Error(err)
	}
	signIn(t, s.door, accounts)
}

// signIn: the passwords that are printed open the door.
func signIn(t *testing.T, door *service.Service, accounts []account) {
	t.Helper()
	two := 0
	for _, a := range accounts[:12] {
		who, err := door.SignIn(t.Context(), a.Email, a.Password)
		if err != nil || who.User != a.UserID {
			t.Errorf("sign in as %v: %v", a.Roles, err)
		}
		if i := slices.IndexFunc(accounts, func(b account) bool { return b.UserID == a.UserID }); accounts[i].TenantID != a.TenantID {
			two++
		}
	}
	if two != 1 {
		t.Errorf("%d users belong to a second organisation, want 1", two)
	}
}

// Without plugins the demo goes on, without rent.
func TestSeeding_withoutPlugins(t *testing.T) {
	e, _, _ := seeded(t, "")
	var decisions, active int
	e.Query(t, &decisions, `SELECT count(*) FROM subsidy_decision`)
	if e.Query(t, &active, `SELECT count(*) FROM project WHERE state = 'active'`); decisions != 0 || active != 2 {
		t.Errorf("%d decisions, %d active projects", decisions, active)
	}
}

// Told to end, it ends in the middle; a start that finds half a network begins anew.
func TestSeeding_interrupted(t *testing.T) {
	e := dbtest.New(t)
	master, err := seal.CreateMaster(filepath.Join(t.TempDir(), masterName))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &seeding{db: e.DB, master: master, log: slog.New(slog.DiscardHandler)}
	if _, err := s.run(ctx); !errors.Is(err, context.Canceled) && err == nil {
		t.Errorf("it went on: %v", err)
	}
	dir := demoFolder(t)
	d := startDemo(t, dir)
	first := d.file.Accounts[0]
	d.kill()
	if err := os.Remove(demoDir(dir).file("seeded")); err != nil {
		t.Fatal(err)
	}
	d = startDemo(t, dir)
	if a := d.file.Accounts[0]; a.UserID == first.UserID || a.Token == first.Token {
		t.Error("the half-made network was kept")
	}
	if s := d.get(d.account("operator", 0).Token, "/me", nil); s != 200 {
		t.Errorf("/me: %d", s)
	}
	d.losePostgres()
}

// losePostgres: a demo whose database has died says so and ends.
func (d *demoProcess) losePostgres() {
	d.t.Helper()
	note, err := os.ReadFile(filepath.Join(d.dir, "pg", "data", "postmaster.pid"))
	if err != nil {
		d.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Fields(string(note))[0])
	if err != nil {
		d.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		d.t.Fatal(err)
	}
	d.await()
	if code := d.cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(d.errs.String(), "PostgreSQL has ended") {
		d.t.Errorf("exit code %d: %s", code, d.errs)
	}
}

func TestNewPassword(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		p := newPassword()
		if seen[p] || credential.CheckStrength(p) != "" || strings.Count(p, "-") != 3 {
			t.Fatalf("%q", p)
		}
		seen[p] = true
	}
}
