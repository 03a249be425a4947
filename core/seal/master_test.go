// SPDX-License-Identifier: AGPL-3.0-or-later

package seal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMaster_fileIsItsOwnersAndNeverOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	first, err := CreateMaster(path)
	if err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", fi.Mode())
	}
	if _, err := CreateMaster(path); !errors.Is(err, ErrMasterExists) {
		t.Errorf("a second one: %v", err)
	}
	_, wrapped := keysOf(t, first, anna)
	again, err := LoadMaster(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Open(anna, wrapped); err != nil {
		t.Errorf("loaded from the file: %v", err)
	}
}

func TestLoadMaster_refuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	if _, err := CreateMaster(path); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadMaster(path); !errors.Is(err, ErrMasterReadable) {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if _, err := LoadMaster(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadMaster(junk); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("junk: %v", err)
	}
}
