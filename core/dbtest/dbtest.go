// SPDX-License-Identifier: AGPL-3.0-or-later

// Package dbtest gives a test a real PostgreSQL: one private cluster a test binary, one
// database a test. It is for tests only.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/lib/pq" // the superuser's own connections

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/privatepg"
)

var cluster struct {
	once   sync.Once
	server *privatepg.Server
	dir    string
	secret postgres.Secret
	err    error
	count  atomic.Int64
}

// Main runs the tests of a package, calls what is to be done after them and stops the
// cluster they used. Call it from TestMain: it does not return.
func Main(m *testing.M, after ...func()) {
	code := m.Run()
	for _, f := range after {
		f()
	}
	if cluster.server != nil {
		if err := cluster.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "dbtest: stop PostgreSQL:", err)
			code = max(code, 1)
		}
		privatepg.Remove(cluster.dir)
		os.RemoveAll(filepath.Dir(cluster.dir))
	}
	os.Exit(code)
}

// start brings the cluster up, with one migrated database that all others are copies of.
func start() {
	ctx := context.Background()
	root, err := os.MkdirTemp("", "satis-test-")
	if err == nil {
		err = os.Chmod(root, 0o755) // PostgreSQL runs as another user where the tests run as root
	}
	if err != nil {
		cluster.err = err
		return
	}
	cluster.dir = filepath.Join(root, "pg")
	cluster.secret = postgres.NewSecret()
	if cluster.server, cluster.err = privatepg.Start(ctx, privatepg.Config{Dir: cluster.dir, Fast: true, MaxConnections: 300}); cluster.err != nil {
		return
	}
	if cluster.err = admin("CREATE DATABASE template_satis"); cluster.err != nil {
		return
	}
	cluster.err = postgres.Migrate(ctx, cluster.server.AdminURL("template_satis"), cluster.secret)
}

// admin runs statements as the superuser.
func admin(statements ...string) error {
	return run(cluster.server.AdminURL("postgres"), statements...)
}

func run(at string, statements ...string) error {
	db, err := sql.Open("postgres", at)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			return fmt.Errorf("%s: %w", strings.Fields(s)[0], err)
		}
	}
	return nil
}

// Env is a test's own database.
type Env struct {
	// URL is the database's address without a role, AdminURL the superuser's.
	URL, AdminURL string
	Secret        postgres.Secret
	// DB is open as the roles of the application.
	DB *postgres.DB
	// Bin is the folder of pgbench and its like.
	Bin string
}

// New makes a migrated database for one test and removes it afterwards.
func New(tb testing.TB) Env { return With(tb, nil) }

// With is New with a changed configuration: a counting dialer, a smaller pool.
func With(tb testing.TB, change func(*postgres.Config)) Env {
	tb.Helper()
	cluster.once.Do(start)
	if cluster.err != nil {
		tb.Fatalf("dbtest: %v", cluster.err)
	}
	name := fmt.Sprintf("t%d", cluster.count.Add(1))
	if err := admin("CREATE DATABASE " + name + " TEMPLATE template_satis"); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	e := Env{AdminURL: cluster.server.AdminURL(name), Secret: cluster.secret, Bin: cluster.server.BinDir()}
	u, err := url.Parse(e.AdminURL)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	u.User = nil
	e.URL = u.String()
	c := postgres.Config{URL: e.URL, Secret: e.Secret, MaxOpen: 8}
	if change != nil {
		change(&c)
	}
	if e.DB, err = postgres.Open(context.Background(), c); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	tb.Cleanup(func() {
		e.DB.Close()
		if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Errorf("dbtest: %v", err)
		}
	})
	return e
}

// Admin runs statements in the test's database as the superuser: to break a wall and see
// that a test falls.
func (e Env) Admin(tb testing.TB, statements ...string) {
	tb.Helper()
	if err := run(e.AdminURL, append([]string{"SET search_path = satis"}, statements...)...); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
}

// Query reads one value in the test's database as the superuser.
func (e Env) Query(tb testing.TB, into any, query string, args ...any) {
	tb.Helper()
	db, err := sql.Open("postgres", e.AdminURL)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("SET search_path = satis"); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	if err := db.QueryRow(query, args...).Scan(into); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
}
