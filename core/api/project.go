// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) projectRoutes() {
	route(s, describe(http.MethodGet, "/projects", "list-projects", "projects", "List the projects the organisation sees, last changed first"), s.listProjects)
	create := describe(http.MethodPost, "/projects", "create-project", "projects", "Begin a project for a person")
	create.DefaultStatus = http.StatusCreated
	route(s, create, s.createProject)
	route(s, describe(http.MethodGet, "/projects/{id}", "get-project", "projects", "Read a project, with what the actor can do now"), s.getProject)
	route(s, describe(http.MethodGet, "/projects/{id}/evaluation", "get-evaluation", "projects", "Read the criteria, the evaluation and the approval of the submitted version"), s.getEvaluation)
}

// project is the head of its versions. The lead agency gets the person's code only.
type project struct {
	ID               casework.ProjectID `json:"id"`
	Code             string             `json:"code"`
	State            casework.State     `json:"state"`
	Version          int                `json:"version"`
	Revision         int64              `json:"revision"`
	Person           projectPerson      `json:"person"`
	Tenant           named              `json:"tenant"`
	SocialServices   named              `json:"social_services"`
	Relation         casework.Relation  `json:"relation" enum:"own,shared,submitted" doc:"What the project is to the actor's organisation"`
	AllowedEvents    []casework.Event   `json:"allowed_events" doc:"What the actor can do now; left empty in lists of projects"`
	ContentHash      string             `json:"content_hash" doc:"SHA-256 of the plan's canonical JSON (RFC 8785), in hex"`
	SubmittedVersion int                `json:"submitted_version" doc:"0 before the first submission"`
	TotalCents       int64              `json:"total_cents"`
	CreatedAt        time.Time          `json:"created_at"`
	UpdatedAt        time.Time          `json:"updated_at"`
}

type projectPerson struct {
	ID   casework.PersonID `json:"id,omitempty"`
	Code string            `json:"code"`
}

type named struct {
	ID   tenant.ID `json:"id"`
	Name string    `json:"name"`
}

func projectOf(v service.ProjectView) project {
	p := project{ID: v.ID, Code: v.Code, State: v.State, Version: v.Version, Revision: v.Revision,
		Person: projectPerson{ID: v.Person, Code: v.PersonCode}, Tenant: named{v.Tenant, v.TenantName},
		SocialServices: named{v.SocialServices, v.SocialServicesName}, Relation: v.Relation, AllowedEvents: v.AllowedEvents,
		ContentHash: v.ContentHash, SubmittedVersion: v.SubmittedVersion, TotalCents: v.TotalCents, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt}
	if v.Relation == casework.Received {
		p.Person.ID = "" // the lead agency judges under the code
	}
	if p.AllowedEvents == nil {
		p.AllowedEvents = []casework.Event{}
	}
	return p
}

type projectQuery struct {
	Paging
	State  []string `query:"state" doc:"One or more states, separated by commas"`
	Person string   `query:"person_id"`
	Code   string   `query:"code" doc:"A project's or a person's code, exact"`
}

func (s *server) listProjects(ctx context.Context, in *projectQuery) (*many[project], error) {
	q := service.ProjectQuery{Person: casework.PersonID(in.Person), Code: in.Code, Page: in.request()}
	for _, st := range in.State {
		q.States = append(q.States, casework.State(strings.TrimSpace(st)))
	}
	p, err := s.svc.Projects(ctx, q)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, convert(p.Items, projectOf), p.Next), nil
}

type newProject struct {
	Body struct {
		Person         string `json:"person_id"`
		SocialServices string `json:"social_services_id" doc:"Those competent for the person's municipality"`
	}
}

func (s *server) createProject(ctx context.Context, in *newProject) (*created[project], error) {
	v, err := s.svc.CreateProject(ctx, casework.PersonID(in.Body.Person), tenant.ID(in.Body.SocialServices))
	if err != nil {
		return nil, err
	}
	return &created[project]{Location: Prefix + "/projects/" + string(v.ID), ETag: etagOf(v.Revision), Body: projectOf(v)}, nil
}

func (s *server) getProject(ctx context.Context, in *ByID) (*one[project], error) {
	v, err := s.svc.Project(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return projectNow(v), nil
}

// projectNow answers with a project. It never answers 304: what the actor can do moves with
// the policy too, not only with the project's revision.
func projectNow(v service.ProjectView) *one[project] {
	return oneOf(projectOf(v), etagOf(v.Revision), "")
}

// judgement is what the lead agency said of the submitted version.
type judgement struct {
	Criteria   []casework.Criterion `json:"criteria" doc:"What data.scores of the event recommend must hold"`
	Evaluation *casework.Evaluation `json:"evaluation,omitempty"`
	Approval   *casework.Approval   `json:"approval,omitempty"`
}

func (s *server) getEvaluation(ctx context.Context, in *ByID) (*struct{ Body judgement }, error) {
	j, err := s.svc.Judgement(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return &struct{ Body judgement }{judgement(j)}, nil
}
