// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// editionPage is one edition of a course, with what can be done with it.
type editionPage struct {
	frame
	For   *courseFor
	Level string
	Seats tagView
	Facts []summaryRow
	// Needs are the prerequisites in words.
	Needs []string
	Back  string
	// Choose puts the edition into the intervention that it was looked for.
	Choose *chooseView
	// Enrol is nil for who cannot enrol anybody.
	Enrol *enrolView
}

func (*editionPage) template() string { return "edition" }

// chooseView is the form that puts an edition into an intervention.
type chooseView struct {
	Action string
	Hidden []hiddenInput
}

// enrolView is the form that takes a seat: first for which project, then the rest.
type enrolView struct {
	// Closed says why nobody can be enrolled; the rest is empty then.
	Closed string
	// Projects are the own open ones to choose among; Here is where the choice is sent.
	Projects []optionView
	Here     string
	// Code is the chosen project's, Change leads to another.
	Code, Change string
	Action       string
	Hidden       []hiddenInput
	Fields       []fieldView
}

// projectsToEnrol is how many projects the page offers: the last changed ones.
const projectsToEnrol = 100

func (s *site) showEdition(w http.ResponseWriter, r *http.Request) error {
	e, err := s.svc.Course(r.Context(), chi.URLParam(r, "catalog"), chi.URLParam(r, "edition"))
	if err != nil {
		return err
	}
	purpose, plan, err := s.purpose(r, r.URL.Query())
	if err != nil {
		return err
	}
	t := typed{}
	if purpose != nil && purpose.Intervention != "" {
		t["intervention_key"] = []string{purpose.Intervention}
	}
	p, err := s.editionPage(r, e, purpose, plan, t, nil)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

// editionPage shows an edition. plan is that of the project it is looked for, t what was typed
// into the form that enrols.
func (s *site) editionPage(r *http.Request, e casework.Edition, purpose *courseFor, plan *service.PlanView, t typed, complaints []fault.Field) (*editionPage, error) {
	f := s.frame(r)
	f = f.titled(e.Title.In(f.Lang), "courses")
	f.Crumbs = []crumb{{f.t("courses.title"), purpose.at("/corsi")}, {f.Title, ""}}
	p := &editionPage{frame: f, For: purpose, Level: e.Level, Seats: s.seats(&f, e), Facts: editionFacts(&f, e), Back: purpose.at("/corsi")}
	for _, n := range e.Prerequisites {
		p.Needs = append(p.Needs, n.Text.In(f.Lang))
	}
	if purpose != nil && purpose.Field != "" && plan.Project.May(casework.Edit) {
		p.Choose = &chooseView{Action: purpose.Back + "/corso", Hidden: []hiddenInput{{"_base", strconv.FormatInt(plan.Project.Revision, 10)},
			{"catalog", e.Catalog}, {"edition", e.ID}, {"campo", purpose.Field}}}
	}
	if !s.mayEnrol(r) {
		return p, nil
	}
	var err error
	p.Enrol, err = s.enrolView(r, p, e, plan, t, complaints)
	return p, err
}

func editionFacts(f *frame, e casework.Edition) []summaryRow {
	var out []summaryRow
	row := func(key string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			out = append(out, summaryRow{Label: f.t(key), Values: values})
		}
	}
	row("courses.when", formatDate(f.Lang, e.Starts)+" – "+formatDate(f.Lang, e.Ends))
	row("courses.enrol_by", formatDate(f.Lang, e.LastDay()))
	row("courses.where", e.Municipality)
	row("courses.provider", e.Provider)
	row("courses.area", f.t("course_area."+e.Area))
	row("courses.hours", f.t("editions.hours", "Count", e.Hours))
	row("courses.seats", f.t("courses.seats_of", "Left", e.Left(), "Seats", e.Seats))
	row("courses.cost", costText(f, e))
	row("courses.qualification", e.Qualification.In(f.Lang))
	if e.Childcare {
		row("courses.childcare", f.t("form.yes"))
	}
	return out
}

// enrolView asks for which project, or with one what else has to be known.
func (s *site) enrolView(r *http.Request, p *editionPage, e casework.Edition, plan *service.PlanView, t typed, complaints []fault.Field) (*enrolView, error) {
	v := &enrolView{Here: editionPath(e)}
	if !e.Open(s.today()) && len(complaints) == 0 {
		v.Closed = p.Seats.Text
		return v, nil
	}
	if plan == nil {
		return v, s.offerProjects(r, p, v)
	}
	if !plan.Project.MayEnrol {
		return nil, nil
	}
	home := "/progetti/" + string(plan.Project.ID)
	v.Code, v.Change, v.Action = plan.Project.Code, editionPath(e), home+"/iscrizioni"
	v.Hidden = []hiddenInput{{"catalog", e.Catalog}, {"edition", e.ID}}
	v.Fields, p.Errors = questions(p.frame, s.enrolForm(&p.frame, e, *plan), t, complaints, v.Action)
	return v, nil
}

func (s *site) offerProjects(r *http.Request, p *editionPage, v *enrolView) error {
	q := service.ProjectQuery{Page: service.PageRequest{Limit: projectsToEnrol}}
	for _, st := range casework.States() {
		if st.TakesEnrolments() {
			q.States = append(q.States, st)
		}
	}
	list, err := s.svc.Projects(r.Context(), q)
	if err != nil {
		return err
	}
	for _, o := range list.Items {
		v.Projects = append(v.Projects, optionView{Value: string(o.ID), Label: o.Code + " · " + o.PersonCode + " · " + p.t("state."+string(o.State))})
	}
	return nil
}

// enrolForm asks to confirm each prerequisite, and for which intervention the course is.
func (s *site) enrolForm(f *frame, e casework.Edition, plan service.PlanView) form.Form {
	both := func(key string) form.Text { return form.Text{IT: s.texts.T("it", key), EN: s.texts.T("en", key)} }
	var out form.Form
	if len(e.Prerequisites) > 0 {
		field := form.Field{Name: "prerequisites", Kind: form.KindMultiChoice, Class: form.ClassCase, Required: true, Label: both("enrolment.confirm"), Hint: both("enrolment.confirm_hint")}
		for _, n := range e.Prerequisites {
			field.Options = append(field.Options, form.Option{Value: n.Code, Label: n.Text})
		}
		out.Fields = append(out.Fields, field)
	}
	field := form.Field{Name: "intervention_key", Kind: form.KindChoice, Class: form.ClassCase, Label: both("enrolment.intervention")}
	for _, iv := range plan.Plan.Interventions {
		title := s.interventionRow(f, iv, plan.Types).Title
		field.Options = append(field.Options, form.Option{Value: iv.Key, Label: tx(title, title)})
	}
	if len(field.Options) > 0 {
		out.Fields = append(out.Fields, field)
	}
	return out
}
