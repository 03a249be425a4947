// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

type decisionRow struct {
	ID            casework.DecisionID `db:"id"`
	Project       sql.NullString      `db:"project_id"`
	Subsidy       string              `db:"subsidy"`
	AsOf          time.Time           `db:"as_of"`
	Facts         []byte              `db:"facts"`
	Eligible      bool                `db:"eligible"`
	MonthlyCents  int64               `db:"monthly_cents"`
	Months        int                 `db:"months"`
	TotalCents    int64               `db:"total_cents"`
	Explanation   []byte              `db:"explanation"`
	ChangeHints   []byte              `db:"change_hints"`
	PluginID      string              `db:"plugin_id"`
	PluginVersion string              `db:"plugin_version"`
	PluginHash    string              `db:"plugin_hash"`
	Contract      string              `db:"contract"`
	At            time.Time           `db:"at"`
}

func (r decisionRow) decision() (casework.Decision, error) {
	d := casework.Decision{ID: r.ID, Project: casework.ProjectID(r.Project.String), Subsidy: r.Subsidy, AsOf: civil(r.AsOf), Eligible: r.Eligible,
		MonthlyCents: r.MonthlyCents, Months: r.Months, TotalCents: r.TotalCents, PluginID: r.PluginID, PluginVersion: r.PluginVersion,
		PluginHash: r.PluginHash, Contract: r.Contract, At: r.At}
	for _, part := range []struct {
		from []byte
		into any
	}{{r.Facts, &d.Facts}, {r.Explanation, &d.Explanation}, {r.ChangeHints, &d.ChangeHints}} {
		if err := fromJSON(part.from, part.into); err != nil {
			return d, err
		}
	}
	return d, nil
}

const decisionColumns = `id, project_id, subsidy, as_of, facts, eligible, monthly_cents, months, total_cents, explanation, change_hints,
	plugin_id, plugin_version, plugin_hash, contract, at`

// InsertDecision stores a decision with all it takes to replay it.
func (tx *Tx) InsertDecision(ctx context.Context, t tenant.ID, d casework.Decision) error {
	facts, err := jsonText(d.Facts)
	if err != nil {
		return err
	}
	steps, err := jsonText(d.Explanation)
	if err != nil {
		return err
	}
	hints, err := jsonText(d.ChangeHints)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO subsidy_decision (tenant_id, id, project_id, subsidy, as_of, facts, eligible, monthly_cents, months, total_cents,
			explanation, change_hints, plugin_id, plugin_version, plugin_hash, contract, request, answer, took_micros, decided_by, at)
		VALUES ($1, $2, NULLIF($3, '')::uuid, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		t, d.ID, d.Project, d.Subsidy, d.AsOf, facts, d.Eligible, d.MonthlyCents, d.Months, d.TotalCents, steps, hints,
		d.PluginID, d.PluginVersion, d.PluginHash, d.Contract, d.Request, d.Answer, d.Took.Microseconds(), d.By, d.At)
	return err
}

// Decision reads one decision; NotFound where the actor may not see it.
func (tx *Tx) Decision(ctx context.Context, id casework.DecisionID) (casework.Decision, error) {
	var r decisionRow
	if err := tx.get(ctx, &r, `SELECT `+decisionColumns+` FROM subsidy_decision WHERE id = $1`, id); err != nil {
		return casework.Decision{}, err
	}
	return r.decision()
}

// Decisions lists the decisions of a project, newest first.
func (tx *Tx) Decisions(ctx context.Context, p casework.Project, limit int) ([]casework.Decision, error) {
	return tx.decisions(ctx, `SELECT `+decisionColumns+` FROM subsidy_decision
		WHERE tenant_id = $1 AND project_id = $2 ORDER BY at DESC, id DESC LIMIT $3`, p.Tenant, p.ID, limit)
}

// LastDecisions lists the newest decision of a project on each subsidy, by the subsidy's code.
func (tx *Tx) LastDecisions(ctx context.Context, p casework.Project) ([]casework.Decision, error) {
	return tx.decisions(ctx, `SELECT DISTINCT ON (subsidy) `+decisionColumns+` FROM subsidy_decision
		WHERE tenant_id = $1 AND project_id = $2 ORDER BY subsidy, at DESC, id DESC`, p.Tenant, p.ID)
}

func (tx *Tx) decisions(ctx context.Context, query string, args ...any) ([]casework.Decision, error) {
	var rows []decisionRow
	if err := tx.list(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	out := make([]casework.Decision, 0, len(rows))
	for _, r := range rows {
		d, err := r.decision()
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
