// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/satis-toscana/satis/core/tenant"
)

// The database roles. Each has its own pool, its own policies and its own columns.
const (
	roleOwner    = "satis_owner"
	roleEntity   = "satis_entity"
	roleServices = "satis_services"
	roleLead     = "satis_lead"
	roleSystem   = "satis_system"
)

func loginRoles() []string { return []string{roleEntity, roleServices, roleLead, roleSystem} }

func roleOf(k tenant.Kind) (string, bool) {
	switch k {
	case tenant.ImplementingEntity:
		return roleEntity, true
	case tenant.SocialServices:
		return roleServices, true
	case tenant.LeadAgency:
		return roleLead, true
	}
	return "", false
}

// Config says where the database is and how to sign in to it.
type Config struct {
	// URL names host, port, database and TLS settings; user and password in it are ignored.
	URL string
	// Secret derives the password of each role; see Secret.
	Secret Secret
	// MaxOpen bounds the connections of each of the four pools; 0 means 10.
	MaxOpen int
	// Dialer, if set, opens the connections: a test counts round trips with it.
	Dialer pq.Dialer
}

// DB is the pools of the four roles.
type DB struct {
	pools map[string]*sqlx.DB
	// listenURL and dialer are for the one connection beside the pools; see FollowPolicies.
	listenURL string
	dialer    pq.Dialer
}

// Open connects as each role and refuses to go on where one of them could step around
// row-level security.
func Open(ctx context.Context, c Config) (*DB, error) {
	db := &DB{pools: map[string]*sqlx.DB{}, dialer: c.Dialer}
	var err error
	if db.listenURL, err = roleURL(c.URL, roleSystem, c.Secret.Password(roleSystem)); err != nil {
		return nil, err
	}
	for _, role := range loginRoles() {
		pool, err := openPool(c, role)
		if err != nil {
			db.Close()
			return nil, err
		}
		db.pools[role] = pool
		if err := checkRole(ctx, pool, role); err != nil {
			db.Close()
			return nil, err
		}
	}
	return db, nil
}

func openPool(c Config, role string) (*sqlx.DB, error) {
	dsn, err := roleURL(c.URL, role, c.Secret.Password(role))
	if err != nil {
		return nil, err
	}
	conn, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("postgres: read database address: %w", redact(err))
	}
	if c.Dialer != nil {
		conn.Dialer(c.Dialer)
	}
	pool := sqlx.NewDb(openDB(conn), "postgres")
	most := c.MaxOpen
	if most == 0 {
		most = 10
	}
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(most)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool, nil
}

// roleURL puts a role into a database address. Binary parameters let lib/pq send a query
// with arguments in one round trip instead of two.
func roleURL(base, role, password string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errors.New("postgres: the database address must look like postgres://host:5432/name?sslmode=verify-full")
	}
	u.User = url.UserPassword(role, password)
	q := u.Query()
	q.Set("binary_parameters", "yes")
	q.Set("search_path", "satis")
	q.Set("application_name", role)
	q.Set("statement_timeout", "20000")
	q.Set("idle_in_transaction_session_timeout", "30000")
	q.Set("timezone", "UTC")
	if q.Get("connect_timeout") == "" {
		q.Set("connect_timeout", "5")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// redact keeps a driver's error, which may quote the address with its password, out of logs.
func redact(error) error { return errors.New("it cannot be read") }

// checkRole refuses a role that owns something, is a superuser, bypasses row-level
// security or could become a role that does.
func checkRole(ctx context.Context, pool *sqlx.DB, role string) error {
	var unsafe bool
	err := pool.GetContext(ctx, &unsafe, `
		SELECT EXISTS (
			SELECT 1 FROM pg_roles r
			WHERE pg_has_role(current_user, r.oid, 'MEMBER')
			  AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole
			       OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid)))`)
	if err != nil {
		return fmt.Errorf("postgres: connect as %s: %w", role, err)
	}
	if unsafe {
		return fmt.Errorf("postgres: role %s could step around row-level security: it must own nothing, be no superuser and have no BYPASSRLS", role)
	}
	return nil
}

// Ping asks whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return db.pools[roleSystem].PingContext(ctx)
}

// Close ends all connections.
func (db *DB) Close() {
	for _, p := range db.pools {
		p.Close()
	}
}
