// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
)

// The database knows the same roles of the same kinds as the program: one that is added
// there and forgotten here could not be given, one that moved could be given elsewhere.
func TestRolesOfTheDatabase(t *testing.T) {
	e := dbtest.New(t)
	for _, r := range policy.AllRoles() {
		want, _ := tenant.KindOf(r)
		var got string
		e.Query(t, &got, "SELECT coalesce(role_kind($1), '')", string(r))
		if got != string(want) {
			t.Errorf("%s is of %q there, of %q here", r, got, want)
		}
	}
	var none bool
	e.Query(t, &none, "SELECT role_kind('emperor') IS NULL")
	if !none {
		t.Error("a word that is no role has a kind")
	}
}
