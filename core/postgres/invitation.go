// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/lib/pq"

	"github.com/satis-toscana/satis/core/tenant"
)

// Invitation is a place in an organisation that waits for its user. Its token is stored as
// a hash, which no role but the functions can read.
type Invitation struct {
	ID        string           `db:"id"`
	Tenant    tenant.ID        `db:"tenant_id"`
	Network   tenant.NetworkID `db:"network_id"`
	Email     string           `db:"email"`
	Name      string           `db:"name"`
	Roles     pq.StringArray   `db:"roles"`
	Lang      string           `db:"lang"`
	CreatedAt time.Time        `db:"created_at"`
	ExpiresAt time.Time        `db:"expires_at"`
}

// Invite stores an invitation, in place of an open one to the same address.
func (tx *Tx) Invite(ctx context.Context, i Invitation, hash []byte, by By) error {
	_, err := tx.exec(ctx, `SELECT invitation_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		i.Tenant, i.ID, hash, i.Email, i.Name, textArray(i.Roles), i.Lang, by.User, by.Name, i.CreatedAt, i.ExpiresAt)
	return err
}

// OpenInvitations lists those the actor's role may see that can still be accepted, the
// newest first; t narrows it where not empty.
func (tx *Tx) OpenInvitations(ctx context.Context, t tenant.ID, at time.Time) (out []Invitation, err error) {
	q := newQuery(`SELECT id, tenant_id, network_id, email, name, roles, lang, created_at, expires_at FROM invitation`)
	q.where("accepted_at IS NULL AND withdrawn_at IS NULL AND failures < 5 AND expires_at > ?", at)
	if t != "" {
		q.where("tenant_id = ?", t)
	}
	q.ending = " ORDER BY created_at DESC, id DESC LIMIT 500"
	err = tx.list(ctx, &out, q.text(), q.args...)
	return out, err
}

// Invitation reads one; NotFound where the actor's role may not see it.
func (tx *Tx) Invitation(ctx context.Context, id string) (i Invitation, err error) {
	err = tx.get(ctx, &i, `SELECT id, tenant_id, network_id, email, name, roles, lang, created_at, expires_at FROM invitation WHERE id = $1`, id)
	return i, err
}

// WithdrawInvitation takes an invitation back; Stale where it is used or withdrawn already.
func (tx *Tx) WithdrawInvitation(ctx context.Context, t tenant.ID, id string, at time.Time) error {
	return tx.changed(ctx, `SELECT invitation_withdraw($1, $2, $3)`, t, id, at)
}

// FindInvitation finds and locks an open invitation by its token's hash; NotFound where
// there is none, it ran out, was used, withdrawn or tried too often. System only.
func (tx *Tx) FindInvitation(ctx context.Context, t tenant.ID, hash []byte, at time.Time) (i Invitation, err error) {
	err = tx.get(ctx, &i, `SELECT id, network_id, email, name, roles, lang FROM invitation_find($1, $2, $3)`, t, hash, at)
	i.Tenant = t
	return i, err
}

// CloseInvitation uses an invitation up, or counts a wrong password against it. System only.
func (tx *Tx) CloseInvitation(ctx context.Context, t tenant.ID, hash []byte, at time.Time, good bool) error {
	_, err := tx.exec(ctx, `SELECT invitation_close($1, $2, $3, $4)`, t, hash, at, good)
	return err
}
