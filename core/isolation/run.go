// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// Parts are what a handler is made of.
type Parts struct {
	DB      *postgres.DB
	Service *service.Service
	Log     *slog.Logger
}

// Config says what is looked at.
type Config struct {
	// AdminURL signs in to the database as the role that migrates it.
	AdminURL string
	// Secret is the one the database was migrated with.
	Secret postgres.Secret
	// Handler makes what the server serves, and its metrics, over a scratch database. The
	// first must be a chi router: its routes are what the matrix is made of.
	Handler func(Parts) (main, metrics http.Handler, err error)
	// Running is a server to ask as well; nil for none.
	Running *Running
	// Product is the program's version.
	Product string
	// Rounds is how often the canary's and the pool's random work is repeated; 0 means 1.
	Rounds int
}

// Run makes the proofs. The error is one of reaching the database; a hole in the wall is none.
func Run(ctx context.Context, c Config) (Report, error) {
	start := time.Now()
	u, err := url.Parse(c.AdminURL)
	if err != nil {
		return Report{}, fmt.Errorf("isolation: the admin address cannot be read")
	}
	r := Report{Product: c.Product, Database: strings.Trim(u.Path, "/"), Began: start.UTC().Truncate(time.Millisecond)}
	var list []postgres.Offence
	if list, err = postgres.Lint(ctx, c.AdminURL); err != nil {
		return Report{}, fmt.Errorf("isolation: read the catalogue: %w", err)
	}
	r.prove(ctx, Catalogue, func(_ context.Context, p *Proof) error {
		p.Checked = postgres.Rules()
		for _, o := range list {
			p.offend(o.Rule+": "+o.Object, "%s", o.Why)
		}
		return nil
	})
	r.scratchProofs(ctx, c)
	if c.Running != nil {
		r.Server = c.Running.URL
		r.prove(ctx, Server, c.Running.prove)
	}
	r.Milliseconds, r.Holds = time.Since(start).Milliseconds(), true
	for _, p := range r.Proofs {
		r.Holds = r.Holds && p.Holds
	}
	return r, ctx.Err()
}

// scratchProofs makes the four proofs that need a database to work in.
func (r *Report) scratchProofs(ctx context.Context, c Config) {
	s, err := openScratch(ctx, c)
	if err != nil {
		for _, name := range []string{Matrix, Canary, Mutation, Pool} {
			r.prove(ctx, name, func(context.Context, *Proof) error { return err })
		}
		return
	}
	defer s.close(ctx)
	r.prove(ctx, Matrix, s.matrix)
	r.prove(ctx, Canary, s.canary)
	r.prove(ctx, Pool, s.pool)
	r.prove(ctx, Mutation, s.mutation) // the last: it leaves the scratch database broken
}
