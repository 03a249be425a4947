// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
)

// History lists the transitions of a project in order. The lead agency sees roles and
// organisations, not the names of operators and social workers.
func (s *Service) History(ctx context.Context, id casework.ProjectID) ([]casework.Step, error) {
	var out []casework.Step
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		if out, err = a.tx.Steps(a, p); err != nil {
			return err
		}
		if rel, _ := p.RelationTo(a.actor); rel == casework.Received {
			for i := range out {
				out[i].ActorName = ""
			}
		}
		return nil
	})
	return answer(out, err)
}

// Revisions lists who saved the plan when, newest first, for those who write it.
func (s *Service) Revisions(ctx context.Context, id casework.ProjectID) ([]casework.Revision, error) {
	var out []casework.Revision
	err := s.read(ctx, func(a *act) error {
		p, obj, err := a.loadProject(id)
		if err != nil {
			return err
		}
		if obj == policy.ProjectSubmitted {
			return fault.Missing()
		}
		out, err = a.tx.Revisions(a, p, 100)
		return err
	})
	return answer(out, err)
}

// Versions lists the sealed versions the actor may see, newest first.
func (s *Service) Versions(ctx context.Context, id casework.ProjectID) ([]casework.Version, error) {
	var out []casework.Version
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		out, err = a.tx.Versions(a, p)
		return err
	})
	return answer(out, err)
}

// Version reads one sealed version.
func (s *Service) Version(ctx context.Context, id casework.ProjectID, n int) (casework.Version, error) {
	var out casework.Version
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		out, err = a.tx.Version(a, p, n)
		return err
	})
	return answer(out, err)
}

// Diff lists what changed from version m to version n. For those who write the plan, n may
// be the version in the works.
func (s *Service) Diff(ctx context.Context, id casework.ProjectID, m, n int) ([]casework.Change, error) {
	var out []casework.Change
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		from, err := a.planOf(p, m)
		if err != nil {
			return err
		}
		to, err := a.planOf(p, n)
		if err != nil {
			return err
		}
		out = casework.Diff(from, to)
		return nil
	})
	return answer(out, err)
}

// planOf reads the plan of a version, sealed or in the works.
func (a *act) planOf(p casework.Project, n int) (casework.Plan, error) {
	v, err := a.tx.Version(a, p, n)
	if err == nil {
		return v.Plan.Normal(), nil
	}
	if rel, _ := p.RelationTo(a.actor); fault.Is(err, fault.NotFound) && rel != casework.Received && n == p.Version {
		now, err := a.tx.PlanAt(a, p, 0)
		return now.Plan.Normal(), err
	}
	return casework.Plan{}, err
}

// Judgement is what the lead agency said of a version.
type Judgement struct {
	Criteria   []casework.Criterion
	Evaluation *casework.Evaluation
	Approval   *casework.Approval
}

// Judgement reads evaluation and approval of the submitted version, as far as there are any.
func (s *Service) Judgement(ctx context.Context, id casework.ProjectID) (Judgement, error) {
	var out Judgement
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		pm, err := a.parameters()
		if err != nil {
			return err
		}
		out = Judgement{Criteria: pm.Criteria}
		e, err := a.tx.Evaluation(a, p, p.SubmittedVersion)
		if err == nil {
			out.Evaluation = &e
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		ap, err := a.tx.Approval(a, p, p.SubmittedVersion)
		if err == nil {
			out.Approval = &ap
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		return nil
	})
	return answer(out, err)
}

// Interventions lists the live interventions of a project; none before it has begun.
func (s *Service) Interventions(ctx context.Context, id casework.ProjectID) ([]casework.LiveIntervention, error) {
	var out []casework.LiveIntervention
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		rel, _ := p.RelationTo(a.actor)
		if err := a.allow(on("intervention", rel), policy.List, string(p.ID)); err != nil {
			return err
		}
		out, err = a.tx.Interventions(a, p)
		return err
	})
	return answer(out, err)
}

// InterventionTypes lists the types the actor's tenant can use, the built-in seven first. For
// who sees other organisations' projects they are those of all of them.
func (s *Service) InterventionTypes(ctx context.Context) (casework.Types, error) {
	var out casework.Types
	err := s.read(ctx, func(a *act) error {
		if err := a.allow(policy.InterventionType, policy.List, ""); err != nil {
			return err
		}
		out = a.offeredTypes()
		return nil
	})
	return answer(out, err)
}
