// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"testing"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// A step that is sent twice is done once, and is no error; other words, another person or
// another state are another matter.
func TestPluginStepTwice(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.User(t, x.Lead, "plugin_admin2", tenant.PluginAdmin)
	other := x.As(x.Lead, "plugin_admin2")
	_, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "1.0.0", 50))
	must(t, err)
	seen, err := x.s.CheckPlugin(x.admin, "aid", "1.0.0")
	must(t, err)
	entries := func() (n int) { x.Query(t, &n, "SELECT count(*) FROM audit_entry"); return n }
	type step func(ctx context.Context, reason string) (service.PluginDetail, error)
	activation := service.Activation{Tenants: []tenant.ID{x.Entity.ID}, Pinned: true}
	activate := func(do func(context.Context, string, string, service.Activation) (service.PluginDetail, error), a service.Activation) step {
		return func(ctx context.Context, reason string) (service.PluginDetail, error) {
			a.Reason = reason
			return do(ctx, "aid", "1.0.0", a)
		}
	}
	named := func(do func(context.Context, string, string, string) (service.PluginDetail, error)) step {
		return func(ctx context.Context, reason string) (service.PluginDetail, error) {
			return do(ctx, "aid", "1.0.0", reason)
		}
	}
	for _, c := range []struct {
		name  string
		do    step
		state string
		// refused is what who says it in other words is told; empty where it is done again.
		refused string
	}{
		{"approve", func(ctx context.Context, reason string) (service.PluginDetail, error) {
			return x.s.ApprovePlugin(ctx, "aid", "1.0.0", seen.Revision, reason)
		}, postgres.PluginApproved, "changed_meanwhile"},
		{"activate", activate(x.s.ActivatePlugin, activation), postgres.PluginApproved, ""},
		{"activate everywhere", activate(x.s.ActivatePlugin, service.Activation{Everywhere: true}), postgres.PluginApproved, ""},
		{"deactivate", activate(x.s.DeactivatePlugin, activation), postgres.PluginApproved, ""},
		{"suspend", named(x.s.SuspendPlugin), postgres.PluginSuspended, "plugin_state_forbids"},
		{"resume", named(x.s.ResumePlugin), postgres.PluginApproved, "plugin_state_forbids"},
		{"revoke", named(x.s.RevokePlugin), postgres.PluginRevoked, "plugin_version_revoked"},
	} {
		first, err := c.do(x.admin, "vista insieme")
		if err != nil || first.State != c.state {
			t.Fatalf("%s: %s, %v", c.name, first.State, err)
		}
		n := entries()
		again, err := c.do(x.admin, " vista insieme ")
		if err != nil || again.State != c.state || again.Revision != first.Revision || len(again.Steps) != len(first.Steps) || entries() != n {
			t.Errorf("%s twice: %s, revision %d after %d, %d entries more, %v", c.name, again.State, again.Revision, first.Revision, entries()-n, err)
		}
		if c.refused == "" {
			continue
		}
		if _, err := c.do(x.admin, "ripensata"); codeAt(err) != c.refused {
			t.Errorf("%s in other words: %v", c.name, err)
		}
		if _, err := c.do(other, "vista insieme"); codeAt(err) != c.refused {
			t.Errorf("%s by somebody else: %v", c.name, err)
		}
	}
}

// What was asked for once is done again where it does not stand any more.
func TestActivationIsNoRepetition(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.admit(t, "2.0.0", 70)
	one := service.Activation{Tenants: []tenant.ID{x.Entity.ID}}
	x.activate(t, "1.0.0", one)
	x.activate(t, "2.0.0", one)
	x.activate(t, "1.0.0", one)
	if got, err := ask(x.s, x.As(x.Entity, "operator"), 0); err != nil || got != 5000 {
		t.Errorf("going back in the same words: %d, %v", got, err)
	}
	x.activate(t, "1.0.0", service.Activation{Tenants: []tenant.ID{x.OtherEntity.ID}})
	if got, err := ask(x.s, x.As(x.OtherEntity, "operator"), 0); err != nil || got != 5000 {
		t.Errorf("another organisation in the same words: %d, %v", got, err)
	}
	d, err := x.s.Plugin(x.admin, "aid", "1.0.0")
	must(t, err)
	if _, err := x.s.CheckPlugin(x.admin, "aid", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.ApprovePlugin(x.admin, "aid", "1.0.0", d.Revision-1, "vista insieme all'agenzia"); !fault.Is(err, fault.Stale) {
		t.Errorf("approved at a revision long gone: %v", err)
	}
}
