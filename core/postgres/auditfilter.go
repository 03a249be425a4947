// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/tenant"
)

// AuditFilter narrows a list of entries; an empty field narrows nothing.
type AuditFilter struct {
	Actor    tenant.UserID
	Action   string
	Outcome  audit.Outcome
	Object   string
	ObjectID string
	// From is included, Until is not.
	From, Until time.Time
}

// FilteredAudit lists up to limit entries of a tenant's chain before seq that fit, newest
// first; 0 starts at the end.
func (tx *Tx) FilteredAudit(ctx context.Context, t tenant.ID, f AuditFilter, before int64, limit int) (out []audit.Stored, err error) {
	q := newQuery(`SELECT seq, payload, prev_hash, hash, action, object_id, actor_id, at FROM audit_entry`)
	q.where("tenant_id = ?", t)
	if before > 0 {
		q.where("seq < ?", before)
	}
	for _, c := range []struct{ cond, value string }{{"actor_id = ?", string(f.Actor)}, {"action = ?", f.Action}, {"object_id = ?", f.ObjectID}} {
		if c.value != "" {
			q.where(c.cond, c.value)
		}
	}
	// Outcome and sort of thing stand in the recorded text only. It is searched as text, in
	// the order that audit.Entry writes: one that somebody broke must not break the list.
	if f.Outcome != "" {
		q.where("strpos(payload, ?) > 0", `"outcome":"`+string(f.Outcome)+`","policy_version":`)
	}
	if f.Object != "" {
		q.where("strpos(payload, ?) > 0", `"object":"`+f.Object+`",`)
	}
	if !f.From.IsZero() {
		q.where("at >= ?", f.From)
	}
	if !f.Until.IsZero() {
		q.where("at < ?", f.Until)
	}
	q.args = append(q.args, limit)
	q.ending = " ORDER BY seq DESC LIMIT $" + strconv.Itoa(len(q.args))
	err = tx.list(ctx, &out, q.text(), q.args...)
	return out, err
}
