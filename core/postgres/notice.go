// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// Notice tells an organisation what another did in it. What an emergency was for stands
// with it; the other kinds have no text.
type Notice struct {
	ID        string     `db:"id"`
	Kind      string     `db:"kind"`
	ActorName string     `db:"actor_name"`
	By        tenant.ID  `db:"by_tenant"`
	Object    string     `db:"object_id"`
	CreatedAt time.Time  `db:"created_at"`
	ReadAt    *time.Time `db:"read_at"`
	// Of an emergency only.
	ProjectID   string     `db:"project_id"`
	ProjectCode string     `db:"project_code"`
	Reason      string     `db:"reason"`
	ExpiresAt   *time.Time `db:"expires_at"`
	Reads       int        `db:"reads"`
}

// Notices lists what the actor's organisation was told, newest first.
func (tx *Tx) Notices(ctx context.Context, p Page) (out []Notice, err error) {
	q := newQuery(`SELECT n.id, n.kind, n.actor_name, n.by_tenant, n.object_id, n.created_at, n.read_at, coalesce(b.project_id::text, '') AS project_id,
		coalesce(b.project_code, '') AS project_code, coalesce(b.reason, '') AS reason, b.expires_at, coalesce(b.reads, 0) AS reads
		FROM notice n LEFT JOIN break_glass b ON b.tenant_id = n.tenant_id AND b.id = n.object_id AND n.kind = 'break_glass'`)
	q.page(p, "n.created_at", "n.id")
	err = tx.list(ctx, &out, q.text(), q.args...)
	return out, err
}

// MarkNotice marks a notice as read; once more changes nothing. NotFound where the
// organisation has no such notice.
func (tx *Tx) MarkNotice(ctx context.Context, id string, u tenant.UserID, at time.Time) error {
	var found string
	return tx.get(ctx, &found, `UPDATE notice SET read_at = coalesce(read_at, $2), read_by = coalesce(read_by, $3) WHERE id = $1 RETURNING id`, id, at, u)
}
