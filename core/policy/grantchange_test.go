// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

func give(u tenant.UserID, r tenant.Role, t tenant.ID) GrantChange {
	return GrantChange{Grant: Grant{u, r, t}}
}

func take(u tenant.UserID, r tenant.Role, t tenant.ID) GrantChange {
	return GrantChange{Grant: Grant{u, r, t}, Take: true}
}

func TestApplyGrants(t *testing.T) {
	carla := userID(103)
	grants := []Grant{{anna, tenant.Operator, entityA}, {bruno, tenant.PolicyAdmin, lead}, {carla, tenant.Evaluator, lead}}
	tests := []struct {
		name, path, code string
		changes          []GrantChange
	}{
		{"one role for another", "", "", []GrantChange{take(anna, tenant.Operator, entityA), give(anna, tenant.EntityManager, entityA)}},
		{"an administrator more", "", "", []GrantChange{give(carla, tenant.PolicyAdmin, lead)}},
		{"an unknown role", "grants/1", codeUnknownRole, []GrantChange{give(anna, "boss", entityA)}},
		{"a role of another kind", "grants/1", codeKind, []GrantChange{give(anna, tenant.Evaluator, entityA)}},
		{"another network's organisation", "grants/1", codeUnknownTenant, []GrantChange{give(anna, tenant.Operator, tenantID(77))}},
		{"nobody there", "grants/2", codeNotAMember, []GrantChange{take(anna, tenant.Operator, entityA), give(bruno, tenant.Operator, entityA)}},
		{"held already", "grants/1", codeRoleHeld, []GrantChange{give(anna, tenant.Operator, entityA)}},
		{"not held", "grants/1", codeRoleNotHeld, []GrantChange{take(anna, tenant.EntityManager, entityA)}},
		{"given and taken", "grants/2", codeRoleTwice, []GrantChange{give(anna, tenant.EntityManager, entityA), give(anna, tenant.EntityManager, entityA)}},
		{"who watches over the administrators", "grants/1", codeByHost, []GrantChange{give(carla, tenant.DataProtectionOfficer, lead)}},
		{"policies and plugins in one hand", "grants/1", codeRolesApart, []GrantChange{give(bruno, tenant.PluginAdmin, lead)}},
		{"both at once", "grants/1", codeRolesApart, []GrantChange{give(carla, tenant.PluginAdmin, lead), give(carla, tenant.PolicyAdmin, lead)}},
		{"one for the other", "", "", []GrantChange{give(bruno, tenant.PluginAdmin, lead), take(bruno, tenant.PolicyAdmin, lead)}},
	}
	for _, tt := range tests {
		after, err := ApplyGrants(grants, tt.changes, worldKinds())
		if tt.code == "" {
			if err != nil || len(after) == 0 {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if !fault.Is(err, fault.Invalid) || after != nil {
			t.Errorf("%s: %v %v", tt.name, after, err)
			continue
		}
		if f := err.(*fault.Error).Fields[0]; f.Path != tt.path || f.Code != tt.code {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
	if err := RefuseLast(nil, []GrantChange{take(bruno, tenant.PolicyAdmin, lead)}); !fault.Is(err, fault.Conflict) {
		t.Error("nobody is left:", err)
	}
	if err := RefuseLast(nil, []GrantChange{take(anna, tenant.Operator, entityA)}); err != nil {
		t.Error("an entity can do without:", err)
	}
}

// Whatever changes are accepted, what comes out is what was asked for, compiles, and leaves
// nobody with roles of two kinds in one organisation.
func TestApplyGrantsKeepsKinds(t *testing.T) {
	made := 0
	rapid.Check(t, func(t *rapid.T) {
		grants := slices.Compact(slices.SortedFunc(slices.Values(drawGrants(t)), func(a, b Grant) int { return cmpGrants(a, b) }))
		changes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) GrantChange {
			return GrantChange{Grant: Grant{rapid.SampledFrom(worldUsers).Draw(t, "user"), rapid.SampledFrom(AllRoles()).Draw(t, "role"),
				rapid.SampledFrom(worldTenants).Draw(t, "tenant")}, Take: rapid.Bool().Draw(t, "take")}
		}), 1, 3).Draw(t, "changes")
		after, err := ApplyGrants(grants, changes, worldKinds())
		if err != nil {
			return
		}
		made++
		if _, err := Compile(network, 1, nil, after); err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if slices.Contains(after, c.Grant) == c.Take {
				t.Fatalf("%s was not made", c)
			}
		}
		for _, g := range after {
			if kind, _ := tenant.KindOf(g.Role); kind != kindOf(g.Tenant) {
				t.Fatalf("%v in an organisation of another kind", g)
			}
			if want := RolesAfter(rolesIn(grants, g), g.User, g.Tenant, changes); !slices.Contains(want, g.Role) {
				t.Fatalf("RolesAfter lacks %v", g)
			}
		}
	})
	if made == 0 {
		t.Error("no draw was ever accepted")
	}
}

func cmpGrants(a, b Grant) int {
	return slices.Compare([]string{string(a.User), string(a.Role), string(a.Tenant)}, []string{string(b.User), string(b.Role), string(b.Tenant)})
}

func rolesIn(grants []Grant, of Grant) (out []tenant.Role) {
	for _, g := range grants {
		if g.User == of.User && g.Tenant == of.Tenant {
			out = append(out, g.Role)
		}
	}
	return out
}

func TestGrantChangesReadBack(t *testing.T) {
	list := []GrantChange{give(anna, tenant.Operator, entityA), take(bruno, tenant.PolicyAdmin, lead)}
	text := FormatGrantChanges(list)
	back, err := ParseGrantChanges("# who\n\n" + text)
	if err != nil || back[0].Line != 3 || FormatGrantChanges(back) != text {
		t.Errorf("%v %v", back, err)
	}
	for _, line := range []string{"g", "g, user:x, role:operator, tenant:" + string(entityA) + ", give", "p, role:operator, *, person@own, read, allow",
		"g, " + string(anna) + ", role:operator, tenant:" + string(entityA) + ", give", "g, user:" + string(anna) + ", role:operator, *, give",
		"g, user:" + string(anna) + ", role:operator, tenant:" + string(entityA) + ", lend"} {
		if _, err := ParseGrantChanges(line); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", line, err)
		}
	}
	rules, changes, err := ParseFiles([]Source{{"a.csv", "p, role:operator, *, person@own, read, allow\n" + text}})
	if err != nil || len(rules) != 1 || len(changes) != 2 || changes[0].File != "a.csv" || changes[0].Line != 2 {
		t.Errorf("%v %v %v", rules, changes, err)
	}
	if _, err := Parse(text); !fault.Is(err, fault.Invalid) {
		t.Error("rules alone take no roles:", err)
	}
}

// A default that the network once had and took away is no gap; one it never knew is.
func TestMissingDefaults(t *testing.T) {
	all := mustDefaults(t)
	fresh := Permission{EnrolmentOwn, Create}
	old := slices.DeleteFunc(slices.Clone(all), func(r Rule) bool { return r.permission() == fresh })
	taken := slices.DeleteFunc(slices.Clone(old), func(r Rule) bool { return r.Role == tenant.Accountant && r.Action == Settle })
	denied := append(slices.Clone(taken), Rule{Role: tenant.Operator, Object: EnrolmentOwn, Action: Create, Deny: true})
	override := append(slices.Clone(taken), Rule{Role: tenant.Operator, Tenant: entityA, Object: EnrolmentOwn, Action: Create})
	tests := []struct {
		name     string
		editions []Edition
		want     int
	}{
		{"today's", []Edition{{1, all}}, 0},
		{"an older one", []Edition{{1, old}}, 1},
		{"a right taken away is no gap", []Edition{{1, old}, {2, taken}}, 1},
		{"a permission that was denied is known", []Edition{{1, old}, {2, denied}}, 0},
		{"one organisation's own rule says nothing of the rest", []Edition{{1, old}, {2, override}}, 1},
		{"added and taken away again", []Edition{{1, old}, {2, all}, {3, old}}, 0},
	}
	for _, tt := range tests {
		got := MissingDefaults(tt.editions)
		if len(got) != tt.want || len(got) == 1 && got[0].permission() != fresh {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	with := WithMissingDefaults(old, MissingDefaults([]Edition{{1, old}}))
	if d := cmp.Diff(len(all), len(with)); d != "" {
		t.Error(d)
	}
	before, after := mustCompile(t, 1, old, nil), mustCompile(t, 2, with, nil)
	if d := EffectiveDiff(before, after); len(d.Roles) != 1 || !d.Roles[0].Gains || d.Roles[0].Permission != fresh {
		t.Errorf("%+v", d)
	}
	for _, r := range all {
		if r.Deny || r.Tenant != "" {
			t.Errorf("a default that WithMissingDefaults would not write: %s", r)
		}
	}
}
