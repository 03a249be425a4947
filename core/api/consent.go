// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/casework"
)

func (s *server) consentRoutes() {
	route(s, describe(http.MethodGet, "/persons/{id}/consents", "list-consents", "persons", "List a person's latest answers"), s.listConsents)
	record := describe(http.MethodPost, "/persons/{id}/consents", "record-consent", "persons", "Record a person's answer")
	record.Description = "An answer is never changed: a new one follows it. `given: false` is a refusal or a withdrawal."
	record.DefaultStatus = http.StatusCreated
	route(s, record, s.recordConsent)
}

// consent is a person's latest answer to one question.
type consent struct {
	Kind       casework.ConsentKind `json:"kind" enum:"programme_information,data,identity_to_services"`
	Given      bool                 `json:"given"`
	On         casework.Date        `json:"on"`
	Language   string               `json:"language,omitempty"`
	Mediator   bool                 `json:"mediator"`
	RecordedAt time.Time            `json:"recorded_at"`
}

type newConsent struct {
	Kind     casework.ConsentKind `json:"kind" enum:"programme_information,data,identity_to_services"`
	Given    bool                 `json:"given"`
	On       casework.Date        `json:"on,omitempty" doc:"Today where it is left out"`
	Language string               `json:"language,omitempty" doc:"Of the conversation: ISO 639, two or three letters"`
	Mediator bool                 `json:"mediator,omitempty" doc:"A cultural mediator was present"`
}

func (s *server) consent(n newConsent) casework.Consent {
	if n.On == "" {
		n.On = casework.DateOf(s.now())
	}
	return casework.Consent{Kind: n.Kind, Given: n.Given, On: n.On, Language: n.Language, Mediator: n.Mediator}
}

func (s *server) listConsents(ctx context.Context, in *ByID) (*many[consent], error) {
	got, err := s.svc.Consents(ctx, casework.PersonID(in.ID))
	if err != nil {
		return nil, err
	}
	var out []consent
	for _, kind := range casework.ConsentKinds() {
		if c, asked := got[kind]; asked {
			out = append(out, consent{Kind: kind, Given: c.Given, On: c.On, Language: c.Language, Mediator: c.Mediator, RecordedAt: c.RecordedAt})
		}
	}
	return whole(out), nil
}

func (s *server) recordConsent(ctx context.Context, in *struct {
	ByID
	Body newConsent
}) (*created[page[consent]], error) {
	if err := s.svc.RecordConsent(ctx, casework.PersonID(in.ID), s.consent(in.Body)); err != nil {
		return nil, err
	}
	list, err := s.listConsents(ctx, &in.ByID)
	if err != nil {
		return nil, err
	}
	return &created[page[consent]]{Location: Prefix + "/persons/" + in.ID + "/consents", Body: list.Body}, nil
}
