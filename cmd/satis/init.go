// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
)

// initCmd makes the two files an installation stands on. It never overwrites one.
type initCmd struct {
	Dir string `arg:"" type:"path" help:"Folder the files are made in."`
}

// The names of the two files.
const (
	secretName = "database.secret"
	masterName = "master.key"
)

// Run makes the files, prints their paths, and says what to keep where.
func (c initCmd) Run(std streams, log *slog.Logger) error {
	secret, master, err := makeSecrets(c.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(std.out, secret)
	fmt.Fprintln(std.out, master)
	log.Info("keep a copy of the master key apart from the copies of the database: without it no name can be read, with both everyone can")
	return nil
}

// makeSecrets makes both files of a folder and tells their paths.
func makeSecrets(dir string) (secret, master string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", usageError{err}
	}
	secret, master = filepath.Join(dir, secretName), filepath.Join(dir, masterName)
	for _, path := range []string{secret, master} {
		if _, err := os.Lstat(path); err == nil {
			return "", "", usage("%s is already there and is not overwritten", path)
		}
	}
	if err := writeSecretFile(secret, string(postgres.NewSecret())); err != nil {
		return "", "", usageError{err}
	}
	if _, err := seal.CreateMaster(master); err != nil {
		return "", "", errors.Join(err, os.Remove(secret))
	}
	return secret, master, nil
}
