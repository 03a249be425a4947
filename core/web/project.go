// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// projectPage is the home of a project: where it stands, what is missing, what to do next.
type projectPage struct {
	frame
	ID      string
	Tasks   []taskGroup
	Actions []actionView
	Facts   []summaryRow
	Signed  []signatureView
	Plan    []planSection
	Live    bool
	// Subsidy names the way to the subsidies; empty where there are none.
	Subsidy string
	// Courses is nil where there is nothing to see of them.
	Courses *coursesBlock
	// Emergency is true where the policy lets the viewer in to the identity in an emergency.
	Emergency bool
	Lead      string
	Finished  string
}

func (*projectPage) template() string { return "project" }

// actionView is a button that leads to an event's own page.
type actionView struct {
	Event, Text, Href, Hint string
	First                   bool
}

type signatureView struct {
	Side, Who, When string
	Done            bool
}

func projectID(r *http.Request) casework.ProjectID {
	return casework.ProjectID(chi.URLParam(r, "id"))
}

// projectFrame begins a page below a project, with its strip and its way back.
func (s *site) projectFrame(r *http.Request, p casework.Project, title string) frame {
	f := s.frame(r)
	home := "/progetti/" + string(p.ID)
	f = f.titled(p.Code, "projects")
	f.Crumbs = []crumb{{f.t("nav.projects"), "/progetti"}, {p.Code, ""}}
	if title != "" {
		f.Title, f.Heading = title+" – "+p.Code, title
		f.Crumbs = []crumb{{f.t("nav.projects"), "/progetti"}, {p.Code, home}, {title, ""}}
	}
	f.Strip = &identityStrip{Code: p.PersonCode, Project: p.Code, Version: p.Version, State: s.stateTag(f.Lang, p.State)}
	return f
}

func (s *site) showProject(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	f := s.projectFrame(r, v.Project.Project, "")
	p := &projectPage{frame: f, ID: string(v.Project.ID), Live: v.Project.State == casework.Active}
	if p.Subsidy, err = s.subsidyLink(r, &f, v); err != nil {
		return err
	}
	if p.Courses, err = s.coursesBlock(r, &f, v); err != nil {
		return err
	}
	if v.Project.Relation != casework.Received {
		p.Strip.Href = "/persone/" + string(v.Project.Person)
	}
	p.Emergency = v.Project.Relation == casework.Received && s.offers(r).May(policy.IdentitySubmitted, policy.BreakGlass)
	p.Title = f.t("project.title")
	p.Lead = f.t("lead." + string(v.Project.State))
	p.Actions = s.actions(&f, v.Project)
	p.Facts = s.projectFacts(&f, v)
	p.Signed = signatures(&f, v.Signatures)
	if v.Progress != nil && v.Sealed == nil {
		p.Tasks = s.taskList(&f, v)
	} else {
		staff, err := s.staff(r.Context(), &f, v)
		if err != nil {
			return err
		}
		p.Plan = s.planSections(&f, v.Plan, v.Types, staff, v.Comments)
	}
	return s.render(w, http.StatusOK, p)
}

// staff lists who can be a reference operator, as far as the viewer may know.
func (s *site) staff(ctx context.Context, f *frame, v service.PlanView) ([]form.Option, error) {
	var list []postgres.Colleague
	if v.Project.Relation == casework.Own {
		var err error
		if list, err = s.svc.Colleagues(ctx); err != nil && !fault.Is(err, fault.Forbidden) {
			return nil, err
		}
	}
	return staffOptions(f, list, v.Plan.ReferenceOperators), nil
}

// statusTones are the tones of a section's status.
var statusTones = map[casework.Status]string{
	casework.ToStart: "neutral", casework.ToFinish: "info", casework.Done: "plain", casework.ToCorrect: "warn",
}

// taskList is "Cosa manca": one line a section, with how far it is.
func (s *site) taskList(f *frame, v service.PlanView) []taskGroup {
	g := taskGroup{}
	edit := v.Project.May(casework.Edit)
	for _, sec := range casework.Sections() {
		st := v.Progress[sec]
		t := taskView{ID: "status-" + string(sec), Text: f.t("section." + string(sec)), Hint: sectionHint(f, sec, v),
			Tag: tagView{f.t("status." + string(st)), statusTones[st]}}
		if edit {
			t.Href = "/progetti/" + string(v.Project.ID) + "/sezioni/" + string(sec)
		}
		g.Tasks = append(g.Tasks, t)
	}
	return []taskGroup{g}
}

func sectionHint(f *frame, sec casework.Section, v service.PlanView) string {
	n := map[casework.Section]int{casework.SectionNeeds: len(v.Plan.Needs), casework.SectionObjectives: len(v.Plan.Objectives),
		casework.SectionInterventions: len(v.Plan.Interventions), casework.SectionCommitments: len(v.Plan.Commitments), casework.SectionReviews: len(v.Plan.Reviews)}[sec]
	if n == 0 {
		return ""
	}
	hint := f.t("section.count", "Count", n)
	if sec == casework.SectionInterventions {
		hint += ", " + formatMoney(f.Lang, v.Plan.TotalCents())
	}
	return hint
}

// actions are the events the viewer can do now, the one that leads on first.
func (s *site) actions(f *frame, v service.ProjectView) []actionView {
	var out []actionView
	for _, e := range v.AllowedEvents {
		slug, ok := slugOf(e)
		if !ok {
			continue
		}
		a := actionView{Event: string(e), Text: f.t("event." + string(e)), Href: "/progetti/" + string(v.ID) + "/" + slug}
		a.First = e != casework.Withdraw && !slices.ContainsFunc(out, func(o actionView) bool { return o.First })
		out = append(out, a)
	}
	return out
}

func (s *site) projectFacts(f *frame, v service.PlanView) []summaryRow {
	p := v.Project
	rows := []summaryRow{
		{Label: f.t("project.entity"), Values: nonEmpty(p.TenantName)},
		{Label: f.t("project.services"), Values: nonEmpty(p.SocialServicesName)},
		{Label: f.t("project.total"), Values: []string{formatMoney(f.Lang, v.Plan.TotalCents())}},
	}
	housing := f.t("project.housing_used", "Used", v.HousingBefore+v.HousingMonths, "Limit", v.Parameters.HousingMonths)
	rows = append(rows, summaryRow{Label: f.t("project.housing"), Values: []string{housing}})
	if !v.Saved.At.IsZero() {
		rows = append(rows, summaryRow{Label: f.t("project.saved"), Values: []string{savedText(f, v.Saved)}})
	}
	return rows
}

// savedText says when the plan was last saved, and by whom.
func savedText(f *frame, rev casework.Revision) string {
	return formatTime(f.Lang, rev.At) + ", " + rev.AuthorName
}

func signatures(f *frame, have []casework.Signature) []signatureView {
	out := make([]signatureView, 0, len(casework.Sides()))
	for _, side := range casework.Sides() {
		v := signatureView{Side: f.t("side." + string(side))}
		for _, g := range have {
			if g.Side == side {
				v.Done, v.Who, v.When = true, g.SignerName, formatTime(f.Lang, g.At)
			}
		}
		out = append(out, v)
	}
	return out
}
