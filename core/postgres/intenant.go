// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// ErrPolicyMoved is returned by InTenant where the policy changed after the caller's
// version: load the new one, decide again, try again.
var ErrPolicyMoved = errors.New("postgres: the policy has moved on")

// Scope is what a tenant transaction runs under.
type Scope struct {
	Actor tenant.Actor
	// PolicyVersion is the one the caller decides under.
	PolicyVersion int64
	// Write is false for a transaction that the database must keep from writing.
	Write bool
}

// Tx is a transaction. Its methods, one file per noun, are all the queries there are.
type Tx struct {
	conn  *sqlx.Conn
	scope Scope
	// failed is the first error the database answered with: nothing after it counts.
	failed error
}

// InTenant runs fn in one transaction that sees the actor's tenant only. The opening
// message carries BEGIN, the tenant, the network and the check of the policy version, so a
// page with one query takes three round trips. What fn returns as an error, or a panic in
// it, undoes everything.
func (db *DB) InTenant(ctx context.Context, s Scope, fn func(*Tx) error) error {
	open, role, err := opening(s)
	if err != nil {
		return err
	}
	return db.transact(ctx, role, open, s, fn)
}

// opening builds the first message. The ids are checked to be UUIDs before they are quoted.
func opening(s Scope) (statement, role string, err error) {
	role, ok := roleOf(s.Actor.Kind)
	if !ok || !tenant.ValidUUID(string(s.Actor.Tenant)) || !tenant.ValidUUID(string(s.Actor.Network)) {
		return "", "", errors.New("postgres: a tenant transaction needs a tenant, its kind and its network")
	}
	begin := "BEGIN READ ONLY"
	if s.Write {
		begin = "BEGIN"
	}
	return fmt.Sprintf("%s; SET LOCAL satis.tenant = '%s'; SET LOCAL satis.network = '%s'; SELECT assert_policy(%d)",
		begin, s.Actor.Tenant, s.Actor.Network, s.PolicyVersion), role, nil
}

// Job names a reason to leave the tenant's transaction. The list is closed: a new one is a
// decision to be reviewed.
type Job string

// The jobs of the system role.
const (
	JobSignIn    Job = "sign-in: find a user, a session or a token before the tenant is known"
	JobPolicy    Job = "policy: load rules and members of a network"
	JobKeys      Job = "keys: load or store a tenant's wrapped keys"
	JobProvision Job = "provision: the host creates networks, tenants and users"
	JobInvite    Job = "invitation: find it, and make its user, before anybody is signed in"
	JobAudit     Job = "audit: verify every chain"
	JobPlugins   Job = "plugins: load their files, and enter those of the installation"
)

// AsSystem runs fn as the system role, which has no right on cases.
func (db *DB) AsSystem(ctx context.Context, job Job, fn func(*Tx) error) error {
	if job == "" {
		return errors.New("postgres: a system transaction needs its reason")
	}
	return db.transact(ctx, roleSystem, "BEGIN", Scope{Write: true}, fn)
}

func (db *DB) transact(ctx context.Context, role, open string, s Scope, fn func(*Tx) error) (err error) {
	conn, err := db.pools[role].Connx(ctx)
	if err != nil {
		return translate(err)
	}
	committed := false
	defer func() {
		if !committed {
			rollback(ctx, conn)
		}
		conn.Close()
	}()
	if _, err := conn.ExecContext(ctx, open); err != nil {
		return translate(err)
	}
	tx := &Tx{conn: conn, scope: s}
	if err := fn(tx); err != nil {
		return err // what the database answered is translated already; the rest is not its fault
	}
	// PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error.
	if tx.failed != nil {
		return translate(tx.failed)
	}
	// A commit that nobody waits for any more still has to come to its end: whether it
	// holds must never depend on when a browser went away.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(end, "COMMIT"); err != nil {
		return translate(err)
	}
	committed = true
	return nil
}

// rollback undoes a transaction whatever became of the caller's context. A connection that
// cannot even do that is thrown away, never handed to the next tenant.
func rollback(ctx context.Context, conn *sqlx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// translate turns the driver's errors into the product's. Values that PostgreSQL quotes in
// its details are left out: they may be personal.
func translate(err error) error {
	var pe *pq.Error
	var known *fault.Error
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, ErrPolicyMoved):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return fault.Missing()
	case errors.As(err, &pe):
		return translatePQ(pe)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(err, fault.Unavailable, "interrupted")
	}
	return fault.Wrap(err, fault.Unavailable, "database_unavailable")
}

func translatePQ(pe *pq.Error) error {
	if pe.Code == "SAT01" {
		return ErrPolicyMoved
	}
	cause := fmt.Errorf("postgres: %s: %s (constraint %q)", pe.Code, pe.Message, pe.Constraint)
	if refused := publishFault(string(pe.Code), cause); refused != nil {
		return refused
	}
	if refused := administrationFault(string(pe.Code), cause); refused != nil {
		return refused
	}
	if refused := seatFault(string(pe.Code), cause); refused != nil {
		return refused
	}
	if refused := ownerFault(string(pe.Code), cause); refused != nil {
		return refused
	}
	switch pe.Code.Class() {
	case "22": // a value that its type does not take: the message quotes it
		cause = fmt.Errorf("postgres: %s: %s", pe.Code, pe.Code.Name())
	case "08", "53", "57", "25": // connection lost, no resources, shutdown or cancelled, wrong transaction state
		return fault.Wrap(cause, fault.Unavailable, "database_unavailable")
	case "40": // serialization failure, deadlock
		return fault.Wrap(cause, fault.Stale, "changed_meanwhile")
	}
	return fault.Wrap(cause, fault.Internal, "internal")
}

// get reads one row into dest; no row is fault.NotFound.
func (tx *Tx) get(ctx context.Context, dest any, query string, args ...any) error {
	return tx.heed(tx.conn.GetContext(ctx, dest, query, args...))
}

// list reads all rows into dest.
func (tx *Tx) list(ctx context.Context, dest any, query string, args ...any) error {
	return tx.heed(tx.conn.SelectContext(ctx, dest, query, args...))
}

// exec changes rows and tells how many.
func (tx *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, tx.heed(err)
	}
	n, err := res.RowsAffected()
	return n, tx.heed(err)
}

// must changes exactly one row: anything else means that it changed meanwhile.
func (tx *Tx) must(ctx context.Context, query string, args ...any) error {
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n != 1 {
		return fault.New(fault.Stale, "changed_meanwhile")
	}
	return err
}

// heed remembers that the transaction has failed, and translates the error.
func (tx *Tx) heed(err error) error {
	if err != nil && !errors.Is(err, sql.ErrNoRows) && tx.failed == nil {
		tx.failed = err
	}
	return translate(err)
}
