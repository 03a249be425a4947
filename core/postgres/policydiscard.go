// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import "context"

// DeletePolicyDraft removes a draft of which the caller read a revision; Stale where it is no
// longer that. The database removes none that was submitted or published.
func (tx *Tx) DeletePolicyDraft(ctx context.Context, id string, seen int64) error {
	return tx.must(ctx, `DELETE FROM policy_draft WHERE id = $1 AND revision = $2`, id, seen)
}
