// SPDX-License-Identifier: AGPL-3.0-or-later

// Package privatepg runs a PostgreSQL of one's own, for `satis demo` and for the tests.
//
// The cluster lives in one folder, is reached over 127.0.0.1 only and with a password, and
// ends with the process that started it, even where that one is killed. It is made of the
// machine's own PostgreSQL programs; where none are installed they are fetched. A server
// that holds real data belongs to the operator, never to this package.
//
// PostgreSQL refuses to run as root: as root the programs run as "postgres" or "nobody".
package privatepg

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Admin is the superuser of every private cluster.
const Admin = "satis_admin"

// InstallHint is what to do where PostgreSQL is missing, in one line.
const InstallHint = "PostgreSQL 15 or newer is needed: apt-get install postgresql (macOS: brew install postgresql@17)"

var (
	// ErrNoPostgreSQL says that no programs were found and none could be fetched.
	// The text of what Start returns is InstallHint and the reason, in one line.
	ErrNoPostgreSQL = errors.New(InstallHint)
	// ErrInUse says that another process runs the cluster of this folder.
	ErrInUse = errors.New("privatepg: the folder is in use by another process")
)

// Config says where the cluster lives and what it is for.
type Config struct {
	// Dir is the cluster's folder. It is made when missing and kept between starts.
	Dir string
	// Logger hears of what takes time or differs from the usual; nil is silence.
	Logger *slog.Logger
	// Port is the TCP port on 127.0.0.1; 0 chooses a free one at every start.
	Port int
	// MaxConnections is PostgreSQL's max_connections; 0 means 100.
	MaxConnections int
	// Tune gives more memory and longer checkpoints, for measurements.
	Tune bool
	// Fast gives up durability for speed: a crash of the machine may destroy the cluster. Tests only.
	Fast bool
}

// Server is a running cluster. Its methods may be used by several goroutines.
type Server struct {
	place  *place
	proc   *postmaster
	port   int
	bin    string
	secret []byte

	stopOnce sync.Once
	stopErr  error
}

// Start brings the cluster of c.Dir up, creating it at the first start, and returns when
// it answers. The context bounds the start only: end the server with Stop.
//
// It returns ErrInUse, ErrNoPostgreSQL, or an error that names the log to read.
func Start(ctx context.Context, c Config) (*Server, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	who, err := accountFor(os.Geteuid())
	if err != nil {
		return nil, err
	}
	p, err := openPlace(c, who)
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, c, p, who)
	if err != nil {
		p.unlock()
		return nil, err
	}
	return s, nil
}

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("privatepg: no folder given")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("privatepg: folder: %w", err)
	}
	c.Dir = dir
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = 100
	}
	return c, nil
}

// start does the work of Start while the place is locked.
func start(ctx context.Context, c Config, p *place, who account) (*Server, error) {
	secret, err := p.secret()
	if err != nil {
		return nil, err
	}
	bin, err := programs(ctx, c, p, who)
	if err != nil {
		return nil, err
	}
	if err := p.endOrphan(ctx, c.Logger); err != nil {
		return nil, err
	}
	s := &Server{place: p, secret: secret, bin: bin}
	if !p.initialised() {
		c.Logger.Info("creating a private PostgreSQL", "dir", p.base)
		if err := p.initialise(ctx, bin, who, s.Password(Admin), c.Fast); err != nil {
			return nil, err
		}
	}
	s.proc, s.port, err = startPatiently(ctx, c, p, bin, who)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// startPatiently waits for the last processes of a server that was killed: they hold its
// shared memory until they notice, a moment to some seconds later.
func startPatiently(ctx context.Context, c Config, p *place, bin string, who account) (*postmaster, int, error) {
	for end := time.Now().Add(15 * time.Second); ; {
		proc, port, err := startPostmaster(ctx, c, p, bin, who)
		if err == nil || !strings.Contains(err.Error(), "shared memory block") || time.Now().After(end) {
			return proc, port, err
		}
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// Password derives a role's password from the cluster's secret: the same at every start,
// and different for every role and cluster. Whoever creates a role gives it this one.
func (s *Server) Password(role string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("satis private role password\x00" + role))
	return hex.EncodeToString(mac.Sum(nil)[:24])
}

// URL is the connection string of a role whose password is Password(role).
func (s *Server) URL(role, db string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, s.Password(role)),
		Host:     "127.0.0.1:" + strconv.Itoa(s.port),
		Path:     "/" + db,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// AdminURL is the superuser's connection string. The database "postgres" always exists.
func (s *Server) AdminURL(db string) string { return s.URL(Admin, db) }

// Port is the TCP port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// BinDir is the folder of the PostgreSQL programs in use, for psql, pg_dump and pgbench.
func (s *Server) BinDir() string { return s.bin }

// LogPath is the file that PostgreSQL logs to.
func (s *Server) LogPath() string { return s.place.logPath() }

// Done is closed when PostgreSQL has ended, by Stop or on its own.
func (s *Server) Done() <-chan struct{} { return s.proc.done }

// Stop ends the server: connections are cut, transactions rolled back, data written.
// It returns when PostgreSQL has ended; a second call returns what the first did.
func (s *Server) Stop() error {
	s.stopOnce.Do(func() {
		s.stopErr = s.proc.stop(30 * time.Second)
		s.place.unlock()
	})
	return s.stopErr
}
