// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) tenantRoutes() {
	route(s, describe(http.MethodGet, "/tenants", "list-tenants", "tenants", "List the organisations of the network"), s.listTenants)
}

// organisation is a member of the network.
type organisation struct {
	ID             tenant.ID   `json:"id"`
	Name           string      `json:"name"`
	Kind           tenant.Kind `json:"kind" enum:"implementing_entity,social_services,lead_agency"`
	Municipalities []string    `json:"municipalities" doc:"Those a social service is competent for"`
}

func (s *server) listTenants(ctx context.Context, _ *nothing) (*many[organisation], error) {
	list, err := s.svc.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(t postgres.Tenant) organisation {
		return organisation{ID: t.ID, Name: t.Name, Kind: t.Kind, Municipalities: present([]string(t.Municipalities))}
	})), nil
}
