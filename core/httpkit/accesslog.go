// SPDX-License-Identifier: AGPL-3.0-or-later

package httpkit

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
)

// AccessLog writes one line per request: the route's pattern instead of its path, and
// neither address nor query nor user, so that the log tells nothing about anybody.
func AccessLog(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			t := &tracked{ResponseWriter: w}
			defer func() {
				log.InfoContext(r.Context(), "request",
					"request_id", RequestID(r.Context()), "method", knownMethod(r.Method), "route", routePattern(r),
					"status", t.status, "bytes", t.bytes, "ms", time.Since(start).Milliseconds())
			}()
			next.ServeHTTP(t, r)
		})
	}
}

// routePattern is the pattern chi matched, or "unmatched". chi shares one route context
// down the chain, so it is known here once the request has been answered.
func routePattern(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		if p := c.RoutePattern(); p != "" {
			return p
		}
	}
	return "unmatched"
}

// knownMethod keeps made-up methods, which a client may fill with anything, out of the log.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "OTHER"
}
