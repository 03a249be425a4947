// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/postgres"
)

const publisherPath = pluginPath + "/editori"

// publishersPage lists whose signature the network believes, or believed.
type publishersPage struct {
	frame
	Rows []publisherRow
	Line fieldView
}

func (*publishersPage) template() string { return "plugin-publishers" }

type publisherRow struct {
	Name, Key, Added string
	State            tagView
	// Withdraw is the page that asks once more; empty for one who is believed no more.
	Withdraw string
}

func (s *site) showPublishers(w http.ResponseWriter, r *http.Request) error {
	return s.publishersPage(w, r, http.StatusOK, "", nil)
}

func (s *site) publishersPage(w http.ResponseWriter, r *http.Request, status int, typed string, why []fault.Field) error {
	list, err := s.svc.Publishers(r.Context())
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &publishersPage{frame: f.titled(f.t("plugin.publishers"), "plugins")}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {p.Title, ""}}
	for _, pub := range list {
		row := publisherRow{Name: pub.Name, Key: pub.KeyID, Added: formatTime(f.Lang, pub.AddedAt), State: tagView{f.t("plugin.believed"), "good"}}
		if pub.WithdrawnAt != nil {
			row.State = tagView{f.t("plugin.withdrawn_on", "When", formatTime(f.Lang, *pub.WithdrawnAt)), "neutral"}
		} else {
			row.Withdraw = publisherPath + "/" + pub.KeyID + "/ritira"
		}
		p.Rows = append(p.Rows, row)
	}
	p.Line = fieldView{Shape: "input", Type: "text", Path: "line", ID: "f-line", Label: f.t("plugin.line"), Hint: f.t("plugin.line_hint"), Value: typed, Required: true, Autocomplete: "off"}
	for _, c := range why {
		if c.Path == "line" {
			p.Line.Error = s.texts.Fault(f.Lang, c.Code, c.Params)
		}
	}
	p.Errors = p.summary(why, p.Line)
	return s.render(w, status, p)
}

func (s *site) savePublisher(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	line := r.PostForm.Get("line")
	_, err := s.svc.AddPublisher(r.Context(), line)
	if fields, ok := complaintsOf(err); ok {
		return s.publishersPage(w, r, http.StatusUnprocessableEntity, line, fields)
	}
	if err != nil {
		return err
	}
	return s.finish(w, r, "plugin.publisher_added", publisherPath)
}

// publisherNamed finds the publisher an address names, where he is still believed.
func (s *site) publisherNamed(r *http.Request) (postgres.Publisher, error) {
	list, err := s.svc.Publishers(r.Context())
	if err != nil {
		return postgres.Publisher{}, err
	}
	i := slices.IndexFunc(list, func(p postgres.Publisher) bool {
		return p.KeyID == chi.URLParam(r, "publisher") && p.WithdrawnAt == nil
	})
	if i < 0 {
		return postgres.Publisher{}, fault.Missing()
	}
	return list[i], nil
}

func (s *site) showWithdrawPublisher(w http.ResponseWriter, r *http.Request) error {
	pub, err := s.publisherNamed(r)
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &confirmPage{frame: f.titled(f.t("plugin.withdraw_title", "Name", pub.Name), "plugins"), Text: f.t("plugin.withdraw_text"),
		Action: publisherPath + "/" + pub.KeyID + "/ritira", Submit: f.t("plugin.withdraw"), Back: publisherPath}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {f.t("plugin.publishers"), publisherPath}, {f.t("plugin.withdraw"), ""}}
	return s.render(w, http.StatusOK, p)
}

func (s *site) withdrawPublisher(w http.ResponseWriter, r *http.Request) error {
	pub, err := s.publisherNamed(r)
	if err != nil {
		return err
	}
	return s.posted(w, r, "plugin.publisher_withdrawn", publisherPath, func() error { return s.svc.WithdrawPublisher(r.Context(), pub.KeyID) })
}
