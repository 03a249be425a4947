// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// fetch brings PostgreSQL's programs onto a machine that has none, once, and tells their
// folder. The library is used only to fetch and unpack: the server is run by this package,
// so that it is the same everywhere.
func fetch(ctx context.Context, c Config, who account) (string, error) {
	root, err := fetchDir(who)
	if err != nil {
		return "", err
	}
	bin := filepath.Join(root, "bin")
	if len(installations(ctx, who, []string{bin})) > 0 {
		return bin, nil
	}
	c.Logger.Info("no PostgreSQL is installed: fetching one", "into", root)
	err = unpack(root)
	if len(installations(ctx, who, []string{bin})) > 0 {
		return bin, nil
	}
	if err == nil {
		err = fmt.Errorf("the programs that were fetched do not run here")
	}
	return "", fmt.Errorf("%w (fetching one failed: %s)", ErrNoPostgreSQL, oneLine(err))
}

// fetchDir is a folder that outlives builds and that the account can enter.
func fetchDir(who account) (string, error) {
	if who.other {
		return filepath.Join(elsewhere, "postgresql"), os.MkdirAll(elsewhere, 0o711)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w (no cache folder: %s)", ErrNoPostgreSQL, oneLine(err))
	}
	return filepath.Join(cache, "satis", "postgresql"), nil
}

// unpack lets the library fetch, unpack and try its programs. As root the trial fails
// after the unpacking, which is all that is wanted: the caller looks at what is there.
func unpack(root string) error {
	scratch, err := os.MkdirTemp("", "satis-fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	port, err := freePort()
	if err != nil {
		return err
	}
	db := embedded.NewDatabase(embedded.DefaultConfig().
		Version(embedded.V17).
		Port(uint32(port)).
		CachePath(filepath.Join(scratch, "cache")).
		RuntimePath(filepath.Join(scratch, "run")).
		DataPath(filepath.Join(scratch, "data")).
		BinariesPath(root).
		StartTimeout(time.Minute).
		Logger(io.Discard))
	if err := db.Start(); err != nil {
		return err
	}
	return db.Stop()
}

// oneLine keeps a foreign error from spreading over the terminal.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
