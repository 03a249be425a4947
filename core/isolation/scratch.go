// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/service"
)

// scratch is a database of invented people with the whole server over it, in this process.
type scratch struct {
	c          Config
	name       string
	adminURL   string
	url        string
	dir        string
	db         *postgres.DB
	svc        *service.Service
	main       http.Handler
	metrics    http.Handler
	log        *keeper
	ids        things
	lead, away postgres.Tenant // of this network, and of another
	sides      [2]*side
	users      []*user
}

// keeper keeps what is logged, to be searched.
type keeper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (k *keeper) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.Write(b)
}

func (k *keeper) bytes() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.text.Bytes())
}

// openScratch makes the database and its people. The roles are those of the cluster, so it
// first makes sure that the secret opens the real database: a wrong one would change their
// passwords.
func openScratch(ctx context.Context, c Config) (s *scratch, err error) {
	real, err := withoutUser(c.AdminURL, "")
	if err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: real, Secret: c.Secret, MaxOpen: 1})
	if err != nil {
		return nil, fmt.Errorf("the roles cannot be used: %w", err)
	}
	db.Close()
	var salt [6]byte
	rand.Read(salt[:])
	s = &scratch{c: c, name: postgres.ScratchPrefix + hex.EncodeToString(salt[:]), log: &keeper{}}
	if s.adminURL, err = inDatabase(c.AdminURL, s.name); err != nil {
		return nil, err
	}
	if s.url, err = withoutUser(c.AdminURL, s.name); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "satis-verify-"); err != nil {
		return nil, err
	}
	if err = s.build(ctx); err != nil {
		s.close(ctx)
		return nil, err
	}
	return s, nil
}

func (s *scratch) build(ctx context.Context) (err error) {
	if err = postgres.CreateDatabase(ctx, s.c.AdminURL, s.name); err != nil {
		return err
	}
	if err = postgres.Migrate(ctx, s.adminURL, s.c.Secret); err != nil {
		return err
	}
	if s.db, err = postgres.Open(ctx, postgres.Config{URL: s.url, Secret: s.c.Secret, MaxOpen: 4}); err != nil {
		return err
	}
	master, err := seal.CreateMaster(filepath.Join(s.dir, "master.key"))
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.svc = service.New(service.Config{DB: s.db, Master: master, Logger: log})
	if s.main, s.metrics, err = s.c.Handler(Parts{s.db, s.svc, log}); err != nil {
		return err
	}
	return s.populate(ctx)
}

// close removes all that was made, whatever became of ctx.
func (s *scratch) close(ctx context.Context) {
	if s.db != nil {
		s.db.Close()
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer stop()
	_ = postgres.DropDatabase(end, s.c.AdminURL, s.name)
	os.RemoveAll(s.dir)
}

func inDatabase(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("isolation: the admin address cannot be read")
	}
	if name != "" {
		u.Path = "/" + name
	}
	return u.String(), nil
}

func withoutUser(address, name string) (string, error) {
	text, err := inDatabase(address, name)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("isolation: the admin address cannot be read")
	}
	u.User = nil
	return u.String(), nil
}
