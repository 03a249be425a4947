// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"errors"
	"testing"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// Whatever is done to a chain behind the doors, as the superuser and past every trigger,
// verification finds it: for the organisation itself and for the host.
func TestTamperedAuditIsFound(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.Walk(t, w.Project(t, w.Entity, 1).ID, w.Entity, casework.CoSigned)
	mine := "tenant_id = '" + string(w.Entity.ID) + "'"
	admin := w.As(w.Entity, "entity_admin")
	keep := []string{"CREATE TABLE public.kept_entry AS SELECT * FROM audit_entry", "CREATE TABLE public.kept_head AS SELECT * FROM audit_head"}
	restore := []string{"SET session_replication_role = replica", "DELETE FROM audit_entry", "DELETE FROM audit_head",
		"INSERT INTO audit_entry SELECT * FROM public.kept_entry", "INSERT INTO audit_head SELECT * FROM public.kept_head"}
	w.Admin(t, keep...)
	whole, err := w.Service.VerifyAudit(admin)
	if err != nil || whole < 8 {
		t.Fatalf("%d entries, %v", whole, err)
	}
	for name, harm := range map[string]string{
		"payload changed":    "UPDATE audit_entry SET payload = replace(payload, '\"edit\"', '\"read\"') WHERE seq = (SELECT min(seq) FROM audit_entry WHERE action = 'edit' AND " + mine + ") AND " + mine,
		"column changed":     "UPDATE audit_entry SET actor_id = 'x' WHERE seq = 4 AND " + mine,
		"time changed":       "UPDATE audit_entry SET at = at + interval '1 second' WHERE seq = 4 AND " + mine,
		"object changed":     "UPDATE audit_entry SET object_id = 'x' WHERE seq = 4 AND " + mine,
		"rehashed":           "UPDATE audit_entry SET action = 'read', payload = replace(payload, action, 'read'), hash = sha256(prev_hash || convert_to(seq::text || E'\\n' || replace(payload, action, 'read'), 'UTF8')) WHERE seq = 4 AND " + mine,
		"removed":            "DELETE FROM audit_entry WHERE seq = 4 AND " + mine,
		"first removed":      "DELETE FROM audit_entry WHERE seq = 1 AND " + mine,
		"cut off":            "DELETE FROM audit_entry WHERE seq > 5 AND " + mine,
		"cut off to nothing": "DELETE FROM audit_entry WHERE " + mine,
		"reordered":          "UPDATE audit_entry SET seq = CASE seq WHEN 4 THEN -5 ELSE -4 END WHERE seq IN (4, 5) AND " + mine + "; UPDATE audit_entry SET seq = -seq WHERE seq < 0",
		"renumbered":         "DELETE FROM audit_entry WHERE seq = 4 AND " + mine + "; UPDATE audit_entry SET seq = -(seq - 1) WHERE seq > 4 AND " + mine + "; UPDATE audit_entry SET seq = -seq WHERE seq < 0",
		"head set back":      "UPDATE audit_head SET seq = 5, hash = (SELECT hash FROM audit_entry e WHERE e.seq = 5 AND e." + mine + ") WHERE " + mine,
		"head removed":       "DELETE FROM audit_head WHERE " + mine,
		"head changed":       "UPDATE audit_head SET hash = sha256('x') WHERE " + mine,
	} {
		w.Admin(t, "SET session_replication_role = replica", "ALTER TABLE audit_entry DISABLE TRIGGER ALL", harm)
		if n, err := w.Service.VerifyAudit(admin); !errors.Is(err, audit.ErrBroken) {
			t.Errorf("%s: %d entries, %v", name, n, err)
		}
		reports, err := w.Service.Host().VerifyAudit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			if broken := r.Broken != nil; broken != (r.Tenant.ID == w.Entity.ID) {
				t.Errorf("%s: %s is broken = %v", name, r.Tenant.Name, broken)
			}
		}
		w.Admin(t, restore...)
		if n, err := w.Service.VerifyAudit(admin); err != nil || n != whole {
			t.Fatalf("%s, restored: %d, %v", name, n, err)
		}
	}
}

// Where the audit cannot be written, nothing is done and nothing personal is read.
func TestNoAuditNoAct(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.CoDesign)
	operator, manager := w.As(w.Entity, "operator"), w.As(w.Entity, "entity_manager")
	if _, err := w.Service.Identity(operator, p.Person); err != nil {
		t.Fatal(err)
	}
	state := func() (all string) {
		w.Query(t, &all, `SELECT concat_ws(' ', (SELECT count(*) FROM person), (SELECT count(*) FROM project), (SELECT sum(revision) FROM project),
			(SELECT count(*) FROM plan_revision), (SELECT count(*) FROM signature), (SELECT count(*) FROM consent), (SELECT sum(revision) FROM person),
			(SELECT count(*) FROM transition), (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM app_user), (SELECT count(*) FROM tenant))`)
		return all
	}
	before := state()
	w.Admin(t, "REVOKE EXECUTE ON FUNCTION audit_append FROM satis_entity, satis_services, satis_lead, satis_system")
	for name, do := range map[string]func() error{
		"register": func() error {
			_, err := w.Service.RegisterPerson(operator, service.NewPerson{Identity: sample.Identity(5), Person: casework.Person{Citizenship: "NGA", Municipality: "Viareggio"}})
			return err
		},
		"identity": func() error {
			got, err := w.Service.Identity(operator, p.Person)
			if err != nil && got != (casework.Identity{}) {
				t.Error("the identity is given out with the error")
			}
			return err
		},
		"identities in a list": func() error {
			got, err := w.Service.Persons(operator, service.PersonQuery{WithIdentity: true})
			if err != nil && len(got.Items) != 0 {
				t.Error("the list is given out with the error")
			}
			return err
		},
		"duplicates": func() error {
			got, err := w.Service.Duplicates(operator, sample.Identity(1))
			if err != nil && len(got) != 0 {
				t.Error("the duplicates are given out with the error")
			}
			return err
		},
		"correct an identity": func() error { return w.Service.UpdateIdentity(operator, p.Person, sample.Identity(6), 1) },
		"update": func() error {
			_, err := w.Service.UpdatePerson(operator, casework.Person{ID: p.Person, Citizenship: "NGA", Municipality: "Viareggio"}, 1)
			return err
		},
		"consent": func() error {
			return w.Service.RecordConsent(operator, p.Person, casework.Consent{Kind: casework.ConsentData, Given: true, On: "2026-01-01"})
		},
		"create": func() error { _, err := w.Service.CreateProject(operator, p.Person, w.Services.ID); return err },
		"save": func() error {
			v, _ := w.Service.Project(operator, p.ID)
			_, err := w.Service.SavePlan(operator, p.ID, v.Revision, sample.Plan())
			return err
		},
		"sign": func() error {
			_, err := w.Service.Transition(manager, p.ID, service.TransitionRequest{Event: casework.Sign})
			return err
		},
		"sign in": func() error {
			_, err := w.Service.SignIn(t.Context(), w.Email(w.Entity, "operator"), sample.Password)
			return err
		},
		"order": func() error { return w.Service.Host().SetTenantStatus(t.Context(), w.OtherEntity.ID, "suspended") },
	} {
		if err := do(); err == nil || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Stale) {
			t.Errorf("%s without an audit: %v", name, err)
		}
	}
	if after := state(); after != before {
		t.Errorf("before %s, after %s", before, after)
	}
}

// What a law above the policy forbids is recorded as well: nobody approves what he evaluated.
func TestRefusedDutiesAreRecorded(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	judge := tenant.With(t.Context(), w.User(t, w.Lead, "judge", tenant.Evaluator, tenant.Approver))
	for _, r := range []service.TransitionRequest{{Event: casework.StartEvaluation}, w.Recommendation()} {
		if _, err := w.Service.Transition(judge, p.ID, r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Service.Transition(judge, p.ID, service.TransitionRequest{Event: casework.Approve}); !fault.Is(err, fault.Forbidden) {
		t.Error("the evaluator approves:", err)
	}
	var refused int
	w.Query(t, &refused, "SELECT count(*) FROM audit_entry WHERE action = 'approve' AND payload::jsonb ->> 'outcome' = 'refused'")
	if refused != 1 {
		t.Errorf("%d refusals are recorded", refused)
	}
}

// A refusal is in the audit too, and changes nothing.
func TestRefusalsAreRecorded(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	if _, err := w.Service.Transition(w.As(w.Entity, "entity_manager"), p.ID, service.TransitionRequest{Event: casework.Withdraw}); !fault.Is(err, fault.Forbidden) {
		t.Fatal(err)
	}
	list, err := w.Service.AuditEntries(w.As(w.Entity, "entity_admin"), 0, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	e, err := list[0].Entry()
	if err != nil || e.Outcome != audit.Refused || e.Action != "withdraw" || e.ID != string(p.ID) || e.Actor != w.Actor(w.Entity, "entity_manager").User {
		t.Errorf("%+v, %v", e, err)
	}
}
