// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/tenant"
)

// A small world, so that rules, grants and requests meet often. It holds ids that try to
// be something else.
var (
	worldTenants = []tenant.ID{entityA, entityB, services, lead}
	worldUsers   = []tenant.UserID{userID(1), userID(2), userID(3)}
	askTenants   = append(worldTenants[:4:4], tenantID(99), "*", "", "tenant:"+entityA)
	askUsers     = append(worldUsers[:3:3], userID(99), "operator", "role:operator", "role:approver", "")
)

// drawRules draws a valid policy over few permissions, denials and overrides included, and
// the permissions worth asking about.
func drawRules(t *rapid.T) ([]Rule, []Permission) {
	perms := rapid.SliceOfNDistinct(rapid.SampledFrom(Permissions()), 2, 3, rapid.ID[Permission]).Draw(t, "permissions")
	allows, denies := validRules(perms)
	rules := rapid.SliceOfNDistinct(rapid.SampledFrom(allows), len(allows)/3, len(allows), rapid.ID[Rule]).Draw(t, "allows")
	rules = append(rules, rapid.SliceOfNDistinct(rapid.SampledFrom(denies), 0, len(denies)/3, rapid.ID[Rule]).Draw(t, "denies")...)
	rules = rapid.Permutation(rules).Draw(t, "rules")
	return rules, append(perms, Permission{ProjectOwn, "erase"}, Permission{"role:operator", Read}, Permission{})
}

// validRules spells out every rule about the permissions that Compile accepts.
func validRules(perms []Permission) (allows, denies []Rule) {
	for _, p := range perms {
		for _, role := range AllRoles() {
			for _, in := range append([]tenant.ID{""}, worldTenants...) {
				r := Rule{Role: role, Tenant: in, Object: p.Object, Action: p.Action}
				if code, _ := faultOf(r, worldKinds()); code == "" {
					allows = append(allows, r)
				}
				r.Deny = true
				if code, _ := faultOf(r, worldKinds()); code == "" {
					denies = append(denies, r)
				}
			}
		}
	}
	return allows, denies
}

func worldKinds() map[tenant.ID]tenant.Kind {
	kinds := map[tenant.ID]tenant.Kind{}
	for _, id := range worldTenants {
		kinds[id] = kindOf(id)
	}
	return kinds
}

func drawGrants(t *rapid.T) []Grant {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Grant {
		in := rapid.SampledFrom(worldTenants).Draw(t, "tenant")
		return Grant{
			User:   rapid.SampledFrom(worldUsers).Draw(t, "user"),
			Role:   rapid.SampledFrom(tenant.RolesOf(kindOf(in))).Draw(t, "role"),
			Tenant: in,
		}
	}), 8, 24).Draw(t, "grants")
}

// The index and Casbin are two readings of one policy: for every request of the small world
// they say the same. Casbin is asked without the membership check that Explain makes first.
func TestIndexEqualsCasbin(t *testing.T) {
	var allowed, denied int
	rapid.Check(t, func(t *rapid.T) {
		rules, perms := drawRules(t)
		grants := drawGrants(t)
		s, err := Compile(network, 1, rules, grants)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := s.casbin()
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range askUsers {
			for _, in := range askTenants {
				for _, p := range perms {
					got := s.Allowed(tenant.Actor{User: u, Tenant: in, Kind: kindOf(in), Network: network}, p.Object, p.Action)
					want, why, err := ref.ask(u, in, p.Object, p.Action)
					if err != nil || got != want {
						t.Fatalf("%q in %q, %v: index %v, casbin %v by %q, %v", u, in, p, got, want, why, err)
					}
					if want && !strings.HasSuffix(why, ", allow") || !want && why != "" && !strings.HasSuffix(why, ", deny") {
						t.Fatalf("%v was explained by %q", want, why)
					}
					if got {
						allowed++
					} else if why != "" {
						denied++
					}
				}
			}
		}
	})
	if allowed == 0 || denied == 0 {
		t.Errorf("the property was never put to the test: %d allowed, %d denied by a rule", allowed, denied)
	}
	t.Logf("%d allowed, %d denied by a rule", allowed, denied)
}

// The guarded way agrees too when the actor claims another kind or network.
func TestIndexEqualsCasbinForWrongClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, perms := drawRules(t)
		s, err := Compile(network, 1, rules, drawGrants(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			a := tenant.Actor{
				User:    rapid.SampledFrom(askUsers).Draw(t, "user"),
				Tenant:  rapid.SampledFrom(askTenants).Draw(t, "tenant"),
				Kind:    rapid.SampledFrom(append(tenant.Kinds(), "")).Draw(t, "kind"),
				Network: rapid.SampledFrom([]tenant.NetworkID{network, otherNetwork, ""}).Draw(t, "network"),
			}
			p := rapid.SampledFrom(perms).Draw(t, "permission")
			got := s.Allowed(a, p.Object, p.Action)
			want, err := s.AllowedByCasbin(a, p.Object, p.Action)
			if err != nil || got != want {
				t.Fatalf("index %v, casbin %v, %v", got, want, err)
			}
			if got && (a.Network != network || a.Kind != kindOf(a.Tenant)) {
				t.Fatalf("allowed with a wrong claim: %+v", a)
			}
		}
	})
}

// One organisation's override changes nothing for anybody else.
func TestOverrideIsLocal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, perms := drawRules(t)
		grants := drawGrants(t)
		in := rapid.SampledFrom(worldTenants).Draw(t, "without")
		var without []Rule
		for _, r := range rules {
			if r.Tenant != in {
				without = append(without, r)
			}
		}
		all, err := Compile(network, 1, rules, grants)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := Compile(network, 1, without, grants)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range worldUsers {
			for _, other := range worldTenants {
				for _, p := range perms {
					a := acting(u, other)
					if other != in && all.Allowed(a, p.Object, p.Action) != rest.Allowed(a, p.Object, p.Action) {
						t.Fatalf("an override in %s changed %v in %s", in, p, other)
					}
				}
			}
		}
	})
}
