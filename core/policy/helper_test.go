// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"fmt"
	"testing"

	"github.com/satis-toscana/satis/core/tenant"
)

// uuid makes a readable id: its sort in the first group, its number in the last.
func uuid(sort, n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", sort, n) }

func tenantID(n int) tenant.ID   { return tenant.ID(uuid(1, n)) }
func userID(n int) tenant.UserID { return tenant.UserID(uuid(2, n)) }

const (
	network      = tenant.NetworkID("00000003-0000-4000-8000-000000000001")
	otherNetwork = tenant.NetworkID("00000003-0000-4000-8000-000000000002")
)

var (
	entityA  = tenantID(1)
	entityB  = tenantID(2)
	services = tenantID(3)
	lead     = tenantID(4)
)

// kindOf tells the kind of the four organisations above.
func kindOf(t tenant.ID) tenant.Kind {
	switch t {
	case entityA, entityB:
		return tenant.ImplementingEntity
	case services:
		return tenant.SocialServices
	case lead:
		return tenant.LeadAgency
	}
	return tenant.ImplementingEntity
}

// acting is a user at work for an organisation of the network.
func acting(u tenant.UserID, t tenant.ID) tenant.Actor {
	return tenant.Actor{User: u, Tenant: t, Kind: kindOf(t), Network: network}
}

func mustDefaults(t testing.TB) []Rule {
	t.Helper()
	rules, err := Defaults()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func mustCompile(t testing.TB, version int64, rules []Rule, grants []Grant) *Snapshot {
	t.Helper()
	s, err := Compile(network, version, rules, grants)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oneOfEach compiles the rules with one user for every role; as tells his actor.
func oneOfEach(t testing.TB, rules []Rule) (s *Snapshot, as func(tenant.Role) tenant.Actor) {
	t.Helper()
	home := map[tenant.Kind]tenant.ID{
		tenant.ImplementingEntity: entityA, tenant.SocialServices: services, tenant.LeadAgency: lead,
	}
	actors := map[tenant.Role]tenant.Actor{}
	var grants []Grant
	for i, r := range AllRoles() {
		kind, _ := tenant.KindOf(r)
		actors[r] = acting(userID(i), home[kind])
		grants = append(grants, Grant{userID(i), r, home[kind]})
	}
	return mustCompile(t, 1, rules, grants), func(r tenant.Role) tenant.Actor { return actors[r] }
}
