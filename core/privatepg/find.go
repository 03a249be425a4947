// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// minMajor is the oldest PostgreSQL with views that obey the reader's row security.
const minMajor = 15

// usualPlaces are where packages put the programs: they are seldom in PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // Red Hat with the PostgreSQL project's packages
	"/usr/libexec/postgresql*",  // Alpine
	"/usr/local/pgsql/bin",      // built from source
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// installation is one folder of PostgreSQL programs.
type installation struct {
	bin   string
	major int
}

// programs chooses the folder of programs for the place: the version that wrote the
// cluster, or the newest; fetched where none is installed.
func programs(ctx context.Context, c Config, p *place, who account) (string, error) {
	found := installations(ctx, who, searchDirs())
	if in, ok := choose(found, p.version()); ok {
		return in.bin, nil
	}
	if v := p.version(); v != "" && len(found) > 0 {
		return "", fmt.Errorf("privatepg: the data in %s were written by PostgreSQL %s, which is not installed: apt-get install postgresql-%s, or start afresh", p.dir, v, v)
	}
	return fetch(ctx, c, who)
}

// Installed tells the folder of the newest usable programs, or ErrNoPostgreSQL.
// It fetches nothing.
func Installed(ctx context.Context) (string, error) {
	who, err := accountFor(os.Geteuid())
	if err != nil {
		return "", err
	}
	in, ok := choose(installations(ctx, who, searchDirs()), "")
	if !ok {
		return "", ErrNoPostgreSQL
	}
	return in.bin, nil
}

// searchDirs lists the folders to look into, PATH's first.
func searchDirs() []string {
	var dirs []string
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// A link in PATH leads to the folder where all the programs are.
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range usualPlaces {
		found, _ := filepath.Glob(pattern) // the patterns are constants and well formed
		dirs = append(dirs, found...)
	}
	return dirs
}

// installations keeps the folders whose programs the account can run and that are new enough.
func installations(ctx context.Context, who account, dirs []string) []installation {
	var found []installation
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		out, err := who.command(ctx, "/", filepath.Join(dir, "postgres"), "--version").Output()
		if err != nil {
			continue
		}
		if major := majorOf(string(out)); major >= minMajor {
			found = append(found, installation{dir, major})
		}
	}
	return found
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// majorOf reads the major version out of what `postgres --version` prints; 0 if it is not there.
func majorOf(line string) int {
	m := versionPattern.FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// choose takes the installation of the wanted major version, or the newest where none is
// wanted; among equals the first.
func choose(found []installation, wanted string) (best installation, ok bool) {
	for _, in := range found {
		if wanted != "" && strconv.Itoa(in.major) != wanted {
			continue
		}
		if in.major > best.major {
			best, ok = in, true
		}
	}
	return best, ok
}
