// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"

	"github.com/satis-toscana/satis/core/tenant"
)

// roleBits gives every role its place in a roleSet.
var roleBits = func() map[tenant.Role]uint8 {
	m := map[tenant.Role]uint8{}
	for i, r := range AllRoles() {
		m[r] = uint8(i)
	}
	return m
}()

// roleSet is a set of roles.
type roleSet uint16

func (s roleSet) has(r tenant.Role) bool {
	bit, ok := roleBits[r]
	return ok && s&(1<<bit) != 0
}

// verdict is what the rules say for one role, before the roles of a user are put together.
type verdict struct{ allow, deny rights }

// place is a role everywhere (tenant "") or in one organisation.
type place struct {
	role   tenant.Role
	tenant tenant.ID
}

// member is a user in an organisation.
type member struct {
	user   tenant.UserID
	tenant tenant.ID
}

// holding is what a member has. Members with the same roles under the same rules share one.
type holding struct {
	kind   tenant.Kind
	roles  roleSet
	rights rights
}

// index lists each user's organisations with what he holds there. Users have one or two, so
// walking a list beats hashing a second id.
type index map[tenant.UserID][]membership

type membership struct {
	tenant  tenant.ID
	holding *holding
}

// find gives what a user holds in an organisation, or nil.
func (ix index) find(u tenant.UserID, t tenant.ID) *holding {
	for _, m := range ix[u] {
		if m.tenant == t {
			return m.holding
		}
	}
	return nil
}

// foldRules gathers what the rules say at each place, and which organisations have rules of
// their own.
func foldRules(rules []Rule) (verdicts map[place]*verdict, overridden map[tenant.ID]bool) {
	verdicts, overridden = map[place]*verdict{}, map[tenant.ID]bool{}
	for _, r := range rules {
		at := place{r.Role, r.Tenant}
		v := verdicts[at]
		if v == nil {
			v = &verdict{}
			verdicts[at] = v
		}
		overridden[r.Tenant] = true
		if bit, _ := bitOf(r.Object, r.Action); r.Deny {
			v.deny.add(bit)
		} else {
			v.allow.add(bit)
		}
	}
	return verdicts, overridden
}

// compileIndex folds rules and grants, all of them checked before, into the index.
func compileIndex(rules []Rule, grants []Grant) index {
	verdicts, overridden := foldRules(rules)
	sets := make(map[member]roleSet, len(grants))
	for _, g := range grants {
		sets[member{g.User, g.Tenant}] |= 1 << roleBits[g.Role]
	}
	type shape struct {
		roles  roleSet
		tenant tenant.ID
	}
	shared := map[shape]*holding{}
	ix := make(index, len(sets))
	for m, roles := range sets {
		s := shape{roles: roles}
		if overridden[m.tenant] {
			s.tenant = m.tenant
		}
		if shared[s] == nil {
			shared[s] = hold(verdicts, roles, s.tenant)
		}
		ix[m.user] = append(ix[m.user], membership{m.tenant, shared[s]})
	}
	return ix
}

// hold puts together what the roles give in an organisation: all that any of them is
// allowed, less all that any of them is denied.
func hold(verdicts map[place]*verdict, roles roleSet, in tenant.ID) *holding {
	h := &holding{roles: roles}
	var deny rights
	for _, r := range listRoles(roles) {
		h.kind, _ = tenant.KindOf(r)
		for _, at := range slices.Compact([]place{{r, ""}, {r, in}}) {
			if v := verdicts[at]; v != nil {
				h.rights.join(v.allow)
				deny.join(v.deny)
			}
		}
	}
	h.rights.drop(deny)
	return h
}

// listRoles spells a set out in the order of AllRoles.
func listRoles(s roleSet) []tenant.Role {
	var out []tenant.Role
	for i, r := range AllRoles() {
		if s&(1<<i) != 0 {
			out = append(out, r)
		}
	}
	return out
}
