// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/satis-toscana/satis/core/isolation"
	"github.com/satis-toscana/satis/core/postgres"
)

type verifyCmd struct {
	Isolation verifyIsolationCmd `cmd:"" help:"Prove that organisations are kept apart and write report.json and report.html. Exit code 0: it holds; 3: a wall has a hole, and the report names it."`
	Key       verifyKeyCmd       `cmd:"" help:"Make a key that signs reports, and beside it the public one (.pub) for those who check."`
	Report    verifyReportCmd    `cmd:"" help:"Check a report's signature and tell what it says. Exit code 0: it is unchanged and holds; 3 if not."`
}

// errHole is the exit code 3.
var errHole = errors.New("organisations are not kept apart")

type verifyIsolationCmd struct {
	adminFlags
	DatabaseSecretFile string `name:"database-secret-file" env:"SATIS_DATABASE_SECRET_FILE" placeholder:"FILE" help:"File the passwords of the database roles come from."`
	URL                string `name:"url" placeholder:"URL" help:"A running server to ask as well, with the two tokens. It gets reading requests only."`
	OwnTokenFile       string `placeholder:"FILE" help:"API token of somebody with persons and projects."`
	OtherTokenFile     string `placeholder:"FILE" help:"API token of somebody of another organisation."`
	KeyFile            string `placeholder:"FILE" help:"Key that signs the report; it is made where there is none. Without the flag: isolation.key in --out."`
	Out                string `default:"." type:"path" placeholder:"DIR" help:"Folder the two files are written to."`
	Lang               string `enum:"it,en" default:"it" help:"Language of report.html."`
	Rounds             int    `default:"3" help:"How often the random work is repeated."`
	outputFlag
}

// Run makes the proofs and writes both files.
func (c verifyIsolationCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	set, err := c.config(std)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return usageError{err}
	}
	key, err := c.key(log)
	if err != nil {
		return err
	}
	r, err := isolation.Run(ctx, set)
	if err != nil {
		return missingError{err}
	}
	text, err := r.Sign(key)
	if err != nil {
		return err
	}
	if err := c.write(text); err != nil {
		return err
	}
	return tellReport(std, c.outputFlag, r)
}

func (c verifyIsolationCmd) config(std streams) (set isolation.Config, err error) {
	if err := demand("database-secret-file", c.DatabaseSecretFile); err != nil {
		return set, err
	}
	set = isolation.Config{Handler: proved, Product: versionText(), Rounds: c.Rounds}
	if set.Secret, err = postgres.LoadSecret(c.DatabaseSecretFile); err != nil {
		return set, usageError{err}
	}
	if c.URL != "" {
		set.Running = &isolation.Running{URL: c.URL}
		if set.Running.Own, err = readSecret(std, c.OwnTokenFile, "own-token"); err != nil {
			return set, err
		}
		if set.Running.Other, err = readSecret(std, c.OtherTokenFile, "other-token"); err != nil {
			return set, err
		}
	}
	set.AdminURL, err = c.address(std)
	return set, err
}

// proved makes what `satis serve` serves.
func proved(p isolation.Parts) (main, numbers http.Handler, err error) {
	plugins, err := openPlugins("", p.Log)
	if err != nil {
		return nil, nil, err
	}
	m := newMetrics(p.DB, plugins)
	main, err = server{log: p.Log, db: p.DB, plugins: plugins, service: p.Service}.handler(m)
	return main, m.handler(), err
}

// key reads the signing key, or makes one where there is none.
func (c verifyIsolationCmd) key(log *slog.Logger) (ed25519.PrivateKey, error) {
	path := c.KeyFile
	if path == "" {
		path = filepath.Join(c.Out, "isolation.key")
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeReportKey(path); err != nil {
			return nil, err
		}
		log.Info("a signing key was made", "file", path, "public", path+".pub")
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, usageError{err}
	}
	key, err := isolation.ParseKey(text)
	if err != nil {
		return nil, usageError{err}
	}
	return key, nil
}

// write writes report.json and the page made of it.
func (c verifyIsolationCmd) write(text []byte) error {
	signed, err := isolation.Check(text, nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Out, "report.json"), append(text, '\n'), 0o644); err != nil {
		return usageError{err}
	}
	f, err := os.Create(filepath.Join(c.Out, "report.html"))
	if err != nil {
		return usageError{err}
	}
	return errors.Join(signed.Page(f, c.Lang), f.Close())
}

// tellReport prints what holds and what does not, each offender on a line of its own.
func tellReport(std streams, f outputFlag, r isolation.Report) error {
	var rows [][]string
	for _, p := range r.Proofs {
		rows = append(rows, []string{p.Name, strconv.FormatBool(p.Holds), strconv.Itoa(p.Checked), strconv.FormatInt(p.Milliseconds, 10), ""})
		for _, o := range p.Offenders {
			rows = append(rows, []string{"", "", "", "", o.Object + ": " + o.Why})
		}
	}
	if err := f.print(std.out, r, []string{"PROOF", "HOLDS", "CHECKED", "MS", "OFFENDER"}, rows); err != nil {
		return err
	}
	if !r.Holds {
		return errHole
	}
	return nil
}

type verifyKeyCmd struct {
	File string `arg:"" type:"path" help:"New file for the private key."`
}

// Run makes the key.
func (c verifyKeyCmd) Run() error { return makeReportKey(c.File) }

// makeReportKey writes a private key and beside it the public one. It overwrites neither.
func makeReportKey(path string) error {
	private, public, err := isolation.NewKey()
	if err != nil {
		return err
	}
	if err := writeSecretFile(path, string(private)); err != nil {
		return usageError{err}
	}
	if err := writeSecretFile(path+".pub", string(public)); err != nil {
		return usageError{errors.Join(err, os.Remove(path))}
	}
	return os.Chmod(path+".pub", 0o644)
}

type verifyReportCmd struct {
	File    string `arg:"" help:"The report.json."`
	KeyFile string `placeholder:"FILE" help:"Public key of whom you expect to have signed; without it, only that nothing was changed since is shown."`
	outputFlag
}

// Run checks the signature and tells what the report says.
func (c verifyReportCmd) Run(std streams, log *slog.Logger) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return usageError{err}
	}
	var key ed25519.PublicKey
	if c.KeyFile != "" {
		raw, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return usageError{err}
		}
		if key, err = isolation.ParsePublicKey(raw); err != nil {
			return usageError{err}
		}
	} else {
		log.Warn("without --key-file anybody could have signed this report")
	}
	signed, err := isolation.Check(text, key)
	if errors.Is(err, isolation.ErrSignature) {
		return fmt.Errorf("%w: %w", errHole, err)
	}
	if err != nil {
		return usageError{err}
	}
	return tellReport(std, c.outputFlag, signed.Report)
}
