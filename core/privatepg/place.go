// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// elsewhere holds the clusters whose own folder PostgreSQL's account cannot enter.
// Only root comes here, and only root can write there.
const elsewhere = "/var/lib/satis-private"

// place is a cluster's folder on disk, locked for this process.
//
//	base/data            the cluster, owned by PostgreSQL's account
//	base/postgresql.log  its log
//	base/lock            locked while a process runs the cluster
//	dir/secret           what passwords are derived from, mode 0600
//	dir/elsewhere        the base, where it is not dir itself
type place struct {
	dir, base string
	lock      *os.File
}

func (p *place) dataDir() string       { return filepath.Join(p.base, "data") }
func (p *place) logPath() string       { return filepath.Join(p.base, "postgresql.log") }
func (p *place) secretPath() string    { return filepath.Join(p.dir, "secret") }
func (p *place) elsewherePath() string { return filepath.Join(p.dir, "elsewhere") }

// initialised reports whether a whole cluster is there: the data folder gets its name last.
func (p *place) initialised() bool {
	_, err := os.Stat(filepath.Join(p.dataDir(), "PG_VERSION"))
	return err == nil
}

// version is the major version that wrote the cluster, or "" where there is none.
func (p *place) version() string {
	b, err := os.ReadFile(filepath.Join(p.dataDir(), "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// openPlace finds or makes the folder, and locks it.
func openPlace(c Config, who account) (*place, error) {
	// Others may pass through to the data folder, which is another user's where we are root;
	// they can neither list nor read.
	if err := os.MkdirAll(c.Dir, 0o711); err != nil {
		return nil, fmt.Errorf("privatepg: make folder: %w", err)
	}
	p := &place{dir: c.Dir, base: c.Dir}
	if err := p.findBase(); err != nil {
		return nil, err
	}
	if p.base == p.dir && !who.reaches(p.dir) {
		if err := p.moveElsewhere(); err != nil {
			return nil, err
		}
		c.Logger.Warn("PostgreSQL runs as another user, who cannot enter the folder: its data are kept elsewhere",
			"user", who.name, "dir", p.dir, "data", p.base)
	}
	return p, p.takeLock()
}

// findBase follows the note that an earlier start left, if any.
func (p *place) findBase() error {
	b, err := os.ReadFile(p.elsewherePath())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("privatepg: %w", err)
	}
	base := strings.TrimSpace(string(b))
	// The note names a folder that Remove deletes: believe it only where it can be true.
	if filepath.Dir(base) != elsewhere {
		return fmt.Errorf("privatepg: %s names a folder outside %s", p.elsewherePath(), elsewhere)
	}
	if _, err := os.Stat(base); err != nil {
		return fmt.Errorf("privatepg: the data named by %s are gone: %w", p.elsewherePath(), err)
	}
	p.base = base
	return nil
}

// moveElsewhere makes a base that every account can pass through. Its name is random, so
// that a folder deleted and made again starts afresh.
func (p *place) moveElsewhere() error {
	if err := os.MkdirAll(elsewhere, 0o711); err != nil {
		return fmt.Errorf("privatepg: make folder: %w", err)
	}
	base, err := os.MkdirTemp(elsewhere, filepath.Base(p.dir)+"-")
	if err != nil {
		return fmt.Errorf("privatepg: make folder: %w", err)
	}
	if err := os.Chmod(base, 0o711); err != nil {
		return fmt.Errorf("privatepg: make folder: %w", err)
	}
	if err := os.WriteFile(p.elsewherePath(), []byte(base+"\n"), 0o600); err != nil {
		return fmt.Errorf("privatepg: note folder: %w", err)
	}
	p.base = base
	return nil
}

// takeLock keeps a second process out. The kernel drops the lock with the process, however it ends.
func (p *place) takeLock() error {
	f, err := os.OpenFile(filepath.Join(p.base, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("privatepg: lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("%w: %s", ErrInUse, p.dir)
		}
		return fmt.Errorf("privatepg: lock: %w", err)
	}
	p.lock = f
	return nil
}

func (p *place) unlock() {
	if p.lock != nil {
		p.lock.Close()
	}
}

// secret reads the cluster's secret, or makes it where there is no cluster yet.
func (p *place) secret() ([]byte, error) {
	b, err := os.ReadFile(p.secretPath())
	if err == nil {
		secret, err := hex.DecodeString(string(bytes.TrimSpace(b)))
		if err != nil || len(secret) != 32 {
			return nil, fmt.Errorf("privatepg: %s is damaged", p.secretPath())
		}
		return secret, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("privatepg: secret: %w", err)
	}
	if p.initialised() {
		return nil, fmt.Errorf("privatepg: %s is missing, and the cluster cannot be opened without it: restore it or start afresh", p.secretPath())
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: it ends the program instead
	return secret, writeSecret(p.secretPath(), secret)
}

func writeSecret(path string, secret []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("privatepg: secret: %w", err)
	}
	_, werr := f.WriteString(hex.EncodeToString(secret) + "\n")
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("privatepg: secret: %w", err)
	}
	return nil
}

// Remove deletes the cluster of a folder, wherever its data are, and nothing else in it.
// It returns ErrInUse while the cluster runs; a folder without a cluster is no error.
func Remove(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("privatepg: folder: %w", err)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	p := &place{dir: dir, base: dir}
	if err := p.findBase(); err != nil {
		return err
	}
	if err := p.takeLock(); err != nil {
		return err
	}
	defer p.unlock()
	return p.remove()
}

func (p *place) remove() error {
	var errs []error
	if p.base != p.dir {
		errs = append(errs, os.RemoveAll(p.base))
	}
	for _, name := range []string{"data", "data.new", "postgresql.log", "secret", "elsewhere", "lock"} {
		errs = append(errs, os.RemoveAll(filepath.Join(p.dir, name)))
	}
	return errors.Join(errs...)
}
