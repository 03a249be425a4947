// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// User is someone who can sign in.
type User struct {
	ID           tenant.UserID `db:"id"`
	Email        string        `db:"email"`
	Name         string        `db:"name"`
	PasswordHash string        `db:"password_hash"`
	Lang         string        `db:"lang"`
	Status       string        `db:"status"`
}

// Membership is an organisation a user can act in.
type Membership struct {
	Tenant  tenant.ID        `db:"tenant_id"`
	Network tenant.NetworkID `db:"network_id"`
	Kind    tenant.Kind      `db:"kind"`
	Name    string           `db:"name"`
}

// UserByEmail finds a user for the sign-in; NotFound where there is none. Sign-in only.
func (tx *Tx) UserByEmail(ctx context.Context, email string) (u User, err error) {
	err = tx.get(ctx, &u, `SELECT id, email, name, password_hash, lang, status FROM app_user WHERE email = $1`, email)
	return u, err
}

// UserByID finds a user. System only: it reads the password's hash.
func (tx *Tx) UserByID(ctx context.Context, id tenant.UserID) (u User, err error) {
	err = tx.get(ctx, &u, `SELECT id, email, name, password_hash, lang, status FROM app_user WHERE id = $1`, id)
	return u, err
}

// SetPassword stores the hash of a password.
func (tx *Tx) SetPassword(ctx context.Context, id tenant.UserID, hash string) error {
	return tx.must(ctx, `UPDATE app_user SET password_hash = $2 WHERE id = $1`, id, hash)
}

// SetLang stores the language a user reads in.
func (tx *Tx) SetLang(ctx context.Context, id tenant.UserID, lang string) error {
	return tx.must(ctx, `UPDATE app_user SET lang = $2 WHERE id = $1`, id, lang)
}

// Memberships lists the active organisations a user belongs to, by name.
func (tx *Tx) Memberships(ctx context.Context, id tenant.UserID) (out []Membership, err error) {
	err = tx.list(ctx, &out, `
		SELECT DISTINCT t.id AS tenant_id, t.network_id, t.kind, t.name
		FROM member m JOIN tenant t ON t.id = m.tenant_id
		WHERE m.user_id = $1 AND m.suspended_at IS NULL AND t.status = 'active' ORDER BY t.name`, id)
	return out, err
}

// InsertUser stores a new user.
func (tx *Tx) InsertUser(ctx context.Context, u User) error {
	_, err := tx.exec(ctx, `INSERT INTO app_user (id, email, name, password_hash, lang) VALUES ($1, $2, $3, $4, $5)`,
		u.ID, u.Email, u.Name, u.PasswordHash, u.Lang)
	return err
}

// Token is an API token as stored: never the token itself.
type Token struct {
	ID        string        `db:"id"`
	Hash      []byte        `db:"hash"`
	Tenant    tenant.ID     `db:"tenant_id"`
	User      tenant.UserID `db:"user_id"`
	Name      string        `db:"name"`
	CreatedAt time.Time     `db:"created_at"`
	ExpiresAt time.Time     `db:"expires_at"`
}

// InsertToken stores a new token.
func (tx *Tx) InsertToken(ctx context.Context, t Token) error {
	_, err := tx.exec(ctx, `
		INSERT INTO api_token (id, hash, tenant_id, user_id, name, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, t.ID, t.Hash, t.Tenant, t.User, t.Name, t.CreatedAt, t.ExpiresAt)
	return err
}

// DeleteTokens removes a user's tokens of a name in a tenant.
func (tx *Tx) DeleteTokens(ctx context.Context, t tenant.ID, u tenant.UserID, name string) error {
	_, err := tx.exec(ctx, `DELETE FROM api_token WHERE tenant_id = $1 AND user_id = $2 AND name = $3`, t, u, name)
	return err
}

// ActorByToken tells who acts with a token, in one round trip; NotFound where the token is
// unknown, has run out or belongs to someone suspended.
func (db *DB) ActorByToken(ctx context.Context, hash []byte, now time.Time) (a tenant.Actor, err error) {
	var row struct {
		User    tenant.UserID    `db:"user_id"`
		Tenant  tenant.ID        `db:"tenant_id"`
		Network tenant.NetworkID `db:"network_id"`
		Kind    tenant.Kind      `db:"kind"`
		Lang    string           `db:"lang"`
	}
	err = db.pools[roleSystem].GetContext(ctx, &row, `
		SELECT k.user_id, k.tenant_id, t.network_id, t.kind, u.lang
		FROM api_token k JOIN tenant t ON t.id = k.tenant_id JOIN app_user u ON u.id = k.user_id
		WHERE k.hash = $1 AND k.expires_at > $2 AND t.status = 'active' AND u.status = 'active'`, hash, now)
	if err != nil {
		return a, translate(err)
	}
	return tenant.Actor{User: row.User, Tenant: row.Tenant, Kind: row.Kind, Network: row.Network, Lang: row.Lang}, nil
}

// Colleague is a user as others of the same organisation see him.
type Colleague struct {
	ID    tenant.UserID `db:"id"`
	Name  string        `db:"name"`
	Email string        `db:"email"`
	Role  tenant.Role   `db:"role"`
}

// Colleagues lists the members of the actor's own organisation, one row a role.
func (tx *Tx) Colleagues(ctx context.Context) (out []Colleague, err error) {
	err = tx.list(ctx, &out, `
		SELECT u.id, u.name, u.email, m.role FROM member m JOIN app_user u ON u.id = m.user_id
		WHERE m.tenant_id = $1 AND m.suspended_at IS NULL AND u.status = 'active' ORDER BY u.name, u.id, m.role`, tx.scope.Actor.Tenant)
	return out, err
}

// UserName tells a user's name, for a signature or a history.
func (tx *Tx) UserName(ctx context.Context, id tenant.UserID) (name string, err error) {
	err = tx.get(ctx, &name, `SELECT name FROM app_user WHERE id = $1`, id)
	return name, err
}
