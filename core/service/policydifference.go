// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"

	"github.com/satis-toscana/satis/core/policy"
)

// PolicyDifference is what leads from one version to another, as the second administrator reads
// it: rules, roles, and who gains and loses what by both.
type PolicyDifference struct {
	From, To       int64
	Added, Removed []policy.Rule
	// Roles are those that came with the versions after From, up to To. Going back gives and
	// takes none, and has none.
	Roles []policy.GrantChange
	// Effect is who gains and who loses by both.
	Effect policy.Diff
	PolicyNames
}

// PolicyDifference compares any two versions; 0 is the one in force. What roles gave is
// told as the versions between left those whose roles they changed; all others are taken as
// they are today.
func (s *Service) PolicyDifference(ctx context.Context, from, to int64) (out PolicyDifference, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PolicyNetwork, policy.Read, ""); err != nil {
			return err
		}
		all, err := a.policyVersions()
		if err != nil {
			return err
		}
		old, err := versionOf(all, from)
		if err != nil {
			return err
		}
		fresh, err := versionOf(all, to)
		if err != nil {
			return err
		}
		out = PolicyDifference{From: old.Version, To: fresh.Version}
		out.Added, out.Removed = policy.RuleDiff(old.Rules, fresh.Rules)
		for _, v := range all {
			if v.Version > old.Version && v.Version <= fresh.Version {
				out.Roles = append(out.Roles, v.Roles...)
			}
		}
		if out.Effect, err = a.changeOf(old.Rules, fresh.Rules, out.Roles); err != nil {
			return err
		}
		out.PolicyNames, err = a.policyNames()
		return err
	})
	return answer(out, err)
}

// changeOf tells who gains and loses what by rules, and by roles that were given and taken.
func (a *act) changeOf(old, fresh []policy.Rule, roles []policy.GrantChange) (policy.Diff, error) {
	after := a.rules.Grants()
	for _, c := range roles {
		after = withGrant(after, c.Grant, !c.Take)
	}
	before := after
	for _, c := range slices.Backward(roles) {
		before = withGrant(before, c.Grant, c.Take)
	}
	compile := func(rules []policy.Rule, grants []policy.Grant) (*policy.Snapshot, error) {
		return policy.Compile(a.actor.Network, a.rules.Version(), rules, grants)
	}
	was, err := compile(old, before)
	if err != nil {
		return policy.Diff{}, err
	}
	is, err := compile(fresh, after)
	if err != nil {
		return policy.Diff{}, err
	}
	return policy.EffectiveDiff(was, is), nil
}

// withGrant is a list in which somebody holds a role, or does not.
func withGrant(list []policy.Grant, g policy.Grant, held bool) []policy.Grant {
	out := slices.DeleteFunc(slices.Clone(list), func(x policy.Grant) bool { return x == g })
	if held {
		out = append(out, g)
	}
	return out
}
