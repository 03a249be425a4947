// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) invitationRoutes() {
	invite := describe(http.MethodPost, "/users", "invite-user", "users", "Invite somebody to an organisation")
	invite.Description = "Answers with the path of a page where the invited person sets a password, to be handed over: no mail is sent. It is told once, " +
		"works once, and for seven days. An open invitation to the same address ends."
	route(s, conflicting(invite, http.StatusCreated), s.inviteUser)
	route(s, describe(http.MethodGet, "/invitations", "list-invitations", "users", "List the invitations that wait"), s.listInvitations)
	route(s, conflicting(describe(http.MethodDelete, "/invitations/{invitation}", "withdraw-invitation", "users", "Take an invitation back"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			Invitation string `path:"invitation" doc:"UUID"`
		}) (*nothing, error) {
			return &nothing{}, s.svc.WithdrawInvitation(ctx, in.Invitation)
		})
}

// conflicting describes an operation that the state of things can forbid.
func conflicting(op huma.Operation, status int) huma.Operation {
	op.DefaultStatus = status
	op.Errors = append(op.Errors, http.StatusConflict)
	return op
}

// AcceptPath is where the page is on which an invitation is accepted; the token follows.
const AcceptPath = "/invito/"

// invitation is a place in an organisation that waits for its user.
type invitation struct {
	ID        string        `json:"id"`
	TenantID  tenant.ID     `json:"tenant_id"`
	Email     string        `json:"email"`
	Name      string        `json:"name"`
	Roles     []tenant.Role `json:"roles"`
	ExpiresAt time.Time     `json:"expires_at"`
}

// invited is an invitation that was made.
type invited struct {
	ID        string    `json:"id"`
	Path      string    `json:"path" doc:"At this host. Whoever has it can accept: hand it over in private"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *server) inviteUser(ctx context.Context, in *struct {
	Body struct {
		TenantID tenant.ID     `json:"tenant_id,omitempty" doc:"The actor's own where it is left out"`
		Email    string        `json:"email"`
		Name     string        `json:"name"`
		Roles    []tenant.Role `json:"roles"`
		Lang     string        `json:"lang,omitempty" enum:"it,en"`
	}
}) (*struct{ Body invited }, error) {
	b := in.Body
	got, err := s.svc.InviteUser(ctx, service.Invite{Tenant: b.TenantID, Email: b.Email, Name: b.Name, Roles: b.Roles, Lang: b.Lang})
	if err != nil {
		return nil, err
	}
	return &struct{ Body invited }{invited{got.ID, AcceptPath + got.Token, got.ExpiresAt}}, nil
}

func (s *server) listInvitations(ctx context.Context, in *InTenant) (*many[invitation], error) {
	list, err := s.svc.Invitations(ctx, tenant.ID(in.TenantID))
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(i postgres.Invitation) invitation {
		roles := convert([]string(i.Roles), func(r string) tenant.Role { return tenant.Role(r) })
		return invitation{ID: i.ID, TenantID: i.Tenant, Email: i.Email, Name: i.Name, Roles: roles, ExpiresAt: i.ExpiresAt}
	})), nil
}
