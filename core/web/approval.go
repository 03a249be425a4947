// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// approvalPage is the evaluation and the amounts, and the decision on them.
type approvalPage struct {
	frame
	Scores   []summaryRow
	Opinion  string
	Amounts  []interventionRow
	Total    string
	Plan     []planSection
	Findings []complaintView
	Override string
	// Decisions are what the rules decided on the subsidies asked for.
	Decisions []decisionRow
	Hash      string
	Base      int64
	Action    string
	Back      string
	Reason    *fieldView
	// Refusing opens the part that rejects.
	Refusing bool
}

func (*approvalPage) template() string { return "approval" }

func (s *site) showApproval(w http.ResponseWriter, r *http.Request) error {
	p, err := s.approvalPage(r)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

func (s *site) approvalPage(r *http.Request) (*approvalPage, error) {
	v, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return nil, err
	}
	if err := allowedEvent(v.Project, casework.Approve); err != nil {
		return nil, err
	}
	judged, err := s.svc.Judgement(r.Context(), v.Project.ID)
	if err != nil {
		return nil, err
	}
	f := s.projectFrame(r, v.Project.Project, s.say(r, "approval.title"))
	home := "/progetti/" + string(v.Project.ID)
	p := &approvalPage{frame: f, Total: formatMoney(f.Lang, v.Plan.TotalCents()), Hash: v.Project.ContentHash, Base: v.Project.Revision,
		Action: home + "/decisione", Back: home, Reason: reasonField(&f, "")}
	p.Reason.Required = true
	p.Scores, p.Opinion = scoreRows(&f, judged)
	for _, iv := range v.Plan.Interventions {
		p.Amounts = append(p.Amounts, s.interventionRow(&f, iv, v.Types))
	}
	p.Plan = s.planSections(&f, v.Plan, v.Types, staffOptions(&f, nil, v.Plan.ReferenceOperators), nil)
	if p.Decisions, err = s.decisionRows(r, &f, v.Project.ID); err != nil {
		return nil, err
	}
	if v.Sealed != nil {
		p.Override = v.Sealed.OverrideReason
		for _, c := range casework.Fields(v.Sealed.Findings) {
			p.Findings = append(p.Findings, s.planComplaint(&f, v, c))
		}
	}
	return p, nil
}

func scoreRows(f *frame, j service.Judgement) (rows []summaryRow, opinion string) {
	if j.Evaluation == nil {
		return nil, ""
	}
	for _, c := range j.Criteria {
		rows = append(rows, summaryRow{Label: c.Label.In(f.Lang), Values: []string{f.t("evaluation.score", "Score", j.Evaluation.Scores[c.Code], "Max", c.Max)}})
	}
	return rows, j.Evaluation.Opinion
}

func (s *site) saveApproval(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	in := r.PostForm
	base, err := baseOf(typed(r.PostForm))
	if err != nil {
		return err
	}
	req := service.TransitionRequest{Event: casework.Event(in.Get("event")), Base: base, ContentHash: in.Get("_hash")}
	switch req.Event {
	case casework.Approve:
	case casework.Reject:
		req.Reason = in.Get("reason")
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
	p, err := s.approvalPage(r)
	if err != nil {
		return err
	}
	p.Refusing, p.Reason.Value = req.Event == casework.Reject, req.Reason
	for _, c := range fields {
		text := s.texts.Fault(p.Lang, c.Code, c.Params)
		if c.Path == "reason" {
			p.Reason.Error = text
		}
		p.Errors = append(p.Errors, complaintView{Text: p.Reason.Label + ": " + text, Href: "#" + p.Reason.ID})
	}
	return s.render(w, http.StatusUnprocessableEntity, p)
}
