// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"

	"github.com/gowebpki/jcs"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/sample"
)

// hands are the clients of one walk.
type hands struct {
	operator, manager, worker, evaluator, approver client
}

func (s *site) hands(t *testing.T) hands {
	return hands{s.as(t, s.Entity, "operator"), s.as(t, s.Entity, "entity_manager"), s.as(t, s.Services, "social_worker"),
		s.as(t, s.Lead, "evaluator"), s.as(t, s.Lead, "approver")}
}

// begin registers a person and drafts a complete plan; it gives the project's address.
func (s *site) begin(t *testing.T, h hands, family string) string {
	t.Helper()
	created := h.operator.want(201, "POST", "/persons", obj{"citizenship": "NGA", "municipality": "Viareggio",
		"identity": obj{"given_name": "Blessing", "family_name": family, "birth_date": "1999-05-04"}})
	var per person
	created.into(t, &per)
	if got := created.header.Get("Location"); got != Prefix+"/persons/"+string(per.ID) || created.header.Get("ETag") != `"1"` {
		t.Errorf("Location %q, ETag %q", got, created.header.Get("ETag"))
	}
	var p project
	h.operator.want(201, "POST", "/projects", obj{"person_id": per.ID, "social_services_id": s.Services.ID}).into(t, &p)
	at := "/projects/" + string(p.ID)
	tag := h.operator.want(200, "GET", at+"/plan", nil).header.Get("ETag")
	h.operator.want(200, "PUT", at+"/plan", sample.Plan(), "If-Match", tag)
	return at
}

func scores() obj {
	out := obj{}
	for _, c := range casework.DefaultParameters().Criteria {
		out[c.Code] = c.Max - 1
	}
	return out
}

// event asks for an event and demands the state it leads to.
func event(t *testing.T, c client, at string, body obj, state casework.State) project {
	t.Helper()
	var p project
	c.want(200, "POST", at+"/transitions", body).into(t, &p)
	if p.State != state {
		t.Fatalf("%v leads to %s, want %s", body["event"], p.State, state)
	}
	return p
}

// The whole way through HTTP, with a request for changes in the middle.
func TestWalk(t *testing.T) {
	s := newSite(t, sample.Options{})
	h := s.hands(t)
	at := s.begin(t, h, "Osas")
	event(t, h.operator, at, obj{"event": "share_for_co_design"}, casework.CoDesign)
	sign := func() {
		t.Helper()
		var p project
		h.manager.want(200, "GET", at, nil).into(t, &p)
		event(t, h.manager, at, obj{"event": "sign", "data": obj{"content_hash": p.ContentHash}}, casework.CoDesign)
		event(t, h.worker, at, obj{"event": "sign"}, casework.CoDesign)
		event(t, h.operator, at, obj{"event": "record_adhesion"}, casework.CoSigned)
	}
	sign()
	h.evaluator.want(404, "GET", at, nil)
	event(t, h.manager, at, obj{"event": "submit"}, casework.Submitted)

	seen := event(t, h.evaluator, at, obj{"event": "start_evaluation"}, casework.UnderEvaluation)
	if seen.Person.ID != "" || seen.Person.Code == "" || seen.Relation != casework.Received {
		t.Errorf("the lead agency sees %+v", seen)
	}
	event(t, h.evaluator, at, obj{"event": "request_changes", "data": obj{"comments": []obj{{"section": "objectives", "text": "Serve un secondo obiettivo."}}}}, casework.ChangesRequested)
	event(t, h.operator, at, obj{"event": "revise"}, casework.CoDesign)
	s.revise(t, h, at)
	sign()
	event(t, h.manager, at, obj{"event": "submit"}, casework.Submitted)
	event(t, h.evaluator, at, obj{"event": "start_evaluation"}, casework.UnderEvaluation)
	s.checkHash(t, h.evaluator, at)
	event(t, h.evaluator, at, obj{"event": "recommend", "data": obj{"opinion": "Favorevole.", "scores": scores()}}, casework.Evaluated)
	event(t, h.approver, at, obj{"event": "approve"}, casework.Approved)
	last := event(t, h.operator, at, obj{"event": "start"}, casework.Active)
	if !slices.Equal(last.AllowedEvents, []casework.Event{casework.Withdraw}) {
		t.Errorf("allowed at the end: %v", last.AllowedEvents)
	}
	s.checkAfter(t, h, at)
}

// revise answers the evaluator's comment in version 2.
func (s *site) revise(t *testing.T, h hands, at string) {
	t.Helper()
	var r readiness
	h.operator.want(200, "GET", at+"/readiness", nil).into(t, &r)
	if r.Progress["objectives"] != casework.ToCorrect || len(r.Comments) != 1 || r.Housing.Limit != 12 || r.Housing.Plan != 6 || !r.Complete {
		t.Errorf("readiness: %+v", r)
	}
	got := h.operator.want(200, "GET", at+"/plan", nil)
	var plan casework.Plan
	got.into(t, &plan)
	plan.Objectives = append(plan.Objectives, casework.Objective{Title: "Casa propria", Indicator: "Contratto", DueOn: "2027-12-01"})
	h.operator.want(200, "PUT", at+"/plan", plan, "If-Match", got.header.Get("ETag"))
	var diff page[casework.Change]
	h.operator.want(200, "GET", at+"/versions/2/diff?from=1", nil).into(t, &diff)
	if len(diff.Items) != 1 || diff.Items[0].Kind != casework.Added || diff.Items[0].Item != "Casa propria" {
		t.Errorf("difference: %+v", diff.Items)
	}
}

// checkHash computes the content hash out of the plan as it came over the wire.
func (s *site) checkHash(t *testing.T, c client, at string) {
	t.Helper()
	var p project
	c.want(200, "GET", at, nil).into(t, &p)
	text, err := jcs.Transform(c.want(200, "GET", at+"/plan", nil).body)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != p.ContentHash || len(p.ContentHash) != 64 {
		t.Errorf("content_hash %s is not that of the plan", p.ContentHash)
	}
}

// checkAfter reads everything a started project has.
func (s *site) checkAfter(t *testing.T, h hands, at string) {
	t.Helper()
	var lives page[obj]
	h.worker.want(200, "GET", at+"/interventions", nil).into(t, &lives)
	if len(lives.Items) != 7 || lives.Items[0]["status"] != "planned" || lives.Items[0]["type"] == "" {
		t.Errorf("interventions: %v", lives.Items)
	}
	var steps page[casework.Step]
	h.operator.want(200, "GET", at+"/transitions", nil).into(t, &steps)
	// create, share, 2 × (sign, sign, adhesion, seal, submit, start_evaluation), request, revise, recommend, approve, start
	if len(steps.Items) != 19 || steps.Items[0].Event != casework.Create || steps.Items[1].ActorName == "" {
		t.Errorf("%d steps: %+v", len(steps.Items), steps.Items)
	}
	var judged page[casework.Step]
	h.evaluator.want(200, "GET", at+"/transitions", nil).into(t, &judged)
	for _, st := range judged.Items {
		if st.ActorName != "" {
			t.Errorf("the lead agency reads the name of who did %s", st.Event)
		}
	}
	var versions page[version]
	h.approver.want(200, "GET", at+"/versions", nil).into(t, &versions)
	if len(versions.Items) != 2 || versions.Items[0].Version != 2 || versions.Items[0].Plan != nil || versions.Items[0].SubmittedAt == nil {
		t.Errorf("versions: %+v", versions.Items)
	}
	v := h.approver.want(200, "GET", at+"/versions/1", nil)
	h.approver.want(304, "GET", at+"/versions/1", nil, "If-None-Match", v.header.Get("ETag"))
	h.approver.want(404, "GET", at+"/versions/3", nil)
	var j judgement
	h.manager.want(200, "GET", at+"/evaluation", nil).into(t, &j)
	if len(j.Criteria) != 4 || j.Evaluation == nil || j.Approval == nil || j.Approval.TotalCents != sample.Plan().TotalCents() {
		t.Errorf("evaluation: %+v", j)
	}
	var revs page[revision]
	h.worker.want(200, "GET", at+"/revisions", nil).into(t, &revs)
	if len(revs.Items) < 3 || revs.Items[0].AuthorName == "" {
		t.Errorf("revisions: %+v", revs.Items)
	}
	h.evaluator.want(404, "GET", at+"/revisions", nil)
}

// What is read of a plan is exactly the plan, every list present.
func TestPlanIsExact(t *testing.T) {
	s := newSite(t, sample.Options{})
	h := s.hands(t)
	at := s.begin(t, h, "Esosa")
	s.checkHash(t, h.operator, at)
	var got, want any
	h.operator.want(200, "GET", at+"/plan", nil).into(t, &got)
	raw, err := json.Marshal(sample.Plan().Normal())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("plan:\n%s\nwant\n%s", a, b)
	}
}
