// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
)

func (s *server) enrolmentRoutes() {
	route(s, describe(http.MethodGet, "/projects/{id}/enrolments", "list-enrolments", "courses", "List the enrolments of a project, newest first"), s.listEnrolments)
	enrol := conflicting(describe(http.MethodPost, "/enrolments", "enrol", "courses", "Take a seat for the person of a project"), http.StatusCreated)
	enrol.Description = "Seats are counted as they are taken: of two who want the last one, one gets 201 and the other 409 `no_seats_left`."
	enrol.Errors = append(enrol.Errors, http.StatusNotFound)
	route(s, enrol, s.enrol)
	cancel := conflicting(describe(http.MethodPost, "/enrolments/{id}/cancel", "cancel-enrolment", "courses", "Give a seat back"), http.StatusOK)
	cancel.Description = "Demands `If-Match` with the enrolment's revision as ETag."
	cancel.Errors = append(cancel.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, cancel, s.cancelEnrolment)
}

func (s *server) listEnrolments(ctx context.Context, in *ByID) (*many[casework.Enrolment], error) {
	list, err := s.svc.Enrolments(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return whole(convert(list, enrolmentOf)), nil
}

// enrolmentOf gives lists that are empty instead of null.
func enrolmentOf(e casework.Enrolment) casework.Enrolment {
	e.Prerequisites = present(e.Prerequisites)
	e.Edition.Prerequisites = present(e.Edition.Prerequisites)
	return e
}

func (s *server) enrol(ctx context.Context, in *struct {
	Body struct {
		Project       string   `json:"project_id"`
		Catalog       string   `json:"catalog"`
		Edition       string   `json:"edition" doc:"The edition's id in its catalog"`
		Intervention  string   `json:"intervention_key,omitempty" doc:"The plan's intervention it is for"`
		Prerequisites []string `json:"prerequisites,omitempty" maxItems:"100" doc:"The codes of those that were found to be there: all of them"`
	}
}) (*created[casework.Enrolment], error) {
	b := in.Body
	e, err := s.svc.Enrol(ctx, service.EnrolRequest{Project: casework.ProjectID(b.Project), Catalog: b.Catalog, Edition: b.Edition, Intervention: b.Intervention, Prerequisites: b.Prerequisites})
	if err != nil {
		return nil, err
	}
	return &created[casework.Enrolment]{Location: Prefix + "/projects/" + string(e.Project) + "/enrolments", ETag: etagOf(e.Revision), Body: enrolmentOf(e)}, nil
}

func (s *server) cancelEnrolment(ctx context.Context, in *struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The enrolment's revision as ETag"`
	Body    Reason
}) (*one[casework.Enrolment], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	e, err := s.svc.CancelEnrolment(ctx, casework.EnrolmentID(in.ID), base, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return oneOf(enrolmentOf(e), etagOf(e.Revision), ""), nil
}
