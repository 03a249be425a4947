// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

// The lead agency, which judges under the code, is told that there is no such person: even
// of a project it received, in every role it has.
func TestLeadAgencyHasNoPersons(t *testing.T) {
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	for _, role := range tenant.RolesOf(tenant.LeadAgency) {
		ctx := w.As(w.Lead, string(role))
		_, person := w.Service.Person(ctx, p.Person)
		_, identity := w.Service.Identity(ctx, p.Person)
		_, consents := w.Service.Consents(ctx, p.Person)
		record := w.Service.RecordConsent(ctx, p.Person, casework.Consent{Kind: casework.ConsentData, Given: true, On: "2026-01-01"})
		correct := w.Service.UpdateIdentity(ctx, p.Person, sample.Identity(2), 1)
		for what, err := range map[string]error{"person": person, "identity": identity, "consents": consents, "record": record, "correct": correct} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s, %s: %v, want not found", role, what, err)
			}
		}
	}
}
