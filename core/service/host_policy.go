// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// PolicyChange is what a policy from files would change, or did.
type PolicyChange struct {
	// Version is the published one in force: the new one, after ApplyPolicy.
	Version        int64
	Added, Removed []policy.Rule
	// Roles are those given and taken.
	Roles  []policy.GrantChange
	Effect policy.Diff
}

// Unchanged tells that the rules are those in force, and that no role changes.
func (c PolicyChange) Unchanged() bool { return len(c.Added)+len(c.Removed)+len(c.Roles) == 0 }

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

// PreviewPolicy tells what rules, and changes of roles, would change in a network. Invalid, as
// policy.Compile and policy.ApplyGrants say it, where they cannot be or turn a case that
// every version keeps.
func (h Host) PreviewPolicy(ctx context.Context, n tenant.NetworkID, rules []policy.Rule, roles ...policy.GrantChange) (out PolicyChange, err error) {
	if err := validID(n); err != nil {
		return out, err
	}
	err = h.s.db.AsSystem(ctx, postgres.JobPolicy, func(tx *postgres.Tx) error {
		out, err = previewPolicy(ctx, tx, n, rules, roles)
		return err
	})
	return out, err
}

// ApplyPolicy puts rules into force in a network as its next version, and gives and takes
// roles with it, by the host's own authority; the lead agency's audit has it. What PreviewPolicy refuses is refused, and the
// version in force stays.
func (h Host) ApplyPolicy(ctx context.Context, n tenant.NetworkID, rules []policy.Rule, reason string, roles ...policy.GrantChange) (out PolicyChange, err error) {
	if strings.TrimSpace(reason) == "" {
		return out, fault.OfFields([]fault.Field{fault.At("reason", "required")})
	}
	if err := validID(n); err != nil {
		return out, err
	}
	err = h.s.db.AsSystem(ctx, postgres.JobProvision, func(tx *postgres.Tx) error {
		if out, err = previewPolicy(ctx, tx, n, rules, roles); err != nil || out.Unchanged() {
			return err
		}
		for _, c := range roles {
			m := postgres.Member{User: c.User, Role: c.Role, Tenant: c.Tenant}
			if c.Take {
				err = tx.DeleteMember(ctx, m)
			} else {
				err = tx.InsertMember(ctx, n, m)
			}
			if err != nil {
				return err
			}
		}
		base := out.Version
		v := postgres.PolicyVersion{Rules: policy.Format(rules), Roles: policy.FormatGrantChanges(roles), Reason: strings.TrimSpace(reason), PublishedAt: h.s.now()}
		if out.Version, err = tx.PublishPolicy(ctx, n, v); err != nil {
			return err
		}
		lead, err := leadOf(ctx, tx, n)
		if err != nil {
			return err
		}
		for _, c := range roles {
			step := map[bool]string{true: "take", false: "grant"}[c.Take]
			if err := h.record(ctx, tx, lead, policy.Publish, policy.PolicyNetwork, string(c.User), "step", step, "role", string(c.Role), "tenant", string(c.Tenant)); err != nil {
				return err
			}
		}
		return h.record(ctx, tx, lead, policy.Publish, policy.PolicyNetwork, "", "event", "publish", "by", "host",
			"version", strconv.FormatInt(out.Version, 10), "base", strconv.FormatInt(base, 10))
	})
	return out, err
}

// MissingDefaults lists the default rules about which a network's policy never said anything,
// and the rules in force with them. NotFound for an unknown network.
func (h Host) MissingDefaults(ctx context.Context, n tenant.NetworkID) (missing, whole []policy.Rule, err error) {
	if err := validID(n); err != nil {
		return nil, nil, err
	}
	err = h.s.db.AsSystem(ctx, postgres.JobPolicy, func(tx *postgres.Tx) error {
		rows, err := tx.PolicyEditions(ctx, n)
		if err != nil {
			return err
		}
		editions := make([]policy.Edition, len(rows))
		for i, r := range rows {
			rules, err := policy.Parse(r.Rules)
			if err != nil {
				return err
			}
			editions[i] = policy.Edition{Version: r.Version, Rules: rules}
		}
		missing = policy.MissingDefaults(editions)
		whole = policy.WithMissingDefaults(editions[len(editions)-1].Rules, missing)
		return nil
	})
	return missing, whole, err
}

func previewPolicy(ctx context.Context, tx *postgres.Tx, n tenant.NetworkID, rules []policy.Rule, roles []policy.GrantChange) (out PolicyChange, err error) {
	p, err := tx.Policy(ctx, n)
	if err != nil {
		return out, err
	}
	list, err := tx.TenantsOf(ctx, n)
	if err != nil {
		return out, err
	}
	grants := grantsOf(p.Members)
	then, err := policy.ApplyGrants(grants, roles, kindsOf(list))
	if err == nil {
		err = policy.RefuseLast(then, roles)
	}
	if err != nil {
		return out, err
	}
	after, err := policy.Compile(n, p.Version, rules, then)
	if err != nil {
		return out, err
	}
	if err := policy.RefuseBroken(after); err != nil {
		return out, err
	}
	if err := checkOverrides(rules, list); err != nil {
		return out, err
	}
	old, err := policy.Parse(p.Rules)
	if err != nil {
		return out, err
	}
	before, err := policy.Compile(n, p.Version, old, grants)
	if err != nil {
		return out, err
	}
	out = PolicyChange{Version: p.RulesVersion, Roles: roles, Effect: policy.EffectiveDiff(before, after)}
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
