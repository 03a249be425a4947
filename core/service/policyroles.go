// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// maxRoleChanges bounds a draft to what a second administrator can read.
const maxRoleChanges = 200

// PolicyRoles is who holds which role in an organisation, and who would under a draft.
type PolicyRoles struct {
	Draft PolicyDraftView
	// Tenants are the network's active organisations.
	Tenants []postgres.Tenant
	// Tenant is the one asked about; empty where none was, and Members with it.
	Tenant  tenant.ID
	Roles   []tenant.Role
	Members []PolicyMember
}

// PolicyMember is a member of an organisation.
type PolicyMember struct {
	User tenant.UserID
	Name string
	// Held are the roles of today, Wanted those under the draft.
	Held, Wanted []tenant.Role
}

// PolicyDraftRoles reads who holds which role in an organisation, and who would under a
// draft; NotFound for a draft or an active organisation that is not of the network.
func (s *Service) PolicyDraftRoles(ctx context.Context, id string, t tenant.ID) (out PolicyRoles, err error) {
	err = s.read(ctx, func(a *act) error {
		_, view, err := a.openDraft(id)
		if err != nil {
			return err
		}
		out.Draft = view
		if out.Tenants, err = a.activeTenants(); err != nil || t == "" {
			return err
		}
		i := slices.IndexFunc(out.Tenants, func(x postgres.Tenant) bool { return x.ID == t })
		if i < 0 {
			return fault.Missing()
		}
		out.Tenant, out.Roles = t, tenant.RolesOf(out.Tenants[i].Kind)
		out.Members, err = a.policyMembers(t, out.Draft.Changes)
		return err
	})
	return answer(out, err)
}

func (a *act) activeTenants() ([]postgres.Tenant, error) {
	list, err := a.tx.Tenants(a)
	return slices.DeleteFunc(list, func(t postgres.Tenant) bool { return t.Status != "active" }), err
}

// policyMembers lists the members of an organisation by name, with what changes make of them.
func (a *act) policyMembers(t tenant.ID, changes []policy.GrantChange) (out []PolicyMember, err error) {
	names, err := a.tx.UserNames(a)
	if err != nil {
		return nil, err
	}
	held := map[tenant.UserID][]tenant.Role{}
	for _, g := range a.rules.Grants() {
		if g.Tenant == t {
			held[g.User] = a.rules.Roles(g.User, t)
		}
	}
	for u, roles := range held {
		out = append(out, PolicyMember{u, names[u], roles, policy.RolesAfter(roles, u, t, changes)})
	}
	slices.SortFunc(out, func(a, b PolicyMember) int { return strings.Compare(a.Name+string(a.User), b.Name+string(b.User)) })
	return out, nil
}

// changeRoles puts a list of changes into a draft, or refuses it whole. What stood in the
// draft before and has come about without it, or no longer can, falls away.
func (a *act) changeRoles(d *postgres.PolicyDraft, want []policy.GrantChange) error {
	if len(want) > maxRoleChanges {
		return fault.OfFields([]fault.Field{fault.At("roles", "too_large", "limit", strconv.Itoa(maxRoleChanges))})
	}
	kinds, err := a.kinds()
	if err != nil {
		return err
	}
	grants := a.rules.Grants()
	before, err := policy.ParseGrantChanges(d.Roles)
	if err != nil {
		return err
	}
	want = slices.DeleteFunc(slices.Clone(want), func(c policy.GrantChange) bool {
		if !slices.ContainsFunc(before, func(b policy.GrantChange) bool { return b.String() == c.String() }) {
			return false
		}
		_, err := policy.ApplyGrants(grants, []policy.GrantChange{c}, kinds)
		return err != nil
	})
	after, err := policy.ApplyGrants(grants, want, kinds)
	if err != nil {
		return err
	}
	d.Roles = policy.FormatGrantChanges(want)
	return policy.RefuseLast(after, want)
}

// kinds tells the kind of each active organisation of the network.
func (a *act) kinds() (map[tenant.ID]tenant.Kind, error) {
	list, err := a.activeTenants()
	return kindsOf(list), err
}

func kindsOf(list []postgres.Tenant) map[tenant.ID]tenant.Kind {
	kinds := make(map[tenant.ID]tenant.Kind, len(list))
	for _, t := range list {
		if t.Status == "active" {
			kinds[t.ID] = t.Kind
		}
	}
	return kinds
}

// drafted compiles a draft with the members as it would leave them. Where its changes of
// roles can no longer be made, problems says which and why, and the members are today's.
func (a *act) drafted(d postgres.PolicyDraft) (snap *policy.Snapshot, changes []policy.GrantChange, problems error, err error) {
	if changes, err = policy.ParseGrantChanges(d.Roles); err != nil {
		return nil, nil, nil, err
	}
	grants := a.rules.Grants()
	if d.State != postgres.DraftPublished && len(changes) > 0 {
		kinds, err := a.kinds()
		if err != nil {
			return nil, nil, nil, err
		}
		after, refused := policy.ApplyGrants(grants, changes, kinds)
		if refused == nil {
			grants = after
			refused = policy.RefuseLast(after, changes)
		}
		problems = refused
	}
	rules, err := policy.Parse(d.Rules)
	if err != nil {
		return nil, nil, nil, err
	}
	snap, err = a.checkedWith(rules, grants)
	return snap, changes, problems, err
}

// problemsOf are the complaints of a refusal, as fields.
func problemsOf(err error) []fault.Field {
	e, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok:
		return nil
	case len(e.Fields) == 0:
		return []fault.Field{fault.At("roles", e.Code)}
	}
	return e.Fields
}

// auditRoles records each role that a publication gave or took, as a change of the user.
func (a *act) auditRoles(d postgres.PolicyDraft) error {
	changes, err := policy.ParseGrantChanges(d.Roles)
	if err != nil {
		return err
	}
	for _, c := range changes {
		step := map[bool]string{true: "take", false: "grant"}[c.Take]
		if err := a.audit(policy.Publish, policy.PolicyNetwork, string(c.User), "step", step, "role", string(c.Role), "tenant", string(c.Tenant), "draft", d.ID); err != nil {
			return err
		}
	}
	return nil
}

// membersOf are the members that changes speak of.
func membersOf(changes []policy.GrantChange) (out []postgres.Member) {
	for _, c := range changes {
		m := postgres.Member{User: c.User, Tenant: c.Tenant}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}
