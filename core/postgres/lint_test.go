// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/postgres"
)

// The wall as migrated has no hole.
func TestLint(t *testing.T) {
	list, err := postgres.Lint(t.Context(), dbtest.New(t).AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		t.Error(o)
	}
}

// Each hole that is broken into the wall is found, by the rule it breaks and by name. All
// are broken into one database, but for those whose harm would show as another's too.
func TestLintFindsHoles(t *testing.T) {
	together := dbtest.New(t)
	var checks []func([]postgres.Offence)
	for name, tc := range map[string]struct {
		hole, rule, object string
	}{
		"disable":        {"ALTER TABLE person DISABLE ROW LEVEL SECURITY", "row security", "person"},
		"no force":       {"ALTER TABLE project NO FORCE ROW LEVEL SECURITY", "row security", "project"},
		"new table":      {"CREATE TABLE satis.note (tenant_id uuid PRIMARY KEY, text text)", "row security", "note"},
		"lost policy":    {"DROP POLICY project_entity ON project", "a policy for each role", "satis_entity on project"},
		"public policy":  {"CREATE POLICY open ON project USING (true)", "no policy for everyone", "open on project"},
		"open policy":    {"CREATE POLICY open ON consent TO satis_entity USING (true)", "policies bind", "open on consent"},
		"open check":     {"CREATE POLICY ajar ON consent FOR INSERT TO satis_entity WITH CHECK (true)", "policies bind", "ajar on consent"},
		"silent setting": {"CREATE POLICY quiet ON consent TO satis_entity USING (tenant_id = current_setting('satis.tenant', true)::uuid)", "loud settings", "quiet on consent"},
		"index":          {"CREATE INDEX by_code ON person (code)", "tenant first", "by_code on person"},
		"global unique":  {"ALTER TABLE person ADD CONSTRAINT code_once UNIQUE (code)", "tenant first", "code_once on person"},
		"foreign key":    {"ALTER TABLE person ADD UNIQUE (id); ALTER TABLE consent ADD CONSTRAINT short FOREIGN KEY (person_id) REFERENCES person (id)", "tenant in foreign keys", "short on consent"},
		"enum":           {"CREATE TYPE satis.mood AS ENUM ('good')", "no enum", "mood"},
		"numeric":        {"ALTER TABLE project ADD COLUMN rate numeric", "money is bigint", "project.rate"},
		"integer cents":  {"ALTER TABLE project ADD COLUMN x_cents integer", "money is bigint", "project.x_cents"},
		"expression":     {"CREATE INDEX low ON person (tenant_id, lower(code))", "no computed index", "low"},
		"view":           {"CREATE VIEW satis.everyone AS SELECT * FROM person", "views of the invoker", "everyone"},
		"definer":        {"CREATE FUNCTION satis.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM person'", "pinned search path", "peek"},
		"public call":    {"GRANT EXECUTE ON FUNCTION audit_append TO PUBLIC", "functions are granted", "audit_append"},
		"owner":          {"GRANT CREATE ON SCHEMA satis TO satis_entity; ALTER TABLE consent OWNER TO satis_entity", "roles own nothing", "satis_entity owns consent"},
		"create":         {"GRANT CREATE ON SCHEMA satis TO satis_entity", "nothing is made", "satis_entity may create in satis"},
		"stranger":       {"GRANT SELECT ON project TO PUBLIC", "no rights for strangers", "project to PUBLIC"},
		"stranger too":   {"GRANT SELECT (code) ON project TO PUBLIC", "no rights for strangers", "project.code to PUBLIC"},
		"truncate":       {"GRANT TRUNCATE ON project TO satis_entity", "rows only", "satis_entity may TRUNCATE project"},
		"delete":         {"GRANT DELETE ON project TO satis_entity", "nothing is deleted", "satis_entity may delete from project"},
		"forge":          {"GRANT UPDATE ON audit_entry TO satis_system", "the past stays", "satis_system may update audit_entry"},
		"insert audit":   {"GRANT INSERT ON audit_entry TO satis_entity", "the past stays", "satis_entity may insert audit_entry"},
		"rewrite":        {"GRANT UPDATE (plan) ON plan_revision TO satis_entity", "the past stays", "satis_entity may update plan_revision"},
		"unseal":         {"GRANT UPDATE (plan) ON project_version TO satis_entity", "the past stays", "satis_entity may update project_version.plan"},
		"give away":      {"GRANT UPDATE (tenant_id) ON project TO satis_entity", "the past stays", "satis_entity may update project.tenant_id"},
		"lead identity":  {"GRANT SELECT ON person_identity TO satis_lead", "the lead knows no person", "satis_lead may select person_identity"},
		"lead one word":  {"GRANT SELECT (citizenship) ON person TO satis_lead", "the lead knows no person", "satis_lead may select person"},
		"lead draft":     {"GRANT SELECT (content_hash) ON project TO satis_lead", "the lead knows no person", "satis_lead may read project.content_hash"},
		"service search": {"GRANT SELECT ON identity_token TO satis_services", "services write no identity", "satis_services may select identity_token"},
		"system case":    {"GRANT SELECT (code) ON project TO satis_system", "the system knows no case", "satis_system may select project"},
		"passwords":      {"GRANT SELECT ON app_user TO satis_entity", "secrets are the system's", "satis_entity may read app_user.password_hash"},
		"keys":           {"GRANT SELECT ON tenant_key TO satis_entity", "secrets are the system's", "satis_entity may select tenant_key"},
	} {
		if slices.Contains([]string{"owner", "stranger", "stranger too"}, name) {
			alone := dbtest.New(t)
			alone.Admin(t, tc.hole)
			expect(t, alone, tc.hole, tc.rule, tc.object)
			continue
		}
		together.Admin(t, tc.hole)
		checks = append(checks, func(list []postgres.Offence) { find(t, list, tc.hole, tc.rule, tc.object) })
	}
	list, err := postgres.Lint(t.Context(), together.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range checks {
		check(list)
	}
}

func expect(t *testing.T, e dbtest.Env, hole, rule, object string) {
	t.Helper()
	list, err := postgres.Lint(t.Context(), e.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	find(t, list, hole, rule, object)
}

func find(t *testing.T, list []postgres.Offence, hole, rule, object string) {
	t.Helper()
	if !slices.ContainsFunc(list, func(o postgres.Offence) bool { return o.Rule == rule && o.Object == object }) {
		t.Errorf("%s is not found, but %v", hole, list)
	}
}

// What a role can do holds for the whole cluster: these run alone, and each is undone.
// Besides Lint, the program itself refuses to start on such a role.
func TestDangerousRoles(t *testing.T) {
	e := dbtest.New(t)
	for _, tc := range []struct{ do, undo, rule string }{
		{"ALTER ROLE satis_entity BYPASSRLS", "ALTER ROLE satis_entity NOBYPASSRLS", "harmless roles"},
		{"ALTER ROLE satis_lead SUPERUSER", "ALTER ROLE satis_lead NOSUPERUSER", "harmless roles"},
		{"ALTER ROLE satis_system CREATEROLE", "ALTER ROLE satis_system NOCREATEROLE", "harmless roles"},
		{"GRANT satis_owner TO satis_entity", "REVOKE satis_owner FROM satis_entity", "roles are nobody else"},
	} {
		func() {
			defer e.Admin(t, tc.undo)
			e.Admin(t, tc.do)
			list, err := postgres.Lint(t.Context(), e.AdminURL)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(list, func(o postgres.Offence) bool { return o.Rule == tc.rule }) {
				t.Errorf("%s is not found, but %v", tc.do, list)
			}
			db, err := postgres.Open(context.Background(), postgres.Config{URL: e.URL, Secret: e.Secret})
			if err == nil {
				db.Close()
				t.Errorf("the database opens after %s", tc.do)
			}
		}()
	}
	if db, err := postgres.Open(t.Context(), postgres.Config{URL: e.URL, Secret: e.Secret}); err != nil {
		t.Error("afterwards:", err)
	} else {
		db.Close()
	}
}
