// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/sdk/form"
)

func (s *server) interventionRoutes() {
	route(s, describe(http.MethodGet, "/projects/{id}/interventions", "list-interventions", "interventions", "List the live interventions of a project"), s.listInterventions)
	types := describe(http.MethodGet, "/intervention-types", "list-intervention-types", "interventions", "List the types of intervention that can be planned")
	types.Description = "`form` is what a program renders, `schema` the JSON Schema of a complete `details`, with titles in the language asked for."
	route(s, types, s.listTypes)
}

// live is an intervention of an approved project that has begun.
type live struct {
	ID       casework.InterventionID `json:"id"`
	Version  int                     `json:"version"`
	Status   string                  `json:"status" doc:"planned or ended"`
	Revision int64                   `json:"revision"`
	casework.Intervention
}

func (s *server) listInterventions(ctx context.Context, in *ByID) (*many[live], error) {
	list, err := s.svc.Interventions(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(v casework.LiveIntervention) live {
		return live{ID: v.ID, Version: v.Version, Status: v.Status, Revision: v.Revision, Intervention: v.Intervention}
	})), nil
}

// interventionType is one sort of intervention, built in or from a plugin.
type interventionType struct {
	Code    string         `json:"code"`
	Labels  form.Text      `json:"labels"`
	Hints   form.Text      `json:"hints"`
	Plugin  string         `json:"plugin,omitempty" doc:"The plugin it comes from; absent for the built-in ones, as are the next two"`
	Version string         `json:"plugin_version,omitempty"`
	Agency  string         `json:"agency,omitempty" doc:"Who wrote the plugin"`
	Form    form.Form      `json:"form"`
	Schema  map[string]any `json:"schema"`
}

func (s *server) listTypes(ctx context.Context, _ *nothing) (*many[interventionType], error) {
	list, err := s.svc.InterventionTypes(ctx)
	if err != nil {
		return nil, err
	}
	lang := callOf(ctx).lang
	return whole(convert(list, func(t casework.InterventionType) interventionType {
		return interventionType{Code: t.Code, Labels: t.Label, Hints: t.Hint, Plugin: t.Plugin, Version: t.Version, Agency: t.Agency, Form: t.Form, Schema: t.Form.Schema(lang)}
	})), nil
}
