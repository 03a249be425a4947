// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
)

// projectsPage lists the projects the viewer's organisation sees.
type projectsPage struct {
	frame
	Items  []projectRow
	States []optionView
	Code   string
	Empty  emptyState
	Pager  pager
}

func (*projectsPage) template() string { return "projects" }

// showProjects filters by state and by a code. Codes may stand in an address: they tell
// nothing of the person.
func (s *site) showProjects(w http.ResponseWriter, r *http.Request) error {
	in := r.URL.Query()
	q := service.ProjectQuery{Code: in.Get("codice"), Page: service.PageRequest{Cursor: in.Get("da")}}
	if st := casework.State(in.Get("stato")); st.Valid() {
		q.States = []casework.State{st}
	}
	list, err := s.svc.Projects(r.Context(), q)
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &projectsPage{frame: f.titled(f.t("nav.projects"), "projects"), Code: q.Code, Pager: pagerOf(r, list.Next), Empty: emptyState{Text: f.t("projects.none")}}
	for _, st := range casework.States() {
		p.States = append(p.States, optionView{Value: string(st), Label: f.t("state." + string(st)), Chosen: len(q.States) > 0 && q.States[0] == st})
	}
	for _, v := range list.Items {
		p.Items = append(p.Items, s.projectRow(&f, v.Project))
	}
	if len(q.States) > 0 || q.Code != "" {
		p.Empty = emptyState{Text: f.t("projects.none_found"), Action: f.t("projects.all"), Href: "/progetti"}
	}
	return s.render(w, http.StatusOK, p)
}
