// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// One person who belongs to both organisations does not sign for both.
func TestOnePersonDoesNotSignForBothSides(t *testing.T) {
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	here := w.User(t, w.Entity, "double", tenant.EntityManager)
	if _, err := w.Service.Host().PutUser(t.Context(), service.NewUser{Email: w.Email(w.Entity, "double"), Tenant: w.Services.ID, Roles: []tenant.Role{tenant.SocialWorker}}); err != nil {
		t.Fatal(err)
	}
	there := tenant.Actor{User: here.User, Tenant: w.Services.ID, Kind: w.Services.Kind, Network: w.Services.Network}
	sign := service.TransitionRequest{Event: casework.Sign}
	if _, err := w.Service.Transition(tenant.With(context.Background(), here), p.ID, sign); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.Transition(tenant.With(context.Background(), there), p.ID, sign); !fault.Is(err, fault.Forbidden) {
		t.Errorf("signing for the other side too: %v, want forbidden", err)
	}
}

// The months before are frozen at submission: the lead sees them, and the entity cannot
// make them fewer while a project counts on them.
func TestMonthsBeforeAreFrozen(t *testing.T) {
	w := sample.New(t)
	op := w.As(w.Entity, "operator")
	p := w.Project(t, w.Entity, 1)
	per, err := w.Service.Person(op, p.Person)
	if err != nil {
		t.Fatal(err)
	}
	per.PriorHousingMonths = 4
	if per, err = w.Service.UpdatePerson(op, per.Person, per.Revision); err != nil {
		t.Fatal(err)
	}
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	seen, err := w.Service.Plan(w.As(w.Lead, "evaluator"), p.ID)
	if err != nil || seen.HousingBefore != 4 {
		t.Errorf("the lead is told %d months before, %v; want 4", seen.HousingBefore, err)
	}
	for _, s := range seen.Signatures {
		if s.SignerName != "" {
			t.Error("the lead is told a signer's name")
		}
	}
	per.PriorHousingMonths = 3
	if _, err := w.Service.UpdatePerson(op, per.Person, per.Revision); !fault.Is(err, fault.Invalid) {
		t.Errorf("fewer months before while a project counts on them: %v, want invalid", err)
	}
}

// The same text sent twice is one save: no conflict, no signature voided.
func TestSameSectionTwice(t *testing.T) {
	w := sample.New(t)
	op := w.As(w.Entity, "operator")
	p := w.Project(t, w.Entity, 1)
	plan := sample.Plan()
	plan.ExitCriteria = "Un contratto."
	first, err := w.Service.SaveSection(op, p.ID, p.Revision, casework.SectionExitCriteria, plan)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Service.SaveSection(op, p.ID, p.Revision, casework.SectionExitCriteria, plan)
	if err != nil || again.Project.Revision != first.Project.Revision {
		t.Errorf("revision %d after %d, %v", again.Project.Revision, first.Project.Revision, err)
	}
}
