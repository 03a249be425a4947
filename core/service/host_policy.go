// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// PolicyChange is what a policy from files would change, or did.
type PolicyChange struct {
	// Version is the one in force: the new one, after ApplyPolicy.
	Version        int64
	Added, Removed []policy.Rule
	Effect         policy.Diff
}

// Unchanged tells that the rules are those in force.
func (c PolicyChange) Unchanged() bool { return len(c.Added)+len(c.Removed) == 0 }

// Networks lists every network.
func (h Host) Networks(ctx context.Context) (out []tenant.NetworkID, err error) {
	err = h.s.db.AsSystem(ctx, postgres.JobPolicy, func(tx *postgres.Tx) (err error) {
		out, err = tx.Networks(ctx)
		return err
	})
	return out, err
}

// PolicyInForce reads a network's rules as they are stored; NotFound for an unknown network.
func (h Host) PolicyInForce(ctx context.Context, n tenant.NetworkID) (rules string, err error) {
	if err := validID(n); err != nil {
		return "", err
	}
	err = h.s.db.AsSystem(ctx, postgres.JobPolicy, func(tx *postgres.Tx) error {
		p, err := tx.Policy(ctx, n)
		rules = p.Rules
		return err
	})
	return rules, err
}

// PreviewPolicy tells what rules would change in a network. Invalid, as policy.Compile says
// it, where they cannot be or turn a case that every version keeps.
func (h Host) PreviewPolicy(ctx context.Context, n tenant.NetworkID, rules []policy.Rule) (out PolicyChange, err error) {
	if err := validID(n); err != nil {
		return out, err
	}
	err = h.s.db.AsSystem(ctx, postgres.JobPolicy, func(tx *postgres.Tx) error {
		out, err = previewPolicy(ctx, tx, n, rules)
		return err
	})
	return out, err
}

// ApplyPolicy puts rules into force in a network as its next version, by the host's own
// authority; the lead agency's audit has it. What PreviewPolicy refuses is refused, and the
// version in force stays.
func (h Host) ApplyPolicy(ctx context.Context, n tenant.NetworkID, rules []policy.Rule, reason string) (out PolicyChange, err error) {
	if strings.TrimSpace(reason) == "" {
		return out, fault.OfFields([]fault.Field{fault.At("reason", "required")})
	}
	if err := validID(n); err != nil {
		return out, err
	}
	err = h.s.db.AsSystem(ctx, postgres.JobProvision, func(tx *postgres.Tx) error {
		if out, err = previewPolicy(ctx, tx, n, rules); err != nil || out.Unchanged() {
			return err
		}
		if out.Version, err = tx.PublishRules(ctx, n, policy.Format(rules), strings.TrimSpace(reason), h.s.now()); err != nil {
			return err
		}
		lead, err := leadOf(ctx, tx, n)
		if err != nil {
			return err
		}
		return h.record(ctx, tx, lead, policy.Publish, policy.PolicyNetwork, "")
	})
	return out, err
}

func previewPolicy(ctx context.Context, tx *postgres.Tx, n tenant.NetworkID, rules []policy.Rule) (out PolicyChange, err error) {
	p, err := tx.Policy(ctx, n)
	if err != nil {
		return out, err
	}
	grants := grantsOf(p.Members)
	after, err := policy.Compile(n, p.Version, rules, grants)
	if err != nil {
		return out, err
	}
	if err := policy.RefuseBroken(after); err != nil {
		return out, err
	}
	list, err := tx.TenantsOf(ctx, n)
	if err != nil {
		return out, err
	}
	if err := checkOverrides(rules, list); err != nil {
		return out, err
	}
	old, err := policy.Parse(strings.NewReader(p.Rules))
	if err != nil {
		return out, err
	}
	before, err := policy.Compile(n, p.Version, old, grants)
	if err != nil {
		return out, err
	}
	out = PolicyChange{Version: p.Version, Effect: policy.EffectiveDiff(before, after)}
	out.Added, out.Removed = policy.RuleDiff(old, rules)
	return out, nil
}

// leadOf finds the lead agency of a network.
func leadOf(ctx context.Context, tx *postgres.Tx, n tenant.NetworkID) (tenant.ID, error) {
	list, err := tx.TenantsOf(ctx, n)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list, func(t postgres.Tenant) bool { return t.Kind == tenant.LeadAgency })
	if i < 0 {
		return "", fault.Missing()
	}
	return list[i].ID, nil
}

// grantsOf turns stored members into grants.
func grantsOf(list []postgres.Member) []policy.Grant {
	out := make([]policy.Grant, len(list))
	for i, m := range list {
		out[i] = policy.Grant{User: m.User, Role: m.Role, Tenant: m.Tenant}
	}
	return out
}
