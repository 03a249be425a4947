// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
)

const pluginPath = "/plugin"

// pluginRoutes are the pages on which the lead agency admits the plugins of its partners.
func (s *site) pluginRoutes(r chi.Router, h handle) {
	r.Get(pluginPath, h(s.showPlugins))
	r.Get(pluginPath+"/carica", h(s.showUpload))
	r.Get(pluginPath+"/editori", h(s.showPublishers))
	r.Post(pluginPath+"/editori", h(s.savePublisher))
	r.Get(pluginPath+"/editori/{publisher}/ritira", h(s.showWithdrawPublisher))
	r.Post(pluginPath+"/editori/{publisher}/ritira", h(s.withdrawPublisher))
	r.Get(pluginPath+"/corsi", h(s.showCourseImport))
	r.Route(pluginPath+"/{plugin}/versioni/{plugin_version}", func(r chi.Router) {
		r.Get("/", h(s.showPlugin))
		r.Post("/verifica", h(s.checkPlugin))
		r.Post("/approva", h(s.approvePlugin))
		r.Post("/confronto", h(s.shadowPlugin))
		r.Get("/cedi", h(s.showHandOver))
		r.Post("/cedi", h(s.handOver))
		for _, k := range activationPages {
			r.Get("/"+k.slug, h(s.showActivation(k)))
			r.Post("/"+k.slug, h(s.saveActivation(k)))
		}
		for _, k := range pluginSteps {
			r.Get("/"+k.slug, h(s.showPluginStep(k)))
			r.Post("/"+k.slug, h(s.doPluginStep(k)))
		}
	})
}

// pluginUploads are the routes that files come in by, which are larger than other forms.
func (s *site) pluginUploads(r chi.Router, h handle) {
	r.Post(pluginPath+"/carica", h(s.savePlugin))
	r.Post(pluginPath+"/corsi", h(s.importCourses))
}

// pluginNavigation is for who admits plugins and for who may list them: see navRights.
var pluginNavigation = navItem{"plugins", "nav.plugins", pluginPath}

var (
	pluginIDs      = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	pluginVersions = regexp.MustCompile(`^[0-9A-Za-z.-]{1,64}$`)
)

// pluginOf reads which version an address names. What no version can be called is not there.
func pluginOf(r *http.Request) (plugin, version string, err error) {
	plugin, version = chi.URLParam(r, "plugin"), chi.URLParam(r, "plugin_version")
	if !pluginIDs.MatchString(plugin) || !pluginVersions.MatchString(version) {
		return "", "", fault.Missing()
	}
	return plugin, version, nil
}

// openVersion reads the version that the address names.
func (s *site) openVersion(r *http.Request) (d service.PluginDetail, err error) {
	plugin, version, err := pluginOf(r)
	if err != nil {
		return d, err
	}
	return s.svc.Plugin(r.Context(), plugin, version)
}

// pluginReason asks why, as every step does.
func pluginReason(f frame) fieldView {
	return fieldView{Shape: "textarea", Path: "reason", ID: "f-reason", Label: f.t("plugin.reason"), Hint: f.t("plugin.reason_hint"), Required: true}
}

func versionOfPlugin(plugin, version string) string {
	return pluginPath + "/" + plugin + "/versioni/" + version
}

// pluginTones are the tones of the states of a version.
var pluginTones = map[string]string{postgres.PluginVerified: "neutral", postgres.PluginConformant: "info", postgres.PluginApproved: "good",
	postgres.PluginSuspended: "warn", postgres.PluginRevoked: "bad"}

func pluginTag(f *frame, state string) tagView {
	return tagView{f.t("plugin_state." + state), pluginTones[state]}
}

// runningTag says how a version is on this server; nothing where it was not asked for yet.
func runningTag(f *frame, v service.PluginVersion) tagView {
	i := v.Running
	if v.State == postgres.PluginSuspended || v.State == postgres.PluginRevoked {
		return tagView{f.t("plugin_running.off"), "plain"}
	}
	if i.State == "" {
		return tagView{f.t("plugin_running.none"), "plain"}
	}
	tone := map[pluginhost.State]string{pluginhost.Ready: "good", pluginhost.Starting: "info", pluginhost.CircuitOpen: "warn", pluginhost.Quarantined: "bad", pluginhost.Suspended: "warn"}[i.State]
	return tagView{f.t("plugin_running." + string(i.State)), cmp.Or(tone, "neutral")}
}

// troubleOf tells what keeps a version from running on this server, where something does.
func troubleOf(f *frame, v service.PluginVersion) *noticeView {
	switch v.Running.State {
	case pluginhost.CircuitOpen:
		return &noticeView{"warn", f.t("plugin.trouble_open", "Plugin", v.Plugin, "Version", v.Version), f.t("plugin.trouble_open_text")}
	case pluginhost.Quarantined:
		return &noticeView{"bad", f.t("plugin.trouble_quarantined", "Plugin", v.Plugin, "Version", v.Version), f.t("plugin.trouble_quarantined_text")}
	}
	return nil
}

// pluginsPage lists the catalogue: each plugin with its versions.
type pluginsPage struct {
	frame
	// Upload, Publishers and Import tell which ways on there are.
	Upload, Publishers, Import bool

	Troubles []noticeView
	Plugins  []pluginGroup
}

func (*pluginsPage) template() string { return "plugin-list" }

type pluginGroup struct {
	Plugin, Agency, Kinds string
	Rows                  []pluginRow
}

type pluginRow struct {
	Version, Href, Publisher, Active, Since string
	State, Running                          tagView
}

func (s *site) showPlugins(w http.ResponseWriter, r *http.Request) error {
	list, err := s.svc.Plugins(r.Context())
	if err != nil {
		return err
	}
	f, may := s.frame(r), s.offers(r)
	read := may.May(policy.PluginNetwork, policy.Read)
	p := &pluginsPage{frame: f.titled(f.t("nav.plugins"), "plugins"), Upload: may.May(policy.PluginNetwork, policy.Submit), Publishers: read,
		Import: may.May(policy.CourseNetwork, policy.Import)}
	for _, v := range list {
		if n := troubleOf(&f, v); n != nil {
			p.Troubles = append(p.Troubles, *n)
		}
		if len(p.Plugins) == 0 || p.Plugins[len(p.Plugins)-1].Plugin != v.Plugin {
			p.Plugins = append(p.Plugins, pluginGroup{Plugin: v.Plugin, Agency: v.Agency, Kinds: kindsOf(&f, v.Manifest)})
		}
		row := pluginRow{Version: v.Version, Publisher: publisherOf(&f, v), Active: activeOf(&f, v), Since: formatTime(f.Lang, v.SubmittedAt), State: pluginTag(&f, v.State), Running: runningTag(&f, v)}
		if read {
			row.Href = versionOfPlugin(v.Plugin, v.Version)
		}
		g := &p.Plugins[len(p.Plugins)-1]
		g.Rows = append(g.Rows, row)
	}
	return s.render(w, http.StatusOK, p)
}

// kindsOf says in words what a plugin brings.
func kindsOf(f *frame, m sdk.Manifest) string {
	names := make([]string, len(m.Kinds))
	for i, k := range m.Kinds {
		names[i] = f.t("plugin_kind." + string(k))
	}
	return strings.Join(names, ", ")
}

// publisherOf says who signed a version.
func publisherOf(f *frame, v service.PluginVersion) string {
	return cmp.Or(v.Publisher, f.t("plugin.bundled"))
}

// activeOf says for whom a version is active.
func activeOf(f *frame, v service.PluginVersion) string {
	switch {
	case v.State != postgres.PluginApproved || v.ActiveFor == 0 && !v.Everywhere:
		return f.t("plugin.active_nowhere")
	case v.Everywhere:
		return f.t("plugin.active_everywhere", "Count", v.ActiveFor)
	}
	return f.t("plugin.active_for", "Count", v.ActiveFor)
}
