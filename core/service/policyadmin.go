// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// PolicyVersion is a policy that is or was in force in the actor's network.
type PolicyVersion struct {
	Version int64
	InForce bool
	Reason  string
	// PublishedBy is empty for what the host put in force.
	PublishedBy   tenant.UserID
	PublisherName string
	PublishedAt   time.Time
	Hash          []byte
	// Chained is false where the hash does not follow from the version before: history was
	// rewritten.
	Chained bool
	Rules   []policy.Rule
	// Roles are those given and taken with it. Going back to it does not give or take them again.
	Roles []policy.GrantChange
	// Added and Removed compare it with the version before.
	Added, Removed []policy.Rule
}

// PolicyVersions lists every version of the network's policy, newest first.
func (s *Service) PolicyVersions(ctx context.Context) (out []PolicyVersion, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PolicyNetwork, policy.Read, ""); err != nil {
			return err
		}
		out, err = a.policyVersions()
		slices.Reverse(out)
		return err
	})
	return answer(out, err)
}

// PolicyVersion reads one version; NotFound where the network never had it.
func (s *Service) PolicyVersion(ctx context.Context, n int64) (out PolicyVersion, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PolicyNetwork, policy.Read, ""); err != nil {
			return err
		}
		all, err := a.policyVersions()
		if err != nil {
			return err
		}
		out, err = versionOf(all, n)
		return err
	})
	return answer(out, err)
}

// versionOf finds a version; 0 is the one in force.
func versionOf(all []PolicyVersion, n int64) (PolicyVersion, error) {
	i := slices.IndexFunc(all, func(v PolicyVersion) bool { return v.Version == n || (n == 0 && v.InForce) })
	if i < 0 {
		return PolicyVersion{}, fault.Missing()
	}
	return all[i], nil
}

// policyVersions reads all versions, oldest first.
func (a *act) policyVersions() ([]PolicyVersion, error) {
	rows, err := a.tx.PolicyHistory(a)
	if err != nil {
		return nil, err
	}
	names, err := a.tx.UserNames(a)
	if err != nil {
		return nil, err
	}
	current, err := a.tx.RulesInForce(a)
	if err != nil {
		return nil, err
	}
	out := make([]PolicyVersion, len(rows))
	var hash []byte
	var before []policy.Rule
	form := 0
	for i, r := range rows {
		rules, err := policy.Parse(r.Rules)
		if err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "policy_unusable")
		}
		changes, err := policy.ParseGrantChanges(r.Roles)
		if err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "policy_unusable")
		}
		hash = postgres.NextPolicyHash(hash, r)
		v := PolicyVersion{Version: r.Version, InForce: r.Version == current, Reason: r.Reason, PublishedAt: r.PublishedAt, Hash: r.Hash,
			// A hash that covers less than the one before would let the rest be rewritten.
			Chained: bytes.Equal(hash, r.Hash) && r.HashForm >= form, Rules: rules, Roles: changes}
		form = r.HashForm
		if r.PublishedBy != nil {
			v.PublishedBy, v.PublisherName = *r.PublishedBy, names[*r.PublishedBy]
		}
		v.Added, v.Removed = policy.RuleDiff(before, rules)
		out[i], before, hash = v, rules, r.Hash
	}
	return out, nil
}

// editionsOf are versions as policy follows them.
func editionsOf(all []PolicyVersion) []policy.Edition {
	out := make([]policy.Edition, len(all))
	for i, v := range all {
		out[i] = policy.Edition{Version: v.Version, Rules: v.Rules}
	}
	return out
}

// PolicyNames tells the names of what a policy speaks of by id.
type PolicyNames struct {
	Tenants map[tenant.ID]string
	Users   map[tenant.UserID]string
}

// policyNames reads the names of the network's organisations and users.
func (a *act) policyNames() (n PolicyNames, err error) {
	if n.Users, err = a.tx.UserNames(a); err != nil {
		return n, err
	}
	list, err := a.tx.Tenants(a)
	n.Tenants = make(map[tenant.ID]string, len(list))
	for _, t := range list {
		n.Tenants[t.ID] = t.Name
	}
	return n, err
}

// MatrixQuery asks for a matrix.
type MatrixQuery struct {
	Kind tenant.Kind
	// Tenant, if not empty, is the organisation whose own rules count too; it decides the kind.
	Tenant tenant.ID
	// Draft, if not empty, is the draft to show instead of the policy in force.
	Draft string
}

// PolicyMatrix is what each role of a kind of organisation may.
type PolicyMatrix struct {
	Kind   tenant.Kind
	Tenant tenant.ID
	// Version is that of the rules in force; Draft is set where a draft is shown.
	Version int64
	Draft   string
	Roles   []tenant.Role
	Rows    []MatrixRow
	// Missing are default rules that the network's policy never knew: new permissions that it
	// gains when an administrator says so.
	Missing []policy.Rule
	// Tenants are the network's organisations of the kind.
	Tenants []postgres.Tenant
}

// MatrixRow is a permission with a cell for each role.
type MatrixRow struct {
	policy.Permission
	Cells []MatrixCell
}

// MatrixCell is what the policy says, and the version that last set it; 0 where the draft did.
type MatrixCell struct {
	policy.Cell
	SetBy int64
}

// PolicyMatrix spells out the policy in force, or a draft. NotFound for an organisation or a
// draft that is not of the network.
func (s *Service) PolicyMatrix(ctx context.Context, q MatrixQuery) (out PolicyMatrix, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PolicyNetwork, policy.Read, q.Draft); err != nil {
			return err
		}
		out, err = a.matrix(q)
		return err
	})
	return answer(out, err)
}

func (a *act) matrix(q MatrixQuery) (PolicyMatrix, error) {
	out := PolicyMatrix{Tenant: q.Tenant, Draft: q.Draft}
	if err := a.matrixTenants(&out, q); err != nil {
		return out, err
	}
	all, err := a.policyVersions()
	if err != nil {
		return out, err
	}
	editions := editionsOf(all)
	for _, v := range all {
		if v.InForce {
			out.Version = v.Version
		}
	}
	out.Missing = policy.MissingDefaults(editions)
	snap := a.rules
	if q.Draft != "" {
		d, err := a.draft(q.Draft, a.tx.PolicyDraft)
		if err != nil {
			return out, err
		}
		if snap, err = a.compiledText(d.Rules); err != nil {
			return out, err
		}
		editions = append(editions, policy.Edition{Rules: snap.Rules()})
	}
	by := policy.SetBy(editions)
	out.Roles = tenant.RolesOf(out.Kind)
	for _, r := range snap.Matrix(out.Kind, out.Tenant) {
		row := MatrixRow{Permission: r.Permission}
		for _, c := range r.Cells {
			at := policy.Place{Role: c.Role, Tenant: out.Tenant, Permission: r.Permission}
			set := by(at)
			if at.Tenant != "" && c.Own == policy.EffectDefault {
				// Nothing stands here: what holds everywhere decides.
				at.Tenant = ""
				set = by(at)
			}
			row.Cells = append(row.Cells, MatrixCell{c, set})
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// matrixTenants finds the kind and the organisations of it.
func (a *act) matrixTenants(out *PolicyMatrix, q MatrixQuery) error {
	list, err := a.tx.Tenants(a)
	if err != nil {
		return err
	}
	out.Kind = q.Kind
	if q.Tenant != "" {
		i := slices.IndexFunc(list, func(t postgres.Tenant) bool { return t.ID == q.Tenant })
		if i < 0 {
			return fault.Missing()
		}
		out.Kind = list[i].Kind
	}
	if !slices.Contains(tenant.Kinds(), out.Kind) {
		return fault.OfFields([]fault.Field{fault.At("kind", "not_an_option")})
	}
	out.Tenants = slices.DeleteFunc(list, func(t postgres.Tenant) bool { return t.Kind != out.Kind })
	return nil
}
