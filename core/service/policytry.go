// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
)

// TrialRequest asks who may do what, without doing it.
type TrialRequest struct {
	// Email names a user, or Role a role: one of them.
	Email string
	Role  tenant.Role
	// Tenant is the organisation acted for; it may be empty with a role, and is then any one
	// of its kind.
	Tenant tenant.ID
	policy.Permission
	// ProjectCode, if not empty, is a project that was submitted to the lead agency.
	ProjectCode string
}

// Why a trial came out as it did; invariants of the policy, duties and states have their own codes.
const (
	TrialRuleAllows = "trial_rule_allows"
	TrialRuleDenies = "trial_rule_denies"
	TrialNoRule     = "trial_no_rule"
	TrialNoRole     = "trial_no_role"
	// TrialNotTheirs: the record does not exist for them.
	TrialNotTheirs = "trial_not_theirs"
)

// Trial is the answer.
type Trial struct {
	Allowed bool
	// Code says why, with Params to fill its words in.
	Code   string
	Params map[string]string
	Roles  []tenant.Role
	// Rules are those that decided, SetBy the versions that brought them.
	Rules []policy.Rule
	SetBy []int64
	// Version is that of the rules in force.
	Version int64
}

// TryDecision tells whether somebody may do something, and by which rule of which version or
// which law. Asking about a project is for who drafts policies, and is in the audit like all
// that is tried.
func (s *Service) TryDecision(ctx context.Context, r TrialRequest) (out Trial, err error) {
	err = s.write(ctx, func(a *act) error {
		do := policy.Read
		if r.ProjectCode != "" {
			do = policy.Draft
		}
		if err := a.allow(policy.PolicyNetwork, do, ""); err != nil {
			return err
		}
		who, err := a.trialActor(r)
		if err != nil {
			return err
		}
		if out, err = a.trial(r, who); err != nil {
			return err
		}
		return a.audit(do, policy.PolicyNetwork, "", "event", "try", "object", string(r.Object), "action", string(r.Action),
			"tenant", string(who.Tenant), "user", string(who.User), "project", projectCode(r), "answer", out.Code)
	})
	return answer(out, err)
}

// trialActor finds who is asked about. Actor.User is empty where it is a role.
func (a *act) trialActor(r TrialRequest) (who tenant.Actor, err error) {
	complain := func(at, code string) error { return fault.OfFields([]fault.Field{fault.At(at, code)}) }
	if !policy.Known(r.Object, r.Action) {
		return who, complain("action", "not_an_option")
	}
	who = tenant.Actor{Tenant: r.Tenant, Network: a.actor.Network}
	if r.Tenant != "" {
		if validID(r.Tenant) != nil {
			return who, complain("tenant_id", "policy_unknown_tenant")
		}
		t, err := a.tx.Tenant(a, r.Tenant)
		if fault.Is(err, fault.NotFound) {
			return who, complain("tenant_id", "policy_unknown_tenant")
		}
		if err != nil {
			return who, err
		}
		who.Kind = t.Kind
	}
	if r.Email == "" {
		kind, ok := tenant.KindOf(r.Role)
		if !ok || (who.Kind != "" && who.Kind != kind) {
			return who, complain("role", "not_an_option")
		}
		who.Kind = kind
		return who, nil
	}
	if r.Tenant == "" {
		return who, complain("tenant_id", "required")
	}
	who.User, err = a.tx.MemberByEmail(a, CleanEmail(r.Email))
	if fault.Is(err, fault.NotFound) {
		return who, complain("email", "unknown_user")
	}
	return who, err
}

// trial asks the policy, then what stands above it.
func (a *act) trial(r TrialRequest, who tenant.Actor) (Trial, error) {
	roles := []tenant.Role{r.Role}
	if who.User != "" {
		roles = a.rules.Roles(who.User, who.Tenant)
	}
	version, err := a.tx.RulesInForce(a)
	if err != nil {
		return Trial{}, err
	}
	out := Trial{Roles: roles, Version: version}
	if len(roles) == 0 {
		out.Code = TrialNoRole
		return out, nil
	}
	d := a.rules.Decide(roles, who.Tenant, r.Object, r.Action)
	out.Allowed, out.Rules = d.Allowed, d.Rules
	switch {
	case d.Allowed:
		out.Code = TrialRuleAllows
	case len(d.Rules) > 0:
		out.Code = TrialRuleDenies
	case d.Invariant != nil:
		out.Code = d.Invariant.Code
	default:
		out.Code = TrialNoRule
	}
	if out.SetBy, err = a.setBy(d.Rules); err != nil || r.ProjectCode == "" {
		return out, err
	}
	return out, a.tryProject(&out, r, who)
}

// setBy tells which versions brought rules.
func (a *act) setBy(rules []policy.Rule) ([]int64, error) {
	all, err := a.policyVersions()
	if err != nil {
		return nil, err
	}
	by := policy.SetBy(editionsOf(all))
	out := make([]int64, len(rules))
	for i, r := range rules {
		out[i] = by(policy.Place{Role: r.Role, Tenant: r.Tenant, Permission: policy.Permission{Object: r.Object, Action: r.Action}})
	}
	return out, nil
}

func projectCode(r TrialRequest) string { return strings.ToUpper(strings.TrimSpace(r.ProjectCode)) }

// tryProject asks what the record adds: whose it is, its state, who had a hand in it.
func (a *act) tryProject(out *Trial, r TrialRequest, who tenant.Actor) error {
	p, err := a.projectByCode(projectCode(r), "project_code")
	if err != nil {
		return err
	}
	refuse := func(code string, params map[string]string) { out.Allowed, out.Code, out.Params = false, code, params }
	_, relation, _ := strings.Cut(string(r.Object), "@")
	if rel, ok := p.RelationTo(who); !ok || (who.Tenant != "" && string(rel) != relation) {
		refuse(TrialNotTheirs, nil)
		return nil
	}
	thing, _, _ := strings.Cut(string(r.Object), "@")
	event := casework.Event(r.Action)
	if !out.Allowed || thing != "project" || !slices.Contains(append(casework.Transitions(), casework.Edit), event) {
		return nil
	}
	_, err = p.State.Next(event)
	if err == nil && relation == string(casework.Received) && who.User != "" {
		err = a.tryDuties(p, event, who)
	}
	if known, ok := errors.AsType[*fault.Error](err); ok && (known.Kind == fault.Conflict || known.Kind == fault.Forbidden) {
		refuse(known.Code, known.Params)
		return nil
	}
	return err
}

// tryDuties asks the separation of duties about somebody else than the actor.
func (a *act) tryDuties(p casework.Project, e casework.Event, who tenant.Actor) error {
	as := *a
	as.actor = who
	h, err := as.hands(p)
	if err != nil {
		return err
	}
	return casework.CheckDuties(e, who.User, h)
}
