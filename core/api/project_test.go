// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/sample"
)

func TestListProjects(t *testing.T) {
	s := newSite(t, sample.Options{})
	draft, shared := s.Project(t, s.Entity, 1), s.Project(t, s.Entity, 2)
	s.Walk(t, shared.ID, s.Entity, casework.CoDesign)
	find := func(c client, path string) (ids []casework.ProjectID) {
		t.Helper()
		var p page[project]
		c.want(200, "GET", path, nil).into(t, &p)
		for _, i := range p.Items {
			ids = append(ids, i.ID)
		}
		return ids
	}
	operator, worker := s.as(t, s.Entity, "operator"), s.as(t, s.Services, "social_worker")
	for path, want := range map[string][]casework.ProjectID{
		"/projects":                                    {shared.ID, draft.ID},
		"/projects?state=draft":                        {draft.ID},
		"/projects?state=co_design,draft":              {shared.ID, draft.ID},
		"/projects?state=active":                       nil,
		"/projects?code=" + draft.Code:                 {draft.ID},
		"/projects?code=" + draft.PersonCode:           {draft.ID},
		"/projects?person_id=" + string(shared.Person): {shared.ID},
		"/projects?person_id=x":                        nil,
		"/worklist":                                    {shared.ID, draft.ID},
	} {
		if got := find(operator, path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if got := find(worker, "/projects"); !slices.Equal(got, []casework.ProjectID{shared.ID}) {
		t.Errorf("the service sees %v", got)
	}
	if got := find(s.as(t, s.Lead, "evaluator"), "/projects"); got != nil {
		t.Errorf("the lead agency sees %v", got)
	}
	s.as(t, s.Entity, "entity_admin").want(403, "GET", "/projects", nil)
}

func TestPlanConditions(t *testing.T) {
	s := newSite(t, sample.Options{})
	p := s.Project(t, s.Entity, 1)
	at := "/projects/" + string(p.ID)
	operator, worker := s.as(t, s.Entity, "operator"), s.as(t, s.Services, "social_worker")
	event(t, operator, at, obj{"event": "share_for_co_design"}, casework.CoDesign)
	tag := operator.want(200, "GET", at+"/plan", nil).header.Get("ETag")
	operator.want(304, "GET", at+"/plan", nil, "If-None-Match", tag)
	if got := operator.want(428, "PUT", at+"/plan", sample.Plan()).problem(t); got.Code != "precondition_required" {
		t.Errorf("%+v", got)
	}
	next := worker.want(200, "PUT", at+"/plan", obj{"needs": []obj{{"area": "Casa"}}}, "If-Match", tag).header.Get("ETag")
	if next == tag {
		t.Error("the tag did not move")
	}
	if got := operator.want(412, "PUT", at+"/plan", sample.Plan(), "If-Match", tag).problem(t); got.Code != "changed_meanwhile" {
		t.Errorf("%+v", got)
	}
	// A transition can be bound to what was read, too.
	operator.want(412, "POST", at+"/transitions", obj{"event": "withdraw"}, "If-Match", tag)
	operator.want(428, "POST", at+"/transitions", obj{"event": "withdraw"}, "If-Match", "*")
	var r readiness
	operator.want(200, "GET", at+"/readiness", nil).into(t, &r)
	if r.Complete || len(r.Missing) == 0 || r.Missing[0].Location != "plan/objectives" || r.Progress["needs"] != casework.Done {
		t.Errorf("%+v", r)
	}
	if got := s.as(t, s.Entity, "entity_manager").want(422, "POST", at+"/transitions", obj{"event": "sign"}).problem(t); got.Code != "plan_incomplete" {
		t.Errorf("%+v", got)
	}
	operator.want(200, "POST", at+"/transitions", obj{"event": "withdraw"}, "If-Match", next)
	operator.want(409, "PUT", at+"/plan", sample.Plan(), "If-Match", `"5"`)
}

// The twelve months cannot be got around.
func TestHousingLimit(t *testing.T) {
	s := newSite(t, sample.Options{})
	p := s.Project(t, s.Entity, 1)
	plan := sample.Plan()
	plan.Interventions[1].Months = 13
	c := s.as(t, s.Entity, "operator")
	got := c.want(422, "PUT", "/projects/"+string(p.ID)+"/plan", plan, "If-Match", etagOf(p.Revision), "Accept-Language", "en").problem(t)
	want := Complaint{Location: "body/interventions/1/months", Code: "housing_limit",
		Message: "Housing support lasts at most 12 months over the person's whole history. Already used: 0. With this plan: 13."}
	if len(got.Errors) != 1 || got.Errors[0].Location != want.Location || got.Errors[0].Message != want.Message || got.Errors[0].Code != want.Code {
		t.Errorf("%+v", got)
	}
}

// Wrong state and wrong actor, for every step of the way.
func TestWrongStateAndWrongActor(t *testing.T) {
	s := newSite(t, sample.Options{})
	h := s.hands(t)
	at := s.begin(t, h, "Ede")
	data := func(e casework.Event) obj {
		return obj{"event": e, "reason": "perché", "data": obj{"opinion": "x", "scores": scores(), "comments": []obj{{"section": "needs", "text": "x"}}}}
	}
	who := map[casework.Event]client{"share_for_co_design": h.operator, "sign": h.manager, "record_adhesion": h.operator, "submit": h.manager,
		"revise": h.operator, "reopen": h.manager, "start": h.operator}
	for e, c := range who {
		if e != "share_for_co_design" {
			if got := c.want(409, "POST", at+"/transitions", data(e)).problem(t); got.Code != "state_forbids" {
				t.Errorf("%s: %+v", e, got)
			}
		}
	}
	h.worker.want(404, "POST", at+"/transitions", data("sign")) // not shared yet
	h.approver.want(404, "POST", at+"/transitions", data("approve"))
	for _, e := range []casework.Event{"sign", "submit", "approve", "recommend", "start_evaluation", "reopen"} {
		h.operator.want(403, "POST", at+"/transitions", data(e))
	}
	h.operator.want(422, "POST", at+"/transitions", data("seal"))
	h.operator.want(422, "POST", at+"/transitions", data("suspend"))
	h.operator.want(422, "POST", at+"/transitions", obj{})
}
