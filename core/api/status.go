// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/fault"
)

func (s *server) statusRoutes() {
	route(s, open(describe(http.MethodGet, "/status", "get-status", "status", "Tell whether the service works")), s.getStatus)
}

// status is what a monitor asks for.
type status struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version"`
}

func (s *server) getStatus(ctx context.Context, _ *nothing) (*struct{ Body status }, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.svc.Ready(ctx); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "database_unavailable")
	}
	return &struct{ Body status }{status{Status: "ok", Version: s.version}}, nil
}
