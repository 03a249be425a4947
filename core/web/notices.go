// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// noticeTexts say what happened, by the kind of a notice.
var noticeTexts = map[string]string{
	"break_glass": "notice.break_glass", "tenant_updated": "notice.tenant_updated", "tenant_resumed": "notice.tenant_resumed", "user_invited": "notice.user_invited",
	"roles_changed": "notice.roles_changed", "user_suspended": "notice.user_suspended", "user_resumed": "notice.user_resumed",
}

// showNotices lists what the organisation was told of what others did in it.
func (s *site) showNotices(w http.ResponseWriter, r *http.Request) error {
	cursor := r.URL.Query().Get("da")
	list, err := s.svc.Notices(r.Context(), service.PageRequest{Cursor: cursor})
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &listingPage{frame: f.titled(f.t("nav.notices"), "notices"), Lead: f.t("notice.lead"), None: f.t("admin.none"),
		Head: []string{f.t("notice.what"), f.t("notice.who"), f.t("audit.when"), f.t("notice.read")}}
	for _, n := range list.Items {
		p.Rows = append(p.Rows, s.noticeRow(&f, n))
	}
	p.Pager = pagerOf(r, list.Next)
	return s.render(w, http.StatusOK, p)
}

func (s *site) noticeRow(f *frame, n service.Notice) []cellView {
	what := cellView{Text: f.t(noticeTexts[n.Kind])}
	if n.ProjectCode != "" {
		what.Text += " – " + n.ProjectCode
		what.Hint = n.Reason
	}
	read := cellView{Label: f.t("notice.read")}
	if n.ReadAt != nil {
		read.Text = formatTime(f.Lang, *n.ReadAt)
	} else {
		read.Posts = []postView{{Action: "/avvisi/" + n.ID, Text: f.t("notice.mark"), About: f.t(noticeTexts[n.Kind])}}
	}
	return []cellView{what, {Label: f.t("notice.who"), Text: n.ActorName, Hint: n.ByName}, {Label: f.t("audit.when"), Text: formatTime(f.Lang, n.CreatedAt)}, read}
}

func (s *site) markNotice(w http.ResponseWriter, r *http.Request) error {
	return s.posted(w, r, "notice.marked", "/avvisi", func() error {
		if a, err := tenant.From(r.Context()); err == nil {
			defer s.profiles.forget(a)
		}
		return s.svc.MarkNotice(r.Context(), chi.URLParam(r, "notice"))
	})
}

// showEmergencies lists the accesses to identities in an emergency.
func (s *site) showEmergencies(w http.ResponseWriter, r *http.Request) error {
	cursor := r.URL.Query().Get("da")
	list, err := s.svc.BreakGlasses(r.Context(), service.PageRequest{Cursor: cursor})
	if err != nil {
		return err
	}
	names, err := s.tenantNames(r)
	if err != nil {
		return err
	}
	f, may := s.frame(r), s.offers(r)
	p := &listingPage{frame: f.titled(f.t("nav.emergencies"), "emergencies"), Lead: f.t("emergency.list_lead"), None: f.t("admin.none"),
		Head: []string{f.t("project.code"), f.t("notice.who"), f.t("emergency.when"), f.t("emergency.reads")}}
	if !may.May(policy.AuditOwn, policy.Read) {
		p.Lead = f.t("emergency.own_lead")
	}
	opens := may.May(policy.IdentitySubmitted, policy.BreakGlass)
	if opens {
		p.Buttons = []linkView{{f.t("emergency.title"), emergencyPath + "/apri", "open"}}
	}
	for _, b := range list.Items {
		row := emergencyRow(&f, b, names[b.Owner].Name)
		if opens {
			row[0].Href = "/progetti/" + string(b.Project) + "/emergenza"
		}
		p.Rows = append(p.Rows, row)
	}
	p.Pager = pagerOf(r, list.Next)
	return s.render(w, http.StatusOK, p)
}

func emergencyRow(f *frame, b postgres.BreakGlass, owner string) []cellView {
	end := b.ExpiresAt
	if b.EndedAt != nil && b.EndedAt.Before(end) {
		end = *b.EndedAt
	}
	return []cellView{{Text: b.ProjectCode, Hint: owner}, {Label: f.t("notice.who"), Text: b.UserName, Hint: b.Reason},
		{Label: f.t("emergency.when"), Text: f.t("emergency.span", "From", formatTime(f.Lang, b.GrantedAt), "To", formatTime(f.Lang, end))},
		{Label: f.t("emergency.reads"), Text: formatNumber(f.Lang, int64(b.Reads))}}
}
