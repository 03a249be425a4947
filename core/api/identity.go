// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
)

func (s *server) identityRoutes() {
	get := describe(http.MethodGet, "/persons/{id}/identity", "get-identity", "persons", "Read who a person is")
	get.Description = "Every reading is recorded in the audit."
	route(s, get, s.getIdentity)
	put := describe(http.MethodPut, "/persons/{id}/identity", "put-identity", "persons", "Correct who a person is")
	put.Description = "Demands `If-Match` with the ETag of the person or of the identity: they are the same."
	put.Errors = append(put.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, put, s.putIdentity)
}

// identity is who the person is; it is sealed where it is stored.
type identity struct {
	GivenName      string        `json:"given_name"`
	FamilyName     string        `json:"family_name"`
	BirthDate      casework.Date `json:"birth_date"`
	Phone          string        `json:"phone,omitempty"`
	Email          string        `json:"email,omitempty"`
	Address        string        `json:"address,omitempty"`
	DocumentNumber string        `json:"document_number,omitempty" doc:"Of a passport, permit or identity card"`
}

func (i identity) identity() casework.Identity { return casework.Identity(i) }

func (s *server) getIdentity(ctx context.Context, in *ByID) (*one[identity], error) {
	id := casework.PersonID(in.ID)
	// The revision is read first: one that moves in between makes a later change stale,
	// never wrong.
	v, err := s.svc.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	got, err := s.svc.Identity(ctx, id)
	if err != nil {
		return nil, err
	}
	return oneOf(identity(got), etagOf(v.Revision), ""), nil
}

type identityPut struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The ETag that was read"`
	Body    identity
}

func (s *server) putIdentity(ctx context.Context, in *identityPut) (*one[identity], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	clean := in.Body.identity().Clean()
	if err := s.svc.UpdateIdentity(ctx, casework.PersonID(in.ID), clean, base); err != nil {
		return nil, atTop(err)
	}
	return oneOf(identity(clean), etagOf(base+1), ""), nil
}

// atTop takes "identity/" off the places of complaints: here the identity is the whole body.
func atTop(err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	out := *e
	out.Fields = convert(e.Fields, func(f fault.Field) fault.Field {
		f.Path = strings.TrimPrefix(f.Path, "identity/")
		return f
	})
	return &out
}

// duplicate is a person who may be the same.
type duplicate struct {
	Person   person   `json:"person"`
	Identity identity `json:"identity"`
	Same     []string `json:"same" doc:"What is equal: name, birth_date, document_number, phone"`
}

type duplicateSearch struct {
	Body struct {
		Identity identity `json:"identity"`
	}
}

func (s *server) findDuplicates(ctx context.Context, in *duplicateSearch) (*many[duplicate], error) {
	list, err := s.svc.Duplicates(ctx, in.Body.Identity.identity())
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(d service.Duplicate) duplicate {
		out := duplicate{Person: personOf(d.PersonView), Same: d.Same}
		if d.Identity != nil {
			out.Identity = identity(*d.Identity)
		}
		return out
	})), nil
}
