// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
)

func (s *server) pluginRoutes() {
	route(s, describe(http.MethodGet, "/plugins", "list-plugins", "plugins", "List the versions of plugins in the catalogue"), s.listPlugins)
}

// plugin is a version of a plugin in the network's catalogue.
type plugin struct {
	ID         string           `json:"id"`
	Version    string           `json:"version"`
	Agency     string           `json:"agency"`
	Kinds      []sdk.Kind       `json:"kinds"`
	SHA256     string           `json:"sha256" doc:"Of the packed file, in hex"`
	Publisher  string           `json:"publisher,omitempty" doc:"Who signed it; absent for what came with the installation"`
	State      string           `json:"state" enum:"verified,conformant,approved,suspended,revoked"`
	ActiveFor  int              `json:"active_for" doc:"How many organisations use it"`
	Everywhere bool             `json:"everywhere" doc:"Organisations without a line of their own use it"`
	Running    pluginhost.State `json:"running,omitempty" doc:"How it is on this server; absent where nobody asked for it since the start"`
	LastError  string           `json:"last_error,omitempty" doc:"The class of the last failure on this server"`
}

func pluginOf(v service.PluginVersion) plugin {
	return plugin{ID: v.Plugin, Version: v.Version, Agency: v.Agency, Kinds: present(v.Manifest.Kinds), SHA256: v.SHA256, Publisher: v.Publisher, State: v.State,
		ActiveFor: v.ActiveFor, Everywhere: v.Everywhere, Running: v.Running.State, LastError: v.Running.LastError}
}

func (s *server) listPlugins(ctx context.Context, _ *nothing) (*many[plugin], error) {
	list, err := s.svc.Plugins(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, pluginOf)), nil
}
