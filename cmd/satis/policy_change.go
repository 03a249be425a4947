// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"strconv"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// policyChange is what a policy changes, for programs.
type policyChange struct {
	Version int64         `json:"version"`
	Added   []string      `json:"added"`
	Removed []string      `json:"removed"`
	Grants  []string      `json:"grants,omitempty"`
	Roles   []roleGains   `json:"roles"`
	Members []memberGains `json:"members"`
}

// roleGains is a permission that a role gains or loses, in one organisation or in all but some.
type roleGains struct {
	Change string        `json:"change"`
	Role   tenant.Role   `json:"role"`
	Tenant string        `json:"tenant"`
	Except []tenant.ID   `json:"except,omitempty"`
	Object policy.Object `json:"object"`
	Action policy.Action `json:"action"`
}

// memberGains is the same for the users of an organisation.
type memberGains struct {
	Change string          `json:"change"`
	Tenant tenant.ID       `json:"tenant"`
	Object policy.Object   `json:"object"`
	Action policy.Action   `json:"action"`
	Users  []tenant.UserID `json:"users"`
}

func word(gains bool) string {
	if gains {
		return "gains"
	}
	return "loses"
}

// tellChange prints a change: rules and roles for people, members too for programs.
func (f outputFlag) tellChange(std streams, c service.PolicyChange) error {
	out := policyChange{Version: c.Version, Added: []string{}, Removed: []string{}, Roles: []roleGains{}, Members: []memberGains{}}
	var rows [][]string
	for _, r := range c.Removed {
		out.Removed = append(out.Removed, r.String())
		rows = append(rows, []string{"-", r.String(), ""})
	}
	for _, r := range c.Added {
		out.Added = append(out.Added, r.String())
		rows = append(rows, []string{"+", r.String(), ""})
	}
	for _, g := range c.Roles {
		out.Grants = append(out.Grants, g.String())
		rows = append(rows, []string{map[bool]string{true: "-", false: "+"}[g.Take], g.String(), "1"})
	}
	members := map[memberKey]int{}
	for _, m := range c.Effect.Members {
		out.Members = append(out.Members, memberGains{word(m.Gains), m.Tenant, m.Object, m.Action, m.Users})
		members[memberKey{m.Permission, m.Gains}] += len(m.Users)
	}
	for _, r := range c.Effect.Roles {
		where := string(r.Tenant)
		if where == "" {
			where = "*"
		}
		out.Roles = append(out.Roles, roleGains{word(r.Gains), r.Role, where, r.Except, r.Object, r.Action})
		n := members[memberKey{r.Permission, r.Gains}]
		rows = append(rows, []string{word(r.Gains), string(r.Role) + " in " + where + ": " + string(r.Object) + " " + string(r.Action), strconv.Itoa(n)})
	}
	return f.print(std.out, out, []string{"CHANGE", "WHAT", "USERS"}, rows)
}

// memberKey adds up the users that gain or lose one permission.
type memberKey struct {
	policy.Permission
	gains bool
}
