// SPDX-License-Identifier: AGPL-3.0-or-later

package sample

import (
	"fmt"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// Identity is a fictional one; n makes it differ.
func Identity(n int) casework.Identity {
	return casework.Identity{GivenName: fmt.Sprintf("Amina%c", 'a'+n%26), FamilyName: fmt.Sprintf("Okoro%c%c", 'a'+n/26%26, 'a'+n/676%26),
		BirthDate: casework.Date(fmt.Sprintf("19%02d-03-%02d", 70+n%30, 1+n%28)), Phone: fmt.Sprintf("+39 333 %07d", n)}
}

// Person registers a person at Viareggio in a tenant.
func (w *World) Person(tb testing.TB, t postgres.Tenant, n int) service.PersonView {
	tb.Helper()
	p, err := w.Service.RegisterPerson(w.As(t, "operator"), service.NewPerson{Identity: Identity(n),
		Person: casework.Person{Citizenship: "NGA", Municipality: "Viareggio"}})
	if err != nil {
		tb.Fatalf("sample: register person: %v", err)
	}
	return p
}

// Plan is complete, with all seven priority interventions and no rent, so that it needs no
// subsidy decision.
func Plan() casework.Plan {
	return casework.Plan{
		Needs:      []casework.Need{{Area: "Lavoro", Description: "Cerca un lavoro stabile."}},
		Objectives: []casework.Objective{{Title: "Italiano B1", Indicator: "Certificato", DueOn: "2027-06-30"}},
		Interventions: []casework.Intervention{
			intervention("it", casework.TypeItalian, 40000, map[string]any{"level": "b1", "provider": "CPIA", "hours": 80}),
			func() casework.Intervention {
				v := intervention("casa", casework.TypeHousing, 120000, map[string]any{"arrangement": "co_housing", "supports": []any{"search"}})
				v.Months = 6
				return v
			}(),
			intervention("figli", casework.TypeChildcare, 90000, map[string]any{"children": 1, "service": "nursery"}),
			intervention("beni", casework.TypeNecessities, 30000, map[string]any{"items": []any{map[string]any{"kind": "food", "amount": 30000}}}),
			intervention("corso", casework.TypeVocational, 80000, map[string]any{"course": map[string]any{"title": "Aiuto cuoco"}, "hours": 120}),
			intervention("haccp", casework.TypeLicence, 12000, map[string]any{"kind": "haccp", "provider": "Agenzia"}),
			intervention("aff", casework.TypeAccompaniment, 0, map[string]any{"planned_hours": 40, "purpose": "Affiancamento nella ricerca della casa."}),
		},
		Commitments:  []casework.Commitment{{Party: "person", Text: "Frequenta il corso."}, {Party: "entity", Text: "Affianca."}},
		Reviews:      []casework.Review{{On: "2027-03-01"}},
		ExitCriteria: "Lavoro e casa propri.",
	}
}

func intervention(key, typ string, cents int64, details map[string]any) casework.Intervention {
	return casework.Intervention{Key: key, Type: typ, StartsOn: "2027-01-15", AmountCents: cents, Details: details}
}

// Project makes a draft with a complete plan for a new person.
func (w *World) Project(tb testing.TB, t postgres.Tenant, n int) service.ProjectView {
	tb.Helper()
	per := w.Person(tb, t, n)
	p, err := w.Service.CreateProject(w.As(t, "operator"), per.ID, w.Services.ID)
	if err != nil {
		tb.Fatalf("sample: create project: %v", err)
	}
	v, err := w.Service.SavePlan(w.As(t, "operator"), p.ID, p.Revision, Plan())
	if err != nil {
		tb.Fatalf("sample: save plan: %v", err)
	}
	return v.Project
}

// Step is an event with who does it: whose organisation, which nickname.
type Step struct {
	Tenant  postgres.Tenant
	Nick    string
	Request service.TransitionRequest
}

// Way is the straight way of a project from draft to active.
func (w *World) Way(owner postgres.Tenant) []Step {
	entity := func(nick string, e casework.Event) Step {
		return Step{owner, nick, service.TransitionRequest{Event: e}}
	}
	return []Step{
		entity("operator", casework.ShareForCoDesign),
		entity("entity_manager", casework.Sign),
		{w.Services, "social_worker", service.TransitionRequest{Event: casework.Sign}},
		entity("operator", casework.RecordAdhesion),
		entity("entity_manager", casework.Submit),
		{w.Lead, "evaluator", service.TransitionRequest{Event: casework.StartEvaluation}},
		{w.Lead, "evaluator", w.Recommendation()},
		{w.Lead, "approver", service.TransitionRequest{Event: casework.Approve}},
		entity("operator", casework.Start),
	}
}

// Recommendation scores every default criterion.
func (w *World) Recommendation() service.TransitionRequest {
	scores := map[string]int{}
	for _, c := range casework.DefaultParameters().Criteria {
		scores[c.Code] = c.Max - 1
	}
	return service.TransitionRequest{Event: casework.Recommend, Opinion: "Parere favorevole.", Scores: scores}
}

// Walk takes a project along the way until it is in a state.
func (w *World) Walk(tb testing.TB, id casework.ProjectID, owner postgres.Tenant, until casework.State) service.ProjectView {
	tb.Helper()
	var last service.ProjectView
	for _, st := range w.Way(owner) {
		v, err := w.Service.Transition(w.As(st.Tenant, st.Nick), id, st.Request)
		if err != nil {
			tb.Fatalf("sample: %s: %v", st.Request.Event, err)
		}
		if last = v; v.State == until {
			break
		}
	}
	return last
}

// ActorOf is shorthand for tests that need the actor rather than the context.
func (w *World) ActorOf(s Step) tenant.Actor { return w.Actor(s.Tenant, s.Nick) }
