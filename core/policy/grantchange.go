// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// GrantChange gives a user a role in an organisation, or takes it away.
type GrantChange struct {
	Grant
	Take bool
	// File and Line are where it stood, the line from 1; they are for messages only.
	File string
	Line int
}

// The first word of a change's line, and the last.
const (
	grantWord = "g"
	wordGive  = "give"
	wordTake  = "take"
)

// String spells the change as a line of a policy file: "g, user:…, role:…, tenant:…, give".
func (c GrantChange) String() string {
	word := wordGive
	if c.Take {
		word = wordTake
	}
	return grantWord + ", " + strings.Join(c.fields(), ", ") + ", " + word
}

// FormatGrantChanges writes changes as ParseGrantChanges reads them, in order: the same
// changes are always the same text.
func FormatGrantChanges(list []GrantChange) string {
	lines := make([]string, len(list))
	for i, c := range list {
		lines[i] = c.String() + "\n"
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// ParseGrantChanges reads changes, one a line, with blank lines and those that begin with #
// left out. It refuses the whole for one malformed line: fault.Invalid with fields
// "grants/<line>".
func ParseGrantChanges(text string) ([]GrantChange, error) {
	var bad complaints
	var out []GrantChange
	for n, parts := range lines(text) {
		out = bad.takeGrant(out, "", n, parts)
	}
	return out, bad.err()
}

// takeGrant appends the change of a line, or complains about it.
func (c *complaints) takeGrant(changes []GrantChange, file string, n int, parts []string) []GrantChange {
	g, err := parseGrantChange(parts)
	if err != nil {
		c.grantLine(file, n, codeRoleMalformed, err.Error())
		return changes
	}
	g.File, g.Line = file, n
	return append(changes, g)
}

func parseGrantChange(f []string) (GrantChange, error) {
	if len(f) != 5 || f[0] != grantWord || (f[4] != wordGive && f[4] != wordTake) {
		return GrantChange{}, errors.New("want: g, user, role, tenant, give or take")
	}
	user, isUser := strings.CutPrefix(f[1], userPrefix)
	role, isRole := strings.CutPrefix(f[2], rolePrefix)
	in, isTenant := strings.CutPrefix(f[3], tenantPrefix)
	if !isUser || !isRole || !isTenant || !tenant.ValidUUID(user) || !tenant.ValidUUID(in) {
		return GrantChange{}, fmt.Errorf("want %q and a UUID, %q and a role, %q and a UUID", userPrefix, rolePrefix, tenantPrefix)
	}
	return GrantChange{Grant: Grant{tenant.UserID(user), tenant.Role(role), tenant.ID(in)}, Take: f[4] == wordTake}, nil
}

// overseers watch over the others: who writes policies, who admits plugins and who watches
// over both. One person does not hold two of them.
var overseers = []tenant.Role{tenant.PolicyAdmin, tenant.PluginAdmin, tenant.DataProtectionOfficer}

// Overseer tells whether a role watches over the others: who runs the users neither gives nor
// takes it, and does not suspend who holds it.
func Overseer(r tenant.Role) bool { return slices.Contains(overseers, r) }

// Apart tells whether one person may hold these roles in one organisation: not two that
// watch over each other.
func Apart(roles []tenant.Role) bool {
	seen := map[tenant.Role]bool{}
	for _, r := range roles {
		if Overseer(r) {
			seen[r] = true
		}
	}
	return len(seen) < 2
}

// ApplyGrants makes changes in grants. kinds are the organisations' own.
//
// The error is of kind fault.Invalid with a field "grants/<line>" for each change that cannot
// be made: an unknown role or organisation, a role of another kind than the organisation,
// somebody who holds nothing there (who is not a member is invited first), a role that is
// held already or is not held, the same change twice; any change of the data protection
// officer, whom the host of the installation appoints; and roles that watch over each other
// in one hand.
func ApplyGrants(grants []Grant, changes []GrantChange, kinds map[tenant.ID]tenant.Kind) ([]Grant, error) {
	var bad complaints
	held := make(map[Grant]bool, len(grants))
	members := make(map[member]bool, len(grants))
	for _, g := range grants {
		held[g] = true
		members[member{g.User, g.Tenant}] = true
	}
	seen := map[Grant]bool{}
	changes = slices.Clone(changes)
	for i, c := range changes {
		if c.Line == 0 {
			c.Line = i + 1
			changes[i].Line = c.Line
		}
		code := faultOfChange(c, kinds, members, held)
		if code == "" && seen[c.Grant] {
			code = codeRoleTwice
		}
		seen[c.Grant] = true
		if code != "" {
			bad.grantLine(c.File, c.Line, code, reasons[code])
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	out := slices.Clone(grants)
	for _, c := range changes {
		if c.Take {
			out = slices.DeleteFunc(out, func(g Grant) bool { return g == c.Grant })
		} else {
			out = append(out, c.Grant)
		}
	}
	for _, c := range changes {
		if !c.Take && Overseer(c.Role) && manyOverseers(out, c.Grant) {
			bad.grantLine(c.File, c.Line, codeRolesApart, reasons[codeRolesApart])
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	return out, nil
}

func manyOverseers(grants []Grant, g Grant) bool {
	var roles []tenant.Role
	for _, have := range grants {
		if have.User == g.User && have.Tenant == g.Tenant {
			roles = append(roles, have.Role)
		}
	}
	return !Apart(roles)
}

// Codes of a change of roles that cannot be made.
const (
	codeRoleMalformed = "role_line_malformed"
	codeRoleTwice     = "role_twice"
	codeRoleHeld      = "role_held"
	codeRoleNotHeld   = "role_not_held"
	codeNotAMember    = "not_a_member"
	codeByHost        = "given_by_host"
	codeRolesApart    = "roles_apart"
	codeUnknownTenant = "policy_unknown_tenant"
)

var reasons = map[string]string{
	codeRoleTwice: "the same role of the same person stands twice", codeRoleHeld: "the role is held already", codeRoleNotHeld: "the role is not held",
	codeNotAMember: "not a member of the organisation: invite first", codeByHost: "the host of the installation gives and takes this role",
	codeRolesApart: "roles that watch over each other, in one hand", codeUnknownTenant: "not an active organisation of the network",
	codeUnknownRole: "unknown role", codeKind: "the role belongs to another kind of organisation",
}

// checkChanges looks at what is wrong with changes whatever the network: ApplyGrants asks the rest.
func checkChanges(changes []GrantChange, bad *complaints) {
	seen := map[Grant]bool{}
	for _, c := range changes {
		code := ""
		switch _, ok := tenant.KindOf(c.Role); {
		case !ok:
			code = codeUnknownRole
		case c.Role == tenant.DataProtectionOfficer:
			code = codeByHost
		case seen[c.Grant]:
			code = codeRoleTwice
		}
		seen[c.Grant] = true
		if code != "" {
			bad.grantLine(c.File, c.Line, code, reasons[code])
		}
	}
}

// faultOfChange tells what is wrong with a change by itself; "" means nothing is.
func faultOfChange(c GrantChange, kinds map[tenant.ID]tenant.Kind, members map[member]bool, held map[Grant]bool) string {
	kind, ok := tenant.KindOf(c.Role)
	have, known := kinds[c.Tenant]
	switch {
	case !ok:
		return codeUnknownRole
	case !known:
		return codeUnknownTenant
	case have != kind:
		return codeKind
	case c.Role == tenant.DataProtectionOfficer:
		return codeByHost
	case !members[member{c.User, c.Tenant}]:
		return codeNotAMember
	case c.Take && !held[c.Grant]:
		return codeRoleNotHeld
	case !c.Take && held[c.Grant]:
		return codeRoleHeld
	}
	return ""
}

// LeastHolders tells how many members of an organisation must be left in a role when one is
// taken: without them nobody could give roles, mend the policy (one writes, another
// publishes) or look into what was done, again. 0 means that it can do without.
func LeastHolders(r tenant.Role) int {
	switch r {
	case tenant.PolicyAdmin:
		return 2
	case tenant.EntityAdmin, tenant.Secretariat, tenant.DataProtectionOfficer:
		return 1
	}
	return 0
}

// RefuseLast is an error of kind fault.Conflict where changes leave too few in a role that
// the organisation cannot do without; after are the grants that they led to.
func RefuseLast(after []Grant, changes []GrantChange) error {
	for _, c := range changes {
		n := 0
		for _, g := range after {
			if g.Role == c.Role && g.Tenant == c.Tenant {
				n++
			}
		}
		if c.Take && n < LeastHolders(c.Role) {
			return fault.New(fault.Conflict, "last_administrator")
		}
	}
	return nil
}

// RolesAfter tells which of a user's roles in an organisation are left, and added, by changes.
func RolesAfter(roles []tenant.Role, u tenant.UserID, t tenant.ID, changes []GrantChange) []tenant.Role {
	out := slices.Clone(roles)
	for _, c := range changes {
		if c.User != u || c.Tenant != t {
			continue
		}
		out = slices.DeleteFunc(out, func(r tenant.Role) bool { return r == c.Role })
		if !c.Take {
			out = append(out, c.Role)
		}
	}
	return out
}
