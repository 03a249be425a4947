// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/service"
)

// subsidyPage asks a rule for its decision, and shows what it answered.
type subsidyPage struct {
	frame
	Action, Back string
	Fields       []fieldView
	// Decision is the answer just given; nil before the first.
	Decision *decisionView
	// Down says that the rule cannot be asked now.
	Down    *noticeView
	Stored  []decisionRow
	MayKeep bool
}

func (*subsidyPage) template() string { return "subsidy" }

// decisionPage is one stored decision.
type decisionPage struct {
	frame
	Decision decisionView
	Facts    []summaryRow
	Back     string
}

func (*decisionPage) template() string { return "subsidy-decision" }

// decisionView is a decision in words: the result first, then why, then what would change it.
type decisionView struct {
	Eligible               bool
	Monthly, Months, Total string
	WhatIf                 bool
	Steps                  []stepView
	Hints                  []string
	Rule, Version, When    string
}

// stepView is one rule that was applied.
type stepView struct {
	Title, Outcome, Basis, Amount string
	Steps                         []stepView
}

type decisionRow struct {
	Href, When, Result string
	Tag                tagView
}

func (s *site) showSubsidy(w http.ResponseWriter, r *http.Request) error {
	v, sub, err := s.openSubsidy(r)
	if err != nil {
		return err
	}
	t := typed{}
	if sub != nil {
		t = encode(sub.Facts, "", knownFacts(v))
	}
	p, err := s.subsidyPage(r, v, sub, t, nil)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

// openSubsidy loads a project and the rule that decides on its rent; sub is nil where the
// host runs none.
func (s *site) openSubsidy(r *http.Request) (v service.PlanView, sub *pluginhost.Subsidy, err error) {
	if v, err = s.svc.Plan(r.Context(), projectID(r)); err != nil {
		return v, nil, err
	}
	list, err := s.svc.Subsidies(r.Context())
	if err != nil {
		return v, nil, err
	}
	for i := range list {
		if list[i].Code == casework.SubsidyRent {
			return v, &list[i], nil
		}
	}
	return v, nil, nil
}

// knownFacts are what the plan already says, so that nobody types it twice.
func knownFacts(v service.PlanView) map[string]any {
	facts := map[string]any{"months_already_supported": int64(v.HousingBefore)}
	for _, iv := range v.Plan.Interventions {
		if iv.Type != casework.TypeHousing {
			continue
		}
		if rent, ok := iv.Details["monthly_rent"]; ok {
			facts["monthly_rent"] = rent
		}
		facts["co_housing"] = iv.Details["arrangement"] == "co_housing"
		if n := iv.Duration(); n > 0 {
			facts["months_requested"] = int64(n)
		}
	}
	return facts
}

func (s *site) subsidyPage(r *http.Request, v service.PlanView, sub *pluginhost.Subsidy, t typed, complaints []fault.Field) (*subsidyPage, error) {
	f := s.projectFrame(r, v.Project.Project, s.say(r, "subsidy.title"))
	home := "/progetti/" + string(v.Project.ID)
	p := &subsidyPage{frame: f, Action: home + "/contributo", Back: home, MayKeep: v.Project.May(casework.Edit)}
	if sub == nil {
		p.Down = &noticeView{Tone: "warn", Text: f.t("fault.plugin_unavailable")}
	} else {
		p.Fields, p.Errors = questions(f, sub.Facts, t, complaints, p.Action)
	}
	var err error
	p.Stored, err = s.decisionRows(r, &f, v.Project.ID)
	return p, err
}

// decisionRows lists the decisions of a project that the viewer may see: for the lead
// agency, those that came with the submission.
func (s *site) decisionRows(r *http.Request, f *frame, id casework.ProjectID) ([]decisionRow, error) {
	list, err := s.svc.Decisions(r.Context(), id)
	if err != nil {
		return nil, err
	}
	var out []decisionRow
	for _, d := range list {
		view := decisionViewOf(f, d)
		row := decisionRow{Href: "/progetti/" + string(id) + "/contributo/" + string(d.ID), When: view.When, Tag: tagView{f.t("subsidy.refused"), "bad"}, Result: f.t("subsidy.not_due")}
		if d.Eligible {
			row.Tag, row.Result = tagView{f.t("subsidy.granted"), "good"}, view.Monthly+" × "+view.Months
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *site) decideSubsidy(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	v, sub, err := s.openSubsidy(r)
	if err != nil {
		return err
	}
	if sub == nil {
		return fault.New(fault.Unavailable, "plugin_unavailable")
	}
	t := typed(r.PostForm)
	if _, pressed := t.reshape(); pressed {
		return s.againSubsidy(w, r, v, sub, t, http.StatusOK, nil, nil)
	}
	values, complaints := answersTo(sub.Facts, t)
	if len(complaints) > 0 {
		return s.againSubsidy(w, r, v, sub, t, http.StatusUnprocessableEntity, complaints, nil)
	}
	d, err := s.svc.DecideSubsidy(r.Context(), service.SubsidyRequest{Subsidy: sub.Code, Facts: values, Project: v.Project.ID, WhatIf: t.get("azione") != "decidi"})
	switch fields, ok := complaintsOf(err); {
	case ok:
		return s.againSubsidy(w, r, v, sub, t, http.StatusUnprocessableEntity, under(fields, "facts/"), nil)
	case fault.Is(err, fault.Unavailable):
		s.log.Warn("a subsidy rule did not answer", "request_id", httpkit.RequestID(r.Context()), "error", err.Error())
		return s.againSubsidy(w, r, v, sub, t, http.StatusServiceUnavailable, nil, err)
	case err != nil:
		return err
	case d.WhatIf:
		return s.showWhatIf(w, r, v, sub, t, d)
	}
	s.sessions.Notify(r.Context(), "subsidy.stored")
	http.Redirect(w, r, "/progetti/"+string(v.Project.ID)+"/contributo/"+string(d.ID), http.StatusSeeOther)
	return nil
}

// firstOfEach keeps one complaint for each place: what cannot be read is also missing, but
// that is not what to say.
func firstOfEach(list []fault.Field) []fault.Field {
	seen := map[string]bool{}
	var out []fault.Field
	for _, c := range list {
		if !seen[c.Path] {
			seen[c.Path] = true
			out = append(out, c)
		}
	}
	return out
}

// againSubsidy shows the page with everything typed, and why there is no answer.
func (s *site) againSubsidy(w http.ResponseWriter, r *http.Request, v service.PlanView, sub *pluginhost.Subsidy, t typed, status int, complaints []fault.Field, down error) error {
	p, err := s.subsidyPage(r, v, sub, t, complaints)
	if err != nil {
		return err
	}
	if down != nil {
		p.Down = &noticeView{Tone: "bad", Title: p.t("subsidy.down"), Text: s.errorText(p.Lang, down)}
	}
	return s.render(w, status, p)
}

func (s *site) showWhatIf(w http.ResponseWriter, r *http.Request, v service.PlanView, sub *pluginhost.Subsidy, t typed, d casework.Decision) error {
	p, err := s.subsidyPage(r, v, sub, t, nil)
	if err != nil {
		return err
	}
	view := decisionViewOf(&p.frame, d)
	p.Decision = &view
	return s.render(w, http.StatusOK, p)
}

func (s *site) showDecision(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Project(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	d, err := s.svc.Decision(r.Context(), casework.DecisionID(chi.URLParam(r, "decision")))
	if err != nil {
		return err
	}
	if d.Project != v.ID {
		return fault.Missing()
	}
	f := s.projectFrame(r, v.Project, s.say(r, "subsidy.decision"))
	p := &decisionPage{frame: f, Decision: decisionViewOf(&f, d), Back: "/progetti/" + string(v.ID) + "/contributo"}
	list, err := s.svc.Subsidies(r.Context())
	if err != nil {
		return err
	}
	for _, sub := range list {
		if sub.Code == d.Subsidy {
			p.Facts = answers(f.Lang, s.texts, sub.Facts, d.Facts)
		}
	}
	return s.render(w, http.StatusOK, p)
}

func decisionViewOf(f *frame, d casework.Decision) decisionView {
	v := decisionView{Eligible: d.Eligible, Monthly: formatMoney(f.Lang, d.MonthlyCents), Months: f.t("months.count", "Count", d.Months),
		Total: formatMoney(f.Lang, d.TotalCents), WhatIf: d.WhatIf, Rule: d.PluginID, Version: d.PluginVersion, When: formatTime(f.Lang, d.At),
		Steps: stepViews(f, d.Explanation)}
	for _, h := range d.ChangeHints {
		v.Hints = append(v.Hints, h.In(f.Lang))
	}
	return v
}

func stepViews(f *frame, list []casework.ExplanationStep) []stepView {
	out := make([]stepView, len(list))
	for i, st := range list {
		out[i] = stepView{Title: st.Title.In(f.Lang), Outcome: st.Outcome.In(f.Lang), Basis: st.LegalBasis.In(f.Lang), Steps: stepViews(f, st.Steps)}
		if st.Cents != nil {
			out[i].Amount = formatMoney(f.Lang, *st.Cents)
		}
	}
	return out
}
