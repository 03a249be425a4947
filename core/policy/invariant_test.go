// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/tenant"
)

func TestInvariantsRefuse(t *testing.T) {
	every := func(o Object, acts ...Action) (all []Permission) {
		for _, a := range acts {
			all = append(all, Permission{o, a})
		}
		return all
	}
	leads := tenant.RolesOf(tenant.LeadAgency)
	tests := []struct {
		code  string
		roles []tenant.Role
		perms []Permission
		deny  bool
	}{
		{"policy_identity_to_lead", leads, append(every(IdentityOwn, Read, Write), every(IdentityShared, Read)...), false},
		{"policy_identity_to_lead", leads, every(IdentitySubmitted, Read, Write), false},
		{"policy_break_glass", slices.DeleteFunc(AllRoles(), func(r tenant.Role) bool { return r == tenant.Approver || r == tenant.Secretariat }),
			append(every(IdentitySubmitted, BreakGlass), every(IdentityOwn, BreakGlass)...), false},
		{"policy_lead_edits", leads, append(every(ProjectOwn, Create, Edit, Sign, Submit, Revise, Amend, Extend), every(ProjectShared, Edit, Sign)...), false},
		{"policy_lead_edits", leads, append(every(ProjectSubmitted, Edit), every(InterventionOwn, Update)...), false},
		{"policy_author_decides", []tenant.Role{tenant.Operator, tenant.EntityManager, tenant.EntityAdmin, tenant.SocialWorker},
			every(ProjectSubmitted, Approve, Reject, Revoke, StartEvaluation, RequestChanges, Recommend), false},
		{"policy_author_decides", []tenant.Role{tenant.Operator}, every(ProjectOwn, Approve), false},
		{"policy_two_acts", []tenant.Role{tenant.Evaluator, tenant.Secretariat, tenant.Accountant}, every(ProjectSubmitted, Approve, Reject, Revoke), false},
		{"policy_two_acts", []tenant.Role{tenant.Approver, tenant.PolicyAdmin}, every(ProjectSubmitted, StartEvaluation, RequestChanges, Recommend), false},
		{"policy_case_content", []tenant.Role{tenant.EntityAdmin}, append(every(ProjectOwn, List, Read), append(every(PersonOwn, List), every(IdentityOwn, Read)...)...), false},
		{"policy_case_content", []tenant.Role{tenant.Secretariat, tenant.PolicyAdmin, tenant.PluginAdmin, tenant.DataProtectionOfficer},
			append(every(ProjectSubmitted, List, Read), every(SubsidySubmitted, List)...), false},
		{"policy_case_content", []tenant.Role{tenant.EntityAdmin, tenant.PluginAdmin, tenant.Secretariat, tenant.PolicyAdmin},
			append(every(EnrolmentOwn, List, Remove), every(EnrolmentShared, List)...), false},
		{"policy_lead_edits", []tenant.Role{tenant.PluginAdmin, tenant.Secretariat, tenant.PolicyAdmin}, every(EnrolmentOwn, Create), false},
		{"policy_relation", []tenant.Role{tenant.Evaluator}, every(ProjectOwn, List), false},
		{"policy_relation", []tenant.Role{tenant.SocialWorker}, append(every(ProjectOwn, Read, Edit), every(IdentityOwn, Read)...), false},
		{"policy_relation", []tenant.Role{tenant.Operator}, append(every(ProjectShared, Edit), every(PolicyNetwork, Draft, Publish)...), false},
		{"policy_relation", []tenant.Role{tenant.EntityAdmin}, append(every(UserNetwork, List, Invite), every(TenantNetwork, Create)...), false},
		{"policy_person_leaves", []tenant.Role{tenant.Operator}, append(every(ProjectOwn, Withdraw), every(ConsentOwn, Withdraw)...), true},
		{"policy_lockout", []tenant.Role{tenant.PolicyAdmin}, every(PolicyNetwork, Read, Draft, Publish), true},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		seen[tt.code] = true
		for _, role := range tt.roles {
			for _, p := range tt.perms {
				f := refusal(t, []Rule{{Role: role, Object: p.Object, Action: p.Action, Deny: tt.deny, Line: 9}}, nil)
				if got := f.Fields[0]; got.Code != tt.code || got.Path != "rules/9" {
					t.Errorf("%s, %v: %s at %s, want %s", role, p, got.Code, got.Path, tt.code)
				}
			}
		}
	}
	for _, inv := range Invariants() {
		if !seen[inv.Code] {
			t.Errorf("invariant %s has no case here", inv.Code)
		}
	}
}

// An override is no way round an invariant.
func TestInvariantsHoldForOverrides(t *testing.T) {
	f := refusal(t, []Rule{{Role: tenant.Evaluator, Tenant: lead, Object: IdentityShared, Action: Read, Line: 2}}, nil)
	if f.Fields[0].Code != "policy_identity_to_lead" {
		t.Error(f)
	}
}

// Taking a right away breaks nothing but the person's way out and the policy's repair.
func TestDenialsAreWelcome(t *testing.T) {
	for _, r := range mustDefaults(t) {
		r.Deny = true
		inv := broken(r)
		exempt := r.Role == tenant.Operator && r.Action == Withdraw || r.Role == tenant.PolicyAdmin && r.Object == PolicyNetwork
		if (inv != nil) != exempt {
			t.Errorf("%s: %v", r, inv)
		}
	}
}

// The emergency can be given to two roles of the lead agency, and gives them no more.
func TestBreakGlassCanBeGranted(t *testing.T) {
	for _, role := range []tenant.Role{tenant.Approver, tenant.Secretariat} {
		s, as := oneOfEach(t, []Rule{{Role: role, Object: IdentitySubmitted, Action: BreakGlass}})
		if !s.Allowed(as(role), IdentitySubmitted, BreakGlass) {
			t.Errorf("%s was given it and has it not", role)
		}
		for _, o := range []Object{IdentityOwn, IdentityShared, IdentitySubmitted} {
			if s.Allowed(as(role), o, Read) {
				t.Errorf("%s may read %s", role, o)
			}
		}
	}
}

// Whatever the rows, a snapshot that compiles gives no role of the lead an identity or an
// author's act, and nobody both halves of the decision.
func TestNoPolicyBreaksTheCore(t *testing.T) {
	for _, role := range AllRoles() {
		var rules []Rule
		for _, p := range Permissions() {
			r := Rule{Role: role, Object: p.Object, Action: p.Action}
			if code, _ := faultOf(r, nil); code == "" {
				rules = append(rules, r) // the most this role can ever have
			}
		}
		s, as := oneOfEach(t, rules)
		may := func(o Object, a Action) bool { return s.Allowed(as(role), o, a) }
		kind, _ := tenant.KindOf(role)
		if kind == tenant.LeadAgency && (may(IdentityOwn, Read) || may(IdentityShared, Read) || may(IdentitySubmitted, Read) || may(ProjectOwn, Edit)) {
			t.Errorf("%s can be given identity or a plan's edit", role)
		}
		if may(ProjectSubmitted, Recommend) && may(ProjectSubmitted, Approve) {
			t.Errorf("%s can be given both halves of the decision", role)
		}
		if may(ProjectOwn, Edit) && may(ProjectSubmitted, Approve) {
			t.Errorf("%s can approve what it wrote", role)
		}
	}
}
