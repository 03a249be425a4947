// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) activationRoutes() {
	on := conflicting(describe(http.MethodPost, pluginPath+"/activations", "activate-plugin", "plugins", "Make an approved version active for organisations"), http.StatusOK)
	on.Description = "In the place of whatever version they had: going back to an older version is the same act. In force when it is answered."
	route(s, on, s.activatePlugin)
	off := conflicting(describe(http.MethodPost, pluginPath+"/deactivations", "deactivate-plugin", "plugins", "Take a plugin from organisations"), http.StatusOK)
	off.Description = "The version that they have: where one of them has another nothing is changed (409 plugin_other_active, or plugin_other_everywhere). Plans keep what was written with it."
	route(s, off, s.deactivatePlugin)
}

func (s *server) activatePlugin(ctx context.Context, in *struct {
	ByPlugin
	Body struct {
		Everywhere bool        `json:"everywhere,omitempty" doc:"Every implementing entity, those to come too, but for those whose version is pinned"`
		Tenants    []tenant.ID `json:"tenants,omitempty" maxItems:"1000" doc:"Single entities, each with a line of its own from then on"`
		Pinned     bool        `json:"pinned,omitempty" doc:"The single entities keep this version when another becomes active everywhere"`
		Reason     string      `json:"reason"`
	}
}) (*one[pluginDetail], error) {
	b := in.Body
	return pluginNow(s.svc.ActivatePlugin(ctx, in.Plugin, in.Version, service.Activation{Everywhere: b.Everywhere, Tenants: b.Tenants, Pinned: b.Pinned, Reason: b.Reason}))
}

func (s *server) deactivatePlugin(ctx context.Context, in *struct {
	ByPlugin
	Body struct {
		Everywhere bool        `json:"everywhere,omitempty" doc:"Every implementing entity, but for those whose version is pinned"`
		Tenants    []tenant.ID `json:"tenants,omitempty" maxItems:"1000"`
		Reason     string      `json:"reason"`
	}
}) (*one[pluginDetail], error) {
	b := in.Body
	return pluginNow(s.svc.DeactivatePlugin(ctx, in.Plugin, in.Version, service.Activation{Everywhere: b.Everywhere, Tenants: b.Tenants, Reason: b.Reason}))
}
