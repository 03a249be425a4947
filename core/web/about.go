// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import "net/http"

// aboutPage is a page of plain words: about accessibility, about privacy.
type aboutPage struct {
	frame
	Paragraphs []string
	Version    string
}

func (*aboutPage) template() string { return "about" }

func (s *site) showAccessibility(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	return s.render(w, http.StatusOK, &aboutPage{frame: f.titled(f.t("site.accessibility"), ""), Version: s.cfg.Version,
		Paragraphs: []string{f.t("about.accessibility_1"), f.t("about.accessibility_2")}})
}

func (s *site) showPrivacy(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	return s.render(w, http.StatusOK, &aboutPage{frame: f.titled(f.t("site.privacy"), ""), Version: s.cfg.Version,
		Paragraphs: []string{f.t("about.privacy_1"), f.t("about.privacy_2"), f.t("about.privacy_3")}})
}
