// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/sample"
)

// TestForeignAndUnknownLookAlike asks every address that holds an id for another
// organisation's thing and for one that does not exist: the answers are the same bytes.
func TestForeignAndUnknownLookAlike(t *testing.T) {
	w := newWorld(t)
	mine := w.Project(t, w.Entity, 1)
	w.Walk(t, mine.ID, w.Entity, casework.CoDesign)
	person := string(mine.Person)
	others := []*browser{w.as(t, w.OtherEntity, "operator"), w.as(t, w.OtherEntity, "entity_manager"), w.as(t, w.OtherServices, "social_worker"), w.as(t, w.Lead, "approver")}
	tried := 0
	for _, route := range allRoutes(t, w) {
		if !strings.Contains(route.pattern, "{id}") {
			continue
		}
		own, unknown := string(mine.ID), newUUID
		if strings.HasPrefix(route.pattern, "/persone") {
			own = person
		}
		for _, b := range others {
			tried++
			foreign, missing := ask(b, route, own), ask(b, route, unknown)
			if foreign.status != http.StatusNotFound && foreign.status != http.StatusForbidden {
				t.Errorf("%s %s: %d for another's", route.method, route.pattern, foreign.status)
			}
			if foreign != missing {
				t.Errorf("%s %s: another's answers %d, an unknown one %d; bodies alike: %v", route.method, route.pattern, foreign.status, missing.status, foreign.body == missing.body)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d tries: are the routes still listed?", tried)
	}
}

type route struct{ method, pattern string }

type reply struct {
	status int
	body   string
}

// ask calls a route with an id in its place and something plausible in every other.
func ask(b *browser, r route, id string) reply {
	path := r.pattern
	for name, value := range map[string]string{"{id}": id, "{section}": "needs", "{key}": "it", "{decision}": newUUID, "{enrolment}": newUUID, "{catalog}": "tuscany", "{edition}": "x", "{n}": "1"} {
		path = strings.ReplaceAll(path, name, value)
	}
	if r.method == http.MethodPost {
		b.post(path, url.Values{"_base": {"1"}, "event": {"recommend"}, "_type": {"housing"}, "_hash": {"00"}})
	} else {
		b.get(path + map[bool]string{true: "?tipo=housing"}[strings.HasSuffix(path, "/nuovo")])
	}
	return reply{b.status, b.body}
}

func allRoutes(t *testing.T, w *world) []route {
	t.Helper()
	var out []route
	err := chi.Walk(w.handler.(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		out = append(out, route{method, strings.TrimSuffix(pattern, "/")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNobodyGetsInUnasked: without signing in, every page leads to the sign-in page.
func TestNobodyGetsInUnasked(t *testing.T) {
	w := newWorld(t)
	b := w.open(t)
	open := map[string]bool{"/accedi": true, "/lingua": true, "/uscita-rapida": true, "/accessibilita": true, "/privacy": true, "/assets/{name}": true, "/invito/{token}": true}
	for _, r := range allRoutes(t, w) {
		if open[r.pattern] {
			continue
		}
		got := ask(b, r, newUUID)
		if r.method == http.MethodGet && !strings.HasPrefix(b.at, "/accedi") {
			t.Errorf("GET %s: %d at %s", r.pattern, got.status, b.at)
		}
		if r.method == http.MethodPost && got.status != http.StatusUnauthorized {
			t.Errorf("POST %s: %d", r.pattern, got.status)
		}
	}
}

// TestLeadNeverSeesAName goes over every page of the lead agency with a canary in the identity.
func TestLeadNeverSeesAName(t *testing.T) {
	w := newWorld(t)
	p := w.Project(t, w.Entity, 1)
	w.Walk(t, p.ID, w.Entity, casework.Evaluated)
	canary := sample.Identity(1)
	for _, nick := range []string{"evaluator", "approver", "secretariat", "data_protection_officer"} {
		b := w.as(t, w.Lead, nick)
		for _, r := range allRoutes(t, w) {
			if r.pattern == "/esci" || r.pattern == "/uscita-rapida" || r.method != http.MethodGet {
				continue
			}
			for _, id := range []string{string(p.ID), string(p.Person)} {
				if got := ask(b, r, id); strings.Contains(got.body, canary.FamilyName) || strings.Contains(got.body, canary.GivenName) {
					t.Errorf("%s sees the name at %s", nick, r.pattern)
				}
			}
		}
	}
}

// TestNoNameInTitleOrAddress: the browser's history must tell nothing.
func TestNoNameInTitleOrAddress(t *testing.T) {
	w := newWorld(t)
	p := w.Person(t, w.Entity, 1)
	b := w.as(t, w.Entity, "operator")
	b.get("/persone").want(200, "Okoro")
	b.post("/persone/cerca", url.Values{"cerca": {"okoroaa"}}).want(200, p.Code)
	check := func() {
		t.Helper()
		title, _, _ := strings.Cut(b.body, "</title>")
		if strings.Contains(title, "Okoro") || strings.Contains(strings.ToLower(b.at), "okoro") {
			t.Errorf("a name in the title or the address of %s", b.at)
		}
		for _, href := range strings.Split(b.body, `href="`)[1:] {
			if link, _, _ := strings.Cut(href, `"`); strings.Contains(strings.ToLower(link), "okoro") {
				t.Errorf("a name in a link: %s", link)
			}
		}
	}
	check()
	b.get("/persone/"+string(p.ID)).send("/persone/"+string(p.ID)+"/identita", "").want(200, "Okoro")
	check()
}
