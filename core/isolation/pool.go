// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// turns is how many transactions share the one connection.
const turns = 200

var errHalfWay = errors.New("half-way")

// codes lists the codes of the projects a transaction sees. That query leaves it to the
// database alone whose they are: one that names the organisation itself would show nothing.
func codes(ctx context.Context, tx *postgres.Tx) (out []string, err error) {
	list, err := tx.Projects(ctx, postgres.ProjectFilter{Page: postgres.Page{Limit: 1000}})
	for _, p := range list {
		out = append(out, p.Code)
	}
	return out, err
}

// pool gives one connection to two organisations in turn, with transactions that are
// cancelled, fail or panic half-way. Whoever comes next gets an error or his own rows.
func (s *scratch) pool(ctx context.Context, p *Proof) error {
	db, err := postgres.Open(ctx, postgres.Config{URL: s.url, Secret: s.c.Secret, MaxOpen: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	version, err := s.policyVersion(ctx, s.lead.Network)
	if err != nil {
		return err
	}
	scopes, own, err := s.owners(ctx, p, version)
	if err != nil {
		return err
	}
	count := map[string]int{}
	for i := range turns * max(1, s.c.Rounds) {
		how := []string{"whole", "cancel", "late cancel", "error", "panic"}[rand.IntN(5)]
		sc := scopes[i%2]
		sc.Write = rand.IntN(2) == 0
		seen, err := disturbed(ctx, db, sc, how)
		p.Checked++
		count[how]++
		if slices.ContainsFunc(seen, func(c string) bool { return !slices.Contains(own[i%2], c) }) {
			p.offend("the connection after a transaction that ended by "+how, "served another organisation's rows")
		}
		if how == "whole" && (err != nil || len(seen) != len(own[i%2])) {
			p.offend("a whole transaction", "saw %d of its %d rows: %v", len(seen), len(own[i%2]), err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	p.note("one connection in turn for two organisations: %d whole, %d cancelled, %d cancelled late, %d failed, %d panicked",
		count["whole"], count["cancel"], count["late cancel"], count["error"], count["panic"])
	return nil
}

// owners tells what each of the two sees alone, and that it is nothing in common.
func (s *scratch) owners(ctx context.Context, p *Proof, version int64) (scopes [2]postgres.Scope, own [2][]string, err error) {
	for i, side := range s.sides {
		a, err := tenant.From(s.as(ctx, side.entity, tenant.Operator))
		if err != nil {
			return scopes, own, err
		}
		scopes[i] = postgres.Scope{Actor: a, PolicyVersion: version}
		if err := s.db.InTenant(ctx, scopes[i], func(tx *postgres.Tx) (err error) {
			own[i], err = codes(ctx, tx)
			return err
		}); err != nil {
			return scopes, own, err
		}
	}
	if len(own[0]) == 0 || len(own[1]) == 0 || slices.ContainsFunc(own[0], func(c string) bool { return slices.Contains(own[1], c) }) {
		p.offend("the table project", "two organisations see the same rows, or none at all")
	}
	return scopes, own, nil
}

// disturbed runs a transaction that comes to its end in one of five ways.
func disturbed(ctx context.Context, db *postgres.DB, sc postgres.Scope, how string) (seen []string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() {
		if recover() != nil {
			err = errHalfWay
		}
	}()
	err = db.InTenant(ctx, sc, func(tx *postgres.Tx) (err error) {
		switch how {
		case "cancel":
			cancel()
		case "late cancel":
			time.AfterFunc(time.Duration(rand.IntN(800))*time.Microsecond, cancel)
		}
		if seen, err = codes(ctx, tx); err != nil {
			return err
		}
		switch how {
		case "panic":
			panic(errHalfWay)
		case "error":
			return errHalfWay
		}
		return nil
	})
	return seen, err
}
