// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// player is someone of the network who tries his luck.
type player struct {
	name  string
	actor tenant.Actor
	roles []tenant.Role
	// house is true for who also belongs to the organisation that wrote the project.
	house bool
}

// rights is what the roles may do to a project, written down a second time.
var rights = map[tenant.Role][]casework.Event{
	"operator":       {"share_for_co_design", "edit", "record_adhesion", "revise", "start", "withdraw"},
	"entity_manager": {"sign", "submit", "reopen"},
	"social_worker":  {"edit", "sign"},
	"evaluator":      {"start_evaluation", "request_changes", "recommend"},
	"approver":       {"approve", "reject"},
}

// next is the table of the domain, a third time.
var next = map[casework.State]map[casework.Event]casework.State{
	"draft":             {"edit": "draft", "share_for_co_design": "co_design"},
	"co_design":         {"edit": "co_design", "sign": "co_design", "record_adhesion": "co_design"},
	"co_signed":         {"submit": "submitted"},
	"submitted":         {"start_evaluation": "under_evaluation"},
	"under_evaluation":  {"request_changes": "changes_requested", "recommend": "evaluated"},
	"changes_requested": {"revise": "co_design"},
	"evaluated":         {"approve": "approved", "reject": "rejected"},
	"approved":          {"start": "active"},
	"rejected":          {"reopen": "co_design"},
	"active":            {},
}

// model is what a project should be like.
type model struct {
	state              casework.State
	shared             bool
	version, submitted int
	signed             map[casework.Side]tenant.UserID
	wrote, judged      map[tenant.UserID]bool
	// hands are the authors of the submitted version.
	hands map[tenant.UserID]bool
	edits int
	log   []string
}

// expect says what the answer to a player's event must be; ok is true where it is done.
func (m *model) expect(w *sample.World, p player, e casework.Event, reason string) (kind fault.Kind, ok bool) {
	sees := p.actor.Tenant == w.Entity.ID || (p.actor.Tenant == w.Services.ID && m.shared) || (p.actor.Tenant == w.Lead.ID && m.submitted > 0)
	may := slices.ContainsFunc(p.roles, func(r tenant.Role) bool { return slices.Contains(rights[r], e) })
	_, fits := next[m.state][e]
	judging := slices.Contains(rights["evaluator"], e) || slices.Contains(rights["approver"], e)
	side, _ := casework.SideOf(p.actor.Kind)
	if e == casework.RecordAdhesion {
		side = casework.SidePerson
	}
	switch {
	case !sees:
		return fault.NotFound, false
	case !may:
		return fault.Forbidden, false
	case e == casework.Withdraw:
		if m.state == casework.Withdrawn {
			return fault.Conflict, false
		}
		return 0, true
	case !fits:
		return fault.Conflict, false
	case e == casework.Reject && reason == "":
		return fault.Invalid, false
	case judging && (p.house || m.hands[p.actor.User]):
		return fault.Forbidden, false
	case (e == casework.Approve || e == casework.Reject) && m.judged[p.actor.User]:
		return fault.Forbidden, false
	case (e == casework.Sign || e == casework.RecordAdhesion) && m.signed[side] != "":
		return fault.Conflict, false
	}
	return 0, true
}

// done moves the model.
func (m *model) done(p player, e casework.Event) {
	m.log = append(m.log, string(e)+" "+string(p.actor.User))
	if e == casework.Withdraw {
		m.state = casework.Withdrawn
		return
	}
	m.state = next[m.state][e]
	switch e {
	case casework.ShareForCoDesign:
		m.shared = true
	case casework.Edit:
		m.edits++
		m.signed = map[casework.Side]tenant.UserID{}
		m.wrote[p.actor.User] = true
	case casework.Sign, casework.RecordAdhesion:
		side, _ := casework.SideOf(p.actor.Kind)
		if e == casework.RecordAdhesion {
			side = casework.SidePerson
		}
		m.signed[side] = p.actor.User
		if len(m.signed) == 3 {
			m.state = casework.CoSigned
			for _, u := range m.signed {
				m.wrote[u] = true
			}
		}
	case casework.Submit:
		m.submitted = m.version
		m.hands = map[tenant.UserID]bool{}
		for u := range m.wrote {
			m.hands[u] = true
		}
	case casework.StartEvaluation, casework.RequestChanges, casework.Recommend:
		m.judged[p.actor.User] = true
	case casework.Revise, casework.Reopen:
		m.version++
		m.signed = map[casework.Side]tenant.UserID{}
		m.wrote[p.actor.User] = true
	}
}

// cast are the players: every role, two with more than one, and one who belongs to both
// the entity and the lead agency.
func cast(t *testing.T, w *sample.World) []player {
	var out []player
	for _, at := range []postgres.Tenant{w.Entity, w.Services, w.Lead, w.OtherEntity, w.OtherServices} {
		for _, r := range tenant.RolesOf(at.Kind) {
			out = append(out, player{at.Name + " " + string(r), w.Actor(at, string(r)), []tenant.Role{r}, false})
		}
	}
	out = append(out, player{"second evaluator", w.Actor(w.Lead, "evaluator2"), []tenant.Role{"evaluator"}, false})
	judge := w.User(t, w.Lead, "judge", tenant.Evaluator, tenant.Approver)
	out = append(out, player{"evaluator and approver", judge, []tenant.Role{"evaluator", "approver"}, false})
	both := w.User(t, w.Entity, "both", tenant.Operator, tenant.EntityManager)
	out = append(out, player{"both, in the entity", both, []tenant.Role{"operator", "entity_manager"}, false})
	if _, err := w.Service.Host().PutUser(t.Context(), service.NewUser{Email: w.Email(w.Entity, "both"), Tenant: w.Lead.ID, Roles: []tenant.Role{"evaluator", "approver"}}); err != nil {
		t.Fatal(err)
	}
	inLead := both
	inLead.Tenant, inLead.Kind = w.Lead.ID, w.Lead.Kind
	return append(out, player{"both, in the lead", inLead, []tenant.Role{"evaluator", "approver"}, true})
}

var serial atomic.Int64 // of sample persons, so that none looks like another

// Whoever does whatever in whatever order, a project does what the table says, and nothing
// that was sealed changes.
func TestLifeOfAProject(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	players := cast(t, w)
	reached := map[casework.State]int{}
	rapid.Check(t, func(rt *rapid.T) {
		p := w.Project(t, w.Entity, int(100+serial.Add(1)))
		m := &model{state: casework.Draft, version: 1, signed: map[casework.Side]tenant.UserID{}, judged: map[tenant.UserID]bool{},
			wrote: map[tenant.UserID]bool{w.Actor(w.Entity, "operator").User: true}}
		sealed := map[string]string{}
		for range rapid.IntRange(20, 45).Draw(rt, "steps") {
			who, e := draw(rt, w, players, m)
			reason := rapid.SampledFrom([]string{"", "Perché sì."}).Draw(rt, "reason")
			wantKind, ok := m.expect(w, who, e, reason)
			err := attempt(w, who, p.ID, e, reason)
			if (err == nil) != ok || (err != nil && fault.KindOf(err) != wantKind) {
				rt.Fatalf("%s by %s in %s (version %d): %v; want done = %v, %s", e, who.name, m.state, m.version, err, ok, wantKind)
			}
			if ok {
				m.done(who, e)
			}
			reached[m.state]++
			for k, v := range sealedVersions(t, w, p.ID) {
				if before, had := sealed[k]; had && before != v {
					rt.Fatalf("the sealed version %s changed", k)
				}
				sealed[k] = v
			}
		}
		checkInvariants(rt, t, w, p.ID, m)
	})
	for _, s := range []casework.State{casework.CoSigned, casework.UnderEvaluation} {
		if reached[s] == 0 {
			t.Errorf("no run ever reached %s: %v", s, reached)
		}
	}
	chains(t, w)
}

// draw picks mostly someone who could do something now, so that runs get far.
func draw(rt *rapid.T, w *sample.World, players []player, m *model) (player, casework.Event) {
	events := append(casework.Transitions(), casework.Edit)
	if rapid.IntRange(0, 3).Draw(rt, "luck") > 0 {
		var good []func() (player, casework.Event)
		for _, p := range players {
			for _, e := range events {
				if _, ok := m.expect(w, p, e, "x"); ok && e != casework.Withdraw && e != casework.Edit {
					good = append(good, func() (player, casework.Event) { return p, e })
				}
			}
		}
		if len(good) > 0 {
			return rapid.SampledFrom(good).Draw(rt, "good")()
		}
	}
	return rapid.SampledFrom(players).Draw(rt, "who"), rapid.SampledFrom(events).Draw(rt, "event")
}

func attempt(w *sample.World, who player, id casework.ProjectID, e casework.Event, reason string) error {
	ctx := tenant.With(w.As(w.Entity, "operator"), who.actor)
	if e == casework.Edit {
		base := int64(1)
		if v, err := w.Service.Project(ctx, id); err == nil {
			base = v.Revision
		}
		_, err := w.Service.SavePlan(ctx, id, base, sample.Plan())
		return err
	}
	r := w.Recommendation()
	r.Event, r.Reason, r.Comments = e, reason, []casework.Comment{{Section: "needs", Text: "Di più."}}
	_, err := w.Service.Transition(ctx, id, r)
	return err
}

func sealedVersions(t *testing.T, w *sample.World, id casework.ProjectID) map[string]string {
	var all string
	w.Query(t, &all, `SELECT coalesce(string_agg(version || E'\t' || md5(plan::text || content_hash || authors::text || sealed_at), E'\n'), '') FROM project_version WHERE project_id = $1`, id)
	out := map[string]string{}
	for line := range strings.Lines(all) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out[k] = v
	}
	return out
}

func checkInvariants(rt *rapid.T, t *testing.T, w *sample.World, id casework.ProjectID, m *model) {
	var got string
	w.Query(t, &got, `SELECT coalesce(string_agg(action || ' ' || actor_id, E'\n' ORDER BY at, seq), '') FROM audit_entry
		WHERE object_id = $1 AND action NOT IN ('create', 'read') AND payload::jsonb ->> 'outcome' = 'allowed' AND payload::jsonb -> 'detail' ->> 'content_hash' <> ''`, id)
	var entries []string
	if got != "" {
		entries = strings.Split(got, "\n")
	}
	if m.log == nil {
		m.log = []string{}
	}
	// The plan of the sample was saved once before the run began.
	want := append([]string{"edit " + string(w.Actor(w.Entity, "operator").User)}, m.log...)
	if diff := cmp.Diff(want, entries); diff != "" {
		rt.Fatalf("the audit tells another story: %s", diff)
	}
	var wrong string
	w.Query(t, &wrong, `SELECT concat_ws(', ',
		CASE WHEN EXISTS (SELECT 1 FROM approval a JOIN project_version v USING (tenant_id, project_id, version) WHERE project_id = $1 AND a.approver_id = ANY (v.authors)) THEN 'approved by an author' END,
		CASE WHEN EXISTS (SELECT 1 FROM approval a JOIN transition h USING (tenant_id, project_id) WHERE project_id = $1 AND h.actor_id = a.approver_id
			AND h.event IN ('start_evaluation', 'request_changes', 'recommend')) THEN 'approved by an evaluator' END,
		CASE WHEN EXISTS (SELECT 1 FROM plan_revision r WHERE project_id = $1 AND r.author_tenant_id = $2) THEN 'written by the lead' END,
		CASE WHEN EXISTS (SELECT 1 FROM approval a JOIN project_version v USING (tenant_id, project_id, version) WHERE project_id = $1 AND a.content_hash <> v.content_hash) THEN 'approved another content' END,
		CASE WHEN EXISTS (SELECT 1 FROM transition h WHERE project_id = $1 AND (h.content_hash = '' OR h.actor_name = '')) THEN 'a step without hash or actor' END)`, id, w.Lead.ID)
	if wrong != "" {
		rt.Fatal(wrong)
	}
	if m.state != casework.Withdrawn {
		v, err := w.Service.Transition(w.As(w.Entity, "operator"), id, service.TransitionRequest{Event: casework.Withdraw})
		if err != nil || v.State != casework.Withdrawn {
			rt.Fatalf("the person cannot leave from %s: %v", m.state, err)
		}
	}
}

// chains demands that every chain of the audit holds.
func chains(t *testing.T, w *sample.World) {
	t.Helper()
	reports, err := w.Service.Host().VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if r.Broken != nil {
			t.Error(fmt.Sprint(r.Tenant.Name, ": ", r.Broken))
		}
	}
}
