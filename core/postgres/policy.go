// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// PolicyInForce is the policy of a network as stored: the text of the rules and who holds
// which role where.
type PolicyInForce struct {
	// Version counts every change of rules, members and plugins; RulesVersion is the published
	// version whose rules these are.
	Version, RulesVersion int64
	Rules                 string
	Members               []Member
}

// Member is a role held by a user in a tenant.
type Member struct {
	User   tenant.UserID `db:"user_id"`
	Role   tenant.Role   `db:"role"`
	Tenant tenant.ID     `db:"tenant_id"`
}

// Policy loads the policy in force. Members that are suspended, or of a suspended tenant,
// hold nothing. System only.
func (tx *Tx) Policy(ctx context.Context, n tenant.NetworkID) (p PolicyInForce, err error) {
	var head struct {
		Version int64 `db:"version"`
		Rules   int64 `db:"rules_version"`
	}
	// The lock keeps rules and members of one version together. The rules are read by a
	// statement of their own: joined, a head that waited for a publication would look for the
	// new version among the rows of before, and find none.
	if err = tx.get(ctx, &head, `SELECT version, rules_version FROM policy_head WHERE network_id = $1 FOR SHARE`, n); err != nil {
		return p, err
	}
	p.Version, p.RulesVersion = head.Version, head.Rules
	if err = tx.get(ctx, &p.Rules, `SELECT rules FROM policy_version WHERE network_id = $1 AND version = $2`, n, head.Rules); err != nil {
		return p, err
	}
	err = tx.list(ctx, &p.Members, `
		SELECT m.user_id, m.role, m.tenant_id FROM member m
		JOIN app_user u ON u.id = m.user_id JOIN tenant t ON t.id = m.tenant_id
		WHERE m.network_id = $1 AND m.suspended_at IS NULL AND u.status = 'active' AND t.status = 'active'`, n)
	return p, err
}

// PolicyEditions lists the versions of a network's rules, the one in force last; NotFound
// for a network without. System only.
func (tx *Tx) PolicyEditions(ctx context.Context, n tenant.NetworkID) (out []PolicyVersion, err error) {
	err = tx.list(ctx, &out, `SELECT version, rules FROM policy_version WHERE network_id = $1 ORDER BY version`, n)
	if err == nil && len(out) == 0 {
		err = fault.Missing()
	}
	return out, err
}

// PublishRules stores rules as the network's next version and puts them in force.
func (tx *Tx) PublishRules(ctx context.Context, n tenant.NetworkID, rules, reason string, at time.Time) (version int64, err error) {
	return tx.PublishPolicy(ctx, n, PolicyVersion{Rules: rules, Reason: reason, PublishedAt: at})
}

// PublishPolicy stores a version as the network's next and puts its rules in force; the
// roles that it speaks of are the caller's to give and take. The version's hash covers the
// one before, so that history cannot be rewritten unseen.
func (tx *Tx) PublishPolicy(ctx context.Context, n tenant.NetworkID, v PolicyVersion) (version int64, err error) {
	var last struct {
		Version int64 `db:"version"`
		Rules   int64 `db:"rules_version"`
		Hash    []byte
	}
	// Two statements, for the reason that Policy tells.
	err = tx.get(ctx, &last, `SELECT version, rules_version FROM policy_head WHERE network_id = $1 FOR UPDATE`, n)
	if err == nil {
		err = tx.get(ctx, &last.Hash, `SELECT hash FROM policy_version WHERE network_id = $1 AND version = $2`, n, last.Rules)
	} else if fault.Is(err, fault.NotFound) {
		err = nil // the first
	}
	if err != nil {
		return 0, err
	}
	version = last.Version + 1
	v.Version, v.HashForm, v.PublishedBy = version, hashForm, nil
	v.PublishedAt = v.PublishedAt.Truncate(time.Microsecond) // what the database keeps is what is hashed
	if _, err := tx.exec(ctx, `INSERT INTO policy_version (network_id, version, rules, roles, reason, published_at, hash_form, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, n, version, v.Rules, v.Roles, v.Reason, v.PublishedAt, v.HashForm, NextPolicyHash(last.Hash, v)); err != nil {
		return 0, err
	}
	_, err = tx.exec(ctx, `INSERT INTO policy_head (network_id, version, rules_version) VALUES ($1, $2, $2)
		ON CONFLICT (network_id) DO UPDATE SET version = EXCLUDED.version, rules_version = EXCLUDED.rules_version`, n, version)
	return version, err
}

// MovePolicy counts the policy's version up after a change of members or of a status: from
// the commit on, no transaction decided under the old one can begin.
func (tx *Tx) MovePolicy(ctx context.Context, n tenant.NetworkID) error {
	return tx.must(ctx, `UPDATE policy_head SET version = version + 1 WHERE network_id = $1`, n)
}

// InsertMember gives a role; giving it twice changes nothing.
func (tx *Tx) InsertMember(ctx context.Context, n tenant.NetworkID, m Member) error {
	_, err := tx.exec(ctx, `INSERT INTO member (tenant_id, network_id, user_id, role) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		m.Tenant, n, m.User, m.Role)
	return err
}

// DeleteMember takes a role away; NotFound where it was not held.
func (tx *Tx) DeleteMember(ctx context.Context, m Member) error {
	n, err := tx.exec(ctx, `DELETE FROM member WHERE tenant_id = $1 AND user_id = $2 AND role = $3`, m.Tenant, m.User, m.Role)
	if err == nil && n == 0 {
		return fault.Missing()
	}
	return err
}

// SetTenantStatus suspends an organisation or lets it back in.
func (tx *Tx) SetTenantStatus(ctx context.Context, id tenant.ID, status string) error {
	return tx.must(ctx, `UPDATE tenant SET status = $2 WHERE id = $1`, id, status)
}

// SetUserStatus suspends a user or lets him back in.
func (tx *Tx) SetUserStatus(ctx context.Context, id tenant.UserID, status string) error {
	return tx.must(ctx, `UPDATE app_user SET status = $2 WHERE id = $1`, id, status)
}
