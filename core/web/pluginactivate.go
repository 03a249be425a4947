// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// activationPage asks for whom a version is to be active, or is not to be any more.
type activationPage struct {
	frame
	Text, Action, Back, Submit string
	On                         bool // activates; else takes away
	Everywhere, Chosen, Pinned bool
	Tenants                    []activationChoice
	TenantsError               string
	Reason                     fieldView
}

func (*activationPage) template() string { return "plugin-activate" }

// activationChoice is an organisation; Now says which version it uses.
type activationChoice struct {
	ID, Name, Now string
	Chosen        bool
}

// activationKind is one of the two ways to change who uses a plugin.
type activationKind struct {
	slug, key string
	on        bool
	do        func(*service.Service, context.Context, string, string, service.Activation) (service.PluginDetail, error)
}

var activationPages = []activationKind{
	{slug: "attiva", key: "activate", on: true, do: (*service.Service).ActivatePlugin},
	{slug: "disattiva", key: "deactivate", do: (*service.Service).DeactivatePlugin},
}

// activationPage begins the page; chosen is what was typed, nil before.
func (s *site) activationPage(r *http.Request, k activationKind, chosen *service.Activation) (*activationPage, error) {
	d, err := s.openVersion(r)
	if err != nil {
		return nil, err
	}
	all, err := s.svc.Plugins(r.Context())
	if err != nil {
		return nil, err
	}
	f, home := s.frame(r), versionOfPlugin(d.Plugin, d.Version)
	title, submit := f.t("plugin_do."+k.key, "Plugin", d.Plugin, "Version", d.Version), f.t("plugin_go."+k.key)
	text := f.t("plugin_about." + k.key)
	if k.on && goesBack(d, all) {
		title, submit, text = f.t("plugin.back_title", "Plugin", d.Plugin, "Version", d.Version), f.t("plugin.back_to", "Version", d.Version), f.t("plugin.back_text")
	}
	p := &activationPage{frame: f.titled(title, "plugins"), Text: text, Action: home + "/" + k.slug, Back: home, Submit: submit, On: k.on}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {d.Plugin + " " + d.Version, home}, {submit, ""}}
	p.Reason = pluginReason(f)
	if chosen != nil {
		p.Everywhere, p.Chosen, p.Pinned, p.Reason.Value = chosen.Everywhere, !chosen.Everywhere, chosen.Pinned, chosen.Reason
	}
	for _, u := range d.Organisations {
		c := activationChoice{ID: string(u.Tenant), Name: u.Name, Now: nowUses(&f, u)}
		c.Chosen = chosen != nil && slices.Contains(chosen.Tenants, u.Tenant)
		p.Tenants = append(p.Tenants, c)
	}
	return p, nil
}

// goesBack tells that some organisation uses a newer version than this one.
func goesBack(d service.PluginDetail, all []service.PluginVersion) bool {
	return d.State == postgres.PluginApproved && slices.ContainsFunc(all, func(v service.PluginVersion) bool {
		return v.Plugin == d.Plugin && olderPlugin(d.PluginVersion, v) && (v.Everywhere || v.ActiveFor > 0)
	})
}

func nowUses(f *frame, u service.PluginUse) string {
	if u.Version == "" {
		return f.t("plugin.uses_none")
	}
	now := f.t("plugin.uses", "Version", u.Version)
	if u.Pinned {
		now += ", " + f.t("plugin.pinned")
	}
	return now
}

func (s *site) showActivation(k activationKind) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := s.activationPage(r, k, nil)
		if err != nil {
			return err
		}
		return s.render(w, http.StatusOK, p)
	}
}

func (s *site) saveActivation(k activationKind) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		plugin, version, err := pluginOf(r)
		if err != nil {
			return err
		}
		if err := httpkit.ParseForm(r); err != nil {
			return err
		}
		to := service.Activation{Everywhere: r.PostForm.Get("where") == "all", Pinned: r.PostForm.Has("pinned"), Reason: r.PostForm.Get("reason")}
		if !to.Everywhere {
			for _, id := range r.PostForm["tenants"] {
				to.Tenants = append(to.Tenants, tenant.ID(id))
			}
		}
		_, err = k.do(s.svc, r.Context(), plugin, version, to)
		if err == nil {
			return s.finish(w, r, "plugin_done."+k.key, versionOfPlugin(plugin, version))
		}
		if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict {
			return err
		}
		p, perr := s.activationPage(r, k, &to)
		if perr != nil {
			return perr
		}
		p.Errors = p.refusal(err, &p.Reason, to.Reason)
		if p.Errors[0].Href == "#f-tenants" {
			p.TenantsError = p.t("plugin.choose_tenants")
			p.Errors[0].Text = p.t("plugin.which") + ": " + p.TenantsError
		}
		return s.render(w, httpkit.StatusOf(err), p)
	}
}
