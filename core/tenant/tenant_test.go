// SPDX-License-Identifier: AGPL-3.0-or-later

package tenant_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/tenant"
)

const id = "0198a000-0000-7000-8000-00000000beef"

func TestActorInContext(t *testing.T) {
	want := tenant.Actor{User: "u", Tenant: id, Kind: tenant.LeadAgency, Network: "n", Lang: "it"}
	got, err := tenant.From(tenant.With(t.Context(), want))
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	// A context without an actor, or with half of one, is an error and never a default.
	for _, ctx := range []context.Context{t.Context(), tenant.With(t.Context(), tenant.Actor{}),
		tenant.With(t.Context(), tenant.Actor{User: "u"}), tenant.With(t.Context(), tenant.Actor{Tenant: id})} {
		if got, err := tenant.From(ctx); !errors.Is(err, tenant.ErrNoActor) || got != (tenant.Actor{}) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestValidUUID(t *testing.T) {
	for s, want := range map[string]bool{
		id: true, "00000000-0000-0000-0000-000000000000": true, "": false, strings.ToUpper(id): false, id[1:]: false, id + "0": false,
		strings.ReplaceAll(id, "-", ""): false, "{" + id[1:35] + "}": false, strings.Replace(id, "0", "g", 1): false,
		strings.Replace(id, "-", "'", 1): false, "0198a000-0000-7000-8000-00000000bee'": false, " " + id[1:]: false, "0198a000-0000-7000-8000-00000000beé": false,
	} {
		if got := tenant.ValidUUID(s); got != want {
			t.Errorf("ValidUUID(%q) = %v", s, got)
		}
		if got, err := tenant.ParseID(s); (err == nil) != want || (want && string(got) != s) || (err != nil && s != "" && strings.Contains(err.Error(), s)) {
			t.Errorf("ParseID(%q) = %q, %v", s, got, err)
		}
	}
}

// Whatever passes holds nothing that could leave a quoted SQL literal.
func TestWhatPassesIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := []byte(id)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			raw[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if tenant.ValidUUID(string(raw)) && strings.Trim(string(raw), "0123456789abcdef-") != "" {
			t.Fatalf("%q passes", raw)
		}
	})
}

// Every role belongs to exactly one kind of organisation.
func TestRoles(t *testing.T) {
	seen := map[tenant.Role]tenant.Kind{}
	for _, k := range tenant.Kinds() {
		for _, r := range tenant.RolesOf(k) {
			if other, twice := seen[r]; twice {
				t.Errorf("%s belongs to %s and %s", r, other, k)
			}
			seen[r] = k
			if got, ok := tenant.KindOf(r); !ok || got != k {
				t.Errorf("KindOf(%s) = %s, %v", r, got, ok)
			}
		}
	}
	if len(seen) != 11 || tenant.RolesOf("partner") != nil {
		t.Errorf("%d roles, want 11, and none for an unknown kind", len(seen))
	}
	if _, ok := tenant.KindOf("god"); ok {
		t.Error("an unknown role has a kind")
	}
}
