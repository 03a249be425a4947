// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

type interventionRow struct {
	ID          casework.InterventionID `db:"id"`
	Project     casework.ProjectID      `db:"project_id"`
	Version     int                     `db:"version"`
	Key         string                  `db:"key"`
	Type        string                  `db:"type"`
	StartsOn    time.Time               `db:"starts_on"`
	EndsOn      sql.NullTime            `db:"ends_on"`
	Months      int                     `db:"months"`
	AmountCents int64                   `db:"amount_cents"`
	Benefits    []byte                  `db:"other_benefits"`
	Details     []byte                  `db:"details"`
	Status      string                  `db:"status"`
	Revision    int64                   `db:"revision"`
}

func (r interventionRow) live() (casework.LiveIntervention, error) {
	v := casework.LiveIntervention{ID: r.ID, Project: r.Project, Version: r.Version, Status: r.Status, Revision: r.Revision,
		Intervention: casework.Intervention{Key: r.Key, Type: r.Type, StartsOn: civil(r.StartsOn), Months: r.Months, AmountCents: r.AmountCents}}
	if r.EndsOn.Valid {
		v.EndsOn = civil(r.EndsOn.Time)
	}
	if err := fromJSON(r.Benefits, &v.OtherBenefits); err != nil {
		return v, err
	}
	err := fromJSON(r.Details, &v.Details)
	return v, err
}

const interventionColumns = `id, project_id, version, key, type, starts_on, ends_on, months, amount_cents, other_benefits, details, status, revision`

// InsertIntervention stores a live intervention.
func (tx *Tx) InsertIntervention(ctx context.Context, t tenant.ID, v casework.LiveIntervention, at time.Time) error {
	details, err := jsonText(v.Details)
	if err != nil {
		return err
	}
	benefits, err := jsonText(append([]casework.OtherBenefit{}, v.OtherBenefits...))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO intervention (tenant_id, id, project_id, version, key, type, starts_on, ends_on, months, amount_cents, other_benefits, details, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, NULLIF($8, '')::date, $9, $10, $11, $12, $13)`,
		t, v.ID, v.Project, v.Version, v.Key, v.Type, v.StartsOn, v.EndsOn, v.Months, v.AmountCents, benefits, details, at)
	return err
}

// EndInterventions ends the live interventions of a project on a day.
func (tx *Tx) EndInterventions(ctx context.Context, p casework.Project, on casework.Date) error {
	_, err := tx.exec(ctx, `
		UPDATE intervention SET status = 'ended', ends_on = greatest(starts_on, least(coalesce(ends_on, $3::date), $3::date)), revision = revision + 1
		WHERE tenant_id = $1 AND project_id = $2 AND status = 'planned'`, p.Tenant, p.ID, on)
	return err
}

// Interventions lists the live interventions of a project.
func (tx *Tx) Interventions(ctx context.Context, p casework.Project) ([]casework.LiveIntervention, error) {
	var rows []interventionRow
	if err := tx.list(ctx, &rows, `SELECT `+interventionColumns+` FROM intervention
		WHERE tenant_id = $1 AND project_id = $2 ORDER BY starts_on, key`, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	out := make([]casework.LiveIntervention, 0, len(rows))
	for _, r := range rows {
		v, err := r.live()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
