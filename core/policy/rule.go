// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"strings"

	"github.com/satis-toscana/satis/core/tenant"
)

// Rule allows, or denies, one permission to one role.
type Rule struct {
	Role tenant.Role
	// Tenant narrows the rule to one organisation; "" means every one of the role's kind.
	Tenant tenant.ID
	Object Object
	Action Action
	// Deny takes the permission away, whatever else allows it.
	Deny bool
	// File and Line are where the rule stood, the line from 1; they are for messages only.
	File string
	Line int
}

// bare is the rule without where it stood, to be compared.
func (r Rule) bare() Rule {
	r.File, r.Line = "", 0
	return r
}

// Grant gives a user a role in an organisation.
type Grant struct {
	User   tenant.UserID
	Role   tenant.Role
	Tenant tenant.ID
}

// Ids carry what they are when Casbin sees them. Without it a user whose id is spelled like
// a role would be that role.
const (
	userPrefix   = "user:"
	rolePrefix   = "role:"
	tenantPrefix = "tenant:"
	everyTenant  = "*"
)

// permission is what the rule speaks of.
func (r Rule) permission() Permission { return Permission{r.Object, r.Action} }

// fields spells the rule as model.conf's p: role, dom, obj, act, eft.
func (r Rule) fields() []string {
	dom, eft := everyTenant, "allow"
	if r.Tenant != "" {
		dom = tenantPrefix + string(r.Tenant)
	}
	if r.Deny {
		eft = "deny"
	}
	return []string{rolePrefix + string(r.Role), dom, string(r.Object), string(r.Action), eft}
}

// String spells the rule as a line of a policy file.
func (r Rule) String() string { return lineOf(r.fields()) }

func lineOf(fields []string) string { return "p, " + strings.Join(fields, ", ") }

// fields spells the grant as model.conf's g: user, role, tenant.
func (g Grant) fields() []string {
	return []string{userPrefix + string(g.User), rolePrefix + string(g.Role), tenantPrefix + string(g.Tenant)}
}
