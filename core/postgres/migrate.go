// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"net/url"

	"github.com/lib/pq"
	"github.com/pressly/goose/v3"

	"github.com/satis-toscana/satis/migrations"
)

// Step is one migration and whether it was applied.
type Step struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate brings the schema up to date. adminURL signs in as a role that may create roles;
// the schema itself is made and owned by satis_owner, which nobody signs in as.
func Migrate(ctx context.Context, adminURL string, secret Secret) error {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := createRoles(ctx, db, secret); err != nil {
		return err
	}
	return withGoose(db, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// MigrationStatus lists every step.
func MigrationStatus(ctx context.Context, adminURL string) ([]Step, error) {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var out []Step
	err = withGoose(db, func(p *goose.Provider) error {
		list, err := p.Status(ctx)
		for _, s := range list {
			out = append(out, Step{s.Source.Version, s.Source.Path, s.State == goose.StateApplied})
		}
		return err
	})
	return out, err
}

// openAdmin keeps to one connection, so that SET ROLE holds for every statement.
func openAdmin(ctx context.Context, adminURL string) (*sql.DB, error) {
	u, err := url.Parse(adminURL)
	if err != nil {
		return nil, fmt.Errorf("postgres: read admin address: %w", redact(err))
	}
	q := u.Query()
	q.Set("search_path", "satis")
	u.RawQuery = q.Encode()
	conn, err := pq.NewConnector(u.String())
	if err != nil {
		return nil, fmt.Errorf("postgres: read admin address: %w", redact(err))
	}
	db := openDB(conn)
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("postgres: connect to migrate: %w", err)
	}
	return db, nil
}

func withGoose(db *sql.DB, use func(*goose.Provider) error) error {
	if _, err := db.Exec("SET ROLE " + roleOwner); err != nil {
		return fmt.Errorf("postgres: become %s: %w", roleOwner, err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithLogger(log.New(io.Discard, "", 0)))
	if err != nil {
		return fmt.Errorf("postgres: read migrations: %w", err)
	}
	if err := use(p); err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	return nil
}

// createRoles makes the five roles and the schema where they are missing, and sets the
// passwords anew each time, so that a changed secret takes effect.
func createRoles(ctx context.Context, db *sql.DB, secret Secret) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("postgres: create roles: %w", err)
	}
	defer tx.Rollback()
	// Roles belong to the whole cluster: two databases migrated at once must take turns.
	statements := []string{"SELECT pg_advisory_xact_lock(7305214)", createRole(roleOwner, "NOLOGIN")}
	for _, role := range loginRoles() {
		v, err := verifier(secret.Password(role))
		if err != nil {
			return err
		}
		statements = append(statements, createRole(role, "LOGIN"),
			fmt.Sprintf("ALTER ROLE %s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD %s", role, pq.QuoteLiteral(v)))
	}
	statements = append(statements,
		"GRANT "+roleOwner+" TO CURRENT_USER",
		"CREATE SCHEMA IF NOT EXISTS satis AUTHORIZATION "+roleOwner,
		"GRANT USAGE ON SCHEMA satis TO satis_entity, satis_services, satis_lead, satis_system",
		"REVOKE ALL ON SCHEMA public FROM PUBLIC")
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("postgres: create roles: %w", err)
		}
	}
	return tx.Commit()
}

func createRole(name, login string) string {
	return fmt.Sprintf(`DO $$ BEGIN
		IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '%[1]s') THEN CREATE ROLE %[1]s %[2]s; END IF;
	END $$`, name, login)
}
