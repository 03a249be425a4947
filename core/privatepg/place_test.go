// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlace_closedFolder: a folder that PostgreSQL's account cannot enter, as root's own are,
// sends the data elsewhere; the next start finds them, and Remove leaves nothing.
func TestPlace_closedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	var said strings.Builder
	s := begin(t, Config{Dir: dir, Fast: true, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	base := s.place.base
	if os.Geteuid() != 0 {
		if base != dir {
			t.Errorf("the data are in %s", base)
		}
		return
	}
	if filepath.Dir(base) != elsewhere || !strings.Contains(said.String(), base) {
		t.Errorf("the data are in %s, and this was said: %s", base, said.String())
	}
	mustQuery(t, s, "CREATE TABLE kept (n int)")
	s.Stop()
	again := begin(t, Config{Dir: dir, Fast: true})
	if got := mustQuery(t, again, "SELECT count(*) FROM kept"); got != "0" || again.place.base != base {
		t.Errorf("second start: %q in %s", got, again.place.base)
	}
	again.Stop()
	if err := Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(base); err == nil {
		t.Errorf("%s is still there", base)
	}
}

// TestPlace_note: the note is followed into our own folder only.
func TestPlace_note(t *testing.T) {
	dir := t.TempDir()
	other := t.TempDir()
	write(t, filepath.Join(other, "precious"), "")
	write(t, filepath.Join(dir, "elsewhere"), other+"\n")
	if err := Remove(dir); err == nil {
		t.Error("Remove followed a note to a stranger's folder")
	}
	if _, err := os.Stat(filepath.Join(other, "precious")); err != nil {
		t.Error(err)
	}
}

// TestRemove takes the cluster and nothing else.
func TestRemove(t *testing.T) {
	dir := t.TempDir()
	begin(t, Config{Dir: dir, Fast: true}).Stop()
	write(t, filepath.Join(dir, "demo.json"), "{}")
	if err := Remove(dir); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := Remove(filepath.Join(dir, "absent")); err != nil {
		t.Error(err)
	}
}

// TestIsServer: a process id that is another program's by now is no server.
func TestIsServer(t *testing.T) {
	s := begin(t, Config{Dir: t.TempDir(), Fast: true})
	if !s.place.isServer(s.proc.pid) {
		t.Error("the server is not known as one")
	}
	if s.place.isServer(os.Getpid()) {
		t.Error("the test is taken for a server")
	}
}

// TestEndOrphan_staleNote: after a reboot the noted process id may be a stranger's, who must
// neither be signalled nor keep the server from starting.
func TestEndOrphan_staleNote(t *testing.T) {
	dir := t.TempDir()
	s := begin(t, Config{Dir: dir, Fast: true})
	s.Stop()
	write(t, filepath.Join(s.place.dataDir(), "postmaster.pid"), "1\n")
	begin(t, Config{Dir: dir, Fast: true})
}
