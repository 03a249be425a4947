// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/tenant"
)

var update = flag.Bool("update", false, "write golden.csv anew")

const goldenFile = "../../policies/golden.csv"

// A change of the defaults must show as a change of the matrix, which a reviewer can read.
func TestGoldenMatrix(t *testing.T) {
	s, as := oneOfEach(t, mustDefaults(t))
	got := matrix(s, as)
	if *update {
		if err := os.WriteFile(goldenFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("the effective rights changed; if meant, run with -update (- golden, + now):\n%s", d)
	}
}

// matrix spells out who may what: a line for each permission, a column for each role.
func matrix(s *Snapshot, as func(tenant.Role) tenant.Actor) string {
	var b strings.Builder
	b.WriteString("object,action")
	for _, r := range AllRoles() {
		b.WriteString("," + string(r))
	}
	for _, p := range Permissions() {
		b.WriteString("\n" + string(p.Object) + "," + string(p.Action))
		for _, r := range AllRoles() {
			b.WriteString(map[bool]string{true: ",allow", false: ",deny"}[s.Allowed(as(r), p.Object, p.Action)])
		}
	}
	return b.String() + "\n"
}

// The cases that no edit of the matrix may turn, in the words of their reasons.
func TestDefaultsMustDeny(t *testing.T) {
	s, as := oneOfEach(t, mustDefaults(t))
	leadRoles := tenant.RolesOf(tenant.LeadAgency)
	tests := []struct {
		why   string
		roles []tenant.Role
		obj   Object
		act   Action
	}{
		{"the lead never sees a name", leadRoles, IdentityOwn, Read},
		{"the lead never sees a name", leadRoles, IdentityShared, Read},
		{"nobody is let in in an emergency unless the policy_admins say so", AllRoles(), IdentitySubmitted, BreakGlass},
		{"the lead never edits a plan", leadRoles, ProjectOwn, Edit},
		{"the lead never edits a plan", leadRoles, ProjectSubmitted, Edit},
		{"the manager signs what others wrote", []tenant.Role{tenant.EntityManager}, ProjectOwn, Edit},
		{"the operator does not sign for the entity", []tenant.Role{tenant.Operator}, ProjectOwn, Sign},
		{"the evaluator does not decide", []tenant.Role{tenant.Evaluator}, ProjectSubmitted, Approve},
		{"the approver does not evaluate", []tenant.Role{tenant.Approver}, ProjectSubmitted, Recommend},
		{"an administrator sees no case", []tenant.Role{tenant.EntityAdmin}, ProjectOwn, List},
		{"the secretariat sees no case", []tenant.Role{tenant.Secretariat}, ProjectSubmitted, List},
		{"one who admits plugins writes no policy", []tenant.Role{tenant.PluginAdmin}, PolicyNetwork, Draft},
		{"one who writes policies admits no plugins", []tenant.Role{tenant.PolicyAdmin}, PluginNetwork, Approve},
		{"one who runs the network sees nobody's courses", []tenant.Role{tenant.PluginAdmin, tenant.Secretariat, tenant.PolicyAdmin}, EnrolmentOwn, List},
	}
	for _, tt := range tests {
		for _, r := range tt.roles {
			if s.Allowed(as(r), tt.obj, tt.act) {
				t.Errorf("%s may %s %s, but %s", r, tt.act, tt.obj, tt.why)
			}
		}
	}
}

func TestDefaultsMustAllow(t *testing.T) {
	s, as := oneOfEach(t, mustDefaults(t))
	tests := []struct {
		role tenant.Role
		obj  Object
		act  Action
	}{
		{tenant.Operator, ProjectOwn, Withdraw}, // the person can leave at any time
		{tenant.Operator, ConsentOwn, Withdraw},
		{tenant.Operator, IdentityOwn, Write},
		{tenant.EntityManager, ProjectOwn, Submit},
		{tenant.SocialWorker, ProjectShared, Sign},
		{tenant.Evaluator, ProjectSubmitted, Recommend},
		{tenant.Approver, ProjectSubmitted, Approve},
		{tenant.PolicyAdmin, PolicyNetwork, Publish},
	}
	for _, tt := range tests {
		if !s.Allowed(as(tt.role), tt.obj, tt.act) {
			t.Errorf("%s may not %s %s", tt.role, tt.act, tt.obj)
		}
	}
}

// A permission that nobody has by default is most likely a rule that was forgotten.
func TestDefaultsUseTheWholeVocabulary(t *testing.T) {
	used := map[Permission]bool{emergency: true} // nobody has it before two policy_admins say so
	for _, r := range mustDefaults(t) {
		used[Permission{r.Object, r.Action}] = true
	}
	for _, p := range Permissions() {
		if !used[p] {
			t.Errorf("nobody may %s %s", p.Action, p.Object)
		}
	}
}
