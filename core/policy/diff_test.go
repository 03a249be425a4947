// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/tenant"
)

func allow(r tenant.Role, o Object, a Action) Rule { return Rule{Role: r, Object: o, Action: a} }

func (r Rule) in(t tenant.ID) Rule { r.Tenant = t; return r }
func (r Rule) denied() Rule        { r.Deny = true; return r }

// Each change shows where it holds: everywhere, in one organisation, or everywhere but there.
func TestEffectiveDiffOfRoles(t *testing.T) {
	read := allow(tenant.Operator, PersonOwn, Read)
	perm := Permission{PersonOwn, Read}
	grants := []Grant{{userID(1), tenant.Operator, entityA}, {userID(2), tenant.Operator, entityB}, {userID(3), tenant.EntityManager, entityA}}
	member := func(in tenant.ID, u int, gains bool) MemberChange {
		return MemberChange{in, perm, gains, []tenant.UserID{userID(u)}}
	}
	for name, tt := range map[string]struct {
		before, after []Rule
		want          Diff
	}{
		"nothing": {[]Rule{read}, []Rule{read}, Diff{}},
		"everywhere": {nil, []Rule{read}, Diff{
			Roles:   []RoleChange{{Role: tenant.Operator, Permission: perm, Gains: true}},
			Members: []MemberChange{member(entityA, 1, true), member(entityB, 2, true)}}},
		"one organisation": {nil, []Rule{read.in(entityA)}, Diff{
			Roles:   []RoleChange{{Role: tenant.Operator, Tenant: entityA, Permission: perm, Gains: true}},
			Members: []MemberChange{member(entityA, 1, true)}}},
		"denied in one": {[]Rule{read}, []Rule{read, read.denied().in(entityB)}, Diff{
			Roles:   []RoleChange{{Role: tenant.Operator, Tenant: entityB, Permission: perm}},
			Members: []MemberChange{member(entityB, 2, false)}}},
		"everywhere but one": {[]Rule{read.in(entityA)}, []Rule{read}, Diff{
			Roles:   []RoleChange{{Role: tenant.Operator, Except: []tenant.ID{entityA}, Permission: perm, Gains: true}},
			Members: []MemberChange{member(entityB, 2, true)}}},
		"a rule that adds nothing": {[]Rule{read}, []Rule{read, read.in(entityA)}, Diff{}},
	} {
		got := EffectiveDiff(mustCompile(t, 1, tt.before, grants), mustCompile(t, 2, tt.after, grants))
		if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// A role given or taken shows for its user, even where no rule changed.
func TestEffectiveDiffOfGrants(t *testing.T) {
	rules := []Rule{allow(tenant.Operator, PersonOwn, Read)}
	with := mustCompile(t, 2, rules, []Grant{{userID(1), tenant.Operator, entityA}})
	got := EffectiveDiff(mustCompile(t, 1, rules, nil), with)
	if len(got.Roles) != 0 || len(got.Members) != 1 || !got.Members[0].Gains {
		t.Errorf("%+v", got)
	}
	if got = EffectiveDiff(with, mustCompile(t, 3, rules, nil)); len(got.Members) != 1 || got.Members[0].Gains {
		t.Errorf("taken: %+v", got)
	}
}

// The difference is exactly where the two policies answer a member differently.
func TestEffectiveDiffAgrees(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		grants := []Grant{{userID(1), tenant.Operator, entityA}, {userID(1), tenant.EntityManager, entityA}, {userID(2), tenant.Operator, entityB}}
		some := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) Rule {
			r := allow(rapid.SampledFrom([]tenant.Role{tenant.Operator, tenant.EntityManager}).Draw(rt, "role"), PersonOwn, rapid.SampledFrom([]Action{List, Read, Create}).Draw(rt, "action"))
			r.Tenant = rapid.SampledFrom([]tenant.ID{"", entityA, entityB}).Draw(rt, "tenant")
			r.Deny = rapid.Bool().Draw(rt, "deny")
			return r
		}), 0, 12, func(r Rule) Rule { return r })
		before, after := mustCompile(t, 1, some.Draw(rt, "before"), grants), mustCompile(t, 2, some.Draw(rt, "after"), grants)
		type key struct {
			User   tenant.UserID
			Tenant tenant.ID
			Permission
			Gains bool
		}
		got, want := map[key]bool{}, map[key]bool{}
		for _, m := range EffectiveDiff(before, after).Members {
			for _, u := range m.Users {
				got[key{u, m.Tenant, m.Permission, m.Gains}] = true
			}
		}
		for _, a := range []tenant.Actor{acting(userID(1), entityA), acting(userID(2), entityB)} {
			for _, p := range Permissions() {
				if is := after.Allowed(a, p.Object, p.Action); is != before.Allowed(a, p.Object, p.Action) {
					want[key{a.User, a.Tenant, p, is}] = true
				}
				for _, s := range []*Snapshot{before, after} {
					d := s.Decide(s.Roles(a.User, a.Tenant), a.Tenant, p.Object, p.Action)
					if d.Allowed != s.Allowed(a, p.Object, p.Action) {
						rt.Fatalf("Decide says %v for %v", d.Allowed, p)
					}
					if len(d.Rules) > 0 && d.Allowed == d.Rules[0].Deny {
						rt.Fatalf("%v decided %v", d.Rules, d.Allowed)
					}
				}
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestRebase(t *testing.T) {
	a, b, c, d := allow(tenant.Operator, PersonOwn, List), allow(tenant.Operator, PersonOwn, Read), allow(tenant.Operator, PersonOwn, Create), allow(tenant.Operator, PersonOwn, Update)
	// Mine takes a and adds c; theirs has added d meanwhile.
	got := Rebase([]Rule{a, b}, []Rule{b, c}, []Rule{a, b, d})
	if diff := cmp.Diff(Format([]Rule{b, d, c}), Format(got)); diff != "" {
		t.Error(diff)
	}
	if got := Rebase([]Rule{a}, []Rule{a, b}, []Rule{a, b}); len(got) != 2 {
		t.Errorf("both added the same: %v", got)
	}
	added, removed := RuleDiff([]Rule{a, b}, []Rule{b, c})
	if len(added) != 1 || added[0] != c || len(removed) != 1 || removed[0] != a {
		t.Errorf("added %v, removed %v", added, removed)
	}
}
