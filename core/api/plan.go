// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) planRoutes() {
	get := describe(http.MethodGet, "/projects/{id}/plan", "get-plan", "plans", "Read the plan of a project")
	get.Description = "The plan as last saved; the lead agency gets the submitted version. The SHA-256 of its canonical JSON (RFC 8785) is the project's `content_hash`, which signatures bind."
	route(s, cached(get), s.getPlan)
	put := describe(http.MethodPut, "/projects/{id}/plan", "put-plan", "plans", "Save the plan of a project")
	put.Description = "Demands `If-Match`. A draft may be incomplete; what is there must be right. Every save is a revision and voids the signatures of the version. " +
		"Answers under `kept` are of another version of a plugin, which the one in use does not ask for: left out they stay, else those that are named stay."
	put.Errors = append(put.Errors, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, put, s.putPlan)
	route(s, describe(http.MethodGet, "/projects/{id}/readiness", "get-readiness", "plans", "Tell what a plan still lacks"), s.getReadiness)
	route(s, describe(http.MethodGet, "/projects/{id}/revisions", "list-revisions", "plans", "List who saved the plan when, newest first"), s.listRevisions)
}

func (s *server) getPlan(ctx context.Context, in *struct {
	ByID
	IfNone
}) (*one[casework.Plan], error) {
	v, err := s.svc.Plan(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return oneOf(v.Plan.Normal(), etagOf(v.Project.Revision), in.IfNoneMatch), nil
}

// draftPlan is a plan as it is sent: any part may be left out.
type draftPlan struct{ casework.Plan }

// Schema describes a plan of which nothing is required. The types of a draft stand in the
// document beside those of a plan as it is read, where everything is present.
func (draftPlan) Schema(r huma.Registry) *huma.Schema {
	const prefix = "#/components/schemas/"
	local := huma.NewMapRegistry(prefix, func(t reflect.Type, hint string) string { return "Draft" + huma.DefaultSchemaNamer(t, hint) })
	ref := local.Schema(reflect.TypeFor[casework.Plan](), true, "")
	for name, schema := range local.Map() {
		schema.Required = nil
		schema.PrecomputeMessages()
		r.Map()[name] = schema
	}
	return ref
}

type planPut struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The ETag that was read"`
	Body    draftPlan
}

func (s *server) putPlan(ctx context.Context, in *planPut) (*one[casework.Plan], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	v, err := s.svc.SavePlan(ctx, casework.ProjectID(in.ID), base, in.Body.Plan)
	if err != nil {
		return nil, err
	}
	return oneOf(v.Plan.Normal(), etagOf(v.Project.Revision), ""), nil
}

// readiness is what helps to finish a plan. The lead agency gets the signatures only.
type readiness struct {
	Complete   bool                                 `json:"complete" doc:"Nothing is missing"`
	Missing    []Complaint                          `json:"missing"`
	Progress   map[casework.Section]casework.Status `json:"progress" doc:"to_start, to_finish, done or to_correct, by section"`
	Comments   []casework.Comment                   `json:"comments" doc:"What the evaluator asked to change in the version before"`
	Signatures []casework.Signature                 `json:"signatures"`
	Housing    housingMonths                        `json:"housing_months"`
}

type housingMonths struct {
	Plan   int `json:"plan" doc:"Months of housing support in this plan"`
	Before int `json:"before" doc:"Months the person had before"`
	Limit  int `json:"limit"`
}

func (s *server) getReadiness(ctx context.Context, in *ByID) (*struct{ Body readiness }, error) {
	v, err := s.svc.Plan(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	out := readiness{Complete: len(v.Missing) == 0, Progress: v.Progress, Comments: present(v.Comments), Signatures: present(v.Signatures),
		Housing: housingMonths{Plan: v.HousingMonths, Before: v.HousingBefore, Limit: v.Parameters.HousingMonths}}
	lang := callOf(ctx).lang
	out.Missing = convert(v.Missing, func(f fault.Field) Complaint {
		return Complaint{Location: safePlace("plan/" + f.Path), Code: f.Code, Message: say(lang, f.Code, "wrong_kind", f.Params), Params: f.Params}
	})
	if out.Progress == nil {
		out.Progress = map[casework.Section]casework.Status{}
	}
	return &struct{ Body readiness }{out}, nil
}

// present makes an absent list an empty one.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// revision is one save of a plan.
type revision struct {
	Revision    int64     `json:"revision"`
	Version     int       `json:"version"`
	ContentHash string    `json:"content_hash"`
	AuthorName  string    `json:"author_name"`
	Tenant      tenant.ID `json:"author_tenant_id"`
	At          time.Time `json:"at"`
}

func (s *server) listRevisions(ctx context.Context, in *ByID) (*many[revision], error) {
	list, err := s.svc.Revisions(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(r casework.Revision) revision {
		return revision{Revision: r.Revision, Version: r.Version, ContentHash: r.ContentHash, AuthorName: r.AuthorName, Tenant: r.AuthorTenant, At: r.At}
	})), nil
}

var _ huma.SchemaProvider = draftPlan{}
