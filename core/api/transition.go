// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
)

func (s *server) transitionRoutes() {
	do := describe(http.MethodPost, "/projects/{id}/transitions", "do-transition", "transitions", "Do an event to a project")
	do.Description = "409 where the project's state does not know the event, 403 where the actor may not. " +
		"`sign` takes the signing side from the actor; the third signature seals the version. `request_changes` takes `data.comments`, " +
		"`recommend` takes `data.opinion` and `data.scores`; see the criteria at `GET /projects/{id}/evaluation`. " +
		"`data.content_hash` or `If-Match` bind the event to what was read: 412 where it changed."
	do.Errors = append(do.Errors, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, do, s.doTransition)
	route(s, describe(http.MethodGet, "/projects/{id}/transitions", "list-transitions", "transitions", "List what happened to a project, in order"), s.listTransitions)
}

type transitionDo struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The ETag of the project or of the plan that was read"`
	Body    struct {
		Event  casework.Event  `json:"event" doc:"One of the project's allowed_events, but edit"`
		Reason string          `json:"reason,omitempty"`
		Data   *transitionData `json:"data,omitempty"`
	}
}

type transitionData struct {
	ContentHash string             `json:"content_hash,omitempty" doc:"That of the plan the actor read"`
	Comments    []casework.Comment `json:"comments,omitempty"`
	Opinion     string             `json:"opinion,omitempty"`
	Scores      map[string]int     `json:"scores,omitempty" doc:"By the code of the criterion"`
}

func (s *server) doTransition(ctx context.Context, in *transitionDo) (*one[project], error) {
	r := service.TransitionRequest{Event: in.Body.Event, Reason: in.Body.Reason}
	if in.IfMatch != "" {
		base, err := baseOf(in.IfMatch)
		if err != nil {
			return nil, err
		}
		r.Base = base
	}
	if d := in.Body.Data; d != nil {
		r.ContentHash, r.Comments, r.Opinion, r.Scores = d.ContentHash, d.Comments, d.Opinion, d.Scores
	}
	v, err := s.svc.Transition(ctx, casework.ProjectID(in.ID), r)
	if err != nil {
		return nil, err
	}
	return projectNow(v), nil
}

func (s *server) listTransitions(ctx context.Context, in *ByID) (*many[casework.Step], error) {
	list, err := s.svc.History(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}
