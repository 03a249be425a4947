// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/gowebpki/jcs"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
)

// together runs all at once and counts the answers by kind; nil counts as "ok".
func together(all ...func() error) map[string]int {
	var mu sync.Mutex
	var done sync.WaitGroup
	out := map[string]int{}
	for _, do := range all {
		done.Go(func() {
			err := do()
			word := "ok"
			if err != nil {
				word = fault.KindOf(err).String()
			}
			mu.Lock()
			defer mu.Unlock()
			out[word]++
		})
	}
	done.Wait()
	return out
}

func times(n int, do func() error) []func() error {
	out := make([]func() error, n)
	for i := range out {
		out[i] = do
	}
	return out
}

// Two who save the same plan at once: one wins, the others are told.
func TestSavesRace(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	ctx := w.As(w.Entity, "operator")
	got := together(times(5, func() error {
		_, err := w.Service.SavePlan(ctx, p.ID, p.Revision, sample.Plan())
		return err
	})...)
	if got["ok"] != 1 || got["stale"] != 4 {
		t.Errorf("saves: %v", got)
	}
}

// Different sections saved at once from the same base both stay; the same section is Stale.
func TestSectionsRace(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	ctx := w.As(w.Entity, "operator")
	save := func(s casework.Section, change func(*casework.Plan)) func() error {
		plan := sample.Plan()
		change(&plan)
		return func() error {
			_, err := w.Service.SaveSection(ctx, p.ID, p.Revision, s, plan)
			return err
		}
	}
	got := together(
		save(casework.SectionNeeds, func(p *casework.Plan) { p.Needs[0].Area = "Salute" }),
		save(casework.SectionExitCriteria, func(p *casework.Plan) { p.ExitCriteria = "Altro." }),
		save(casework.SectionReviews, func(p *casework.Plan) { p.Reviews[0].On = "2027-04-01" }))
	if got["ok"] != 3 {
		t.Fatalf("sections: %v", got)
	}
	v, err := w.Service.Plan(ctx, p.ID)
	if err != nil || v.Plan.Needs[0].Area != "Salute" || v.Plan.ExitCriteria != "Altro." || v.Plan.Reviews[0].On != "2027-04-01" {
		t.Errorf("%+v, %v", v.Plan, err)
	}
	if err := save(casework.SectionNeeds, func(p *casework.Plan) { p.Needs[0].Area = "Casa" })(); !fault.Is(err, fault.Stale) {
		t.Error("the same section again:", err)
	}
	for _, base := range []int64{0, -1, 99} {
		if _, err := w.Service.SaveSection(ctx, p.ID, base, casework.SectionNeeds, sample.Plan()); !fault.Is(err, fault.Stale) {
			t.Errorf("base %d: %v", base, err)
		}
	}
	if _, err := w.Service.SaveSection(ctx, p.ID, v.Project.Revision, "secrets", sample.Plan()); !fault.Is(err, fault.Invalid) {
		t.Error("an unknown section:", err)
	}
}

// All three sign at once, each twice: three signatures, one seal, one version.
func TestSignaturesRace(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	as := func(c context.Context, e casework.Event) func() error {
		return func() error {
			_, err := w.Service.Transition(c, p.ID, service.TransitionRequest{Event: e})
			return err
		}
	}
	manager, worker, operator := as(w.As(w.Entity, "entity_manager"), casework.Sign), as(w.As(w.Services, "social_worker"), casework.Sign), as(w.As(w.Entity, "operator"), casework.RecordAdhesion)
	got := together(manager, worker, operator, manager, worker, operator)
	if got["ok"] != 3 || got["conflict"] != 3 {
		t.Errorf("signatures: %v", got)
	}
	var seals, versions int
	w.Query(t, &seals, "SELECT count(*) FROM transition WHERE event = 'seal'")
	w.Query(t, &versions, "SELECT count(*) FROM project_version")
	v, err := w.Service.Project(w.As(w.Entity, "operator"), p.ID)
	if err != nil || v.State != casework.CoSigned || seals != 1 || versions != 1 {
		t.Errorf("%s, %d seals, %d versions, %v", v.State, seals, versions, err)
	}
	submits := together(times(4, as(w.As(w.Entity, "entity_manager"), casework.Submit))...)
	if submits["ok"] != 1 || submits["conflict"] != 3 {
		t.Errorf("submits: %v", submits)
	}
	evaluations := together(as(w.As(w.Lead, "evaluator"), casework.StartEvaluation), as(w.As(w.Lead, "evaluator2"), casework.StartEvaluation))
	if evaluations["ok"] != 1 || evaluations["conflict"] != 1 {
		t.Errorf("evaluations: %v", evaluations)
	}
}

// An edit voids every signature, and a signature binds the hash its signer read.
func TestSignaturesBindTheContent(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	v := w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	manager, worker := w.As(w.Entity, "entity_manager"), w.As(w.Services, "social_worker")
	if _, err := w.Service.Transition(manager, p.ID, service.TransitionRequest{Event: casework.Sign, ContentHash: "other"}); !fault.Is(err, fault.Stale) {
		t.Error("signing another content:", err)
	}
	v, err := w.Service.Transition(manager, p.ID, service.TransitionRequest{Event: casework.Sign, ContentHash: v.ContentHash, Base: v.Revision})
	if err != nil {
		t.Fatal(err)
	}
	plan := sample.Plan()
	plan.ExitCriteria = "Cambiati dal servizio."
	edited, err := w.Service.SavePlan(worker, p.ID, v.Revision, plan)
	if err != nil || len(edited.Signatures) != 0 {
		t.Fatalf("%v, %v", edited.Signatures, err)
	}
	for range 2 { // sealed only when all three signed anew
		for _, e := range []struct {
			c context.Context
			e casework.Event
		}{{worker, casework.Sign}, {w.As(w.Entity, "operator"), casework.RecordAdhesion}} {
			w.Service.Transition(e.c, p.ID, service.TransitionRequest{Event: e.e})
		}
	}
	if v, err = w.Service.Project(manager, p.ID); err != nil || v.State != casework.CoDesign {
		t.Fatalf("%s, %v", v.State, err)
	}
	if v, err = w.Service.Transition(manager, p.ID, service.TransitionRequest{Event: casework.Sign}); err != nil || v.State != casework.CoSigned {
		t.Fatalf("%s, %v", v.State, err)
	}
	view, err := w.Service.Plan(manager, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	// Anyone can compute the hash from the plan as it is given out.
	raw, err := json.Marshal(view.Plan)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jcs.Transform(raw)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	want := hex.EncodeToString(sum[:])
	if v.ContentHash != want || view.Sealed.ContentHash != want || len(view.Signatures) != 3 {
		t.Errorf("hash %s, sealed %s, independent %s", v.ContentHash, view.Sealed.ContentHash, want)
	}
	for _, g := range view.Signatures {
		if g.ContentHash != want {
			t.Errorf("%s signed %s", g.Side, g.ContentHash)
		}
	}
}

// housed is a project whose plan gives months of housing support, up to a state.
func housed(t *testing.T, w *sample.World, person casework.PersonID, services postgres.Tenant, months int) (casework.ProjectID, error) {
	t.Helper()
	p, err := w.Service.CreateProject(w.As(w.Entity, "operator"), person, services.ID)
	if err != nil {
		t.Fatal(err)
	}
	plan := sample.Plan()
	plan.Interventions[1].Months = months
	_, err = w.Service.SavePlan(w.As(w.Entity, "operator"), p.ID, p.Revision, plan)
	return p.ID, err
}

// Two projects of one person that together pass the limit: however they race, at most one
// is ever submitted.
func TestHousingRace(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	for round := range 3 {
		person := w.Person(t, w.Entity, 50+round).ID
		var ways []func() error
		for range 2 {
			id, err := housed(t, w, person, w.Services, 7)
			if err != nil {
				t.Fatal(err)
			}
			ways = append(ways, func() error {
				for _, st := range w.Way(w.Entity)[:5] {
					if _, err := w.Service.Transition(w.As(st.Tenant, st.Nick), id, st.Request); err != nil {
						return fmt.Errorf("%s: %w", st.Request.Event, err)
					}
				}
				return nil
			})
		}
		if got := together(ways...); got["ok"] > 1 || got["ok"]+got["invalid"] != 2 {
			t.Errorf("two projects of 7 months: %v", got)
		}
		var months int
		w.Query(t, &months, "SELECT coalesce(sum(housing_months), 0) FROM project WHERE person_id = $1 AND submitted_version > 0", person)
		if months > 12 {
			t.Errorf("%d months were submitted", months)
		}
	}
}

// The limit counts a person's whole history: elsewhere, in other projects, through other
// services, and what was used before a withdrawal.
func TestHousingHistory(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	operator := w.As(w.Entity, "operator")
	person := w.Person(t, w.Entity, 1)
	person.PriorHousingMonths = 4
	if _, err := w.Service.UpdatePerson(operator, person.Person, person.Revision); err != nil {
		t.Fatal(err)
	}
	limit := func(months int, refuse bool) casework.ProjectID {
		t.Helper()
		id, err := housed(t, w, person.ID, w.Services, months)
		if (err != nil) != refuse || (err != nil && !fault.Is(err, fault.Invalid)) {
			t.Errorf("%d more months: %v, want refused = %v", months, err, refuse)
		}
		return id
	}
	limit(9, true)
	first := limit(8, false)
	w.Walk(t, first, w.Entity, casework.Active)
	limit(1, true)
	// The interventions begin in 2027: nothing was used when she leaves, so all comes back.
	withdraw := func(id casework.ProjectID) {
		t.Helper()
		if _, err := w.Service.Transition(operator, id, service.TransitionRequest{Event: casework.Withdraw}); err != nil {
			t.Fatal(err)
		}
	}
	withdraw(first)
	second := limit(8, false)
	w.Walk(t, second, w.Entity, casework.Active)
	// Had they begun three months ago, three would be used up.
	w.Admin(t, "UPDATE intervention SET starts_on = current_date - 70 WHERE project_id = '"+string(second)+"'")
	withdraw(second)
	limit(6, true)
	third := limit(5, false)
	// A rejected project counts no more; opened again, it does.
	w.Walk(t, third, w.Entity, casework.Evaluated)
	if _, err := w.Service.Transition(w.As(w.Lead, "approver"), third, service.TransitionRequest{Event: casework.Reject, Reason: "No."}); err != nil {
		t.Fatal(err)
	}
	limit(5, false)
}
