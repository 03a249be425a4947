// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// Breach is a hole to break into the wall on purpose, and what Lint must say of it: a check
// that never fails is none.
type Breach struct {
	// Statement breaks the hole; Rule is the rule it breaks, Object the offender to be named.
	Statement, Rule, Object string
}

// Breaches lists the holes: at least one for each rule.
func Breaches() []Breach { return slices.Clone(breaches) }

// MissedBreaches breaks each hole into the database of adminURL, alone and in a transaction
// that is never committed, and gives back those that Lint does not find by rule and by name.
// Nobody else sees any of them, neither there nor, where it is a role's, in the cluster.
func MissedBreaches(ctx context.Context, adminURL string) (missed []Breach, err error) {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := lintViews(ctx, db); err != nil {
		return nil, err
	}
	for _, b := range breaches {
		i := slices.IndexFunc(lintRules, func(r lintRule) bool { return r.name == b.Rule })
		if i < 0 {
			return nil, fmt.Errorf("postgres: no rule %q", b.Rule)
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return nil, fmt.Errorf("postgres: break a hole: %w", err)
		}
		var found []string
		if _, err = tx.ExecContext(ctx, b.Statement); err == nil {
			found, err = offenders(ctx, tx, lintRules[i].query)
		}
		if rerr := tx.Rollback(); err == nil {
			err = rerr
		}
		if err != nil {
			return nil, fmt.Errorf("postgres: %s: %w", b.Statement, err)
		}
		if !slices.Contains(found, b.Object) {
			missed = append(missed, b)
		}
	}
	return missed, nil
}

var breaches = []Breach{
	{"ALTER TABLE person DISABLE ROW LEVEL SECURITY", "row security", "person"},
	{"ALTER TABLE project NO FORCE ROW LEVEL SECURITY", "row security", "project"},
	{"CREATE TABLE satis.note (tenant_id uuid PRIMARY KEY, text text)", "row security", "note"},
	{"DROP POLICY project_entity ON project", "a policy for each role", "satis_entity on project"},
	{"CREATE POLICY open ON project USING (true)", "no policy for everyone", "open on project"},
	{"CREATE POLICY open ON consent TO satis_entity USING (true)", "policies bind", "open on consent"},
	{"CREATE POLICY ajar ON consent FOR INSERT TO satis_entity WITH CHECK (true)", "policies bind", "ajar on consent"},
	{"CREATE POLICY quiet ON consent TO satis_entity USING (tenant_id = current_setting('satis.tenant', true)::uuid)", "loud settings", "quiet on consent"},
	{"CREATE INDEX by_code ON person (code)", "tenant first", "by_code on person"},
	{"ALTER TABLE person ADD CONSTRAINT code_once UNIQUE (code)", "tenant first", "code_once on person"},
	{"ALTER TABLE person ADD UNIQUE (id); ALTER TABLE consent ADD CONSTRAINT short FOREIGN KEY (person_id) REFERENCES person (id)", "tenant in foreign keys", "short on consent"},
	{"CREATE TYPE satis.mood AS ENUM ('good')", "no enum", "mood"},
	{"ALTER TABLE project ADD COLUMN rate numeric", "money is bigint", "project.rate"},
	{"ALTER TABLE project ADD COLUMN x_cents integer", "money is bigint", "project.x_cents"},
	{"CREATE INDEX low ON person (tenant_id, lower(code))", "no computed index", "low"},
	{"CREATE VIEW satis.everyone AS SELECT * FROM person", "views of the invoker", "everyone"},
	{"CREATE FUNCTION satis.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM person'", "pinned search path", "peek"},
	{"GRANT EXECUTE ON FUNCTION audit_append TO PUBLIC", "functions are granted", "audit_append"},
	{"GRANT CREATE ON SCHEMA satis TO satis_entity; ALTER TABLE consent OWNER TO satis_entity", "roles own nothing", "satis_entity owns consent"},
	{"GRANT CREATE ON SCHEMA satis TO satis_entity", "nothing is made", "satis_entity may create in satis"},
	{"GRANT SELECT ON project TO PUBLIC", "no rights for strangers", "project to PUBLIC"},
	{"GRANT SELECT (code) ON project TO PUBLIC", "no rights for strangers", "project.code to PUBLIC"},
	{"GRANT TRUNCATE ON project TO satis_entity", "rows only", "satis_entity may TRUNCATE project"},
	{"GRANT DELETE ON project TO satis_entity", "nothing is deleted", "satis_entity may delete from project"},
	{"GRANT UPDATE ON audit_entry TO satis_system", "the past stays", "satis_system may update audit_entry"},
	{"GRANT INSERT ON audit_entry TO satis_entity", "the past stays", "satis_entity may insert audit_entry"},
	{"GRANT UPDATE (plan) ON plan_revision TO satis_entity", "the past stays", "satis_entity may update plan_revision"},
	{"GRANT UPDATE (plan) ON project_version TO satis_entity", "the past stays", "satis_entity may update project_version.plan"},
	{"GRANT UPDATE (tenant_id) ON project TO satis_entity", "the past stays", "satis_entity may update project.tenant_id"},
	{"GRANT SELECT ON person_identity TO satis_lead", "the lead knows no person", "satis_lead may select person_identity"},
	{"GRANT SELECT (citizenship) ON person TO satis_lead", "the lead knows no person", "satis_lead may select person"},
	{"GRANT SELECT (content_hash) ON project TO satis_lead", "the lead knows no person", "satis_lead may read project.content_hash"},
	{"GRANT SELECT ON identity_token TO satis_services", "services write no identity", "satis_services may select identity_token"},
	{"GRANT SELECT (code) ON project TO satis_system", "the system knows no case", "satis_system may select project"},
	{"GRANT SELECT ON app_user TO satis_entity", "secrets are the system's", "satis_entity may read app_user.password_hash"},
	{"GRANT SELECT ON tenant_key TO satis_entity", "secrets are the system's", "satis_entity may select tenant_key"},
	{"CREATE POLICY kinds ON consent TO satis_entity USING (tenant_id = current_setting('satis.tenant')::uuid OR current_user = 'x')", "one role a policy", "kinds on consent"},
	{"ALTER TABLE consent OWNER TO CURRENT_USER", "one owner", "consent"},
	{"ALTER ROLE satis_entity BYPASSRLS", "harmless roles", "satis_entity"},
	{"ALTER ROLE satis_lead SUPERUSER", "harmless roles", "satis_lead"},
	{"ALTER ROLE satis_system CREATEROLE", "harmless roles", "satis_system"},
	{"ALTER ROLE satis_owner LOGIN", "harmless roles", "satis_owner"},
	{"CREATE ROLE satis_statistics LOGIN BYPASSRLS", "harmless roles", "satis_statistics"},
	{"CREATE ROLE satis_statistics LOGIN; GRANT pg_read_all_data TO satis_statistics", "roles are nobody else", "satis_statistics is a member of pg_read_all_data"},
	{"CREATE ROLE satis_statistics LOGIN; GRANT SELECT ON project TO satis_statistics", "no rights for strangers", "project to satis_statistics"},
	// Whatever a role that is added later is called.
	{"CREATE ROLE statistics LOGIN; GRANT SELECT (code) ON project TO statistics", "no rights for strangers", "project.code to statistics"},
	{"CREATE ROLE statistics LOGIN; GRANT EXECUTE ON FUNCTION publish_policy TO statistics", "functions are granted", "publish_policy"},
	{"GRANT satis_owner TO satis_entity", "roles are nobody else", "satis_entity is a member of satis_owner"},
}

// ScratchPrefix begins the name of every database that may be broken for good.
const ScratchPrefix = "satis_verify_"

// TearDownWall switches row-level security off in a scratch database: what reads rows must
// then see other organisations'. It refuses any other database, whatever name it is given.
func TearDownWall(ctx context.Context, adminURL, name string) error {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return err
	}
	defer db.Close()
	var at string
	if err := db.QueryRowContext(ctx, "SELECT current_database()").Scan(&at); err != nil {
		return fmt.Errorf("postgres: ask for the database's name: %w", err)
	}
	if at != name || !strings.HasPrefix(at, ScratchPrefix) {
		return fmt.Errorf("postgres: %s is no scratch database", at)
	}
	if err := lintViews(ctx, db); err != nil {
		return err
	}
	tables, err := offenders(ctx, db, `SELECT name FROM tables WHERE relrowsecurity`)
	if err != nil {
		return fmt.Errorf("postgres: list tables: %w", err)
	}
	for _, table := range tables {
		if _, err := db.ExecContext(ctx, "ALTER TABLE satis."+pq.QuoteIdentifier(table)+" DISABLE ROW LEVEL SECURITY"); err != nil {
			return fmt.Errorf("postgres: take down the wall of %s: %w", table, err)
		}
	}
	return nil
}
