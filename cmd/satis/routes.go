// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/api"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/web"
)

// handler is everything the main listener answers.
func (s server) handler(m *metrics) (http.Handler, error) {
	pages, err := web.New(web.Config{Service: s.service, Sessions: postgres.Sessions{DB: s.db, Now: time.Now}, Logger: s.log,
		Version: versionText(), SecureCookies: s.flags.secure()})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	if s.flags.BehindProxy {
		r.Use(forwarded)
	}
	r.Use(m.observe)
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	r.Get("/readyz", s.ready)
	r.Group(func(r chi.Router) {
		r.Use(httpkit.Identify, httpkit.AccessLog(s.log))
		r.Mount(api.Prefix, api.New(api.Config{Service: s.service, Logger: s.log, Version: versionText(), TLS: s.flags.secure()}))
	})
	r.Mount("/", pages)
	return r, nil
}

// ready tells a load balancer whether requests can be answered: the database answers.
func (s server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), 2*time.Second)
	defer stop()
	if err := s.service.Ready(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "the database does not answer\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// forwarded takes the visitor's address from the last entry of X-Forwarded-For: the one
// the proxy itself appended. What stands before it anybody can write.
func forwarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if all := r.Header.Values("X-Forwarded-For"); len(all) > 0 {
			list := strings.Split(all[len(all)-1], ",")
			if a, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
				r.RemoteAddr = netip.AddrPortFrom(a, 0).String()
			}
		}
		next.ServeHTTP(w, r)
	})
}
