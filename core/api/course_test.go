// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"sync"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
)

const feed = "e1,Italiano,2030-02-01,1\ne2,Cucina,2030-03-01,5\ne3,Senza posti,2030-03-01,no\n"

// courseSite has a catalog that both entities use, with its courses.
func courseSite(t *testing.T) pluginSite {
	t.Helper()
	x := newPluginSite(t)
	x.admit(t, "1.0.0", 50)
	x.active(t, "1.0.0")
	x.admin.want(200, "POST", "/course-imports", obj{"catalog": "aid_courses", "format": "csv", "content": feed})
	return x
}

func TestCourses(t *testing.T) {
	x := newPluginSite(t)
	x.admit(t, "1.0.0", 50)
	x.active(t, "1.0.0", x.Entity)
	c, ask := x.as(t, x.Entity, "operator"), obj{"catalog": "aid_courses", "format": "csv", "content": feed, "trial": true}
	var in courseImport
	x.admin.want(200, "POST", "/course-imports", ask).into(t, &in)
	if in.Stored || in.New != 2 || len(in.Remarks) != 1 || in.Remarks[0].Path != "3" {
		t.Errorf("trial: %+v", in)
	}
	var list coursePage
	c.want(200, "GET", "/courses", nil).into(t, &list)
	if list.Total != 0 || len(list.Catalogs) != 1 || list.Catalogs[0].Code != "aid_courses" {
		t.Errorf("a trial stored: %+v", list)
	}
	delete(ask, "trial")
	c.want(403, "POST", "/course-imports", ask)
	x.admin.want(200, "POST", "/course-imports", ask).into(t, &in)
	if !in.Stored {
		t.Errorf("import: %+v", in)
	}
	if got := x.admin.want(422, "POST", "/course-imports", obj{"catalog": "none"}).problem(t); got.Errors[0].Location != "body/catalog" {
		t.Errorf("%+v", got)
	}

	first := c.want(200, "GET", "/courses?limit=1&open=true&from=2030-01-01", nil)
	first.into(t, &list)
	if list.Total != 2 || len(list.Items) != 1 || list.Items[0].ID != "e1" || list.Items[0].Left != 1 || !list.Items[0].Open || list.Next == "" || first.header.Get("Link") == "" {
		t.Errorf("first: %s", first.body)
	}
	c.want(200, "GET", "/courses?limit=1&open=true&from=2030-01-01&cursor="+list.Next, nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].ID != "e2" || list.Next != "" {
		t.Errorf("second: %+v", list)
	}
	c.want(200, "GET", "/courses?text=cuc&municipality=Viareggio&area=other&catalog=aid_courses&to=2030-12-31", nil).into(t, &list)
	if list.Total != 1 {
		t.Errorf("found: %+v", list)
	}
	for _, bad := range []string{"from=canary", "area=canary", "catalog=canary", "cursor=canary", "from=2030-02-01&to=2030-01-01"} {
		c.want(422, "GET", "/courses?"+bad, nil)
	}
	var e courseEdition
	c.want(200, "GET", "/courses/aid_courses/e1", nil).into(t, &e)
	if e.Seats != 1 || e.Prerequisites[0].Code != "document" {
		t.Errorf("%+v", e)
	}
	// Who has no such catalog reads the same as where there is none.
	others := x.as(t, x.OtherEntity, "operator")
	hidden, none := others.want(404, "GET", "/courses/aid_courses/e1", nil), others.want(404, "GET", "/courses/none/e1", nil)
	if string(hidden.body) != string(none.body) {
		t.Errorf("%s %s", hidden.body, none.body)
	}
}

func enrolAsk(p casework.ProjectID, edition string) obj {
	return obj{"project_id": p, "catalog": "aid_courses", "edition": edition, "prerequisites": []any{"document"}}
}

func TestEnrolment(t *testing.T) {
	x := courseSite(t)
	p := x.Project(t, x.Entity, 1)
	c, others := x.as(t, x.Entity, "operator"), x.as(t, x.OtherEntity, "operator")
	at := "/projects/" + string(p.ID) + "/enrolments"
	if got := c.want(422, "POST", "/enrolments", obj{"project_id": p.ID, "catalog": "aid_courses", "edition": "e1"}).problem(t); got.Errors[0].Code != "prerequisite_not_confirmed" {
		t.Errorf("%+v", got)
	}
	c.want(422, "POST", "/enrolments", enrolAsk(p.ID, "none"))
	others.want(404, "POST", "/enrolments", enrolAsk(p.ID, "e1"))
	var e casework.Enrolment
	made := c.want(201, "POST", "/enrolments", enrolAsk(p.ID, "e1"))
	made.into(t, &e)
	if made.header.Get("Location") != Prefix+at || e.Status != casework.Enrolled || e.Edition.Taken != 1 {
		t.Errorf("%s", made.body)
	}
	c.want(409, "POST", "/enrolments", enrolAsk(p.ID, "e1"))
	var list page[casework.Enrolment]
	c.want(200, "GET", at, nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].ID != e.ID {
		t.Errorf("%+v", list)
	}
	cancel := "/enrolments/" + string(e.ID) + "/cancel"
	c.want(428, "POST", cancel, obj{"reason": "non può"})
	c.want(412, "POST", cancel, obj{"reason": "non può"}, "If-Match", `"7"`)
	c.want(422, "POST", cancel, obj{"reason": " "}, "If-Match", made.header.Get("ETag"))
	c.want(200, "POST", cancel, obj{"reason": "non può"}, "If-Match", made.header.Get("ETag")).into(t, &e)
	if e.Status != casework.Cancelled || e.Edition.Taken != 0 {
		t.Errorf("%+v", e)
	}
	c.want(409, "POST", cancel, obj{"reason": "di nuovo"}, "If-Match", etagOf(e.Revision))
}

// The last seat: twenty ask for it at once, for people of two organisations; one gets it.
func TestLastSeat(t *testing.T) {
	x := courseSite(t)
	type ask struct {
		c client
		p casework.ProjectID
	}
	var asks []ask
	for i := range 20 {
		of := []postgres.Tenant{x.Entity, x.OtherEntity}[i%2]
		asks = append(asks, ask{x.as(t, of, "operator"), x.Project(t, of, i+1).ID})
	}
	got := make([]answer, len(asks))
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i, a := range asks {
		wait.Go(func() {
			<-start
			got[i] = a.c.do("POST", "/enrolments", enrolAsk(a.p, "e1"))
		})
	}
	close(start)
	wait.Wait()
	won := 0
	for i, a := range got {
		switch {
		case a.status == 201:
			won++
		case a.status != 409 || a.problem(t).Code != "no_seats_left":
			t.Errorf("%d: %d %s", i, a.status, a.body)
		}
	}
	if won != 1 {
		t.Errorf("%d got the last seat", won)
	}
	for _, of := range []postgres.Tenant{x.Entity, x.OtherEntity} {
		var e courseEdition
		x.as(t, of, "operator").want(200, "GET", "/courses/aid_courses/e1", nil).into(t, &e)
		if e.Taken != 1 || e.Left != 0 || e.Open {
			t.Errorf("%s reads %+v", of.Name, e)
		}
	}
}
