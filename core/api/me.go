// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) meRoutes() {
	route(s, describe(http.MethodGet, "/me", "get-me", "me", "Tell who acts, where, in which roles"), s.getMe)
	route(s, describe(http.MethodGet, "/worklist", "get-worklist", "me", "List the projects that wait for the actor"), s.getWorklist)
}

// me is who acts.
type me struct {
	User   meUser        `json:"user"`
	Tenant meTenant      `json:"tenant"`
	Roles  []tenant.Role `json:"roles"`
}

type meUser struct {
	ID   tenant.UserID `json:"id"`
	Name string        `json:"name"`
}

type meTenant struct {
	ID   tenant.ID   `json:"id"`
	Name string      `json:"name"`
	Kind tenant.Kind `json:"kind"`
}

func (s *server) getMe(ctx context.Context, _ *nothing) (*struct{ Body me }, error) {
	p, err := s.svc.Me(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body me }{me{User: meUser{p.User, p.Name}, Tenant: meTenant{p.Tenant.Tenant, p.Tenant.Name, p.Tenant.Kind}, Roles: p.Roles}}, nil
}

func (s *server) getWorklist(ctx context.Context, in *Paging) (*many[project], error) {
	p, err := s.svc.Worklist(ctx, in.request())
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, convert(p.Items, func(w service.WorkItem) project { return projectOf(w.ProjectView) }), p.Next), nil
}
