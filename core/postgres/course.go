// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// EditionFilter narrows a search for courses. Empty fields narrow nothing.
type EditionFilter struct {
	// Catalogs are those to look in: none at all is nothing.
	Catalogs []string
	// Words begin a word of the edition each; they hold letters and digits only.
	Words []string
	// Municipality is a name, or an ISTAT code.
	Municipality string
	Area         string
	// From and To bound the first day.
	From, To casework.Date
	// FreeOnly leaves out what has no seat, is withdrawn, or cannot be enrolled in after Today.
	FreeOnly bool
	Today    casework.Date
	Limit    int
	Offset   int
}

type editionRow struct {
	Catalog     string       `db:"catalog"`
	Plugin      string       `db:"plugin_id"`
	Edition     []byte       `db:"edition"`
	Seats       int          `db:"seats"`
	Taken       int          `db:"taken"`
	WithdrawnAt sql.NullTime `db:"withdrawn_at"`
	ImportedAt  time.Time    `db:"imported_at"`
	Total       int          `db:"total"`
}

func (r editionRow) edition() (casework.Edition, error) {
	var e casework.Edition
	if err := fromJSON(r.Edition, &e); err != nil {
		return e, err
	}
	e.Catalog, e.Plugin, e.Seats, e.Taken, e.Withdrawn, e.ImportedAt = r.Catalog, r.Plugin, r.Seats, r.Taken, r.WithdrawnAt.Valid, r.ImportedAt
	return e, nil
}

const editionColumns = `catalog, plugin_id, edition, seats, taken, withdrawn_at, imported_at`

// Editions searches the courses of the actor's network, the soonest first, and tells how
// many there are in all.
func (tx *Tx) Editions(ctx context.Context, f EditionFilter) (out []casework.Edition, total int, err error) {
	q := newQuery(`SELECT ` + editionColumns + `, count(*) OVER () AS total FROM course_edition`)
	q.where("network_id = ?", tx.scope.Actor.Network)
	q.where("catalog = ANY (?)", textArray(f.Catalogs))
	for _, w := range f.Words {
		q.where("words LIKE ?", "% "+w+"%")
	}
	if f.Municipality != "" {
		q.where("(istat_code = ? OR municipality = ?)", f.Municipality, f.Municipality)
	}
	if f.Area != "" {
		q.where("area = ?", f.Area)
	}
	if f.From != "" {
		q.where("starts_on >= ?", f.From)
	}
	if f.To != "" {
		q.where("starts_on <= ?", f.To)
	}
	if f.FreeOnly {
		q.where("taken < seats AND withdrawn_at IS NULL AND enrol_by >= ?", f.Today)
	}
	q.args = append(q.args, f.Limit, f.Offset)
	n := len(q.args)
	q.ending = " ORDER BY starts_on, catalog, edition_id LIMIT $" + strconv.Itoa(n-1) + " OFFSET $" + strconv.Itoa(n)
	var rows []editionRow
	if err := tx.list(ctx, &rows, q.text(), q.args...); err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		e, err := r.edition()
		if err != nil {
			return nil, 0, err
		}
		out, total = append(out, e), r.Total
	}
	return out, total, nil
}

// Edition reads one edition; NotFound outside the actor's network.
func (tx *Tx) Edition(ctx context.Context, catalog, id string) (casework.Edition, error) {
	var r editionRow
	if err := tx.get(ctx, &r, `SELECT `+editionColumns+` FROM course_edition WHERE network_id = $1 AND catalog = $2 AND edition_id = $3`,
		tx.scope.Actor.Network, catalog, id); err != nil {
		return casework.Edition{}, err
	}
	return r.edition()
}

// EditionPlaces lists the municipalities where courses of some catalogs are held, by name.
func (tx *Tx) EditionPlaces(ctx context.Context, catalogs []string) (out []string, err error) {
	err = tx.list(ctx, &out, `SELECT DISTINCT municipality FROM course_edition WHERE network_id = $1 AND catalog = ANY ($2) ORDER BY municipality LIMIT 500`,
		tx.scope.Actor.Network, textArray(catalogs))
	return out, err
}

// EditionsOf lists every edition of a catalog, to compare an import with. Lead agency only.
func (tx *Tx) EditionsOf(ctx context.Context, catalog string) ([]casework.Edition, error) {
	var rows []editionRow
	if err := tx.list(ctx, &rows, `SELECT `+editionColumns+` FROM course_edition WHERE network_id = $1 AND catalog = $2 ORDER BY edition_id`,
		tx.scope.Actor.Network, catalog); err != nil {
		return nil, err
	}
	out := make([]casework.Edition, 0, len(rows))
	for _, r := range rows {
		e, err := r.edition()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// PutEditions stores editions, new or changed, a few hundred at a time. Lead agency only.
func (tx *Tx) PutEditions(ctx context.Context, list []casework.Edition) error {
	const atOnce = 500
	for len(list) > 0 {
		n := min(atOnce, len(list))
		if err := tx.putEditions(ctx, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (tx *Tx) putEditions(ctx context.Context, list []casework.Edition) error {
	type row struct {
		Catalog string        `json:"catalog"`
		ID      string        `json:"edition_id"`
		Plugin  string        `json:"plugin_id"`
		Edition any           `json:"edition"`
		Words   string        `json:"words"`
		Area    string        `json:"area"`
		ISTAT   string        `json:"istat_code"`
		Place   string        `json:"municipality"`
		Starts  casework.Date `json:"starts_on"`
		Ends    casework.Date `json:"ends_on"`
		EnrolBy casework.Date `json:"enrol_by"`
		Seats   int           `json:"seats"`
		At      time.Time     `json:"imported_at"`
	}
	rows := mapped(list, func(e casework.Edition) row {
		return row{e.Catalog, e.ID, e.Plugin, e, e.SearchText, e.Area, e.ISTATCode, e.Municipality, e.Starts, e.Ends, e.LastDay(), e.Seats, e.ImportedAt}
	})
	text, err := json.Marshal(rows)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "internal")
	}
	_, err = tx.exec(ctx, `INSERT INTO course_edition (network_id, catalog, edition_id, plugin_id, edition, words, area, istat_code, municipality,
			starts_on, ends_on, enrol_by, seats, imported_at)
		SELECT $1, r.catalog, r.edition_id, r.plugin_id, r.edition, r.words, r.area, r.istat_code, r.municipality, r.starts_on, r.ends_on, r.enrol_by, r.seats, r.imported_at
		FROM jsonb_to_recordset($2::jsonb) AS r (catalog text, edition_id text, plugin_id text, edition jsonb, words text, area text, istat_code text,
			municipality text, starts_on date, ends_on date, enrol_by date, seats integer, imported_at timestamptz)
		ON CONFLICT (network_id, catalog, edition_id) DO UPDATE SET plugin_id = EXCLUDED.plugin_id, edition = EXCLUDED.edition, words = EXCLUDED.words,
			area = EXCLUDED.area, istat_code = EXCLUDED.istat_code, municipality = EXCLUDED.municipality, starts_on = EXCLUDED.starts_on,
			ends_on = EXCLUDED.ends_on, enrol_by = EXCLUDED.enrol_by, seats = EXCLUDED.seats, imported_at = EXCLUDED.imported_at, withdrawn_at = NULL`,
		tx.scope.Actor.Network, string(text))
	return err
}

// WithdrawEditions marks editions that were in no later import. Lead agency only.
func (tx *Tx) WithdrawEditions(ctx context.Context, catalog string, ids []string, at time.Time) error {
	_, err := tx.exec(ctx, `UPDATE course_edition SET withdrawn_at = $4 WHERE network_id = $1 AND catalog = $2 AND edition_id = ANY ($3) AND withdrawn_at IS NULL`,
		tx.scope.Actor.Network, catalog, textArray(ids), at)
	return err
}

type enrolmentRow struct {
	Tenant        tenant.ID                `db:"tenant_id"`
	ID            casework.EnrolmentID     `db:"id"`
	Project       casework.ProjectID       `db:"project_id"`
	Catalog       string                   `db:"catalog"`
	EditionID     string                   `db:"edition_id"`
	Intervention  string                   `db:"intervention_key"`
	Prerequisites []byte                   `db:"prerequisites"`
	Status        casework.EnrolmentStatus `db:"status"`
	Reason        string                   `db:"reason"`
	Revision      int64                    `db:"revision"`
	EnrolledBy    tenant.UserID            `db:"enrolled_by"`
	EnrolledAt    time.Time                `db:"enrolled_at"`
	CancelledAt   sql.NullTime             `db:"cancelled_at"`
	Edition       []byte                   `db:"edition"`
	Plugin        string                   `db:"plugin_id"`
	Seats         int                      `db:"seats"`
	Taken         int                      `db:"taken"`
	WithdrawnAt   sql.NullTime             `db:"withdrawn_at"`
	ImportedAt    time.Time                `db:"imported_at"`
}

func (r enrolmentRow) enrolment() (casework.Enrolment, error) {
	e := casework.Enrolment{ID: r.ID, Tenant: r.Tenant, Project: r.Project, Catalog: r.Catalog, EditionID: r.EditionID, Intervention: r.Intervention,
		Status: r.Status, Reason: r.Reason, Revision: r.Revision, By: r.EnrolledBy, At: r.EnrolledAt, CancelledAt: r.CancelledAt.Time}
	if err := fromJSON(r.Prerequisites, &e.Prerequisites); err != nil {
		return e, err
	}
	var err error
	e.Edition, err = editionRow{Catalog: r.Catalog, Plugin: r.Plugin, Edition: r.Edition, Seats: r.Seats, Taken: r.Taken, WithdrawnAt: r.WithdrawnAt,
		ImportedAt: r.ImportedAt}.edition()
	return e, err
}

const enrolmentSelect = `SELECT n.tenant_id, n.id, n.project_id, n.catalog, n.edition_id, n.intervention_key, to_json(n.prerequisites) AS prerequisites, n.status,
	n.reason, n.revision, n.enrolled_by, n.enrolled_at, n.cancelled_at, e.edition, e.plugin_id, e.seats, e.taken, e.withdrawn_at, e.imported_at
	FROM enrolment n JOIN course_edition e ON e.network_id = n.network_id AND e.catalog = n.catalog AND e.edition_id = n.edition_id`

// InsertEnrolment takes a seat. Conflict, no_seats_left, where there is none any more;
// already_enrolled where the person of the project has one.
func (tx *Tx) InsertEnrolment(ctx context.Context, e casework.Enrolment) error {
	_, err := tx.exec(ctx, `INSERT INTO enrolment (tenant_id, id, network_id, project_id, catalog, edition_id, intervention_key, prerequisites, enrolled_by, enrolled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, e.Tenant, e.ID, tx.scope.Actor.Network, e.Project, e.Catalog, e.EditionID, e.Intervention,
		textArray(e.Prerequisites), e.By, e.At)
	if err != nil && strings.Contains(err.Error(), `constraint "enrolment_once"`) {
		return fault.New(fault.Conflict, "already_enrolled")
	}
	return err
}

// CancelEnrolment gives a seat back where the enrolment is still at a revision; Stale otherwise.
func (tx *Tx) CancelEnrolment(ctx context.Context, e casework.Enrolment, by tenant.UserID, at time.Time) error {
	return tx.must(ctx, `UPDATE enrolment SET status = 'cancelled', reason = $4, revision = revision + 1, cancelled_by = $5, cancelled_at = $6
		WHERE tenant_id = $1 AND id = $2 AND revision = $3 AND status = 'enrolled'`, e.Tenant, e.ID, e.Revision, e.Reason, by, at)
}

// Enrolment reads one; NotFound where the actor may not see it.
func (tx *Tx) Enrolment(ctx context.Context, id casework.EnrolmentID) (casework.Enrolment, error) {
	var r enrolmentRow
	if err := tx.get(ctx, &r, enrolmentSelect+` WHERE n.id = $1`, id); err != nil {
		return casework.Enrolment{}, err
	}
	return r.enrolment()
}

// Enrolments lists those of a project, newest first.
func (tx *Tx) Enrolments(ctx context.Context, p casework.Project) ([]casework.Enrolment, error) {
	return tx.enrolments(ctx, enrolmentSelect+` WHERE n.tenant_id = $1 AND n.project_id = $2 ORDER BY n.enrolled_at DESC, n.id DESC LIMIT 200`, p.Tenant, p.ID)
}

// EnrolmentsIn lists the actor's own in one edition, newest first.
func (tx *Tx) EnrolmentsIn(ctx context.Context, catalog, edition string) ([]casework.Enrolment, error) {
	return tx.enrolments(ctx, enrolmentSelect+` WHERE n.tenant_id = $1 AND n.catalog = $2 AND n.edition_id = $3 ORDER BY n.enrolled_at DESC, n.id DESC LIMIT 200`,
		tx.scope.Actor.Tenant, catalog, edition)
}

func (tx *Tx) enrolments(ctx context.Context, query string, args ...any) ([]casework.Enrolment, error) {
	var rows []enrolmentRow
	if err := tx.list(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	out := make([]casework.Enrolment, 0, len(rows))
	for _, r := range rows {
		e, err := r.enrolment()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// seatFault tells what the count of seats complained of.
func seatFault(code string, cause error) *fault.Error {
	switch code {
	case "SAT20":
		return fault.Wrap(cause, fault.Conflict, "no_seats_left")
	case "SAT21":
		return fault.Wrap(cause, fault.Conflict, "enrolment_cancelled")
	}
	return nil
}
