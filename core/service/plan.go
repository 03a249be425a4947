// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
)

// PlanView is the plan of a project with what helps to finish it.
type PlanView struct {
	Project ProjectView
	Plan    casework.Plan
	// Saved tells who saved it when; zero for the lead agency, which sees sealed versions.
	Saved casework.Revision
	// Sealed is the version as it was sealed; nil while it is worked on.
	Sealed     *casework.Version
	Signatures []casework.Signature
	// Progress and Missing say what a plan in the works still lacks.
	Progress map[casework.Section]casework.Status
	Missing  []fault.Field
	// Comments are what the evaluator asked to change in the version before.
	Comments []casework.Comment
	// HousingMonths are those of this plan; HousingBefore those the person had already.
	HousingMonths, HousingBefore int
	Parameters                   casework.Parameters
	Types                        casework.Types
	// Unchecked is true of a plan just saved where a plugin did not answer: what it has to
	// say about its interventions will come before the plan is signed.
	Unchecked bool
}

// Complaints are what the core has against a plan in the place of this one, even as a draft.
// What only a save can tell, the word of a plugin or whose a reference operator is, is not among them.
func (v PlanView) Complaints(plan casework.Plan) []fault.Field {
	plan = plan.Normal().After(v.Plan, v.Types)
	return append(plan.Check(v.Types), plan.CheckHousing(v.Parameters, v.HousingBefore)...)
}

// Plan reads the plan the actor works with: the draft as last saved, or, for the lead
// agency, the version that was submitted.
func (s *Service) Plan(ctx context.Context, id casework.ProjectID) (PlanView, error) {
	var out PlanView
	err := s.read(ctx, func(a *act) (err error) {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		out, err = a.planView(p)
		return err
	})
	return answer(out, err)
}

func (a *act) planView(p casework.Project) (PlanView, error) {
	view, err := a.projectView(p)
	if err != nil {
		return PlanView{}, err
	}
	out := PlanView{Project: view, Types: a.withFormer(a.typesFor(p.Tenant))}
	if out.Parameters, err = a.parameters(); err != nil {
		return out, err
	}
	if view.Relation == casework.Received {
		v, err := a.tx.Version(a, p, p.SubmittedVersion)
		if err != nil {
			return out, err
		}
		out.Sealed, out.Plan = &v, v.Plan
		out.HousingMonths, out.HousingBefore = out.Plan.HousingMonths(out.Parameters), v.HousingBefore
		out.Signatures, err = a.tx.Signatures(a, p, v.Version)
		for i := range out.Signatures { // sides and dates, as in History: no names
			out.Signatures[i].SignerName = ""
		}
		return out, err
	}
	if out.Saved, err = a.tx.PlanAt(a, p, 0); err != nil {
		return out, err
	}
	out.Plan = out.Saved.Plan.Normal()
	if out.Signatures, err = a.tx.Signatures(a, p, p.Version); err != nil {
		return out, err
	}
	if v, err := a.tx.Version(a, p, p.Version); err == nil {
		out.Sealed = &v
	} else if !fault.Is(err, fault.NotFound) {
		return out, err
	}
	return out, a.workNotes(p, &out)
}

// workNotes adds what those who write the plan need to know.
func (a *act) workNotes(p casework.Project, out *PlanView) (err error) {
	if out.HousingBefore, err = a.housingBefore(p); err != nil {
		return err
	}
	out.HousingMonths = out.Plan.HousingMonths(out.Parameters)
	out.Missing = out.Plan.Missing(out.Types)
	var commented map[casework.Section]bool
	if out.Comments, commented, err = a.openComments(p, out.Plan); err != nil {
		return err
	}
	out.Progress = out.Plan.Progress(out.Types, commented)
	return nil
}

// openComments are those of the last request for changes, and the sections among them that
// still read as they did then.
func (a *act) openComments(p casework.Project, plan casework.Plan) ([]casework.Comment, map[casework.Section]bool, error) {
	if p.Version == 1 && p.State != casework.ChangesRequested {
		return nil, nil, nil
	}
	steps, err := a.tx.Steps(a, p)
	if err != nil {
		return nil, nil, err
	}
	for i := len(steps) - 1; i >= 0; i-- {
		st := steps[i]
		if st.Event != casework.RequestChanges {
			continue
		}
		if st.Version < p.Version-1 {
			return nil, nil, nil
		}
		before, err := a.tx.Version(a, p, st.Version)
		if err != nil {
			return nil, nil, err
		}
		open := map[casework.Section]bool{}
		for _, c := range st.Comments {
			sec, _ := casework.SectionOf(string(c.Section))
			if same(before.Plan.Normal().Part(sec), plan.Part(sec)) {
				open[sec] = true
			}
		}
		return st.Comments, open, nil
	}
	return nil, nil, nil
}

// same compares two parts of plans by their JSON: a number that was typed and the same number
// that was stored are of two types in Go.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// housingBefore sums a person's months of housing support in other projects and elsewhere.
func (a *act) housingBefore(p casework.Project) (int, error) {
	person, err := a.tx.Person(a, p.Person)
	if err != nil {
		return 0, err
	}
	months, err := a.tx.HousingMonthsElsewhere(a, p.Person, p.ID)
	return months + person.PriorHousingMonths, err
}

// SavePlan stores a plan where the project is still at revision base; Stale otherwise, and
// nothing is stored. It voids every signature of the version.
func (s *Service) SavePlan(ctx context.Context, id casework.ProjectID, base int64, plan casework.Plan) (PlanView, error) {
	word, err := s.askTypes(ctx, id, &plan)
	if err != nil {
		return PlanView{}, err
	}
	return s.save(ctx, id, word, func(a *act, p casework.Project) (casework.Plan, error) {
		if base != p.Revision {
			return plan, fault.New(fault.Stale, "changed_meanwhile")
		}
		return plan, nil
	})
}

// SaveSection stores one section of a plan, read at revision base. Others may have saved
// other sections since: theirs stay. Where they changed this one, it answers Stale and
// stores nothing.
func (s *Service) SaveSection(ctx context.Context, id casework.ProjectID, base int64, section casework.Section, from casework.Plan) (PlanView, error) {
	if _, ok := casework.SectionOf(string(section)); !ok {
		return PlanView{}, fault.OfFields([]fault.Field{fault.At("section", "not_an_option")})
	}
	var word typesWord
	if section == casework.SectionInterventions {
		var err error
		if word, err = s.askTypes(ctx, id, &from); err != nil {
			return PlanView{}, err
		}
	}
	return s.save(ctx, id, word, func(a *act, p casework.Project) (casework.Plan, error) {
		if base < 1 || base > p.Revision {
			return from, fault.New(fault.Stale, "changed_meanwhile")
		}
		now, err := a.tx.PlanAt(a, p, 0)
		if err != nil {
			return from, err
		}
		then, err := a.tx.PlanAt(a, p, base)
		if err != nil {
			return from, err
		}
		types := a.typesFor(p.Tenant)
		if section == casework.SectionInterventions { // said even where nothing of it could be stored
			if err := fault.OfFields(from.Normal().NewlyInactive(now.Plan.Normal(), types)); err != nil {
				return from, err
			}
		}
		next := from.Normal().After(now.Plan.Normal(), types)
		if now.Version == p.Version && same(now.Plan.Normal().Part(section), next.Part(section)) {
			return now.Plan, errUnchanged // sent twice, or two people wrote the same
		}
		stale := then.Version != now.Version || !same(then.Plan.Normal().Part(section), now.Plan.Normal().Part(section))
		if stale {
			return from, fault.New(fault.Stale, "changed_meanwhile")
		}
		return now.Plan.With(section, from), nil
	})
}

// errUnchanged says that what was to be saved is what is there: no revision, no signature voided.
var errUnchanged = errors.New("service: nothing changed")

// save stores what merge makes of the plan, where neither the core nor the plugins, whose word
// was asked for before, have anything against it: all of that is said at once.
func (s *Service) save(ctx context.Context, id casework.ProjectID, word typesWord, merge func(*act, casework.Project) (casework.Plan, error)) (PlanView, error) {
	var out PlanView
	err := s.write(ctx, func(a *act) error {
		p, obj, err := a.lockProject(id)
		if err != nil {
			return err
		}
		if err := a.allow(obj, policy.Edit, string(p.ID)); err != nil {
			return err
		}
		if _, err := p.State.Next(casework.Edit); err != nil {
			return err
		}
		plan, err := merge(a, p)
		if errors.Is(err, errUnchanged) {
			out, err = a.planView(p)
			return err
		}
		if err != nil {
			return err
		}
		if plan, err = a.withTypeVersions(p, plan.Normal()); err != nil {
			return err
		}
		if err := a.checkPlan(p, plan, word.remarks...); err != nil {
			return err
		}
		voided, err := a.storePlan(&p, plan)
		if err != nil {
			return err
		}
		if out, err = a.planView(p); err != nil {
			return err
		}
		return a.audit(policy.Edit, obj, string(p.ID), "revision", strconv.FormatInt(p.Revision, 10),
			"content_hash", p.ContentHash, "signatures_voided", strconv.FormatInt(voided, 10))
	})
	out.Unchecked = word.unchecked
	return answer(out, err)
}

// withTypeVersions notes which version of its plugin each intervention follows and what it
// keeps of another, and refuses new ones of a type that is not active any more. A plan of the
// seven needs no look at the one before.
func (a *act) withTypeVersions(p casework.Project, plan casework.Plan) (casework.Plan, error) {
	types, before := a.typesFor(p.Tenant), casework.Plan{}
	if plan.HasPluginTypes(types) {
		now, err := a.tx.PlanAt(a, p, 0)
		if err != nil {
			return plan, err
		}
		before = now.Plan.Normal()
	}
	return plan.After(before, types), fault.OfFields(plan.NewlyInactive(before, types))
}

// checkPlan refuses what cannot be kept even as a draft, and what no reason can override,
// together with what plugins remarked.
func (a *act) checkPlan(p casework.Project, plan casework.Plan, remarks ...fault.Field) error {
	fields := plan.Check(a.typesFor(p.Tenant))
	pm, err := a.parameters()
	if err != nil {
		return err
	}
	before, err := a.housingBefore(p)
	if err != nil {
		return err
	}
	fields = append(fields, plan.CheckHousing(pm, before)...)
	unknown, err := a.unknownOperators(p, plan)
	if err != nil {
		return err
	}
	return fault.OfFields(slices.Concat(fields, unknown, remarks))
}

// unknownOperators complains about reference operators that do not belong to the entity.
// The service cannot see the entity's users: it can keep those that are there, or take
// them out.
func (a *act) unknownOperators(p casework.Project, plan casework.Plan) ([]fault.Field, error) {
	known := map[tenant.UserID]bool{}
	if p.Tenant == a.actor.Tenant {
		list, err := a.tx.Colleagues(a)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			known[c.ID] = true
		}
	} else {
		now, err := a.tx.PlanAt(a, p, 0)
		if err != nil {
			return nil, err
		}
		for _, id := range now.Plan.ReferenceOperators {
			known[id] = true
		}
	}
	var out []fault.Field
	for i, id := range plan.ReferenceOperators {
		if !known[id] {
			out = append(out, fault.At("reference_operators/"+strconv.Itoa(i), "unknown_operator"))
		}
	}
	return out, nil
}

// storePlan writes a checked plan as the project's next revision and voids the signatures.
func (a *act) storePlan(p *casework.Project, plan casework.Plan) (voided int64, err error) {
	if p.ContentHash, err = ContentHash(plan); err != nil {
		return 0, err
	}
	p.TotalCents, p.UpdatedAt = plan.TotalCents(), a.at
	if voided, err = a.tx.VoidSignatures(a, *p, a.at); err != nil {
		return 0, err
	}
	if err := a.tx.MoveProject(a, *p); err != nil {
		return 0, err
	}
	p.Revision++
	return voided, a.saveRevision(*p, plan, p.ContentHash)
}

func (a *act) saveRevision(p casework.Project, plan casework.Plan, hash string) error {
	name, err := a.userName()
	if err != nil {
		return err
	}
	return a.tx.InsertRevision(a, p.Tenant, casework.Revision{Project: p.ID, Version: p.Version, Revision: p.Revision, Plan: plan,
		ContentHash: hash, Author: a.actor.User, AuthorName: name, AuthorTenant: a.actor.Tenant, At: a.at})
}

// PlanAt reads the plan as it stood at a revision, for the page that compares two edits.
func (s *Service) PlanAt(ctx context.Context, id casework.ProjectID, revision int64) (casework.Revision, error) {
	var out casework.Revision
	err := s.read(ctx, func(a *act) error {
		p, obj, err := a.loadProject(id)
		if err != nil {
			return err
		}
		if err := a.allow(obj, policy.Edit, string(p.ID)); err != nil {
			return err
		}
		out, err = a.tx.PlanAt(a, p, revision)
		return err
	})
	return answer(out, err)
}
