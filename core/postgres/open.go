// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"database/sql"
	"database/sql/driver"
)

// openDB is the one place that makes a pool.
func openDB(c driver.Connector) *sql.DB { return sql.OpenDB(c) }
