// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"maps"
	"slices"

	"github.com/satis-toscana/satis/core/tenant"
)

// Decision is an answer of a policy, with what made it.
type Decision struct {
	Allowed bool
	// Rules are those that decided: the denying ones where there are any, else the allowing
	// ones. None means that nothing allows it, so it is denied.
	Rules []Rule
	// Invariant is the law that keeps any policy from allowing it, where one does.
	Invariant *Invariant
}

// AllowedRoles answers as Allowed does, for whoever holds these roles in an organisation;
// t may be "" for one without rules of its own. It is for previews and takes longer.
func (s *Snapshot) AllowedRoles(roles []tenant.Role, t tenant.ID, obj Object, act Action) bool {
	bit, ok := bitOf(obj, act)
	r := s.rightsOf(roles, t)
	return ok && r.has(bit)
}

// Decide answers as AllowedRoles does and tells why.
func (s *Snapshot) Decide(roles []tenant.Role, t tenant.ID, obj Object, act Action) Decision {
	var allows, denies []Rule
	for _, r := range s.rules {
		if r.Object != obj || r.Action != act || !slices.Contains(roles, r.Role) || (r.Tenant != "" && r.Tenant != t) {
			continue
		}
		if r.Deny {
			denies = append(denies, r)
		} else {
			allows = append(allows, r)
		}
	}
	d := Decision{Allowed: s.AllowedRoles(roles, t, obj, act), Rules: allows}
	if len(denies) > 0 {
		d.Rules = denies
	}
	if len(allows) == 0 {
		d.Invariant = forbidding(roles, obj, act)
	}
	return d
}

// forbidding finds the invariant that keeps each of the roles from ever being allowed it, or nil.
func forbidding(roles []tenant.Role, obj Object, act Action) *Invariant {
	var found *Invariant
	for _, r := range roles {
		inv := broken(Rule{Role: r, Object: obj, Action: act})
		if inv == nil {
			return nil
		}
		if found == nil {
			found = inv
		}
	}
	return found
}

// rightsOf is what the roles give in an organisation.
func (s *Snapshot) rightsOf(roles []tenant.Role, t tenant.ID) rights {
	var set roleSet
	for _, r := range roles {
		if bit, ok := roleBits[r]; ok {
			set |= 1 << bit
		}
	}
	return hold(s.folded().verdicts, set, t).rights
}

// fold is what foldRules made.
type fold struct {
	verdicts   map[place]*verdict
	overridden map[tenant.ID]bool
}

// overriding lists the organisations with rules of their own for roles of a kind, in order.
func (s *Snapshot) overriding(k tenant.Kind) []tenant.ID {
	found := map[tenant.ID]bool{}
	for at := range s.folded().verdicts {
		if of, _ := tenant.KindOf(at.role); at.tenant != "" && of == k {
			found[at.tenant] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
