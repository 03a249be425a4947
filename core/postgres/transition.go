// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

// InsertStep appends a transition to the history of a project that the caller has locked.
func (tx *Tx) InsertStep(ctx context.Context, p casework.Project, s casework.Step) error {
	comments, err := jsonText(append([]casework.Comment{}, s.Comments...))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO transition (tenant_id, project_id, seq, event, from_state, to_state, version, actor_id, actor_name, actor_role,
			actor_tenant_id, reason, content_hash, comments, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		p.Tenant, p.ID, s.Seq, s.Event, s.From, s.To, s.Version, tx.scope.Actor.User, s.ActorName, s.ActorRole,
		tx.scope.Actor.Tenant, s.Reason, s.ContentHash, comments, s.At)
	return err
}

// Steps lists the history of a project in order, as far as the actor may see it.
func (tx *Tx) Steps(ctx context.Context, p casework.Project) ([]casework.Step, error) {
	var rows []struct {
		Seq         int            `db:"seq"`
		Event       casework.Event `db:"event"`
		From        casework.State `db:"from_state"`
		To          casework.State `db:"to_state"`
		Version     int            `db:"version"`
		ActorName   string         `db:"actor_name"`
		ActorRole   tenant.Role    `db:"actor_role"`
		ActorTenant string         `db:"actor_tenant"`
		Reason      string         `db:"reason"`
		ContentHash string         `db:"content_hash"`
		Comments    []byte         `db:"comments"`
		At          time.Time      `db:"at"`
	}
	if err := tx.list(ctx, &rows, `
		SELECT h.seq, h.event, h.from_state, h.to_state, h.version, h.actor_name, h.actor_role, t.name AS actor_tenant,
			h.reason, h.content_hash, h.comments, h.at
		FROM transition h JOIN tenant t ON t.id = h.actor_tenant_id
		WHERE h.tenant_id = $1 AND h.project_id = $2 ORDER BY h.seq`, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	out := make([]casework.Step, len(rows))
	for i, r := range rows {
		out[i] = casework.Step{Seq: r.Seq, Event: r.Event, From: r.From, To: r.To, Version: r.Version, ActorName: r.ActorName,
			ActorRole: r.ActorRole, ActorTenant: r.ActorTenant, Reason: r.Reason, ContentHash: r.ContentHash, At: r.At}
		if err := fromJSON(r.Comments, &out[i].Comments); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// NextSeq tells the number of the next transition. It counts all of them through the
// revision of the locked project, because the actor may not see every one.
func NextSeq(p casework.Project) int { return int(p.Revision) + 1 }

// Parts lists who had a part in a project: drafters did anything to it on the side of
// those who write it (to share, to sign or to submit is to have a part), judges in its
// evaluation.
func (tx *Tx) Parts(ctx context.Context, p casework.Project) (drafters, judges []tenant.UserID, err error) {
	var rows []struct {
		Actor  tenant.UserID `db:"actor_id"`
		Writes bool          `db:"writes"`
		Judges bool          `db:"judges"`
	}
	err = tx.list(ctx, &rows, `
		SELECT actor_id, bool_or(actor_tenant_id IN ($3, $4)) AS writes,
			bool_or(event IN ('start_evaluation', 'request_changes', 'recommend')) AS judges
		FROM transition WHERE tenant_id = $1 AND project_id = $2 GROUP BY actor_id`, p.Tenant, p.ID, p.Tenant, p.SocialServices)
	for _, r := range rows {
		if r.Writes {
			drafters = append(drafters, r.Actor)
		}
		if r.Judges {
			judges = append(judges, r.Actor)
		}
	}
	return drafters, judges, err
}

// InsertEvaluation stores an evaluation.
func (tx *Tx) InsertEvaluation(ctx context.Context, p casework.Project, e casework.Evaluation) error {
	scores, err := jsonText(e.Scores)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO evaluation (tenant_id, project_id, version, evaluator_id, opinion, scores, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, p.Tenant, p.ID, e.Version, e.Evaluator, e.Opinion, scores, e.At)
	return err
}

// Evaluation reads the evaluation of a version; NotFound before it was made.
func (tx *Tx) Evaluation(ctx context.Context, p casework.Project, version int) (casework.Evaluation, error) {
	var r struct {
		Version   int           `db:"version"`
		Evaluator tenant.UserID `db:"evaluator_id"`
		Opinion   string        `db:"opinion"`
		Scores    []byte        `db:"scores"`
		At        time.Time     `db:"at"`
	}
	if err := tx.get(ctx, &r, `SELECT version, evaluator_id, opinion, scores, at FROM evaluation
		WHERE tenant_id = $1 AND project_id = $2 AND version = $3`, p.Tenant, p.ID, version); err != nil {
		return casework.Evaluation{}, err
	}
	e := casework.Evaluation{Version: r.Version, Evaluator: r.Evaluator, Opinion: r.Opinion, At: r.At}
	err := fromJSON(r.Scores, &e.Scores)
	return e, err
}

// InsertApproval stores an approval.
func (tx *Tx) InsertApproval(ctx context.Context, p casework.Project, a casework.Approval) error {
	amounts, err := jsonText(a.Amounts)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO approval (tenant_id, project_id, version, approver_id, content_hash, policy_version, total_cents, amounts, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		p.Tenant, p.ID, a.Version, a.Approver, a.ContentHash, a.PolicyVersion, a.TotalCents, amounts, a.At)
	return err
}

// Approval reads the approval of a version; NotFound before it was given.
func (tx *Tx) Approval(ctx context.Context, p casework.Project, version int) (casework.Approval, error) {
	var r struct {
		Version       int           `db:"version"`
		Approver      tenant.UserID `db:"approver_id"`
		ContentHash   string        `db:"content_hash"`
		PolicyVersion int64         `db:"policy_version"`
		TotalCents    int64         `db:"total_cents"`
		Amounts       []byte        `db:"amounts"`
		At            time.Time     `db:"at"`
	}
	if err := tx.get(ctx, &r, `SELECT version, approver_id, content_hash, policy_version, total_cents, amounts, at FROM approval
		WHERE tenant_id = $1 AND project_id = $2 AND version = $3`, p.Tenant, p.ID, version); err != nil {
		return casework.Approval{}, err
	}
	a := casework.Approval{Version: r.Version, Approver: r.Approver, ContentHash: r.ContentHash, PolicyVersion: r.PolicyVersion, TotalCents: r.TotalCents, At: r.At}
	err := fromJSON(r.Amounts, &a.Amounts)
	return a, err
}
