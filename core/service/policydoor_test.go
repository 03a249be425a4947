// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

var (
	administrators = []tenant.Role{tenant.PolicyAdmin}
	watchers       = []tenant.Role{tenant.PolicyAdmin, tenant.DataProtectionOfficer}
)

// policyDoors are the methods of policy administration. They belong to the lead agency as a
// whole: nobody of another kind is told more than that he may not.
var policyDoors = map[string]door{
	"PolicyVersions": {watchers, true, func(c context.Context, x scene) error { _, err := x.s.PolicyVersions(c); return err }},
	"PolicyVersion":  {watchers, true, func(c context.Context, x scene) error { _, err := x.s.PolicyVersion(c, 0); return err }},
	"PolicyDifference": {watchers, true, func(c context.Context, x scene) error {
		return second(x.s.PolicyDifference(c, 0, 0))
	}},
	"PolicyWork":         {administrators, true, func(c context.Context, x scene) error { return second(x.s.PolicyWork(c)) }},
	"DiscardPolicyDraft": {administrators, true, func(c context.Context, x scene) error { return x.s.DiscardPolicyDraft(c, x.draft.ID, 99) }},
	"PolicyMatrix": {watchers, true, func(c context.Context, x scene) error {
		_, err := x.s.PolicyMatrix(c, service.MatrixQuery{Kind: tenant.ImplementingEntity})
		return err
	}},
	"PolicyDrafts":       {watchers, true, func(c context.Context, x scene) error { _, err := x.s.PolicyDrafts(c); return err }},
	"PolicyDraft":        {watchers, true, func(c context.Context, x scene) error { _, err := x.s.PolicyDraft(c, x.draft.ID); return err }},
	"PreviewPolicyDraft": {watchers, true, func(c context.Context, x scene) error { _, err := x.s.PreviewPolicyDraft(c, x.draft.ID); return err }},
	"PolicyDraftRoles": {watchers, true, func(c context.Context, x scene) error {
		return second(x.s.PolicyDraftRoles(c, x.draft.ID, x.Entity.ID))
	}},
	"CreatePolicyDraft": {administrators, true, func(c context.Context, x scene) error {
		_, err := x.s.CreatePolicyDraft(c, 0, service.DraftChange{Reason: "prova"})
		return err
	}},
	"SavePolicyDraft": {administrators, true, func(c context.Context, x scene) error {
		_, err := x.s.SavePolicyDraft(c, x.draft.ID, x.draft.Revision, service.DraftChange{Reason: "prova"})
		return err
	}},
	"SubmitPolicyDraft": {administrators, true, func(c context.Context, x scene) error { _, err := x.s.SubmitPolicyDraft(c, x.draft.ID, 99); return err }},
	"SendBackPolicyDraft": {administrators, true, func(c context.Context, x scene) error {
		_, err := x.s.SendBackPolicyDraft(c, x.draft.ID, 99, "no")
		return err
	}},
	"PublishPolicyDraft": {administrators, true, func(c context.Context, x scene) error {
		_, err := x.s.PublishPolicyDraft(c, x.submitted.ID, x.submitted.Revision)
		return err
	}},
	"TryDecision": {watchers, true, func(c context.Context, x scene) error {
		_, err := x.s.TryDecision(c, service.TrialRequest{Role: tenant.Operator, Permission: policy.Permission{Object: policy.PersonOwn, Action: policy.Read}})
		return err
	}},
}

// sceneDrafts are a draft of the policy administrator, and one of a second that was submitted
// and changes no right.
func sceneDrafts(t *testing.T, w *sample.World) (mine, submitted service.PolicyDraftView) {
	t.Helper()
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	mine = newDraft(t, w, "policy_admin", allowRule(tenant.Operator, w.Entity.ID, policy.ProfileSelf, policy.Read))
	submitted = newDraft(t, w, "policy_admin2", allowRule(tenant.Operator, w.Entity.ID, policy.TokenSelf, policy.List))
	return mine, submit(t, w, "policy_admin2", submitted)
}

func allowRule(r tenant.Role, in tenant.ID, o policy.Object, a policy.Action) policy.CellEdit {
	return policy.CellEdit{Place: policy.Place{Role: r, Tenant: in, Permission: policy.Permission{Object: o, Action: a}}, Effect: policy.EffectAllow}
}

func denyRule(r tenant.Role, in tenant.ID, o policy.Object, a policy.Action) policy.CellEdit {
	e := allowRule(r, in, o, a)
	e.Effect = policy.EffectDeny
	return e
}

// newDraft begins a draft from the version in force with edits.
func newDraft(t *testing.T, w *sample.World, nick string, edits ...policy.CellEdit) service.PolicyDraftView {
	t.Helper()
	d, err := w.Service.CreatePolicyDraft(w.As(w.Lead, nick), 0, service.DraftChange{Reason: "prova", Edits: edits})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func submit(t *testing.T, w *sample.World, nick string, d service.PolicyDraftView) service.PolicyDraftView {
	t.Helper()
	d, err := w.Service.SubmitPolicyDraft(w.As(w.Lead, nick), d.ID, d.Revision)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// defaultsAnd are the default rules with some more.
func defaultsAnd(lines ...string) []policy.Rule {
	rules, err := policy.Defaults()
	if err != nil {
		panic(err)
	}
	rules, err = policy.Parse(policy.Format(rules) + strings.Join(lines, "\n"))
	if err != nil {
		panic(err)
	}
	return rules
}

// A network's drafts do not exist for another network's lead agency, nor what is no id.
func TestDraftsOfAnotherNetwork(t *testing.T) {
	t.Parallel()
	x := newScene(t)
	lead := x.Tenant(t, "", tenant.LeadAgency, "Altra capofila")
	x.User(t, lead, "policy_admin", tenant.PolicyAdmin)
	ctx := x.As(lead, "policy_admin")
	for _, id := range []string{x.draft.ID, x.submitted.ID, nobody, "' OR 1=1"} {
		for name, err := range map[string]error{
			"read":      second(x.s.PolicyDraft(ctx, id)),
			"preview":   second(x.s.PreviewPolicyDraft(ctx, id)),
			"roles":     second(x.s.PolicyDraftRoles(ctx, id, x.Entity.ID)),
			"save":      second(x.s.SavePolicyDraft(ctx, id, 1, service.DraftChange{})),
			"submit":    second(x.s.SubmitPolicyDraft(ctx, id, 1)),
			"publish":   second(x.s.PublishPolicyDraft(ctx, id, x.submitted.Revision)),
			"discard":   x.s.DiscardPolicyDraft(ctx, id, x.draft.Revision),
			"send back": second(x.s.SendBackPolicyDraft(ctx, id, x.submitted.Revision, "no")),
			"matrix":    second(x.s.PolicyMatrix(ctx, service.MatrixQuery{Kind: tenant.LeadAgency, Draft: id})),
			"override":  second(x.s.PolicyMatrix(ctx, service.MatrixQuery{Tenant: x.Entity.ID})),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s %s: %v", name, id, err)
			}
		}
	}
	if list, err := x.s.PolicyDrafts(ctx); err != nil || len(list) != 0 {
		t.Errorf("%d drafts, %v", len(list), err)
	}
	if list, err := x.s.PolicyVersions(ctx); err != nil || len(list) != 1 {
		t.Errorf("%d versions, %v", len(list), err)
	}
}

// second drops an answer.
func second[T any](_ T, err error) error { return err }
