// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/service"
)

// pluginOwner is whose a plugin's id is.
type pluginOwner struct {
	KeyID    string    `json:"key_id,omitempty" doc:"The publisher's key; absent for the installation"`
	Name     string    `json:"name,omitempty" doc:"The publisher's name; absent for the installation"`
	Believed bool      `json:"believed" doc:"False where the network took its trust back: nobody can offer a version then"`
	Since    time.Time `json:"since"`
	Revision int64     `json:"revision" doc:"Counts the owners: the ETag"`
}

func ownerOf(o service.PluginOwner) pluginOwner {
	return pluginOwner{o.KeyID, o.Name, o.Believed, o.Since, o.Revision}
}

// ByPluginID names a plugin, whatever its version.
type ByPluginID struct {
	Plugin string `path:"plugin" maxLength:"64" doc:"The plugin's id"`
}

func (s *server) ownerRoutes() {
	const path = "/plugins/{plugin}/owner"
	route(s, describe(http.MethodGet, path, "get-plugin-owner", "plugins", "Read whose a plugin is"), s.getOwner)
	give := conflicting(describe(http.MethodPost, path, "hand-over-plugin", "plugins", "Hand a plugin over to another publisher"), http.StatusOK)
	give.Description = "Only the owner's versions are taken in and approved. What is approved stays as it is; what the owner before offered and nobody approved yet can be " +
		"approved no more. Demands `If-Match` with the ETag of the owner that was read."
	give.Errors = append(give.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, give, s.handOver)
}

func (s *server) getOwner(ctx context.Context, in *ByPluginID) (*one[pluginOwner], error) {
	return ownerNow(s.svc.PluginOwner(ctx, in.Plugin))
}

func ownerNow(o service.PluginOwner, err error) (*one[pluginOwner], error) {
	if err != nil {
		return nil, err
	}
	return oneOf(ownerOf(o), etagOf(o.Revision), ""), nil
}

func (s *server) handOver(ctx context.Context, in *struct {
	ByPluginID
	IfMatch string `header:"If-Match" doc:"The ETag of the owner that was read"`
	Body    struct {
		KeyID  string `json:"key_id,omitempty" maxLength:"64" doc:"The key of a publisher whom the network believes"`
		Reason string `json:"reason"`
	}
}) (*one[pluginOwner], error) {
	seen, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return ownerNow(s.svc.HandOverPlugin(ctx, in.Plugin, service.HandOver{Key: in.Body.KeyID, Seen: seen, Reason: in.Body.Reason}))
}
