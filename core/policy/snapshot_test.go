// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/tenant"
)

var (
	anna  = userID(101)
	bruno = userID(102)
)

func TestDenyByDefault(t *testing.T) {
	s := mustCompile(t, 1, mustDefaults(t), []Grant{{anna, tenant.Operator, entityA}})
	right := acting(anna, entityA)
	tests := []struct {
		name  string
		actor tenant.Actor
		obj   Object
		act   Action
		want  bool
	}{
		{"her own", right, ProjectOwn, Edit, true},
		{"an act that her role lacks", right, ProjectOwn, Sign, false},
		{"a relation that is not hers", right, ProjectShared, Edit, false},
		{"an unknown act", right, ProjectOwn, "erase", false},
		{"an unknown object", right, "project", Edit, false},
		{"no words at all", right, "", "", false},
		{"another organisation", acting(anna, entityB), ProjectOwn, Edit, false},
		{"another user", acting(bruno, entityA), ProjectOwn, Edit, false},
		{"nobody", tenant.Actor{}, ProjectOwn, Edit, false},
		{"another kind than her role's", tenant.Actor{User: anna, Tenant: entityA, Kind: tenant.LeadAgency, Network: network}, ProjectOwn, Edit, false},
		{"another network", tenant.Actor{User: anna, Tenant: entityA, Kind: tenant.ImplementingEntity, Network: otherNetwork}, ProjectOwn, Edit, false},
		{"an id spelled like the role", acting("operator", entityA), ProjectOwn, Edit, false},
		{"an id spelled like Casbin's role", acting("role:operator", entityA), ProjectOwn, Edit, false},
		{"a tenant spelled like every tenant", acting(anna, "*"), ProjectOwn, Edit, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.Allowed(tt.actor, tt.obj, tt.act); got != tt.want {
				t.Errorf("Allowed = %v", got)
			}
			got, err := s.AllowedByCasbin(tt.actor, tt.obj, tt.act)
			if err != nil || got != tt.want {
				t.Errorf("AllowedByCasbin = %v, %v", got, err)
			}
		})
	}
}

func TestEmptyPolicyDeniesAll(t *testing.T) {
	s := mustCompile(t, 1, nil, []Grant{{anna, tenant.Operator, entityA}})
	for _, p := range append(Permissions(), Permission{}) {
		byCasbin, err := s.AllowedByCasbin(acting(anna, entityA), p.Object, p.Action)
		if s.Allowed(acting(anna, entityA), p.Object, p.Action) || byCasbin || err != nil {
			t.Fatalf("%v: allowed, or %v", p, err)
		}
	}
}

func TestDenyBeatsAllow(t *testing.T) {
	allow := Rule{Role: tenant.Operator, Object: ProjectOwn, Action: Edit}
	deny := func(r Rule) Rule { r.Deny = true; return r }
	manager := func(r Rule) Rule { r.Role = tenant.EntityManager; return r }
	here := func(r Rule) Rule { r.Tenant = entityA; return r }
	tests := []struct {
		name  string
		rules []Rule
	}{
		{"the same role", []Rule{allow, deny(allow)}},
		{"whichever comes first", []Rule{deny(allow), allow}},
		{"another role of the same user", []Rule{allow, deny(manager(allow))}},
		{"a denial in one organisation", []Rule{allow, deny(here(allow))}},
		{"a denial everywhere, allowed in one organisation", []Rule{here(allow), deny(allow)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := mustCompile(t, 1, tt.rules, []Grant{{anna, tenant.Operator, entityA}, {anna, tenant.EntityManager, entityA}})
			ok, rule, err := s.Explain(acting(anna, entityA), ProjectOwn, Edit)
			if s.Allowed(acting(anna, entityA), ProjectOwn, Edit) || ok || err != nil {
				t.Errorf("allowed by %q, %v", rule, err)
			}
		})
	}
}

func TestOverrideStaysInItsTenant(t *testing.T) {
	rules := append(mustDefaults(t),
		Rule{Role: tenant.Operator, Tenant: entityA, Object: SubsidyOwn, Action: Decide, Deny: true},
		Rule{Role: tenant.EntityManager, Tenant: entityA, Object: SubsidyOwn, Action: Decide})
	grants := []Grant{
		{anna, tenant.Operator, entityA}, {anna, tenant.Operator, entityB},
		{bruno, tenant.EntityManager, entityA}, {bruno, tenant.EntityManager, entityB},
	}
	s := mustCompile(t, 1, rules, grants)
	for _, tt := range []struct {
		user tenant.UserID
		in   tenant.ID
		want bool
	}{{anna, entityA, false}, {anna, entityB, true}, {bruno, entityA, true}, {bruno, entityB, false}} {
		if got := s.Allowed(acting(tt.user, tt.in), SubsidyOwn, Decide); got != tt.want {
			t.Errorf("user %s in %s: %v", tt.user, tt.in, got)
		}
	}
}

func TestExplainNamesTheRule(t *testing.T) {
	rules := []Rule{
		{Role: tenant.Operator, Object: ProjectOwn, Action: Edit},
		{Role: tenant.Operator, Tenant: entityB, Object: ProjectOwn, Action: Edit, Deny: true},
	}
	s := mustCompile(t, 1, rules, []Grant{{anna, tenant.Operator, entityA}, {anna, tenant.Operator, entityB}})
	for _, tt := range []struct {
		actor tenant.Actor
		act   Action
		ok    bool
		rule  string
	}{
		{acting(anna, entityA), Edit, true, "p, role:operator, *, project@own, edit, allow"},
		{acting(anna, entityB), Edit, false, "p, role:operator, tenant:" + string(entityB) + ", project@own, edit, deny"},
		{acting(anna, entityA), Read, false, ""},
		{acting(bruno, entityA), Edit, false, ""},
	} {
		ok, rule, err := s.Explain(tt.actor, ProjectOwn, tt.act)
		if ok != tt.ok || rule != tt.rule || err != nil {
			t.Errorf("%s in %s: %v by %q, %v", tt.act, tt.actor.Tenant, ok, rule, err)
		}
	}
}

func TestRoles(t *testing.T) {
	s := mustCompile(t, 7, nil, []Grant{
		{anna, tenant.EntityManager, entityA}, {anna, tenant.Operator, entityA}, {anna, tenant.Operator, entityA},
		{anna, tenant.Approver, lead},
	})
	if d := cmp.Diff([]tenant.Role{tenant.Operator, tenant.EntityManager}, s.Roles(anna, entityA)); d != "" {
		t.Error(d)
	}
	s.Roles(anna, entityA)[0] = tenant.Approver
	for _, tt := range []struct {
		in   tenant.ID
		role tenant.Role
		want bool
	}{
		{entityA, tenant.Operator, true}, {entityA, tenant.EntityAdmin, false}, {entityA, tenant.Approver, false},
		{lead, tenant.Approver, true}, {entityB, tenant.Operator, false}, {entityA, "chief", false},
	} {
		if got := s.HasRole(anna, tt.in, tt.role); got != tt.want {
			t.Errorf("%s in %s: %v", tt.role, tt.in, got)
		}
	}
	if s.Roles(bruno, entityA) != nil || s.Version() != 7 || s.Network() != network {
		t.Error("a stranger has roles, or the snapshot forgot what it is")
	}
}

// A snapshot keeps nothing of the slices it was made from.
func TestCompileCopies(t *testing.T) {
	rules := []Rule{{Role: tenant.Operator, Object: ProjectOwn, Action: Edit}}
	grants := []Grant{{anna, tenant.Operator, entityA}}
	s := mustCompile(t, 1, rules, grants)
	rules[0].Deny, grants[0].User = true, bruno
	ok, err := s.AllowedByCasbin(acting(anna, entityA), ProjectOwn, Edit)
	if !s.Allowed(acting(anna, entityA), ProjectOwn, Edit) || !ok || err != nil {
		t.Errorf("the snapshot changed with the caller's slices: %v", err)
	}
}

// The decision stands in every request: it must not make work for the garbage collector.
func TestAllowedDoesNotAllocate(t *testing.T) {
	var store Store
	store.Put(mustCompile(t, 1, mustDefaults(t), []Grant{{anna, tenant.Operator, entityA}}))
	for _, a := range []tenant.Actor{acting(anna, entityA), acting(bruno, entityA)} {
		n := testing.AllocsPerRun(1000, func() {
			s, _ := store.Get(network)
			s.Allowed(a, ProjectOwn, Edit)
			s.HasRole(a.User, a.Tenant, tenant.Operator)
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}
