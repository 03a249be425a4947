// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/sdk"
)

func (s *server) pluginRoutes() {
	route(s, describe(http.MethodGet, "/plugins", "list-plugins", "plugins", "List the plugins and how they are"), s.listPlugins)
}

// plugin is a plugin that the host runs.
type plugin struct {
	ID        string           `json:"id"`
	Version   string           `json:"version"`
	Agency    string           `json:"agency"`
	Kinds     []sdk.Kind       `json:"kinds"`
	SHA256    string           `json:"sha256" doc:"Of the binary, in hex"`
	State     pluginhost.State `json:"state"`
	LastError string           `json:"last_error,omitempty" doc:"The class of the last failure"`
}

func (s *server) listPlugins(ctx context.Context, _ *nothing) (*many[plugin], error) {
	list, err := s.svc.PluginStates(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(p pluginhost.Info) plugin {
		return plugin{ID: p.ID, Version: p.Version, Agency: p.Agency, Kinds: present(p.Kinds), SHA256: p.SHA256, State: p.State, LastError: p.LastError}
	})), nil
}
