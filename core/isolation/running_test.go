// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/tenant"
)

// A running server is asked with two tokens: one that keeps the two apart holds, one that
// tells which ids exist is named, and tokens of one organisation prove nothing.
func TestRunningServer(t *testing.T) {
	e := dbtest.New(t)
	s, err := openScratch(t.Context(), Config{AdminURL: e.AdminURL, Secret: e.Secret, Handler: served(nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close(t.Context())
	token := func(side *side) string {
		for _, u := range s.users {
			if u.side == side && u.role == tenant.Operator {
				return u.token
			}
		}
		return ""
	}
	telling := chi.NewRouter()
	telling.Get("/api/v1/projects/{id}/versions", func(w http.ResponseWriter, r *http.Request) {
		if chi.URLParam(r, "id") != unknownID {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	telling.Mount("/", s.main)
	prove := func(h http.Handler, own, other string) Report {
		srv := httptest.NewServer(h)
		defer srv.Close()
		var r Report
		n := Running{URL: srv.URL, Own: own, Other: other}
		r.prove(t.Context(), Server, n.prove)
		return r
	}
	mine, theirs := token(s.sides[0]), token(s.sides[1])
	if p := prove(s.main, mine, theirs).Proofs[0]; !p.Holds || p.Checked < 20 {
		t.Errorf("%+v", p)
	}
	if p := prove(telling, mine, theirs).Proofs[0]; p.Holds || !strings.Contains(fmt.Sprint(p.Offenders), "/projects/{id}/versions") {
		t.Errorf("%+v", p)
	}
	for _, other := range []string{mine, "satis_nobody"} {
		if p := prove(s.main, mine, other).Proofs[0]; p.Holds {
			t.Errorf("with %q: %+v", other[:8], p)
		}
	}
}
