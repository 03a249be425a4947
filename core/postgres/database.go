// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"
)

// CreateDatabase makes a database where there is none of that name. adminURL names another
// database of the same server, "postgres" as a rule.
func CreateDatabase(ctx context.Context, adminURL, name string) error {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return err
	}
	defer db.Close()
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
		return fmt.Errorf("postgres: look for database: %w", err)
	}
	if there {
		return nil
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name)); err != nil {
		return fmt.Errorf("postgres: create database: %w", err)
	}
	return nil
}

// DropDatabase removes a database with everything in it and cuts whoever is connected; one
// that is not there is no error.
func DropDatabase(ctx context.Context, adminURL, name string) error {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("postgres: drop database: %w", err)
	}
	return nil
}

// Stats tells how busy each pool is, by the role it connects as.
func (db *DB) Stats() map[string]sql.DBStats {
	out := make(map[string]sql.DBStats, len(db.pools))
	for role, pool := range db.pools {
		out[role] = pool.Stats()
	}
	return out
}
