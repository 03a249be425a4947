// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/service"
)

// databaseFlags say where the database is and which files open it.
type databaseFlags struct {
	DatabaseURL        string `name:"database-url" env:"SATIS_DATABASE_URL" placeholder:"URL" help:"postgres://host:5432/name?sslmode=verify-full, without user and password."`
	DatabaseSecretFile string `name:"database-secret-file" env:"SATIS_DATABASE_SECRET_FILE" placeholder:"FILE" help:"File the passwords of the database roles come from."`
	MasterKeyFile      string `name:"master-key-file" env:"SATIS_MASTER_KEY_FILE" placeholder:"FILE" help:"File of the master key that wraps the keys of the organisations."`
}

// open connects to the database and loads the master key. The caller closes the database.
func (f databaseFlags) open(ctx context.Context) (*postgres.DB, *seal.Master, error) {
	if err := demand("database-url", f.DatabaseURL, "database-secret-file", f.DatabaseSecretFile, "master-key-file", f.MasterKeyFile); err != nil {
		return nil, nil, err
	}
	secret, err := postgres.LoadSecret(f.DatabaseSecretFile)
	if err != nil {
		return nil, nil, usageError{err}
	}
	master, err := seal.LoadMaster(f.MasterKeyFile)
	if err != nil {
		return nil, nil, usageError{err}
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: f.DatabaseURL, Secret: secret})
	if err != nil {
		return nil, nil, missing("%w (does it run, and was `satis migrate up` done with this secret?)", err)
	}
	return db, master, nil
}

// withHost runs an order of the host.
func (f databaseFlags) withHost(ctx context.Context, log *slog.Logger, order func(service.Host) error) error {
	db, master, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	return order(service.New(service.Config{DB: db, Master: master, Logger: log}).Host())
}

// demand complains about flags without a value; names and values come in pairs.
func demand(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return usage("--%s is needed (or SATIS_%s)", pairs[i], strings.ToUpper(strings.ReplaceAll(pairs[i], "-", "_")))
		}
	}
	return nil
}

// readSecret reads one line from a file, or from standard input where it is named "-".
func readSecret(std streams, path, what string) (string, error) {
	if path == "" {
		return "", usage("--%s-file is needed; - reads standard input", what)
	}
	text, err := readFileOr(std, path)
	if err != nil {
		return "", usageError{fmt.Errorf("read %s: %w", what, err)}
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// openPlugins reads the folder of plugins; "" runs none.
func openPlugins(dir string, log *slog.Logger) (*pluginhost.Host, error) {
	return pluginFlags{Plugins: dir}.openHost(log)
}

// writeSecretFile writes a file that was not there before and that only its owner can read.
func writeSecretFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}

func readFileOr(std streams, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(std.in, 64<<10))
	}
	return os.ReadFile(path)
}
