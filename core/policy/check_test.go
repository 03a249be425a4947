// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// refusal compiles good rows with the bad ones among them, and expects to be refused.
func refusal(t *testing.T, bad []Rule, badGrants []Grant) *fault.Error {
	t.Helper()
	rules := append(mustDefaults(t)[:3:3], bad...)
	grants := append([]Grant{{anna, tenant.Operator, entityA}}, badGrants...)
	s, err := Compile(network, 1, rules, grants)
	if s != nil || err == nil {
		t.Fatal("compiled a bad row")
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid {
		t.Fatalf("not a fault of kind invalid: %v", err)
	}
	return f
}

func TestBadRulesAreRefusedWhole(t *testing.T) {
	good := Rule{Role: tenant.Operator, Object: ProjectOwn, Action: Edit, Line: 40}
	change := func(f func(*Rule)) []Rule { r := good; f(&r); return []Rule{r} }
	tests := []struct {
		name, code, reason string
		rules              []Rule
	}{
		{"unknown role", codeUnknownRole, `line 40: unknown role "chief"`, change(func(r *Rule) { r.Role = "chief" })},
		{"no role", codeUnknownRole, `unknown role ""`, change(func(r *Rule) { r.Role = "" })},
		{"Casbin's spelling of a role", codeUnknownRole, "unknown role", change(func(r *Rule) { r.Role = "role:operator" })},
		{"unknown object", codeUnknownPermission, `line 40: unknown permission "case@own" "edit"`, change(func(r *Rule) { r.Object = "case@own" })},
		{"no relation", codeUnknownPermission, "unknown permission", change(func(r *Rule) { r.Object = "project" })},
		{"unknown action", codeUnknownPermission, "unknown permission", change(func(r *Rule) { r.Action = "erase" })},
		{"known words that never meet", codeUnknownPermission, "unknown permission", change(func(r *Rule) { r.Action = Settle })},
		{"a comma in a word", codeUnknownPermission, "unknown permission", change(func(r *Rule) { r.Action = "edit, allow" })},
		{"a wildcard", codeUnknownPermission, "unknown permission", change(func(r *Rule) { r.Action = "*" })},
		{"an unknown word denied", codeUnknownPermission, "unknown permission", change(func(r *Rule) { r.Action = "erase"; r.Deny = true })},
		{"a tenant that is no UUID", codeMalformed, "line 40: the tenant's id is not a UUID", change(func(r *Rule) { r.Tenant = "*" })},
		{"a tenant in capitals", codeMalformed, "not a UUID", change(func(r *Rule) { r.Tenant = "0000000A-0000-4000-8000-000000000001" })},
		{"an override in a tenant of another kind", codeKind, "line 40: role evaluator belongs to another kind than implementing_entity",
			change(func(r *Rule) {
				r.Role, r.Tenant, r.Object, r.Action = tenant.Evaluator, entityA, ProjectSubmitted, Recommend
			})},
		{"the same rule twice", codeDuplicate, "line 41: the same rule stands at line 40", []Rule{good, {Role: good.Role, Object: good.Object, Action: good.Action, Line: 41}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := refusal(t, tt.rules, nil)
			if len(f.Fields) != 1 || f.Fields[0].Code != tt.code || !strings.Contains(f.Error(), tt.reason) {
				t.Errorf("%v", f)
			}
		})
	}
}

func TestBadGrantsAreRefusedWhole(t *testing.T) {
	tests := []struct {
		name, code, reason string
		grant              Grant
	}{
		{"unknown role", codeUnknownRole, `grant 2: unknown role "chief"`, Grant{anna, "chief", entityA}},
		{"a user that is no UUID", codeMalformed, "grant 2: the user's id is not a UUID", Grant{"anna", tenant.Operator, entityA}},
		{"a user spelled like a role", codeMalformed, "user's id", Grant{"role:operator", tenant.Operator, entityA}},
		{"no tenant", codeMalformed, "grant 2: the tenant's id is not a UUID", Grant{anna, tenant.Operator, ""}},
		{"every tenant", codeMalformed, "tenant's id", Grant{anna, tenant.Operator, "*"}},
		{"a role of another kind", codeKind, "grant 2: role approver in an organisation with roles of kind implementing_entity", Grant{anna, tenant.Approver, entityA}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := refusal(t, nil, []Grant{tt.grant})
			if len(f.Fields) != 1 || f.Fields[0].Code != tt.code || !strings.Contains(f.Error(), tt.reason) {
				t.Errorf("%v", f)
			}
			if strings.Contains(f.Error(), string(tt.grant.User)) && tt.grant.User != "" {
				t.Errorf("the refusal names the user: %v", f)
			}
		})
	}
}

func TestAllBadRowsAreReported(t *testing.T) {
	f := refusal(t, []Rule{{Role: "x", Line: 90}, {Role: "y"}}, []Grant{{anna, "z", entityA}})
	var paths []string
	for _, field := range f.Fields {
		paths = append(paths, field.Path)
	}
	// The rule without a line is told by its place.
	if d := cmp.Diff([]string{"grants/2", "rules/90", "rules/5"}, paths); d != "" {
		t.Error(d)
	}
	if n := len(refusal(t, make([]Rule, 500), nil).Fields); n != maxComplaints {
		t.Errorf("%d complaints", n)
	}
}

func TestCompileRefusesNoNetwork(t *testing.T) {
	for _, n := range []tenant.NetworkID{"", "toscana"} {
		if _, err := Compile(n, 1, nil, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", n, err)
		}
	}
	if _, err := Compile(network, -1, nil, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("version -1: %v", err)
	}
}
