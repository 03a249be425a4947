// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// movePlugin does something to a version; what is refused is said on its page.
func (s *site) movePlugin(w http.ResponseWriter, r *http.Request, done string, do func(ctx context.Context, plugin, version string) error) error {
	plugin, version, err := pluginOf(r)
	if err != nil {
		return err
	}
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	patience(w, 0, pluginWait)
	err = do(r.Context(), plugin, version)
	if err == nil {
		return s.finish(w, r, done, versionOfPlugin(plugin, version))
	}
	if again, status := refused(err); again {
		return s.pluginAgain(w, r, status, r.PostForm.Get("reason"), err)
	}
	return err
}

// refused tells whether an error is one to be said on the page that was asked from.
func refused(err error) (again bool, status int) {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.Stale:
		return true, httpkit.StatusOf(err)
	case fault.Unavailable:
		// Only the plugin; where the database is gone there is no page either.
		return true, http.StatusServiceUnavailable
	}
	return false, 0
}

// checkPlugin runs the conformance kit, which takes seconds.
func (s *site) checkPlugin(w http.ResponseWriter, r *http.Request) error {
	return s.movePlugin(w, r, "plugin.was_checked", func(ctx context.Context, plugin, version string) error {
		_, err := s.svc.CheckPlugin(ctx, plugin, version)
		return err
	})
}

// approvePlugin admits the version as it was seen: the form carries the revision.
func (s *site) approvePlugin(w http.ResponseWriter, r *http.Request) error {
	return s.movePlugin(w, r, "plugin.was_approved", func(ctx context.Context, plugin, version string) error {
		seen, err := strconv.ParseInt(r.PostForm.Get("_base"), 10, 64)
		if err != nil || seen < 1 {
			return fault.New(fault.Invalid, "bad_form")
		}
		_, err = s.svc.ApprovePlugin(ctx, plugin, version, seen, r.PostForm.Get("reason"))
		return err
	})
}

// shadowPlugin asks a rule for past decisions.
func (s *site) shadowPlugin(w http.ResponseWriter, r *http.Request) error {
	return s.movePlugin(w, r, "plugin.was_shadowed", func(ctx context.Context, plugin, version string) error {
		_, err := s.svc.ShadowPlugin(ctx, plugin, version)
		return err
	})
}

// pluginStep is an act that has a page of its own, which asks for the reason.
type pluginStep struct {
	slug, key string
	danger    bool
	do        func(*service.Service, context.Context, string, string, string) (service.PluginDetail, error)
	// from are the states in which it can be done.
	from []string
}

var pluginSteps = []pluginStep{
	{slug: "sospendi", key: "suspend", do: (*service.Service).SuspendPlugin, from: []string{postgres.PluginApproved}},
	{slug: "riammetti", key: "resume", do: (*service.Service).ResumePlugin, from: []string{postgres.PluginSuspended}},
	{slug: "revoca", key: "revoke", danger: true, do: (*service.Service).RevokePlugin,
		from: []string{postgres.PluginVerified, postgres.PluginConformant, postgres.PluginApproved, postgres.PluginSuspended}},
}

// pluginStepPage asks once more, and why.
type pluginStepPage struct {
	frame
	Text, Action, Back, Submit string
	Danger                     bool
	Reason                     fieldView
}

func (*pluginStepPage) template() string { return "plugin-step" }

func (s *site) pluginStepPage(r *http.Request, k pluginStep) (*pluginStepPage, error) {
	d, err := s.openVersion(r)
	if err != nil {
		return nil, err
	}
	f := s.frame(r)
	home := versionOfPlugin(d.Plugin, d.Version)
	p := &pluginStepPage{frame: f.titled(f.t("plugin_do."+k.key, "Plugin", d.Plugin, "Version", d.Version), "plugins"), Text: f.t("plugin_about." + k.key),
		Action: home + "/" + k.slug, Back: home, Submit: f.t("plugin_go." + k.key), Danger: k.danger}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {d.Plugin + " " + d.Version, home}, {f.t("plugin_go." + k.key), ""}}
	p.Reason = pluginReason(f)
	return p, nil
}

func (s *site) showPluginStep(k pluginStep) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := s.pluginStepPage(r, k)
		if err != nil {
			return err
		}
		return s.render(w, http.StatusOK, p)
	}
}

func (s *site) doPluginStep(k pluginStep) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		plugin, version, err := pluginOf(r)
		if err != nil {
			return err
		}
		if err := httpkit.ParseForm(r); err != nil {
			return err
		}
		reason := r.PostForm.Get("reason")
		_, err = k.do(s.svc, r.Context(), plugin, version, reason)
		if err == nil {
			return s.finish(w, r, "plugin_done."+k.key, versionOfPlugin(plugin, version))
		}
		if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict {
			return err
		}
		p, perr := s.pluginStepPage(r, k)
		if perr != nil {
			return perr
		}
		p.Errors = p.refusal(err, &p.Reason, reason)
		return s.render(w, httpkit.StatusOf(err), p)
	}
}
