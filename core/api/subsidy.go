// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

func (s *server) subsidyRoutes() {
	route(s, describe(http.MethodGet, "/subsidies", "list-subsidies", "subsidies", "List the subsidies that can be asked for"), s.listSubsidies)
	decide := describe(http.MethodPost, "/subsidy-decisions", "decide-subsidy", "subsidies", "Ask a rule for a decision on a subsidy")
	decide.Description = "Stores the decision and answers 201; with `what_if` it answers 200 and stores nothing. 503 where the plugin does not answer."
	decide.DefaultStatus = http.StatusCreated
	decide.Responses = map[string]*huma.Response{"200": {Description: "The answer to a what-if: the same document, without id"}}
	decide.Errors = append(decide.Errors, http.StatusNotFound)
	route(s, decide, s.decide)
	route(s, cached(describe(http.MethodGet, "/subsidy-decisions/{id}", "get-decision", "subsidies", "Read a decision with its explanation")), s.getDecision)
	s.replayRoutes()
	route(s, describe(http.MethodGet, "/projects/{id}/subsidy-decisions", "list-decisions", "subsidies", "List the decisions of a project, newest first"), s.listDecisions)
}

// subsidy is what some plugin decides.
type subsidy struct {
	Code    string               `json:"code"`
	Title   form.Text            `json:"title"`
	Facts   form.Form            `json:"facts"`
	Schema  map[string]any       `json:"schema" doc:"JSON Schema of facts"`
	Reasons map[string]form.Text `json:"purposes" doc:"Why each fact is asked for"`
	Plugin  string               `json:"plugin_id"`
	Version string               `json:"plugin_version"`
}

func (s *server) listSubsidies(ctx context.Context, _ *nothing) (*many[subsidy], error) {
	list, err := s.svc.Subsidies(ctx)
	if err != nil {
		return nil, err
	}
	lang := callOf(ctx).lang
	return whole(convert(list, func(v pluginhost.Subsidy) subsidy {
		return subsidy{Code: v.Code, Title: v.Title, Facts: v.Facts, Schema: v.Facts.Schema(lang), Reasons: v.Purposes, Plugin: v.PluginID, Version: v.PluginVersion}
	})), nil
}

type decisionAsk struct {
	Body struct {
		Subsidy string         `json:"subsidy"`
		Facts   map[string]any `json:"facts" doc:"As the subsidy's form says; what SATIS knows better it fills in itself"`
		Project string         `json:"project_id,omitempty"`
		WhatIf  bool           `json:"what_if,omitempty" doc:"Ask and store nothing"`
	}
}

// decided is the answer to a request for a decision.
type decided struct {
	Status   int
	Location string `header:"Location" doc:"Where a stored decision can be read"`
	ETag     string `header:"ETag"`
	Body     casework.Decision
}

func (s *server) decide(ctx context.Context, in *decisionAsk) (*decided, error) {
	b := in.Body
	d, err := s.svc.DecideSubsidy(ctx, service.SubsidyRequest{Subsidy: b.Subsidy, Facts: b.Facts, Project: casework.ProjectID(b.Project), WhatIf: b.WhatIf})
	if err != nil {
		return nil, err
	}
	if d.WhatIf {
		return &decided{Status: http.StatusOK, Body: d}, nil
	}
	return &decided{Status: http.StatusCreated, Location: Prefix + "/subsidy-decisions/" + string(d.ID), ETag: decisionTag(d), Body: d}, nil
}

// decisionTag is the same for ever: a stored decision never changes.
func decisionTag(d casework.Decision) string { return `"` + string(d.ID) + `"` }

func (s *server) getDecision(ctx context.Context, in *struct {
	ByID
	IfNone
}) (*one[casework.Decision], error) {
	d, err := s.svc.Decision(ctx, casework.DecisionID(in.ID))
	if err != nil {
		return nil, err
	}
	return oneOf(d, decisionTag(d), in.IfNoneMatch), nil
}

func (s *server) listDecisions(ctx context.Context, in *ByID) (*many[casework.Decision], error) {
	list, err := s.svc.Decisions(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}
