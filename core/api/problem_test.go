// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/sample"
)

// canary is a value that no answer may repeat.
const canary = "canary-4242-Blessing"

// Whatever is wrong with a request, its values do not come back.
func TestProblemsNeverEcho(t *testing.T) {
	s := newSite(t, sample.Options{Plugins: plugins(t)})
	p := s.Project(t, s.Entity, 1)
	c := s.as(t, s.Entity, "operator")
	project := "/projects/" + string(p.ID)
	person := "/persons/" + string(p.Person)
	good := obj{"given_name": "A", "family_name": "B", "birth_date": "1990-01-01"}
	for _, in := range []struct {
		method, path string
		body         any
		status       int
		locations    []string
	}{
		{"POST", "/persons", `{"identity": "` + canary, 400, nil},
		{"POST", "/persons", `{"identity": {}} {"x":"` + canary + `"}`, 400, nil},
		{"POST", "/persons", obj{"identity": canary, "citizenship": 5, "municipality": "Viareggio"}, 422, []string{"body/citizenship", "body/identity"}},
		{"POST", "/persons", obj{"identity": obj{"given_name": canary}, "citizenship": canary, "municipality": canary}, 422, []string{"body/identity/birth_date", "body/identity/family_name"}},
		{"POST", "/persons", obj{"identity": obj{"given_name": canary, "family_name": canary, "birth_date": canary}, "citizenship": canary, "municipality": "x", "municipality_reason": canary}, 422, []string{"body/municipality_reason"}},
		{"POST", "/persons", obj{"identity": obj{"given_name": canary, "family_name": canary, "birth_date": canary}, "citizenship": canary, "municipality": "x", "taken_in_charge_on": canary},
			422, []string{"body/identity/birth_date", "body/citizenship", "body/taken_in_charge_on"}},
		{"POST", "/persons", obj{"identity": good, "citizenship": "NGA", "municipality": "x", "nickname": canary}, 422, []string{"body/nickname"}},
		{"POST", "/persons", obj{"identity": good, "citizenship": "NGA", "municipality": "x", canary + " è": 1}, 422, []string{"body"}},
		{"POST", "/persons", obj{"identity": good, "citizenship": "NGA", "municipality": "x", "prior_housing_months": 1.5}, 422, []string{"body/prior_housing_months"}},
		{"POST", "/persons", obj{"identity": good, "citizenship": "NGA", "municipality": "x", "consents": []obj{{"kind": canary, "given": canary}}}, 422, []string{"body/consents/0/given", "body/consents/0/kind"}},
		{"POST", "/persons/search", obj{"limit": 1000}, 422, []string{"body/limit"}},
		{"PUT", person + "/identity", obj{"given_name": "", "family_name": canary, "birth_date": canary}, 422, []string{"body/given_name", "body/birth_date"}},
		{"PATCH", person, obj{"citizenship": canary}, 422, []string{"body/citizenship"}},
		{"POST", person + "/consents", obj{"kind": "data", "given": true, "on": canary, "language": canary}, 422, []string{"body/on", "body/language"}},
		{"POST", "/projects", obj{"person_id": canary, "social_services_id": canary}, 422, []string{"body/person_id"}},
		{"PUT", project + "/plan", obj{"needs": canary}, 422, []string{"body/needs"}},
		{"PUT", project + "/plan", obj{"Needs": []obj{}}, 422, []string{"body/Needs"}},
		{"PUT", project + "/plan", obj{"interventions": []obj{{"key": "a", "type": canary}, {"key": "b", "type": "italian_course", "starts_on": canary, "amount_cents": -1, "details": obj{"hours": canary, "level": canary}}}},
			422, []string{"body/interventions/0/type", "body/interventions/1/starts_on", "body/interventions/1/amount_cents", "body/interventions/1/details/level", "body/interventions/1/details/hours"}},
		{"PUT", project + "/plan", obj{"reference_operators": []string{canary}}, 422, []string{"body/reference_operators/0"}},
		{"PUT", project + "/plan", `{"interventions":[{"amount_cents":1e999}], "exit_criteria":"` + canary + `"}`, 400, nil},
		{"PUT", project + "/plan", `{"interventions":[{"amount_cents":99999999999999999999}], "exit_criteria":"` + canary + `"}`, 422, []string{"body"}},
		{"POST", project + "/transitions", obj{"event": canary, "reason": canary}, 422, []string{"body/event"}},
		{"POST", project + "/transitions", obj{"event": "sign", "reason": canary}, 403, nil},
		{"POST", project + "/transitions", obj{"event": "share_for_co_design", "reason": strings.Repeat(canary, 200)}, 422, []string{"body/reason"}},
		{"POST", project + "/transitions", obj{"event": "start", "reason": canary}, 409, nil},
		{"POST", project + "/transitions", obj{"event": "share_for_co_design", "data": obj{"content_hash": canary}}, 412, nil},
		{"POST", project + "/transitions", obj{"event": "recommend", "data": obj{"scores": obj{canary: canary}}}, 422, []string{"body/data/scores/" + canary}},
		{"POST", "/subsidy-decisions", obj{"subsidy": canary, "facts": obj{"a": canary}}, 422, []string{"body/subsidy"}},
		{"GET", "/projects?state=" + canary, nil, 422, []string{"query/state"}},
		{"GET", "/projects?limit=" + canary, nil, 422, []string{"query/limit"}},
		{"GET", "/projects?limit=101", nil, 422, []string{"query/limit"}},
		{"GET", "/projects?cursor=" + canary, nil, 422, []string{"query/cursor"}},
		{"GET", "/persons?cursor=" + canary, nil, 422, []string{"query/cursor"}},
		{"GET", project + "/versions/" + canary, nil, 422, []string{"path/n"}},
		{"GET", project + "/versions/1/diff", nil, 422, []string{"query/from"}},
		{"GET", "/" + canary, nil, 404, nil},
		{"DELETE", project, nil, 405, nil},
	} {
		a := c.do(in.method, in.path, in.body, "If-Match", `"1"`)
		if a.status == 412 && in.status == 422 { // the plan was saved once already
			a = c.do(in.method, in.path, in.body, "If-Match", `"2"`)
		}
		got := a.problem(t)
		if a.status != in.status || got.Status != in.status || got.Title == "" || got.Detail == "" || got.Type != "urn:satis:fault:"+got.Code {
			t.Errorf("%s %s: %d %s, want %d", in.method, in.path, a.status, a.body, in.status)
			continue
		}
		var places []string
		for _, e := range got.Errors {
			places = append(places, e.Location)
			if e.Message == "" || e.Code == "" {
				t.Errorf("%s %s: a complaint without words: %+v", in.method, in.path, e)
			}
		}
		if diff := cmp.Diff(in.locations, places); diff != "" {
			t.Errorf("%s %s: places differ:\n%s", in.method, in.path, diff)
		}
		echo := string(a.body)
		for _, l := range in.locations {
			echo = strings.ReplaceAll(echo, l, "") // the name of an unknown field is a place
		}
		if strings.Contains(echo, "canary") || strings.Contains(a.header.Get("Link"), "canary") {
			t.Errorf("%s %s echoes: %s", in.method, in.path, a.body)
		}
	}
}

func TestLanguageOfProblems(t *testing.T) {
	c, _ := bare(t)
	for header, want := range map[string]string{"": "it", "it-IT": "it", "en-GB,it;q=0.5": "en", "de, en;q=0.3": "en", "de": "it", ";;,": "it", "*": "it"} {
		a := c.want(404, "GET", "/nowhere", nil, "Accept-Language", header)
		if a.header.Get("Content-Language") != want || a.problem(t).Detail != say(want, "not_found", "", nil) {
			t.Errorf("%q: %s %s", header, a.header.Get("Content-Language"), a.body)
		}
	}
}

// Every kind of error has its status and its headers.
func TestProblemOf(t *testing.T) {
	ctx := context.WithValue(context.Background(), callKey{}, call{method: "GET", url: &url.URL{}, lang: "en"})
	for _, in := range []struct {
		err    error
		status int
		code   string
		header string
	}{
		{fault.OfFields([]fault.Field{fault.At("a", "required")}), 422, "fields", ""},
		{fault.New(fault.Unauthenticated, "bad_token"), 401, "bad_token", "Www-Authenticate"},
		{fault.New(fault.Forbidden, "not_allowed"), 403, "not_allowed", ""},
		{fault.Missing(), 404, "not_found", ""},
		{fault.New(fault.Conflict, "state_forbids", "state", "draft", "event", "sign"), 409, "state_forbids", ""},
		{fault.New(fault.Stale, "changed_meanwhile"), 412, "changed_meanwhile", ""},
		{fault.Wrap(errors.New(canary), fault.Unavailable, "plugin_timeout"), 503, "plugin_timeout", "Retry-After"},
		{fault.New(fault.Limited, "sign_in_limited"), 429, "sign_in_limited", "Retry-After"},
		{errors.New(canary), 500, "internal", ""},
		{context.DeadlineExceeded, 503, "unavailable", "Retry-After"},
		{fault.New(fault.Conflict, "x"), 409, "x", ""},
	} {
		p := problemOf(ctx, in.err)
		if p.Status != in.status || p.Code != in.code || p.Title == "" || p.Detail == "" || strings.Contains(p.Detail, canary) {
			t.Errorf("%v: %+v", in.err, p)
		}
		if in.header != "" && p.header.Get(in.header) == "" {
			t.Errorf("%v: no %s", in.err, in.header)
		}
	}
	if p := problemOf(ctx, fault.New(fault.Conflict, "state_forbids", "state", "draft", "event", "sign")); p.Detail != "The project is “draft”: this is not possible." {
		t.Errorf("detail %q", p.Detail)
	}
}

// A panic is a problem too, and its text stays in the log.
func TestPanicIsAProblem(t *testing.T) {
	h, _ := build(Config{}) // no service: the first use of it panics
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/status", nil))
	if rec.Code != 500 || !strings.Contains(rec.Body.String(), `"code":"internal"`) || strings.Contains(rec.Body.String(), "nil") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestHeadersAndBodies(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := s.as(t, s.Entity, "operator")
	a := c.want(200, "GET", "/me", nil, "Origin", "https://elsewhere.example")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff",
		"X-Ratelimit-Limit": "1200", "X-Ratelimit-Remaining": "1199", "Access-Control-Allow-Origin": "", "Set-Cookie": ""} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	c.want(405, "OPTIONS", "/me", nil, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "GET")
	big := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
	if got := c.want(413, "POST", "/persons/search", big).problem(t); got.Code != "body_too_large" {
		t.Errorf("%+v", got)
	}
	if got := c.want(415, "POST", "/persons/search", `<a/>`, "Content-Type", "text/xml").problem(t); got.Code != "unsupported_media_type" {
		t.Errorf("%+v", got)
	}
	if got := c.want(400, "POST", "/persons/search", "").problem(t); got.Code != "bad_json" {
		t.Errorf("%+v", got)
	}
	// A character the database cannot keep is a complaint, not a failure.
	p := s.Project(t, s.Entity, 1)
	plan := sample.Plan()
	plan.Needs = append(plan.Needs, casework.Need{Area: "nul\x00", Description: "nul\x00"})
	c.want(422, "PUT", "/projects/"+string(p.ID)+"/plan", plan, "If-Match", etagOf(p.Revision))
}

func TestStatus(t *testing.T) {
	s := newSite(t, sample.Options{})
	c := client{t, s.url, ""}
	var st status
	c.want(200, "GET", "/status", nil).into(t, &st)
	if st != (status{"ok", "1.2.3"}) {
		t.Errorf("%+v", st)
	}
	s.DB.Close()
	if got := c.want(503, "GET", "/status", nil).problem(t); got.Code != "database_unavailable" {
		t.Errorf("%+v", got)
	}
}
