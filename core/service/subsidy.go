// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// factMonthsBefore is the fact that the core knows better than whoever asks: how many
// months of housing support the person already had.
const factMonthsBefore = "months_already_supported"

// SubsidyRequest asks a rule for a decision.
type SubsidyRequest struct {
	Subsidy string
	Facts   map[string]any
	// Project is what the decision is for; empty to ask without one.
	Project casework.ProjectID
	// WhatIf asks and stores nothing.
	WhatIf bool
}

// Subsidies lists by code the subsidies that can be asked for, each with the form of its
// facts: those active for the actor's organisation or, for who sees others' projects, for any.
func (s *Service) Subsidies(ctx context.Context) ([]pluginhost.Subsidy, error) {
	var out []pluginhost.Subsidy
	err := s.read(ctx, func(a *act) error {
		if err := a.allow(a.subsidyObject(), policy.List, ""); err != nil {
			return err
		}
		out = a.subsidies(a.ownersOf()...)
		return nil
	})
	return answer(out, err)
}

// ProjectSubsidies lists by code the subsidies of a project: those active for the entity whose
// project it is, whoever looks, and, marked Stopped, those that were taken away from it.
func (s *Service) ProjectSubsidies(ctx context.Context, id casework.ProjectID) ([]pluginhost.Subsidy, error) {
	var out []pluginhost.Subsidy
	err := s.read(ctx, func(a *act) error {
		p, err := a.withSubsidies(id)
		if err == nil {
			out = a.withStopped(p.Tenant, a.subsidies(p.Tenant))
		}
		return err
	})
	return answer(out, err)
}

// withSubsidies loads a project for who may read its subsidies and decisions.
func (a *act) withSubsidies(id casework.ProjectID) (casework.Project, error) {
	p, _, err := a.loadProject(id)
	if err != nil {
		return p, err
	}
	rel, _ := p.RelationTo(a.actor)
	return p, a.allow(on("subsidy", rel), policy.List, string(id))
}

// subsidies are those that plugins offer to any of some organisations.
func (a *act) subsidies(owners ...tenant.ID) []pluginhost.Subsidy {
	return offersTo(a, owners, pluginhost.SubsidiesOf, func(d pluginhost.Subsidy) string { return d.Code })
}

// withStopped adds the subsidies that an organisation had and that were taken away.
func (a *act) withStopped(owner tenant.ID, out []pluginhost.Subsidy) []pluginhost.Subsidy {
	for _, v := range a.inUse(a.actor.Network).stopped[owner] {
		for _, d := range pluginhost.SubsidiesOf(v.manifest) {
			if !slices.ContainsFunc(out, func(o pluginhost.Subsidy) bool { return o.Code == d.Code }) {
				d.Stopped = v.state
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b pluginhost.Subsidy) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// subsidyObject is what subsidies are to the actor's kind of organisation.
func (a *act) subsidyObject() policy.Object {
	switch a.actor.Kind {
	case tenant.SocialServices:
		return policy.SubsidyShared
	case tenant.LeadAgency:
		return policy.SubsidySubmitted
	}
	return policy.SubsidyOwn
}

// DecideSubsidy asks the rule out of process, explains the answer, and stores it unless it
// is a what-if. No transaction is open while the plugin thinks; the right to store is asked
// for anew afterwards. Unavailable where the plugin does not answer: nothing is stored then.
func (s *Service) DecideSubsidy(ctx context.Context, r SubsidyRequest) (casework.Decision, error) {
	actor, err := tenant.From(ctx)
	if err != nil {
		return casework.Decision{}, fault.Wrap(err, fault.Unauthenticated, "sign_in")
	}
	q, err := s.prepare(ctx, &r)
	if err != nil {
		return casework.Decision{}, err
	}
	plugin, err := s.run(ctx, actor.Network, q.ext.ref)
	if err != nil {
		return casework.Decision{}, err
	}
	asOf := casework.DateOf(s.now())
	answer, err := plugin.Evaluate(ctx, q.owner, sdk.SubsidyRequest{Subsidy: r.Subsidy, AsOf: string(asOf), Locale: localeOf(actor), Facts: r.Facts})
	if err != nil {
		return casework.Decision{}, err
	}
	d := DecisionOf(r, asOf, answer)
	if q.ext.countsAsHousing(r.Subsidy) && d.LimitMonths(q.left) {
		d.Explanation = append(d.Explanation, limitStep(q.left))
	}
	if r.WhatIf {
		d.At = s.now().UTC()
		return d, nil
	}
	return s.storeDecision(ctx, d, q.ext)
}

// subsidyQuestion is what is known before a rule is asked.
type subsidyQuestion struct {
	// owner is the organisation whose case it is; its plugins are asked.
	owner tenant.ID
	ext   extension
	// left is how many months of housing support the person has left.
	left int
}

// prepare asks whether the actor may ask, finds the plugin that answers for the organisation,
// and puts in the fact that the core knows.
func (s *Service) prepare(ctx context.Context, r *SubsidyRequest) (q subsidyQuestion, err error) {
	do := policy.Decide
	if r.WhatIf {
		do = policy.Evaluate
	}
	err = s.read(ctx, func(a *act) error {
		pm, err := a.parameters()
		if err != nil {
			return err
		}
		q.left = pm.HousingMonths
		obj, state, before := a.subsidyObject(), casework.Draft, -1
		q.owner = a.askerFor(r.Subsidy)
		if r.Project != "" {
			p, _, err := a.loadProject(r.Project)
			if err != nil {
				return err
			}
			state, q.owner = p.State, p.Tenant
			rel, _ := p.RelationTo(a.actor)
			if obj = on("subsidy", rel); rel != casework.Received {
				if before, err = a.housingBefore(p); err != nil {
					return err
				}
				q.left = max(0, pm.HousingMonths-before)
			}
		} else if obj == policy.SubsidyShared && !r.WhatIf {
			return fault.OfFields([]fault.Field{fault.At("project_id", "required")})
		}
		if q.ext, err = a.through(obj, do, q.owner, policy.OfferOf(policy.OfferSubsidy, r.Subsidy), string(r.Project), "subsidy"); err != nil {
			return err
		}
		if !r.WhatIf && !state.TakesDecisions() {
			return fault.New(fault.Conflict, "state_forbids", "state", string(state), "event", "decide")
		}
		if before >= 0 {
			r.Facts = knownFacts(q.ext, *r, before)
		}
		return nil
	})
	return q, err
}

// askerFor is the organisation whose plugins answer a question without a project: the
// actor's own or, for a social service, the first that has the subsidy.
func (a *act) askerFor(subsidy string) tenant.ID {
	for _, owner := range a.ownersOf() {
		if _, ok := a.offered(a.rules, owner, policy.OfferOf(policy.OfferSubsidy, subsidy)); ok {
			return owner
		}
	}
	return a.actor.Tenant
}

// countsAsHousing tells the subsidies that the limit of 12 months is for: the rent, and
// whatever asks how many months of housing support there were.
func (x extension) countsAsHousing(subsidy string) bool {
	if subsidy == casework.SubsidyRent {
		return true
	}
	sub, _ := x.manifest.SubsidyOf(subsidy)
	_, asks := sub.Facts.Field(factMonthsBefore)
	return asks
}

// knownFacts replaces what was typed by what is stored, where the rule asks for it.
func knownFacts(x extension, r SubsidyRequest, before int) map[string]any {
	facts := map[string]any{}
	for k, v := range r.Facts {
		facts[k] = v
	}
	if sub, ok := x.manifest.SubsidyOf(r.Subsidy); ok {
		if _, asks := sub.Facts.Field(factMonthsBefore); asks {
			facts[factMonthsBefore] = int64(before)
		}
	}
	return facts
}

// storeDecision stores what a version of a plugin decided, where that is still approved.
func (s *Service) storeDecision(ctx context.Context, d casework.Decision, by extension) (casework.Decision, error) {
	d.ID = casework.DecisionID(newID())
	err := s.write(ctx, func(a *act) error {
		owner, obj := a.actor.Tenant, a.subsidyObject()
		if d.Project != "" {
			p, _, err := a.loadProject(d.Project)
			if err != nil {
				return err
			}
			rel, _ := p.RelationTo(a.actor)
			owner, obj = p.Tenant, on("subsidy", rel)
		}
		if err := a.allow(obj, policy.Decide, string(d.Project)); err != nil {
			return err
		}
		if _, approved := a.inUse(a.actor.Network).active[by.ref]; !approved {
			return fault.New(fault.Unavailable, "plugin_suspended")
		}
		d.By, d.At = a.actor.User, a.at
		if err := a.tx.InsertDecision(a, owner, d); err != nil {
			return err
		}
		return a.audit(policy.Decide, obj, string(d.ID), "subsidy", d.Subsidy, "plugin", d.PluginID+" "+d.PluginVersion,
			"plugin_hash", d.PluginHash, "monthly_cents", strconv.FormatInt(d.MonthlyCents, 10), "months", strconv.Itoa(d.Months))
	})
	return d, err
}

// DecisionOf is a rule's answer as the product keeps and shows it; nothing is stored by it.
func DecisionOf(r SubsidyRequest, asOf casework.Date, from pluginhost.Decision) casework.Decision {
	ans := from.Answer
	return casework.Decision{Project: r.Project, Subsidy: r.Subsidy, WhatIf: r.WhatIf, AsOf: asOf, Facts: r.Facts,
		Eligible: ans.Eligible, MonthlyCents: ans.MonthlyCents, Months: int(ans.Months), TotalCents: ans.TotalCents,
		Explanation: append(stepsOf(ans.Explanation), remarksOf(ans.Diagnostics)...), ChangeHints: append([]form.Text{}, ans.ChangeHints...),
		PluginID: from.PluginID, PluginVersion: from.PluginVersion, PluginHash: from.BinarySHA256, Contract: from.ContractVersion,
		Request: from.Request, Answer: from.Response, Took: from.Duration}
}

func stepsOf(list []sdk.Step) []casework.ExplanationStep {
	out := make([]casework.ExplanationStep, len(list))
	for i, s := range list {
		out[i] = casework.ExplanationStep{Rule: s.RuleID, LegalBasis: s.LegalBasis, Title: s.Title, Outcome: s.Outcome,
			Facts: s.FactsUsed, Cents: s.AmountCents, Steps: stepsOf(s.Children)}
	}
	return out
}

// remarksOf keeps what a rule had to say about single facts beside its steps.
func remarksOf(list []sdk.Diagnostic) []casework.ExplanationStep {
	out := make([]casework.ExplanationStep, len(list))
	for i, d := range list {
		out[i] = casework.ExplanationStep{Rule: "remark." + d.Code, Title: form.Text{IT: "Osservazione", EN: "Remark"}, Outcome: d.Text,
			Facts: []string{d.Path}}
	}
	return out
}

// limitStep explains that the core cut a rule's answer.
func limitStep(left int) casework.ExplanationStep {
	n := strconv.Itoa(left)
	return casework.ExplanationStep{Rule: "core.housing_limit",
		Title: form.Text{IT: "Limite di SATIS sui mesi di sostegno abitativo", EN: "SATIS's limit on months of housing support"},
		Outcome: form.Text{IT: "La regola dava più mesi di quelli che restano alla persona: ne restano " + n + ".",
			EN: "The rule gave more months than the person has left: " + n + " are left."},
		Facts: []string{factMonthsBefore}}
}

// Decision reads a stored decision with its explanation.
func (s *Service) Decision(ctx context.Context, id casework.DecisionID) (casework.Decision, error) {
	var out casework.Decision
	err := s.read(ctx, func(a *act) error {
		if err := validID(id); err != nil {
			return err
		}
		d, err := a.tx.Decision(a, id)
		if err != nil {
			return err
		}
		obj := a.subsidyObject()
		if d.Project != "" {
			p, _, err := a.loadProject(d.Project)
			if err != nil {
				return err
			}
			rel, _ := p.RelationTo(a.actor)
			obj = on("subsidy", rel)
		}
		if err := a.allow(obj, policy.List, string(id)); err != nil {
			return err
		}
		out = d
		return nil
	})
	return answer(out, err)
}

// Decisions lists the stored decisions of a project, newest first.
func (s *Service) Decisions(ctx context.Context, id casework.ProjectID) ([]casework.Decision, error) {
	var out []casework.Decision
	err := s.read(ctx, func(a *act) error {
		p, err := a.withSubsidies(id)
		if err == nil {
			out, err = a.tx.Decisions(a, p, 50)
		}
		return err
	})
	return answer(out, err)
}
