// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"fmt"
)

// Offence is a place where the wall between tenants has a hole.
type Offence struct {
	// Rule is the broken rule's name, Object what breaks it, Why what the rule is for.
	Rule, Object, Why string
}

// String tells an offence in one line.
func (o Offence) String() string { return o.Rule + ": " + o.Object + " (" + o.Why + ")" }

// lintRule is one rule of the wall. Its query names the offenders, one text a row.
type lintRule struct {
	name, why, query string
}

// Rules tells how many rules Lint has.
func Rules() int { return len(lintRules) }

// Lint reads the catalogue of the database and names every place that breaks a rule of the
// wall between tenants: nothing it finds is fine. adminURL signs in as a role that sees
// the whole catalogue, the one that migrates.
func Lint(ctx context.Context, adminURL string) ([]Offence, error) {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := lintViews(ctx, db); err != nil {
		return nil, err
	}
	var out []Offence
	for _, r := range lintRules {
		list, err := offenders(ctx, db, r.query)
		if err != nil {
			return nil, fmt.Errorf("postgres: lint %s: %w", r.name, err)
		}
		for _, object := range list {
			out = append(out, Offence{r.name, object, r.why})
		}
	}
	return out, nil
}

// lintViews makes the short names that the rules are written in, for this session only.
func lintViews(ctx context.Context, db *sql.DB) error {
	for _, s := range []string{
		`CREATE TEMP VIEW tables AS SELECT c.oid, c.relname AS name, c.relrowsecurity, c.relforcerowsecurity, c.relowner,
			EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS tenanted
			FROM pg_class c WHERE c.relnamespace = 'satis'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version'`,
		`CREATE TEMP VIEW logins AS SELECT oid, rolname AS name, rolname IN ('satis_entity', 'satis_services', 'satis_lead') AS of_tenants
			FROM pg_roles WHERE rolname IN ('satis_entity', 'satis_services', 'satis_lead', 'satis_system')`,
		`CREATE TEMP VIEW rights AS SELECT l.name AS role, l.oid AS role_oid, l.of_tenants, t.name AS tab, t.oid AS tab_oid, p.word
			FROM logins l CROSS JOIN tables t CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) AS p (word)
			WHERE has_table_privilege(l.oid, t.oid, p.word)
			   OR (p.word IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(l.oid, t.oid, p.word))`,
		`CREATE TEMP VIEW policies AS SELECT t.name AS tab, t.oid AS tab_oid, p.polname AS name, p.polcmd, p.polroles, p.polpermissive,
			coalesce(pg_get_expr(p.polqual, p.polrelid), '') AS uses, coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') AS checks,
			EXISTS (SELECT 1 FROM logins l WHERE l.of_tenants AND l.oid = ANY (p.polroles)) AS of_tenants
			FROM pg_policy p JOIN tables t ON t.oid = p.polrelid`,
	} {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("postgres: prepare lint: %w", err)
		}
	}
	return nil
}

// asker is a connection, or a transaction on it.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func offenders(ctx context.Context, db asker, query string) (out []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
