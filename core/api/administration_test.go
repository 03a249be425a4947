// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// The way of an organisation through the API: made, corrected, filled, shut out.
func TestAdministration(t *testing.T) {
	s := newSite(t, sample.Options{})
	sec := s.as(t, s.Lead, "secretariat")
	a := sec.want(201, "POST", "/tenants", obj{"kind": "implementing_entity", "name": "Onda", "municipalities": []string{"Lucca"}, "codice_fiscale": "00488410010"})
	var made organisationRecord
	a.into(t, &made)
	at := a.header.Get("Location")
	if at != Prefix+"/tenants/"+string(made.ID) || a.header.Get("ETag") != `"1"` || made.CodiceFiscale != "00488410010" || made.Status != "active" {
		t.Errorf("%s %+v", at, made)
	}
	at = strings.TrimPrefix(at, Prefix)
	sec.want(428, "PATCH", at, obj{"pec": "onda@pec.example.it"})
	sec.want(412, "PATCH", at, obj{"pec": "onda@pec.example.it"}, "If-Match", `"7"`)
	sec.want(200, "PATCH", at, obj{"pec": "onda@pec.example.it"}, "If-Match", `"1"`).into(t, &made)
	if made.Name != "Onda" || made.PEC != "onda@pec.example.it" {
		t.Errorf("%+v", made)
	}
	p := sec.want(422, "PATCH", at, obj{"codice_fiscale": "00488410011"}, "If-Match", `"2"`).problem(t)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body/codice_fiscale" || p.Errors[0].Message == "" {
		t.Errorf("%+v", p)
	}

	var link invited
	sec.want(201, "POST", "/users", obj{"tenant_id": made.ID, "email": "capo@onda.example", "name": "Ada", "roles": []string{"entity_admin"}}).into(t, &link)
	token, ok := strings.CutPrefix(link.Path, AcceptPath)
	if !ok || strings.Contains(link.Path, "onda") {
		t.Errorf("link %q", link.Path)
	}
	if err := s.Service.AcceptInvitation(t.Context(), token, sample.Password); err != nil {
		t.Fatal(err)
	}
	var users struct{ Items []user }
	sec.want(200, "GET", "/users?tenant_id="+string(made.ID), nil).into(t, &users)
	if len(users.Items) != 1 || users.Items[0].Email != "capo@onda.example" {
		t.Fatalf("%+v", users)
	}
	who := "/users/" + string(users.Items[0].ID)
	sec.want(204, "POST", who+"/roles?tenant_id="+string(made.ID), obj{"role": "operator"})
	sec.want(422, "POST", who+"/roles?tenant_id="+string(made.ID), obj{"role": "approver"})
	sec.want(204, "DELETE", who+"/roles/operator?tenant_id="+string(made.ID), nil)
	sec.want(409, "DELETE", who+"/roles/entity_admin?tenant_id="+string(made.ID), nil)
	sec.want(409, "POST", who+"/suspend?tenant_id="+string(made.ID), nil)
	sec.want(200, "POST", at+"/suspend", nil).into(t, &made)
	if made.Status != "suspended" {
		t.Errorf("%+v", made)
	}
	sec.want(409, "POST", "/users", obj{"tenant_id": made.ID, "email": "a@onda.example", "name": "A", "roles": []string{"operator"}})
	sec.want(200, "POST", at+"/resume", nil)
}

// grantEmergency publishes the default rules and one more.
func (s *site) grantEmergency(t *testing.T) {
	t.Helper()
	rules, err := policy.Defaults()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range append(rules, policy.Rule{Role: tenant.Approver, Object: policy.IdentitySubmitted, Action: policy.BreakGlass}) {
		b.WriteString(r.String() + "\n")
	}
	err = s.DB.AsSystem(t.Context(), postgres.JobProvision, func(tx *postgres.Tx) error {
		_, err := tx.PublishRules(t.Context(), s.Lead.Network, b.String(), "test", time.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBreakGlass(t *testing.T) {
	s := newSite(t, sample.Options{})
	p := s.Project(t, s.Entity, 1)
	s.Walk(t, p.ID, s.Entity, casework.Submitted)
	at := "/projects/" + string(p.ID) + "/break-glass"
	ask := obj{"reason": "Ricovero urgente, serve il nome", "minutes": 10}
	c := s.as(t, s.Lead, "approver")
	c.want(403, "POST", at, ask)
	s.grantEmergency(t)
	c.want(422, "POST", at, obj{"reason": "serve", "minutes": 600})
	c.want(403, "GET", at+"/identity", nil)
	c.want(201, "POST", at, ask)
	var who identity
	c.want(200, "GET", at+"/identity", nil).into(t, &who)
	if who.FamilyName != sample.Identity(1).FamilyName {
		t.Errorf("%+v", who)
	}
	c.want(204, "DELETE", at, nil)
	c.want(403, "GET", at+"/identity", nil)
	var list struct{ Items []breakGlass }
	s.as(t, s.Lead, "data_protection_officer").want(200, "GET", "/break-glass", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Reads != 1 || list.Items[0].TenantID != s.Entity.ID {
		t.Errorf("%+v", list)
	}
	manager := s.as(t, s.Entity, "entity_manager")
	var told struct{ Items []notice }
	manager.want(200, "GET", "/notices", nil).into(t, &told)
	if len(told.Items) != 1 || told.Items[0].Kind != "break_glass" || told.Items[0].ProjectCode != p.Code {
		t.Fatalf("%+v", told)
	}
	manager.want(204, "POST", "/notices/"+told.Items[0].ID+"/read", nil)
	s.as(t, s.OtherEntity, "entity_manager").want(404, "POST", "/notices/"+told.Items[0].ID+"/read", nil)
}

func TestAuditOfDecisions(t *testing.T) {
	s := newSite(t, sample.Options{})
	s.as(t, s.Lead, "evaluator").want(403, "POST", "/tenants/"+unknownID+"/suspend", nil)
	dpo := s.as(t, s.Lead, "data_protection_officer")
	var list struct{ Items []auditEntry }
	dpo.want(200, "GET", "/audit-entries?outcome=refused&object=tenant@network", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Action != "suspend" || list.Items[0].PolicyVersion == 0 {
		t.Errorf("%+v", list)
	}
	dpo.want(422, "GET", "/audit-entries?actor=me", nil)
	csv := dpo.want(200, "GET", "/audit-entries/export?format=csv&outcome=refused", nil)
	lines := strings.Split(strings.TrimSpace(string(csv.body)), "\n")
	if len(lines) != 2 || !strings.HasPrefix(csv.header.Get("Content-Type"), "text/csv") || csv.header.Get("Content-Disposition") == "" {
		t.Errorf("%q", csv.body)
	}
	if raw := dpo.want(200, "GET", "/audit-entries/export", nil); !strings.Contains(string(raw.body), `"payload":`) {
		t.Errorf("%s", raw.body)
	}
	var c chain
	dpo.want(200, "POST", "/audit-entries/verify", nil).into(t, &c)
	if !c.Holds || c.Entries == 0 {
		t.Errorf("%+v", c)
	}
	s.as(t, s.Entity, "entity_admin").want(403, "GET", "/audit-entries/export", nil)
}

// reachOfAdministration are the operations whose address names an organisation, a user, an
// invitation, a notice or the project of an emergency: by whom another network's are asked.
func reachOfAdministration(s *site, p casework.ProjectID, invitation, notice string) map[string]struct {
	nick, theirs string
	body         any
} {
	type row = struct {
		nick, theirs string
		body         any
	}
	operator := string(s.Actor(s.Entity, "operator").User)
	return map[string]row{
		"GET /tenants/{tenant}":                        {"secretariat", string(s.Entity.ID), nil},
		"PATCH /tenants/{tenant}":                      {"secretariat", string(s.Entity.ID), obj{"name": "X"}},
		"POST /tenants/{tenant}/suspend":               {"secretariat", string(s.Entity.ID), nil},
		"POST /tenants/{tenant}/resume":                {"secretariat", string(s.Entity.ID), nil},
		"POST /users/{user}/roles":                     {"secretariat", operator, obj{"role": "secretariat"}},
		"DELETE /users/{user}/roles/{role}":            {"secretariat", operator, nil},
		"POST /users/{user}/suspend":                   {"secretariat", operator, nil},
		"POST /users/{user}/resume":                    {"secretariat", operator, nil},
		"DELETE /invitations/{invitation}":             {"secretariat", invitation, nil},
		"POST /notices/{notice}/read":                  {"secretariat", notice, nil},
		"POST /projects/{project}/break-glass":         {"approver", string(p), obj{"reason": "Ricovero urgente, serve il nome", "minutes": 10}},
		"DELETE /projects/{project}/break-glass":       {"approver", string(p), nil},
		"GET /projects/{project}/break-glass/identity": {"approver", string(p), nil},
	}
}

// Another network's things read like what does not exist, to the byte.
func TestForeignAdministrationReadsAlike(t *testing.T) {
	s := newSite(t, sample.Options{})
	lead := s.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	for _, r := range []tenant.Role{tenant.Secretariat, tenant.Approver} {
		s.User(t, lead, string(r), r)
	}
	p := s.Project(t, s.Entity, 1)
	s.Walk(t, p.ID, s.Entity, casework.Submitted)
	i, err := s.Service.InviteUser(s.As(s.Lead, "secretariat"), service.Invite{Tenant: s.Entity.ID, Email: "n@example.org", Name: "N", Roles: []tenant.Role{tenant.Operator}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Service.Notices(s.As(s.Entity, "entity_admin"), service.PageRequest{})
	if err != nil || len(list.Items) != 1 {
		t.Fatal(list, err)
	}
	table := reachOfAdministration(s, p.ID, i.ID, list.Items[0].ID)
	for _, op := range s.operations() {
		_, ok := table[op]
		if namesAdministered(op) && !ok {
			t.Errorf("%s takes an id and is not in the table of this test", op)
		}
	}
	for op, r := range table {
		method, path, _ := strings.Cut(op, " ")
		ask := func(id string) answer {
			at := strings.NewReplacer("{tenant}", id, "{user}", id, "{invitation}", id, "{notice}", id, "{project}", id, "{role}", "operator").Replace(path)
			return s.as(t, lead, r.nick).do(method, at, r.body, "If-Match", `"1"`)
		}
		theirs := ask(r.theirs)
		for _, other := range []string{unknownID, "not-an-id", strings.ToUpper(unknownID)} {
			none := ask(other)
			if theirs.status != http.StatusNotFound || none.status != theirs.status || string(none.body) != string(theirs.body) {
				t.Errorf("%s: %d %s for theirs, %d %s for %s", op, theirs.status, theirs.body, none.status, none.body, other)
			}
			if diff := cmp.Diff(lasting(theirs.header), lasting(none.header)); diff != "" {
				t.Errorf("%s: headers differ:\n%s", op, diff)
			}
		}
	}
}

// namesAdministered reports whether an operation's address names a thing of this test.
func namesAdministered(op string) bool {
	for _, name := range []string{"{tenant}", "{user}", "{invitation}", "{notice}", "{project}"} {
		if strings.Contains(op, name) {
			return true
		}
	}
	return false
}
