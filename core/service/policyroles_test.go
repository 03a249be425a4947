// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func roleOf(w *sample.World, in postgres.Tenant, nick string, r tenant.Role, take bool) policy.GrantChange {
	return policy.GrantChange{Grant: policy.Grant{User: w.Actor(in, nick).User, Role: r, Tenant: in.ID}, Take: take}
}

// roleDraft begins a draft that gives and takes roles, beside edits of the rules.
func roleDraft(w *sample.World, nick string, changes ...policy.GrantChange) (service.PolicyDraftView, error) {
	return w.Service.CreatePolicyDraft(w.As(w.Lead, nick), 0, service.DraftChange{Reason: "prova", Roles: &changes})
}

// The whole way of roles: an operator becomes a manager instead, which is previewed, replayed,
// submitted, published with a rule by the second administrator, and holds at the next request
// of another process too.
func TestRolesWay(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, other := w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	w.Project(t, w.Entity, 1)
	elsewhere := service.New(service.Config{DB: w.DB, Master: w.Master})
	operator := w.As(w.Entity, "operator")
	manages := func(s *service.Service) error { return second(s.Notices(operator, service.PageRequest{})) }
	creates := func(s *service.Service) error {
		return second(s.Duplicates(operator, sample.Identity(9)))
	}
	for _, s := range []*service.Service{w.Service, elsewhere} {
		if err := manages(s); !fault.Is(err, fault.Forbidden) {
			t.Fatal(err)
		}
	}
	d, err := roleDraft(w, "policy_admin", roleOf(w, w.Entity, "operator", tenant.Operator, true), roleOf(w, w.Entity, "operator", tenant.EntityManager, false))
	if err != nil || len(d.Changes) != 2 {
		t.Fatalf("%+v %v", d, err)
	}
	p, err := w.Service.PreviewPolicyDraft(author, d.ID)
	if err != nil || len(p.Effect.Roles) != 0 || len(p.Effect.Members) == 0 || len(p.Problems) != 0 {
		t.Fatalf("%+v %v", p.Effect, err)
	}
	for _, m := range p.Effect.Members {
		if m.Tenant != w.Entity.ID || !slices.Equal(m.Users, []tenant.UserID{w.Actor(w.Entity, "operator").User}) {
			t.Errorf("somebody else too: %+v", m)
		}
	}
	if !slices.ContainsFunc(p.Replay.Changes, func(c service.ReplayChange) bool { return !c.Allowed && c.Action == policy.Create }) {
		t.Errorf("what the operator did is not found in the replay: %+v", p.Replay)
	}
	seen, err := w.Service.PolicyDraftRoles(other, d.ID, w.Entity.ID)
	i := slices.IndexFunc(seen.Members, func(m service.PolicyMember) bool { return m.User == w.Actor(w.Entity, "operator").User })
	if err != nil || i < 0 || !slices.Equal(seen.Members[i].Held, []tenant.Role{tenant.Operator}) || !slices.Equal(seen.Members[i].Wanted, []tenant.Role{tenant.EntityManager}) {
		t.Errorf("%+v %v", seen, err)
	}
	d = submit(t, w, "policy_admin", d)
	if _, err := w.Service.PublishPolicyDraft(author, d.ID, d.Revision); faultCode(err) != "second_administrator" {
		t.Errorf("its author published it: %v", err)
	}
	if err := creates(w.Service); fault.Is(err, fault.Forbidden) {
		t.Errorf("a draft is in force: %v", err)
	}
	if d, err = w.Service.PublishPolicyDraft(other, d.ID, d.Revision); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*service.Service{w.Service, elsewhere} {
		if err := creates(s); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the role that was taken still helps: %v", err)
		}
		if err := manages(s); err != nil {
			t.Errorf("the role that was given does not help: %v", err)
		}
	}
	checkRolesHistory(t, w, *d.Published)
	if p, err = w.Service.PreviewPolicyDraft(author, d.ID); err != nil || len(p.Problems) != 0 {
		t.Errorf("once published: %+v %v", p.Problems, err)
	}
	var told int
	w.Query(t, &told, "SELECT count(*) FROM notice WHERE kind = 'roles_changed' AND tenant_id = '"+string(w.Entity.ID)+"'")
	if told != 1 {
		t.Errorf("the entity was told %d times", told)
	}
}

// checkRolesHistory: the version shows its roles, and going back to the one before is about rules.
func checkRolesHistory(t *testing.T, w *sample.World, n int64) {
	t.Helper()
	ctx := w.As(w.Lead, "policy_admin")
	all, err := w.Service.PolicyVersions(ctx)
	if err != nil || len(all) != 2 || all[0].Version != n || len(all[0].Roles) != 2 || !all[0].Chained || !all[1].Chained {
		t.Fatalf("%+v %v", all, err)
	}
	back, err := w.Service.CreatePolicyDraft(ctx, all[1].Version, service.DraftChange{Reason: "indietro"})
	if err != nil || len(back.Changes) != 0 {
		t.Errorf("%+v %v", back.Changes, err)
	}
	var entries int
	w.Query(t, &entries, "SELECT count(*) FROM audit_entry WHERE payload::jsonb -> 'detail' ->> 'step' IN ('take', 'grant') AND payload::jsonb ->> 'action' = 'publish'")
	if entries != 2 {
		t.Errorf("%d roles in the audit", entries)
	}
	// One who rewrites the reason, the publisher or the roles of a version is found out.
	for _, set := range []string{"reason = 'altro'", "published_by = NULL", "roles = ''", "published_at = published_at + interval '1 second'"} {
		w.Admin(t, "CREATE TABLE kept AS SELECT * FROM policy_version", "UPDATE policy_version SET "+set+" WHERE roles <> ''")
		if v, err := w.Service.PolicyVersion(ctx, n); err != nil || v.Chained {
			t.Errorf("%s was not seen: %v", set, err)
		}
		w.Admin(t, "UPDATE policy_version v SET reason = k.reason, published_by = k.published_by, roles = k.roles, published_at = k.published_at FROM kept k WHERE k.version = v.version AND k.network_id = v.network_id", "DROP TABLE kept")
	}
}

// What cannot be is refused while it is a draft, with the line of each change.
func TestRoleDraftsAreChecked(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	foreign := w.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	w.User(t, foreign, "evaluator", tenant.Evaluator)
	for code, c := range map[string]policy.GrantChange{
		"policy_unknown_tenant": roleOf(w, foreign, "evaluator", tenant.Approver, false),
		"policy_wrong_kind":     roleOf(w, w.Entity, "operator", tenant.Evaluator, false),
		"policy_unknown_role":   roleOf(w, w.Entity, "operator", "boss", false),
		"role_held":             roleOf(w, w.Entity, "operator", tenant.Operator, false),
		"role_not_held":         roleOf(w, w.Entity, "operator", tenant.EntityAdmin, true),
		"given_by_host":         roleOf(w, w.Lead, "evaluator", tenant.DataProtectionOfficer, false),
		"roles_apart":           roleOf(w, w.Lead, "policy_admin", tenant.PluginAdmin, false),
		"last_administrator":    roleOf(w, w.Entity, "entity_admin", tenant.EntityAdmin, true),
		"not_a_member":          {Grant: policy.Grant{User: w.Actor(w.Entity, "operator").User, Role: tenant.Operator, Tenant: w.OtherEntity.ID}},
	} {
		_, err := roleDraft(w, "policy_admin", c)
		if e, ok := errors.AsType[*fault.Error](err); faultCode(err) != code || (ok && len(e.Fields) > 0 && e.Fields[0].Path != "grants/1") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if list, err := w.Service.PolicyDrafts(w.As(w.Lead, "policy_admin")); err != nil || len(list) != 0 {
		t.Errorf("%d drafts were kept, %v", len(list), err)
	}
	// An administrator can propose a role for himself: only another can publish it.
	d, err := roleDraft(w, "policy_admin", roleOf(w, w.Lead, "policy_admin", tenant.Accountant, false))
	if err != nil {
		t.Fatal(err)
	}
	d = submit(t, w, "policy_admin", d)
	if _, err := w.Service.PublishPolicyDraft(w.As(w.Lead, "policy_admin"), d.ID, d.Revision); faultCode(err) != "second_administrator" {
		t.Errorf("he gave himself a role: %v", err)
	}
}

// Roles that moved since a draft was written are shown as such; what is moot falls away when
// its author saves, and nothing of it comes into force meanwhile.
func TestRoleDraftIsOvertaken(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, other := w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	d, err := roleDraft(w, "policy_admin", roleOf(w, w.Entity, "operator", tenant.EntityManager, false), roleOf(w, w.Lead, "evaluator", tenant.Accountant, false))
	if err != nil {
		t.Fatal(err)
	}
	d = submit(t, w, "policy_admin", d)
	if err := w.Service.GrantRole(w.As(w.Lead, "secretariat"), w.Entity.ID, w.Actor(w.Entity, "operator").User, tenant.EntityManager); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.PublishPolicyDraft(other, d.ID, d.Revision); faultCode(err) != "role_held" {
		t.Errorf("published over: %v", err)
	}
	p, err := w.Service.PreviewPolicyDraft(other, d.ID)
	if err != nil || len(p.Problems) != 1 || p.Problems[0].Code != "role_held" || len(p.Effect.Members) != 0 {
		t.Errorf("%+v %v", p.Problems, err)
	}
	back, err := w.Service.SendBackPolicyDraft(other, d.ID, d.Revision, "già fatto")
	if err != nil {
		t.Fatal(err)
	}
	back, err = w.Service.SavePolicyDraft(author, d.ID, back.Revision, service.DraftChange{Reason: "prova", Roles: &back.Changes})
	if err != nil || len(back.Changes) != 1 {
		t.Fatalf("%+v %v", back.Changes, err)
	}
	back = submit(t, w, "policy_admin", back)
	if _, err := w.Service.PublishPolicyDraft(other, back.ID, back.Revision); err != nil {
		t.Error(err)
	}
}

// The host's files give and take roles with their rules, in one version.
func TestHostAppliesRoles(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	h, c := w.Service.Host(), roleOf(w, w.Entity, "operator", tenant.EntityManager, false)
	got, err := h.ApplyPolicy(t.Context(), w.Lead.Network, defaultsAnd(), "prova", c)
	if err != nil || got.Unchanged() || len(got.Effect.Members) == 0 {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := w.Service.Notices(w.As(w.Entity, "operator"), service.PageRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := h.PreviewPolicy(t.Context(), w.Lead.Network, defaultsAnd(), c); faultCode(err) != "role_held" {
		t.Error(err)
	}
	c.Take, c.Role, c.User = true, tenant.EntityAdmin, w.Actor(w.Entity, "entity_admin").User
	if _, err := h.ApplyPolicy(t.Context(), w.Lead.Network, defaultsAnd(), "prova", c); faultCode(err) != "last_administrator" {
		t.Error(err)
	}
	all, err := w.Service.PolicyVersions(w.As(w.Lead, "policy_admin"))
	if err != nil || len(all) != 2 || len(all[0].Roles) != 1 || !all[0].Chained {
		t.Errorf("%+v %v", all, err)
	}
}

// A network whose policy is older than a permission gains it when an administrator says so.
func TestNewDefaultsOnPurpose(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, other := w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	missing := func() int {
		m, err := w.Service.PolicyMatrix(author, service.MatrixQuery{Kind: tenant.LeadAgency})
		if err != nil {
			t.Fatal(err)
		}
		return len(m.Missing)
	}
	if n := missing(); n != 0 {
		t.Fatalf("a new network lacks %d", n)
	}
	// As a network looks that was made before courses were known.
	old := slices.DeleteFunc(defaultsAnd(), func(r policy.Rule) bool { return r.Object == policy.CourseNetwork })
	w.Admin(t, "UPDATE policy_version SET rules = '"+policy.Format(old)+"' WHERE network_id = '"+string(w.Lead.Network)+"'", "UPDATE policy_head SET version = version + 1")
	want := len(defaultsAnd()) - len(old)
	if n := missing(); n != want || n == 0 {
		t.Fatalf("%d missing, want %d", n, want)
	}
	d, err := w.Service.CreatePolicyDraft(author, 0, service.DraftChange{Reason: "Nuovi permessi", Defaults: true})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Service.PreviewPolicyDraft(author, d.ID)
	if err != nil || len(p.Added) != want || len(p.Removed) != 0 {
		t.Fatalf("%d added, %d removed, %v", len(p.Added), len(p.Removed), err)
	}
	d = submit(t, w, "policy_admin", d)
	if _, err := w.Service.PublishPolicyDraft(other, d.ID, d.Revision); err != nil {
		t.Fatal(err)
	}
	if n := missing(); n != 0 {
		t.Errorf("%d are still missing", n)
	}
}
