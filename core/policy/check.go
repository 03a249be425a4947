// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"fmt"

	"github.com/satis-toscana/satis/core/tenant"
)

// check looks at every row before any is used. It reports all that is wrong, not just the
// first: an administrator mends a draft in one go.
func check(network tenant.NetworkID, version int64, rules []Rule, grants []Grant) error {
	var bad complaints
	if !tenant.ValidUUID(string(network)) {
		bad.whole("network", "the network's id is not a UUID")
	}
	if version < 0 {
		bad.whole("version", "the version is below zero")
	}
	kinds := checkGrants(grants, &bad)
	checkRules(rules, kinds, &bad)
	return bad.err()
}

// checkRules looks at each rule by itself, and for rules given twice.
func checkRules(rules []Rule, kinds map[tenant.ID]tenant.Kind, bad *complaints) {
	seen := make(map[Rule]Complaint, len(rules))
	for i, r := range rules {
		line := r.Line
		if line == 0 {
			line = i + 1
		}
		if code, reason := faultOf(r, kinds); code != "" {
			bad.rule(r.File, line, code, reason)
			continue
		}
		bare := r.bare()
		if first, twice := seen[bare]; twice {
			bad.rule(r.File, line, codeDuplicate, "the same rule stands at "+first.place())
			continue
		}
		seen[bare] = Complaint{File: r.File, Line: line}
	}
}

// CheckTenants refuses an organisation's own rules where it is not of the network, whose
// organisations have these kinds, or of another kind than the role: fault.Invalid, as Compile.
func CheckTenants(rules []Rule, kinds map[tenant.ID]tenant.Kind) error {
	var bad complaints
	for i, r := range rules {
		line := r.Line
		if line == 0 {
			line = i + 1
		}
		kind, _ := tenant.KindOf(r.Role)
		switch have, ok := kinds[r.Tenant]; {
		case r.Tenant == "" || have == kind:
		case !ok:
			bad.rule(r.File, line, codeUnknownTenant, "tenant:"+string(r.Tenant)+" is not an organisation of the network")
		default:
			bad.rule(r.File, line, codeKind, fmt.Sprintf("role %s belongs to another kind than %s", r.Role, have))
		}
	}
	return bad.err()
}

// faultOf tells what is wrong with a rule; an empty code means nothing is. Words of the
// vocabulary are named, an unknown word is not echoed unless it is harmless to show.
func faultOf(r Rule, kinds map[tenant.ID]tenant.Kind) (code, reason string) {
	kind, ok := tenant.KindOf(r.Role)
	switch {
	case !ok:
		return codeUnknownRole, fmt.Sprintf("unknown role %.40q", string(r.Role))
	case r.Tenant != "" && !tenant.ValidUUID(string(r.Tenant)):
		return codeMalformed, "the tenant's id is not a UUID"
	}
	if inv := broken(r); inv != nil {
		return inv.Code, fmt.Sprintf("%s %s to %s: %s", r.Object, r.Action, r.Role, inv.Why)
	}
	switch {
	case !Known(r.Object, r.Action):
		return codeUnknownPermission, fmt.Sprintf("unknown permission %.40q %.40q", string(r.Object), string(r.Action))
	case r.Tenant != "" && kinds[r.Tenant] != "" && kinds[r.Tenant] != kind:
		return codeKind, fmt.Sprintf("role %s belongs to another kind than %s", r.Role, kinds[r.Tenant])
	}
	return "", ""
}

// checkGrants looks at each grant and tells the kind of every organisation granted in.
func checkGrants(grants []Grant, bad *complaints) map[tenant.ID]tenant.Kind {
	kinds := make(map[tenant.ID]tenant.Kind)
	for i, g := range grants {
		kind, ok := tenant.KindOf(g.Role)
		have := kinds[g.Tenant]
		switch {
		case !ok:
			bad.grant(i+1, codeUnknownRole, fmt.Sprintf("unknown role %.40q", string(g.Role)))
		case !tenant.ValidUUID(string(g.User)):
			bad.grant(i+1, codeMalformed, "the user's id is not a UUID")
		case !tenant.ValidUUID(string(g.Tenant)):
			bad.grant(i+1, codeMalformed, "the tenant's id is not a UUID")
		case have != "" && have != kind:
			bad.grant(i+1, codeKind, fmt.Sprintf("role %s in an organisation with roles of kind %s", g.Role, have))
		default:
			kinds[g.Tenant] = kind
		}
	}
	return kinds
}
