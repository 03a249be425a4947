// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// ProjectView is a project as the actor sees it.
type ProjectView struct {
	casework.Project
	// Relation is what the project is to the actor's organisation.
	Relation casework.Relation
	// AllowedEvents are what the actor can do with it now, "edit" among them.
	AllowedEvents []casework.Event
	// MayEnrol tells that the actor can enrol the person in a course now: a catalog is active
	// for the entity, and the project has not ended.
	MayEnrol bool
}

// May reports whether an event is among the allowed ones.
func (v ProjectView) May(e casework.Event) bool { return slices.Contains(v.AllowedEvents, e) }

// CreateProject begins a project for a person of the actor's tenant, to be co-designed
// with the social services of the competent municipality.
func (s *Service) CreateProject(ctx context.Context, person casework.PersonID, services tenant.ID) (ProjectView, error) {
	var out ProjectView
	err := s.write(ctx, func(a *act) error {
		if err := a.allow(policy.ProjectOwn, policy.Create, ""); err != nil {
			return err
		}
		per, err := a.personToHelp(person)
		if err != nil {
			return err
		}
		if err := a.checkServices(services, per); err != nil {
			return err
		}
		plan := casework.Plan{}.Normal()
		hash, err := ContentHash(plan)
		if err != nil {
			return err
		}
		p := casework.Project{ID: casework.ProjectID(newID()), Tenant: a.actor.Tenant, Network: a.actor.Network, Code: casework.NewProjectCode(),
			Person: per.ID, PersonCode: per.Code, SocialServices: services, State: casework.Draft, Version: 1, Revision: 1,
			ContentHash: hash, CreatedBy: a.actor.User, CreatedAt: a.at}
		if err := a.tx.InsertProject(a, p); err != nil {
			return err
		}
		if err := a.saveRevision(p, plan, hash); err != nil {
			return err
		}
		if err := a.step(p, casework.Step{Seq: 1, Event: casework.Create, To: casework.Draft}); err != nil {
			return err
		}
		if p, err = a.tx.Project(a, p.ID); err != nil {
			return err
		}
		if out, err = a.projectView(p); err != nil {
			return err
		}
		return a.audit(policy.Create, policy.ProjectOwn, string(p.ID), "code", p.Code)
	})
	return answer(out, err)
}

// personToHelp loads the person of a new project; one that is not the actor's is a
// complaint at the field, in the same words as one that does not exist.
func (a *act) personToHelp(id casework.PersonID) (casework.Person, error) {
	unknown := fault.OfFields([]fault.Field{fault.At("person_id", "unknown_person")})
	if validID(id) != nil {
		return casework.Person{}, unknown
	}
	p, err := a.tx.Person(a, id)
	if fault.Is(err, fault.NotFound) || (err == nil && p.Tenant != a.actor.Tenant) {
		return p, unknown
	}
	return p, err
}

// checkServices demands a social service of the network that is competent for the person.
func (a *act) checkServices(id tenant.ID, p casework.Person) error {
	complain := func(code string) error {
		return fault.OfFields([]fault.Field{fault.At("social_services_id", code)})
	}
	if validID(id) != nil {
		return complain("unknown_services")
	}
	t, err := a.tx.Tenant(a, id)
	if fault.Is(err, fault.NotFound) {
		return complain("unknown_services")
	}
	if err != nil {
		return err
	}
	competent := slices.ContainsFunc(t.Municipalities, func(m string) bool { return strings.EqualFold(m, p.Municipality) })
	switch {
	case t.Kind != tenant.SocialServices || t.Status != "active":
		return complain("unknown_services")
	case !competent:
		return complain("not_competent")
	}
	return nil
}

// Project reads one project.
func (s *Service) Project(ctx context.Context, id casework.ProjectID) (ProjectView, error) {
	var out ProjectView
	err := s.read(ctx, func(a *act) error {
		p, _, err := a.loadProject(id)
		if err != nil {
			return err
		}
		out, err = a.projectView(p)
		return err
	})
	return answer(out, err)
}

// ProjectQuery narrows a list of projects.
type ProjectQuery struct {
	States []casework.State
	Person casework.PersonID
	// Code is a project's or a person's code, exact.
	Code string
	Page PageRequest
}

// Projects lists the projects the actor's organisation sees, last changed first. The list
// asks the policy once; which rows it holds is the database's wall. AllowedEvents are left
// out: they need each project's signatures.
func (s *Service) Projects(ctx context.Context, q ProjectQuery) (Page[ProjectView], error) {
	var out Page[ProjectView]
	page, err := q.Page.page()
	if err != nil {
		return out, err
	}
	if q.Person != "" && validID(q.Person) != nil {
		return out, nil
	}
	for _, st := range q.States {
		if !st.Valid() {
			return out, fault.OfFields([]fault.Field{fault.At("state", "not_an_option")})
		}
	}
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(a.projectObject(), policy.List, ""); err != nil {
			return err
		}
		rows, err := a.tx.Projects(a, postgres.ProjectFilter{States: q.States, Person: q.Person, Code: strings.ToUpper(strings.TrimSpace(q.Code)), Page: page})
		if err != nil {
			return err
		}
		got := cut(q.Page, rows, func(p casework.Project) (time.Time, string) { return p.UpdatedAt, string(p.ID) })
		out = Page[ProjectView]{Next: got.Next, Items: make([]ProjectView, 0, len(got.Items))}
		for _, p := range got.Items {
			if rel, ok := p.RelationTo(a.actor); ok {
				out.Items = append(out.Items, ProjectView{Project: a.named(p), Relation: rel})
			}
		}
		return nil
	})
	return answer(out, err)
}

// projectObject is what projects are to the actor's kind of organisation, for lists.
func (a *act) projectObject() policy.Object {
	switch a.actor.Kind {
	case tenant.SocialServices:
		return policy.ProjectShared
	case tenant.LeadAgency:
		return policy.ProjectSubmitted
	}
	return policy.ProjectOwn
}

// on names the object of a sort of thing in a relation: "subsidy", shared → subsidy@shared.
func on(sort string, rel casework.Relation) policy.Object {
	return policy.Object(sort + "@" + string(rel))
}

// loadProject loads a project and asks whether the actor may read it.
func (a *act) loadProject(id casework.ProjectID) (casework.Project, policy.Object, error) {
	return a.reach(id, a.tx.Project)
}

// lockProject is loadProject for who is going to change it.
func (a *act) lockProject(id casework.ProjectID) (casework.Project, policy.Object, error) {
	return a.reach(id, a.tx.LockProject)
}

func (a *act) reach(id casework.ProjectID, load func(context.Context, casework.ProjectID) (casework.Project, error)) (casework.Project, policy.Object, error) {
	if err := validID(id); err != nil {
		return casework.Project{}, "", err
	}
	p, err := load(a, id)
	if err != nil {
		return p, "", err
	}
	rel, ok := p.RelationTo(a.actor)
	if !ok {
		return p, "", fault.Missing()
	}
	obj := on("project", rel)
	return p, obj, a.allow(obj, policy.Read, string(p.ID))
}

// projectView adds what the actor can do now.
func (a *act) projectView(p casework.Project) (ProjectView, error) {
	rel, _ := p.RelationTo(a.actor)
	v := ProjectView{Project: a.named(p), Relation: rel, MayEnrol: a.mayEnrol(p, rel)}
	var signed []casework.Side
	if p.State == casework.CoDesign {
		list, err := a.tx.Signatures(a, p, p.Version)
		if err != nil {
			return v, err
		}
		for _, g := range list {
			signed = append(signed, g.Side)
		}
	}
	v.AllowedEvents = a.allowedEvents(p, signed)
	if len(v.AllowedEvents) > 0 && rel == casework.Received {
		h, err := a.hands(p)
		if err != nil {
			return v, err
		}
		v.AllowedEvents = slices.DeleteFunc(v.AllowedEvents, func(e casework.Event) bool {
			return casework.CheckDuties(e, a.actor.User, h) != nil
		})
	}
	return v, nil
}

// allowedEvents asks policy and state machine, for buttons and the worklist.
func (a *act) allowedEvents(p casework.Project, signed []casework.Side) []casework.Event {
	rel, ok := p.RelationTo(a.actor)
	if !ok {
		return nil
	}
	var out []casework.Event
	for _, e := range append([]casework.Event{casework.Edit}, casework.Transitions()...) {
		if _, err := p.State.Next(e); err != nil || !a.may(on("project", rel), policy.Action(e)) {
			continue
		}
		side, _ := casework.SideOf(a.actor.Kind)
		if (e == casework.Sign && slices.Contains(signed, side)) || (e == casework.RecordAdhesion && slices.Contains(signed, casework.SidePerson)) {
			continue
		}
		out = append(out, e)
	}
	return out
}

// hands gathers who had a part in the submitted version.
func (a *act) hands(p casework.Project) (casework.Hands, error) {
	v, err := a.tx.Version(a, p, p.SubmittedVersion)
	if err != nil {
		return casework.Hands{}, err
	}
	drafters, judges, err := a.tx.Parts(a, p)
	return casework.Hands{Authors: append(drafters, v.Authors...), Evaluators: judges,
		ActorInAuthorsTenant: len(a.rules.Roles(a.actor.User, p.Tenant)) > 0 || len(a.rules.Roles(a.actor.User, p.SocialServices)) > 0}, err
}

// step writes a transition into the project's history.
func (a *act) step(p casework.Project, st casework.Step) error {
	name, err := a.userName()
	if err != nil {
		return err
	}
	st.Version, st.ContentHash, st.At = p.Version, p.ContentHash, a.at
	st.ActorName = name
	if st.ActorRole == "" {
		st.ActorRole = a.roleFor(st.Event)
	}
	return a.tx.InsertStep(a, p, st)
}

// roleFor tells in which of his roles a user does something, for the history.
func (a *act) roleFor(e casework.Event) tenant.Role {
	roles := a.rules.Roles(a.actor.User, a.actor.Tenant)
	prefer := map[casework.Event]tenant.Role{casework.Sign: tenant.EntityManager, casework.Submit: tenant.EntityManager, casework.Reopen: tenant.EntityManager,
		casework.Approve: tenant.Approver, casework.Reject: tenant.Approver, casework.StartEvaluation: tenant.Evaluator,
		casework.RequestChanges: tenant.Evaluator, casework.Recommend: tenant.Evaluator}
	if r := prefer[e]; slices.Contains(roles, r) {
		return r
	}
	for _, r := range []tenant.Role{tenant.Operator, tenant.SocialWorker} {
		if slices.Contains(roles, r) {
			return r
		}
	}
	return roles[0]
}

// projectByCode finds a project that the lead agency sees; Invalid at path where there is none.
func (a *act) projectByCode(code, path string) (casework.Project, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	rows, err := a.tx.Projects(a, postgres.ProjectFilter{Code: code, Page: postgres.Page{Limit: 2}})
	if err != nil {
		return casework.Project{}, err
	}
	for _, p := range rows {
		if p.Code == code {
			return p, nil
		}
	}
	return casework.Project{}, fault.OfFields([]fault.Field{fault.At(path, "unknown_project")})
}
