// SPDX-License-Identifier: AGPL-3.0-or-later

// Package api is the JSON interface of SATIS: what the pages do, programs can do here.
//
// A handler turns a request into a call of the service layer and its answer into JSON; it
// holds no rule and never decides who may. One file per noun. Errors are problem documents
// (RFC 9457) that never repeat what was sent. The OpenAPI document at /openapi.json is
// made from the same types that serve the requests.
package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// Prefix is where the handler must be mounted. Its routes are relative to it.
const Prefix = "/api/v1"

// Config is what the API stands on.
type Config struct {
	Service *service.Service
	// Logger gets the internal text of errors that are our own mistake; nil discards it.
	Logger *slog.Logger
	// Version is told by /status and the OpenAPI document.
	Version string
	// TLS says whether clients reach us over TLS.
	TLS bool
	// PerMinute is how many requests a token may make in a minute; 0 means 1200.
	PerMinute int
	// Now is the clock; nil means the real one.
	Now func() time.Time
}

// server is what the handlers share.
type server struct {
	svc     *service.Service
	log     *slog.Logger
	version string
	now     func() time.Time
	huma    huma.API
	limits  *limiter
	// uploads has a place for each large body that is read.
	uploads chan struct{}
}

// New makes the handler to be mounted at Prefix: by a chi router's Mount, or behind
// http.StripPrefix.
func New(c Config) http.Handler {
	h, _ := build(c)
	return h
}

// build makes the handler and keeps the description of its operations, for the tests.
func build(c Config) (http.Handler, huma.API) {
	shapeHuma()
	s := &server{svc: c.Service, log: c.Logger, version: c.Version, now: c.Now, uploads: make(chan struct{}, atOnce)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if c.PerMinute <= 0 {
		c.PerMinute = 1200
	}
	s.limits = newLimiter(c.PerMinute, s.now)

	r := chi.NewRouter()
	errs := httpkit.Wrapper{Errors: s, Log: s.log}
	r.Use(httpkit.SecureData(c.TLS), withCall, errs.Recover, limitBody, middleware.GetHead)
	r.NotFound(s.noRoute(http.StatusNotFound, "not_found"))
	r.MethodNotAllowed(s.noRoute(http.StatusMethodNotAllowed, "method_not_allowed"))
	s.huma = humachi.New(r, humaConfig(c.Version))
	s.huma.UseMiddleware(s.authenticate)
	s.routes()
	nameValues(s.huma.OpenAPI().Components.Schemas.Map())
	s.serveDescription(r)
	return r, s.huma
}

// routes lists the areas in the order of the OpenAPI document.
func (s *server) routes() {
	s.statusRoutes()
	s.meRoutes()
	s.personRoutes()
	s.projectRoutes()
	s.planRoutes()
	s.transitionRoutes()
	s.versionRoutes()
	s.interventionRoutes()
	s.subsidyRoutes()
	s.tenantRoutes()
	s.userRoutes()
	s.invitationRoutes()
	s.noticeRoutes()
	s.pluginRoutes()
	s.publisherRoutes()
	s.courseRoutes()
	s.enrolmentRoutes()
	s.proposalRoutes()
	s.policyRoutes()
	s.auditRoutes()
	s.breakGlassRoutes()
}

// humaConfig describes the API. Huma's own pages are left out: they load scripts from
// other hosts, and its schema links put addresses into every body.
func humaConfig(version string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "SATIS", Version: version, Description: description,
				License: &huma.License{Name: "AGPL-3.0-or-later", Identifier: "AGPL-3.0-or-later"}},
			Servers: []*huma.Server{{URL: Prefix}},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{bearer: {Type: "http", Scheme: "bearer", Description: "An API token, as the host issues it: for one user in one organisation."}},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
}

const description = "Individualised projects of the network against trafficking.\n\n" +
	"Errors are problem documents (RFC 9457, `application/problem+json`) with a stable `code`; `detail` and messages follow `Accept-Language` (it, en). " +
	"They never repeat a value that was sent. What is not yours is answered exactly like what does not exist.\n\n" +
	"Lists come in pages: `{\"items\":[…],\"next\":\"…\"}`; pass `next` as `cursor`, or follow the `Link` header. " +
	"A single resource has an `ETag`; what changes one concurrently demands it as `If-Match` (428 without, 412 when it changed). " +
	"Dates are `YYYY-MM-DD` in Europe/Rome, times are UTC, money is in euro cents."

// nameValues adds to the schemas the values that the domain lists, so that they are written
// down once.
func nameValues(schemas map[string]*huma.Schema) {
	states, events := anys(casework.States()), anys(casework.Transitions())
	schemas["Project"].Properties["state"].Enum = states
	schemas["Project"].Properties["allowed_events"].Items.Enum = append(anys([]casework.Event{casework.Edit}), events...)
	schemas["Step"].Properties["to"].Enum = states
	event := schemas["TransitionDoBody"].Properties["event"]
	event.Enum = events
	event.PrecomputeMessages()
}

func anys[T ~string](list []T) []any { return convert(list, func(v T) any { return string(v) }) }

// serveDescription serves the OpenAPI document in both versions, made once.
func (s *server) serveDescription(r chi.Router) {
	v31, err := json.Marshal(s.huma.OpenAPI())
	if err != nil {
		panic("api: the description cannot be written: " + err.Error())
	}
	v30, err := s.huma.OpenAPI().Downgrade()
	if err != nil {
		panic("api: the description cannot be written for 3.0: " + err.Error())
	}
	for path, text := range map[string][]byte{"/openapi.json": v31, "/openapi-3.0.json": v30} {
		r.Get(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+json")
			_, _ = w.Write(text)
		})
	}
}

// noRoute answers what no route matches.
func (s *server) noRoute(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.RenderError(w, r, refusal{status: status, code: code})
	}
}

// etagOf writes a revision as a strong entity tag.
func etagOf(revision int64) string { return fmt.Sprintf(`"%d"`, revision) }
