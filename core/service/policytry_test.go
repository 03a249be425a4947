// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// Each way a decision comes out has its own reason.
func TestTryDecision(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	ctx := w.As(w.Lead, "policy_admin")
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Evaluated)
	draft := w.Project(t, w.Entity, 2)
	submitted := func(a policy.Action) policy.Permission {
		return policy.Permission{Object: policy.ProjectSubmitted, Action: a}
	}
	own := func(a policy.Action) policy.Permission {
		return policy.Permission{Object: policy.ProjectOwn, Action: a}
	}
	for name, tt := range map[string]struct {
		ask     service.TrialRequest
		allowed bool
		code    string
	}{
		"role by rule":        {service.TrialRequest{Role: tenant.Operator, Permission: own(policy.Create)}, true, service.TrialRuleAllows},
		"user by rule":        {service.TrialRequest{Email: w.Email(w.Entity, "operator"), Tenant: w.Entity.ID, Permission: own(policy.Create)}, true, service.TrialRuleAllows},
		"no rule":             {service.TrialRequest{Role: tenant.EntityManager, Permission: own(policy.Create)}, false, service.TrialNoRule},
		"no role":             {service.TrialRequest{Email: w.Email(w.Entity, "operator"), Tenant: w.Lead.ID, Permission: own(policy.Create)}, false, service.TrialNoRole},
		"a law":               {service.TrialRequest{Role: tenant.Evaluator, Permission: submitted(policy.Approve)}, false, "policy_two_acts"},
		"the record fits":     {service.TrialRequest{Email: w.Email(w.Lead, "approver"), Tenant: w.Lead.ID, Permission: submitted(policy.Approve), ProjectCode: p.Code}, true, service.TrialRuleAllows},
		"the state forbids":   {service.TrialRequest{Email: w.Email(w.Lead, "evaluator"), Tenant: w.Lead.ID, Permission: submitted(policy.Recommend), ProjectCode: p.Code}, false, "state_forbids"},
		"not theirs":          {service.TrialRequest{Role: tenant.Operator, Tenant: w.OtherEntity.ID, Permission: own(policy.Withdraw), ProjectCode: p.Code}, false, service.TrialNotTheirs},
		"theirs":              {service.TrialRequest{Role: tenant.Operator, Tenant: w.Entity.ID, Permission: own(policy.Withdraw), ProjectCode: p.Code}, true, service.TrialRuleAllows},
		"unknown user":        {service.TrialRequest{Email: "x@example.org", Tenant: w.Lead.ID, Permission: own(policy.Create)}, false, "!unknown_user"},
		"unknown action":      {service.TrialRequest{Role: tenant.Operator, Permission: own("fly")}, false, "!not_an_option"},
		"role of another":     {service.TrialRequest{Role: tenant.Operator, Tenant: w.Lead.ID, Permission: own(policy.Create)}, false, "!not_an_option"},
		"unknown place":       {service.TrialRequest{Role: tenant.Operator, Tenant: nobody, Permission: own(policy.Create)}, false, "!policy_unknown_tenant"},
		"not yet submitted":   {service.TrialRequest{Role: tenant.Operator, Tenant: w.Entity.ID, Permission: own(policy.Create), ProjectCode: draft.Code}, false, "!unknown_project"},
		"a user needs a room": {service.TrialRequest{Email: w.Email(w.Entity, "operator"), Permission: own(policy.Create)}, false, "!required"},
	} {
		got, err := w.Service.TryDecision(ctx, tt.ask)
		code := got.Code
		if err != nil {
			code = "!" + faultCode(err)
		}
		if got.Allowed != tt.allowed || code != tt.code {
			t.Errorf("%s: %v %q, want %v %q (%v)", name, got.Allowed, code, tt.allowed, tt.code, err)
		}
		if got.Allowed && (len(got.Rules) == 0 || len(got.SetBy) != len(got.Rules) || got.SetBy[0] == 0 || got.Version == 0) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Separation of duties shows for the very person who had a hand in it.
func TestTryDuties(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "both", tenant.Evaluator, tenant.Approver)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	for _, r := range []service.TransitionRequest{{Event: casework.StartEvaluation}, w.Recommendation()} {
		if _, err := w.Service.Transition(w.As(w.Lead, "both"), p.ID, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Service.TryDecision(w.As(w.Lead, "policy_admin"), service.TrialRequest{Email: w.Email(w.Lead, "both"), Tenant: w.Lead.ID,
		Permission: policy.Permission{Object: policy.ProjectSubmitted, Action: policy.Approve}, ProjectCode: p.Code})
	if err != nil || got.Allowed || got.Code != "evaluator_may_not_approve" {
		t.Errorf("%+v %v", got, err)
	}
}
