// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// eventKind is an event that has a page of its own, with what that page shows.
type eventKind struct {
	event casework.Event
	slug  string
	// plan shows the whole plan, and binds the click to the very text that was read.
	plan bool
	// reason offers a place to say why.
	reason bool
	danger bool
}

// eventPages are those pages. Evaluation and decision have richer ones.
var eventPages = []eventKind{
	{event: casework.ShareForCoDesign, slug: "condividi"},
	{event: casework.Sign, slug: "firma", plan: true},
	{event: casework.RecordAdhesion, slug: "adesione", plan: true},
	{event: casework.Submit, slug: "invia", plan: true},
	{event: casework.StartEvaluation, slug: "avvia-valutazione"},
	{event: casework.Revise, slug: "revisione"},
	{event: casework.Reopen, slug: "riapri", reason: true},
	{event: casework.Start, slug: "avvio"},
	{event: casework.Withdraw, slug: "ritiro", reason: true, danger: true},
}

// slugOf is the last part of the address where an event is done.
func slugOf(e casework.Event) (string, bool) {
	switch e {
	case casework.RequestChanges, casework.Recommend:
		return "valutazione", true
	case casework.Approve, casework.Reject:
		return "decisione", true
	}
	for _, k := range eventPages {
		if k.event == e {
			return k.slug, true
		}
	}
	return "", false
}

// eventPage asks once more before an event, and shows what it is about.
type eventPage struct {
	frame
	Event  string
	Text   string
	Plan   []planSection
	Hash   string
	Base   int64
	Action string
	Back   string
	Reason *fieldView
	Danger bool
	// Findings are what the rules have against the plan; they can be overridden with a reason.
	Findings []complaintView
	// Missing is what must be completed first.
	Missing []complaintView
}

func (*eventPage) template() string { return "event" }

// ConfirmText is the label of the button that does it.
func (p *eventPage) ConfirmText() string { return p.t("go." + p.Event) }

func (s *site) showEvent(k eventKind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := s.eventPage(r, k)
		if err != nil {
			return err
		}
		return s.render(w, http.StatusOK, p)
	}
}

// allowedEvent refuses the page of an event that the viewer cannot do now, in the words the
// event itself would be refused with.
func allowedEvent(v service.ProjectView, e casework.Event) error {
	if v.May(e) {
		return nil
	}
	if _, err := v.State.Next(e); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "not_allowed")
}

func (s *site) eventPage(r *http.Request, k eventKind) (*eventPage, error) {
	v, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return nil, err
	}
	if err := allowedEvent(v.Project, k.event); err != nil {
		return nil, err
	}
	f := s.projectFrame(r, v.Project.Project, s.say(r, "event."+string(k.event)))
	home := "/progetti/" + string(v.Project.ID)
	p := &eventPage{frame: f, Event: string(k.event), Text: f.t("confirm." + string(k.event)), Base: v.Project.Revision,
		Action: home + "/" + k.slug, Back: home, Danger: k.danger}
	if k.reason {
		p.Reason = reasonField(&f, "")
	}
	if !k.plan {
		return p, nil
	}
	staff, err := s.staff(r.Context(), &f, v)
	if err != nil {
		return nil, err
	}
	p.Plan, p.Hash = s.planSections(&f, v.Plan, v.Types, staff, nil), v.Project.ContentHash
	for _, m := range v.Plan.Missing(v.Types) {
		p.Missing = append(p.Missing, s.planComplaint(&f, v, m))
	}
	if k.event == casework.Submit {
		err = s.addFindings(r, p, v)
	}
	return p, err
}

// addFindings shows what the rules will say, before they say it.
func (s *site) addFindings(r *http.Request, p *eventPage, v service.PlanView) error {
	list, err := s.svc.Decisions(r.Context(), v.Project.ID)
	if err != nil {
		return err
	}
	for _, finding := range casework.Fields(v.Plan.CheckSubsidies(casework.LastOn(list, casework.SubsidyRent))) {
		p.Findings = append(p.Findings, s.planComplaint(&p.frame, v, finding))
	}
	if len(p.Findings) > 0 {
		p.Reason = reasonField(&p.frame, "")
		p.Reason.Required, p.Reason.Hint = true, p.t("submit.reason_hint")
	}
	return nil
}

func reasonField(f *frame, value string) *fieldView {
	return &fieldView{Shape: "textarea", Path: "reason", ID: "f-reason", Label: f.t("event.reason"), Value: value}
}

func (s *site) doEvent(k eventKind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := httpkit.ParseForm(r); err != nil {
			return err
		}
		in := r.PostForm
		base, err := baseOf(typed(in))
		if err != nil {
			return err
		}
		req := service.TransitionRequest{Event: k.event, Reason: in.Get("reason"), Base: base}
		if req.ContentHash = in.Get("_hash"); k.plan && req.ContentHash == "" {
			return fault.New(fault.Invalid, "bad_form") // what is signed must be what was read
		}
		v, err := s.svc.Transition(r.Context(), projectID(r), req)
		if err == nil {
			return s.done(w, r, v, k.event)
		}
		fields, ok := complaintsOf(err)
		if !ok {
			return err
		}
		p, perr := s.eventPage(r, k)
		if perr != nil {
			return perr
		}
		s.complain(r, p, fields, in.Get("reason"))
		return s.render(w, http.StatusUnprocessableEntity, p)
	}
}

// complain puts the service's complaints about a transition on its page.
func (s *site) complain(r *http.Request, p *eventPage, fields []fault.Field, reason string) {
	if p.Reason == nil {
		p.Reason = reasonField(&p.frame, reason)
	}
	p.Reason.Value = reason
	v, err := s.svc.Plan(r.Context(), projectID(r))
	for _, c := range fields {
		if c.Path == "reason" {
			p.Reason.Error = s.texts.Fault(p.Lang, c.Code, c.Params)
			p.Errors = append(p.Errors, complaintView{Text: p.Reason.Label + ": " + p.Reason.Error, Href: "#" + p.Reason.ID})
		} else if err == nil {
			p.Errors = append(p.Errors, s.planComplaint(&p.frame, v, c))
		}
	}
}

// done leads back to the project after an event, saying what happened.
func (s *site) done(w http.ResponseWriter, r *http.Request, v service.ProjectView, e casework.Event) error {
	s.sessions.Notify(r.Context(), "done."+string(e))
	http.Redirect(w, r, "/progetti/"+string(v.ID), http.StatusSeeOther)
	return nil
}

// planComplaint says in words where in a plan something is wrong, and leads to its editor.
func (s *site) planComplaint(f *frame, v service.PlanView, c fault.Field) complaintView {
	out := complaintView{Text: s.texts.Fault(f.Lang, c.Code, c.Params)}
	sec, ok := casework.SectionOf(c.Path)
	if !ok {
		return out
	}
	where, href := f.t("section."+string(sec)), "/progetti/"+string(v.Project.ID)+"/sezioni/"+string(sec)
	parts := strings.Split(c.Path, "/")
	if i, err := strconv.Atoi(at(parts, 1)); err == nil && sec == casework.SectionInterventions && i < len(v.Plan.Interventions) {
		iv := v.Plan.Interventions[i]
		where, href = s.interventionRow(f, iv, v.Types).Title, "/progetti/"+string(v.Project.ID)+"/interventi/"+iv.Key
		if label := s.questionLabel(f, v.Types, iv.Type, strings.Join(parts[2:], "/")); label != "" {
			where += ", " + label
		}
	}
	out.Text = where + ": " + out.Text
	if v.Project.May(casework.Edit) {
		out.Href = href
	}
	return out
}

// questionLabel is the label of an intervention's question by its path.
func (s *site) questionLabel(f *frame, types casework.Types, kind, path string) string {
	form, name := interventionForm(s.texts), path
	if rest, ok := strings.CutPrefix(path, "details/"); ok {
		t, _ := types.Find(kind)
		form, name = t.Form, rest
	}
	name, _, _ = strings.Cut(name, "/")
	field, _ := form.Field(name)
	return field.Label.In(f.Lang)
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
