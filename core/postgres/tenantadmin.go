// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// What changes who may do what goes through functions of the database, which check once
// more for whom the transaction runs and count the policy's version up: ErrPolicyMoved
// where it is no longer the one the caller decided under.

// TenantRecord is an organisation with its master data.
type TenantRecord struct {
	Tenant
	Profile tenant.Profile
	// Revision counts the changes: the record's ETag.
	Revision int64
}

// TenantRecord reads an organisation of the network with its master data. Lead agency only:
// others see the profile of their own.
func (tx *Tx) TenantRecord(ctx context.Context, id tenant.ID) (TenantRecord, error) {
	var r struct {
		Tenant
		Revision       int64  `db:"revision"`
		CodiceFiscale  string `db:"codice_fiscale"`
		PartitaIVA     string `db:"partita_iva"`
		Address        string `db:"address"`
		PostalCode     string `db:"postal_code"`
		Municipality   string `db:"municipality"`
		Representative string `db:"legal_representative"`
		PEC            string `db:"pec"`
	}
	err := tx.get(ctx, &r, `
		SELECT t.id, t.network_id, t.kind, t.name, t.municipalities, t.status, t.revision, coalesce(p.codice_fiscale, '') AS codice_fiscale,
			coalesce(p.partita_iva, '') AS partita_iva, coalesce(p.address, '') AS address, coalesce(p.postal_code, '') AS postal_code,
			coalesce(p.municipality, '') AS municipality, coalesce(p.legal_representative, '') AS legal_representative, coalesce(p.pec, '') AS pec
		FROM tenant t LEFT JOIN tenant_profile p ON p.tenant_id = t.id WHERE t.id = $1`, id)
	return TenantRecord{Tenant: r.Tenant, Revision: r.Revision, Profile: tenant.Profile{CodiceFiscale: r.CodiceFiscale, PartitaIVA: r.PartitaIVA,
		Address: r.Address, PostalCode: r.PostalCode, Municipality: r.Municipality, LegalRepresentative: r.Representative, PEC: r.PEC}}, err
}

// TenantByFiscalCode finds another organisation of the network with the code; NotFound where
// there is none. Lead agency only.
func (tx *Tx) TenantByFiscalCode(ctx context.Context, code string, but tenant.ID) (id tenant.ID, err error) {
	err = tx.get(ctx, &id, `SELECT tenant_id FROM tenant_profile WHERE codice_fiscale = $1 AND tenant_id <> $2 LIMIT 1`, code, but)
	return id, err
}

// CreateTenant stores a new organisation of the network with its master data and keys.
func (tx *Tx) CreateTenant(ctx context.Context, t TenantRecord, wrapped []byte, at time.Time) error {
	p := t.Profile
	_, err := tx.exec(ctx, `SELECT tenant_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, tx.scope.PolicyVersion, t.ID, t.Kind, t.Name,
		textArray(t.Municipalities), p.CodiceFiscale, p.PartitaIVA, p.Address, p.PostalCode, p.Municipality, p.LegalRepresentative, p.PEC, wrapped, at)
	return err
}

// By is who acts, as the notice to the organisation concerned names him.
type By struct {
	User tenant.UserID
	Name string
	At   time.Time
}

// UpdateTenant stores master data where nobody changed them since t.Revision; Stale otherwise.
func (tx *Tx) UpdateTenant(ctx context.Context, t TenantRecord, by By) error {
	p := t.Profile
	return tx.changed(ctx, `SELECT tenant_update($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, tx.scope.PolicyVersion, t.ID, t.Revision,
		t.Name, textArray(t.Municipalities), p.CodiceFiscale, p.PartitaIVA, p.Address, p.PostalCode, p.Municipality, p.LegalRepresentative, p.PEC,
		by.User, by.Name, by.At)
}

// PutTenantStatus suspends an organisation of the network or lets it back in; Stale where
// it is so already.
func (tx *Tx) PutTenantStatus(ctx context.Context, id tenant.ID, status string, by By) error {
	return tx.changed(ctx, `SELECT tenant_set_status($1, $2, $3, $4, $5, $6)`, tx.scope.PolicyVersion, id, status, by.User, by.Name, by.At)
}

// changed runs a function that answers whether it changed anything; Stale where it did not.
func (tx *Tx) changed(ctx context.Context, query string, args ...any) error {
	var done bool
	if err := tx.get(ctx, &done, query, args...); err != nil {
		return err
	}
	if !done {
		return fault.New(fault.Stale, "changed_meanwhile")
	}
	return nil
}

// administrationFault tells what the functions of administration complained of. The service
// asks the same before: it is seen only where somebody found a way round the service.
func administrationFault(code string, cause error) *fault.Error {
	switch code {
	case "SAT10":
		return fault.Wrap(cause, fault.Forbidden, "not_allowed")
	case "SAT11":
		return fault.Wrap(cause, fault.Conflict, "last_administrator")
	}
	return nil
}
