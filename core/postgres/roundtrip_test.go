// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
)

// counter dials, and counts how often a connection turns from writing to reading: each is
// a round trip.
type counter struct{ trips atomic.Int64 }

func (c *counter) Dial(network, address string) (net.Conn, error) {
	conn, err := net.Dial(network, address)
	return &counted{Conn: conn, trips: &c.trips}, err
}

func (c *counter) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	conn, err := net.DialTimeout(network, address, limit)
	return &counted{Conn: conn, trips: &c.trips}, err
}

type counted struct {
	net.Conn
	trips *atomic.Int64
	wrote atomic.Bool
}

func (c *counted) Write(b []byte) (int, error) {
	c.wrote.Store(true)
	return c.Conn.Write(b)
}

func (c *counted) Read(b []byte) (int, error) {
	if c.wrote.Swap(false) {
		c.trips.Add(1)
	}
	return c.Conn.Read(b)
}

// A tenant's transaction with one query takes three round trips, and no page takes more
// than is written here: a change that adds one has to say so.
func TestRoundTrips(t *testing.T) {
	var c counter
	w := sample.With(t, sample.Options{Database: func(config *postgres.Config) { config.Dialer = &c }})
	s := w.Service
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	draft := w.Project(t, w.Entity, 2)
	operator, worker, evaluator, admin := w.As(w.Entity, "operator"), w.As(w.Services, "social_worker"), w.As(w.Lead, "evaluator"), w.As(w.Entity, "entity_admin")
	plugins, publishers := w.As(w.Lead, "plugin_admin"), ownerWorld{w}
	publishers.believes(t, keyA, keyB)
	publishers.claim(t, keyA)
	ask := func(ctx context.Context, do func(context.Context) error) func() error {
		return func() error { return do(ctx) }
	}
	sc := scope(t, w.Env, w.Actor(w.Entity, "operator"), false)
	for _, tc := range []struct {
		name string
		want int64
		do   func() error
	}{
		{"InTenant, one query", 3, func() error {
			return w.DB.InTenant(t.Context(), sc, func(tx *postgres.Tx) error { _, err := codesSeen(t.Context(), tx); return err })
		}},
		{"Person", 3, ask(operator, func(ctx context.Context) error { _, err := s.Person(ctx, p.Person); return err })},
		{"Persons", 3, ask(operator, func(ctx context.Context) error { _, err := s.Persons(ctx, service.PersonQuery{}); return err })},
		{"Persons with identity", 5, ask(operator, func(ctx context.Context) error {
			_, err := s.Persons(ctx, service.PersonQuery{WithIdentity: true})
			return err
		})},
		{"Identity", 8, ask(operator, func(ctx context.Context) error { _, err := s.Identity(ctx, p.Person); return err })},
		{"Consents", 4, ask(operator, func(ctx context.Context) error { _, err := s.Consents(ctx, p.Person); return err })},
		{"Projects", 3, ask(operator, func(ctx context.Context) error { _, err := s.Projects(ctx, service.ProjectQuery{}); return err })},
		{"Projects of the service", 3, ask(worker, func(ctx context.Context) error { _, err := s.Projects(ctx, service.ProjectQuery{}); return err })},
		{"Projects of the lead", 3, ask(evaluator, func(ctx context.Context) error { _, err := s.Projects(ctx, service.ProjectQuery{}); return err })},
		{"Project", 3, ask(operator, func(ctx context.Context) error { _, err := s.Project(ctx, draft.ID); return err })},
		{"Project of the lead", 5, ask(evaluator, func(ctx context.Context) error { _, err := s.Project(ctx, p.ID); return err })},
		{"Worklist", 4, ask(operator, func(ctx context.Context) error { _, err := s.Worklist(ctx, service.PageRequest{}); return err })},
		{"Plan", 9, ask(operator, func(ctx context.Context) error { _, err := s.Plan(ctx, draft.ID); return err })},
		{"Plan of the lead", 8, ask(evaluator, func(ctx context.Context) error { _, err := s.Plan(ctx, p.ID); return err })},
		{"History", 4, ask(operator, func(ctx context.Context) error { _, err := s.History(ctx, p.ID); return err })},
		{"Versions", 4, ask(operator, func(ctx context.Context) error { _, err := s.Versions(ctx, p.ID); return err })},
		{"Judgement", 6, ask(evaluator, func(ctx context.Context) error { _, err := s.Judgement(ctx, p.ID); return err })},
		{"Interventions", 4, ask(operator, func(ctx context.Context) error { _, err := s.Interventions(ctx, p.ID); return err })},
		{"Decisions", 4, ask(operator, func(ctx context.Context) error { _, err := s.Decisions(ctx, p.ID); return err })},
		{"Colleagues", 3, ask(operator, func(ctx context.Context) error { _, err := s.Colleagues(ctx); return err })},
		{"Tenants", 3, ask(operator, func(ctx context.Context) error { _, err := s.Tenants(ctx); return err })},
		{"InterventionTypes", 2, ask(operator, func(ctx context.Context) error { _, err := s.InterventionTypes(ctx); return err })},
		{"Me", 7, ask(operator, func(ctx context.Context) error { _, err := s.Me(ctx); return err })},
		{"AuditEntries", 3, ask(admin, func(ctx context.Context) error { _, err := s.AuditEntries(ctx, 0, 10); return err })},
		{"PluginOwner", 3, ask(plugins, func(ctx context.Context) error { _, err := s.PluginOwner(ctx, "aid"); return err })},
		{"HandOverPlugin", 7, ask(plugins, func(ctx context.Context) error {
			_, err := s.HandOverPlugin(ctx, "aid", service.HandOver{Key: keyB, Seen: 1, Reason: "prova"})
			return err
		})},
		{"SavePlan", 20, ask(operator, func(ctx context.Context) error {
			_, err := s.SavePlan(ctx, draft.ID, draft.Revision, sample.Plan())
			return err
		})},
		{"Share", 12, ask(operator, func(ctx context.Context) error {
			_, err := s.Transition(ctx, draft.ID, service.TransitionRequest{Event: casework.ShareForCoDesign})
			return err
		})},
	} {
		if tc.name != "SavePlan" && tc.name != "Share" && tc.name != "HandOverPlugin" {
			if err := tc.do(); err != nil { // once before, so that connections and keys are there
				t.Fatalf("%s: %v", tc.name, err)
			}
		}
		before := c.trips.Load()
		if err := tc.do(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := c.trips.Load() - before; got != tc.want {
			t.Errorf("%s takes %d round trips, want %d", tc.name, got, tc.want)
		}
	}
}
