// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

// unknownID is a UUID that nothing has.
const unknownID = "0192a000-0000-7000-8000-000000000000"

// foreign are ids of things that exist and belong to somebody else.
type foreign struct{ person, project, decision, enrolment string }

// reach says, for every operation with an id in its address, which id that is and what a
// good request looks like. An operation that is missing here fails the test.
var reach = map[string]struct {
	id   func(foreign) string
	body any
}{
	"GET /persons/{id}":                       {person_, nil},
	"PATCH /persons/{id}":                     {person_, obj{"municipality": "Lucca"}},
	"GET /persons/{id}/identity":              {person_, nil},
	"PUT /persons/{id}/identity":              {person_, obj{"given_name": "A", "family_name": "B", "birth_date": "1990-01-01"}},
	"GET /persons/{id}/consents":              {person_, nil},
	"POST /persons/{id}/consents":             {person_, obj{"kind": "data", "given": true}},
	"GET /projects/{id}":                      {project_, nil},
	"GET /projects/{id}/evaluation":           {project_, nil},
	"GET /projects/{id}/plan":                 {project_, nil},
	"PUT /projects/{id}/plan":                 {project_, sample.Plan()},
	"GET /projects/{id}/readiness":            {project_, nil},
	"GET /projects/{id}/revisions":            {project_, nil},
	"POST /projects/{id}/transitions":         {project_, obj{"event": "withdraw"}},
	"GET /projects/{id}/transitions":          {project_, nil},
	"GET /projects/{id}/versions":             {project_, nil},
	"GET /projects/{id}/versions/{n}":         {project_, nil},
	"GET /projects/{id}/versions/{n}/diff":    {project_, nil},
	"GET /projects/{id}/interventions":        {project_, nil},
	"GET /projects/{id}/subsidy-decisions":    {project_, nil},
	"GET /subsidy-decisions/{id}":             {decision_, nil},
	"POST /subsidy-decisions/{id}/replay":     {decision_, nil},
	"GET /projects/{id}/enrolments":           {project_, nil},
	"POST /projects/{id}/proposals":           {project_, obj{"type": "aid_visit", "details": obj{}}},
	"POST /enrolments/{id}/cancel":            {enrolment_, obj{"reason": "una ragione"}},
	"POST /enrolments project_id":             {project_, obj{"project_id": "{id}", "catalog": "aid_courses", "edition": "e1"}},
	"POST /subsidy-decisions project_id":      {project_, obj{"subsidy": "rent", "facts": obj{}, "project_id": "{id}"}},
	"POST /subsidy-decisions project_id, try": {project_, obj{"subsidy": "rent", "facts": obj{}, "project_id": "{id}", "what_if": true}},
}

func person_(f foreign) string    { return f.person }
func project_(f foreign) string   { return f.project }
func decision_(f foreign) string  { return f.decision }
func enrolment_(f foreign) string { return f.enrolment }

// operations lists what the API serves, as "METHOD /path".
func (s *site) operations() []string {
	var out []string
	for path, item := range s.api.OpenAPI().Paths {
		for method, op := range map[string]any{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete} {
			if !isNilOperation(op) {
				out = append(out, method+" "+path)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestForeignAndUnknownReadAlike(t *testing.T) {
	s := newSite(t, sample.Options{Plugins: plugins(t)})
	ids := s.foreign(t)
	for _, op := range s.operations() {
		if _, ok := reach[op]; strings.Contains(op, "{id}") && !ok {
			t.Errorf("%s takes an id and is not in the table of this test", op)
		}
	}
	// Another network knows nothing of this one.
	lead := s.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	s.User(t, lead, "evaluator", tenant.Evaluator)
	for _, viewer := range []struct {
		of   postgres.Tenant
		nick string
	}{{s.OtherEntity, "operator"}, {s.OtherEntity, "entity_manager"}, {s.OtherServices, "social_worker"}, {lead, "evaluator"}} {
		c := s.as(t, viewer.of, viewer.nick)
		for op, r := range reach {
			alike(t, c, viewer.nick, op, r.body, r.id(ids))
		}
	}
}

// alike makes the same request for a foreign, an unknown and an impossible id.
func alike(t *testing.T, c client, who, op string, body any, id string) {
	t.Helper()
	method, path, _ := strings.Cut(op, " ")
	path, _, _ = strings.Cut(path, " ")
	path = strings.Replace(path, "{n}", "1", 1)
	if strings.HasSuffix(path, "/diff") {
		path += "?from=1"
	}
	ask := func(id string) answer {
		sent := body
		if o, ok := body.(obj); ok {
			sent = obj{}
			for k, v := range o {
				if v == "{id}" {
					v = id
				}
				sent.(obj)[k] = v
			}
		}
		return c.do(method, strings.Replace(path, "{id}", id, 1), sent, "If-Match", `"1"`)
	}
	theirs := ask(id)
	for _, other := range []string{unknownID, "not-an-id", strings.ToUpper(unknownID)} {
		none := ask(other)
		// Who may not do such a thing at all is told so, whatever the id.
		if theirs.status != http.StatusNotFound || none.status != theirs.status {
			t.Errorf("%s %s: %d for a foreign id, %d for %s", who, op, theirs.status, none.status, other)
		}
		if string(none.body) != string(theirs.body) {
			t.Errorf("%s %s: bodies differ:\n%s\n%s", who, op, theirs.body, none.body)
		}
		if diff := cmp.Diff(lasting(theirs.header), lasting(none.header)); diff != "" {
			t.Errorf("%s %s: headers differ:\n%s", who, op, diff)
		}
	}
}

// The table above asks for things that are there: who owns them reads every one.
func TestOwnThingsAnswer(t *testing.T) {
	s := newSite(t, sample.Options{Plugins: plugins(t)})
	ids := s.foreign(t)
	c := s.as(t, s.Entity, "operator")
	for op, r := range reach {
		method, path, _ := strings.Cut(op, " ")
		if method != http.MethodGet {
			continue
		}
		path = strings.NewReplacer("{id}", r.id(ids), "{n}", "1", "/diff", "/diff?from=1").Replace(path)
		c.want(200, "GET", path, nil)
		if a := c.want(200, "HEAD", path, nil); len(a.body) != 0 {
			t.Errorf("HEAD %s has a body", path)
		}
	}
}

// No role meets a failure, whatever it asks for: every answer is yes, no, or what to correct.
func TestNoRoleMeetsAFailure(t *testing.T) {
	s := newPluginSite(t).site
	p := s.Project(t, s.Entity, 1)
	s.Walk(t, p.ID, s.Entity, casework.Submitted)
	ids := foreign{string(p.Person), string(p.ID), unknownID, unknownID}
	for _, of := range []postgres.Tenant{s.Entity, s.OtherEntity, s.Services, s.OtherServices, s.Lead} {
		for _, role := range tenant.RolesOf(of.Kind) {
			c := s.as(t, of, string(role))
			for _, op := range s.operations() {
				method, path, _ := strings.Cut(op, " ")
				r, body := reach[op], any(obj{})
				if r.id != nil {
					path, body = strings.Replace(path, "{id}", r.id(ids), 1), r.body
				}
				if method == http.MethodGet {
					body = nil
				}
				path = strings.NewReplacer("{n}", "1", "/diff", "/diff?from=1", "{plugin}", "aid", "{plugin_version}", "1.0.0").Replace(path)
				if a := c.do(method, path, body, "If-Match", `"7"`); a.status >= 500 {
					t.Errorf("%s at %s: %s: %d %s", role, of.Name, op, a.status, a.body)
				}
			}
		}
	}
}

// lasting leaves out the headers that move from one request to the next.
func lasting(h http.Header) http.Header {
	out := h.Clone()
	for _, name := range []string{"Date", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"} {
		out.Del(name)
	}
	return out
}

// foreign makes a started project of the first entity, with a decision.
func (s *site) foreign(t *testing.T) foreign {
	t.Helper()
	p := s.Project(t, s.Entity, 1)
	s.Walk(t, p.ID, s.Entity, casework.Active)
	var d casework.Decision
	c := s.as(t, s.Entity, "operator")
	c.want(201, "POST", "/subsidy-decisions", rentAsk(string(p.ID))).into(t, &d)
	x := s.withAgency(t)
	x.admit(t, "1.0.0", 50)
	x.active(t, "1.0.0")
	x.admin.want(200, "POST", "/course-imports", obj{"catalog": "aid_courses", "format": "csv", "content": feed})
	var e casework.Enrolment
	c.want(201, "POST", "/enrolments", enrolAsk(p.ID, "e2")).into(t, &e)
	return foreign{string(p.Person), string(p.ID), string(d.ID), string(e.ID)}
}

// Another network knows of no plugin, publisher or course of this one: its own administrator
// reads the same as where there is none.
func TestForeignNetworkPlugins(t *testing.T) {
	s := newSite(t, sample.Options{Plugins: plugins(t)})
	s.foreign(t)
	var pubs page[publisher]
	s.as(t, s.Lead, "plugin_admin").want(200, "GET", "/plugin-publishers", nil).into(t, &pubs)
	lead := s.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	s.User(t, lead, "plugin_admin", tenant.PluginAdmin)
	c := s.as(t, lead, "plugin_admin")
	tried := 0
	for _, op := range s.operations() {
		method, path, _ := strings.Cut(op, " ")
		theirs := strings.NewReplacer("{plugin}", "aid", "{plugin_version}", "1.0.0", "{publisher}", pubs.Items[0].KeyID, "{catalog}", "aid_courses", "{edition}", "e1").Replace(path)
		if theirs == path {
			continue
		}
		tried++
		none := strings.NewReplacer("{plugin}", "none", "{plugin_version}", "9.9.9", "{publisher}", "0000000000000000", "{catalog}", "none", "{edition}", "none").Replace(path)
		var body any
		if method == http.MethodPost {
			body = obj{"reason": "prova", "everywhere": true}
			if !strings.Contains(path, "activations") {
				delete(body.(obj), "everywhere")
			}
		}
		if strings.HasSuffix(path, "/check") || strings.HasSuffix(path, "/shadow") {
			body = nil
		}
		a, b := c.do(method, theirs, body, "If-Match", `"1"`), c.do(method, none, body, "If-Match", `"1"`)
		if a.status != 404 || b.status != 404 || string(a.body) != string(b.body) {
			t.Errorf("%s: %d %s\n%d %s", op, a.status, a.body, b.status, b.body)
		}
		if diff := cmp.Diff(lasting(a.header), lasting(b.header)); diff != "" {
			t.Errorf("%s: headers differ:\n%s", op, diff)
		}
	}
	if tried < 11 {
		t.Errorf("only %d operations name a plugin, a publisher or a course", tried)
	}
	// Lists are the network's own.
	for _, path := range []string{"/plugin-publishers", "/courses"} {
		var list page[any]
		if c.want(200, "GET", path, nil).into(t, &list); len(list.Items) != 0 {
			t.Errorf("%s: %+v", path, list)
		}
	}
	var list page[plugin]
	c.want(200, "GET", "/plugins", nil).into(t, &list)
	for _, p := range list.Items {
		if p.ID == "aid" || p.ActiveFor != 0 {
			t.Errorf("plugins: %+v", p)
		}
	}
}

// Ids that stand elsewhere than in the address tell nothing either.
func TestForeignIDsInsideRequests(t *testing.T) {
	s := newSite(t, sample.Options{})
	p := s.Project(t, s.Entity, 1)
	c := s.as(t, s.OtherEntity, "operator")
	same := func(make func(id string) answer, theirs string, status int) {
		t.Helper()
		a, b := make(theirs), make(unknownID)
		if a.status != status || string(a.body) != string(b.body) || a.status != b.status {
			t.Errorf("%d %s, but %d %s", a.status, a.body, b.status, b.body)
		}
	}
	same(func(id string) answer { return c.do("GET", "/projects?person_id="+id, nil) }, string(p.Person), 200)
	same(func(id string) answer { return c.do("GET", "/projects?code="+id, nil) }, p.Code, 200)
	same(func(id string) answer { return c.do("GET", "/persons?code="+id, nil) }, p.PersonCode, 200)
	same(func(id string) answer {
		return c.do("POST", "/projects", obj{"person_id": id, "social_services_id": s.Services.ID})
	}, string(p.Person), 422)
	same(func(id string) answer {
		return c.do("POST", "/persons/search", obj{"name": id})
	}, sample.Identity(1).GivenName, 200)
}

// Without a token nothing but the open operations answers.
func TestNothingWithoutToken(t *testing.T) {
	s := newSite(t, sample.Options{})
	open := []string{"GET /status"}
	for i, op := range s.operations() {
		if slices.Contains(open, op) {
			continue
		}
		if i%50 == 49 { // so many failures are as many as an address may make in a minute
			s = newSite(t, sample.Options{})
		}
		method, path, _ := strings.Cut(op, " ")
		path = strings.NewReplacer("{id}", unknownID, "{n}", "1").Replace(path)
		a := client{t, s.url, ""}.do(method, path, nil)
		if a.status != 401 || a.header.Get("WWW-Authenticate") != `Bearer realm="satis"` || a.problem(t).Code != "sign_in" {
			t.Errorf("%s: %d %s", op, a.status, a.body)
		}
		a = client{t, s.url, "satis_nobody"}.do(method, path, nil, "Cookie", "satis=x")
		if a.status != 401 || a.header.Get("WWW-Authenticate") != `Bearer realm="satis", error="invalid_token"` {
			t.Errorf("%s with a bad token: %d %s", op, a.status, a.body)
		}
	}
}
