// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// version is that of the policy in force in a network.
func version(tb testing.TB, e dbtest.Env, n tenant.NetworkID) (v int64) {
	tb.Helper()
	e.Query(tb, &v, "SELECT version FROM policy_head WHERE network_id = $1", n)
	return v
}

// scope is a transaction of an actor under the policy in force.
func scope(tb testing.TB, e dbtest.Env, a tenant.Actor, write bool) postgres.Scope {
	tb.Helper()
	return postgres.Scope{Actor: a, PolicyVersion: version(tb, e, a.Network), Write: write}
}
