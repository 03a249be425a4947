// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// The edition in the first network's catalog, and the enrolment that its first side has.
const (
	provedCatalog   = "isolation_proof"
	provedEdition   = "e1"
	provedEnrolment = "0192a000-0000-7000-8000-0000000000ee"
)

// enrol stores an edition and an enrolment in it as they are: no plugin runs here that would
// let anybody do so.
func (s *scratch) enrol(ctx context.Context, first *side, operator tenant.Actor) error {
	at := time.Now().UTC()
	edition := casework.Edition{Catalog: provedCatalog, ID: provedEdition, Course: provedEdition, Area: "other", ISTATCode: "046033", Municipality: "Viareggio",
		Starts: "2099-01-01", Ends: "2099-01-02", Seats: 3, Plugin: provedPlugin, SearchText: " prova", ImportedAt: at}
	admin, err := tenant.From(s.as(ctx, s.lead, tenant.PluginAdmin))
	if err != nil {
		return err
	}
	if err := s.inTenant(ctx, admin, true, func(tx *postgres.Tx) error { return tx.PutEditions(ctx, []casework.Edition{edition}) }); err != nil {
		return err
	}
	s.ids.catalog, s.ids.enrolment = provedCatalog, provedEnrolment
	return s.inTenant(ctx, operator, true, func(tx *postgres.Tx) error {
		return tx.InsertEnrolment(ctx, casework.Enrolment{ID: provedEnrolment, Tenant: first.entity.ID, Project: first.project.ID, Catalog: provedCatalog,
			EditionID: provedEdition, By: operator.User, At: at})
	})
}
