// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"

	"github.com/satis-toscana/satis/core/tenant"
)

// Effect is what an administrator chooses for a cell of the matrix.
type Effect string

// The effects. Default leaves the cell to other rules: without one, it is denied.
const (
	EffectAllow   Effect = "allow"
	EffectDeny    Effect = "deny"
	EffectDefault Effect = "default"
)

// Place is a cell of the matrix: a role, everywhere or in one organisation, and a permission.
type Place struct {
	Role   tenant.Role
	Tenant tenant.ID
	Permission
}

// Cell is what a policy says at a place.
type Cell struct {
	Role    tenant.Role
	Allowed bool
	// Own is what the rules for exactly this place say, without those for everywhere.
	Own Effect
	// Rules are those that decided.
	Rules []Rule
	// NeverAllow and NeverDeny are the laws that keep any policy from it, where one does.
	NeverAllow, NeverDeny *Invariant
}

// Row is a permission with what each role has of it.
type Row struct {
	Permission
	Cells []Cell
}

// Matrix spells out what each role of a kind may, in the organisation t or, where that is "",
// in one without rules of its own. Permissions that no role of the kind can ever have are
// left out.
func (s *Snapshot) Matrix(k tenant.Kind, t tenant.ID) []Row {
	roles := tenant.RolesOf(k)
	own := map[Place]Effect{}
	for _, r := range s.rules {
		at := Place{r.Role, r.Tenant, Permission{r.Object, r.Action}}
		if r.Deny {
			own[at] = EffectDeny
		} else if own[at] == "" {
			own[at] = EffectAllow
		}
	}
	var out []Row
	for _, p := range Permissions() {
		row := Row{Permission: p}
		possible := false
		for _, r := range roles {
			d := s.Decide([]tenant.Role{r}, t, p.Object, p.Action)
			c := Cell{Role: r, Allowed: d.Allowed, Rules: d.Rules, Own: own[Place{r, t, p}],
				NeverAllow: broken(Rule{Role: r, Object: p.Object, Action: p.Action}),
				NeverDeny:  broken(Rule{Role: r, Object: p.Object, Action: p.Action, Deny: true})}
			if c.Own == "" {
				c.Own = EffectDefault
			}
			possible = possible || c.NeverAllow == nil
			row.Cells = append(row.Cells, c)
		}
		if possible {
			out = append(out, row)
		}
	}
	return out
}

// CellEdit is what an administrator wants at a place.
type CellEdit struct {
	Place
	Effect Effect
}

// Apply makes edits in rules: at each place the rules that stand there give way to the one
// wanted. Compile tells whether the outcome can be.
func Apply(rules []Rule, edits []CellEdit) []Rule {
	out := slices.Clone(rules)
	for _, e := range edits {
		wanted := Rule{Role: e.Role, Tenant: e.Tenant, Object: e.Object, Action: e.Action, Deny: e.Effect == EffectDeny}
		stands := slices.IndexFunc(out, func(r Rule) bool { return e.Effect != EffectDefault && r.bare() == wanted })
		kept := out[:0]
		for i, r := range out {
			if at := (Place{r.Role, r.Tenant, Permission{r.Object, r.Action}}); at != e.Place || i == stands {
				kept = append(kept, r)
			}
		}
		out = kept
		if e.Effect != EffectDefault && stands < 0 {
			// Behind the role's other rules, where a reader looks for it.
			last := len(out)
			for i, r := range out {
				if r.Role == e.Role {
					last = i + 1
				}
			}
			out = slices.Insert(out, last, wanted)
		}
	}
	return numbered(out)
}

// numbered counts the rules as the lines that Format writes.
func numbered(rules []Rule) []Rule {
	for i := range rules {
		rules[i].File, rules[i].Line = "", i+1
	}
	return rules
}

// Edition is a version's rules, to follow who set what when.
type Edition struct {
	Version int64
	Rules   []Rule
}

// SetBy tells for a place which version last changed the rules that stand exactly there; the
// first one where none ever did. Editions are given oldest first.
func SetBy(editions []Edition) func(Place) int64 {
	set := map[Place]int64{}
	before := map[Place]string{}
	for _, e := range editions {
		now := map[Place]string{}
		for _, r := range e.Rules {
			at := Place{r.Role, r.Tenant, Permission{r.Object, r.Action}}
			if r.Deny {
				now[at] += "d"
			} else {
				now[at] = "a" + now[at]
			}
		}
		for at, text := range now {
			if before[at] != text {
				set[at] = e.Version
			}
		}
		for at := range before {
			if now[at] == "" {
				set[at] = e.Version
			}
		}
		before = now
	}
	return func(at Place) int64 {
		if v, ok := set[at]; ok || len(editions) == 0 {
			return v
		}
		return editions[0].Version
	}
}
