// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// Roles and organisations move the policy's counter between publications; every recorded
// decision still tells a version that can be opened, the one in force then. What the host's
// commands tell is the same number.
func TestDecisionsTellTheirRules(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	h, dpo, sec := w.Service.Host(), w.As(w.Lead, "data_protection_officer"), w.As(w.Lead, "secretariat")
	refused := func() { // an entry under what is in force now
		wantCode(t, w.Service.GrantRole(w.As(w.Lead, "evaluator"), w.Entity.ID, w.Actor(w.Entity, "operator").User, tenant.EntityManager), "not_allowed")
	}
	versionNow := func() int64 {
		m, err := w.Service.PolicyMatrix(dpo, service.MatrixQuery{Kind: tenant.LeadAgency})
		must(t, err)
		return m.Version
	}
	var want []int64
	for i, rule := range []string{"", "p, role:accountant, *, subsidy@submitted, list, allow", "p, role:approver, *, subsidy@submitted, list, deny"} {
		if rule != "" {
			change, err := h.ApplyPolicy(t.Context(), w.Lead.Network, defaultsAnd(rule), "prova")
			must(t, err)
			if got := versionNow(); change.Version != got || got <= want[len(want)-1] {
				t.Errorf("the host is told version %d, the page %d, after %v", change.Version, got, want)
			}
		}
		refused()
		must(t, w.Service.GrantRole(sec, w.Entity.ID, w.Actor(w.Entity, "operator").User, []tenant.Role{tenant.EntityManager, tenant.EntityAdmin}[i%2]))
		must(t, w.Service.TakeRole(sec, w.Entity.ID, w.Actor(w.Entity, "operator").User, []tenant.Role{tenant.EntityManager, tenant.EntityAdmin}[i%2]))
		refused()
		preview, err := h.PreviewPolicy(t.Context(), w.Lead.Network, defaultsAnd())
		must(t, err)
		if got := versionNow(); preview.Version != got {
			t.Errorf("the host is told version %d, the page %d", preview.Version, got)
		}
		want = append(want, versionNow(), versionNow())
	}
	list, err := w.Service.DecisionAudit(dpo, service.AuditQuery{Outcome: "refused", Actor: w.Actor(w.Lead, "evaluator").User})
	must(t, err)
	var got []int64
	for _, d := range list {
		if _, err := w.Service.PolicyVersion(dpo, d.RulesVersion); err != nil {
			t.Errorf("version %d cannot be opened: %v", d.RulesVersion, err)
		}
		got = append(got, d.RulesVersion)
	}
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		t.Errorf("versions %v, want %v", got, want)
	}
	own, err := w.Service.DecisionAudit(w.As(w.Entity, "entity_admin"), service.AuditQuery{})
	must(t, err)
	for _, d := range own {
		if e, err := d.Entry(); err != nil || (d.RulesVersion == 0) != (e.PolicyVersion == 0) {
			t.Errorf("an entity's entry: %+v %v", d, err)
		}
	}
}

// What the host puts into force is recorded as a publication of the page's is: version, base
// and each role.
func TestHostPublicationIsRecorded(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	c := roleOf(w, w.Entity, "operator", tenant.EntityManager, false)
	_, err := w.Service.Host().ApplyPolicy(t.Context(), w.Lead.Network, defaultsAnd(), "perché sì", c)
	must(t, err)
	list, err := w.Service.DecisionAudit(w.As(w.Lead, "data_protection_officer"), service.AuditQuery{Action: "publish"})
	must(t, err)
	if len(list) != 2 {
		t.Fatalf("%d entries", len(list))
	}
	e, err := list[0].Entry()
	must(t, err)
	versions, err := w.Service.PolicyVersions(w.As(w.Lead, "data_protection_officer"))
	must(t, err)
	if e.Detail["event"] != "publish" || e.Detail["by"] != "host" || e.Detail["base"] != "1" || e.Detail["version"] != strconv.FormatInt(versions[0].Version, 10) || len(e.Detail) != 4 {
		t.Errorf("%+v", e)
	}
	if e, err = list[1].Entry(); err != nil || e.ID != string(c.User) || e.Detail["step"] != "grant" || e.Detail["role"] != "entity_manager" || e.Detail["tenant"] != string(w.Entity.ID) {
		t.Errorf("%+v %v", e, err)
	}
}
