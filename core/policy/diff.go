// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"cmp"
	"slices"

	"github.com/satis-toscana/satis/core/tenant"
)

// Diff is what a policy gives and takes, compared with another.
type Diff struct {
	Roles   []RoleChange
	Members []MemberChange
}

// Empty tells that nobody gains and nobody loses anything.
func (d Diff) Empty() bool { return len(d.Roles) == 0 && len(d.Members) == 0 }

// RoleChange is a permission that a role gains or loses.
type RoleChange struct {
	Role tenant.Role
	// Tenant is the one organisation where it changes; "" means every one of the role's kind
	// but those in Except, whose own rules decide otherwise.
	Tenant tenant.ID
	Except []tenant.ID
	Permission
	Gains bool
}

// MemberChange is a permission that users of an organisation gain or lose by all their roles
// together: what really changes for people.
type MemberChange struct {
	Tenant tenant.ID
	Permission
	Gains bool
	Users []tenant.UserID
}

// EffectiveDiff tells who gains and who loses what where, from one policy to another: by
// rules and by grants. Both are of one network.
func EffectiveDiff(before, after *Snapshot) Diff {
	var d Diff
	for _, r := range AllRoles() {
		d.Roles = append(d.Roles, roleChanges(before, after, r)...)
	}
	d.Members = memberChanges(before, after)
	return d
}

// roleChanges compares what one role gives, everywhere and where organisations have rules of
// their own.
func roleChanges(before, after *Snapshot, r tenant.Role) []RoleChange {
	kind, _ := tenant.KindOf(r)
	own := slices.Concat(before.overriding(kind), after.overriding(kind))
	slices.Sort(own)
	own = slices.Compact(own)
	one := []tenant.Role{r}
	wasAll, isAll := before.rightsOf(one, ""), after.rightsOf(one, "")
	type pair struct{ was, is rights }
	in := make([]pair, len(own))
	for i, t := range own {
		in[i] = pair{before.rightsOf(one, t), after.rightsOf(one, t)}
	}
	var out []RoleChange
	for bit, p := range Permissions() {
		b := uint8(bit)
		was, is := wasAll.has(b), isAll.has(b)
		var except []tenant.ID
		var alone []RoleChange
		for i, t := range own {
			wasHere, isHere := in[i].was.has(b), in[i].is.has(b)
			if was != is && (wasHere != was || isHere != is) {
				except = append(except, t)
			}
			if wasHere != isHere && (was == is || wasHere != was) {
				alone = append(alone, RoleChange{Role: r, Tenant: t, Permission: p, Gains: isHere})
			}
		}
		if was != is {
			out = append(out, RoleChange{Role: r, Except: except, Permission: p, Gains: is})
		}
		out = append(out, alone...)
	}
	return out
}

// memberChanges compares what every member has.
func memberChanges(before, after *Snapshot) []MemberChange {
	type key struct {
		tenant tenant.ID
		bit    uint8
		gains  bool
	}
	found := map[key][]tenant.UserID{}
	note := func(u tenant.UserID, t tenant.ID, was, is rights) {
		if was == is {
			return
		}
		for bit := range Permissions() {
			if b := uint8(bit); was.has(b) != is.has(b) {
				k := key{t, b, is.has(b)}
				found[k] = append(found[k], u)
			}
		}
	}
	for u, list := range before.index {
		for _, m := range list {
			var is rights
			if h := after.index.find(u, m.tenant); h != nil {
				is = h.rights
			}
			note(u, m.tenant, m.holding.rights, is)
		}
	}
	for u, list := range after.index {
		for _, m := range list {
			if before.index.find(u, m.tenant) == nil {
				note(u, m.tenant, rights{}, m.holding.rights)
			}
		}
	}
	all := Permissions()
	keys := make([]key, 0, len(found))
	for k := range found {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		if c := cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.bit, b.bit)); c != 0 || a.gains == b.gains {
			return c
		}
		return map[bool]int{true: -1, false: 1}[a.gains]
	})
	out := make([]MemberChange, 0, len(keys))
	for _, k := range keys {
		slices.Sort(found[k])
		out = append(out, MemberChange{k.tenant, all[k.bit], k.gains, found[k]})
	}
	return out
}

// RuleDiff tells which rules one policy has and the other has not.
func RuleDiff(before, after []Rule) (added, removed []Rule) {
	return without(after, before), without(before, after)
}

// without lists the rules of a that b has not.
func without(a, b []Rule) []Rule {
	have := make(map[Rule]bool, len(b))
	for _, r := range b {
		have[r.bare()] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(r Rule) bool { return have[r.bare()] })
}

// Rebase makes the changes that led from base to mine on theirs instead.
func Rebase(base, mine, theirs []Rule) []Rule {
	added, removed := RuleDiff(base, mine)
	out := without(theirs, removed)
	return numbered(append(out, without(added, out)...))
}
