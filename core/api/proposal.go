// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
)

func (s *server) proposalRoutes() {
	op := conflicting(describe(http.MethodPost, "/projects/{id}/proposals", "propose-intervention", "interventions", "Ask a plugin what an intervention of its type would add to the plan"), http.StatusOK)
	op.Description = "Budget, days and tasks. Nothing is stored: the plan is its authors'. `details` are complete answers to the type's form."
	route(s, op, s.propose)
}

// proposal is what a plugin proposes.
type proposal struct {
	Contribution  sdk.Contribution `json:"contribution"`
	Remarks       []sdk.Diagnostic `json:"remarks" doc:"What the plugin has against the details; paths are fields of the form"`
	TotalCents    int64            `json:"total_cents"`
	PluginID      string           `json:"plugin_id"`
	PluginVersion string           `json:"plugin_version"`
	Agency        string           `json:"agency"`
}

func (s *server) propose(ctx context.Context, in *struct {
	ByID
	Body struct {
		Type    string         `json:"type"`
		Details map[string]any `json:"details"`
	}
}) (*struct{ Body proposal }, error) {
	p, err := s.svc.ProposeIntervention(ctx, service.ProposeRequest{Project: casework.ProjectID(in.ID), Type: in.Body.Type, Details: in.Body.Details})
	if err != nil {
		return nil, err
	}
	return &struct{ Body proposal }{proposal{p.Contribution, present(p.Remarks), p.TotalCents, p.Plugin, p.Version, p.Agency}}, nil
}
