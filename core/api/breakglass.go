// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) breakGlassRoutes() {
	open := describe(http.MethodPost, "/projects/{project}/break-glass", "open-break-glass", "projects", "Be let in to a person's identity in an emergency")
	open.Description = "Where the network's policy grants it to the lead agency: nobody has it by default. For a stated reason and a limited time. " +
		"The entity is told, and the audit of both organisations records it and each reading."
	route(s, conflicting(open, http.StatusCreated), s.openBreakGlass)
	route(s, conflicting(describe(http.MethodDelete, "/projects/{project}/break-glass", "end-break-glass", "projects", "End one's access in an emergency"), http.StatusNoContent),
		func(ctx context.Context, in *ByProject) (*nothing, error) {
			return &nothing{}, s.svc.EndBreakGlass(ctx, casework.ProjectID(in.Project))
		})
	route(s, describe(http.MethodGet, "/projects/{project}/break-glass/identity", "get-break-glass-identity", "projects", "Read the identity while the access lasts"),
		s.readBreakGlass)
	list := describe(http.MethodGet, "/break-glass", "list-break-glass", "audit", "List the accesses in an emergency, newest first")
	route(s, list, s.listBreakGlass)
}

// ByProject names a project.
type ByProject struct {
	Project string `path:"project" doc:"UUID"`
}

// breakGlass is one access in an emergency. It names no person.
type breakGlass struct {
	ID          string             `json:"id"`
	TenantID    tenant.ID          `json:"tenant_id" doc:"The entity whose person it is"`
	ProjectID   casework.ProjectID `json:"project_id"`
	ProjectCode string             `json:"project_code"`
	UserID      tenant.UserID      `json:"user_id"`
	UserName    string             `json:"user_name"`
	Reason      string             `json:"reason,omitempty"`
	GrantedAt   time.Time          `json:"granted_at"`
	ExpiresAt   time.Time          `json:"expires_at"`
	EndedAt     *time.Time         `json:"ended_at,omitempty"`
	Reads       int                `json:"reads" doc:"How often the identity was read"`
}

func breakGlassOf(b postgres.BreakGlass) breakGlass {
	return breakGlass{b.ID, b.Owner, b.Project, b.ProjectCode, b.User, b.UserName, b.Reason, b.GrantedAt, b.ExpiresAt, b.EndedAt, b.Reads}
}

func (s *server) openBreakGlass(ctx context.Context, in *struct {
	ByProject
	Body struct {
		Reason  string `json:"reason" doc:"At least 20 characters; the entity reads it"`
		Minutes int    `json:"minutes" doc:"At most 60"`
	}
}) (*struct{ Body breakGlass }, error) {
	b, err := s.svc.OpenBreakGlass(ctx, casework.ProjectID(in.Project), in.Body.Reason, in.Body.Minutes)
	if err != nil {
		return nil, err
	}
	return &struct{ Body breakGlass }{breakGlassOf(b)}, nil
}

func (s *server) readBreakGlass(ctx context.Context, in *ByProject) (*struct{ Body identity }, error) {
	got, _, err := s.svc.BreakGlassIdentity(ctx, casework.ProjectID(in.Project))
	if err != nil {
		return nil, err
	}
	return &struct{ Body identity }{identity(got)}, nil
}

func (s *server) listBreakGlass(ctx context.Context, in *Paging) (*many[breakGlass], error) {
	list, err := s.svc.BreakGlasses(ctx, in.request())
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, convert(list.Items, breakGlassOf), list.Next), nil
}
