// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) tenantRoutes() {
	route(s, describe(http.MethodGet, "/tenants", "list-tenants", "tenants", "List the organisations of the network"), s.listTenants)
	create := describe(http.MethodPost, "/tenants", "create-tenant", "tenants", "Create an organisation of the network")
	create.Description = "By the lead agency's secretariat. It gets keys of its own, and users by invitation."
	create.DefaultStatus = http.StatusCreated
	route(s, create, s.createTenant)
	route(s, cached(describe(http.MethodGet, "/tenants/{tenant}", "get-tenant", "tenants", "Read an organisation's master data")), s.getTenant)
	change := describe(http.MethodPatch, "/tenants/{tenant}", "update-tenant", "tenants", "Correct an organisation's master data")
	change.Description = "What is left out stays. Demands `If-Match` with the ETag."
	change.Errors = append(change.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, change, s.updateTenant)
	for _, step := range []struct{ word, summary, description string }{
		{"suspend", "Shut an organisation out", "Its users hold no role from their next request on. Its data stay."},
		{"resume", "Let a suspended organisation back in", "Its users hold the roles they had."},
	} {
		op := describe(http.MethodPost, "/tenants/{tenant}/"+step.word, step.word+"-tenant", "tenants", step.summary)
		op.Description, op.DefaultStatus = step.description, http.StatusOK
		op.Errors = append(op.Errors, http.StatusConflict)
		do := s.svc.SuspendTenant
		if step.word == "resume" {
			do = s.svc.ResumeTenant
		}
		route(s, op, func(ctx context.Context, in *ByTenant) (*one[organisationRecord], error) {
			if err := do(ctx, tenant.ID(in.Tenant)); err != nil {
				return nil, err
			}
			return s.getTenant(ctx, &struct {
				ByTenant
				IfNone
			}{ByTenant: *in})
		})
	}
}

// ByTenant names an organisation.
type ByTenant struct {
	Tenant string `path:"tenant" doc:"UUID"`
}

// organisation is a member of the network.
type organisation struct {
	ID             tenant.ID   `json:"id"`
	Name           string      `json:"name"`
	Kind           tenant.Kind `json:"kind" enum:"implementing_entity,social_services,lead_agency"`
	Municipalities []string    `json:"municipalities" doc:"Those a social service is competent for"`
	Status         string      `json:"status" enum:"active,suspended"`
}

// MasterData is what letters and decrees need of an organisation.
type MasterData struct {
	CodiceFiscale       string `json:"codice_fiscale" doc:"11 digits, or 16 characters, with the check digit"`
	PartitaIVA          string `json:"partita_iva" doc:"11 digits with the check digit; may be empty"`
	Address             string `json:"address" doc:"Of the seat"`
	PostalCode          string `json:"postal_code"`
	Municipality        string `json:"municipality"`
	LegalRepresentative string `json:"legal_representative"`
	PEC                 string `json:"pec" doc:"Certified mail address"`
}

// Organisation is its name where it is embedded: huma looks at exported fields only.
type Organisation = organisation

type organisationRecord struct {
	Organisation
	MasterData
}

func organisationOf(t postgres.Tenant) organisation {
	return organisation{ID: t.ID, Name: t.Name, Kind: t.Kind, Municipalities: present([]string(t.Municipalities)), Status: t.Status}
}

func recordOf(t postgres.TenantRecord) organisationRecord {
	p := t.Profile
	return organisationRecord{organisationOf(t.Tenant), MasterData{p.CodiceFiscale, p.PartitaIVA, p.Address, p.PostalCode, p.Municipality, p.LegalRepresentative, p.PEC}}
}

func (s *server) listTenants(ctx context.Context, _ *nothing) (*many[organisation], error) {
	list, err := s.svc.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, organisationOf)), nil
}

func (s *server) getTenant(ctx context.Context, in *struct {
	ByTenant
	IfNone
}) (*one[organisationRecord], error) {
	t, err := s.svc.TenantRecord(ctx, tenant.ID(in.Tenant))
	if err != nil {
		return nil, err
	}
	return oneOf(recordOf(t), etagOf(t.Revision), in.IfNoneMatch), nil
}

// TenantPatch is what is written of an organisation; what is nil stays as it is.
type TenantPatch struct {
	Name                *string   `json:"name,omitempty"`
	Municipalities      *[]string `json:"municipalities,omitempty"`
	CodiceFiscale       *string   `json:"codice_fiscale,omitempty"`
	PartitaIVA          *string   `json:"partita_iva,omitempty"`
	Address             *string   `json:"address,omitempty"`
	PostalCode          *string   `json:"postal_code,omitempty"`
	Municipality        *string   `json:"municipality,omitempty"`
	LegalRepresentative *string   `json:"legal_representative,omitempty"`
	PEC                 *string   `json:"pec,omitempty"`
}

// onto puts the patch onto what is there.
func (p TenantPatch) onto(in service.TenantInput) service.TenantInput {
	if p.Municipalities != nil {
		in.Municipalities = *p.Municipalities
	}
	for to, from := range map[*string]*string{&in.Name: p.Name, &in.Profile.CodiceFiscale: p.CodiceFiscale, &in.Profile.PartitaIVA: p.PartitaIVA,
		&in.Profile.Address: p.Address, &in.Profile.PostalCode: p.PostalCode, &in.Profile.Municipality: p.Municipality,
		&in.Profile.LegalRepresentative: p.LegalRepresentative, &in.Profile.PEC: p.PEC} {
		if from != nil {
			*to = *from
		}
	}
	return in
}

func (s *server) createTenant(ctx context.Context, in *struct {
	Body struct {
		Kind tenant.Kind `json:"kind" enum:"implementing_entity,social_services"`
		TenantPatch
	}
}) (*created[organisationRecord], error) {
	t, err := s.svc.CreateTenant(ctx, in.Body.onto(service.TenantInput{Kind: in.Body.Kind}))
	if err != nil {
		return nil, err
	}
	return &created[organisationRecord]{Location: Prefix + "/tenants/" + string(t.ID), ETag: etagOf(t.Revision), Body: recordOf(t)}, nil
}

func (s *server) updateTenant(ctx context.Context, in *struct {
	ByTenant
	IfMatch string `header:"If-Match" doc:"The ETag that was read"`
	Body    TenantPatch
}) (*one[organisationRecord], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	old, err := s.svc.TenantRecord(ctx, tenant.ID(in.Tenant))
	if err != nil {
		return nil, err
	}
	t, err := s.svc.UpdateTenant(ctx, old.ID, base, in.Body.onto(service.TenantInput{Name: old.Name, Municipalities: old.Municipalities, Profile: old.Profile}))
	if err != nil {
		return nil, err
	}
	return oneOf(recordOf(t), etagOf(t.Revision), ""), nil
}
