// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/satis-toscana/satis/core/postgres"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Make roles and schema, or bring them up to date. Safe to repeat."`
	Status migrateStatusCmd `cmd:"" help:"List the steps and whether each was applied."`
}

// adminFlags name the address that may create roles. It holds a password: better a file.
type adminFlags struct {
	AdminURL     string `name:"admin-url" env:"SATIS_ADMIN_URL" placeholder:"URL" help:"postgres://admin@host:5432/name of a role that may create roles; the password better from a file or ~/.pgpass."`
	AdminURLFile string `name:"admin-url-file" env:"SATIS_ADMIN_URL_FILE" placeholder:"FILE" help:"File that holds the address; - reads standard input."`
}

func (f adminFlags) address(std streams) (string, error) {
	if f.AdminURL != "" {
		return f.AdminURL, nil
	}
	return readSecret(std, f.AdminURLFile, "admin-url")
}

type migrateUpCmd struct {
	adminFlags
	DatabaseSecretFile string `name:"database-secret-file" env:"SATIS_DATABASE_SECRET_FILE" placeholder:"FILE" help:"File the passwords of the database roles come from."`
}

// Run migrates.
func (c migrateUpCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	if err := demand("database-secret-file", c.DatabaseSecretFile); err != nil {
		return err
	}
	secret, err := postgres.LoadSecret(c.DatabaseSecretFile)
	if err != nil {
		return usageError{err}
	}
	admin, err := c.address(std)
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, admin, secret); err != nil {
		return missingError{err}
	}
	log.Info("the schema is up to date")
	return nil
}

type migrateStatusCmd struct {
	adminFlags
	outputFlag
}

// Run lists the steps.
func (c migrateStatusCmd) Run(ctx context.Context, std streams) error {
	admin, err := c.address(std)
	if err != nil {
		return err
	}
	steps, err := postgres.MigrationStatus(ctx, admin)
	if err != nil {
		return missingError{err}
	}
	type step struct {
		Version int64  `json:"version"`
		Name    string `json:"name"`
		Applied bool   `json:"applied"`
	}
	values, rows := make([]step, 0, len(steps)), make([][]string, 0, len(steps))
	for _, s := range steps {
		values = append(values, step(s))
		rows = append(rows, []string{strconv.FormatInt(s.Version, 10), s.Name, strconv.FormatBool(s.Applied)})
	}
	return c.print(std.out, values, []string{"VERSION", "NAME", "APPLIED"}, rows)
}
