// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/api"
	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// served is what the program serves, and what a test adds to it.
func served(add func(chi.Router, Parts)) func(Parts) (http.Handler, http.Handler, error) {
	return func(p Parts) (http.Handler, http.Handler, error) {
		pages, err := web.New(web.Config{Service: p.Service, Sessions: postgres.Sessions{DB: p.DB, Now: time.Now}, Logger: p.Log, Version: "test"})
		if err != nil {
			return nil, nil, err
		}
		r := chi.NewRouter()
		if add != nil {
			add(r, p)
		}
		r.Mount(api.Prefix, api.New(api.Config{Service: p.Service, Logger: p.Log, Version: "test"}))
		r.Mount("/", pages)
		return r, nil, nil
	}
}

func look(t *testing.T, e dbtest.Env, add func(chi.Router, Parts)) Report {
	t.Helper()
	r, err := Run(t.Context(), Config{AdminURL: e.AdminURL, Secret: e.Secret, Handler: served(add), Product: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r Report) find(name string) Proof {
	for _, p := range r.Proofs {
		if p.Name == name {
			return p
		}
	}
	return Proof{}
}

// On the database as migrated and the routes as served all proofs hold, and nothing stays.
func TestAllHolds(t *testing.T) {
	e := dbtest.New(t)
	r := look(t, e, nil)
	if !r.Holds || len(r.Proofs) != 5 {
		t.Errorf("holds %v, %d proofs", r.Holds, len(r.Proofs))
	}
	for _, p := range r.Proofs {
		t.Logf("%s: %d checked in %d ms; %s", p.Name, p.Checked, p.Milliseconds, strings.Join(p.Notes, "; "))
		for _, o := range p.Offenders {
			t.Errorf("%s: %s: %s", p.Name, o.Object, o.Why)
		}
	}
	var left int
	e.Query(t, &left, "SELECT count(*) FROM pg_database WHERE datname LIKE 'satis\\_verify\\_%'")
	if left != 0 {
		t.Errorf("%d scratch databases are left", left)
	}
}

// A table, a policy or a role changed in the database is named.
func TestCatalogueHoles(t *testing.T) {
	for _, tc := range []struct{ do, undo, object string }{
		{"DROP POLICY project_entity ON project", "", "satis_entity on project"},
		{"CREATE TABLE satis.note (tenant_id uuid PRIMARY KEY, text text)", "", "note"},
		{"ALTER ROLE satis_entity BYPASSRLS", "ALTER ROLE satis_entity NOBYPASSRLS", "satis_entity"},
		{"CREATE ROLE satis_statistics LOGIN; GRANT SELECT ON project TO satis_statistics", "DROP OWNED BY satis_statistics; DROP ROLE satis_statistics", "project to satis_statistics"},
	} {
		e := dbtest.New(t)
		e.Admin(t, tc.do)
		r, err := Run(t.Context(), Config{AdminURL: e.AdminURL, Secret: nil, Handler: served(nil)})
		if tc.undo != "" {
			e.Admin(t, tc.undo)
		}
		if err != nil || r.Holds {
			t.Errorf("%s: holds, %v", tc.do, err)
		}
		if got := fmt.Sprint(r.find(Catalogue).Offenders); !strings.Contains(got, tc.object) {
			t.Errorf("%s: named are %s", tc.do, got)
		}
		for _, name := range []string{Matrix, Canary, Pool, Mutation} {
			if r.find(name).Holds {
				t.Errorf("%s: %s holds although it could not be made", tc.do, name)
			}
		}
	}
}

// A route that was added is in the matrix by itself: one that nobody said the owner of, one
// that tells which ids exist, and one that shows what is another's.
func TestNewRoutesAreSeen(t *testing.T) {
	r := look(t, dbtest.New(t), func(router chi.Router, p Parts) {
		router.Get("/pratiche/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
		router.Get("/persone/{id}/esiste", func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(chi.URLParam(r, "id"), unknownID[:20]) {
				w.WriteHeader(http.StatusConflict)
				return
			}
			w.WriteHeader(http.StatusNotFound)
		})
		router.Get("/bacheca", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Zibaldarina Quercivola") })
	})
	for _, tc := range [][2]string{{Matrix, "/pratiche/{id}"}, {Matrix, "/persone/{id}/esiste"}, {Canary, "/bacheca"}} {
		name, want := tc[0], tc[1]
		if p := r.find(name); p.Holds || !strings.Contains(fmt.Sprint(p.Offenders), want) {
			t.Errorf("%s does not name %s: %v", name, want, p.Offenders)
		}
	}
	if r.Holds || !r.find(Pool).Holds {
		t.Error("the whole holds, or what was not touched does not")
	}
}

// Only a scratch database is ever broken.
func TestRealDatabaseIsNotBroken(t *testing.T) {
	e := dbtest.New(t)
	var name string
	e.Query(t, &name, "SELECT current_database()")
	if err := postgres.TearDownWall(context.Background(), e.AdminURL, name); err == nil {
		t.Error("the wall of a database that is no scratch was taken down")
	}
	if list, err := postgres.Lint(t.Context(), e.AdminURL); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
