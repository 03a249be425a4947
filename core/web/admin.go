// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/tenant"
)

type handle = func(httpkit.Handler) http.HandlerFunc

// invitationRoutes are open to everybody: who is invited has no account yet.
func (s *site) invitationRoutes(r chi.Router, h handle) {
	r.Get("/invito/{token}", h(s.showInvitation))
	r.Post("/invito/{token}", h(s.acceptInvitation))
}

// adminRoutes are the pages of administration. The service decides who may see which.
func (s *site) adminRoutes(r chi.Router, h handle) {
	r.Get("/organizzazioni", h(s.showTenants))
	r.Get("/organizzazioni/nuova", h(s.showNewTenant))
	r.Post("/organizzazioni/nuova", h(s.saveNewTenant))
	r.Route("/organizzazioni/{tenant}", func(r chi.Router) {
		r.Get("/", h(s.showTenant))
		r.Post("/", h(s.saveTenant))
		r.Get("/sospendi", h(s.showSuspendTenant))
		r.Post("/sospendi", h(s.suspendTenant))
		r.Post("/riammetti", h(s.resumeTenant))
		r.Get("/utenti", h(s.showTenantUsers))
		r.Get("/invita", h(s.showInvite))
		r.Post("/invita", h(s.saveInvite))
		r.Post("/inviti/{invitation}/ritira", h(s.withdrawInvitation))
		r.Get("/utenti/{user}", h(s.showMember))
		r.Post("/utenti/{user}/ruoli", h(s.grantRole))
		r.Post("/utenti/{user}/ruoli/togli", h(s.takeRole))
		r.Post("/utenti/{user}/sospendi", h(s.suspendUser))
		r.Post("/utenti/{user}/riammetti", h(s.resumeUser))
	})
	r.Get("/utenti", h(s.showUsers))
	r.Get("/avvisi", h(s.showNotices))
	r.Post("/avvisi/{notice}", h(s.markNotice))
	r.Get("/decisioni", h(s.showDecisions))
	r.Get("/decisioni/esporta", h(s.exportDecisions))
	r.Get(emergencyPath, h(s.showEmergencies))
	r.Get(emergencyPath+"/apri", h(s.showFindEmergency))
	r.Post(emergencyPath+"/apri", h(s.findEmergency))
}

// adminNavigation follows the entries for work with cases; navRights has who sees which.
var adminNavigation = []navItem{
	{"tenants", "nav.tenants", "/organizzazioni"},
	{"users", "nav.users", "/utenti"},
	{"decisions", "nav.decisions", "/decisioni"},
	{"emergencies", "nav.emergencies", emergencyPath},
	{"notices", "nav.notices", "/avvisi"},
}

func tenantID(r *http.Request) tenant.ID   { return tenant.ID(chi.URLParam(r, "tenant")) }
func userID(r *http.Request) tenant.UserID { return tenant.UserID(chi.URLParam(r, "user")) }

// finish says once that something was done, and leads on.
func (s *site) finish(w http.ResponseWriter, r *http.Request, key, to string) error {
	s.sessions.Notify(r.Context(), key)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// posted reads a form and does something; finish where it worked.
func (s *site) posted(w http.ResponseWriter, r *http.Request, key, to string, do func() error) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return s.finish(w, r, key, to)
}
