// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMajorOf(t *testing.T) {
	for line, want := range map[string]int{
		"postgres (PostgreSQL) 15.16 (Debian 15.16-0+deb12u1)": 15,
		"postgres (PostgreSQL) 17devel":                        17,
		"postgres (EnterpriseDB) 9":                            0,
		"":                                                     0,
	} {
		if got := majorOf(line); got != want {
			t.Errorf("majorOf(%q) = %d, want %d", line, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	found := []installation{{"/a", 15}, {"/b", 17}, {"/c", 17}, {"/d", 16}}
	for wanted, want := range map[string]string{"": "/b", "16": "/d", "15": "/a", "14": ""} {
		got, ok := choose(found, wanted)
		if got.bin != want || ok != (want != "") {
			t.Errorf("choose(%q) = %q, %v; want %q", wanted, got.bin, ok, want)
		}
	}
}

// TestInstallations: what does not run, is too old or lacks initdb is passed over.
func TestInstallations(t *testing.T) {
	root := t.TempDir()
	make := func(name, script string, initdb bool) string {
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "postgres"), script)
		if initdb {
			write(t, filepath.Join(dir, "initdb"), "#!/bin/sh\n")
		}
		return dir
	}
	print := func(v int) string { return fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %d.1'\n", v) }
	dirs := []string{
		make("old", print(14), true), make("broken", "#!/bin/sh\nexit 1\n", true),
		make("half", print(17), false), make("good", print(16), true), filepath.Join(root, "absent"),
	}
	got := installations(t.Context(), account{}, dirs)
	if len(got) != 1 || got[0] != (installation{filepath.Join(root, "good"), 16}) {
		t.Errorf("got %v", got)
	}
}

// TestPrograms_ofTheVersionThatWroteTheData: a newer PostgreSQL cannot read an older one's data.
func TestPrograms_ofTheVersionThatWroteTheData(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "data", "PG_VERSION"), "11\n")
	p := &place{dir: dir, base: dir}
	_, err := programs(t.Context(), Config{Dir: dir}, p, account{})
	if err == nil || !strings.Contains(err.Error(), "postgresql-11") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestErrNoPostgreSQL_isOneLineThatSaysWhatToInstall(t *testing.T) {
	err := fmt.Errorf("%w (fetching one failed: %s)", ErrNoPostgreSQL, oneLine(errors.New("a\nb")))
	if s := err.Error(); strings.Contains(s, "\n") || !strings.Contains(s, "apt-get install postgresql") {
		t.Errorf("got %q", s)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
