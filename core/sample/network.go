// SPDX-License-Identifier: AGPL-3.0-or-later

// Package sample builds what tests need through the product's own doors: a network with
// its organisations and users, persons, complete plans, projects in any state. It is for
// tests only.
package sample

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// Password is every sample user's.
const Password = "sette gabbiani al molo"

// World is a network of one lead agency, two entities and two social services, in a
// database of its own.
type World struct {
	dbtest.Env
	Service *service.Service
	Master  *seal.Master

	Lead, Entity, OtherEntity, Services, OtherServices postgres.Tenant
	users                                              map[string]tenant.Actor
}

// Options change what a World stands on.
type Options struct {
	Plugins  *pluginhost.Host
	Database func(*postgres.Config)
	Config   func(*service.Config)
}

// New builds a World. Its users have one role each: see As.
func New(tb testing.TB) *World { return With(tb, Options{}) }

// With is New with options.
func With(tb testing.TB, o Options) *World {
	tb.Helper()
	w := &World{Env: dbtest.With(tb, o.Database), users: map[string]tenant.Actor{}}
	var err error
	if w.Master, err = seal.CreateMaster(filepath.Join(tb.TempDir(), "master.key")); err != nil {
		tb.Fatal(err)
	}
	c := service.Config{DB: w.DB, Master: w.Master, Plugins: o.Plugins}
	if o.Config != nil {
		o.Config(&c)
	}
	w.Service = service.New(c)
	w.Lead = w.Tenant(tb, "", tenant.LeadAgency, "Comune capofila")
	n := w.Lead.Network
	w.Entity = w.Tenant(tb, n, tenant.ImplementingEntity, "Associazione Approdo")
	w.OtherEntity = w.Tenant(tb, n, tenant.ImplementingEntity, "Cooperativa Ponte")
	w.Services = w.Tenant(tb, n, tenant.SocialServices, "Servizi sociali Versilia", "Viareggio", "Camaiore")
	w.OtherServices = w.Tenant(tb, n, tenant.SocialServices, "Servizi sociali Lucca", "Lucca")
	for _, t := range []postgres.Tenant{w.Lead, w.Entity, w.OtherEntity, w.Services, w.OtherServices} {
		for _, r := range tenant.RolesOf(t.Kind) {
			w.User(tb, t, string(r), r)
		}
	}
	w.User(tb, w.Lead, "evaluator2", tenant.Evaluator)
	return w
}

// Tenant makes an organisation; one without a network begins a new one.
func (w *World) Tenant(tb testing.TB, n tenant.NetworkID, k tenant.Kind, name string, municipalities ...string) postgres.Tenant {
	tb.Helper()
	t, err := w.Service.Host().CreateTenant(context.Background(), service.NewTenant{Network: n, NetworkName: "Rete di prova", Kind: k, Name: name, Municipalities: municipalities})
	if err != nil {
		tb.Fatalf("sample: create tenant: %v", err)
	}
	return t
}

// User makes a user with roles in a tenant; As finds him by the tenant and the nickname.
func (w *World) User(tb testing.TB, t postgres.Tenant, nick string, roles ...tenant.Role) tenant.Actor {
	tb.Helper()
	email := nick + "." + string(t.ID[len(t.ID)-8:]) + "@example.org"
	id, err := w.Service.Host().PutUser(context.Background(), service.NewUser{Email: email, Name: strings.ToUpper(nick[:1]) + nick[1:] + " Prova",
		Password: Password, Tenant: t.ID, Roles: roles})
	if err != nil {
		tb.Fatalf("sample: create user: %v", err)
	}
	a := tenant.Actor{User: id, Tenant: t.ID, Kind: t.Kind, Network: t.Network, Lang: "it"}
	w.users[string(t.ID)+nick] = a
	return a
}

// Email is the address of a sample user.
func (w *World) Email(t postgres.Tenant, nick string) string {
	return nick + "." + string(t.ID[len(t.ID)-8:]) + "@example.org"
}

// Actor finds the user of a tenant by the nickname, which is the role for most.
func (w *World) Actor(t postgres.Tenant, nick string) tenant.Actor {
	a, ok := w.users[string(t.ID)+nick]
	if !ok {
		panic("sample: no user " + nick + " in " + t.Name)
	}
	return a
}

// As is a context in which the user acts.
func (w *World) As(t postgres.Tenant, nick string) context.Context {
	return tenant.With(context.Background(), w.Actor(t, nick))
}
