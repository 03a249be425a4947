// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func TestSignInIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	b := w.open(t)
	var last int
	for range 7 {
		b.post("/accedi", url.Values{"email": {"nobody@example.org"}, "password": {"x"}})
		last = b.status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the seventh attempt: %d", last)
	}
	w.as(t, w.Entity, "operator")
}

func TestCrossSitePostsAreRefused(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Entity, "operator")
	r, _ := http.NewRequest(http.MethodPost, w.url+"/esci", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.do(r).want(http.StatusForbidden, "altro sito")
	r, _ = http.NewRequest(http.MethodGet, w.url+"/uscita-rapida", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.do(r)
	b.get("/").want(200)
	r, _ = http.NewRequest(http.MethodGet, w.url+"/uscita-rapida", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	b.do(r)
	if to := b.header.Get("Location"); b.status != http.StatusSeeOther || !strings.HasPrefix(to, "https://") {
		t.Errorf("quick exit: %d to %q", b.status, to)
	}
	if b.get("/"); b.status != http.StatusSeeOther {
		t.Errorf("still signed in after the quick exit: %d", b.status)
	}
}

func TestLanguageIsKept(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Entity, "operator")
	b.get("/progetti").send("/lingua", "", "lang", "en").want(200, "Projects", `lang="en"`)
	if b.at != "/progetti" {
		t.Errorf("led to %s", b.at)
	}
	b.get("/").want(200, "To do")
	b.post("/lingua", url.Values{"lang": {"it"}, "back": {"//evil.example"}}).want(200, "Da fare")
	b.post("/lingua", url.Values{"lang": {"fr"}}).want(422)
}

func TestSwitchingOrganisation(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Service.Host().PutUser(t.Context(), service.NewUser{Email: w.Email(w.Entity, "operator"), Name: "Due Sedi", Password: sample.Password,
		Tenant: w.OtherEntity.ID, Roles: []tenant.Role{tenant.Operator}}); err != nil {
		t.Fatal(err)
	}
	b := w.as(t, w.Entity, "operator")
	b.get("/").want(200, w.Entity.Name, "Passa a un'altra organizzazione", w.OtherEntity.Name)
	b.send("/organizzazione", "", "tenant", string(w.OtherEntity.ID)).want(200, w.OtherEntity.Name)
	b.post("/organizzazione", url.Values{"tenant": {string(w.Services.ID)}}).want(404)
	b.post("/organizzazione", url.Values{"tenant": {"x"}}).want(404)
}

func TestSessionTellsWhenItEnds(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Entity, "operator")
	b.get("/sessione").want(200)
	var got struct{ Ends int64 }
	if err := json.Unmarshal([]byte(b.body), &got); err != nil || time.Until(time.Unix(got.Ends, 0)) < 25*time.Minute {
		t.Errorf("%q: %v", b.body, err)
	}
}

func TestAuditLog(t *testing.T) {
	w := newWorld(t)
	w.Project(t, w.Entity, 1)
	b := w.as(t, w.Entity, "entity_admin")
	b.get("/registro").want(200, "project@own", "Operatore di riferimento")
	b.send("/registro/verifica", "").want(200, "Il registro è integro")
	w.as(t, w.Entity, "operator").get("/registro").want(403, "non permette")
	w.Admin(t, "ALTER TABLE audit_entry DISABLE TRIGGER ALL", "UPDATE audit_entry SET payload = replace(payload, 'person@own', 'person@odd')")
	b.get("/registro").send("/registro/verifica", "").want(200)
	if !strings.Contains(b.body, "non è integro") {
		t.Errorf("a changed entry was not found\n%s", b.text())
	}
}

func TestErrorPages(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, w.Entity, "operator")
	b.get("/nessuna-pagina").want(404, "Pagina non trovata")
	b.get("/progetti/x").want(404)
	b.get("/persone/" + newUUID).want(404)
	b.post("/registro", nil).want(405, "Operazione non prevista")
	b.get("/progetti?da=x").want(422, "Riparti dall'inizio")
	w.as(t, w.Lead, "evaluator").get("/persone").want(403)
	b.post("/persone/nuova", url.Values{"x": {strings.Repeat("a", 2<<20)}}).want(422, "troppo grande")
	w.DB.Close()
	b.get("/").want(503, "Servizio non disponibile")
	b.get("/accessibilita").want(503)
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{"/progetti?stato=draft": "/progetti?stato=draft", "": "/", "https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "/a\nb": "/", "progetti": "/"} {
		if got := localPath(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// TestNewWithoutDatabase: the pages start before the database does.
func TestNewWithoutDatabase(t *testing.T) {
	w := sample.New(t)
	h, err := New(Config{Service: w.Service, Sessions: postgres.Sessions{DB: w.DB, Now: time.Now}, SecureCookies: true})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/accedi", nil))
	if rec.Code != http.StatusOK || rec.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}
