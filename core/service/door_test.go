// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// scene is a submitted project of w.Entity, shared with w.Services, with a stored decision.
type scene struct {
	*sample.World
	s        *service.Service
	project  service.ProjectView
	person   casework.PersonID
	decision casework.DecisionID
	// draft is one of the policy administrator's own, submitted one that waits for him.
	draft, submitted service.PolicyDraftView
}

func newScene(t *testing.T) scene {
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	sc := scene{World: w, s: w.Service, person: p.Person, decision: "0198a000-0000-7000-8000-0000000000d1"}
	d := casework.Decision{ID: sc.decision, Project: p.ID, Subsidy: "rent", AsOf: "2026-11-01", Facts: map[string]any{}, By: w.Actor(w.Entity, "operator").User, At: time.Now(),
		Request: []byte{}, Answer: []byte{}, Explanation: []casework.ExplanationStep{}}
	inTenant(t, w, w.Entity, func(tx *postgres.Tx) error { return tx.InsertDecision(t.Context(), w.Entity.ID, d) })
	sc.project = w.Walk(t, p.ID, w.Entity, casework.Submitted)
	sc.draft, sc.submitted = sceneDrafts(t, w)
	scenePlugin(t, w, p.ID)
	return sc
}

// inTenant runs a transaction of an entity's operator below the service.
func inTenant(t *testing.T, w *sample.World, who postgres.Tenant, fn func(*postgres.Tx) error) {
	t.Helper()
	var v int64
	w.Query(t, &v, "SELECT version FROM policy_head WHERE network_id = $1", who.Network)
	if err := w.DB.InTenant(t.Context(), postgres.Scope{Actor: w.Actor(who, "operator"), PolicyVersion: v, Write: true}, fn); err != nil {
		t.Fatal(err)
	}
}

// door says who may pass a method. All other roles of the network are refused.
type door struct {
	may []tenant.Role
	// list is true for a method that names no single thing: other organisations pass it and
	// see their own. Those that name one answer others with NotFound.
	list bool
	call func(context.Context, scene) error
}

var (
	everyone  = []tenant.Role{"operator", "entity_manager", "entity_admin", "social_worker", "evaluator", "approver", "secretariat", "policy_admin", "plugin_admin", "accountant", "data_protection_officer"}
	entity    = []tenant.Role{tenant.Operator, tenant.EntityManager}
	writers   = []tenant.Role{tenant.Operator, tenant.SocialWorker}
	codesign  = []tenant.Role{tenant.Operator, tenant.EntityManager, tenant.SocialWorker}
	readers   = append(slices.Clone(codesign), tenant.Evaluator, tenant.Approver, tenant.Accountant)
	operators = []tenant.Role{tenant.Operator}
)

// doors are all methods that act for an organisation.
var doors = map[string]door{
	"Me":                {everyone, true, func(c context.Context, x scene) error { _, err := x.s.Me(c); return err }},
	"Tenants":           {everyone, true, func(c context.Context, x scene) error { _, err := x.s.Tenants(c); return err }},
	"InterventionTypes": {everyone, true, func(c context.Context, x scene) error { _, err := x.s.InterventionTypes(c); return err }},
	"Worklist":          {everyone, true, func(c context.Context, x scene) error { _, err := x.s.Worklist(c, service.PageRequest{}); return err }},
	"Colleagues":        {append(slices.Clone(codesign), tenant.EntityAdmin), true, func(c context.Context, x scene) error { _, err := x.s.Colleagues(c); return err }},
	"AuditEntries":      {[]tenant.Role{tenant.EntityAdmin, tenant.DataProtectionOfficer}, true, func(c context.Context, x scene) error { _, err := x.s.AuditEntries(c, 0, 5); return err }},
	"VerifyAudit":       {[]tenant.Role{tenant.EntityAdmin, tenant.DataProtectionOfficer}, true, func(c context.Context, x scene) error { _, err := x.s.VerifyAudit(c); return err }},
	"Subsidies":         {append(slices.Clone(codesign), tenant.Evaluator, tenant.Approver), true, func(c context.Context, x scene) error { _, err := x.s.Subsidies(c); return err }},
	"ProjectSubsidies": {append(slices.Clone(codesign), tenant.Evaluator, tenant.Approver), false, func(c context.Context, x scene) error {
		_, err := x.s.ProjectSubsidies(c, x.project.ID)
		return err
	}},
	"Projects":   {readers, true, func(c context.Context, x scene) error { _, err := x.s.Projects(c, service.ProjectQuery{}); return err }},
	"Persons":    {entity, true, func(c context.Context, x scene) error { _, err := x.s.Persons(c, service.PersonQuery{}); return err }},
	"Duplicates": {operators, true, func(c context.Context, x scene) error { _, err := x.s.Duplicates(c, sample.Identity(1)); return err }},
	"RegisterPerson": {operators, true, func(c context.Context, x scene) error {
		_, err := x.s.RegisterPerson(c, service.NewPerson{DespiteDuplicates: true, Identity: sample.Identity(9), Person: casework.Person{Citizenship: "NGA", Municipality: "Viareggio"}})
		return err
	}},

	"Person": {codesign, false, func(c context.Context, x scene) error { _, err := x.s.Person(c, x.person); return err }},
	"UpdatePerson": {operators, false, func(c context.Context, x scene) error {
		_, err := x.s.UpdatePerson(c, casework.Person{ID: x.person, Citizenship: "NGA", Municipality: "Viareggio"}, 99)
		return err
	}},
	"Identity":       {operators, false, func(c context.Context, x scene) error { _, err := x.s.Identity(c, x.person); return err }},
	"UpdateIdentity": {operators, false, func(c context.Context, x scene) error { return x.s.UpdateIdentity(c, x.person, sample.Identity(1), 99) }},
	"RecordConsent": {operators, false, func(c context.Context, x scene) error {
		return x.s.RecordConsent(c, x.person, casework.Consent{Kind: casework.ConsentData, Given: true, On: "2026-01-01"})
	}},
	"Consents": {entity, false, func(c context.Context, x scene) error { _, err := x.s.Consents(c, x.person); return err }},
	"CreateProject": {operators, true, func(c context.Context, x scene) error {
		_, err := x.s.CreateProject(c, x.person, x.Services.ID)
		return err
	}},
	"Project": {readers, false, func(c context.Context, x scene) error { _, err := x.s.Project(c, x.project.ID); return err }},
	"Plan":    {readers, false, func(c context.Context, x scene) error { _, err := x.s.Plan(c, x.project.ID); return err }},
	"SavePlan": {writers, false, func(c context.Context, x scene) error {
		_, err := x.s.SavePlan(c, x.project.ID, x.project.Revision, sample.Plan())
		return err
	}},
	"SaveSection": {writers, false, func(c context.Context, x scene) error {
		_, err := x.s.SaveSection(c, x.project.ID, x.project.Revision, casework.SectionNeeds, sample.Plan())
		return err
	}},
	"PlanAt": {writers, false, func(c context.Context, x scene) error { _, err := x.s.PlanAt(c, x.project.ID, 1); return err }},
	"Transition": {[]tenant.Role{tenant.EntityManager}, false, func(c context.Context, x scene) error {
		_, err := x.s.Transition(c, x.project.ID, service.TransitionRequest{Event: casework.Submit})
		return err
	}},
	"History":       {readers, false, func(c context.Context, x scene) error { _, err := x.s.History(c, x.project.ID); return err }},
	"Revisions":     {codesign, false, func(c context.Context, x scene) error { _, err := x.s.Revisions(c, x.project.ID); return err }},
	"Versions":      {readers, false, func(c context.Context, x scene) error { _, err := x.s.Versions(c, x.project.ID); return err }},
	"Version":       {readers, false, func(c context.Context, x scene) error { _, err := x.s.Version(c, x.project.ID, 1); return err }},
	"Diff":          {readers, false, func(c context.Context, x scene) error { _, err := x.s.Diff(c, x.project.ID, 1, 1); return err }},
	"Judgement":     {readers, false, func(c context.Context, x scene) error { _, err := x.s.Judgement(c, x.project.ID); return err }},
	"Interventions": {readers, false, func(c context.Context, x scene) error { _, err := x.s.Interventions(c, x.project.ID); return err }},
	"DecideSubsidy": {writers, false, func(c context.Context, x scene) error {
		_, err := x.s.DecideSubsidy(c, service.SubsidyRequest{Subsidy: "rent", Project: x.project.ID})
		return err
	}},
	"Decision":  {append(slices.Clone(codesign), tenant.Evaluator, tenant.Approver), false, func(c context.Context, x scene) error { _, err := x.s.Decision(c, x.decision); return err }},
	"Decisions": {append(slices.Clone(codesign), tenant.Evaluator, tenant.Approver), false, func(c context.Context, x scene) error { _, err := x.s.Decisions(c, x.project.ID); return err }},
}

func init() {
	for name, d := range policyDoors {
		doors[name] = d
	}
}

// elsewhere are the methods without an organisation's right to ask for; each has its own
// test of who may: see signin_test.go and host_test.go.
var elsewhere = []string{"SignIn", "Switch", "ActorByToken", "Actor", "SetLang", "Ready", "Host", "FollowPolicies"}

// Every exported method has its line: who adds one decides who may.
func TestEveryMethodHasADoor(t *testing.T) {
	typ := reflect.TypeFor[*service.Service]()
	for m := range typ.Methods() {
		if _, ok := doors[m.Name]; !ok && !slices.Contains(elsewhere, m.Name) {
			t.Errorf("Service.%s has no authorisation test: add it to doors", m.Name)
		}
	}
	for name := range doors {
		if _, ok := typ.MethodByName(name); !ok {
			t.Errorf("doors has %s, which is no method any more", name)
		}
	}
	host := reflect.TypeFor[service.Host]()
	for m := range host.Methods() {
		if _, ok := orders[m.Name]; !ok {
			t.Errorf("Host.%s has no test: add it to orders", m.Name)
		}
	}
}

// Each method lets those in who may, refuses every other role with Forbidden, answers other
// organisations as if the thing did not exist, and nobody without an actor or a role.
func TestDoors(t *testing.T) {
	t.Parallel()
	x := newScene(t)
	foreignLead := x.Tenant(t, "", tenant.LeadAgency, "Altra capofila")
	for _, r := range tenant.RolesOf(tenant.LeadAgency) {
		x.User(t, foreignLead, string(r), r)
	}
	home := map[tenant.Kind]postgres.Tenant{tenant.ImplementingEntity: x.Entity, tenant.SocialServices: x.Services, tenant.LeadAgency: x.Lead}
	away := map[tenant.Kind]postgres.Tenant{tenant.ImplementingEntity: x.OtherEntity, tenant.SocialServices: x.OtherServices, tenant.LeadAgency: foreignLead}
	for name, d := range doors {
		for _, role := range everyone {
			kind, _ := tenant.KindOf(role)
			err := d.call(x.As(home[kind], string(role)), x)
			may := slices.Contains(d.may, role)
			switch got := fault.KindOf(err); {
			case may && err != nil && (got == fault.Forbidden || got == fault.NotFound || got == fault.Unauthenticated || got == fault.Internal):
				t.Errorf("%s by %s: %v, but he may", name, role, err)
			case !may && got == fault.NotFound && kind == tenant.LeadAgency && slices.Contains(hidden, name):
			case !may && (err == nil || got != fault.Forbidden):
				t.Errorf("%s by %s: %v, want Forbidden", name, role, err)
			}
			if d.list {
				continue
			}
			if err := d.call(x.As(away[kind], string(role)), x); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s by another's %s: %v, want NotFound", name, role, err)
			}
		}
		if err := d.call(t.Context(), x); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s without an actor: %v", name, err)
		}
		stranger := x.Actor(x.Entity, "operator")
		stranger.User = "0198a000-0000-7000-8000-00000000abcd"
		if err := d.call(tenant.With(t.Context(), stranger), x); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s by someone without a role: %v", name, err)
		}
		// A claim to be of another kind, or of another network, opens nothing.
		for _, change := range []func(*tenant.Actor){
			func(a *tenant.Actor) { a.Kind = tenant.LeadAgency }, func(a *tenant.Actor) { a.Tenant = x.OtherEntity.ID },
			func(a *tenant.Actor) { a.Network = foreignLead.Network }, func(a *tenant.Actor) { a.Tenant = x.Lead.ID },
		} {
			liar := x.Actor(x.Entity, "operator")
			change(&liar)
			if err := d.call(tenant.With(t.Context(), liar), x); err == nil {
				t.Errorf("%s lets %+v in", name, liar)
			}
		}
	}
}

// hidden are the methods on persons and working drafts, which do not exist for the lead agency.
var hidden = []string{"Revisions", "Person", "UpdatePerson", "Identity", "UpdateIdentity", "RecordConsent", "Consents", "CancelEnrolment"}

// An unknown id, another's id and what is no id at all are answered in the same words.
func TestNotYoursIsNotThere(t *testing.T) {
	t.Parallel()
	x := newScene(t)
	ctx := x.As(x.OtherEntity, "operator")
	for name, d := range doors {
		if d.list {
			continue
		}
		unknown, nonsense := x, x
		unknown.project.ID, unknown.person, unknown.decision = "0198a000-0000-7000-8000-00000000dead", "0198a000-0000-7000-8000-00000000dead", "0198a000-0000-7000-8000-00000000dead"
		nonsense.project.ID, nonsense.person, nonsense.decision = "' OR 1=1", "x\x00", "../.."
		want := d.call(ctx, x)
		for _, other := range []scene{unknown, nonsense} {
			if got := d.call(ctx, other); got == nil || want == nil || got.Error() != want.Error() {
				t.Errorf("%s: another's answers %v, an unknown one %v", name, want, got)
			}
		}
	}
}
