// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/privatepg"
	"github.com/satis-toscana/satis/core/seal"
)

// demoDir is the folder of a demo.
//
//	satis-demo       says that it is one: --fresh removes nothing else
//	pg/              the private PostgreSQL
//	database.secret  what the database passwords come from, mode 0600
//	master.key       what wraps the keys of the organisations, mode 0600
//	demo.json        address and accounts, mode 0600
//	seeded           the demo network is whole
type demoDir string

const demoMark = "satis-demo"

func (d demoDir) file(name string) string { return filepath.Join(string(d), name) }
func (d demoDir) cluster() string         { return d.file("pg") }

// openDemoDir finds or makes the folder. One that holds something else is refused.
func openDemoDir(path string, fresh bool) (demoDir, error) {
	d := demoDir(path)
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return d, usageError{err}
	}
	_, err = os.Stat(d.file(demoMark))
	ours := err == nil
	if len(entries) > 0 && !ours {
		return d, usage("%s holds something else than a demo: name another folder with --data", path)
	}
	if fresh && ours {
		if err := d.clear(); err != nil {
			return d, err
		}
	}
	// PostgreSQL runs as another user where we are root: it has to pass through.
	if err := os.MkdirAll(path, 0o755); err != nil {
		return d, usageError{err}
	}
	if err := os.WriteFile(d.file(demoMark), []byte("The data of `satis demo`. Nothing in here is real.\n"), 0o644); err != nil {
		return d, usageError{err}
	}
	return d, nil
}

// clear removes an earlier demo, and nothing that is not of it.
func (d demoDir) clear() error {
	if err := privatepg.Remove(d.cluster()); err != nil {
		return err
	}
	for _, name := range []string{"seeded", "demo.json", secretName, masterName, "pg"} {
		if err := os.Remove(d.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// renewSecrets makes both secrets anew, for an empty database.
func (d demoDir) renewSecrets() error {
	for _, name := range []string{"demo.json", secretName, masterName} {
		if err := os.Remove(d.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	_, _, err := makeSecrets(string(d))
	return err
}

func (d demoDir) secrets() (postgres.Secret, *seal.Master, error) {
	secret, err := postgres.LoadSecret(d.file(secretName))
	if err != nil {
		return nil, nil, err
	}
	master, err := seal.LoadMaster(d.file(masterName))
	return secret, master, err
}

// seeded tells whether the demo network was made to its end.
func (d demoDir) seeded() bool { _, err := os.Stat(d.file("seeded")); return err == nil }

func (d demoDir) markSeeded() error {
	if d.seeded() {
		return nil
	}
	return writeSecretFile(d.file("seeded"), "the demo network is whole")
}

// demoFile is demo.json: what a person or a script needs to sign in.
type demoFile struct {
	URL      string    `json:"url"`
	Accounts []account `json:"accounts"`
	// DatabaseURL is what `satis audit verify` and its like take, with the two secret files
	// of the folder.
	DatabaseURL string `json:"database_url"`
}

// writeAccounts writes demo.json in one step, so that no reader sees half of it.
func (d demoDir) writeAccounts(f demoFile) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	fresh := d.file("demo.json.new")
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSecretFile(fresh, string(text)); err != nil {
		return err
	}
	return os.Rename(fresh, d.file("demo.json"))
}

// readAccounts reads demo.json; none where it is missing or unreadable.
func (d demoDir) readAccounts() []account {
	var f demoFile
	text, err := os.ReadFile(d.file("demo.json"))
	if err != nil || json.Unmarshal(text, &f) != nil {
		return nil
	}
	return f.Accounts
}
