// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
)

// TransitionRequest asks for an event.
type TransitionRequest struct {
	Event  casework.Event
	Reason string
	// Base, if not 0, is the revision the caller saw; Stale where it is no longer that.
	Base int64
	// ContentHash, if not empty, is that of the plan the caller read before signing.
	ContentHash string
	Comments    []casework.Comment
	Opinion     string
	Scores      map[string]int
}

// Transition does one event to a project. Conflict where its state does not know the
// event, Forbidden where the actor may not, Invalid where something is missing.
func (s *Service) Transition(ctx context.Context, id casework.ProjectID, r TransitionRequest) (ProjectView, error) {
	var out ProjectView
	if r.Event == casework.Sign || r.Event == casework.RecordAdhesion {
		// No transaction is open while a plugin thinks.
		word, err := s.askTypes(ctx, id, nil)
		if err == nil {
			err = incomplete(word.remarks)
		}
		if err != nil {
			return out, err
		}
	}
	err := s.write(ctx, func(a *act) error {
		p, obj, err := a.lockProject(id)
		if err != nil {
			return err
		}
		if !slices.Contains(casework.Transitions(), r.Event) {
			return fault.OfFields([]fault.Field{fault.At("event", "unknown_event")})
		}
		if err := a.allow(obj, policy.Action(r.Event), string(p.ID)); err != nil {
			return err
		}
		to, err := p.State.Next(r.Event)
		if err != nil {
			return err
		}
		if err := a.checkRequest(p, r); err != nil {
			return err
		}
		from := p.State
		p.State, p.UpdatedAt = to, a.at
		if err := a.apply(&p, from, r); err != nil {
			return err
		}
		if p, err = a.tx.Project(a, p.ID); err != nil {
			return err
		}
		if out, err = a.projectView(p); err != nil {
			return err
		}
		return a.audit(policy.Action(r.Event), obj, string(p.ID), "from", string(from), "to", string(p.State),
			"version", strconv.Itoa(p.Version), "content_hash", p.ContentHash)
	})
	return answer(out, err)
}

// checkRequest holds what every event asks for.
func (a *act) checkRequest(p casework.Project, r TransitionRequest) error {
	if (r.Base != 0 && r.Base != p.Revision) || (r.ContentHash != "" && r.ContentHash != p.ContentHash) {
		return fault.New(fault.Stale, "changed_meanwhile")
	}
	var fields []fault.Field
	if r.Event.NeedsReason() && strings.TrimSpace(r.Reason) == "" {
		fields = append(fields, fault.At("reason", "required"))
	}
	if len([]rune(r.Reason)) > 2000 {
		fields = append(fields, fault.At("reason", "too_long", "limit", "2000"))
	}
	if err := fault.OfFields(fields); err != nil {
		return err
	}
	if rel, _ := p.RelationTo(a.actor); rel != casework.Received {
		return nil
	}
	h, err := a.hands(p)
	if err != nil {
		return err
	}
	if err := casework.CheckDuties(r.Event, a.actor.User, h); err != nil {
		return a.refuse(policy.ProjectSubmitted, policy.Action(r.Event), string(p.ID), err)
	}
	return nil
}

// apply does what the event does besides moving the project, then moves it and writes the
// step into its history.
func (a *act) apply(p *casework.Project, from casework.State, r TransitionRequest) error {
	st := casework.Step{Event: r.Event, From: from, To: p.State, Reason: strings.TrimSpace(r.Reason)}
	var err error
	switch r.Event {
	case casework.ShareForCoDesign:
		err = a.share(*p)
	case casework.Sign:
		side, _ := casework.SideOf(a.actor.Kind)
		return a.sign(p, st, side)
	case casework.RecordAdhesion:
		if err := a.checkAdhesion(*p); err != nil {
			return err
		}
		return a.sign(p, st, casework.SidePerson)
	case casework.Submit:
		err = a.submit(*p, r)
	case casework.StartEvaluation:
		p.Evaluator = a.actor.User
	case casework.RequestChanges:
		err = fault.OfFields(casework.CheckComments(r.Comments))
		st.Comments = r.Comments
	case casework.Recommend:
		err = a.recommend(p, r)
	case casework.Approve:
		err = a.approve(*p)
	case casework.Revise, casework.Reopen:
		return a.openVersion(p, st)
	case casework.Start:
		err = a.start(*p)
	case casework.Withdraw:
		err = a.withdraw(*p, from)
	case casework.Reject, casework.Create, casework.Edit, casework.Seal:
	}
	if err != nil {
		return err
	}
	return a.move(p, st)
}

// move writes the step and the project's new state; the revision counts up with each.
func (a *act) move(p *casework.Project, st casework.Step) error {
	st.Seq = int(p.Revision) + 1
	if err := a.step(*p, st); err != nil {
		return err
	}
	if err := a.tx.MoveProject(a, *p); err != nil {
		return err
	}
	p.Revision++
	return nil
}

func (a *act) share(p casework.Project) error {
	person, err := a.tx.Person(a, p.Person)
	if err != nil {
		return err
	}
	if err := a.checkServices(p.SocialServices, person); err != nil {
		return err
	}
	return a.tx.MarkShared(a, p)
}

func (a *act) checkAdhesion(p casework.Project) error {
	pm, err := a.parameters()
	if err != nil {
		return err
	}
	given, err := a.tx.Consents(a, p.Tenant, p.Person)
	if err != nil {
		return err
	}
	return given.AllowAdhesion(pm.DemandConsent)
}

// sign binds one side to the plan as it stands. The last of the three seals the version.
func (a *act) sign(p *casework.Project, st casework.Step, side casework.Side) error {
	now, err := a.tx.PlanAt(a, *p, 0)
	if err != nil {
		return err
	}
	plan := now.Plan.Normal()
	if err := incomplete(plan.Missing(a.typesFor(p.Tenant))); err != nil {
		return err
	}
	if err := a.checkPlan(*p, plan); err != nil {
		return err
	}
	have, err := a.tx.Signatures(a, *p, p.Version)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(have, func(g casework.Signature) bool { return g.Side == side }) {
		return fault.New(fault.Conflict, "already_signed")
	}
	if slices.ContainsFunc(have, func(g casework.Signature) bool { return g.Signer == a.actor.User && casework.Opposed(g.Side, side) }) {
		return fault.New(fault.Forbidden, "one_person_two_sides")
	}
	name, err := a.userName()
	if err != nil {
		return err
	}
	g := casework.Signature{Version: p.Version, Side: side, ContentHash: p.ContentHash, Signer: a.actor.User, SignerName: name, At: a.at}
	if err := a.tx.InsertSignature(a, *p, g); err != nil {
		return err
	}
	if err := a.move(p, st); err != nil {
		return err
	}
	if !casework.Complete(append(have, g), p.ContentHash) {
		return nil
	}
	return a.seal(p, plan)
}

func incomplete(missing []fault.Field) error {
	if len(missing) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Code: "plan_incomplete", Fields: missing}
}

// seal freezes the version: from here on its plan cannot change. It checks once more that
// what is frozen is what was signed.
func (a *act) seal(p *casework.Project, plan casework.Plan) error {
	hash, err := ContentHash(plan)
	if err != nil {
		return err
	}
	if hash != p.ContentHash {
		return fault.Wrap(fmt.Errorf("stored plan hashes to %s, signed was %s", hash, p.ContentHash), fault.Internal, "hash_mismatch")
	}
	authors, err := a.tx.Authors(a, *p, p.Version)
	if err != nil {
		return err
	}
	v := casework.Version{Project: p.ID, Version: p.Version, Plan: plan, ContentHash: hash, Authors: authors, SealedAt: a.at}
	if err := a.tx.InsertVersion(a, p.Tenant, v); err != nil {
		return err
	}
	pm, err := a.parameters()
	if err != nil {
		return err
	}
	if err := a.tx.SetHousingMonths(a, *p, plan.HousingMonths(pm)); err != nil {
		return err
	}
	from := p.State
	if p.State, err = from.Next(casework.Seal); err != nil {
		return err
	}
	return a.move(p, casework.Step{Event: casework.Seal, From: from, To: p.State, ActorRole: "system"})
}

// submit hands a sealed version to the lead agency. What the rules have against it must be
// answered with a reason; the limit on housing support cannot be.
func (a *act) submit(p casework.Project, r TransitionRequest) error {
	v, err := a.tx.Version(a, p, p.Version)
	if err != nil {
		return err
	}
	plan := v.Plan.Normal()
	if err := incomplete(plan.Missing(a.typesFor(p.Tenant))); err != nil {
		return err
	}
	if err := a.checkPlan(p, plan); err != nil {
		return err
	}
	if err := a.checkAdhesion(p); err != nil { // a consent may have been taken back since
		return err
	}
	if v.HousingBefore, err = a.housingBefore(p); err != nil {
		return err
	}
	decisions, err := a.tx.LastDecisions(a, p)
	if err != nil {
		return err
	}
	v.Findings = plan.CheckSubsidies(casework.LastOn(decisions, casework.SubsidyRent))
	v.OverrideReason = strings.TrimSpace(r.Reason)
	if len(v.Findings) > 0 && v.OverrideReason == "" {
		return &fault.Error{Kind: fault.Invalid, Code: "rules_need_reason", Fields: append(casework.Fields(v.Findings), fault.At("reason", "required"))}
	}
	v.SubmittedAt = a.at
	return a.tx.MarkSubmitted(a, p, v, decisions)
}

func (a *act) recommend(p *casework.Project, r TransitionRequest) error {
	pm, err := a.parameters()
	if err != nil {
		return err
	}
	e := casework.Evaluation{Version: p.SubmittedVersion, Evaluator: a.actor.User, Opinion: strings.TrimSpace(r.Opinion), Scores: r.Scores, At: a.at}
	if err := fault.OfFields(e.Check(pm.Criteria)); err != nil {
		return err
	}
	p.Evaluator = a.actor.User
	return a.tx.InsertEvaluation(a, *p, e)
}

// approve binds the hash, the policy version and the amounts.
func (a *act) approve(p casework.Project) error {
	v, err := a.tx.Version(a, p, p.SubmittedVersion)
	if err != nil {
		return err
	}
	plan := v.Plan.Normal()
	if hash, err := ContentHash(plan); err != nil || hash != v.ContentHash {
		return fault.Wrap(fmt.Errorf("sealed plan hashes to %s, recorded is %s: %w", hash, v.ContentHash, err), fault.Internal, "hash_mismatch")
	}
	pm, err := a.parameters()
	if err != nil {
		return err
	}
	if err := fault.OfFields(plan.CheckHousing(pm, v.HousingBefore)); err != nil {
		return err
	}
	return a.tx.InsertApproval(a, p, casework.Approval{Version: v.Version, Approver: a.actor.User, ContentHash: v.ContentHash,
		PolicyVersion: a.rules.Version(), TotalCents: plan.TotalCents(), Amounts: plan.Amounts(), At: a.at})
}

// openVersion begins the next version with the plan of the last as its first revision.
func (a *act) openVersion(p *casework.Project, st casework.Step) error {
	last, err := a.tx.Version(a, *p, p.Version)
	if err != nil {
		return err
	}
	if err := a.move(p, st); err != nil {
		return err
	}
	p.Version++
	if err := a.tx.OpenVersion(a, *p); err != nil {
		return err
	}
	// Until it is sealed again it counts on no months of housing support.
	if err := a.tx.SetHousingMonths(a, *p, 0); err != nil {
		return err
	}
	return a.saveRevision(*p, last.Plan.Normal(), last.ContentHash)
}

// start makes the approved interventions live.
func (a *act) start(p casework.Project) error {
	v, err := a.tx.Version(a, p, p.Version)
	if err != nil {
		return err
	}
	plan := v.Plan.Normal()
	// More may have become known of the person's past since the approval.
	pm, err := a.parameters()
	if err != nil {
		return err
	}
	before, err := a.housingBefore(p)
	if err != nil {
		return err
	}
	if err := fault.OfFields(plan.CheckHousing(pm, before)); err != nil {
		return err
	}
	for _, i := range plan.Interventions {
		if i.StartsOn == "" {
			i.StartsOn = a.today()
		}
		live := casework.LiveIntervention{ID: casework.InterventionID(newID()), Project: p.ID, Version: v.Version, Intervention: i}
		if err := a.tx.InsertIntervention(a, p.Tenant, live, a.at); err != nil {
			return err
		}
	}
	return nil
}

// withdraw ends a project on the person's will. Only the months of housing support that
// were really used go on counting.
func (a *act) withdraw(p casework.Project, from casework.State) error {
	used := 0
	if from == casework.Active {
		pm, err := a.parameters()
		if err != nil {
			return err
		}
		live, err := a.tx.Interventions(a, p)
		if err != nil {
			return err
		}
		for _, v := range live {
			if v.CountsAsHousing(pm) {
				used += min(v.Duration(), v.StartsOn.MonthsUntil(a.today()))
			}
		}
		if err := a.tx.EndInterventions(a, p, a.today()); err != nil {
			return err
		}
	}
	return a.tx.SetHousingMonths(a, p, used)
}
