// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/sample"
)

// The straight way, from draft to active, leaves live interventions and a chain that verifies.
func TestWalk(t *testing.T) {
	w := sample.New(t)
	p := w.Project(t, w.Entity, 1)
	got := w.Walk(t, p.ID, w.Entity, casework.Active)
	if got.State != casework.Active {
		t.Fatalf("state = %s, want active", got.State)
	}
	live, err := w.Service.Interventions(w.As(w.Entity, "operator"), p.ID)
	if err != nil || len(live) != 7 {
		t.Fatalf("live interventions = %d, %v; want 7", len(live), err)
	}
	reports, err := w.Service.Host().VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if r.Broken != nil || r.Entries == 0 {
			t.Errorf("%s: %d entries, %v", r.Tenant.Name, r.Entries, r.Broken)
		}
	}
}
