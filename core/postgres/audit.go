// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/tenant"
)

// AppendAudit appends an entry to the chain of the tenant the transaction runs for. In a
// system transaction the tenant is the one that AuditFor named.
func (tx *Tx) AppendAudit(ctx context.Context, payload, action, object, actor string, at time.Time) error {
	_, err := tx.exec(ctx, `SELECT audit_append($1, $2, $3, $4, $5)`, payload, action, object, actor, at)
	return err
}

// AuditFor names the tenant whose chain a system transaction appends to.
func (tx *Tx) AuditFor(ctx context.Context, t tenant.ID) error {
	_, err := tx.exec(ctx, `SELECT set_config('satis.tenant', $1, true)`, string(t))
	return err
}

// AuditEntries lists up to limit entries of a tenant's chain after seq, in order.
func (tx *Tx) AuditEntries(ctx context.Context, t tenant.ID, after int64, limit int) (out []audit.Stored, err error) {
	err = tx.list(ctx, &out, `
		SELECT seq, payload, prev_hash, hash, action, object_id, actor_id, at FROM audit_entry
		WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, t, after, limit)
	return out, err
}

// AuditHead reads the end of a tenant's chain; NotFound where nothing was ever written.
func (tx *Tx) AuditHead(ctx context.Context, t tenant.ID) (h audit.Head, err error) {
	err = tx.get(ctx, &h, `SELECT seq, hash FROM audit_head WHERE tenant_id = $1`, t)
	return h, err
}

// LatestAudit lists up to limit entries before seq, newest first; 0 starts at the end.
func (tx *Tx) LatestAudit(ctx context.Context, t tenant.ID, before int64, limit int) (out []audit.Stored, err error) {
	err = tx.list(ctx, &out, `
		SELECT seq, payload, prev_hash, hash, action, object_id, actor_id, at FROM audit_entry
		WHERE tenant_id = $1 AND ($2 = 0 OR seq < $2) ORDER BY seq DESC LIMIT $3`, t, before, limit)
	return out, err
}
