// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) personRoutes() {
	list := describe(http.MethodGet, "/persons", "list-persons", "persons", "List the persons of the organisation, newest first")
	list.Description = "`name` in an address can end in other people's logs: prefer `POST /persons/search`."
	route(s, list, s.listPersons)
	create := describe(http.MethodPost, "/persons", "create-person", "persons", "Register a person")
	create.Description = "Answers 409 `possible_duplicate` where somebody known looks alike; see `POST /persons/duplicates`, then send `despite_duplicates`."
	create.DefaultStatus, create.Errors = http.StatusCreated, append(create.Errors, http.StatusConflict)
	route(s, create, s.createPerson)
	route(s, describe(http.MethodPost, "/persons/search", "search-persons", "persons", "Find persons by code or by words of the name"), s.searchPersons)
	route(s, describe(http.MethodPost, "/persons/duplicates", "find-duplicates", "persons", "List the persons who may be the same as an identity"), s.findDuplicates)
	route(s, cached(describe(http.MethodGet, "/persons/{id}", "get-person", "persons", "Read a person's case facts")), s.getPerson)
	patch := describe(http.MethodPatch, "/persons/{id}", "update-person", "persons", "Change a person's case facts")
	patch.Description = "What is left out stays as it is. Demands `If-Match`."
	patch.Errors = append(patch.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, patch, s.updatePerson)
	s.identityRoutes()
	s.consentRoutes()
}

// person is someone taken in charge, without what tells who she is.
type person struct {
	ID                 casework.PersonID           `json:"id"`
	Code               string                      `json:"code"`
	Tenant             tenant.ID                   `json:"tenant_id"`
	Citizenship        string                      `json:"citizenship"`
	Municipality       string                      `json:"municipality"`
	MunicipalityReason casework.MunicipalityReason `json:"municipality_reason"`
	TakenInChargeOn    casework.Date               `json:"taken_in_charge_on"`
	PriorHousingMonths int                         `json:"prior_housing_months"`
	Revision           int64                       `json:"revision"`
	CreatedAt          time.Time                   `json:"created_at"`
	MayEdit            bool                        `json:"may_edit"`
	MaySeeIdentity     bool                        `json:"may_see_identity"`
}

func personOf(v service.PersonView) person {
	return person{ID: v.ID, Code: v.Code, Tenant: v.Tenant, Citizenship: v.Citizenship, Municipality: v.Municipality,
		MunicipalityReason: v.MunicipalityReason, TakenInChargeOn: v.TakenInChargeOn, PriorHousingMonths: v.PriorHousingMonths,
		Revision: v.Revision, CreatedAt: v.CreatedAt, MayEdit: v.MayEdit, MaySeeIdentity: v.MaySeeIdentity}
}

type personQuery struct {
	Paging
	Code string `query:"code" doc:"The person's code, exact"`
	Name string `query:"name" deprecated:"true" doc:"Whole words of the name; prefer POST /persons/search"`
}

func (s *server) listPersons(ctx context.Context, in *personQuery) (*many[person], error) {
	return s.findPersons(ctx, service.PersonQuery{Code: in.Code, Name: in.Name, Page: in.request()})
}

type personSearch struct {
	Body struct {
		Name   string `json:"name,omitempty" doc:"Whole words of the name, in any order; accents and case do not matter"`
		Code   string `json:"code,omitempty"`
		Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"100"`
		Cursor string `json:"cursor,omitempty"`
	}
}

func (s *server) searchPersons(ctx context.Context, in *personSearch) (*many[person], error) {
	b := in.Body
	out, err := s.findPersons(ctx, service.PersonQuery{Code: b.Code, Name: b.Name, Page: service.PageRequest{Limit: b.Limit, Cursor: b.Cursor}})
	if out != nil {
		out.Link = "" // the next page is another POST
	}
	return out, err
}

func (s *server) findPersons(ctx context.Context, q service.PersonQuery) (*many[person], error) {
	p, err := s.svc.Persons(ctx, q)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, convert(p.Items, personOf), p.Next), nil
}

type newPerson struct {
	Body struct {
		Identity           identity                    `json:"identity"`
		Citizenship        string                      `json:"citizenship" doc:"ISO 3166-1 alpha-3, or XXA for a stateless person"`
		Municipality       string                      `json:"municipality" doc:"The competent municipality"`
		MunicipalityReason casework.MunicipalityReason `json:"municipality_reason,omitempty" enum:"residence,place_of_need"`
		TakenInChargeOn    casework.Date               `json:"taken_in_charge_on,omitempty" doc:"Today where it is left out"`
		PriorHousingMonths int                         `json:"prior_housing_months,omitempty"`
		Consents           []newConsent                `json:"consents,omitempty"`
		DespiteDuplicates  bool                        `json:"despite_duplicates,omitempty"`
	}
}

func (s *server) createPerson(ctx context.Context, in *newPerson) (*created[person], error) {
	b := in.Body
	v, err := s.svc.RegisterPerson(ctx, service.NewPerson{
		Person: casework.Person{Citizenship: b.Citizenship, Municipality: b.Municipality, MunicipalityReason: b.MunicipalityReason,
			TakenInChargeOn: b.TakenInChargeOn, PriorHousingMonths: b.PriorHousingMonths},
		Identity: b.Identity.identity(), Consents: convert(b.Consents, s.consent), DespiteDuplicates: b.DespiteDuplicates})
	if err != nil {
		return nil, err
	}
	return &created[person]{Location: Prefix + "/persons/" + string(v.ID), ETag: etagOf(v.Revision), Body: personOf(v)}, nil
}

func (s *server) getPerson(ctx context.Context, in *struct {
	ByID
	IfNone
}) (*one[person], error) {
	v, err := s.svc.Person(ctx, casework.PersonID(in.ID))
	if err != nil {
		return nil, err
	}
	return oneOf(personOf(v), etagOf(v.Revision), in.IfNoneMatch), nil
}

type personPatch struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The ETag that was read"`
	Body    struct {
		Citizenship        *string                      `json:"citizenship,omitempty"`
		Municipality       *string                      `json:"municipality,omitempty"`
		MunicipalityReason *casework.MunicipalityReason `json:"municipality_reason,omitempty" enum:"residence,place_of_need"`
		TakenInChargeOn    *casework.Date               `json:"taken_in_charge_on,omitempty"`
		PriorHousingMonths *int                         `json:"prior_housing_months,omitempty"`
	}
}

func (s *server) updatePerson(ctx context.Context, in *personPatch) (*one[person], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	v, err := s.svc.Person(ctx, casework.PersonID(in.ID))
	if err != nil {
		return nil, err
	}
	p := v.Person
	replace(&p.Citizenship, in.Body.Citizenship)
	replace(&p.Municipality, in.Body.Municipality)
	replace(&p.MunicipalityReason, in.Body.MunicipalityReason)
	replace(&p.TakenInChargeOn, in.Body.TakenInChargeOn)
	replace(&p.PriorHousingMonths, in.Body.PriorHousingMonths)
	if v, err = s.svc.UpdatePerson(ctx, p, base); err != nil {
		return nil, err
	}
	return oneOf(personOf(v), etagOf(v.Revision), ""), nil
}

// replace puts a value that was sent in place of the one there.
func replace[T any](have *T, sent *T) {
	if sent != nil {
		*have = *sent
	}
}
