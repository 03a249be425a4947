// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

// BreakGlass is one access in an emergency. It does not name the person.
type BreakGlass struct {
	ID          string             `db:"id"`
	Owner       tenant.ID          `db:"tenant_id"`
	Project     casework.ProjectID `db:"project_id"`
	ProjectCode string             `db:"project_code"`
	User        tenant.UserID      `db:"user_id"`
	UserName    string             `db:"user_name"`
	Reason      string             `db:"reason"`
	GrantedAt   time.Time          `db:"granted_at"`
	ExpiresAt   time.Time          `db:"expires_at"`
	EndedAt     *time.Time         `db:"ended_at"`
	// Reads is how often the identity was read.
	Reads int `db:"reads"`
}

// Open reports whether it still lets its user in at an instant.
func (b BreakGlass) Open(at time.Time) bool { return b.EndedAt == nil && at.Before(b.ExpiresAt) }

const breakGlassColumns = `id, tenant_id, project_id, project_code, user_id, user_name, reason, granted_at, expires_at, ended_at, reads`

// OpenBreakGlass stores an access and the entity's notice of it, and tells whose person it is.
func (tx *Tx) OpenBreakGlass(ctx context.Context, b BreakGlass) (owner tenant.ID, err error) {
	err = tx.get(ctx, &owner, `SELECT break_glass_open($1, $2, $3, $4, $5, $6, $7, $8)`,
		tx.scope.PolicyVersion, b.ID, b.Project, b.User, b.UserName, b.Reason, b.GrantedAt, b.ExpiresAt)
	return owner, err
}

// LastBreakGlass reads a user's latest access to the person of a project; NotFound where
// there never was one.
func (tx *Tx) LastBreakGlass(ctx context.Context, p casework.Project, u tenant.UserID) (b BreakGlass, err error) {
	err = tx.get(ctx, &b, `SELECT `+breakGlassColumns+` FROM break_glass
		WHERE tenant_id = $1 AND project_id = $2 AND user_id = $3 ORDER BY granted_at DESC, id DESC LIMIT 1`, p.Tenant, p.ID, u)
	return b, err
}

// BreakGlasses lists the accesses the actor's role may see, newest first; with a user only
// that user's.
func (tx *Tx) BreakGlasses(ctx context.Context, by tenant.UserID, p Page) (out []BreakGlass, err error) {
	q := newQuery(`SELECT ` + breakGlassColumns + ` FROM break_glass`)
	if by != "" {
		q.where(`user_id = ?`, by)
	}
	q.page(p, "granted_at", "id")
	err = tx.list(ctx, &out, q.text(), q.args...)
	return out, err
}

// EmergencyIdentity gives the sealed identity while the access lasts, and counts the
// reading; NotFound otherwise. It is the lead agency's only way to one.
func (tx *Tx) EmergencyIdentity(ctx context.Context, b BreakGlass) (id casework.PersonID, sealed []byte, err error) {
	var r struct {
		Person casework.PersonID `db:"person_id"`
		Sealed []byte            `db:"sealed"`
	}
	err = tx.get(ctx, &r, `SELECT person_id, sealed FROM break_glass_identity($1, $2, $3)`, b.Owner, b.ID, b.User)
	return r.Person, r.Sealed, err
}

// EndBreakGlass ends an access before its time; Stale where it has ended already.
func (tx *Tx) EndBreakGlass(ctx context.Context, b BreakGlass, at time.Time) error {
	return tx.changed(ctx, `SELECT break_glass_end($1, $2, $3, $4)`, b.Owner, b.ID, b.User, at)
}

// AuditEmergency appends an entry to the chain of the entity whose person it is.
func (tx *Tx) AuditEmergency(ctx context.Context, b BreakGlass, e audit.Entry) error {
	e.At = e.At.UTC().Truncate(time.Microsecond)
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("postgres: encode entry: %w", err)
	}
	_, err = tx.exec(ctx, `SELECT break_glass_audit($1, $2, $3, $4, $5)`, b.Owner, b.ID, string(payload), e.Actor, e.At)
	return err
}
