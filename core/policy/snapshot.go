// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"
	"sync"

	"github.com/satis-toscana/satis/core/tenant"
)

// Snapshot is one version of a network's policy with its grants. It never changes, so any
// number of goroutines may ask it.
type Snapshot struct {
	network tenant.NetworkID
	version int64
	rules   []Rule
	grants  []Grant
	index   index
	casbin  func() (*reference, error) // built when first asked
	folded  func() fold                // built when first asked

	extensions map[tenant.ID]*offers // see WithExtensions
}

// Compile checks every rule and grant and only then builds a snapshot of them. One bad row
// refuses the whole: a policy is never half in force.
//
// The error is of kind fault.Invalid with a field for each bad row, "rules/<line>" or
// "grants/<number>", both from 1; its text, for the log, tells the reasons. Refused are rows
// with unknown roles, objects or actions or malformed ids, rules given twice, roles of two
// kinds in one organisation, and rules that break one of the Invariants.
func Compile(network tenant.NetworkID, version int64, rules []Rule, grants []Grant) (*Snapshot, error) {
	if err := check(network, version, rules, grants); err != nil {
		return nil, err
	}
	rules, grants = slices.Clone(rules), slices.Clone(grants)
	return &Snapshot{
		network: network,
		version: version,
		rules:   rules,
		grants:  grants,
		index:   compileIndex(rules, grants),
		casbin:  lazyReference(rules, grants, nil),
		folded: sync.OnceValue(func() fold {
			verdicts, overridden := foldRules(rules)
			return fold{verdicts, overridden}
		}),
	}, nil
}

// Network is the network whose policy this is.
func (s *Snapshot) Network() tenant.NetworkID { return s.network }

// Version numbers the network's policies; a later one is greater.
func (s *Snapshot) Version() int64 { return s.version }

// Rules lists the rules, in their order.
func (s *Snapshot) Rules() []Rule { return slices.Clone(s.rules) }

// Grants lists who holds which role where.
func (s *Snapshot) Grants() []Grant { return slices.Clone(s.grants) }

// Allowed reports whether the actor may do act to an obj. It says no to whatever no rule
// allows, to an actor without a role in the tenant he acts for, and to one of another
// network or of another kind than his roles are.
func (s *Snapshot) Allowed(a tenant.Actor, obj Object, act Action) bool {
	h := s.holdingOf(a)
	if h == nil {
		return false
	}
	bit, ok := bitOf(obj, act)
	return ok && h.rights.has(bit)
}

// AllowedByCasbin answers as Allowed does, by Casbin over all the rules: about a thousand
// times slower. It is for tests and explanations.
func (s *Snapshot) AllowedByCasbin(a tenant.Actor, obj Object, act Action) (bool, error) {
	ok, _, err := s.Explain(a, obj, act)
	return ok, err
}

// Explain tells the decision and the rule that made it, as a line of a policy file. The rule
// is empty where none spoke and the answer is no by default.
func (s *Snapshot) Explain(a tenant.Actor, obj Object, act Action) (allowed bool, rule string, err error) {
	// Casbin remembers every subject and domain it was ever asked about, so it is asked
	// about members only.
	if s.holdingOf(a) == nil {
		return false, "", nil
	}
	ref, err := s.casbin()
	if err != nil {
		return false, "", err
	}
	return ref.ask(a.User, a.Tenant, obj, act)
}

// Roles lists the user's roles in an organisation, in the order of AllRoles.
func (s *Snapshot) Roles(user tenant.UserID, t tenant.ID) []tenant.Role {
	if h := s.index.find(user, t); h != nil {
		return listRoles(h.roles)
	}
	return nil
}

// HasRole reports whether the user has the role in an organisation.
func (s *Snapshot) HasRole(user tenant.UserID, t tenant.ID, role tenant.Role) bool {
	h := s.index.find(user, t)
	return h != nil && h.roles.has(role)
}

// holdingOf finds what the actor has, or nil where he is no member under this policy.
func (s *Snapshot) holdingOf(a tenant.Actor) *holding {
	h := s.index.find(a.User, a.Tenant)
	if h == nil || h.kind != a.Kind || s.network != a.Network {
		return nil
	}
	return h
}
