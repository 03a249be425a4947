// SPDX-License-Identifier: AGPL-3.0-or-later

// Package migrations holds the schema of the database, one numbered file a step.
package migrations

import "embed"

// Files are the steps, as goose reads them.
//
//go:embed *.sql
var Files embed.FS
