// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"slices"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// A submitted draft waits for the other administrators; its author is told what became of it.
func TestPolicyWork(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	s, author, other := w.Service, w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	check := func(when string, mine, theirs []string) {
		t.Helper()
		for nick, want := range map[string][]string{"policy_admin": mine, "policy_admin2": theirs} {
			list, err := s.PolicyWork(w.As(w.Lead, nick))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range list {
				got = append(got, d.State)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: %v, want %v", when, nick, got, want)
			}
		}
	}
	d := newDraft(t, w, "policy_admin", denyRule(tenant.Operator, w.Entity.ID, policy.PersonOwn, policy.List))
	check("begun", nil, nil)
	d = submit(t, w, "policy_admin", d)
	check("submitted", nil, []string{postgres.DraftSubmitted})
	d, err := s.SendBackPolicyDraft(author, d.ID, d.Revision, "")
	if err != nil {
		t.Fatal(err)
	}
	check("taken back", nil, nil)
	d = submit(t, w, "policy_admin", d)
	if d, err = s.SendBackPolicyDraft(other, d.ID, d.Revision, "perché?"); err != nil {
		t.Fatal(err)
	}
	check("sent back", []string{postgres.DraftSentBack}, nil)
	d = submit(t, w, "policy_admin", d)
	if _, err = s.PublishPolicyDraft(other, d.ID, d.Revision); err != nil {
		t.Fatal(err)
	}
	check("published", []string{postgres.DraftPublished}, nil)
	later := service.New(service.Config{DB: w.DB, Master: w.Master, Now: func() time.Time { return time.Now().AddDate(0, 0, 8) }})
	if list, err := later.PolicyWork(author); err != nil || len(list) != 0 {
		t.Errorf("a week later: %v, %v", list, err)
	}
}

// An author throws an own draft away, which the audit keeps; what was submitted stays, in
// the database's own opinion too, and so does another's.
func TestDiscardPolicyDraft(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	s, author, other := w.Service, w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	deny := denyRule(tenant.Operator, w.Entity.ID, policy.PersonOwn, policy.List)
	d, sent := newDraft(t, w, "policy_admin", deny), submit(t, w, "policy_admin", newDraft(t, w, "policy_admin", deny))
	for name, err := range map[string]error{"another's": s.DiscardPolicyDraft(other, d.ID, d.Revision)} {
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.DiscardPolicyDraft(author, d.ID, d.Revision+1); !fault.Is(err, fault.Stale) {
		t.Errorf("another revision: %v", err)
	}
	if err := s.DiscardPolicyDraft(author, sent.ID, sent.Revision); !fault.Is(err, fault.Conflict) {
		t.Errorf("submitted: %v", err)
	}
	err := w.DB.InTenant(t.Context(), postgres.Scope{Actor: w.Actor(w.Lead, "policy_admin"), PolicyVersion: headOf(t, w), Write: true}, func(tx *postgres.Tx) error {
		return tx.DeletePolicyDraft(t.Context(), sent.ID, sent.Revision)
	})
	if !fault.Is(err, fault.Stale) {
		t.Errorf("the database removed a submitted draft: %v", err)
	}
	if err := s.DiscardPolicyDraft(author, d.ID, d.Revision); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PolicyDraft(author, d.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("still there: %v", err)
	}
	var n int
	w.Query(t, &n, "SELECT count(*) FROM audit_entry WHERE payload LIKE '%\"discard\"%' AND payload LIKE $1", "%"+d.ID+"%")
	if n != 1 {
		t.Errorf("%d entries of it in the audit", n)
	}
}

// What the second administrator approved can be read afterwards: by rules and by roles,
// against the version before or any other.
func TestPolicyDifference(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	s, author, other := w.Service, w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	operator := w.Actor(w.Entity, "operator").User
	roles := []policy.GrantChange{{Grant: policy.Grant{User: operator, Role: tenant.EntityManager, Tenant: w.Entity.ID}}}
	d, err := s.CreatePolicyDraft(author, 0, service.DraftChange{Reason: "prova", Roles: &roles, Edits: []policy.CellEdit{denyRule(tenant.SocialWorker, "", policy.ProjectShared, policy.Edit)}})
	if err != nil {
		t.Fatal(err)
	}
	d = submit(t, w, "policy_admin", d)
	if d, err = s.PublishPolicyDraft(other, d.ID, d.Revision); err != nil {
		t.Fatal(err)
	}
	c, err := s.PolicyDifference(author, d.Base, *d.Published)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Roles) != 1 || len(c.Effect.Roles) != 1 || c.Effect.Roles[0].Gains || c.Effect.Roles[0].Role != tenant.SocialWorker {
		t.Errorf("roles %v, effect %+v", c.Roles, c.Effect.Roles)
	}
	signs := func(c service.PolicyDifference, gains bool) bool {
		return slices.ContainsFunc(c.Effect.Members, func(m policy.MemberChange) bool {
			return m.Gains == gains && slices.Contains(m.Users, operator) && m.Permission == policy.Permission{Object: policy.ProjectOwn, Action: policy.Sign}
		})
	}
	if !signs(c, true) {
		t.Error("what the role gave is not told")
	}
	back, err := s.PolicyDifference(author, *d.Published, d.Base)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Roles) != 0 || signs(back, false) || len(back.Effect.Roles) != 1 || !back.Effect.Roles[0].Gains {
		t.Errorf("going back: roles %v, effect %+v", back.Roles, back.Effect)
	}
	if _, err := s.PolicyDifference(author, 77, 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown version: %v", err)
	}
}
