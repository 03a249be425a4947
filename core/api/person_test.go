// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"net/url"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

func TestDuplicates(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := s.as(t, s.Entity, "operator")
	body := obj{"citizenship": "nga", "municipality": "Viareggio", "identity": obj{"given_name": "Joy", "family_name": "Eze", "birth_date": "2000-02-03"}}
	c.want(201, "POST", "/persons", body)
	if got := c.want(409, "POST", "/persons", body).problem(t); got.Code != "possible_duplicate" {
		t.Errorf("%+v", got)
	}
	var alike page[duplicate]
	c.want(200, "POST", "/persons/duplicates", obj{"identity": body["identity"]}).into(t, &alike)
	if len(alike.Items) != 1 || alike.Items[0].Identity.GivenName != "Joy" || len(alike.Items[0].Same) < 2 {
		t.Errorf("%+v", alike)
	}
	body["despite_duplicates"] = true
	c.want(201, "POST", "/persons", body)
	s.as(t, s.Entity, "entity_manager").want(403, "POST", "/persons", body)
}

func TestChangePerson(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := s.as(t, s.Entity, "operator")
	at := "/persons/" + string(s.Person(t, s.Entity, 1).ID)
	tag := c.want(200, "GET", at, nil).header.Get("ETag")
	change := obj{"municipality": "Camaiore", "prior_housing_months": 3}
	if got := c.want(428, "PATCH", at, change).problem(t); got.Code != "precondition_required" || got.Errors[0].Location != "header/If-Match" {
		t.Errorf("%+v", got)
	}
	c.want(428, "PATCH", at, change, "If-Match", "*")
	for _, stale := range []string{`"7"`, "W/" + tag, "1", `"1`, `1"`, `"01"`, `"+1"`, `""1""`, `"x"`, `"1", "2"`, `"-1"`} {
		c.want(412, "PATCH", at, change, "If-Match", stale)
	}
	var p person
	a := c.want(200, "PATCH", at, change, "If-Match", tag)
	a.into(t, &p)
	if p.Municipality != "Camaiore" || p.PriorHousingMonths != 3 || p.Citizenship != "NGA" || a.header.Get("ETag") != `"2"` {
		t.Errorf("%s %s", a.header.Get("ETag"), a.body)
	}
	c.want(412, "PATCH", at, change, "If-Match", tag)
	c.want(304, "GET", at, nil, "If-None-Match", `"1", W/"2"`)
	s.as(t, s.Entity, "entity_manager").want(403, "PATCH", at, change, "If-Match", `"2"`)
}

func TestIdentity(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := s.as(t, s.Entity, "operator")
	at := "/persons/" + string(s.Person(t, s.Entity, 1).ID) + "/identity"
	var id identity
	a := c.want(200, "GET", at, nil)
	a.into(t, &id)
	if id != identity(sample.Identity(1)) {
		t.Errorf("%+v", id)
	}
	id.Phone = "+39 333 1112223"
	c.want(428, "PUT", at, id)
	c.want(412, "PUT", at, id, "If-Match", `"9"`)
	next := c.want(200, "PUT", at, id, "If-Match", a.header.Get("ETag"))
	if got := c.want(200, "GET", at, nil); got.header.Get("ETag") != next.header.Get("ETag") || !strings.Contains(string(got.body), "1112223") {
		t.Errorf("%s, put said %s", got.header.Get("ETag"), next.header.Get("ETag"))
	}
	s.as(t, s.Entity, "entity_manager").want(403, "GET", at, nil)
}

// The co-design service reads who the person is with her consent only.
func TestIdentityForServices(t *testing.T) {
	s := newSite(t, sample.Options{})
	p := s.Project(t, s.Entity, 1)
	s.Walk(t, p.ID, s.Entity, casework.CoSigned)
	operator, worker := s.as(t, s.Entity, "operator"), s.as(t, s.Services, "social_worker")
	at := "/persons/" + string(p.Person)
	if got := worker.want(403, "GET", at+"/identity", nil).problem(t); got.Code != "no_consent_to_identity" {
		t.Errorf("%+v", got)
	}
	var list page[consent]
	operator.want(201, "POST", at+"/consents", obj{"kind": "identity_to_services", "given": true, "language": "en"}).into(t, &list)
	if len(list.Items) != 1 || !list.Items[0].Given || list.Items[0].On == "" {
		t.Errorf("%+v", list)
	}
	worker.want(200, "GET", at+"/identity", nil)
	operator.want(201, "POST", at+"/consents", obj{"kind": "identity_to_services", "given": false})
	worker.want(403, "GET", at+"/identity", nil)
	operator.want(200, "GET", at+"/consents", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Given {
		t.Errorf("%+v", list)
	}
}

func TestFindPersons(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := s.as(t, s.Entity, "operator")
	want := s.Person(t, s.Entity, 1)
	for n := 2; n < 6; n++ {
		s.Person(t, s.Entity, n)
	}
	only := func(a answer) {
		t.Helper()
		var p page[person]
		a.into(t, &p)
		if len(p.Items) != 1 || p.Items[0].ID != want.ID {
			t.Errorf("%s", a.body)
		}
	}
	only(c.want(200, "GET", "/persons?code="+want.Code, nil))
	name := sample.Identity(1).GivenName
	only(c.want(200, "GET", "/persons?name="+url.QueryEscape(name), nil))
	only(c.want(200, "POST", "/persons/search", obj{"name": strings.ToUpper(name)}))
	s.as(t, s.Entity, "entity_manager").want(403, "POST", "/persons/search", obj{"name": name})

	var seen []string
	path := "/persons?limit=2"
	for path != "" {
		a := c.want(200, "GET", path, nil)
		var p page[person]
		a.into(t, &p)
		for _, i := range p.Items {
			seen = append(seen, i.Code)
		}
		link := a.header.Get("Link")
		if (p.Next == "") != (link == "") || (p.Next != "" && !strings.Contains(link, "cursor="+p.Next) || !strings.HasSuffix(link+`; rel="next"`, `rel="next"`)) {
			t.Errorf("next %q, Link %q", p.Next, link)
		}
		path = ""
		if link != "" {
			path = strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`), Prefix)
		}
	}
	if len(seen) != 5 {
		t.Errorf("paged through %v", seen)
	}
	// A name is not repeated in the address of the next page.
	okoro := c.want(200, "GET", "/persons?limit=1&name="+strings.ToLower(sample.Identity(1).FamilyName), nil)
	if strings.Contains(okoro.header.Get("Link"), "name") {
		t.Errorf("Link %q", okoro.header.Get("Link"))
	}
}

func TestNetworkLists(t *testing.T) {
	s := newSite(t, sample.Options{})
	var m me
	s.as(t, s.Services, "social_worker").want(200, "GET", "/me", nil).into(t, &m)
	if m.Tenant.Name != "Servizi sociali Versilia" || m.Tenant.Kind != tenant.SocialServices || len(m.Roles) != 1 || m.User.Name == "" {
		t.Errorf("%+v", m)
	}
	var tenants page[organisation]
	s.as(t, s.Entity, "operator").want(200, "GET", "/tenants", nil).into(t, &tenants)
	var competent []string
	for _, o := range tenants.Items {
		competent = append(competent, o.Municipalities...)
	}
	if len(tenants.Items) != 5 || len(competent) != 3 {
		t.Errorf("%+v", tenants)
	}
	var users page[user]
	s.User(t, s.Entity, "both", tenant.Operator, tenant.EntityManager)
	s.as(t, s.Entity, "operator").want(200, "GET", "/users", nil).into(t, &users)
	if len(users.Items) != 4 || len(users.Items[0].Roles) != 2 {
		t.Errorf("%+v", users)
	}
	var types page[interventionType]
	s.as(t, s.Entity, "operator").want(200, "GET", "/intervention-types", nil, "Accept-Language", "en").into(t, &types)
	if len(types.Items) != 7 || types.Items[0].Labels.EN != "Italian course" || types.Items[0].Schema["type"] != "object" || len(types.Items[0].Form.Fields) == 0 {
		t.Errorf("%+v", types)
	}
}

func TestAuditEntries(t *testing.T) {
	s := newSite(t, sample.Options{})
	for n := range 3 {
		s.Person(t, s.Entity, n)
	}
	c := s.as(t, s.Entity, "entity_admin")
	s.as(t, s.Entity, "operator").want(403, "GET", "/audit-entries", nil)
	var last int64
	count := 0
	for cursor := ""; ; {
		var p page[obj]
		c.want(200, "GET", "/audit-entries?limit=3&cursor="+cursor, nil).into(t, &p)
		for _, e := range p.Items {
			n := int64(e["seq"].(float64))
			if (last != 0 && n != last-1) || e["action"] == "" || len(e["hash"].(string)) != 64 {
				t.Errorf("after %d: %v", last, e)
			}
			last = n
			count++
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if last != 1 || count < 6 {
		t.Errorf("%d entries down to %d", count, last)
	}
	c.want(422, "GET", "/audit-entries?cursor=x", nil)
}
