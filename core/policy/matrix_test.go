// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/tenant"
)

// cell finds a cell of a matrix.
func cell(t *testing.T, rows []Row, r tenant.Role, o Object, a Action) Cell {
	t.Helper()
	for _, row := range rows {
		for _, c := range row.Cells {
			if row.Permission == (Permission{o, a}) && c.Role == r {
				return c
			}
		}
	}
	t.Fatalf("no cell for %s %s %s", r, o, a)
	return Cell{}
}

// The matrix of the defaults says what the golden file says, and leads to the rules.
func TestMatrix(t *testing.T) {
	s, as := oneOfEach(t, mustDefaults(t))
	for _, k := range tenant.Kinds() {
		for _, row := range s.Matrix(k, "") {
			for _, c := range row.Cells {
				if c.Allowed != s.Allowed(as(c.Role), row.Object, row.Action) || c.Allowed != (len(c.Rules) == 1) || (c.Allowed && c.NeverAllow != nil) {
					t.Errorf("%v: %+v", row.Permission, c)
				}
				if (c.Own == EffectAllow) != c.Allowed {
					t.Errorf("%v: own %s", row.Permission, c.Own)
				}
			}
		}
	}
	lead := s.Matrix(tenant.LeadAgency, "")
	if slices.ContainsFunc(lead, func(r Row) bool { return r.Object == IdentityOwn }) {
		t.Error("the lead's matrix has a row of identity")
	}
	if c := cell(t, lead, tenant.Approver, ProjectSubmitted, Recommend); c.NeverAllow == nil || c.NeverAllow.Code != "policy_two_acts" {
		t.Errorf("%+v", c)
	}
	if c := cell(t, s.Matrix(tenant.ImplementingEntity, ""), tenant.Operator, ProjectOwn, Withdraw); c.NeverDeny == nil {
		t.Errorf("%+v", c)
	}
}

// Choosing an effect makes it so, keeps every other rule, and can be taken back.
func TestApply(t *testing.T) {
	rules := mustDefaults(t)
	at := Place{tenant.Operator, entityA, Permission{PersonOwn, Create}}
	denied := Apply(rules, []CellEdit{{at, EffectDeny}})
	s := mustCompile(t, 2, denied, nil)
	c := cell(t, s.Matrix(tenant.ImplementingEntity, entityA), tenant.Operator, PersonOwn, Create)
	if c.Allowed || c.Own != EffectDeny || len(c.Rules) != 1 || c.Rules[0].Tenant != entityA {
		t.Errorf("%+v", c)
	}
	if c := cell(t, s.Matrix(tenant.ImplementingEntity, entityB), tenant.Operator, PersonOwn, Create); !c.Allowed || c.Own != EffectDefault {
		t.Errorf("elsewhere: %+v", c)
	}
	if len(denied) != len(rules)+1 || denied[len(denied)-1].Line != len(denied) {
		t.Errorf("%d rules of %d", len(denied), len(rules))
	}
	again := Apply(denied, []CellEdit{{at, EffectDeny}})
	if Format(again) != Format(denied) {
		t.Error("the same choice changed something")
	}
	back := Apply(again, []CellEdit{{at, EffectDefault}})
	if Format(back) != Format(rules) {
		t.Error("it cannot be taken back")
	}
	turned := Apply(rules, []CellEdit{{Place{tenant.Operator, "", at.Permission}, EffectDeny}})
	if added, removed := RuleDiff(rules, turned); len(added) != 1 || len(removed) != 1 || !added[0].Deny {
		t.Errorf("added %v, removed %v", added, removed)
	}
	if reread, err := Parse(Format(turned)); err != nil || Format(reread) != Format(turned) || reread[7].Line != turned[7].Line {
		t.Errorf("read again: %v", err)
	}
}

func TestSetBy(t *testing.T) {
	a, b := allow(tenant.Operator, PersonOwn, List), allow(tenant.Operator, PersonOwn, Read)
	place := func(r Rule) Place { return Place{r.Role, r.Tenant, Permission{r.Object, r.Action}} }
	by := SetBy([]Edition{{1, []Rule{a}}, {4, []Rule{a, b}}, {5, []Rule{b}}, {9, []Rule{b, b.denied(), b.in(entityA)}}})
	for want, at := range map[int64]Place{5: place(a), 9: place(b), 1: place(allow(tenant.Operator, PersonOwn, Create))} {
		if got := by(at); got != want {
			t.Errorf("%v set by %d, want %d", at, got, want)
		}
	}
	if got := by(place(b.in(entityA))); got != 9 {
		t.Errorf("override set by %d", got)
	}
}

// A decision that no policy can turn says by which law.
func TestDecideTellsTheInvariant(t *testing.T) {
	s, _ := oneOfEach(t, mustDefaults(t))
	d := s.Decide([]tenant.Role{tenant.Evaluator, tenant.Secretariat}, "", IdentityOwn, Read)
	if d.Allowed || len(d.Rules) != 0 || d.Invariant == nil || d.Invariant.Code != "policy_identity_to_lead" {
		t.Errorf("%+v", d)
	}
	if d := s.Decide([]tenant.Role{tenant.EntityManager}, "", PersonOwn, Create); d.Allowed || d.Invariant != nil {
		t.Errorf("%+v", d)
	}
}

func TestMustCasesHoldForDefaults(t *testing.T) {
	if _, err := parseMusts("allow, role:operator, project@own\n"); err == nil {
		t.Error("a case in three parts was read")
	}
	for _, bad := range []string{"maybe, role:operator, project@own, read, x, y", "allow, role:boss, project@own, read, x, y", "allow, role:operator, project@own, fly, x, y", "allow, kind:none, project@own, read, x, y"} {
		if _, err := parseMusts(bad); err == nil {
			t.Errorf("read: %s", bad)
		}
	}
	s, _ := oneOfEach(t, mustDefaults(t))
	if list := CheckMust(s); len(list) != 0 || len(Musts()) < 20 {
		t.Errorf("%d cases, broken: %+v", len(Musts()), list)
	}
	if err := RefuseBroken(s); err != nil {
		t.Error(err)
	}
}

// Taking a right that must be there is found, everywhere or in one organisation.
func TestMustCasesBreak(t *testing.T) {
	rules := mustDefaults(t)
	sign := Place{tenant.SocialWorker, "", Permission{ProjectShared, Sign}}
	for name, tt := range map[string]struct {
		edit CellEdit
		code string
		in   tenant.ID
	}{
		"gone":           {CellEdit{sign, EffectDefault}, "must_work_goes_on", ""},
		"denied in one":  {CellEdit{Place{sign.Role, services, sign.Permission}, EffectDeny}, "must_work_goes_on", services},
		"given too much": {CellEdit{Place{tenant.PolicyAdmin, "", Permission{AuditOwn, Read}}, EffectAllow}, "must_watchers_apart", ""},
	} {
		s := mustCompile(t, 2, Apply(rules, []CellEdit{tt.edit}), nil)
		list := CheckMust(s)
		if len(list) != 1 || list[0].Code != tt.code || list[0].Tenant != tt.in {
			t.Errorf("%s: %+v", name, list)
		}
		if err := RefuseBroken(s); err == nil || !strings.Contains(err.Error(), list[0].Why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Files are refused whole, with file and line of every mistake.
func TestFilesTellWhere(t *testing.T) {
	good := Format(mustDefaults(t))
	_, _, err := ParseFiles([]Source{{"one.csv", good}, {"two.csv", "# title\np, role:operator, *, person@own\nnonsense\n"}})
	r, ok := errors.AsType[*Refusal](err)
	if !ok || len(r.Complaints) != 2 || !strings.Contains(err.Error(), "two.csv:2: want") || !strings.Contains(err.Error(), "two.csv:3: ") {
		t.Fatalf("%v", err)
	}
	rules, _, err := ParseFiles([]Source{{"one.csv", good}, {"two.csv", "\np, role:evaluator, *, identity@own, read, allow\n" + rules0(good)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(network, 1, rules, nil)
	if err == nil || !strings.Contains(err.Error(), "two.csv:2: identity@own read to evaluator: identity is never") || !strings.Contains(err.Error(), "two.csv:3: the same rule stands at one.csv:1") {
		t.Errorf("%v", err)
	}
}

// rules0 is the first line of a policy.
func rules0(text string) string { first, _, _ := strings.Cut(text, "\n"); return first + "\n" }
