// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

// withRules publishes the default rules and some more.
func withRules(t *testing.T, w *world, more ...policy.Rule) {
	t.Helper()
	rules, err := policy.Defaults()
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.AsSystem(t.Context(), postgres.JobProvision, func(tx *postgres.Tx) error {
		_, err := tx.PublishRules(t.Context(), w.Lead.Network, policy.Format(append(rules, more...)), "test", time.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// without fails where the page shows what it must not.
func (b *browser) without(says ...string) *browser {
	b.t.Helper()
	for _, s := range says {
		if strings.Contains(b.body, s) {
			b.t.Errorf("%s shows %q", b.at, s)
		}
	}
	return b
}

// A right that a policy grants reaches the page and the menu, and no more than it: who may
// read the users sees neither invitations nor buttons.
func TestGrantedRightReachesThePage(t *testing.T) {
	w := newWorld(t)
	manager, worker := w.as(t, w.Entity, "entity_manager"), w.as(t, w.Services, "social_worker")
	for _, b := range []*browser{manager, worker} {
		b.get("/").without(`href="/utenti"`).get("/utenti").want(http.StatusForbidden)
	}
	withRules(t, w, policy.Rule{Role: tenant.EntityManager, Object: policy.UserOwn, Action: policy.List},
		policy.Rule{Role: tenant.SocialWorker, Object: policy.UserOwn, Action: policy.List})
	for _, b := range []*browser{manager, worker} {
		b.get("/utenti").want(http.StatusOK, `href="/utenti"`, "Prova").without("/invita", "Inviti in attesa", "/ritira")
	}
	home := "/organizzazioni/" + string(w.Entity.ID)
	manager.get(home+"/utenti/"+string(w.Actor(w.Entity, "operator").User)).want(http.StatusOK, "Operatore").without("/ruoli", "/sospendi")
	manager.get(home + "/invita").want(http.StatusForbidden)
	manager.get("/organizzazioni/" + string(w.OtherEntity.ID) + "/utenti").want(http.StatusForbidden)
	withRules(t, w)
	manager.get("/utenti").want(http.StatusForbidden)
	manager.get("/").without(`href="/utenti"`)
}

// Nobody is led to what then answers that he may not.
func TestPagesOfferWhatIsAllowed(t *testing.T) {
	w := newWorld(t)
	for nick, of := range map[string]postgres.Tenant{"operator": w.Entity, "entity_admin": w.Entity, "social_worker": w.Services, "evaluator": w.Lead, "data_protection_officer": w.Lead} {
		b := w.as(t, of, nick)
		b.get("/organizzazioni").want(http.StatusOK, w.Entity.Name).without("/organizzazioni/nuova", `href="/organizzazioni/`)
		b.get("/organizzazioni/nuova").want(http.StatusForbidden).without(`name="codice_fiscale"`)
		b.get("/organizzazioni/" + string(w.Entity.ID) + "/sospendi").want(http.StatusForbidden)
		b.get("/").want(http.StatusOK)
		for _, part := range strings.Split(b.body, `href="/`)[1:] {
			path, _, _ := strings.Cut(part, `"`)
			if path == "uscita-rapida" || strings.HasPrefix(path, "assets/") {
				continue
			}
			if b.get("/" + path); b.status != http.StatusOK {
				t.Errorf("%s is led from home to /%s: %d", nick, path, b.status)
			}
		}
	}
	w.as(t, w.Entity, "entity_admin").get("/").want(http.StatusOK, "Niente ti aspetta", `href="/utenti"`).without(`href="/persone"`)
}

// Every entry of the menu has a right: one without is nobody's, and would be lost.
func TestEveryEntryHasARight(t *testing.T) {
	for _, item := range navigation {
		if len(navRights[item.Key]) == 0 {
			t.Errorf("%s has no right", item.Key)
		}
	}
	if len(navRights) != len(navigation) {
		t.Errorf("%d rights for %d entries", len(navRights), len(navigation))
	}
}

// The menu's plugins follow the right, not the role: it is gone with it, and comes with it.
func TestPluginEntryFollowsTheRight(t *testing.T) {
	w := newWorld(t)
	const entry = `href="/plugin"`
	admin, secretary, evaluator := w.as(t, w.Lead, "plugin_admin"), w.as(t, w.Lead, "secretariat"), w.as(t, w.Lead, "evaluator")
	admin.get("/").want(http.StatusOK, entry).get("/plugin").want(http.StatusOK, "/plugin/carica", "/plugin/editori", "/plugin/corsi")
	secretary.get("/").want(http.StatusOK, entry).get("/plugin").want(http.StatusOK).without("/plugin/carica", "/plugin/editori", "/plugin/corsi")
	evaluator.get("/").want(http.StatusOK).without(entry).get("/plugin").want(http.StatusForbidden)
	withRules(t, w, policy.Rule{Role: tenant.Secretariat, Object: policy.PluginNetwork, Action: policy.List, Deny: true},
		policy.Rule{Role: tenant.Evaluator, Object: policy.PluginNetwork, Action: policy.List},
		policy.Rule{Role: tenant.PluginAdmin, Object: policy.CourseNetwork, Action: policy.Import, Deny: true})
	secretary.get("/").want(http.StatusOK).without(entry).get("/plugin").want(http.StatusForbidden)
	evaluator.get("/").want(http.StatusOK, entry).get("/plugin").want(http.StatusOK)
	admin.get("/plugin").want(http.StatusOK, "/plugin/carica").without("/plugin/corsi").get("/plugin/corsi").want(http.StatusForbidden)
}

// What is wrong with a password is said at its field, in words.
func TestWeakPasswordIsExplained(t *testing.T) {
	w := newWorld(t)
	admin := w.as(t, w.Entity, "entity_admin")
	admin.get("/organizzazioni/" + string(w.Entity.ID) + "/invita")
	admin.send("/organizzazioni/"+string(w.Entity.ID)+"/invita", "", "name", "Ada Nuovissima", "email", "ada.nuova@onda.example", "roles", "operator").want(http.StatusCreated)
	link := invitationLink.FindString(admin.body)
	b := w.open(t)
	for password, says := range map[string]string{"corta": "Almeno 12 caratteri", strings.Repeat("lunga ", 300): "Troppo lunga", "aaaaaaaaaaaaaaaa": "Troppo facile", "adanuovissima1!": "chi ti conosce"} {
		b.post(link, url.Values{"password": {password}}).want(http.StatusUnprocessableEntity, `id="password-error"`, says, `href="#password"`).without(password)
	}
	b.post("/lingua", url.Values{"lang": {"en"}, "back": {link}})
	b.post(link, url.Values{"password": {"corta"}}).want(http.StatusUnprocessableEntity, "At least 12 characters")
	b.post(link, url.Values{"password": {sample.Password}}).want(http.StatusOK)
}
