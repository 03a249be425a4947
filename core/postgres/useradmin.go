// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// MemberRow is a role of a member, as who runs the users sees it.
type MemberRow struct {
	Tenant    tenant.ID     `db:"tenant_id"`
	User      tenant.UserID `db:"id"`
	Name      string        `db:"name"`
	Email     string        `db:"email"`
	Role      tenant.Role   `db:"role"`
	Suspended *time.Time    `db:"suspended_at"`
}

// MemberRows lists the members the actor's role may see, suspended ones too, one row a role
// and those of a member in one organisation together; t and u narrow it where not empty.
func (tx *Tx) MemberRows(ctx context.Context, t tenant.ID, u tenant.UserID) (out []MemberRow, err error) {
	q := newQuery(`SELECT m.tenant_id, u.id, u.name, u.email, m.role, m.suspended_at FROM member m JOIN app_user u ON u.id = m.user_id`)
	if t != "" {
		q.where("m.tenant_id = ?", t)
	}
	if u != "" {
		q.where("u.id = ?", u)
	}
	q.ending = " ORDER BY m.tenant_id, u.name, u.id, m.role"
	err = tx.list(ctx, &out, q.text(), q.args...)
	return out, err
}

// OtherHolders counts the active members of an organisation who hold a role, without one.
func (tx *Tx) OtherHolders(ctx context.Context, m Member) (n int, err error) {
	err = tx.get(ctx, &n, `SELECT count(*) FROM member WHERE tenant_id = $1 AND role = $2 AND user_id <> $3 AND suspended_at IS NULL`, m.Tenant, m.Role, m.User)
	return n, err
}

// GrantRole gives a member a role; Stale where he has it already.
func (tx *Tx) GrantRole(ctx context.Context, m Member, by By) error {
	return tx.changed(ctx, `SELECT member_grant($1, $2, $3, $4, $5, $6, $7)`, tx.scope.PolicyVersion, m.Tenant, m.User, m.Role, by.User, by.Name, by.At)
}

// TakeRole takes a role from a member; Stale where he does not have it.
func (tx *Tx) TakeRole(ctx context.Context, m Member, by By) error {
	return tx.changed(ctx, `SELECT member_take($1, $2, $3, $4, $5, $6, $7)`, tx.scope.PolicyVersion, m.Tenant, m.User, m.Role, by.User, by.Name, by.At)
}

// SuspendMember suspends a member in one organisation, or lets him back in; Stale where it
// is so already.
func (tx *Tx) SuspendMember(ctx context.Context, t tenant.ID, u tenant.UserID, suspend bool, by By) error {
	return tx.changed(ctx, `SELECT member_suspend($1, $2, $3, $4, $5, $6, $7)`, tx.scope.PolicyVersion, t, u, suspend, by.User, by.Name, by.At)
}
