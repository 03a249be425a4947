// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

// grant lets the accountant list subsidies: harmless, and easy to see.
var grant = []obj{{"role": "accountant", "object": "subsidy@submitted", "action": "list", "effect": "allow"}}

// The whole way over HTTP: draft, preview, submit, a second administrator, versions.
func TestPolicyWay(t *testing.T) {
	s := newSite(t, sample.Options{})
	s.User(t, s.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, second := s.as(t, s.Lead, "policy_admin"), s.as(t, s.Lead, "policy_admin2")
	a := author.want(201, "POST", "/policies/drafts", obj{"reason": "Serve alla rendicontazione", "edits": grant})
	var d policyDraft
	a.into(t, &d)
	at := strings.TrimPrefix(a.header.Get("Location"), Prefix)
	if d.State != "draft" || !strings.Contains(d.Rules, "role:accountant, *, subsidy@submitted, list, allow") || at != "/policies/drafts/"+d.ID || strings.Join(d.Allowed, " ") != "edit submit" {
		t.Errorf("%+v", d)
	}
	author.want(428, "PUT", at, obj{})
	author.want(412, "PUT", at, obj{}, "If-Match", `"9"`)
	second.want(403, "PUT", at, obj{}, "If-Match", a.header.Get("ETag"))
	other := author.want(201, "POST", "/policies/drafts", obj{"reason": "Da buttare", "edits": grant})
	thrown := strings.TrimPrefix(other.header.Get("Location"), Prefix)
	author.want(428, "DELETE", thrown, nil)
	second.want(403, "DELETE", thrown, nil, "If-Match", other.header.Get("ETag"))
	author.want(204, "DELETE", thrown, nil, "If-Match", other.header.Get("ETag"))
	author.want(404, "GET", thrown, nil)
	var p draftPreview
	author.want(200, "GET", at+"/preview", nil).into(t, &p)
	if len(p.Added) != 1 || len(p.Roles) != 1 || !p.Roles[0].Gains || len(p.Members) != 1 || p.Members[0].Tenant.Name != s.Lead.Name || len(p.Broken) != 0 {
		t.Errorf("%+v", p)
	}
	a = author.want(200, "POST", at+"/submit", nil, "If-Match", a.header.Get("ETag"))
	if c := author.want(403, "POST", at+"/publish", nil, "If-Match", a.header.Get("ETag")).problem(t).Code; c != "second_administrator" {
		t.Error(c)
	}
	a = second.want(200, "POST", at+"/send-back", obj{"note": "Da motivare"}, "If-Match", a.header.Get("ETag"))
	a = author.want(200, "PUT", at, obj{"reason": "Rendicontazione del bando"}, "If-Match", a.header.Get("ETag"))
	a = author.want(200, "POST", at+"/submit", nil, "If-Match", a.header.Get("ETag"))
	second.want(200, "POST", at+"/publish", nil, "If-Match", a.header.Get("ETag")).into(t, &d)
	if d.State != "published" || d.Version == nil || d.Reviewer == "" {
		t.Errorf("%+v", d)
	}
	s.checkPolicies(t, second, *d.Version)
}

// checkPolicies reads what was published in every shape.
func (s *site) checkPolicies(t *testing.T, c client, version int64) {
	t.Helper()
	var list page[policyVersion]
	c.want(200, "GET", "/policies", nil).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].Version != version || !list.Items[0].InForce || !list.Items[0].Chained || len(list.Items[0].Added) != 1 || list.Items[0].Rules != nil {
		t.Fatalf("%+v", list.Items)
	}
	first := "/policies/" + etagOf(list.Items[1].Version)[1:]
	first = strings.TrimSuffix(first, `"`)
	a := c.want(200, "GET", first, nil)
	c.want(304, "GET", first, nil, "If-None-Match", a.header.Get("ETag"))
	c.want(404, "GET", "/policies/99999", nil)
	var d policyDiff
	c.want(200, "GET", first+"/diff?from=0", nil).into(t, &d)
	if len(d.Removed) != 1 || len(d.Roles) != 1 || d.Roles[0].Gains {
		t.Errorf("%+v", d)
	}
	var m policyMatrix
	c.want(200, "GET", "/policies/in-force?kind=lead_agency", nil).into(t, &m)
	found := false
	for _, r := range m.Rows {
		for _, cell := range r.Cells {
			if r.Object == "subsidy@submitted" && cell.Role == tenant.Accountant {
				found = cell.Allowed && cell.Version == version && len(cell.Rules) == 1
			}
		}
	}
	if !found || m.Version != version {
		t.Errorf("version %d, the new cell: %v", m.Version, found)
	}
	c.want(200, "GET", "/policies/in-force?tenant_id="+string(s.Entity.ID), nil)
	c.want(422, "GET", "/policies/in-force?kind=club", nil)
	c.want(404, "GET", "/policies/in-force?tenant_id="+unknownID, nil)
}

// Roles are given and taken with a draft; what cannot be is told by its place, and a version shows them.
func TestPolicyRoles(t *testing.T) {
	s := newSite(t, sample.Options{})
	s.User(t, s.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, second := s.as(t, s.Lead, "policy_admin"), s.as(t, s.Lead, "policy_admin2")
	user := s.Actor(s.Entity, "operator").User
	change := func(role string, take bool) obj {
		return obj{"tenant_id": s.Entity.ID, "user_id": user, "role": role, "take": take}
	}
	p := author.want(422, "POST", "/policies/drafts", obj{"roles": []obj{change("entity_manager", false), change("operator", false)}}).problem(t)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body/roles/1" || p.Errors[0].Code != "role_held" {
		t.Errorf("%+v", p)
	}
	a := author.want(201, "POST", "/policies/drafts", obj{"reason": "Nuovo incarico", "roles": []obj{change("entity_manager", false), change("operator", true)}})
	at := strings.TrimPrefix(a.header.Get("Location"), Prefix)
	var roles draftRoles
	author.want(200, "GET", at+"/roles?tenant_id="+string(s.Entity.ID), nil).into(t, &roles)
	found := false
	for _, m := range roles.Members {
		found = found || m.User == user && len(m.Held) == 1 && len(m.Wanted) == 1 && m.Held[0] != m.Wanted[0] && m.Name != ""
	}
	if !found || len(roles.Roles) != 3 {
		t.Errorf("%+v", roles)
	}
	author.want(404, "GET", at+"/roles?tenant_id="+unknownID, nil)
	var v draftPreview
	author.want(200, "GET", at+"/preview", nil).into(t, &v)
	if len(v.Members) == 0 || len(v.Roles) != 0 || len(v.Problems) != 0 {
		t.Errorf("%+v", v)
	}
	// Brought up to date, the draft keeps its reason; who read another state of it is told so.
	old := a.header.Get("ETag")
	var d policyDraft
	a = author.want(200, "PUT", at, obj{"rebase": true}, "If-Match", old)
	if a.into(t, &d); d.Reason != "Nuovo incarico" || len(d.Roles) != 2 {
		t.Errorf("%+v", d)
	}
	if p := author.want(412, "PUT", at, obj{"rebase": true}, "If-Match", old).problem(t); p.Code != "draft_changed" {
		t.Errorf("%+v", p)
	}
	a = author.want(200, "POST", at+"/submit", nil, "If-Match", a.header.Get("ETag"))
	second.want(200, "POST", at+"/publish", nil, "If-Match", a.header.Get("ETag")).into(t, &d)
	var list page[policyVersion]
	second.want(200, "GET", "/policies", nil).into(t, &list)
	if len(d.Roles) != 2 || len(list.Items) != 2 || len(list.Items[0].Roles) != 2 || len(list.Items[0].Added) != 0 || !list.Items[0].Chained {
		t.Errorf("%+v %+v", d, list.Items)
	}
}

// Mistakes are told by line; what was sent is not repeated.
func TestPolicyRefused(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := s.as(t, s.Lead, "policy_admin")
	p := c.want(422, "POST", "/policies/drafts", obj{"rules": "p, role:operator, *, person@own, read, allow\np, role:evaluator, *, identity@own, read, allow\nsegreto\n"}).problem(t)
	if len(p.Errors) != 2 || p.Errors[0].Location != "body/rules/2" || p.Errors[1].Location != "body/rules/3" || p.Errors[1].Code != "policy_malformed" || strings.Contains(p.Errors[1].Message, "segreto") {
		t.Errorf("%+v", p)
	}
	p = c.want(422, "POST", "/policies/drafts", obj{"rules": "p, role:evaluator, *, identity@own, read, allow"}).problem(t)
	if len(p.Errors) != 1 || p.Errors[0].Code != "policy_identity_to_lead" || p.Errors[0].Message == "" {
		t.Errorf("%+v", p)
	}
	c.want(422, "POST", "/policies/drafts", obj{"edits": []obj{{"role": "operator", "object": "person@own", "action": "read", "effect": "maybe"}}})
	c.want(422, "POST", "/policies/drafts", obj{"from": 77})
}

func TestPolicyTry(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := s.as(t, s.Lead, "policy_admin")
	var got trial
	c.want(200, "POST", "/policies/try", obj{"email": s.Email(s.Entity, "operator"), "tenant_id": s.Entity.ID, "object": "person@own", "action": "read"}).into(t, &got)
	if !got.Allowed || got.Code != "trial_rule_allows" || len(got.Rules) != 1 || got.Rules[0].Version != 1 || got.Text == "" {
		t.Errorf("%+v", got)
	}
	c.want(200, "POST", "/policies/try", obj{"role": "evaluator", "object": "identity@own", "action": "read"}, "Accept-Language", "en").into(t, &got)
	if got.Allowed || got.Code != "policy_identity_to_lead" || got.Text != "Identity is never the lead agency's." {
		t.Errorf("%+v", got)
	}
	c.want(422, "POST", "/policies/try", obj{"role": "evaluator", "email": "a@b.example", "object": "identity@own", "action": "read"})
}

// A draft of another network, an unknown one and nonsense are answered alike; who runs no
// network is told that he may not, whatever the id.
func TestForeignDrafts(t *testing.T) {
	s := newSite(t, sample.Options{})
	var d policyDraft
	s.as(t, s.Lead, "policy_admin").want(201, "POST", "/policies/drafts", obj{"reason": "prova", "edits": grant}).into(t, &d)
	lead := s.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	s.User(t, lead, "policy_admin", tenant.PolicyAdmin)
	s.User(t, lead, "evaluator", tenant.Evaluator)
	ops := 0
	for _, op := range s.operations() {
		if !strings.Contains(op, "{draft}") {
			continue
		}
		ops++
		method, path, _ := strings.Cut(op, " ")
		for _, viewer := range []struct {
			of     postgres.Tenant
			nick   string
			status int
		}{{lead, "policy_admin", 404}, {lead, "evaluator", 404}, {s.Entity, "operator", 403}, {s.Services, "social_worker", 403}} {
			c := s.as(t, viewer.of, viewer.nick)
			ask := func(id string) answer {
				var body any
				if method != http.MethodGet {
					body = obj{}
				}
				return c.do(method, strings.Replace(path, "{draft}", id, 1), body, "If-Match", `"1"`)
			}
			theirs := ask(d.ID)
			for _, id := range []string{unknownID, "not-an-id", strings.ToUpper(d.ID)} {
				none := ask(id)
				if theirs.status != viewer.status || none.status != viewer.status || string(none.body) != string(theirs.body) {
					t.Errorf("%s by %s: %d for a foreign draft, %d for %s\n%s\n%s", op, viewer.nick, theirs.status, none.status, id, theirs.body, none.body)
				}
				if diff := cmp.Diff(lasting(theirs.header), lasting(none.header)); diff != "" {
					t.Errorf("%s by %s: headers differ:\n%s", op, viewer.nick, diff)
				}
			}
		}
	}
	if ops != 8 {
		t.Errorf("%d operations on a draft", ops)
	}
}
