// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// Config is what the pages stand on.
type Config struct {
	Service *service.Service
	// Sessions keeps who is signed in; tokens reach it hashed.
	Sessions scs.CtxStore
	Logger   *slog.Logger
	// Version of the product, shown on the page about accessibility.
	Version string
	// SecureCookies says that browsers reach us over TLS.
	SecureCookies bool
	// Now is the clock; nil means the real one.
	Now func() time.Time
	// QuickExit is where "Uscita rapida" leads: a page nobody wonders about. Empty means a
	// weather forecast.
	QuickExit string
}

// site is the pages with what they need.
type site struct {
	*Renderer
	svc      *service.Service
	sessions *httpkit.Sessions
	limit    *httpkit.SignInLimiter
	profiles *profiles
	cfg      Config
	now      func() time.Time
	// uploads holds a place for each plugin that comes in at the moment.
	uploads chan struct{}
}

// New makes the handler of every page. It returns an error where a template or a text is
// broken, which no later request could repair.
func New(c Config) (http.Handler, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.QuickExit == "" {
		c.QuickExit = "https://www.meteoam.it/"
	}
	r, err := NewRenderer(c.Logger)
	if err != nil {
		return nil, err
	}
	s := &site{Renderer: r, svc: c.Service, limit: httpkit.NewSignInLimiter(c.Now), cfg: c, now: c.Now, uploads: make(chan struct{}, uploadsAtOnce)}
	s.sessions = httpkit.NewSessions(c.Sessions, c.SecureCookies, s, c.Now)
	s.profiles = newProfiles(c.Service, c.Now)
	return s.routes(), nil
}

// routes is every address of the pages.
func (s *site) routes() http.Handler {
	k := httpkit.Wrapper{Errors: s, Log: s.log}
	h := k.Handle
	r := chi.NewRouter()
	r.Use(httpkit.Identify, httpkit.AccessLog(s.log), httpkit.SecurePages(s.cfg.SecureCookies), k.Recover)
	r.NotFound(h(func(http.ResponseWriter, *http.Request) error { return fault.Missing() }))
	r.MethodNotAllowed(s.noMethod)
	r.Get(assetPath+"{name}", h(s.showAsset))

	r.Group(func(r chi.Router) {
		r.Use(limitUpload, k.SameOrigin, s.sessions.Load, s.visit, s.signedIn(k))
		s.pluginUploads(r, h)
	})
	r.Group(func(r chi.Router) {
		r.Use(httpkit.LimitBody(httpkit.PageBody), k.SameOrigin, s.sessions.Load, s.visit)
		r.NotFound(h(func(http.ResponseWriter, *http.Request) error { return fault.Missing() }))

		r.Get("/accedi", h(s.showSignIn))
		r.Post("/accedi", h(s.signIn))
		r.Post("/lingua", h(s.setLanguage))
		r.Get("/uscita-rapida", h(s.quickExit))
		r.Get("/accessibilita", h(s.showAccessibility))
		r.Get("/privacy", h(s.showPrivacy))
		s.invitationRoutes(r, h)

		r.Group(func(r chi.Router) {
			r.Use(s.signedIn(k))
			r.Get("/", h(s.showWorklist))
			r.Post("/esci", h(s.signOut))
			r.Post("/organizzazione", h(s.switchTenant))
			r.Get("/sessione", h(s.keepSession))
			r.Get("/registro", h(s.showAudit))
			r.Post("/registro/verifica", h(s.verifyAudit))
			s.policyRoutes(r, h)
			s.adminRoutes(r, h)
			s.pluginRoutes(r, h)

			r.Get("/persone", h(s.showPersons))
			r.Post("/persone/cerca", h(s.searchPersons))
			r.Get("/persone/nuova", h(s.showNewPerson))
			r.Post("/persone/nuova", h(s.savePerson))
			r.Route("/persone/{id}", func(r chi.Router) {
				r.Get("/", h(s.showPerson))
				r.Get("/dati", h(s.showFacts))
				r.Post("/dati", h(s.saveFacts))
				r.Post("/identita", h(s.showIdentity))
				r.Post("/identita/correggi", h(s.showIdentityForm))
				r.Post("/identita/salva", h(s.saveIdentity))
				r.Get("/consensi", h(s.showConsentForm))
				r.Post("/consensi", h(s.saveConsent))
				r.Get("/progetti", h(s.showNewProject))
				r.Post("/progetti", h(s.saveProject))
			})

			r.Get("/corsi", h(s.showCourses))
			r.Get("/corsi/{catalog}/{edition}", h(s.showEdition))

			r.Get("/progetti", h(s.showProjects))
			r.Route("/progetti/{id}", func(r chi.Router) {
				r.Use(s.backTo)
				r.Get("/", h(s.showProject))
				r.Get("/sezioni/{section}", h(s.showSection))
				r.Post("/sezioni/{section}", h(s.saveSection))
				r.Get("/interventi", h(s.showInterventions))
				r.Get("/interventi/nuovo", h(s.showNewIntervention))
				r.Post("/interventi/nuovo", h(s.saveIntervention))
				r.Post("/interventi/nuovo/proposta", h(s.proposeIntervention))
				r.Get("/interventi/{key}", h(s.showIntervention))
				r.Post("/interventi/{key}", h(s.saveIntervention))
				r.Post("/interventi/{key}/proposta", h(s.proposeIntervention))
				r.Post("/interventi/{key}/corso", h(s.chooseCourse))
				r.Get("/interventi/{key}/togli", h(s.showRemoveIntervention))
				r.Post("/interventi/{key}/togli", h(s.removeIntervention))
				r.Get("/contributo", h(s.showSubsidy))
				r.Post("/contributo", h(s.decideSubsidy))
				r.Get("/contributo/{decision}", h(s.showDecision))
				r.Post("/iscrizioni", h(s.saveEnrolment))
				r.Get("/iscrizioni/{enrolment}/annulla", h(s.showCancelEnrolment))
				r.Post("/iscrizioni/{enrolment}/annulla", h(s.cancelEnrolment))
				r.Get("/storia", h(s.showHistory))
				r.Get("/versioni", h(s.showVersions))
				r.Get("/versioni/{n}", h(s.showVersion))
				r.Get("/stampa", h(s.showPrint))
				r.Get("/emergenza", h(s.showEmergency))
				r.Post("/emergenza", h(s.openEmergency))
				r.Post("/emergenza/identita", h(s.showEmergencyIdentity))
				r.Post("/emergenza/chiudi", h(s.endEmergency))
				r.Get("/valutazione", h(s.showEvaluation))
				r.Post("/valutazione", h(s.saveEvaluation))
				r.Get("/decisione", h(s.showApproval))
				r.Post("/decisione", h(s.saveApproval))
				for _, e := range eventPages {
					r.Get("/"+e.slug, h(s.showEvent(e)))
					r.Post("/"+e.slug, h(s.doEvent(e)))
				}
			})
		})
	})
	return r
}
