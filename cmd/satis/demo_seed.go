// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// seeding fills an empty database through the same door as everybody else: each act by the
// person who would do it, with her rights, at a time in the past months. The clock is the
// only thing that is moved.
type seeding struct {
	db      *postgres.DB
	master  *seal.Master
	plugins *pluginhost.Host
	log     *slog.Logger

	door    *service.Service
	now     time.Time
	tenants map[string]postgres.Tenant
	users   map[string]tenant.UserID // by name
	home    map[string]postgres.Tenant
}

// provisioned is how many days ago the network was set up.
const provisioned = 150

// run makes the network and its stories and tells the accounts, without tokens.
func (s *seeding) run(ctx context.Context) ([]account, error) {
	today := time.Now()
	s.now = today.AddDate(0, 0, -provisioned)
	s.tenants, s.users, s.home = map[string]postgres.Tenant{}, map[string]tenant.UserID{}, map[string]postgres.Tenant{}
	s.door = service.New(service.Config{DB: s.db, Master: s.master, Plugins: s.plugins, Logger: s.log, Now: func() time.Time { return s.now }})
	if err := s.makeTenants(ctx); err != nil {
		return nil, err
	}
	accounts, err := s.makeUsers(ctx)
	if err != nil {
		return nil, err
	}
	return accounts, s.tell(ctx, today)
}

func (s *seeding) makeTenants(ctx context.Context) error {
	var network tenant.NetworkID
	for _, key := range organisationOrder() {
		n := organisations()[key]
		n.Network = network
		t, err := s.door.Host().CreateTenant(ctx, n)
		if err != nil {
			return fmt.Errorf("create %s: %w", key, err)
		}
		s.tenants[key], network = t, t.Network
	}
	return nil
}

func (s *seeding) makeUsers(ctx context.Context) ([]account, error) {
	var out []account
	for _, m := range cast() {
		password := newPassword()
		for _, in := range m.in {
			t := s.tenants[in]
			id, err := s.door.Host().PutUser(ctx, service.NewUser{Email: m.email(), Name: m.name, Password: password, Tenant: t.ID, Roles: m.roles})
			if err != nil {
				return nil, fmt.Errorf("create a user of %s: %w", in, err)
			}
			s.users[m.name] = id
			out = append(out, m.account(id, password, t))
		}
		s.home[m.name] = s.tenants[m.in[0]]
	}
	return out, nil
}

// as is a context in which a member of the cast acts, for his first organisation.
func (s *seeding) as(ctx context.Context, name string) context.Context {
	t, ok := s.home[name]
	if !ok {
		panic("demo: nobody is called " + name)
	}
	return tenant.With(ctx, tenant.Actor{User: s.users[name], Tenant: t.ID, Kind: t.Kind, Network: t.Network, Lang: "it"})
}

// scene is one act of a story.
type scene struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

// tell plays all stories at once in the order of time, so that every list and every audit
// reads as if the months had passed.
func (s *seeding) tell(ctx context.Context, today time.Time) error {
	all := []scene{{at: today.AddDate(0, 0, 1-provisioned), what: "take in courses", do: func(ctx context.Context) error { return s.takeInCourses(s.as(ctx, "Irene Tosi")) }}}
	for i, t := range tales() {
		all = append(all, s.scenes(&t, i, today)...)
	}
	slices.SortStableFunc(all, func(a, b scene) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	for _, sc := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.now = sc.at
		if err := sc.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", sc.what, err)
		}
	}
	return nil
}
