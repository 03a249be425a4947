// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
)

// pluginPath is the address of a version in the network's catalogue.
const pluginPath = "/plugins/{plugin}/versions/{plugin_version}"

// packTypes are what an uploaded plugin may be called: a .satisplugin file is a zip.
var packTypes = []string{"application/octet-stream", "application/zip"}

func (s *server) pluginRoutes() {
	route(s, describe(http.MethodGet, "/plugins", "list-plugins", "plugins", "List the versions of plugins in the catalogue"), s.listPlugins)
	route(s, describe(http.MethodGet, pluginPath, "get-plugin", "plugins", "Read a version with all that an administrator decides by"), s.getPlugin)
	submit := conflicting(describe(http.MethodPost, "/plugins", "submit-plugin", "plugins", "Upload a packed plugin"), http.StatusCreated)
	submit.Description = "The body is the .satisplugin file, as application/octet-stream or application/zip, at most 64 MiB. Refused, and not stored, where its " +
		"signature does not hold, its publisher is not believed, or the plugin is another publisher's or the installation's."
	submit.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	for _, kind := range packTypes {
		submit.RequestBody.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	}
	route(s, s.large(submit, s.svc.MaySubmitPlugin, packTypes...), s.submitPlugin)
	s.pluginSteps()
	s.activationRoutes()
	s.ownerRoutes()
}

// pluginSteps are what is done to a version.
func (s *server) pluginSteps() {
	check := conflicting(describe(http.MethodPost, pluginPath+"/check", "check-plugin", "plugins", "Run the conformance kit against a version, in the jail"), http.StatusOK)
	check.Description = "Takes some seconds. Without findings a verified version becomes conformant."
	route(s, slow(check), s.stepOf(s.svc.CheckPlugin))
	shadow := conflicting(describe(http.MethodPost, pluginPath+"/shadow", "shadow-plugin", "plugins", "Ask a version of a rule for past decisions again"), http.StatusOK)
	shadow.Description = "Keeps how many would come out otherwise, and by how much; nothing of it is in force and no case is named. Takes up to half a minute."
	route(s, slow(shadow), s.stepOf(s.svc.ShadowPlugin))
	approve := conflicting(describe(http.MethodPost, pluginPath+"/approve", "approve-plugin", "plugins", "Admit a conformant version"), http.StatusOK)
	approve.Description = "Demands `If-Match` with the ETag of what was read: nobody approves what he has not seen. The same approval sent again is answered as done."
	approve.Errors = append(approve.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	route(s, approve, s.approvePlugin)
	for _, step := range []struct {
		word, summary, description string
		do                         func(context.Context, string, string, string) (service.PluginDetail, error)
	}{
		{"suspend", "Take a version from everybody for the time being", "Its processes end at once.", s.svc.SuspendPlugin},
		{"resume", "Give a suspended version back", "The organisations that had it have it again.", s.svc.ResumePlugin},
		{"revoke", "Take a version from everybody for ever", "Its file stays, so that its decisions can be replayed.", s.svc.RevokePlugin},
	} {
		op := conflicting(describe(http.MethodPost, pluginPath+"/"+step.word, step.word+"-plugin", "plugins", step.summary), http.StatusOK)
		op.Description = step.description
		route(s, op, func(ctx context.Context, in *struct {
			ByPlugin
			Body Reason
		}) (*one[pluginDetail], error) {
			return pluginNow(step.do(ctx, in.Plugin, in.Version, in.Body.Reason))
		})
	}
}

// ByPlugin names a version of a plugin.
type ByPlugin struct {
	Plugin  string `path:"plugin" maxLength:"64" doc:"The plugin's id"`
	Version string `path:"plugin_version" maxLength:"64"`
}

// Reason says why something is done. It stays in the history.
type Reason struct {
	Reason string `json:"reason"`
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
	Revision   int64            `json:"revision" doc:"Counts the changes: the ETag"`
	At         time.Time        `json:"submitted_at"`
	ActiveFor  int              `json:"active_for" doc:"How many organisations use it"`
	Everywhere bool             `json:"everywhere" doc:"Organisations without a line of their own use it"`
	Running    pluginhost.State `json:"running,omitempty" doc:"How it is on this server; absent where nobody asked for it since the start"`
	LastError  string           `json:"last_error,omitempty" doc:"The class of the last failure on this server"`
}

func pluginOf(v service.PluginVersion) plugin {
	return plugin{ID: v.Plugin, Version: v.Version, Agency: v.Agency, Kinds: present(v.Manifest.Kinds), SHA256: v.SHA256, Publisher: v.Publisher, State: v.State,
		Revision: v.Revision, At: v.SubmittedAt, ActiveFor: v.ActiveFor, Everywhere: v.Everywhere, Running: v.Running.State, LastError: v.Running.LastError}
}

func (s *server) listPlugins(ctx context.Context, _ *nothing) (*many[plugin], error) {
	list, err := s.svc.Plugins(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, pluginOf)), nil
}

func (s *server) getPlugin(ctx context.Context, in *ByPlugin) (*one[pluginDetail], error) {
	return pluginNow(s.svc.Plugin(ctx, in.Plugin, in.Version))
}

// pluginNow answers with a version. It never answers 304: who uses it and how it runs move
// without its revision.
func pluginNow(d service.PluginDetail, err error) (*one[pluginDetail], error) {
	if err != nil {
		return nil, err
	}
	return oneOf(detailOf(d), etagOf(d.Revision), ""), nil
}

// stepOf is the handler of a step that asks for no reason.
func (s *server) stepOf(do func(context.Context, string, string) (service.PluginDetail, error)) func(context.Context, *ByPlugin) (*one[pluginDetail], error) {
	return func(ctx context.Context, in *ByPlugin) (*one[pluginDetail], error) {
		return pluginNow(do(ctx, in.Plugin, in.Version))
	}
}

func (s *server) submitPlugin(ctx context.Context, in *struct{ RawBody []byte }) (*created[pluginDetail], error) {
	d, err := s.svc.SubmitPlugin(ctx, in.RawBody)
	if err != nil {
		return nil, aboutBody(err)
	}
	return &created[pluginDetail]{Location: Prefix + "/plugins/" + d.Plugin + "/versions/" + d.Version, ETag: etagOf(d.Revision), Body: detailOf(d)}, nil
}

// aboutBody says of a complaint about the file that it is about the body: here they are one.
func aboutBody(err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	fields := convert(e.Fields, func(f fault.Field) fault.Field {
		f.Path = ""
		return f
	})
	return fault.OfFields(fields)
}

func (s *server) approvePlugin(ctx context.Context, in *struct {
	ByPlugin
	IfMatch string `header:"If-Match" doc:"The ETag that was read"`
	Body    Reason
}) (*one[pluginDetail], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return pluginNow(s.svc.ApprovePlugin(ctx, in.Plugin, in.Version, base, in.Body.Reason))
}
