// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// worklistPage is what waits for the one who looks at it.
type worklistPage struct {
	frame
	// Policies are the drafts of a policy that wait for the viewer, or became of his.
	Policies []taskView
	Items    []projectRow
	Empty    emptyState
	Pager    pager
}

func (*worklistPage) template() string { return "worklist" }

// projectRow is a project in a list.
type projectRow struct {
	Code, Href, Person string
	State              tagView
	// Waits are what the viewer can do with it, in words.
	Waits            string
	Tenant, Services string
	Version          int
	TotalCents       int64
	Updated          string
}

func (s *site) showWorklist(w http.ResponseWriter, r *http.Request) error {
	list, err := s.svc.Worklist(r.Context(), service.PageRequest{Cursor: r.URL.Query().Get("da")})
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &worklistPage{frame: f.titled(f.t("worklist.title"), "worklist"), Pager: pagerOf(r, list.Next), Empty: s.worklistEmpty(r, &f)}
	for _, item := range list.Items {
		row := s.projectRow(&f, item.Project)
		row.Waits = waits(&f, item.AllowedEvents)
		p.Items = append(p.Items, row)
	}
	if may := s.offers(r); p.Pager.First == "" && (may.May(policy.PolicyNetwork, policy.Publish) || may.May(policy.PolicyNetwork, policy.Draft)) {
		drafts, err := s.svc.PolicyWork(r.Context())
		if err != nil {
			return err
		}
		for _, d := range drafts {
			p.Policies = append(p.Policies, policyTask(&f, d))
		}
	}
	return s.render(w, http.StatusOK, p)
}

// policyTask says what a draft waits for, or what became of it, and leads there.
func policyTask(f *frame, d service.PolicyDraftView) taskView {
	t := taskView{ID: "draft-" + d.ID, Href: draftPath(d.ID), Hint: formatTime(f.Lang, d.UpdatedAt), Tag: draftTag(f, d.State)}
	switch d.State {
	case postgres.DraftSubmitted:
		t.Text = f.t("worklist.draft_submitted", "Who", d.AuthorName)
	case postgres.DraftSentBack:
		t.Text = f.t("worklist.draft_sent_back", "Who", d.ReviewerName)
	default:
		t.Text = f.t("worklist.draft_published", "N", *d.Published)
	}
	return t
}

// worklistEmpty says that nothing waits, and what one could begin.
func (s *site) worklistEmpty(r *http.Request, f *frame) emptyState {
	e := emptyState{Text: f.t("worklist.empty")}
	switch may := s.offers(r); {
	case may.May(policy.PersonOwn, policy.List):
		e.Action, e.Href = f.t("nav.persons"), "/persone"
	case may.Any(navRights["users"]...):
		e.Action, e.Href = f.t("nav.users"), "/utenti"
	}
	return e
}

// waits names the one thing a project most waits for: the last event on the list is the
// furthest along, and editing comes before everything else.
func waits(f *frame, events []casework.Event) string {
	best := ""
	for _, e := range events {
		if e == casework.Withdraw || e == casework.Reject || e == casework.RequestChanges {
			continue
		}
		if best == "" || e != casework.Edit {
			best = f.t("wait." + string(e))
		}
	}
	return best
}

func (s *site) projectRow(f *frame, p casework.Project) projectRow {
	return projectRow{Code: p.Code, Href: "/progetti/" + string(p.ID), Person: p.PersonCode, State: s.stateTag(f.Lang, p.State),
		Tenant: p.TenantName, Services: p.SocialServicesName, Version: p.Version, TotalCents: p.TotalCents, Updated: formatTime(f.Lang, p.UpdatedAt)}
}

// pagerOf keeps the filters of a list in the addresses of its pages.
func pagerOf(r *http.Request, next string) pager {
	at := func(cursor string) string {
		q := url.Values{}
		for k, v := range r.URL.Query() {
			if k != "da" {
				q[k] = v
			}
		}
		if cursor != "" {
			q.Set("da", cursor)
		}
		if len(q) == 0 {
			return r.URL.Path
		}
		return r.URL.Path + "?" + q.Encode()
	}
	var p pager
	if r.URL.Query().Get("da") != "" {
		p.First = at("")
	}
	if next != "" {
		p.Next = at(next)
	}
	return p
}
