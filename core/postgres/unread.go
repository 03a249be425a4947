// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import "context"

// UnreadNotices counts the notices of the actor's organisation that nobody has read; it stops
// at 100, so that it stays cheap where nobody ever reads them.
func (tx *Tx) UnreadNotices(ctx context.Context) (n int, err error) {
	err = tx.get(ctx, &n, `SELECT count(*) FROM (SELECT 1 FROM notice WHERE read_at IS NULL LIMIT 100) unread`)
	return n, err
}
