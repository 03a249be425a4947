// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// coursesBlock is the part of a project's page about courses.
type coursesBlock struct {
	Items []enrolmentRow
	// Find leads to the catalogs; empty for who enrols nobody.
	Find string
}

// enrolmentRow is a seat that the person has, or had.
type enrolmentRow struct {
	Title, Href, When, For string
	Status                 tagView
	// Reason says why it was cancelled; Cancel leads to doing so.
	Reason, Cancel string
}

// cancelPage asks once more, and why, before a seat is given back.
type cancelPage struct {
	frame
	What, When   string
	Action, Back string
	Base         int64
	Reason       *fieldView
}

func (*cancelPage) template() string { return "cancel-enrolment" }

// coursesBlock lists the enrolments of a project; nil where there is nothing to see.
func (s *site) coursesBlock(r *http.Request, f *frame, v service.PlanView) (*coursesBlock, error) {
	if v.Project.Relation == casework.Received {
		return nil, nil // the lead agency has no right on enrolments at all
	}
	list, err := s.svc.Enrolments(r.Context(), v.Project.ID)
	if fault.Is(err, fault.Forbidden) {
		return nil, nil
	}
	if err != nil || (len(list) == 0 && !v.Project.MayEnrol) {
		return nil, err
	}
	home := "/progetti/" + string(v.Project.ID)
	b := &coursesBlock{}
	if v.Project.MayEnrol {
		b.Find = "/corsi?" + url.Values{"progetto": {string(v.Project.ID)}}.Encode()
	}
	finds, may := s.offers(r).Courses(v.Project.Tenant), v.Project.Relation == casework.Own && s.mayEnrol(r)
	for _, e := range list {
		row := s.enrolmentRow(f, e, v)
		if finds {
			row.Href = editionPath(e.Edition) + "?" + url.Values{"progetto": {string(v.Project.ID)}}.Encode()
		}
		if may && e.Status == casework.Enrolled {
			row.Cancel = home + "/iscrizioni/" + string(e.ID) + "/annulla"
		}
		b.Items = append(b.Items, row)
	}
	return b, nil
}

func (s *site) enrolmentRow(f *frame, e casework.Enrolment, v service.PlanView) enrolmentRow {
	row := enrolmentRow{Title: e.Edition.Title.In(f.Lang), When: editionWhen(f, e.Edition), Status: tagView{f.t("enrolment.enrolled"), "good"}}
	if e.Status == casework.Cancelled {
		row.Status, row.Reason = tagView{f.t("enrolment.cancelled"), "neutral"}, e.Reason
	}
	if iv, ok := v.Plan.Intervention(e.Intervention); ok && e.Intervention != "" {
		row.For = s.interventionRow(f, iv, v.Types).Title
	}
	return row
}

// editionWhen is when and where an edition is held, on one line.
func editionWhen(f *frame, e casework.Edition) string {
	return formatDate(f.Lang, e.Starts) + " – " + formatDate(f.Lang, e.Ends) + " · " + e.Municipality
}

// saveEnrolment takes a seat. Where it cannot, the edition's page comes back with what was chosen.
func (s *site) saveEnrolment(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	plan, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	t := typed(r.PostForm)
	_, err = s.svc.Enrol(r.Context(), service.EnrolRequest{Project: plan.Project.ID, Catalog: t.get("catalog"), Edition: t.get("edition"),
		Intervention: t.get("intervention_key"), Prerequisites: t["prerequisites"]})
	if err == nil {
		s.sessions.Notify(r.Context(), "enrolment.done")
		http.Redirect(w, r, "/progetti/"+string(plan.Project.ID), http.StatusSeeOther)
		return nil
	}
	fields, invalid := complaintsOf(err)
	if !invalid && !fault.Is(err, fault.Conflict) {
		return err
	}
	e, cerr := s.svc.Course(r.Context(), t.get("catalog"), t.get("edition"))
	if cerr != nil {
		return cerr
	}
	return s.enrolAgain(w, r, e, plan, t, fields, err)
}

// enrolAgain says why there is no seat, and keeps what was chosen.
func (s *site) enrolAgain(w http.ResponseWriter, r *http.Request, e casework.Edition, plan service.PlanView, t typed, fields []fault.Field, why error) error {
	purpose := &courseFor{Project: plan.Project.ID, Code: plan.Project.Code, Back: "/progetti/" + string(plan.Project.ID)}
	status := http.StatusUnprocessableEntity
	if len(fields) == 0 {
		status, fields = http.StatusConflict, []fault.Field{{}}
	}
	p, err := s.editionPage(r, e, purpose, &plan, t, onPrerequisites(fields))
	if err != nil {
		return err
	}
	if p.Enrol == nil {
		return why
	}
	p.Errors = nil
	for _, c := range fields {
		p.Errors = append(p.Errors, p.enrolComplaint(e, c, why, s))
	}
	return s.render(w, status, p)
}

// onPrerequisites puts the complaint about each prerequisite at the question that lists them.
func onPrerequisites(fields []fault.Field) []fault.Field {
	out := make([]fault.Field, len(fields))
	for i, c := range fields {
		if strings.HasPrefix(c.Path, "prerequisites/") {
			c.Path = "prerequisites"
		}
		out[i] = c
	}
	return out
}

// enrolComplaint names the prerequisite that was not confirmed; what is not about an answer
// stands alone.
func (p *editionPage) enrolComplaint(e casework.Edition, c fault.Field, why error, s *site) complaintView {
	if c.Code == "" {
		return complaintView{Text: s.errorText(p.Lang, why)}
	}
	text := s.texts.Fault(p.Lang, c.Code, c.Params)
	rest, is := strings.CutPrefix(c.Path, "prerequisites/")
	i, err := strconv.Atoi(rest)
	switch {
	case is && err == nil && i < len(e.Prerequisites):
		out := complaintView{Text: e.Prerequisites[i].Text.In(p.Lang) + ": " + text, Href: "#" + inputID("prerequisites")}
		if i > 0 {
			out.Href += "-" + strconv.Itoa(i)
		}
		return out
	case c.Path == "intervention_key":
		return complaintView{Text: p.t("enrolment.intervention") + ": " + text, Href: "#" + inputID(c.Path)}
	}
	return complaintView{Text: text}
}

// theEnrolment finds an enrolment of the project in the address.
func (s *site) theEnrolment(r *http.Request) (v service.ProjectView, e casework.Enrolment, err error) {
	if v, err = s.svc.Project(r.Context(), projectID(r)); err != nil {
		return v, e, err
	}
	list, err := s.svc.Enrolments(r.Context(), v.ID)
	if err != nil {
		return v, e, err
	}
	for _, e := range list {
		if string(e.ID) == chi.URLParam(r, "enrolment") {
			return v, e, nil
		}
	}
	return v, e, fault.Missing()
}

func (s *site) cancelPage(r *http.Request, v service.ProjectView, e casework.Enrolment, reason string) *cancelPage {
	f := s.projectFrame(r, v.Project, s.say(r, "enrolment.cancel_title"))
	home := "/progetti/" + string(v.ID)
	p := &cancelPage{frame: f, What: e.Edition.Title.In(f.Lang), When: editionWhen(&f, e.Edition), Action: home + "/iscrizioni/" + string(e.ID) + "/annulla",
		Back: home, Base: e.Revision, Reason: reasonField(&f, reason)}
	p.Reason.Required = true
	return p
}

func (s *site) showCancelEnrolment(w http.ResponseWriter, r *http.Request) error {
	v, e, err := s.theEnrolment(r)
	if err != nil {
		return err
	}
	if e.Status == casework.Cancelled {
		return fault.New(fault.Conflict, "enrolment_cancelled")
	}
	if !s.mayEnrol(r) {
		return fault.New(fault.Forbidden, "not_allowed")
	}
	return s.render(w, http.StatusOK, s.cancelPage(r, v, e, ""))
}

func (s *site) cancelEnrolment(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	v, e, err := s.theEnrolment(r)
	if err != nil {
		return err
	}
	t := typed(r.PostForm)
	base, err := baseOf(t)
	if err != nil {
		return err
	}
	_, err = s.svc.CancelEnrolment(r.Context(), e.ID, base, t.get("reason"))
	if fields, ok := complaintsOf(err); ok {
		p := s.cancelPage(r, v, e, t.get("reason"))
		p.Reason.Error = s.texts.Fault(p.Lang, fields[0].Code, fields[0].Params)
		p.Errors = []complaintView{{Text: p.Reason.Label + ": " + p.Reason.Error, Href: "#" + p.Reason.ID}}
		return s.render(w, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	s.sessions.Notify(r.Context(), "enrolment.was_cancelled")
	http.Redirect(w, r, "/progetti/"+string(v.ID), http.StatusSeeOther)
	return nil
}
