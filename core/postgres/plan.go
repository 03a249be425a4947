// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

type revisionRow struct {
	Project      casework.ProjectID `db:"project_id"`
	Version      int                `db:"version"`
	Revision     int64              `db:"revision"`
	Plan         []byte             `db:"plan"`
	ContentHash  string             `db:"content_hash"`
	Author       tenant.UserID      `db:"author_id"`
	AuthorName   string             `db:"author_name"`
	AuthorTenant tenant.ID          `db:"author_tenant_id"`
	At           time.Time          `db:"at"`
}

func (r revisionRow) revision() (casework.Revision, error) {
	out := casework.Revision{Project: r.Project, Version: r.Version, Revision: r.Revision, ContentHash: r.ContentHash,
		Author: r.Author, AuthorName: r.AuthorName, AuthorTenant: r.AuthorTenant, At: r.At}
	err := fromJSON(r.Plan, &out.Plan)
	return out, err
}

const revisionColumns = `project_id, version, revision, content_hash, author_id, author_name, author_tenant_id, at`

// InsertRevision stores a save of a plan.
func (tx *Tx) InsertRevision(ctx context.Context, t tenant.ID, r casework.Revision) error {
	plan, err := jsonText(r.Plan)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO plan_revision (tenant_id, project_id, revision, version, plan, content_hash, author_id, author_name, author_tenant_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		t, r.Project, r.Revision, r.Version, plan, r.ContentHash, r.Author, r.AuthorName, r.AuthorTenant, r.At)
	return err
}

// PlanAt reads the plan of a project as it stood at a revision; 0 means now. NotFound
// where there is none for the actor: the lead agency sees sealed versions only.
func (tx *Tx) PlanAt(ctx context.Context, p casework.Project, revision int64) (casework.Revision, error) {
	if revision == 0 {
		revision = p.Revision
	}
	var r revisionRow
	if err := tx.get(ctx, &r, `SELECT `+revisionColumns+`, plan FROM plan_revision
		WHERE tenant_id = $1 AND project_id = $2 AND revision <= $3 ORDER BY revision DESC LIMIT 1`, p.Tenant, p.ID, revision); err != nil {
		return casework.Revision{}, err
	}
	return r.revision()
}

// Revisions lists who saved what when, newest first, without the plans.
func (tx *Tx) Revisions(ctx context.Context, p casework.Project, limit int) ([]casework.Revision, error) {
	var rows []revisionRow
	err := tx.list(ctx, &rows, `SELECT `+revisionColumns+` FROM plan_revision
		WHERE tenant_id = $1 AND project_id = $2 ORDER BY revision DESC LIMIT $3`, p.Tenant, p.ID, limit)
	out := mapped(rows, func(r revisionRow) casework.Revision { v, _ := r.revision(); return v })
	return out, err
}

// Authors lists the users who saved or ever signed a version or an earlier one, a
// signature that was voided since included.
func (tx *Tx) Authors(ctx context.Context, p casework.Project, version int) (out []tenant.UserID, err error) {
	err = tx.list(ctx, &out, `
		SELECT author_id FROM plan_revision WHERE tenant_id = $1 AND project_id = $2 AND version <= $3
		UNION SELECT signer_id FROM signature WHERE tenant_id = $1 AND project_id = $2 AND version <= $3`,
		p.Tenant, p.ID, version)
	return out, err
}

// InsertSignature stores a signature.
func (tx *Tx) InsertSignature(ctx context.Context, p casework.Project, s casework.Signature) error {
	_, err := tx.exec(ctx, `
		INSERT INTO signature (tenant_id, project_id, version, side, content_hash, signer_id, signer_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, p.Tenant, p.ID, s.Version, s.Side, s.ContentHash, s.Signer, s.SignerName, s.At)
	return err
}

// VoidSignatures ends every signature of a version: its plan was edited. It tells how many.
func (tx *Tx) VoidSignatures(ctx context.Context, p casework.Project, at time.Time) (int64, error) {
	return tx.exec(ctx, `UPDATE signature SET voided_at = $4 WHERE tenant_id = $1 AND project_id = $2 AND version = $3 AND voided_at IS NULL`,
		p.Tenant, p.ID, p.Version, at)
}

// Signatures lists the standing signatures of a version.
func (tx *Tx) Signatures(ctx context.Context, p casework.Project, version int) ([]casework.Signature, error) {
	var rows []struct {
		Version     int           `db:"version"`
		Side        casework.Side `db:"side"`
		ContentHash string        `db:"content_hash"`
		Signer      tenant.UserID `db:"signer_id"`
		SignerName  string        `db:"signer_name"`
		At          time.Time     `db:"at"`
	}
	err := tx.list(ctx, &rows, `SELECT version, side, content_hash, signer_id, signer_name, at FROM signature
		WHERE tenant_id = $1 AND project_id = $2 AND version = $3 AND voided_at IS NULL ORDER BY at`, p.Tenant, p.ID, version)
	out := make([]casework.Signature, len(rows))
	for i, r := range rows {
		out[i] = casework.Signature{Version: r.Version, Side: r.Side, ContentHash: r.ContentHash, Signer: r.Signer, SignerName: r.SignerName, At: r.At}
	}
	return out, err
}

// SignedSides lists, for a page of projects, the sides whose signature stands.
func (tx *Tx) SignedSides(ctx context.Context, ids []casework.ProjectID) (map[casework.ProjectID][]casework.Side, error) {
	var rows []struct {
		Project casework.ProjectID `db:"project_id"`
		Side    casework.Side      `db:"side"`
	}
	err := tx.list(ctx, &rows, `
		SELECT g.project_id, g.side FROM signature g JOIN project p ON p.tenant_id = g.tenant_id AND p.id = g.project_id AND p.version = g.version
		WHERE g.project_id = ANY ($1::uuid[]) AND g.voided_at IS NULL`, textArray(ids))
	out := map[casework.ProjectID][]casework.Side{}
	for _, r := range rows {
		out[r.Project] = append(out[r.Project], r.Side)
	}
	return out, err
}

type versionRow struct {
	Project     casework.ProjectID `db:"project_id"`
	Version     int                `db:"version"`
	Plan        []byte             `db:"plan"`
	ContentHash string             `db:"content_hash"`
	Authors     userArray          `db:"authors"`
	SealedAt    time.Time          `db:"sealed_at"`
	SubmittedAt sql.NullTime       `db:"submitted_at"`
	Override    string             `db:"override_reason"`
	Findings    []byte             `db:"findings"`
	Before      int                `db:"housing_before"`
}

func (r versionRow) version() (casework.Version, error) {
	v := casework.Version{Project: r.Project, Version: r.Version, ContentHash: r.ContentHash, Authors: r.Authors,
		SealedAt: r.SealedAt, SubmittedAt: r.SubmittedAt.Time, OverrideReason: r.Override, HousingBefore: r.Before}
	if err := fromJSON(r.Findings, &v.Findings); err != nil {
		return v, err
	}
	err := fromJSON(r.Plan, &v.Plan)
	return v, err
}

const versionColumns = `project_id, version, plan, content_hash, authors, sealed_at, submitted_at, override_reason, findings, housing_before`

// InsertVersion seals a version.
func (tx *Tx) InsertVersion(ctx context.Context, t tenant.ID, v casework.Version) error {
	plan, err := jsonText(v.Plan)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO project_version (tenant_id, project_id, version, plan, content_hash, authors, sealed_at)
		VALUES ($1, $2, $3, $4, $5, $6::uuid[], $7)`, t, v.Project, v.Version, plan, v.ContentHash, textArray(v.Authors), v.SealedAt)
	return err
}

// Version reads a sealed version; NotFound where the actor may not see it yet.
func (tx *Tx) Version(ctx context.Context, p casework.Project, version int) (casework.Version, error) {
	var r versionRow
	if err := tx.get(ctx, &r, `SELECT `+versionColumns+` FROM project_version
		WHERE tenant_id = $1 AND project_id = $2 AND version = $3`, p.Tenant, p.ID, version); err != nil {
		return casework.Version{}, err
	}
	return r.version()
}

// Versions lists the sealed versions of a project, newest first.
func (tx *Tx) Versions(ctx context.Context, p casework.Project) ([]casework.Version, error) {
	var rows []versionRow
	if err := tx.list(ctx, &rows, `SELECT `+versionColumns+` FROM project_version
		WHERE tenant_id = $1 AND project_id = $2 ORDER BY version DESC`, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	out := make([]casework.Version, 0, len(rows))
	for _, r := range rows {
		v, err := r.version()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// userArray reads a uuid[] column.
type userArray []tenant.UserID

// Scan reads PostgreSQL's array text.
func (u *userArray) Scan(src any) error {
	var list stringArray
	if err := list.Scan(src); err != nil {
		return err
	}
	*u = nil
	for _, s := range list {
		*u = append(*u, tenant.UserID(s))
	}
	return nil
}
