// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
)

// EnrolRequest asks for a seat.
type EnrolRequest struct {
	Project casework.ProjectID
	Catalog string
	Edition string
	// Intervention is the key of the plan's intervention it is for; empty for none.
	Intervention string
	// Prerequisites are the codes of those that the operator found to be there: all of them.
	Prerequisites []string
}

// Enrol takes a seat for the person of a project of the actor's own organisation. The seat is
// counted in the same transaction: of two who want the last one, one gets it. Conflict where
// none is left (no_seats_left), enrolment is over, the person has a seat in it already, or the
// project has ended; Invalid at "prerequisites/<n>" for one that was not confirmed.
func (s *Service) Enrol(ctx context.Context, r EnrolRequest) (casework.Enrolment, error) {
	var out casework.Enrolment
	err := s.write(ctx, func(a *act) error {
		p, obj, err := a.loadProject(r.Project)
		if err != nil {
			return err
		}
		if _, err := a.through(enrolmentObject(obj), policy.Create, p.Tenant, policy.OfferOf(policy.OfferCatalog, r.Catalog), string(p.ID), "catalog"); err != nil {
			return err
		}
		in, err := a.tx.Edition(a, r.Catalog, r.Edition)
		if fault.Is(err, fault.NotFound) {
			return fault.OfFields([]fault.Field{fault.At("edition", "not_an_option")})
		}
		if err != nil {
			return err
		}
		plan, err := a.tx.PlanAt(a, p, 0)
		if err != nil {
			return err
		}
		e := casework.Enrolment{ID: casework.EnrolmentID(newID()), Tenant: p.Tenant, Project: p.ID, Catalog: r.Catalog, EditionID: r.Edition, Intervention: r.Intervention,
			Prerequisites: slices.Compact(slices.Sorted(slices.Values(r.Prerequisites))), Status: casework.Enrolled, Revision: 1, By: a.actor.User, At: a.at}
		have, err := a.tx.Enrolments(a, p)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(have, func(o casework.Enrolment) bool {
			return o.Status == casework.Enrolled && o.Catalog == e.Catalog && o.EditionID == e.EditionID
		}) {
			return fault.New(fault.Conflict, "already_enrolled") // also of who has the last seat
		}
		if err := e.Check(in, p, plan.Plan, a.today()); err != nil {
			return err
		}
		if err := a.tx.InsertEnrolment(a, e); err != nil {
			return err
		}
		if out, err = a.tx.Enrolment(a, e.ID); err != nil {
			return err
		}
		return a.audit(policy.Create, policy.EnrolmentOwn, string(e.ID), "project", string(p.ID), "catalog", e.Catalog, "edition", e.EditionID)
	})
	return answer(out, err)
}

// enrolmentObject is what enrolments are to whom a project is something.
func enrolmentObject(project policy.Object) policy.Object {
	_, rel, _ := strings.Cut(string(project), "@")
	return on("enrolment", casework.Relation(rel))
}

// mayEnrol tells whether the actor can enrol the person of a project in a course now.
func (a *act) mayEnrol(p casework.Project, rel casework.Relation) bool {
	return rel == casework.Own && p.State.TakesEnrolments() && a.may(policy.EnrolmentOwn, policy.Create) && len(a.catalogs()) > 0
}

// Enrolments lists the enrolments of a project, newest first.
func (s *Service) Enrolments(ctx context.Context, id casework.ProjectID) ([]casework.Enrolment, error) {
	var out []casework.Enrolment
	err := s.read(ctx, func(a *act) error {
		p, obj, err := a.loadProject(id)
		if err != nil {
			return err
		}
		if err := a.allow(enrolmentObject(obj), policy.List, string(p.ID)); err != nil {
			return err
		}
		out, err = a.tx.Enrolments(a, p)
		return err
	})
	return answer(out, err)
}

// CancelEnrolment gives a seat back, for a reason; base is the revision the caller saw, Stale
// where it changed since.
func (s *Service) CancelEnrolment(ctx context.Context, id casework.EnrolmentID, base int64, reason string) (casework.Enrolment, error) {
	var out casework.Enrolment
	err := s.write(ctx, func(a *act) error {
		if err := validID(id); err != nil || a.actor.Kind == tenant.LeadAgency {
			return fault.Missing() // the lead agency has no right on enrolments at all
		}
		e, err := a.tx.Enrolment(a, id)
		if err != nil {
			return err
		}
		p, obj, err := a.loadProject(e.Project)
		if err != nil {
			return err
		}
		if err := a.allow(enrolmentObject(obj), policy.Remove, string(p.ID)); err != nil {
			return err
		}
		if err := checkReason(reason); err != nil {
			return err
		}
		if e.Status == casework.Cancelled {
			return fault.New(fault.Conflict, "enrolment_cancelled")
		}
		if base != 0 {
			e.Revision = base
		}
		e.Reason = strings.TrimSpace(reason)
		if err := a.tx.CancelEnrolment(a, e, a.actor.User, a.at); err != nil {
			return err
		}
		if out, err = a.tx.Enrolment(a, id); err != nil {
			return err
		}
		return a.audit(policy.Remove, policy.EnrolmentOwn, string(id), "project", string(p.ID), "catalog", e.Catalog, "edition", e.EditionID)
	})
	return answer(out, err)
}
