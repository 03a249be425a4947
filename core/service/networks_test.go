// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// twoNetworks is a world beside which another network of the same shape lives.
func twoNetworks(t *testing.T) (w *sample.World, lead, entity postgres.Tenant) {
	w = sample.New(t)
	lead = w.Tenant(t, "", tenant.LeadAgency, "Altra capofila")
	entity = w.Tenant(t, lead.Network, tenant.ImplementingEntity, "Altra associazione")
	for _, of := range []postgres.Tenant{lead, entity} {
		for _, r := range tenant.RolesOf(of.Kind) {
			w.User(t, of, string(r), r)
		}
	}
	return w, lead, entity
}

// Networks live side by side and know nothing of each other: lists leave the other's out,
// and every order on the other's answers as if there were no such thing.
func TestTwoNetworks(t *testing.T) {
	t.Parallel()
	w, lead, entity := twoNetworks(t)
	mine, theirs := w.As(w.Lead, "secretariat"), w.As(lead, "secretariat")
	grant(t, w, letApproverIn)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	_, err := w.Service.OpenBreakGlass(w.As(w.Lead, "approver"), p.ID, why, 5)
	must(t, err)
	invited, err := w.Service.InviteUser(mine, service.Invite{Tenant: w.Entity.ID, Email: "n@example.org", Name: "N", Roles: []tenant.Role{tenant.Operator}})
	must(t, err)
	_, err = w.Service.CreateTenant(mine, newEntity("Nostra", someCode))
	must(t, err)
	if _, err := w.Service.CreateTenant(theirs, newEntity("Loro", someCode)); err != nil {
		t.Errorf("the code of another network's organisation is refused, and so known: %v", err)
	}

	users, err := w.Service.Users(theirs, "")
	must(t, err)
	for _, u := range users {
		if u.Tenant != lead.ID && u.Tenant != entity.ID {
			t.Errorf("sees %+v", u)
		}
	}
	list, err := w.Service.Tenants(theirs)
	if err != nil || slices.ContainsFunc(list, func(o postgres.Tenant) bool { return o.Network != lead.Network }) {
		t.Errorf("%v %v", list, err)
	}
	open, err := w.Service.Invitations(theirs, "")
	if err != nil || len(open) != 0 {
		t.Errorf("%v %v", open, err)
	}
	for _, nick := range []string{"secretariat", "data_protection_officer"} {
		if n, err := w.Service.Notices(w.As(lead, nick), service.PageRequest{}); err != nil || len(n.Items) != 0 {
			t.Errorf("%v %v", n, err)
		}
	}
	if n, err := w.Service.BreakGlasses(w.As(lead, "data_protection_officer"), service.PageRequest{}); err != nil || len(n.Items) != 0 {
		t.Errorf("%v %v", n, err)
	}
	their := func(err error) {
		t.Helper()
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%v, want not found", err)
		}
	}
	operator := w.Actor(w.Entity, "operator").User
	_, err = w.Service.TenantRecord(theirs, w.Entity.ID)
	their(err)
	_, err = w.Service.UpdateTenant(theirs, w.Entity.ID, 1, newEntity("Presa", otherCode))
	their(err)
	_, err = w.Service.Users(theirs, w.Entity.ID)
	their(err)
	_, err = w.Service.Invitations(theirs, w.Entity.ID)
	their(err)
	_, err = w.Service.InviteUser(theirs, service.Invite{Tenant: w.Entity.ID, Email: "m@example.org", Name: "M", Roles: []tenant.Role{tenant.Operator}})
	their(err)
	their(w.Service.SuspendTenant(theirs, w.Entity.ID))
	their(w.Service.WithdrawInvitation(theirs, invited.ID))
	their(w.Service.GrantRole(theirs, w.Entity.ID, operator, tenant.EntityManager))
	their(w.Service.GrantRole(theirs, entity.ID, operator, tenant.EntityManager))
	their(w.Service.SuspendUser(theirs, entity.ID, operator))
	_, err = w.Service.OpenBreakGlass(w.As(lead, "approver"), p.ID, why, 5)
	their(err)

	// The same, below the service: as the other lead's database role.
	var v int64
	w.Query(t, &v, "SELECT version FROM policy_head WHERE network_id = $1", lead.Network)
	for what, try := range map[string]func(*postgres.Tx) error{
		"suspend": func(tx *postgres.Tx) error {
			return tx.PutTenantStatus(t.Context(), w.Entity.ID, "suspended", postgres.By{User: w.Actor(lead, "secretariat").User, At: time.Now()})
		},
		"take": func(tx *postgres.Tx) error {
			return tx.TakeRole(t.Context(), postgres.Member{Tenant: w.Entity.ID, User: operator, Role: tenant.Operator}, postgres.By{User: w.Actor(lead, "secretariat").User, At: time.Now()})
		},
		"emergency": func(tx *postgres.Tx) error {
			_, err := tx.OpenBreakGlass(t.Context(), postgres.BreakGlass{ID: noSuch, Project: p.ID, User: w.Actor(lead, "approver").User, Reason: why, GrantedAt: time.Now(), ExpiresAt: time.Now().Add(time.Minute)})
			return err
		},
	} {
		err := w.DB.InTenant(t.Context(), postgres.Scope{Actor: w.Actor(lead, "secretariat"), PolicyVersion: v, Write: true}, try)
		if err == nil {
			t.Errorf("%s: the database lets it pass", what)
		}
	}
}

// The officer finds what was refused, by whom and when, and takes a copy that can be checked.
func TestDecisionAudit(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	dpo := w.As(w.Lead, "data_protection_officer")
	_, err := w.Service.InviteUser(w.As(w.Lead, "evaluator"), service.Invite{})
	wantCode(t, err, "not_allowed")
	_, err = w.Service.CreateTenant(w.As(w.Lead, "secretariat"), newEntity("Nuova", someCode))
	must(t, err)
	today := casework.DateOf(time.Now())
	evaluator := w.Actor(w.Lead, "evaluator").User
	for what, tc := range map[string]struct {
		q    service.AuditQuery
		want int
	}{
		"refused":        {service.AuditQuery{Outcome: "refused"}, 1},
		"by the actor":   {service.AuditQuery{Actor: evaluator, Outcome: "refused"}, 1},
		"by another":     {service.AuditQuery{Actor: w.Actor(w.Lead, "approver").User, Outcome: "refused"}, 0},
		"sort of thing":  {service.AuditQuery{Object: "user@network"}, 1},
		"sort and deed":  {service.AuditQuery{Object: "tenant@network", Action: "create", Outcome: "allowed", Actor: w.Actor(w.Lead, "secretariat").User}, 1},
		"today":          {service.AuditQuery{Outcome: "refused", From: today, To: today}, 1},
		"before":         {service.AuditQuery{Outcome: "refused", To: "2020-01-01"}, 0},
		"from tomorrow":  {service.AuditQuery{From: casework.Date(today.Time().AddDate(0, 0, 1).Format(time.DateOnly))}, 0},
		"nothing before": {service.AuditQuery{Before: 1}, 0},
	} {
		got, err := w.Service.DecisionAudit(dpo, tc.q)
		if err != nil || len(got) != tc.want {
			t.Errorf("%s: %d entries, %v; want %d", what, len(got), err, tc.want)
		}
	}
	for want, q := range map[string]service.AuditQuery{
		"actor bad_id": {Actor: "x"}, "outcome not_an_option": {Outcome: "maybe"}, "object not_an_option": {Object: `project","`},
		"from bad_date": {From: "ieri"}, "to from_after_to": {From: "2026-02-01", To: "2026-01-01"}, "action not_an_option": {Action: "A B"},
	} {
		_, err := w.Service.DecisionAudit(dpo, q)
		wantCode(t, err, want)
		_, err = w.Service.ExportAudit(dpo, q)
		wantCode(t, err, want)
	}
}

func TestExportAudit(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	dpo := w.As(w.Lead, "data_protection_officer")
	for range exportedRefusals { // more than one batch
		w.Service.CreateTenant(w.As(w.Lead, "evaluator"), service.TenantInput{})
	}
	export, err := w.Service.ExportAudit(dpo, service.AuditQuery{Outcome: "refused"})
	must(t, err)
	var table, lines bytes.Buffer
	must(t, export.CSV(dpo, &table))
	must(t, export.JSONLines(dpo, &lines))
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != exportedRefusals+1 || rows[1][7] != "refused" || rows[1][8] != "1" || rows[1][9] == "" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	n := 0
	for line := range strings.Lines(lines.String()) {
		var e struct{ Seq, Payload, Hash any }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Payload == "" {
			t.Fatal(line, err)
		}
		n++
	}
	if n != exportedRefusals {
		t.Errorf("%d lines", n)
	}
	last, err := w.Service.DecisionAudit(dpo, service.AuditQuery{Action: "export"})
	if err != nil || len(last) != 1 {
		t.Errorf("the export is not recorded: %v %v", last, err)
	}
	// The right ends in the middle of it.
	w.User(t, w.Lead, "officer2", tenant.DataProtectionOfficer) // for the last one stays
	must(t, w.Service.Host().TakeRole(t.Context(), w.Lead.ID, w.Actor(w.Lead, "data_protection_officer").User, tenant.DataProtectionOfficer))
	if err := export.CSV(dpo, &table); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the copy goes on without the right: %v", err)
	}
}

const exportedRefusals = 130
