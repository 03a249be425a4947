// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) userRoutes() {
	list := describe(http.MethodGet, "/users", "list-users", "users", "List the members the actor may see")
	list.Description = "The lead agency's secretariat sees the network's, an entity's administrator the own ones, others the names of colleagues."
	route(s, list, s.listUsers)
	grant := describe(http.MethodPost, "/users/{user}/roles", "grant-role", "users", "Give a member a role")
	grant.Description = "It holds at the member's next request. Nobody gives himself a role, and none that the organisation's kind does not have."
	route(s, conflicting(grant, http.StatusNoContent), s.grantRole)
	route(s, conflicting(describe(http.MethodDelete, "/users/{user}/roles/{role}", "take-role", "users", "Take a role from a member"), http.StatusNoContent), s.takeRole)
	route(s, conflicting(describe(http.MethodPost, "/users/{user}/suspend", "suspend-user", "users", "Suspend a member in one organisation"), http.StatusNoContent),
		func(ctx context.Context, in *ByUser) (*nothing, error) {
			return &nothing{}, s.svc.SuspendUser(ctx, in.organisation(ctx), tenant.UserID(in.User))
		})
	route(s, conflicting(describe(http.MethodPost, "/users/{user}/resume", "resume-user", "users", "Let a suspended member back in"), http.StatusNoContent),
		func(ctx context.Context, in *ByUser) (*nothing, error) {
			return &nothing{}, s.svc.ResumeUser(ctx, in.organisation(ctx), tenant.UserID(in.User))
		})
}

// user is a member of an organisation.
type user struct {
	ID        tenant.UserID `json:"id"`
	Name      string        `json:"name"`
	Roles     []tenant.Role `json:"roles"`
	TenantID  tenant.ID     `json:"tenant_id"`
	Email     string        `json:"email,omitempty" doc:"For those who run the users"`
	Suspended *time.Time    `json:"suspended_at,omitempty" doc:"Since when the roles do not hold"`
}

// InTenant says whose members are meant.
type InTenant struct {
	TenantID string `query:"tenant_id" doc:"An organisation of the network; the actor's own, or all that may be seen, where it is left out"`
}

// organisation is the one that was named, or the actor's own.
func (t InTenant) organisation(ctx context.Context) tenant.ID {
	if t.TenantID != "" {
		return tenant.ID(t.TenantID)
	}
	a, _ := tenant.From(ctx)
	return a.Tenant
}

// ByUser names a member of an organisation.
type ByUser struct {
	User string `path:"user" doc:"UUID"`
	InTenant
}

func (s *server) listUsers(ctx context.Context, in *InTenant) (*many[user], error) {
	list, err := s.svc.Users(ctx, tenant.ID(in.TenantID))
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(m service.Member) user {
		return user{ID: m.User, Name: m.Name, Roles: m.Roles, TenantID: m.Tenant, Email: m.Email, Suspended: m.Suspended}
	})), nil
}

func (s *server) grantRole(ctx context.Context, in *struct {
	ByUser
	Body struct {
		Role tenant.Role `json:"role"`
	}
}) (*nothing, error) {
	return &nothing{}, s.svc.GrantRole(ctx, in.organisation(ctx), tenant.UserID(in.User), in.Body.Role)
}

func (s *server) takeRole(ctx context.Context, in *struct {
	ByUser
	Role string `path:"role"`
}) (*nothing, error) {
	return &nothing{}, s.svc.TakeRole(ctx, in.organisation(ctx), tenant.UserID(in.User), tenant.Role(in.Role))
}
