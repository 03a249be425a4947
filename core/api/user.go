// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) userRoutes() {
	route(s, describe(http.MethodGet, "/users", "list-users", "users", "List the members of the actor's organisation"), s.listUsers)
}

// user is a member of an organisation as colleagues see him.
type user struct {
	ID    tenant.UserID `json:"id"`
	Name  string        `json:"name"`
	Roles []tenant.Role `json:"roles"`
}

func (s *server) listUsers(ctx context.Context, _ *nothing) (*many[user], error) {
	list, err := s.svc.Colleagues(ctx)
	if err != nil {
		return nil, err
	}
	var out []user
	for _, c := range list { // one row a role, those of a user together
		if n := len(out); n > 0 && out[n-1].ID == c.ID {
			out[n-1].Roles = append(out[n-1].Roles, c.Role)
			continue
		}
		out = append(out, user{ID: c.ID, Name: c.Name, Roles: []tenant.Role{c.Role}})
	}
	return whole(out), nil
}
