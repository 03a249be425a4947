// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// The states of a draft of a policy.
const (
	DraftOpen      = "draft"
	DraftSubmitted = "submitted"
	DraftSentBack  = "sent_back"
	DraftPublished = "published"
)

// PolicyVersion is a policy that is or was in force.
type PolicyVersion struct {
	Version int64  `db:"version"`
	Rules   string `db:"rules"`
	// Roles are the lines of what was given and taken with it.
	Roles  string `db:"roles"`
	Reason string `db:"reason"`
	// PublishedBy is nil for what the host put in force.
	PublishedBy *tenant.UserID `db:"published_by"`
	PublishedAt time.Time      `db:"published_at"`
	// HashForm tells what Hash covers beside the version before it, its number and its rules:
	// 1 nothing, 2 all that stands here.
	HashForm int    `db:"hash_form"`
	Hash     []byte `db:"hash"`
}

// hashForm is that of new versions.
const hashForm = 2

// NextPolicyHash is the hash of a version that follows one with the hash before. In form 2
// each text is preceded by its length and the date counts microseconds, as policy_hash has it
// in the database.
func NextPolicyHash(before []byte, v PolicyVersion) []byte {
	count := func(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }
	if v.HashForm < hashForm {
		sum := sha256.Sum256(append(count(slices.Clone(before), v.Version), v.Rules...))
		return sum[:]
	}
	text := count(append([]byte("satis policy 2"), before...), v.Version)
	publisher := ""
	if v.PublishedBy != nil {
		publisher = string(*v.PublishedBy)
	}
	for _, part := range []string{v.Rules, v.Roles, v.Reason, publisher} {
		text = append(count(text, int64(len(part))), part...)
	}
	sum := sha256.Sum256(count(text, v.PublishedAt.UnixMicro()))
	return sum[:]
}

// PolicyDraft is a policy that is being written, or was.
type PolicyDraft struct {
	ID    string `db:"id"`
	Base  int64  `db:"base_version"`
	Rules string `db:"rules"`
	// Roles are lines of what is to be given and taken with it.
	Roles    string        `db:"roles"`
	Reason   string        `db:"reason"`
	Author   tenant.UserID `db:"author_id"`
	State    string        `db:"state"`
	Revision int64         `db:"revision"`
	// Reviewer published it or sent it back; nil before.
	Reviewer *tenant.UserID `db:"reviewer_id"`
	// Note says why it was sent back.
	Note string `db:"note"`
	// Published is the version it became; nil before.
	Published *int64    `db:"published_version"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

const draftColumns = `id, base_version, rules, roles, reason, author_id, state, revision, reviewer_id, note, published_version, created_at, updated_at`

// PolicyHistory lists the versions of the actor's network, oldest first. Lead agency only.
func (tx *Tx) PolicyHistory(ctx context.Context) (out []PolicyVersion, err error) {
	err = tx.list(ctx, &out, `SELECT version, rules, roles, reason, published_by, published_at, hash_form, hash FROM policy_history()`)
	return out, err
}

// RulesVersions lists the numbers of the versions published in the actor's network, oldest
// first.
func (tx *Tx) RulesVersions(ctx context.Context) (out []int64, err error) {
	err = tx.list(ctx, &out, `SELECT version FROM rules_versions()`)
	return out, err
}

// RulesInForce tells which version's rules are in force in the actor's network.
func (tx *Tx) RulesInForce(ctx context.Context) (version int64, err error) {
	err = tx.get(ctx, &version, `SELECT rules_version FROM policy_head`)
	return version, err
}

// InsertPolicyDraft stores a new draft. Lead agency only, as all that follows.
func (tx *Tx) InsertPolicyDraft(ctx context.Context, d PolicyDraft) error {
	_, err := tx.exec(ctx, `INSERT INTO policy_draft (network_id, id, base_version, rules, roles, reason, author_id, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`, tx.scope.Actor.Network, d.ID, d.Base, d.Rules, d.Roles, d.Reason, d.Author, d.CreatedAt)
	return err
}

// UpdatePolicyDraft stores what became of a draft of which the caller read the revision
// before; Stale where somebody else changed it.
func (tx *Tx) UpdatePolicyDraft(ctx context.Context, d PolicyDraft, before int64) error {
	return tx.must(ctx, `UPDATE policy_draft SET base_version = $3, rules = $4, reason = $5, state = $6, reviewer_id = $7, note = $8,
		updated_at = $9, roles = $10, revision = revision + 1 WHERE id = $1 AND revision = $2`,
		d.ID, before, d.Base, d.Rules, d.Reason, d.State, d.Reviewer, d.Note, d.UpdatedAt, d.Roles)
}

// PolicyDraft reads one draft; NotFound outside the actor's network.
func (tx *Tx) PolicyDraft(ctx context.Context, id string) (d PolicyDraft, err error) {
	err = tx.get(ctx, &d, `SELECT `+draftColumns+` FROM policy_draft WHERE id = $1`, id)
	return d, err
}

// LockPolicyDraft is PolicyDraft for who is going to change it.
func (tx *Tx) LockPolicyDraft(ctx context.Context, id string) (d PolicyDraft, err error) {
	err = tx.get(ctx, &d, `SELECT `+draftColumns+` FROM policy_draft WHERE id = $1 FOR UPDATE`, id)
	return d, err
}

// PolicyDrafts lists the drafts of the actor's network, last changed first.
func (tx *Tx) PolicyDrafts(ctx context.Context, limit int) (out []PolicyDraft, err error) {
	err = tx.list(ctx, &out, `SELECT `+draftColumns+` FROM policy_draft ORDER BY updated_at DESC, id DESC LIMIT $1`, limit)
	return out, err
}

// PublishPolicyDraft puts a submitted draft into force, its roles with its rules. Forbidden
// where the publisher wrote it, Stale where it changed since seen, Conflict where its base is
// no longer in force, somebody's roles are not what it found or an organisation would be left
// without an administrator.
func (tx *Tx) PublishPolicyDraft(ctx context.Context, id string, seen int64, publisher By) (version int64, err error) {
	err = tx.get(ctx, &version, `SELECT publish_policy($1, $2, $3, $4, $5)`, id, seen, publisher.User, publisher.Name, publisher.At)
	return version, err
}

// publishFault tells what publish_policy complained of.
func publishFault(code string, cause error) *fault.Error {
	switch code {
	case "SAT02":
		return fault.Wrap(cause, fault.Forbidden, "second_administrator")
	case "SAT03":
		return fault.Wrap(cause, fault.Stale, "draft_changed")
	case "SAT04":
		return fault.Wrap(cause, fault.Conflict, "policy_base_moved")
	case "SAT05":
		return fault.Wrap(cause, fault.Conflict, "policy_roles_moved")
	}
	return nil
}

// MembersOfNetwork lists who holds which role where in the actor's network, without those
// that are suspended. Lead agency only.
func (tx *Tx) MembersOfNetwork(ctx context.Context) (out []Member, err error) {
	err = tx.list(ctx, &out, `SELECT m.user_id, m.role, m.tenant_id FROM member m
		JOIN app_user u ON u.id = m.user_id JOIN tenant t ON t.id = m.tenant_id
		WHERE m.suspended_at IS NULL AND u.status = 'active' AND t.status = 'active'`)
	return out, err
}

// MemberByEmail finds a user of the actor's network by address; NotFound where none has it.
func (tx *Tx) MemberByEmail(ctx context.Context, email string) (id tenant.UserID, err error) {
	err = tx.get(ctx, &id, `SELECT id FROM app_user WHERE email = $1`, email)
	return id, err
}

// UserNames tells the names of the users that the actor's organisation may know of.
func (tx *Tx) UserNames(ctx context.Context) (map[tenant.UserID]string, error) {
	var rows []struct {
		ID   tenant.UserID `db:"id"`
		Name string        `db:"name"`
	}
	if err := tx.list(ctx, &rows, `SELECT id, name FROM app_user`); err != nil {
		return nil, err
	}
	out := make(map[tenant.UserID]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}

// RecentDecision is a decision that was lately made. It tells neither who asked nor for which
// record.
type RecentDecision struct {
	audit.Entry
	// Place is where who asked stands among the members one asked about, from 1; 0 for
	// anybody else.
	Place int
}

// RecentDecisions lists what was lately decided in the actor's network, newest first: roles,
// object, action, outcome and policy version. each bounds the entries of one organisation,
// most all of them; about are the members whose decisions are marked. Lead agency only.
func (tx *Tx) RecentDecisions(ctx context.Context, each, most int, about []Member) ([]RecentDecision, error) {
	users, tenants := make([]string, len(about)), make([]string, len(about))
	for i, m := range about {
		users[i], tenants[i] = string(m.User), string(m.Tenant)
	}
	var rows []struct {
		Place   *int   `db:"place"`
		Payload string `db:"payload"`
	}
	if err := tx.list(ctx, &rows, `SELECT place, payload FROM recent_decisions($1, $2, $3, $4)`, each, most, pq.Array(users), pq.Array(tenants)); err != nil {
		return nil, err
	}
	out := make([]RecentDecision, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Payload), &out[i].Entry); err != nil {
			return nil, fmt.Errorf("postgres: decode a decision: %w", err)
		}
		if r.Place != nil {
			out[i].Place = *r.Place
		}
	}
	return out, nil
}
