// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// faultCode is the code of a fault, or of its first field.
func faultCode(err error) string {
	e, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok:
		return ""
	case len(e.Fields) > 0:
		return e.Fields[0].Code
	}
	return e.Code
}

// The whole way: a right is denied in one organisation, previewed, sent back, submitted anew
// and published by a second administrator; it ends at the next request, in another process
// too; an older version is brought back the same way.
func TestPolicyWay(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, other := w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	w.Project(t, w.Entity, 1)
	elsewhere := service.New(service.Config{DB: w.DB, Master: w.Master})
	list := func(s *service.Service, of postgres.Tenant) error {
		return second(s.Persons(w.As(of, "operator"), service.PersonQuery{}))
	}
	for _, s := range []*service.Service{w.Service, elsewhere} {
		if err := list(s, w.Entity); err != nil {
			t.Fatal(err)
		}
	}
	d := newDraft(t, w, "policy_admin", denyRule(tenant.Operator, w.Entity.ID, policy.PersonOwn, policy.List))
	p, err := w.Service.PreviewPolicyDraft(author, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	checkPreview(t, w, p)

	d = submit(t, w, "policy_admin", d)
	if _, err := w.Service.PublishPolicyDraft(author, d.ID, d.Revision); faultCode(err) != "second_administrator" {
		t.Errorf("its author published it: %v", err)
	}
	if _, err := w.Service.SendBackPolicyDraft(other, d.ID, d.Revision, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("sent back without a word: %v", err)
	}
	if d, err = w.Service.SendBackPolicyDraft(other, d.ID, d.Revision, "Perché solo qui?"); err != nil || d.State != postgres.DraftSentBack || d.ReviewerName == "" {
		t.Fatalf("%+v %v", d, err)
	}
	if d, err = w.Service.SavePolicyDraft(author, d.ID, d.Revision, service.DraftChange{Reason: "Accordo con l'ente"}); err != nil {
		t.Fatal(err)
	}
	d = submit(t, w, "policy_admin", d)
	if err := list(w.Service, w.Entity); err != nil {
		t.Errorf("a draft is in force: %v", err)
	}
	if d, err = w.Service.PublishPolicyDraft(other, d.ID, d.Revision); err != nil || d.State != postgres.DraftPublished || d.Published == nil {
		t.Fatalf("%+v %v", d, err)
	}
	for i, s := range []*service.Service{w.Service, elsewhere} {
		if err := list(s, w.Entity); !fault.Is(err, fault.Forbidden) {
			t.Errorf("process %d still allows it: %v", i, err)
		}
		if err := list(s, w.OtherEntity); err != nil {
			t.Errorf("process %d refuses another organisation: %v", i, err)
		}
	}
	checkVersions(t, w, *d.Published)
	goBack(t, w)
	if err := list(w.Service, w.Entity); err != nil {
		t.Errorf("after going back: %v", err)
	}
}

// checkPreview: one role in one organisation loses a right, and the list that was really read
// would be refused.
func checkPreview(t *testing.T, w *sample.World, p service.DraftPreview) {
	t.Helper()
	if len(p.Added) != 1 || len(p.Removed) != 0 || len(p.Broken) != 0 || !p.Draft.MayEdit || p.Draft.MayPublish {
		t.Errorf("%+v", p)
	}
	if r := p.Effect.Roles; len(r) != 1 || r[0].Tenant != w.Entity.ID || r[0].Gains || r[0].Role != tenant.Operator {
		t.Errorf("roles: %+v", r)
	}
	m := p.Effect.Members
	if len(m) != 1 || !slices.Equal(m[0].Users, []tenant.UserID{w.Actor(w.Entity, "operator").User}) || p.Users[m[0].Users[0]] == "" || p.Tenants[w.Entity.ID] == "" {
		t.Errorf("members: %+v", m)
	}
	if p.Replay.Asked == 0 || p.Replay.Since.IsZero() {
		t.Errorf("nothing was replayed: %+v", p.Replay)
	}
}

// checkVersions: two versions, dated, chained, with their difference and who published.
func checkVersions(t *testing.T, w *sample.World, want int64) {
	t.Helper()
	ctx := w.As(w.Lead, "data_protection_officer")
	list, err := w.Service.PolicyVersions(ctx)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d versions, %v", len(list), err)
	}
	v := list[0]
	if v.Version != want || !v.InForce || !v.Chained || v.PublisherName == "" || len(v.Added) != 1 || v.Reason != "Accordo con l'ente" || list[1].InForce || !list[1].Chained {
		t.Errorf("%+v", v)
	}
	c, err := w.Service.PolicyDifference(ctx, list[1].Version, 0)
	if err != nil || len(c.Added) != 1 || len(c.Effect.Members) != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := w.Service.PolicyVersion(ctx, 9999); !fault.Is(err, fault.NotFound) {
		t.Errorf("a version that never was: %v", err)
	}
	m, err := w.Service.PolicyMatrix(ctx, service.MatrixQuery{Tenant: w.Entity.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Rows {
		own := r.Permission == policy.Permission{Object: policy.PersonOwn, Action: policy.List}
		if c := r.Cells[0]; own != (c.SetBy == want) || (own && (c.Allowed || c.Own != policy.EffectDeny)) {
			t.Errorf("%v: %+v", r.Permission, c)
		}
	}
}

// goBack publishes the first version again.
func goBack(t *testing.T, w *sample.World) {
	t.Helper()
	author, other := w.As(w.Lead, "policy_admin2"), w.As(w.Lead, "policy_admin")
	all, err := w.Service.PolicyVersions(other)
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Service.CreatePolicyDraft(author, all[len(all)-1].Version, service.DraftChange{Reason: "Si torna indietro"})
	if err != nil {
		t.Fatal(err)
	}
	d = submit(t, w, "policy_admin2", d)
	if _, err := w.Service.PublishPolicyDraft(other, d.ID, d.Revision); err != nil {
		t.Fatal(err)
	}
	if all, err = w.Service.PolicyVersions(other); err != nil || len(all) != 3 || policy.Format(all[0].Rules) != policy.Format(all[2].Rules) {
		t.Errorf("%d versions, %v", len(all), err)
	}
}

// What breaks a law, or cannot be read, is refused while it is a draft, with line and reason;
// what turns a case can be drafted but not submitted.
func TestDraftsAreChecked(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	ctx := w.As(w.Lead, "policy_admin")
	foreign := w.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	base := policy.Format(defaultsAnd())
	for code, line := range map[string]string{
		"policy_malformed":          "p, role:operator, *, person@own",
		"policy_unknown_role":       "p, role:boss, *, person@own, read, allow",
		"policy_unknown_permission": "p, role:operator, *, person@own, fly, allow",
		"policy_identity_to_lead":   "p, role:evaluator, *, identity@own, read, allow",
		"policy_lead_edits":         "p, role:approver, *, project@submitted, edit, allow",
		"policy_two_acts":           "p, role:approver, *, project@submitted, recommend, allow",
		"policy_person_leaves":      "p, role:operator, *, project@own, withdraw, deny",
		"policy_unknown_tenant":     "p, role:secretariat, tenant:" + string(foreign.ID) + ", policy@network, read, allow",
		"policy_wrong_kind":         "p, role:operator, tenant:" + string(w.Lead.ID) + ", person@own, read, deny",
	} {
		text := base + line + "\n"
		_, err := w.Service.CreatePolicyDraft(ctx, 0, service.DraftChange{Rules: &text})
		if faultCode(err) != code || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", line, err)
			continue
		}
		e, _ := errors.AsType[*fault.Error](err)
		if want := "rules/" + lineCount(text); e.Fields[0].Path != want {
			t.Errorf("%s: at %s, want %s", code, e.Fields[0].Path, want)
		}
	}
	if list, err := w.Service.PolicyDrafts(ctx); err != nil || len(list) != 0 {
		t.Errorf("%d drafts were kept, %v", len(list), err)
	}
	d := newDraft(t, w, "policy_admin", denyRule(tenant.SocialWorker, "", policy.ProjectShared, policy.Sign))
	p, err := w.Service.PreviewPolicyDraft(ctx, d.ID)
	if err != nil || len(p.Broken) != 1 || p.Broken[0].Code != "must_work_goes_on" {
		t.Errorf("%+v %v", p.Broken, err)
	}
	if _, err := w.Service.SubmitPolicyDraft(ctx, d.ID, d.Revision); faultCode(err) != "must_work_goes_on" {
		t.Errorf("submitted: %v", err)
	}
	same := newDraft(t, w, "policy_admin")
	if _, err := w.Service.SubmitPolicyDraft(ctx, same.ID, same.Revision); faultCode(err) != "policy_unchanged" {
		t.Errorf("nothing changes: %v", err)
	}
}

func lineCount(text string) string {
	n := strings.Count(text, "\n")
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

// Only its author edits a draft, only from what he last read, and only while it is his.
func TestDraftsHaveOneHand(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, other := w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	d := newDraft(t, w, "policy_admin", allowRule(tenant.Accountant, "", policy.SubsidySubmitted, policy.List))
	if _, err := w.Service.SavePolicyDraft(other, d.ID, d.Revision, service.DraftChange{}); faultCode(err) != "draft_of_another" {
		t.Errorf("another saved: %v", err)
	}
	if _, err := w.Service.SavePolicyDraft(author, d.ID, d.Revision-1, service.DraftChange{}); !fault.Is(err, fault.Stale) {
		t.Errorf("saved over: %v", err)
	}
	if _, err := w.Service.PublishPolicyDraft(other, d.ID, d.Revision); faultCode(err) != "draft_state" {
		t.Errorf("published unsubmitted: %v", err)
	}
	s := submit(t, w, "policy_admin", d)
	if _, err := w.Service.SavePolicyDraft(author, d.ID, s.Revision, service.DraftChange{}); faultCode(err) != "draft_state" {
		t.Errorf("edited while reviewed: %v", err)
	}
	back, err := w.Service.SendBackPolicyDraft(author, d.ID, s.Revision, "")
	if err != nil || !back.MayEdit {
		t.Errorf("the author cannot take it back: %v", err)
	}
}

// A draft overtaken by another version is published only after it was brought up to it, and
// then takes nothing of the other away.
func TestDraftIsOvertaken(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author, other := w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	mine := submit(t, w, "policy_admin", newDraft(t, w, "policy_admin", allowRule(tenant.Accountant, "", policy.SubsidySubmitted, policy.List)))
	between := defaultsAnd("p, role:secretariat, *, policy@network, read, allow")
	if _, err := w.Service.Host().ApplyPolicy(t.Context(), w.Lead.Network, between, "dall'installazione"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.PublishPolicyDraft(other, mine.ID, mine.Revision); faultCode(err) != "policy_base_moved" {
		t.Errorf("published over: %v", err)
	}
	back, err := w.Service.SendBackPolicyDraft(other, mine.ID, mine.Revision, "superata")
	if err != nil || !back.Outdated() {
		t.Fatalf("%+v %v", back, err)
	}
	if back, err = w.Service.SavePolicyDraft(author, mine.ID, back.Revision, service.DraftChange{Reason: "prova", Rebase: true}); err != nil || back.Outdated() {
		t.Fatalf("%v", err)
	}
	back = submit(t, w, "policy_admin", back)
	if _, err := w.Service.PublishPolicyDraft(other, back.ID, back.Revision); err != nil {
		t.Fatal(err)
	}
	v, err := w.Service.PolicyVersion(author, 0)
	if err != nil || len(v.Rules) != len(between)+1 || len(v.Added) != 1 || len(v.Removed) != 0 {
		t.Errorf("%d rules, added %v, removed %v, %v", len(v.Rules), v.Added, v.Removed, err)
	}
}

// What was really decided and would come out differently is found, and only that.
func TestReplay(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	for range 2 { // refused, and recorded as such
		if _, err := w.Service.AuditEntries(w.As(w.Lead, "accountant"), 0, 1); !fault.Is(err, fault.Forbidden) {
			t.Fatal(err)
		}
	}
	d := newDraft(t, w, "policy_admin", allowRule(tenant.Accountant, "", policy.AuditOwn, policy.Read), denyRule(tenant.EntityManager, w.Entity.ID, policy.ProjectOwn, policy.Submit))
	got, err := w.Service.PreviewPolicyDraft(w.As(w.Lead, "policy_admin"), d.ID)
	if err != nil || len(got.Replay.Changes) != 2 {
		t.Fatalf("%+v %v", got.Replay, err)
	}
	gain, loss := got.Replay.Changes[0], got.Replay.Changes[1]
	if !gain.Allowed || gain.Count != 2 || gain.Tenant != w.Lead.ID || !slices.Equal(gain.Roles, []tenant.Role{tenant.Accountant}) {
		t.Errorf("%+v", gain)
	}
	if loss.Allowed || loss.Count != 1 || loss.Tenant != w.Entity.ID || loss.Action != policy.Submit {
		t.Errorf("%+v", loss)
	}
}

// A process that follows has the new policy before anybody asks for it; one that does not
// follow decides as rightly.
func TestFollowPolicies(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.Service.FollowPolicies(ctx); close(ended) }()
	defer func() { stop(); <-ended }()
	deaf := service.New(service.Config{DB: w.DB, Master: w.Master})
	for range 3 {
		for _, of := range []bool{false, true} {
			rules := defaultsAnd()
			if of {
				rules = defaultsAnd("p, role:accountant, *, audit@own, verify, allow")
			}
			if _, err := w.Service.Host().ApplyPolicy(t.Context(), w.Lead.Network, rules, "prova"); err != nil {
				t.Fatal(err)
			}
			for _, s := range []*service.Service{w.Service, deaf} {
				err := second(s.VerifyAudit(w.As(w.Lead, "accountant")))
				if of != (err == nil) {
					t.Errorf("allowed %v: %v", of, err)
				}
			}
		}
		w.Admin(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'")
		time.Sleep(50 * time.Millisecond)
	}
}
