// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// side is one half of the network: an entity, its service, and its own canary word.
type side struct {
	entity, service postgres.Tenant
	canary, town    string
	project         service.ProjectView
}

// build writes a side's canary into every place that takes a text.
func (s *side) build(t *testing.T, w *sample.World, n int) {
	t.Helper()
	operator := w.As(s.entity, "operator")
	id := sample.Identity(n)
	id.GivenName, id.Address = s.canary, "Via "+s.canary
	per, err := w.Service.RegisterPerson(operator, service.NewPerson{Identity: id, DespiteDuplicates: true, Person: casework.Person{Citizenship: "NGA", Municipality: s.town}})
	if err != nil {
		t.Fatal(err)
	}
	if s.project, err = w.Service.CreateProject(operator, per.ID, s.service.ID); err != nil {
		t.Fatal(err)
	}
	plan := sample.Plan()
	plan.Needs[0].Description, plan.ExitCriteria, plan.Interventions[0].Details["provider"] = s.canary, s.canary, s.canary
	v, err := w.Service.SavePlan(operator, s.project.ID, s.project.Revision, plan)
	if err != nil {
		t.Fatal(err)
	}
	s.project = v.Project
	if s.project, err = w.Service.Transition(operator, s.project.ID, service.TransitionRequest{Event: casework.ShareForCoDesign, Reason: s.canary}); err != nil {
		t.Fatal(err)
	}
}

// look asks everything a user can ask about a project and a person, and gives all of it as
// one text: answers and errors.
func look(ctx context.Context, s *service.Service, p service.ProjectView, name string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	keep := func(v any, err error) {
		_ = e.Encode(v)
		if err != nil {
			b.WriteString(err.Error())
		}
	}
	ask := func(v any, err error) { keep(v, err) }
	ask(first(s.Project(ctx, p.ID)))
	ask(first(s.Projects(ctx, service.ProjectQuery{})))
	ask(first(s.Projects(ctx, service.ProjectQuery{Code: p.Code})))
	ask(first(s.Projects(ctx, service.ProjectQuery{Person: p.Person})))
	ask(first(s.Worklist(ctx, service.PageRequest{})))
	ask(first(s.Plan(ctx, p.ID)))
	ask(first(s.PlanAt(ctx, p.ID, 2)))
	ask(first(s.History(ctx, p.ID)))
	ask(first(s.Revisions(ctx, p.ID)))
	ask(first(s.Versions(ctx, p.ID)))
	ask(first(s.Diff(ctx, p.ID, 1, 1)))
	ask(first(s.Judgement(ctx, p.ID)))
	ask(first(s.Interventions(ctx, p.ID)))
	ask(first(s.Decisions(ctx, p.ID)))
	ask(first(s.Person(ctx, p.Person)))
	ask(first(s.Identity(ctx, p.Person)))
	ask(first(s.Consents(ctx, p.Person)))
	ask(first(s.Persons(ctx, service.PersonQuery{WithIdentity: true})))
	ask(first(s.Persons(ctx, service.PersonQuery{Name: name, WithIdentity: true})))
	ask(first(s.Duplicates(ctx, casework.Identity{GivenName: name, FamilyName: "Okoro", BirthDate: "1971-03-02"})))
	ask(first(s.AuditEntries(ctx, 0, 50)))
	ask(first(s.Colleagues(ctx)))
	return b.String()
}

func first[T any](v T, err error) (any, error) { return v, err }

// However the work of two entities and two services is mixed, no answer to one holds a
// word, a code or an id of the other's.
func TestNoCanaryCrosses(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	sides := []*side{{entity: w.Entity, service: w.Services, canary: "Canarina", town: "Viareggio"},
		{entity: w.OtherEntity, service: w.OtherServices, canary: "Pettirossa", town: "Lucca"}}
	n := 0
	for _, s := range sides {
		n++
		s.build(t, w, n)
	}
	seen := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			i := rapid.IntRange(0, 1).Draw(rt, "side")
			mine, other := sides[i], sides[1-i]
			who := rapid.SampledFrom([]func() context.Context{
				func() context.Context { return w.As(mine.entity, "operator") }, func() context.Context { return w.As(mine.entity, "entity_manager") },
				func() context.Context { return w.As(mine.entity, "entity_admin") }, func() context.Context { return w.As(mine.service, "social_worker") },
			}).Draw(rt, "who")()
			switch rapid.IntRange(0, 3).Draw(rt, "work") {
			case 0:
				n++
				mine.build(t, w, n)
			case 1:
				w.Service.SavePlan(who, mine.project.ID, mine.project.Revision, sample.Plan())
			case 2:
				w.Service.Transition(who, other.project.ID, service.TransitionRequest{Event: casework.Sign})
			}
			answer := look(who, w.Service, other.project, other.canary)
			// What was asked for by its id or code may be named in the question only.
			for _, canary := range []string{other.canary, other.project.PersonCode, string(other.project.ID), string(other.project.Person)} {
				if strings.Contains(answer, canary) {
					rt.Fatalf("%q of the other side shows: …%s…", canary, around(answer, canary))
				}
			}
			if strings.Contains(look(who, w.Service, mine.project, mine.canary), mine.canary) {
				seen++
			}
		}
	})
	if seen == 0 {
		t.Error("nobody ever saw his own canary: the test looks at nothing")
	}
}

func around(text, word string) string {
	i := strings.Index(text, word)
	return text[max(0, i-120):min(len(text), i+120)]
}

// A draft that is given up before it was shared stays the entity's own.
func TestWithdrawnDraftStaysHome(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	if _, err := w.Service.Transition(w.As(w.Entity, "operator"), p.ID, service.TransitionRequest{Event: casework.Withdraw}); err != nil {
		t.Fatal(err)
	}
	worker := w.As(w.Services, "social_worker")
	list, err := w.Service.Projects(worker, service.ProjectQuery{})
	if _, readErr := w.Service.Project(worker, p.ID); err != nil || len(list.Items) != 0 || !fault.Is(readErr, fault.NotFound) {
		t.Errorf("%d projects, %v, %v", len(list.Items), err, readErr)
	}
	if _, err := w.Service.Person(worker, p.Person); !fault.Is(err, fault.NotFound) {
		t.Error("the person shows:", err)
	}
}

// A right that is taken away, or an organisation that is suspended, is refused at the very
// next call on every other instance over the same database.
func TestRevocationIsImmediate(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	here, there := w.Service.Host(), service.New(service.Config{DB: w.DB, Master: w.Master})
	operator, worker := w.As(w.Entity, "operator"), w.As(w.Services, "social_worker")
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	for _, c := range []context.Context{operator, worker} {
		if _, err := there.Project(c, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := here.TakeRole(t.Context(), w.Entity.ID, w.Actor(w.Entity, "operator").User, tenant.Operator); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Project(operator, p.ID); !fault.Is(err, fault.Unauthenticated) {
		t.Error("after the role was taken:", err)
	}
	if err := here.SetTenantStatus(t.Context(), w.Services.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	if _, err := there.SavePlan(worker, p.ID, p.Revision, sample.Plan()); !fault.Is(err, fault.Unauthenticated) {
		t.Error("after the organisation was suspended:", err)
	}
	if err := here.SetTenantStatus(t.Context(), w.Services.ID, "active"); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Project(worker, p.ID); err != nil {
		t.Error("after it was let back in:", err)
	}
}

// Identity: operators of the entity; the service with the person's consent, and no longer
// than it lasts; the lead agency never. Each reading is in the audit.
func TestIdentity(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	operator, worker := w.As(w.Entity, "operator"), w.As(w.Services, "social_worker")
	readings := func() (n int) {
		w.Query(t, &n, "SELECT count(*) FROM audit_entry WHERE action = 'read' AND object_id = $1 AND payload::jsonb ->> 'outcome' = 'allowed'", p.Person)
		return n
	}
	consent := func(given bool) {
		t.Helper()
		if err := w.Service.RecordConsent(operator, p.Person, casework.Consent{Kind: casework.ConsentIdentity, Given: given, On: "2026-01-01"}); err != nil {
			t.Fatal(err)
		}
	}
	may := func(c context.Context, want bool) {
		t.Helper()
		before := readings()
		got, err := w.Service.Identity(c, p.Person)
		if (err == nil) != want || (want && got.FamilyName != sample.Identity(1).FamilyName) || (!want && got != casework.Identity{}) {
			t.Errorf("%+v, %v; want %v", got, err, want)
		}
		if (readings() == before+1) != want {
			t.Errorf("%d readings in the audit after %d", readings(), before)
		}
	}
	may(operator, true)
	consent(true)
	may(worker, false) // consented, but the project is not shared yet
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	may(worker, true)
	may(w.As(w.OtherServices, "social_worker"), false)
	consent(false)
	may(worker, false)
	consent(true)
	may(worker, true)
	for _, r := range tenant.RolesOf(tenant.LeadAgency) {
		may(w.As(w.Lead, string(r)), false)
	}
	may(w.As(w.Entity, "entity_manager"), false)
	may(w.As(w.OtherEntity, "operator"), false)
	if _, err := w.Service.Transition(operator, p.ID, service.TransitionRequest{Event: casework.Withdraw}); err != nil {
		t.Fatal(err)
	}
	may(worker, false)
	// A list with identities that shows none records none.
	var before, after int
	w.Query(t, &before, "SELECT count(*) FROM audit_entry")
	list, err := w.Service.Persons(w.As(w.Entity, "entity_manager"), service.PersonQuery{WithIdentity: true})
	w.Query(t, &after, "SELECT count(*) FROM audit_entry")
	if err != nil || len(list.Items) != 1 || list.Items[0].Identity != nil || after != before {
		t.Errorf("the manager's list: %+v, %v, %d entries", list.Items, err, after-before)
	}
}

// A stolen dump shows no name, telephone, document or address.
func TestStolenDump(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	id := casework.Identity{GivenName: "Canarina", FamilyName: "Pettirossa", BirthDate: "1987-06-05", Phone: "+39 333 7654321",
		Email: "usignola@example.org", Address: "Via Cinciallegra 7", DocumentNumber: "ZX99887766"}
	per, err := w.Service.RegisterPerson(w.As(w.Entity, "operator"), service.NewPerson{Identity: id, Person: casework.Person{Citizenship: "NGA", Municipality: "Viareggio"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Service.UpdateIdentity(w.As(w.Entity, "operator"), per.ID, id, per.Revision); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.Persons(w.As(w.Entity, "operator"), service.PersonQuery{Name: "pettirossa", WithIdentity: true}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(w.Bin, "pg_dump"), "--inserts", w.AdminURL).Output()
	if err != nil {
		t.Fatal(err)
	}
	dump := strings.ToLower(string(out))
	for _, word := range []string{"canarina", "pettirossa", "1987-06-05", "7654321", "usignola", "cinciallegra", "99887766"} {
		if strings.Contains(dump, word) || strings.Contains(dump, fmt.Sprintf("%x", word)) {
			t.Errorf("the dump holds %s: …%s…", word, around(dump, word))
		}
	}
	if !strings.Contains(dump, strings.ToLower(per.Code)) {
		t.Error("the dump holds no person at all: the test looks at nothing")
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	operator := w.As(w.Entity, "operator")
	known := casework.Identity{GivenName: "José María", FamilyName: "Ñandú", BirthDate: "1990-01-02", Phone: "+39 333 1234567", DocumentNumber: "AB 123"}
	register := func(c context.Context, id casework.Identity, despite bool) error {
		_, err := w.Service.RegisterPerson(c, service.NewPerson{Identity: id, DespiteDuplicates: despite, Person: casework.Person{Citizenship: "PER", Municipality: "Viareggio"}})
		return err
	}
	if err := register(operator, known, false); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		id   casework.Identity
		same []string
	}{
		"the same":          {known, []string{"name", "birth_date", "document_number", "phone"}},
		"turned round":      {casework.Identity{GivenName: "nandu", FamilyName: "jose MARIA", BirthDate: "1991-01-01"}, []string{"name"}},
		"telephone":         {casework.Identity{GivenName: "A", FamilyName: "B", BirthDate: "1991-01-01", Phone: "0039-333/1234567"}, []string{"phone"}},
		"document":          {casework.Identity{GivenName: "A", FamilyName: "B", BirthDate: "1991-01-01", DocumentNumber: "ab123"}, []string{"document_number"}},
		"family and birth":  {casework.Identity{GivenName: "Ana", FamilyName: "Nandu", BirthDate: "1990-01-02"}, []string{"birth_date"}},
		"only a birth date": {casework.Identity{GivenName: "C", FamilyName: "D", BirthDate: "1990-01-02"}, nil},
	} {
		got, err := w.Service.Duplicates(operator, tc.id)
		if err != nil || (len(got) == 1) != (tc.same != nil) || (len(got) == 1 && fmt.Sprint(got[0].Same) != fmt.Sprint(tc.same)) {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, tc.same)
		}
		if err := register(operator, tc.id, false); tc.same != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: registered, %v", name, err)
		}
		other, err := w.Service.Duplicates(w.As(w.OtherEntity, "operator"), tc.id)
		if err != nil || len(other) != 0 {
			t.Errorf("%s: another entity finds %+v, %v", name, other, err)
		}
	}
	if err := register(operator, known, true); err != nil {
		t.Error("despite the duplicate:", err)
	}
	if err := register(w.As(w.OtherEntity, "operator"), known, false); err != nil {
		t.Error("another entity learns of the person:", err)
	}
	// Two who register the same person at once: one is told.
	twin := sample.Identity(77)
	if got := together(times(4, func() error { return register(operator, twin, false) })...); got["ok"] != 1 || got["conflict"] != 3 {
		t.Errorf("four at once: %v", got)
	}
}
