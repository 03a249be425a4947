// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/lib/pq"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

type personRow struct {
	ID          casework.PersonID           `db:"id"`
	Tenant      tenant.ID                   `db:"tenant_id"`
	Code        string                      `db:"code"`
	Citizenship string                      `db:"citizenship"`
	Comune      string                      `db:"municipality"`
	Reason      casework.MunicipalityReason `db:"municipality_reason"`
	TakenOn     time.Time                   `db:"taken_in_charge_on"`
	Prior       int                         `db:"prior_housing_months"`
	Revision    int64                       `db:"revision"`
	CreatedAt   time.Time                   `db:"created_at"`
}

func (r personRow) person() casework.Person {
	return casework.Person{ID: r.ID, Tenant: r.Tenant, Code: r.Code, Citizenship: r.Citizenship, Municipality: r.Comune,
		MunicipalityReason: r.Reason, TakenInChargeOn: civil(r.TakenOn), PriorHousingMonths: r.Prior, Revision: r.Revision, CreatedAt: r.CreatedAt}
}

// civil reads a DATE column, which the driver gives as midnight UTC.
func civil(t time.Time) casework.Date { return casework.Date(t.Format(time.DateOnly)) }

const personColumns = `person.id, person.tenant_id, person.code, person.citizenship, person.municipality, person.municipality_reason,
	person.taken_in_charge_on, person.prior_housing_months, person.revision, person.created_at`

// InsertPerson stores a new person of the actor's tenant.
func (tx *Tx) InsertPerson(ctx context.Context, p casework.Person) error {
	_, err := tx.exec(ctx, `
		INSERT INTO person (tenant_id, id, code, citizenship, municipality, municipality_reason, taken_in_charge_on, prior_housing_months, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		p.Tenant, p.ID, p.Code, p.Citizenship, p.Municipality, p.MunicipalityReason, p.TakenInChargeOn, p.PriorHousingMonths, p.CreatedAt)
	return err
}

// UpdatePerson stores changed case facts where the revision is still p.Revision; Stale otherwise.
func (tx *Tx) UpdatePerson(ctx context.Context, p casework.Person) error {
	return tx.must(ctx, `
		UPDATE person SET citizenship = $3, municipality = $4, municipality_reason = $5, taken_in_charge_on = $6,
			prior_housing_months = $7, revision = revision + 1
		WHERE tenant_id = $1 AND id = $2 AND revision = $8`,
		p.Tenant, p.ID, p.Citizenship, p.Municipality, p.MunicipalityReason, p.TakenInChargeOn, p.PriorHousingMonths, p.Revision)
}

// Person reads one person; NotFound where the actor's role and tenant do not reach.
func (tx *Tx) Person(ctx context.Context, id casework.PersonID) (casework.Person, error) {
	var r personRow
	err := tx.get(ctx, &r, `SELECT `+personColumns+` FROM person WHERE id = $1`, id)
	return r.person(), err
}

// PersonFilter narrows a list of persons.
type PersonFilter struct {
	// Code is an exact code; empty for all.
	Code string
	// Tokens must all be among a person's identity tokens; empty for all.
	Tokens [][]byte
	Page   Page
}

// Persons lists the persons of the actor's tenant, newest first.
func (tx *Tx) Persons(ctx context.Context, f PersonFilter) ([]casework.Person, error) {
	q := newQuery(`SELECT ` + personColumns + ` FROM person`)
	q.where(`person.tenant_id = ?`, tx.scope.Actor.Tenant)
	if f.Code != "" {
		q.where(`person.code = ?`, f.Code)
	}
	for _, t := range f.Tokens {
		q.where(`EXISTS (SELECT 1 FROM identity_token i WHERE i.tenant_id = person.tenant_id AND i.person_id = person.id AND i.token = ?)`, t)
	}
	q.page(f.Page, "person.created_at", "person.id")
	var rows []personRow
	err := tx.list(ctx, &rows, q.text(), q.args...)
	return mapped(rows, personRow.person), err
}

// Identity reads a person's sealed identity. The lead agency's role has no right to.
func (tx *Tx) Identity(ctx context.Context, t tenant.ID, id casework.PersonID) (sealed []byte, err error) {
	err = tx.get(ctx, &sealed, `SELECT sealed FROM person_identity WHERE tenant_id = $1 AND person_id = $2`, t, id)
	return sealed, err
}

// PutIdentity stores a sealed identity and its tokens in place of what was there.
func (tx *Tx) PutIdentity(ctx context.Context, id casework.PersonID, sealed []byte, tokens [][]byte, at time.Time) error {
	t := tx.scope.Actor.Tenant
	if _, err := tx.exec(ctx, `
		INSERT INTO person_identity (tenant_id, person_id, sealed, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, person_id) DO UPDATE SET sealed = EXCLUDED.sealed, updated_at = EXCLUDED.updated_at`, t, id, sealed, at); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM identity_token WHERE tenant_id = $1 AND person_id = $2`, t, id); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		INSERT INTO identity_token (tenant_id, token, person_id) SELECT $1, token, $2 FROM unnest($3::bytea[]) AS token ON CONFLICT DO NOTHING`,
		t, id, pq.ByteaArray(tokens))
	return err
}

// TakeTurns keeps others of the tenant from registering a person until the transaction
// ends: two who register the same one at once must not both find no duplicate.
func (tx *Tx) TakeTurns(ctx context.Context) error {
	_, err := tx.exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 13))`, string(tx.scope.Actor.Tenant))
	return err
}

// SealedPerson is a person with the identity still sealed.
type SealedPerson struct {
	casework.Person
	Sealed []byte
}

// PersonsByTokens lists at most limit persons of the actor's tenant that share any of the tokens.
func (tx *Tx) PersonsByTokens(ctx context.Context, tokens [][]byte, limit int) ([]SealedPerson, error) {
	var rows []struct {
		personRow
		Sealed []byte `db:"sealed"`
	}
	err := tx.list(ctx, &rows, `
		SELECT `+personColumns+`, s.sealed FROM person
		JOIN person_identity s ON s.tenant_id = person.tenant_id AND s.person_id = person.id
		WHERE person.tenant_id = $1 AND person.id IN (
			SELECT i.person_id FROM identity_token i WHERE i.tenant_id = $1 AND i.token = ANY ($2::bytea[]))
		ORDER BY person.created_at DESC LIMIT $3`, tx.scope.Actor.Tenant, pq.ByteaArray(tokens), limit)
	out := make([]SealedPerson, len(rows))
	for i, r := range rows {
		out[i] = SealedPerson{r.person(), r.Sealed}
	}
	return out, err
}

// SealedIdentities reads the identities of a page of persons in one query.
func (tx *Tx) SealedIdentities(ctx context.Context, t tenant.ID, ids []casework.PersonID) (map[casework.PersonID][]byte, error) {
	var rows []struct {
		ID     casework.PersonID `db:"person_id"`
		Sealed []byte            `db:"sealed"`
	}
	err := tx.list(ctx, &rows, `SELECT person_id, sealed FROM person_identity WHERE tenant_id = $1 AND person_id = ANY ($2::uuid[])`, t, textArray(ids))
	out := make(map[casework.PersonID][]byte, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Sealed
	}
	return out, err
}

// InsertConsent records an answer of a person.
func (tx *Tx) InsertConsent(ctx context.Context, id casework.PersonID, c casework.Consent) error {
	_, err := tx.exec(ctx, `
		INSERT INTO consent (tenant_id, person_id, kind, given, given_on, language, mediator, recorded_by, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		tx.scope.Actor.Tenant, id, c.Kind, c.Given, c.On, c.Language, c.Mediator, tx.scope.Actor.User, c.RecordedAt)
	return err
}

// Consents reads the latest answer of a person to each question.
func (tx *Tx) Consents(ctx context.Context, t tenant.ID, id casework.PersonID) (casework.Consents, error) {
	var rows []struct {
		Kind       casework.ConsentKind `db:"kind"`
		Given      bool                 `db:"given"`
		On         time.Time            `db:"given_on"`
		Language   string               `db:"language"`
		Mediator   bool                 `db:"mediator"`
		RecordedAt time.Time            `db:"recorded_at"`
	}
	err := tx.list(ctx, &rows, `
		SELECT DISTINCT ON (kind) kind, given, given_on, language, mediator, recorded_at FROM consent
		WHERE tenant_id = $1 AND person_id = $2 ORDER BY kind, seq DESC`, t, id)
	out := casework.Consents{}
	for _, r := range rows {
		out[r.Kind] = casework.Consent{Kind: r.Kind, Given: r.Given, On: civil(r.On), Language: r.Language, Mediator: r.Mediator, RecordedAt: r.RecordedAt}
	}
	return out, err
}
