// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// roleGrant gives a member a role in an organisation, or takes it away.
type roleGrant struct {
	Tenant tenant.ID     `json:"tenant_id"`
	User   tenant.UserID `json:"user_id"`
	Role   tenant.Role   `json:"role"`
	Take   bool          `json:"take,omitempty" doc:"Taken away, not given"`
}

func rolesOf(list []policy.GrantChange) []roleGrant {
	return convert(list, func(c policy.GrantChange) roleGrant { return roleGrant{c.Tenant, c.User, c.Role, c.Take} })
}

// grantsOf reads what a caller wants; nil where nothing was said.
func grantsOf(list *[]roleGrant) *[]policy.GrantChange {
	if list == nil {
		return nil
	}
	out := make([]policy.GrantChange, len(*list))
	for i, r := range *list {
		out[i] = policy.GrantChange{Grant: policy.Grant{User: r.User, Role: r.Role, Tenant: r.Tenant}, Take: r.Take, Line: i + 1}
	}
	return &out
}

// roleProblem is why a change of roles can no longer be made.
type roleProblem struct {
	Path string `json:"path" doc:"roles/0 is the first of the draft's roles"`
	Code string `json:"code"`
	Text string `json:"text"`
}

func problemsOf(lang string, fields []fault.Field) []roleProblem {
	return convert(fields, func(f fault.Field) roleProblem {
		return roleProblem{rolePath(f.Path), f.Code, say(lang, f.Code, "policy_refused", f.Params)}
	})
}

// rolePath turns the service's place of a change of roles, "grants/1" for the first, into its
// place in the body: "roles/0".
func rolePath(path string) string {
	line, ok := strings.CutPrefix(path, "grants/")
	n, err := strconv.Atoi(line)
	if !ok || err != nil || n < 1 {
		return path
	}
	return "roles/" + strconv.Itoa(n-1)
}

// atRoles says of a refusal's complaints where in the body they belong.
func atRoles(err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	out := *e
	out.Fields = slices.Clone(e.Fields)
	for i, f := range out.Fields {
		out.Fields[i].Path = rolePath(f.Path)
	}
	return &out
}

// draftRoles is who holds which role in an organisation, and who would under a draft.
type draftRoles struct {
	Tenant  tenant.ID         `json:"tenant_id"`
	Roles   []tenant.Role     `json:"roles" doc:"Those of the organisation's kind"`
	Members []draftRoleMember `json:"members"`
}

type draftRoleMember struct {
	User   tenant.UserID `json:"user_id"`
	Name   string        `json:"name"`
	Held   []tenant.Role `json:"held" doc:"Today"`
	Wanted []tenant.Role `json:"wanted" doc:"Under the draft"`
}

func (s *server) roleRoutes() {
	op := describe(http.MethodGet, "/policies/drafts/{draft}/roles", "get-policy-draft-roles", "policies", "Tell who holds which role in an organisation, and who would under a draft")
	op.Description = "Roles change with the draft's rules, when a second administrator publishes. Only the host of the system gives and takes the data protection officer's."
	route(s, op, s.getDraftRoles)
}

func (s *server) getDraftRoles(ctx context.Context, in *struct {
	ByDraft
	Tenant string `query:"tenant_id" doc:"An active organisation of the network; without it, nobody is listed"`
}) (*struct{ Body draftRoles }, error) {
	v, err := s.svc.PolicyDraftRoles(ctx, in.Draft, tenant.ID(in.Tenant))
	if err != nil {
		return nil, err
	}
	return &struct{ Body draftRoles }{draftRoles{v.Tenant, present(v.Roles), convert(v.Members, func(m service.PolicyMember) draftRoleMember {
		return draftRoleMember{m.User, m.Name, present(m.Held), present(m.Wanted)}
	})}}, nil
}
