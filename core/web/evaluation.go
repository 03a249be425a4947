// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// evaluationPage is the plan with the two things an evaluator can say of it.
type evaluationPage struct {
	frame
	Plan     []planSection
	Findings []complaintView
	Override string
	// Decisions are what the rules decided on the subsidies asked for.
	Decisions []decisionRow
	Comments  []fieldView
	Scores    []fieldView
	Opinion   []fieldView
	Action    string
	Back      string
	Base      int64
	// Asking opens the part that asks for changes.
	Asking bool
}

func (*evaluationPage) template() string { return "evaluation" }

// commentsForm has a place for each section.
func commentsForm(texts *Texts) form.Form {
	f := form.Form{}
	for _, sec := range casework.Sections() {
		f.Fields = append(f.Fields, form.Field{Name: string(sec), Kind: form.KindLongText, Class: form.ClassCase,
			Label: form.Text{IT: texts.T("it", "section."+string(sec)), EN: texts.T("en", "section."+string(sec))}})
	}
	return f
}

// scoresForm asks for a score by each criterion of the network.
func scoresForm(criteria []casework.Criterion) form.Form {
	f := form.Form{}
	for _, c := range criteria {
		field := form.Field{Name: c.Code, Kind: form.KindChoice, Class: form.ClassCase, Required: true, Label: c.Label}
		for n := range c.Max + 1 {
			s := strconv.Itoa(n)
			field.Options = append(field.Options, form.Option{Value: s, Label: tx(s, s)})
		}
		f.Fields = append(f.Fields, field)
	}
	return f
}

func opinionForm() form.Form {
	return form.Form{Fields: []form.Field{{Name: "opinion", Kind: form.KindLongText, Class: form.ClassCase, Required: true, Label: tx("Parere", "Opinion")}}}
}

func (s *site) showEvaluation(w http.ResponseWriter, r *http.Request) error {
	p, err := s.evaluationPage(r, typed{}, nil)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

func (s *site) evaluationPage(r *http.Request, t typed, complaints []fault.Field) (*evaluationPage, error) {
	v, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return nil, err
	}
	if err := allowedEvent(v.Project, casework.Recommend); err != nil {
		return nil, err
	}
	judged, err := s.svc.Judgement(r.Context(), v.Project.ID)
	if err != nil {
		return nil, err
	}
	f := s.projectFrame(r, v.Project.Project, s.say(r, "evaluation.title"))
	home := "/progetti/" + string(v.Project.ID)
	p := &evaluationPage{frame: f, Plan: s.planSections(&f, v.Plan, v.Types, staffOptions(&f, nil, v.Plan.ReferenceOperators), nil),
		Action: home + "/valutazione", Back: home, Base: v.Project.Revision}
	if p.Decisions, err = s.decisionRows(r, &f, v.Project.ID); err != nil {
		return nil, err
	}
	if v.Sealed != nil {
		p.Override = v.Sealed.OverrideReason
		for _, c := range casework.Fields(v.Sealed.Findings) {
			p.Findings = append(p.Findings, s.planComplaint(&f, v, c))
		}
	}
	fv := newFormView(f, t, complaints)
	p.Comments = fv.fields(commentsForm(s.texts), "comments/")
	p.Scores = fv.fields(scoresForm(judged.Criteria), "data/scores/")
	for i := range p.Scores {
		p.Scores[i].Width = "inline"
	}
	p.Opinion = fv.fields(opinionForm(), "data/")
	p.Errors = f.summary(complaints, slices.Concat(p.Comments, p.Scores, p.Opinion)...)
	return p, nil
}

func (s *site) saveEvaluation(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	t := typed(r.PostForm)
	base, err := baseOf(typed(r.PostForm))
	if err != nil {
		return err
	}
	req := service.TransitionRequest{Event: casework.Event(t.get("event")), Base: base}
	switch req.Event {
	case casework.RequestChanges:
		req.Comments = commentsOf(t)
	case casework.Recommend:
		req.Opinion, req.Scores = t.get("data/opinion"), scoresOf(t)
	default:
		return fault.Missing()
	}
	v, err := s.svc.Transition(r.Context(), projectID(r), req)
	if err == nil {
		return s.done(w, r, v, req.Event)
	}
	fields, ok := complaintsOf(err)
	if !ok {
		return err
	}
	p, err := s.evaluationPage(r, t, commentComplaints(fields, req.Comments))
	if err != nil {
		return err
	}
	p.Asking = req.Event == casework.RequestChanges
	return s.render(w, http.StatusUnprocessableEntity, p)
}

func commentsOf(t typed) []casework.Comment {
	var out []casework.Comment
	for _, sec := range casework.Sections() {
		if text := strings.TrimSpace(t.get("comments/" + string(sec))); text != "" {
			out = append(out, casework.Comment{Section: sec, Text: text})
		}
	}
	return out
}

func scoresOf(t typed) map[string]int {
	out := map[string]int{}
	for path := range t {
		if code, ok := strings.CutPrefix(path, "data/scores/"); ok {
			if n, err := strconv.Atoi(t.get(path)); err == nil {
				out[code] = n
			}
		}
	}
	return out
}

// commentComplaints leads complaints about the n-th comment to its section's input.
func commentComplaints(fields []fault.Field, comments []casework.Comment) []fault.Field {
	out := slices.Clone(fields)
	for i, c := range out {
		rest, ok := strings.CutPrefix(c.Path, "data/comments")
		if !ok {
			continue
		}
		out[i].Path = "comments/" + string(casework.SectionNeeds)
		if n, err := strconv.Atoi(at(strings.Split(rest, "/"), 1)); err == nil && n < len(comments) {
			out[i].Path = "comments/" + string(comments[n].Section)
		} else if c.Code == "required" {
			out[i].Code = "comment_needed"
		}
	}
	return out
}
