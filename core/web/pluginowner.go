// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// ownership says whose the plugin is, and that what somebody else signed is not to be approved.
func (p *pluginPage) ownership(d service.PluginDetail) {
	o, row := d.Owner, summaryRow{Label: p.t("plugin.owner"), Values: []string{p.t("plugin.installation")}}
	if o.KeyID != "" {
		row.Values, p.MayHandOver = []string{o.Name, o.KeyID}, true
	}
	if !o.Believed {
		row.Values = append(row.Values, p.t("plugin.owner_gone"))
	}
	p.Origin = append([]summaryRow{row}, p.Origin...)
	waits := d.State == postgres.PluginVerified || d.State == postgres.PluginConformant
	if waits && d.KeyID != o.KeyID {
		p.MayApprove, p.Reason, p.Next = false, nil, p.t("plugin_next.foreign")
		p.Notices = append(p.Notices, noticeView{"warn", p.t("plugin.not_owners"),
			p.t("plugin.not_owners_text", "Publisher", d.Publisher, "Key", d.KeyID, "Owner", cmp.Or(o.Name, p.t("plugin.installation")))})
	}
}

// handOverPage asks to whom a plugin goes, and why.
type handOverPage struct {
	frame
	Text, Action, Back string
	// Base is the owner's revision that the page shows.
	Base int64
	// Nobody tells that there is no other publisher to choose; Publishers leads to where one is added.
	Nobody     bool
	Publishers string
	To, Reason fieldView
}

func (*handOverPage) template() string { return "plugin-owner" }

// handOverPage begins the page; to is what was chosen and typed.
func (s *site) handOverPage(r *http.Request, to service.HandOver) (*handOverPage, error) {
	d, err := s.openVersion(r)
	if err != nil {
		return nil, err
	}
	list, err := s.svc.Publishers(r.Context())
	if err != nil {
		return nil, err
	}
	if d.Owner.KeyID == "" {
		return nil, fault.New(fault.Conflict, "plugin_of_installation", "plugin", d.Plugin)
	}
	f, home := s.frame(r), versionOfPlugin(d.Plugin, d.Version)
	p := &handOverPage{frame: f.titled(f.t("plugin.hand_over_title", "Plugin", d.Plugin), "plugins"), Action: home + "/cedi", Back: home, Base: d.Owner.Revision,
		Text: f.t("plugin.hand_over_text", "Owner", d.Owner.Name, "Key", d.Owner.KeyID), Publishers: publisherPath}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {d.Plugin + " " + d.Version, home}, {f.t("plugin.hand_over"), ""}}
	p.To = fieldView{Shape: "radios", Path: "key_id", ID: "f-key_id", Label: f.t("plugin.hand_over_to"), Hint: f.t("plugin.hand_over_hint"), Required: true}
	for _, pub := range list {
		if pub.WithdrawnAt == nil && pub.KeyID != d.Owner.KeyID {
			id := "f-key_id" // where the message about it leads
			if len(p.To.Options) > 0 {
				id += "-" + pub.KeyID
			}
			p.To.Options = append(p.To.Options, optionView{id, pub.KeyID, pub.Name + " (" + pub.KeyID + ")", pub.KeyID == to.Key})
		}
	}
	p.Nobody = len(p.To.Options) == 0
	p.Reason = pluginReason(f)
	p.Reason.Value = to.Reason
	return p, nil
}

func (s *site) showHandOver(w http.ResponseWriter, r *http.Request) error {
	p, err := s.handOverPage(r, service.HandOver{})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

// handOver hands the plugin over as it was seen: the form carries the owner's revision.
func (s *site) handOver(w http.ResponseWriter, r *http.Request) error {
	plugin, version, err := pluginOf(r)
	if err != nil {
		return err
	}
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	seen, err := strconv.ParseInt(r.PostForm.Get("_base"), 10, 64)
	if err != nil || seen < 1 {
		return fault.New(fault.Invalid, "bad_form")
	}
	to := service.HandOver{Key: r.PostForm.Get("key_id"), Seen: seen, Reason: r.PostForm.Get("reason")}
	_, err = s.svc.HandOverPlugin(r.Context(), plugin, to)
	if err == nil {
		return s.finish(w, r, "plugin.handed_over", versionOfPlugin(plugin, version))
	}
	fields, invalid := complaintsOf(err)
	if !invalid && !fault.Is(err, fault.Stale) {
		return err
	}
	p, perr := s.handOverPage(r, to)
	if perr != nil {
		return perr
	}
	if !invalid {
		p.Errors = []complaintView{{Text: p.t("plugin.hand_over_changed")}}
	}
	for _, c := range fields {
		for _, field := range []*fieldView{&p.To, &p.Reason} {
			if c.Path == field.Path {
				field.Error = s.texts.Fault(p.Lang, c.Code, c.Params)
			}
		}
	}
	p.Errors = append(p.Errors, p.summary(fields, p.To, p.Reason)...)
	return s.render(w, httpkit.StatusOf(err), p)
}
