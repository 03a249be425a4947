// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/policies"
)

// Must is a case that every version of a policy keeps. Invariants refuse single rules; a
// case looks at what all rules together give a role.
type Must struct {
	// Allow is what the answer must be.
	Allow bool
	Role  tenant.Role
	Permission
	// Code is the text's key in the catalogue, Why the same in plain English.
	Code, Why string
}

// Broken is a case that a policy turns.
type Broken struct {
	Must
	// Tenant is the organisation whose own rules turn it; "" means everywhere.
	Tenant tenant.ID
}

// Musts lists the cases of policies/must.csv.
func Musts() []Must { return slices.Clone(musts()) }

// musts panics where the embedded file is wrong: a test reads it first.
var musts = sync.OnceValue(func() []Must {
	list, err := parseMusts(policies.Must)
	if err != nil {
		panic(err)
	}
	return list
})

// CheckMust tries every case against a policy, for every organisation with rules of its own
// and for the rest. Nothing means that the policy keeps them all.
func CheckMust(s *Snapshot) []Broken {
	var out []Broken
	for _, m := range musts() {
		kind, _ := tenant.KindOf(m.Role)
		for _, t := range append([]tenant.ID{""}, s.overriding(kind)...) {
			if s.AllowedRoles([]tenant.Role{m.Role}, t, m.Object, m.Action) != m.Allow {
				out = append(out, Broken{m, t})
				if t == "" {
					break // everywhere says it all
				}
			}
		}
	}
	return out
}

// RefuseBroken is an error of kind fault.Invalid with a field for each case that the policy
// turns, or nil.
func RefuseBroken(s *Snapshot) error {
	var bad complaints
	for i, b := range CheckMust(s) {
		where := ""
		if b.Tenant != "" {
			where = " in tenant:" + string(b.Tenant)
		}
		word := map[bool]string{true: "must be allowed", false: "must be denied"}[b.Allow]
		bad.add(fmt.Sprintf("must/%d", i+1), Complaint{Code: b.Code, Reason: fmt.Sprintf("%s %s %s %s%s: %s", b.Role, word, b.Object, b.Action, where, b.Why)})
	}
	return bad.err()
}

func parseMusts(text string) ([]Must, error) {
	var out []Must
	for n, parts := range lines(text) {
		list, err := parseMust(parts)
		if err != nil {
			return nil, fault.Wrap(fmt.Errorf("must.csv:%d: %w", n, err), fault.Internal, "internal")
		}
		out = append(out, list...)
	}
	return out, nil
}

// parseMust reads one line, which is a case for each role of a kind where it names a kind.
func parseMust(f []string) ([]Must, error) {
	if len(f) < 6 {
		return nil, fmt.Errorf("want six parts, not %d", len(f))
	}
	f = append(f[:5:5], strings.Join(f[5:], ", ")) // the reason may have commas of its own
	m := Must{Allow: f[0] == "allow", Permission: Permission{Object(f[2]), Action(f[3])}, Code: f[4], Why: f[5]}
	roles := []tenant.Role{tenant.Role(strings.TrimPrefix(f[1], rolePrefix))}
	if kind, ok := strings.CutPrefix(f[1], "kind:"); ok {
		roles = tenant.RolesOf(tenant.Kind(kind))
	}
	if (f[0] != "allow" && f[0] != "deny") || !Known(m.Object, m.Action) || len(roles) == 0 {
		return nil, fmt.Errorf("not a case: %q", strings.Join(f, ", "))
	}
	var out []Must
	for _, r := range roles {
		if _, ok := tenant.KindOf(r); !ok {
			return nil, fmt.Errorf("unknown role %q", r)
		}
		m.Role = r
		out = append(out, m)
	}
	return out, nil
}
