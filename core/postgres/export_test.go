// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"

	"github.com/pressly/goose/v3"
)

// MigrateTo makes the schema as it was at an older version, for tests of what a later
// migration does with rows that are there.
func MigrateTo(ctx context.Context, adminURL string, secret Secret, version int64) error {
	db, err := openAdmin(ctx, adminURL)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := createRoles(ctx, db, secret); err != nil {
		return err
	}
	return withGoose(db, func(p *goose.Provider) error {
		_, err := p.UpTo(ctx, version)
		return err
	})
}
