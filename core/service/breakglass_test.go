// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

const why = "Ricovero urgente: l'ospedale chiede chi è."

// grant publishes the rules in force with one more.
func grant(t *testing.T, w *sample.World, more ...string) {
	t.Helper()
	rules, err := policy.Defaults()
	must(t, err)
	var b strings.Builder
	for _, r := range rules {
		b.WriteString(r.String() + "\n")
	}
	b.WriteString(strings.Join(more, "\n") + "\n")
	must(t, w.DB.AsSystem(t.Context(), postgres.JobProvision, func(tx *postgres.Tx) error {
		_, err := tx.PublishRules(t.Context(), w.Lead.Network, b.String(), "test", time.Now())
		return err
	}))
}

const letApproverIn = "p, role:approver, *, identity@submitted, break_glass, allow"

// Where two policy_admins let the approver in, she reads one identity for an hour at most:
// both chains tell each step, the entity is told, the data protection officer has the list.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	x := newScene(t)
	ctx := x.As(x.Lead, "approver")
	_, err := x.s.OpenBreakGlass(ctx, x.project.ID, why, 30)
	wantCode(t, err, "not_allowed")
	grant(t, x.World, letApproverIn)

	_, _, err = x.s.BreakGlassIdentity(ctx, x.project.ID)
	wantCode(t, err, "no_emergency")
	for want, ask := range map[string]func() error{
		"reason too_short":  func() error { _, err := x.s.OpenBreakGlass(ctx, x.project.ID, "serve", 30); return err },
		"reason required":   func() error { _, err := x.s.OpenBreakGlass(ctx, x.project.ID, strings.Repeat(" ", 30), 30); return err },
		"minutes too_large": func() error { _, err := x.s.OpenBreakGlass(ctx, x.project.ID, why, 61); return err },
		"minutes too_small": func() error { _, err := x.s.OpenBreakGlass(ctx, x.project.ID, why, 0); return err },
	} {
		wantCode(t, ask(), want)
	}
	open, err := x.s.OpenBreakGlass(ctx, x.project.ID, why, 30)
	must(t, err)
	id, state, err := x.s.BreakGlassIdentity(ctx, x.project.ID)
	must(t, err)
	if d := cmp.Diff(sample.Identity(1), id); d != "" || state.ID != open.ID || state.Reads != 1 {
		t.Errorf("%+v %s", state, d)
	}
	// It is hers alone, and opens nothing else.
	for _, nick := range []string{"evaluator", "secretariat", "policy_admin"} {
		_, _, err := x.s.BreakGlassIdentity(x.As(x.Lead, nick), x.project.ID)
		wantCode(t, err, "not_allowed")
	}
	if _, err := x.s.Identity(ctx, x.person); !fault.Is(err, fault.NotFound) {
		t.Errorf("the plain way to the identity: %v", err)
	}
	must(t, x.s.EndBreakGlass(ctx, x.project.ID))
	_, _, err = x.s.BreakGlassIdentity(ctx, x.project.ID)
	wantCode(t, err, "no_emergency")
	steps(t, x, open.ID, []string{"open", "read", "end"})
	tells(t, x, open.ID)
	list, err := x.s.BreakGlasses(x.As(x.Lead, "data_protection_officer"), service.PageRequest{})
	if err != nil || len(list.Items) != 1 || list.Items[0].Reason != why || list.Items[0].Reads != 1 || list.Items[0].EndedAt == nil {
		t.Errorf("%+v %v", list, err)
	}
}

// The secretariat sees no projects: where it is let in it finds one by its code, and lists its
// own accesses, not those of others.
func TestBreakGlassOfTheSecretariat(t *testing.T) {
	t.Parallel()
	x := newScene(t)
	secretary, approver := x.As(x.Lead, "secretariat"), x.As(x.Lead, "approver")
	_, err := x.s.EmergencyProject(secretary, x.project.Code)
	wantCode(t, err, "not_allowed")
	grant(t, x.World, letApproverIn, "p, role:secretariat, *, identity@submitted, break_glass, allow")
	if _, err := x.s.Project(secretary, x.project.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the project itself: %v", err)
	}
	id, err := x.s.EmergencyProject(secretary, " "+strings.ToLower(x.project.Code))
	if err != nil || id != x.project.ID {
		t.Fatalf("%s %v", id, err)
	}
	draft := x.Project(t, x.Entity, 2)
	for code, want := range map[string]string{" ": "required", "PI-0000-0000": "unknown_project", x.project.PersonCode: "unknown_project", draft.Code: "unknown_project"} {
		if _, err := x.s.EmergencyProject(secretary, code); codeAt(err) != want {
			t.Errorf("%q: %v, want %s", code, err, want)
		}
	}
	state, err := x.s.Emergency(secretary, id)
	if err != nil || state.Open != nil || state.ProjectCode != x.project.Code {
		t.Errorf("%+v %v", state, err)
	}
	_, err = x.s.OpenBreakGlass(approver, id, why, 5)
	must(t, err)
	mine, err := x.s.OpenBreakGlass(secretary, id, why, 5)
	must(t, err)
	if state, err = x.s.Emergency(secretary, id); err != nil || state.Open == nil || state.Open.ID != mine.ID {
		t.Errorf("%+v %v", state, err)
	}
	list, err := x.s.BreakGlasses(secretary, service.PageRequest{})
	if err != nil || len(list.Items) != 1 || list.Items[0].ID != mine.ID || list.Items[0].Reason != why {
		t.Errorf("%+v %v", list, err)
	}
	if list, err = x.s.BreakGlasses(x.As(x.Lead, "data_protection_officer"), service.PageRequest{}); err != nil || len(list.Items) != 2 {
		t.Errorf("the officer's list: %+v %v", list, err)
	}
	_, err = x.s.BreakGlasses(x.As(x.Lead, "evaluator"), service.PageRequest{})
	wantCode(t, err, "not_allowed")
}

// steps compares what both chains say of an access, and that they hold.
func steps(t *testing.T, x scene, id string, want []string) {
	t.Helper()
	for nick, of := range map[string]postgres.Tenant{"data_protection_officer": x.Lead, "entity_admin": x.Entity} {
		ctx := x.As(of, nick)
		list, err := x.s.DecisionAudit(ctx, service.AuditQuery{Action: "break_glass", ObjectID: id, Outcome: "allowed"})
		must(t, err)
		var got []string
		for _, s := range list {
			e, err := s.Entry()
			must(t, err)
			got = append([]string{e.Detail["step"]}, got...)
			if e.Tenant != x.Lead.ID || e.Actor != x.Actor(x.Lead, "approver").User || e.PolicyVersion == 0 {
				t.Errorf("%+v", e)
			}
			if strings.Contains(s.Payload, why) || strings.Contains(s.Payload, sample.Identity(1).FamilyName) {
				t.Errorf("the chain holds personal words: %s", s.Payload)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", of.Name, d)
		}
		if _, err := x.s.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
	}
}

// tells: the manager reads why, the admin, who sees no cases, only that it was.
func tells(t *testing.T, x scene, id string) {
	t.Helper()
	for nick, reason := range map[string]string{"entity_manager": why, "entity_admin": ""} {
		ctx := x.As(x.Entity, nick)
		list, err := x.s.Notices(ctx, service.PageRequest{})
		must(t, err)
		if len(list.Items) != 1 || list.Items[0].Object != id || list.Items[0].Reason != reason || list.Items[0].ByName != x.Lead.Name || list.Items[0].ProjectCode != x.project.Code {
			t.Errorf("%s: %+v", nick, list.Items)
		}
		must(t, x.s.MarkNotice(ctx, list.Items[0].ID))
	}
	other, err := x.s.Notices(x.As(x.OtherEntity, "entity_manager"), service.PageRequest{})
	if err != nil || len(other.Items) != 0 {
		t.Errorf("another entity is told: %+v %v", other, err)
	}
}

// Time ends it, and so does the policy: at the next request, whatever was opened.
func TestBreakGlassEnds(t *testing.T) {
	t.Parallel()
	x := newScene(t)
	ctx := x.As(x.Lead, "approver")
	grant(t, x.World, letApproverIn)
	_, err := x.s.OpenBreakGlass(ctx, x.project.ID, why, 60)
	must(t, err)
	_, _, err = x.s.BreakGlassIdentity(ctx, x.project.ID)
	must(t, err)
	x.Admin(t, "UPDATE break_glass SET granted_at = granted_at - interval '1 hour', expires_at = now() - interval '1 second'")
	_, _, err = x.s.BreakGlassIdentity(ctx, x.project.ID)
	wantCode(t, err, "no_emergency")
	_, err = x.s.OpenBreakGlass(ctx, x.project.ID, why, 60)
	must(t, err)
	grant(t, x.World)
	_, _, err = x.s.BreakGlassIdentity(ctx, x.project.ID)
	wantCode(t, err, "not_allowed")
}

// What the service would never ask, the database refuses too: as the lead's role, without
// an access that lasts, of this very user, nothing is read and nothing is written elsewhere.
func TestTheDatabaseKeepsTheGlass(t *testing.T) {
	t.Parallel()
	x := newScene(t)
	grant(t, x.World, letApproverIn)
	b, err := x.s.OpenBreakGlass(x.As(x.Lead, "approver"), x.project.ID, why, 5)
	must(t, err)
	for what, try := range map[string]func(context.Context, *postgres.Tx) error{
		"another user": func(ctx context.Context, tx *postgres.Tx) error {
			other := b
			other.User = x.Actor(x.Lead, "evaluator").User
			_, _, err := tx.EmergencyIdentity(ctx, other)
			return err
		},
		"the plain table": func(ctx context.Context, tx *postgres.Tx) error {
			_, err := tx.Identity(ctx, x.Entity.ID, x.person)
			return err
		},
		"opened for an evaluator": func(ctx context.Context, tx *postgres.Tx) error {
			other := b
			other.ID, other.User = noSuch, x.Actor(x.Lead, "evaluator").User
			_, err := tx.OpenBreakGlass(ctx, other)
			return err
		},
		"two hours": func(ctx context.Context, tx *postgres.Tx) error {
			other := b
			other.ID, other.ExpiresAt = noSuch, b.GrantedAt.Add(2*time.Hour)
			_, err := tx.OpenBreakGlass(ctx, other)
			return err
		},
		"a role for oneself": func(ctx context.Context, tx *postgres.Tx) error {
			me := x.Actor(x.Lead, "approver").User
			return tx.GrantRole(ctx, postgres.Member{Tenant: x.Lead.ID, User: me, Role: tenant.Evaluator}, postgres.By{User: me, At: b.GrantedAt})
		},
		"a policy_admin": func(ctx context.Context, tx *postgres.Tx) error {
			return tx.GrantRole(ctx, postgres.Member{Tenant: x.Lead.ID, User: x.Actor(x.Lead, "evaluator").User, Role: tenant.PolicyAdmin},
				postgres.By{User: b.User, At: b.GrantedAt})
		},
		"a role of another kind": func(ctx context.Context, tx *postgres.Tx) error {
			return tx.GrantRole(ctx, postgres.Member{Tenant: x.Entity.ID, User: x.Actor(x.Entity, "operator").User, Role: tenant.Approver},
				postgres.By{User: b.User, At: b.GrantedAt})
		},
		"the last admin": func(ctx context.Context, tx *postgres.Tx) error {
			return tx.TakeRole(ctx, postgres.Member{Tenant: x.Entity.ID, User: x.Actor(x.Entity, "entity_admin").User, Role: tenant.EntityAdmin},
				postgres.By{User: b.User, At: b.GrantedAt})
		},
	} {
		var v int64
		x.Query(t, &v, "SELECT version FROM policy_head WHERE network_id = $1", x.Lead.Network)
		err := x.DB.InTenant(t.Context(), postgres.Scope{Actor: x.Actor(x.Lead, "approver"), PolicyVersion: v, Write: true},
			func(tx *postgres.Tx) error { return try(t.Context(), tx) })
		if err == nil {
			t.Errorf("%s: the database lets it pass", what)
		}
	}
	// The entity's own role has no such function at all.
	inVain := func(nick string, try func(tx *postgres.Tx) error) {
		t.Helper()
		var v int64
		x.Query(t, &v, "SELECT version FROM policy_head WHERE network_id = $1", x.Entity.Network)
		if err := x.DB.InTenant(t.Context(), postgres.Scope{Actor: x.Actor(x.Entity, nick), PolicyVersion: v, Write: true}, try); err == nil {
			t.Error("the entity's role may run the network")
		}
	}
	inVain("entity_admin", func(tx *postgres.Tx) error {
		return tx.PutTenantStatus(t.Context(), x.OtherEntity.ID, "suspended", postgres.By{User: b.User, At: b.GrantedAt})
	})
	inVain("entity_admin", func(tx *postgres.Tx) error {
		return tx.GrantRole(t.Context(), postgres.Member{Tenant: x.OtherEntity.ID, User: x.Actor(x.OtherEntity, "operator").User, Role: tenant.EntityAdmin},
			postgres.By{User: x.Actor(x.Entity, "entity_admin").User, At: b.GrantedAt})
	})
}
