// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/postgres"
)

// The wall as migrated has no hole.
func TestLint(t *testing.T) {
	list, err := postgres.Lint(t.Context(), dbtest.New(t).AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		t.Error(o)
	}
}

// Each hole that is broken into the wall is found, by the rule it breaks and by name, and
// none of them stays.
func TestLintFindsHoles(t *testing.T) {
	e := dbtest.New(t)
	missed, err := postgres.MissedBreaches(t.Context(), e.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range missed {
		t.Errorf("%s is not found", b.Statement)
	}
	if list, err := postgres.Lint(t.Context(), e.AdminURL); err != nil || len(list) != 0 {
		t.Errorf("afterwards: %v, %v", list, err)
	}
	covered := map[string]bool{}
	for _, b := range postgres.Breaches() {
		covered[b.Rule] = true
	}
	if len(covered) != postgres.Rules() {
		t.Errorf("%d rules are put to the test, of %d", len(covered), postgres.Rules())
	}
}

// What a role can do holds for the whole cluster: these run alone, and each is undone.
// Besides Lint, the program itself refuses to start on such a role.
func TestDangerousRoles(t *testing.T) {
	e := dbtest.New(t)
	for _, tc := range []struct{ do, undo, rule string }{
		{"ALTER ROLE satis_entity BYPASSRLS", "ALTER ROLE satis_entity NOBYPASSRLS", "harmless roles"},
		{"ALTER ROLE satis_lead SUPERUSER", "ALTER ROLE satis_lead NOSUPERUSER", "harmless roles"},
		{"ALTER ROLE satis_system CREATEROLE", "ALTER ROLE satis_system NOCREATEROLE", "harmless roles"},
		{"GRANT satis_owner TO satis_entity", "REVOKE satis_owner FROM satis_entity", "roles are nobody else"},
	} {
		func() {
			defer e.Admin(t, tc.undo)
			e.Admin(t, tc.do)
			list, err := postgres.Lint(t.Context(), e.AdminURL)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(list, func(o postgres.Offence) bool { return o.Rule == tc.rule }) {
				t.Errorf("%s is not found, but %v", tc.do, list)
			}
			db, err := postgres.Open(context.Background(), postgres.Config{URL: e.URL, Secret: e.Secret})
			if err == nil {
				db.Close()
				t.Errorf("the database opens after %s", tc.do)
			}
		}()
	}
	if db, err := postgres.Open(t.Context(), postgres.Config{URL: e.URL, Secret: e.Secret}); err != nil {
		t.Error("afterwards:", err)
	} else {
		db.Close()
	}
}
