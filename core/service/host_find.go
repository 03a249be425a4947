// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// FindUser tells which user has an address; NotFound where none has.
func (h Host) FindUser(ctx context.Context, email string) (id tenant.UserID, err error) {
	err = h.s.db.AsSystem(ctx, postgres.JobProvision, func(tx *postgres.Tx) error {
		u, err := tx.UserByEmail(ctx, CleanEmail(email))
		id = u.ID
		return err
	})
	return id, err
}
