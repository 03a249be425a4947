// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// linkPage shows the link of an invitation, this once, to be handed over.
type linkPage struct {
	frame
	Link, Until, Back string
}

func (*linkPage) template() string { return "link" }

func (s *site) showLink(w http.ResponseWriter, r *http.Request, from *formPage, i service.Invited) error {
	scheme := "http"
	if s.cfg.SecureCookies {
		scheme = "https"
	}
	p := &linkPage{frame: from.frame, Link: scheme + "://" + r.Host + "/invito/" + i.Token, Back: from.Back}
	p.Until = formatTime(p.Lang, i.ExpiresAt)
	p.Title = p.t("invitation.made")
	return s.render(w, http.StatusCreated, p)
}

// invitationPage asks who was invited for a password. It says neither who that is nor
// where the invitation leads: the link alone proves nothing.
type invitationPage struct {
	frame
	Action, Error string
}

func (*invitationPage) template() string { return "invitation" }

func (s *site) invitationPage(r *http.Request) *invitationPage {
	f := s.frame(r)
	f.Here, f.Viewer = "/accedi", nil
	return &invitationPage{frame: f.titled(f.t("invitation.title"), ""), Action: r.URL.Path}
}

func (s *site) showInvitation(w http.ResponseWriter, r *http.Request) error {
	if err := s.svc.CheckInvitation(r.Context(), chi.URLParam(r, "token")); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, s.invitationPage(r))
}

func (s *site) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	err := s.svc.AcceptInvitation(r.Context(), chi.URLParam(r, "token"), r.PostForm.Get("password"))
	if fault.Is(err, fault.Invalid) {
		p := s.invitationPage(r)
		p.Error = s.errorText(p.Lang, err)
		p.Errors = []complaintView{{Text: p.Error, Href: "#password"}}
		return s.render(w, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.finish(w, r, "invitation.accepted", "/accedi")
}
