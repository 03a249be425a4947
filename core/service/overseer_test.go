// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

var overseers = []tenant.Role{tenant.PolicyAdmin, tenant.PluginAdmin, tenant.DataProtectionOfficer}

// The secretariat cannot be rid of those who watch it, however many there are; what it tries
// is in the audit. Their other roles it takes as anybody's.
func TestOverseersAreOutOfReach(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	sec := w.As(w.Lead, "secretariat")
	for _, r := range overseers {
		for _, nick := range []string{"one", "two", "three"} {
			w.User(t, w.Lead, nick+string(r), r, tenant.Accountant)
		}
		u := w.Actor(w.Lead, "one"+string(r)).User
		wantCode(t, w.Service.TakeRole(sec, w.Lead.ID, u, r), "overseer")
		wantCode(t, w.Service.SuspendUser(sec, w.Lead.ID, u), "overseer")
		must(t, w.Service.TakeRole(sec, w.Lead.ID, u, tenant.Accountant))
		var n int
		w.Query(t, &n, `SELECT count(*) FROM audit_entry WHERE payload::jsonb ->> 'outcome' = 'refused' AND payload::jsonb ->> 'object_id' = $1`, u)
		if n != 2 {
			t.Errorf("%s: %d refusals in the audit, want 2", r, n)
		}
		// The database's own functions hold to it too.
		actor := w.Actor(w.Lead, "secretariat")
		by := postgres.By{User: actor.User, Name: "Segreteria"}
		for what, do := range map[string]func(*postgres.Tx) error{
			"take": func(tx *postgres.Tx) error {
				return tx.TakeRole(t.Context(), postgres.Member{Tenant: w.Lead.ID, User: u, Role: r}, by)
			},
			"suspend": func(tx *postgres.Tx) error { return tx.SuspendMember(t.Context(), w.Lead.ID, u, true, by) },
		} {
			var v int64
			w.Query(t, &v, "SELECT version FROM policy_head WHERE network_id = $1", w.Lead.Network)
			if err := w.DB.InTenant(t.Context(), postgres.Scope{Actor: actor, PolicyVersion: v, Write: true}, do); codeOf(err) == "" {
				t.Errorf("%s: the database lets it %s", r, what)
			}
		}
	}
	users, err := w.Service.Users(sec, w.Lead.ID)
	must(t, err)
	for _, m := range users {
		if m.Overseer != slices.ContainsFunc(m.Roles, policy.Overseer) {
			t.Errorf("%+v", m)
		}
	}
}

// The last officer and the last two policy administrators stay, whoever takes: the host, a
// draft, or a draft that the database alone looks at.
func TestTheLastOverseersStay(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	h := w.Service.Host()
	for _, nick := range []string{"policy_admin2", "policy_admin3"} {
		w.User(t, w.Lead, nick, tenant.PolicyAdmin)
	}
	officer := w.Actor(w.Lead, "data_protection_officer").User
	wantCode(t, h.TakeRole(t.Context(), w.Lead.ID, officer, tenant.DataProtectionOfficer), "last_administrator")
	take := func(nick string) policy.GrantChange { return roleOf(w, w.Lead, nick, tenant.PolicyAdmin, true) }
	if _, err := roleDraft(w, "policy_admin", take("policy_admin2"), take("policy_admin3")); faultCode(err) != "last_administrator" {
		t.Errorf("a draft leaves one policy_admin: %v", err)
	}
	d, err := roleDraft(w, "policy_admin", take("policy_admin3"))
	must(t, err)
	d = submit(t, w, "policy_admin", d)
	two := policy.FormatGrantChanges([]policy.GrantChange{take("policy_admin"), take("policy_admin3")})
	err = w.DB.InTenant(t.Context(), postgres.Scope{Actor: w.Actor(w.Lead, "policy_admin2"), PolicyVersion: headOf(t, w), Write: true}, func(tx *postgres.Tx) error {
		row, err := tx.LockPolicyDraft(t.Context(), d.ID)
		if err != nil {
			return err
		}
		row.Roles = two
		if err := tx.UpdatePolicyDraft(t.Context(), row, row.Revision); err != nil {
			return err
		}
		_, err = tx.PublishPolicyDraft(t.Context(), d.ID, row.Revision+1, postgres.By{User: w.Actor(w.Lead, "policy_admin2").User, Name: "Due", At: d.UpdatedAt})
		return err
	})
	if codeOf(err) != "last_administrator" {
		t.Errorf("the database leaves one policy_admin: %v", err)
	}
	_, err = w.Service.PublishPolicyDraft(w.As(w.Lead, "policy_admin2"), d.ID, d.Revision)
	must(t, err)
	wantCode(t, h.TakeRole(t.Context(), w.Lead.ID, w.Actor(w.Lead, "policy_admin2").User, tenant.PolicyAdmin), "last_administrator")
}

func headOf(t *testing.T, w *sample.World) (v int64) {
	t.Helper()
	w.Query(t, &v, "SELECT version FROM policy_head WHERE network_id = $1", w.Lead.Network)
	return v
}

// The host puts no two roles that watch over each other into one hand, at once or one by one.
func TestHostKeepsOverseersApart(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	put := func(nick string, roles ...tenant.Role) error {
		_, err := w.Service.Host().PutUser(t.Context(), service.NewUser{Email: w.Email(w.Lead, nick), Tenant: w.Lead.ID, Roles: roles})
		return err
	}
	wantCode(t, put("policy_admin", tenant.DataProtectionOfficer), "roles roles_apart")
	wantCode(t, put("evaluator", tenant.PolicyAdmin, tenant.PluginAdmin), "roles roles_apart")
	must(t, put("policy_admin", tenant.PolicyAdmin, tenant.Accountant))
	must(t, put("evaluator", tenant.PluginAdmin))
	wantCode(t, put("evaluator", tenant.PolicyAdmin), "roles roles_apart")
}
