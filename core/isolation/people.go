// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// side is one half of the network: an entity and its service, with a word of its own.
type side struct {
	entity, services postgres.Tenant
	// canary stands in its plans and reasons, name in its identities.
	canary, name, town string
	project            service.ProjectView
	made               int
}

// user is somebody with one role.
type user struct {
	tenant.Actor
	role   tenant.Role
	of     string
	token  string
	cookie []*http.Cookie
	side   *side
}

// things are ids of what the first side has.
type things struct {
	person, project, decision, tenant, user, invitation, notice, draft, plugin, publisher, catalog, enrolment string
}

const password = "undici lanterne sul pontile"

// populate makes two networks: one of two sides, one that is only there to be another.
func (s *scratch) populate(ctx context.Context) (err error) {
	make := func(n tenant.NetworkID, k tenant.Kind, name string, towns ...string) (t postgres.Tenant) {
		if err == nil {
			t, err = s.svc.Host().CreateTenant(ctx, service.NewTenant{Network: n, NetworkName: "Rete " + name, Kind: k, Name: name, Municipalities: towns})
		}
		return t
	}
	s.lead = make("", tenant.LeadAgency, "Capofila")
	s.away = make("", tenant.LeadAgency, "Altra capofila")
	n := s.lead.Network
	s.sides[0] = &side{canary: "Zibaldarina", name: "Ombrelisa", town: "Viareggio", entity: make(n, tenant.ImplementingEntity, "Ente primo"), services: make(n, tenant.SocialServices, "Servizi primi", "Viareggio")}
	s.sides[1] = &side{canary: "Quercivola", name: "Faustarella", town: "Lucca", entity: make(n, tenant.ImplementingEntity, "Ente secondo"), services: make(n, tenant.SocialServices, "Servizi secondi", "Lucca")}
	far := make(s.away.Network, tenant.ImplementingEntity, "Ente lontano")
	for _, p := range []struct {
		of   postgres.Tenant
		side *side
	}{{s.lead, nil}, {s.away, nil}, {far, nil}, {s.sides[0].entity, s.sides[0]}, {s.sides[0].services, s.sides[0]}, {s.sides[1].entity, s.sides[1]}, {s.sides[1].services, s.sides[1]}} {
		for _, role := range tenant.RolesOf(p.of.Kind) {
			if err == nil {
				err = s.hire(ctx, p.of, role, p.side)
			}
		}
	}
	for _, side := range s.sides {
		if err == nil {
			err = s.work(ctx, side)
		}
	}
	if err == nil {
		err = s.firstThings(ctx)
	}
	return err
}

// hire makes a user with one role, a token and a session.
func (s *scratch) hire(ctx context.Context, of postgres.Tenant, role tenant.Role, side *side) error {
	email := fmt.Sprintf("%s.%d@prova.example", role, len(s.users))
	id, err := s.svc.Host().PutUser(ctx, service.NewUser{Email: email, Name: "Prova", Password: password, Tenant: of.ID, Roles: []tenant.Role{role}})
	if err != nil {
		return err
	}
	u := &user{Actor: tenant.Actor{User: id, Tenant: of.ID, Kind: of.Kind, Network: of.Network, Lang: "it"}, role: role, of: of.Name, side: side}
	if u.token, err = s.svc.Host().IssueToken(ctx, of.ID, id, "verify", time.Hour); err != nil {
		return err
	}
	s.users = append(s.users, u)
	return s.signIn(u, email)
}

// as finds a user of an organisation.
func (s *scratch) as(ctx context.Context, of postgres.Tenant, role tenant.Role) context.Context {
	for _, u := range s.users {
		if u.Tenant == of.ID && u.role == role {
			return tenant.With(ctx, u.Actor)
		}
	}
	return ctx
}

// work registers a person and shares a project, with the side's word wherever a text goes.
func (s *scratch) work(ctx context.Context, of *side) error {
	operator := s.as(ctx, of.entity, tenant.Operator)
	of.made++
	per, err := s.svc.RegisterPerson(operator, service.NewPerson{DespiteDuplicates: true,
		Person:   casework.Person{Citizenship: "NGA", Municipality: of.town},
		Identity: casework.Identity{GivenName: of.name, FamilyName: "Prova" + string(rune('a'+of.made%26)), BirthDate: "1990-02-03", Address: "Via " + of.name}})
	if err != nil {
		return fmt.Errorf("register a person: %w", err)
	}
	p, err := s.svc.CreateProject(operator, per.ID, of.services.ID)
	if err != nil {
		return fmt.Errorf("create a project: %w", err)
	}
	v, err := s.svc.SavePlan(operator, p.ID, p.Revision, plan(of.canary))
	if err != nil {
		return fmt.Errorf("save a plan: %w", err)
	}
	of.project, err = s.svc.Transition(operator, v.Project.ID, service.TransitionRequest{Event: casework.ShareForCoDesign, Reason: of.canary})
	if err != nil {
		return fmt.Errorf("share a project: %w", err)
	}
	return nil
}

// plan is one that can be shared, with a word in its texts.
func plan(word string) casework.Plan {
	return casework.Plan{
		Needs:      []casework.Need{{Area: "Lavoro", Description: word}},
		Objectives: []casework.Objective{{Title: word, Indicator: word, DueOn: "2027-06-30"}},
		Interventions: []casework.Intervention{{Key: "it", Type: casework.TypeItalian, StartsOn: "2027-01-15", AmountCents: 40000,
			Details: map[string]any{"level": "b1", "provider": word, "hours": 80}}},
		Commitments:  []casework.Commitment{{Party: "person", Text: word}, {Party: "entity", Text: word}},
		Reviews:      []casework.Review{{On: "2027-03-01"}},
		ExitCriteria: word,
	}
}

// firstThings notes what the first side has. A decision is stored as it is: no plugin runs here.
func (s *scratch) firstThings(ctx context.Context) error {
	first := s.sides[0]
	admin := s.as(ctx, first.entity, tenant.EntityAdmin)
	invited, err := s.svc.InviteUser(admin, service.Invite{Email: "invitata@prova.example", Name: "Invitata", Roles: []tenant.Role{tenant.Operator}})
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	if err := s.finish(ctx, first); err != nil {
		return err
	}
	operator, _ := tenant.From(s.as(ctx, first.entity, tenant.Operator))
	s.ids = things{person: string(first.project.Person), project: string(first.project.ID), decision: "0192a000-0000-7000-8000-0000000000dd",
		tenant: string(first.entity.ID), user: string(operator.User), invitation: invited.ID}
	// The lead shuts the organisation out and lets it in again: it is told.
	secretary := s.as(ctx, s.lead, tenant.Secretariat)
	if err := s.svc.SuspendTenant(secretary, first.entity.ID); err != nil {
		return fmt.Errorf("suspend: %w", err)
	}
	if err := s.svc.ResumeTenant(secretary, first.entity.ID); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if told, err := s.svc.Notices(admin, service.PageRequest{}); err != nil {
		return fmt.Errorf("notices: %w", err)
	} else if len(told.Items) > 0 {
		s.ids.notice = told.Items[0].ID
	}
	draft, err := s.svc.CreatePolicyDraft(s.as(ctx, s.lead, tenant.PolicyAdmin), 0, service.DraftChange{Reason: "Prova"})
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	s.ids.draft = draft.ID
	if err := s.publish(ctx); err != nil {
		return fmt.Errorf("plugin: %w", err)
	}
	if err := s.enrol(ctx, first, operator); err != nil {
		return fmt.Errorf("enrolment: %w", err)
	}
	return s.inTenant(ctx, operator, true, func(tx *postgres.Tx) error {
		return tx.InsertDecision(ctx, first.entity.ID, casework.Decision{ID: casework.DecisionID(s.ids.decision), Project: first.project.ID, Subsidy: "rent",
			AsOf: "2026-06-01", Facts: map[string]any{"note": first.canary}, PluginID: "none", PluginVersion: "0", Contract: "1",
			Request: []byte("{}"), Answer: []byte("{}"), By: operator.User, At: time.Now()})
	})
}

// finish brings the side's project to the end of its way, so that there is something to read
// at every address.
func (s *scratch) finish(ctx context.Context, of *side) error {
	scores := map[string]int{}
	for _, c := range casework.DefaultParameters().Criteria {
		scores[c.Code] = c.Max
	}
	for _, st := range []struct {
		of   postgres.Tenant
		role tenant.Role
		do   service.TransitionRequest
	}{
		{of.entity, tenant.EntityManager, service.TransitionRequest{Event: casework.Sign}},
		{of.services, tenant.SocialWorker, service.TransitionRequest{Event: casework.Sign}},
		{of.entity, tenant.Operator, service.TransitionRequest{Event: casework.RecordAdhesion}},
		{of.entity, tenant.EntityManager, service.TransitionRequest{Event: casework.Submit}},
		{s.lead, tenant.Evaluator, service.TransitionRequest{Event: casework.StartEvaluation}},
		{s.lead, tenant.Evaluator, service.TransitionRequest{Event: casework.Recommend, Opinion: of.canary, Scores: scores}},
		{s.lead, tenant.Approver, service.TransitionRequest{Event: casework.Approve}},
		{of.entity, tenant.Operator, service.TransitionRequest{Event: casework.Start}},
	} {
		if _, err := s.svc.Transition(s.as(ctx, st.of, st.role), of.project.ID, st.do); err != nil {
			return fmt.Errorf("%s: %w", st.do.Event, err)
		}
	}
	return nil
}

// inTenant opens a transaction as a user, under the policy in force.
func (s *scratch) inTenant(ctx context.Context, a tenant.Actor, write bool, fn func(*postgres.Tx) error) error {
	version, err := s.policyVersion(ctx, a.Network)
	if err != nil {
		return err
	}
	return s.db.InTenant(ctx, postgres.Scope{Actor: a, PolicyVersion: version, Write: write}, fn)
}

func (s *scratch) policyVersion(ctx context.Context, n tenant.NetworkID) (v int64, err error) {
	err = s.db.AsSystem(ctx, postgres.JobPolicy, func(tx *postgres.Tx) error {
		p, err := tx.Policy(ctx, n)
		v = p.Version
		return err
	})
	return v, err
}
