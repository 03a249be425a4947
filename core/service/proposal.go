// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strconv"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// ProposeRequest asks a plugin what an intervention of one of its types would add to a plan.
type ProposeRequest struct {
	Project casework.ProjectID
	// Type is the code of a type that a plugin offers; Details are complete answers to its form.
	Type    string
	Details map[string]any
}

// Proposal is what a plugin proposes. Nothing of it is stored: the plan is its authors'.
type Proposal struct {
	Contribution sdk.Contribution
	// Remarks are what the plugin has against the details; their paths are fields of the form.
	Remarks []sdk.Diagnostic
	// TotalCents is what the lines of the budget come to, in euro cents.
	TotalCents              int64
	Plugin, Version, Agency string
}

// ProposeIntervention asks the plugin of a type what an intervention would add to the plan of
// a project: budget, days and tasks. Invalid at "type" where it is no plugin's that is active
// for the entity, or below "details"; Unavailable where the plugin does not answer.
func (s *Service) ProposeIntervention(ctx context.Context, r ProposeRequest) (Proposal, error) {
	var q typeQuestion
	err := s.read(ctx, func(a *act) error {
		p, obj, err := a.loadProject(r.Project)
		if err != nil {
			return err
		}
		x, err := a.through(obj, policy.Edit, p.Tenant, policy.OfferOf(policy.OfferType, r.Type), string(p.ID), "type")
		if err != nil {
			return err
		}
		q = a.question(p, x, r.Type, r.Details)
		return nil
	})
	if err != nil {
		return Proposal{}, err
	}
	plugin, err := s.run(ctx, q.network, q.ext.ref)
	if err != nil {
		return Proposal{}, err
	}
	remarks, err := plugin.ValidateIntervention(ctx, q.owner, q.req)
	if err != nil {
		return Proposal{}, err
	}
	got, err := plugin.PlanIntervention(ctx, q.owner, q.req)
	if err != nil {
		return Proposal{}, err
	}
	out := Proposal{Contribution: got.Contribution, Remarks: remarks, Plugin: got.PluginID, Version: got.PluginVersion, Agency: q.ext.manifest.Agency}
	for _, l := range got.Contribution.Budget {
		out.TotalCents += l.TotalCents
	}
	return out, nil
}

// typeQuestion is what to ask a plugin about one intervention.
type typeQuestion struct {
	network tenant.NetworkID
	owner   tenant.ID
	ext     extension
	// at is the intervention's path in the plan.
	at  string
	req sdk.InterventionRequest
}

func (a *act) question(p casework.Project, x extension, code string, details map[string]any) typeQuestion {
	return typeQuestion{network: a.actor.Network, owner: p.Tenant, ext: x,
		req: sdk.InterventionRequest{Type: code, AsOf: string(a.today()), Locale: localeOf(a.actor), Details: details}}
}

// localeOf is the language in which a plugin answers an actor.
func localeOf(actor tenant.Actor) string {
	if actor.Lang == "en" {
		return "en"
	}
	return "it"
}

// typesWord is what the plugins of its types have to say about a plan.
type typesWord struct {
	// remarks are what they have against details, at the fields.
	remarks []fault.Field
	// unchecked is true where one did not answer.
	unchecked bool
}

// askTypes has the plugins look at details that are complete by their form: of a plan that is
// to be saved those that were changed, of the stored one (plan is nil) all of them. A plugin
// that does not answer keeps nobody from saving: it is asked again before the stored plan is
// signed, and must answer then.
func (s *Service) askTypes(ctx context.Context, id casework.ProjectID, plan *casework.Plan) (typesWord, error) {
	var word typesWord
	questions, err := s.typeQuestions(ctx, id, plan)
	if err != nil {
		return word, err
	}
	for _, q := range questions {
		list, err := s.ask(ctx, q)
		if plan != nil && fault.Is(err, fault.Unavailable) {
			s.log.WarnContext(ctx, "an intervention is saved without its plugin's word", "plugin", q.ext.ref.ID, "error", err)
			word.unchecked = true
			continue
		}
		if err != nil {
			return word, err
		}
		word.remarks = append(word.remarks, list...)
	}
	return word, nil
}

// typeQuestions finds what to ask about a plan, or with none about the stored one. Whether
// the actor may change it is not asked here: who reads the answer has done so.
func (s *Service) typeQuestions(ctx context.Context, id casework.ProjectID, plan *casework.Plan) ([]typeQuestion, error) {
	if !s.mayAskTypes(ctx, plan) {
		return nil, nil
	}
	var out []typeQuestion
	err := s.read(ctx, func(a *act) error {
		p, obj, err := a.loadProject(id)
		if err != nil || !a.may(obj, policy.Read) || obj == policy.ProjectSubmitted {
			return err
		}
		stored, err := a.tx.PlanAt(a, p, 0)
		if err != nil {
			return err
		}
		now, all, types := stored.Plan.Normal(), plan == nil, a.typesFor(p.Tenant)
		asked := now
		if !all {
			asked = plan.Normal().After(now, types)
		}
		for i, v := range asked.Interventions {
			x, ok := a.offered(a.rules, p.Tenant, policy.OfferOf(policy.OfferType, v.Type))
			if !ok {
				continue
			}
			if old, was := now.Intervention(v.Key); !all && was && old.Type == v.Type && same(old.Details, v.Details) {
				continue
			}
			t, _ := types.Find(v.Type)
			v = v.For(t) // what is kept aside is no plugin's to see
			if len(t.Form.Validate(v.Details, form.Complete)) > 0 {
				continue
			}
			q := a.question(p, x, v.Type, v.Details)
			q.at = "interventions/" + strconv.Itoa(i)
			out = append(out, q)
		}
		return nil
	})
	return out, err
}

// mayAskTypes spares a transaction where no plugin can have anything to say.
func (s *Service) mayAskTypes(ctx context.Context, plan *casework.Plan) bool {
	actor, err := tenant.From(ctx)
	if s.plugins == nil || err != nil {
		return false
	}
	if plan != nil {
		return slices.ContainsFunc(plan.Interventions, func(v casework.Intervention) bool {
			_, builtIn := casework.BuiltIn().Find(v.Type)
			return !builtIn
		})
	}
	for _, x := range s.inUse(actor.Network).byName {
		if len(x.manifest.Interventions) > 0 {
			return true
		}
	}
	return false
}

// ask puts one question and turns the remarks into complaints at their fields.
func (s *Service) ask(ctx context.Context, q typeQuestion) ([]fault.Field, error) {
	plugin, err := s.run(ctx, q.network, q.ext.ref)
	if err != nil {
		return nil, err
	}
	list, err := plugin.ValidateIntervention(ctx, q.owner, q.req)
	if err != nil {
		return nil, err
	}
	var out []fault.Field
	for _, d := range list {
		if d.Advice {
			continue // the proposal shows it
		}
		out = append(out, fault.At(q.at+"/details/"+d.Path, "plugin_remark", "it", d.Text.IT, "en", d.Text.EN))
	}
	return out, nil
}
