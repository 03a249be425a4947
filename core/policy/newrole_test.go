// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// A role that is added to the product may nothing until a policy says so, whatever it is
// called: no rule of the defaults, not even one for everybody, reaches it.
func TestNewRoleMayNothing(t *testing.T) {
	const added tenant.Role = "statistician"
	rules, err := Defaults()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compile(testNetwork, 1, rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Permissions() {
		for _, in := range []tenant.ID{"", testTenant} {
			if s.AllowedRoles([]tenant.Role{added}, in, p.Object, p.Action) {
				t.Errorf("%s may %s %s", added, p.Action, p.Object)
			}
		}
	}
	for what, err := range map[string]error{
		"a rule":  second(Compile(testNetwork, 1, append(rules, Rule{Role: added, Object: PersonOwn, Action: Read}), nil)),
		"a grant": second(Compile(testNetwork, 1, rules, []Grant{{User: testUser, Role: added, Tenant: testTenant}})),
	} {
		if e, ok := errors.AsType[*fault.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Code != codeUnknownRole {
			t.Errorf("%s for it before it has a kind of organisation: %v", what, err)
		}
	}
}

const (
	testNetwork tenant.NetworkID = "00000000-0000-4000-8000-000000000001"
	testTenant  tenant.ID        = "00000000-0000-4000-8000-000000000002"
	testUser    tenant.UserID    = "00000000-0000-4000-8000-000000000003"
)

func second(_ *Snapshot, err error) error { return err }

// Every role that the source declares belongs to a kind, and so to the golden matrix, to the
// door of the service and to the database's own list, whose tests go through AllRoles.
func TestDeclaredRolesAreKnown(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../tenant/tenant.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []tenant.Role
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Role" {
			for _, value := range v.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				declared = append(declared, tenant.Role(text))
			}
		}
		return true
	})
	known := AllRoles()
	slices.Sort(declared)
	slices.Sort(known)
	if !slices.Equal(declared, known) {
		t.Errorf("declared %v, known %v", declared, known)
	}
}
