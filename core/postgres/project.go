// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

type projectRow struct {
	ID               casework.ProjectID `db:"id"`
	Tenant           tenant.ID          `db:"tenant_id"`
	Network          tenant.NetworkID   `db:"network_id"`
	Code             string             `db:"code"`
	Person           sql.NullString     `db:"person_id"`
	PersonCode       string             `db:"person_code"`
	Services         tenant.ID          `db:"social_services_id"`
	State            casework.State     `db:"state"`
	Shared           bool               `db:"shared"`
	Version          int                `db:"version"`
	Revision         int64              `db:"revision"`
	ContentHash      string             `db:"content_hash"`
	TotalCents       int64              `db:"total_cents"`
	SubmittedVersion int                `db:"submitted_version"`
	Evaluator        sql.NullString     `db:"evaluator_id"`
	CreatedBy        sql.NullString     `db:"created_by"`
	CreatedAt        time.Time          `db:"created_at"`
	UpdatedAt        time.Time          `db:"updated_at"`
}

func (r projectRow) project() casework.Project {
	return casework.Project{ID: r.ID, Tenant: r.Tenant, Network: r.Network, Code: r.Code,
		Person: casework.PersonID(r.Person.String), PersonCode: r.PersonCode, SocialServices: r.Services,
		State: r.State, Shared: r.Shared, Version: r.Version, Revision: r.Revision, ContentHash: r.ContentHash, TotalCents: r.TotalCents,
		SubmittedVersion: r.SubmittedVersion, Evaluator: tenant.UserID(r.Evaluator.String), CreatedBy: tenant.UserID(r.CreatedBy.String),
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

const projectCommon = `p.id, p.tenant_id, p.network_id, p.code, p.person_code, p.social_services_id, p.state, p.shared, p.version, p.revision,
	p.submitted_version, p.evaluator_id, p.created_at, p.updated_at`

// projectSelect lists the columns the actor's role may read: the lead agency gets what was
// submitted, never the draft in the works, and no person's id.
func (tx *Tx) projectSelect() string {
	if tx.scope.Actor.Kind == tenant.LeadAgency {
		return `SELECT ` + projectCommon + `, NULL::uuid AS person_id, NULL::uuid AS created_by,
			p.submitted_hash AS content_hash, p.submitted_cents AS total_cents FROM project p`
	}
	return `SELECT ` + projectCommon + `, p.person_id, p.created_by, p.content_hash, p.total_cents FROM project p`
}

// InsertProject stores a new project of the actor's tenant.
func (tx *Tx) InsertProject(ctx context.Context, p casework.Project) error {
	_, err := tx.exec(ctx, `
		INSERT INTO project (tenant_id, id, network_id, code, person_id, person_code, social_services_id, state, version, revision,
			content_hash, total_cents, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)`,
		p.Tenant, p.ID, p.Network, p.Code, p.Person, p.PersonCode, p.SocialServices, p.State, p.Version, p.Revision,
		p.ContentHash, p.TotalCents, p.CreatedBy, p.CreatedAt)
	return err
}

// Project reads one project; NotFound where it does not exist or is not the actor's to see.
func (tx *Tx) Project(ctx context.Context, id casework.ProjectID) (casework.Project, error) {
	var r projectRow
	err := tx.get(ctx, &r, tx.projectSelect()+` WHERE p.id = $1`, id)
	return r.project(), err
}

// LockProject reads one project and keeps others from changing it until the transaction ends.
func (tx *Tx) LockProject(ctx context.Context, id casework.ProjectID) (casework.Project, error) {
	var r projectRow
	err := tx.get(ctx, &r, tx.projectSelect()+` WHERE p.id = $1 FOR UPDATE`, id)
	return r.project(), err
}

// ProjectFilter narrows a list of projects.
type ProjectFilter struct {
	States []casework.State
	Person casework.PersonID
	Code   string
	Page   Page
}

// Projects lists the projects the actor's organisation sees, last changed first.
func (tx *Tx) Projects(ctx context.Context, f ProjectFilter) ([]casework.Project, error) {
	q := newQuery(tx.projectSelect())
	if len(f.States) == 1 {
		q.where(`p.state = ?`, f.States[0])
	} else if len(f.States) > 1 {
		q.where(`p.state = ANY (?)`, textArray(f.States))
	}
	if f.Person != "" && tx.scope.Actor.Kind != tenant.LeadAgency {
		q.where(`p.person_id = ?`, f.Person)
	}
	if f.Code != "" {
		q.where(`(p.code = ? OR p.person_code = ?)`, f.Code, f.Code)
	}
	q.page(f.Page, "p.updated_at", "p.id")
	var rows []projectRow
	err := tx.list(ctx, &rows, q.text(), q.args...)
	return mapped(rows, projectRow.project), err
}

// MoveProject stores a project's state after a transition of its lead agency or its
// service: the columns those roles may change.
func (tx *Tx) MoveProject(ctx context.Context, p casework.Project) error {
	if tx.scope.Actor.Kind == tenant.LeadAgency {
		return tx.must(ctx, `UPDATE project SET state = $3, evaluator_id = NULLIF($4, '')::uuid, updated_at = $5, revision = revision + 1
			WHERE tenant_id = $1 AND id = $2 AND revision = $6`, p.Tenant, p.ID, p.State, p.Evaluator, p.UpdatedAt, p.Revision)
	}
	return tx.must(ctx, `UPDATE project SET state = $3, content_hash = $4, total_cents = $5, updated_at = $6, revision = revision + 1
		WHERE tenant_id = $1 AND id = $2 AND revision = $7`, p.Tenant, p.ID, p.State, p.ContentHash, p.TotalCents, p.UpdatedAt, p.Revision)
}

// MarkShared makes the project visible to its social service.
func (tx *Tx) MarkShared(ctx context.Context, p casework.Project) error {
	return tx.must(ctx, `UPDATE project SET shared = true WHERE tenant_id = $1 AND id = $2`, p.Tenant, p.ID)
}

// SharingTenants are the organisations that share a project with the actor's social service.
func (tx *Tx) SharingTenants(ctx context.Context) (out []tenant.ID, err error) {
	err = tx.list(ctx, &out, `SELECT DISTINCT tenant_id FROM project WHERE shared AND social_services_id = $1 ORDER BY tenant_id`, tx.scope.Actor.Tenant)
	return out, err
}

// OpenVersion counts the version of a project up.
func (tx *Tx) OpenVersion(ctx context.Context, p casework.Project) error {
	return tx.must(ctx, `UPDATE project SET version = $3, evaluator_id = NULL WHERE tenant_id = $1 AND id = $2`, p.Tenant, p.ID, p.Version)
}

// SetHousingMonths stores how many months of housing support a project stands for.
func (tx *Tx) SetHousingMonths(ctx context.Context, p casework.Project, months int) error {
	return tx.must(ctx, `UPDATE project SET housing_months = $3 WHERE tenant_id = $1 AND id = $2`, p.Tenant, p.ID, months)
}

// MarkSubmitted makes the project, its sealed version and the decisions that it rests on
// visible to the lead agency.
func (tx *Tx) MarkSubmitted(ctx context.Context, p casework.Project, v casework.Version, decisions []casework.Decision) error {
	ids := make([]string, len(decisions))
	for i, d := range decisions {
		ids[i] = string(d.ID)
	}
	if err := tx.must(ctx, `
		UPDATE project SET submitted_version = $3, submitted_hash = $4, submitted_cents = $5, evaluator_id = NULL
		WHERE tenant_id = $1 AND id = $2`, p.Tenant, p.ID, v.Version, v.ContentHash, v.Plan.TotalCents()); err != nil {
		return err
	}
	findings, err := jsonText(v.Findings)
	if err != nil {
		return err
	}
	return tx.must(ctx, `
		UPDATE project_version SET submitted_at = $4, override_reason = $5, findings = $6, decision_ids = $7::uuid[], housing_before = $8
		WHERE tenant_id = $1 AND project_id = $2 AND version = $3 AND submitted_at IS NULL`,
		p.Tenant, p.ID, v.Version, v.SubmittedAt, v.OverrideReason, findings, textArray(ids), v.HousingBefore)
}

// InUse reports whether a project of the person was sealed and has not come to its end:
// others rely on what it counted on.
func (tx *Tx) InUse(ctx context.Context, person casework.PersonID) (yes bool, err error) {
	err = tx.get(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM project WHERE person_id = $1 AND state IN
		('co_signed', 'submitted', 'under_evaluation', 'evaluated', 'approved', 'active'))`, person)
	return yes, err
}

// HousingMonthsElsewhere sums the months of housing support of a person's other projects
// that were sealed and neither refused nor given up before they began. The person is
// locked: two projects of the same person cannot both be counted as the last.
func (tx *Tx) HousingMonthsElsewhere(ctx context.Context, person casework.PersonID, except casework.ProjectID) (months int, err error) {
	if tx.scope.Write {
		if _, err := tx.exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 12))`, string(person)); err != nil {
			return 0, err
		}
	}
	query := `SELECT coalesce(sum(housing_months), 0) FROM project
		WHERE person_id = $1 AND id <> $2 AND state NOT IN ('draft', 'rejected') AND (submitted_version > 0 OR state = 'co_signed')`
	if tx.scope.Actor.Kind == tenant.SocialServices {
		// submitted_version is visible to the service too; its view is of the shared projects only.
		query += ` AND social_services_id = current_setting('satis.tenant')::uuid`
	}
	err = tx.get(ctx, &months, query, person, except)
	return months, err
}
