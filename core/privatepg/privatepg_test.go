// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childDir names the folder for the process that the kill test starts and kills.
const childDir = "SATIS_TEST_PRIVATEPG_DIR"

// TestMain makes the test binary double as that process: it starts a server, says so, and waits.
func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.AdminURL("postgres"))
	select {}
}

// begin starts a server that the test's end stops and removes.
func begin(t *testing.T, c Config) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if err := Remove(c.Dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// query runs SQL through psql and tells what it prints, without headings.
func query(t *testing.T, bin, dsn, sql string) (string, error) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	cmd := exec.Command(filepath.Join(bin, "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, u.String())
	cmd.Env = []string{"PGPASSWORD=" + password, "PGCONNECT_TIMEOUT=5"}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func mustQuery(t *testing.T, s *Server, sql string) string {
	t.Helper()
	out, err := query(t, s.BinDir(), s.AdminURL("postgres"), sql)
	if err != nil {
		t.Fatalf("%s: %v: %s", sql, err, out)
	}
	return out
}

func TestStart_keepsTheDataBetweenStarts(t *testing.T) {
	dir := t.TempDir()
	s := begin(t, Config{Dir: dir})
	mustQuery(t, s, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Done():
	default:
		t.Error("Done is open after Stop")
	}
	again := begin(t, Config{Dir: dir})
	if got := mustQuery(t, again, "SELECT n FROM kept"); got != "7" {
		t.Errorf("after a second start: %q", got)
	}
	if a, b := s.Password("satis_entity"), again.Password("satis_entity"); a != b {
		t.Error("a role's password changed with the start")
	}
}

func TestStart_settings(t *testing.T) {
	for _, tc := range []struct {
		name string
		conf Config
		want map[string]string
	}{
		{"durable", Config{}, map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "100"}},
		{"fast", Config{Fast: true, MaxConnections: 33}, map[string]string{"fsync": "off", "synchronous_commit": "off", "max_connections": "33"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.conf.Dir = t.TempDir()
			s := begin(t, tc.conf)
			tc.want["TimeZone"] = "UTC"
			tc.want["server_encoding"] = "UTF8"
			tc.want["listen_addresses"] = "127.0.0.1"
			for name, want := range tc.want {
				if got := mustQuery(t, s, "SHOW "+name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestStart_onlyWithThePassword(t *testing.T) {
	dir := t.TempDir()
	s := begin(t, Config{Dir: dir, Fast: true})
	wrong := strings.Replace(s.AdminURL("postgres"), s.Password(Admin), "wrong", 1)
	if out, err := query(t, s.BinDir(), wrong, "SELECT 1"); err == nil {
		t.Errorf("let in with a wrong password: %s", out)
	}
	fi, err := os.Stat(filepath.Join(dir, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode().Perm() != 0o600 {
		t.Errorf("secret has mode %v", fi.Mode())
	}
}

func TestStart_logsNoValues(t *testing.T) {
	s := begin(t, Config{Dir: t.TempDir(), Fast: true})
	query(t, s.BinDir(), s.AdminURL("postgres"), "SELECT 'Adaeze'::int")
	query(t, s.BinDir(), s.AdminURL("postgres"), "CREATE TABLE u (n text UNIQUE); INSERT INTO u VALUES ('Adaeze'), ('Adaeze')")
	log, err := os.ReadFile(s.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(log), "Adaeze") {
		t.Errorf("the log quotes a value:\n%s", log)
	}
}

func TestStart_twoServersAtOnce(t *testing.T) {
	a := begin(t, Config{Dir: t.TempDir(), Fast: true})
	b := begin(t, Config{Dir: t.TempDir(), Fast: true})
	mustQuery(t, a, "CREATE TABLE only_a (n int)")
	if got := mustQuery(t, b, "SELECT count(*) FROM pg_class WHERE relname = 'only_a'"); got != "0" {
		t.Error("two folders share a cluster")
	}
	if a.Password(Admin) == b.Password(Admin) {
		t.Error("two clusters share a password")
	}
}

func TestStart_oneServerPerFolder(t *testing.T) {
	dir := t.TempDir()
	begin(t, Config{Dir: dir, Fast: true})
	if _, err := Start(t.Context(), Config{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("second start: %v, want ErrInUse", err)
	}
	if err := Remove(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("remove while running: %v, want ErrInUse", err)
	}
}

func TestStart_aTakenPortIsAnError(t *testing.T) {
	a := begin(t, Config{Dir: t.TempDir(), Fast: true})
	dir := t.TempDir()
	t.Cleanup(func() { Remove(dir) })
	_, err := Start(t.Context(), Config{Dir: dir, Port: a.Port(), Fast: true})
	if err == nil || !strings.Contains(err.Error(), "could not create any TCP/IP sockets") {
		t.Errorf("got %v", err)
	}
}

func TestStart_refusesWithoutItsSecret(t *testing.T) {
	dir := t.TempDir()
	begin(t, Config{Dir: dir, Fast: true}).Stop()
	if err := os.Remove(filepath.Join(dir, "secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
}

func TestStart_afterInterruptedInitialisation(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if s, err := Start(ctx, Config{Dir: dir, Fast: true}); err == nil {
		s.Stop()
	}
	s := begin(t, Config{Dir: dir, Fast: true})
	if got := mustQuery(t, s, "SELECT 1"); got != "1" {
		t.Errorf("got %q", got)
	}
}

// TestKilledParent: the process that runs the server is killed while a client writes. The
// server ends, and the next start has every row that was acknowledged.
func TestKilledParent(t *testing.T) {
	dir := t.TempDir()
	t.Cleanup(func() { Remove(dir) })
	bin, err := Installed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dsn, kill := startChild(t, dir)
	if out, err := query(t, bin, dsn, "CREATE TABLE kept (n int)"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	acknowledged := 0
	for n := range 1000 {
		if n == 5 {
			kill()
		}
		if _, err := query(t, bin, dsn, fmt.Sprintf("INSERT INTO kept VALUES (%d)", n)); err != nil {
			break
		}
		acknowledged++
	}
	if acknowledged >= 1000 {
		t.Fatal("the server outlived its parent")
	}
	s := begin(t, Config{Dir: dir})
	var got int
	fmt.Sscan(mustQuery(t, s, "SELECT count(*) FROM kept"), &got)
	if got < acknowledged {
		t.Errorf("%d rows after the restart, %d were acknowledged", got, acknowledged)
	}
}

// TestKilledServer: PostgreSQL itself is killed too, so that its note about itself is stale.
func TestKilledServer(t *testing.T) {
	dir := t.TempDir()
	s := begin(t, Config{Dir: dir})
	mustQuery(t, s, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	if err := syscall.Kill(s.proc.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	again := begin(t, Config{Dir: dir})
	if got := mustQuery(t, again, "SELECT n FROM kept"); got != "7" {
		t.Errorf("got %q", got)
	}
}

// startChild runs a server in a process of its own, and gives the way to kill that process.
func startChild(t *testing.T, dir string) (dsn string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(kill)
	if _, err := fmt.Fscanln(out, &dsn); err != nil || !strings.HasPrefix(dsn, "postgres://") {
		t.Fatalf("child: %q %v", dsn, err)
	}
	return dsn, kill
}
