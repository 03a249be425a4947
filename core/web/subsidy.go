// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"slices"

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
	// Code is the subsidy that is asked for; empty where one is still to be chosen.
	Code string
	// Choices are the subsidies to choose among, where there is more than one; All leads to them.
	Choices []typeView
	All     string
	Fields  []fieldView
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
	Subsidy  string
	Decision decisionView
	Facts    []summaryRow
	Back     string
}

func (*decisionPage) template() string { return "subsidy-decision" }

// decisionView is a decision in words: the result first, then why, then what would change it.
type decisionView struct {
	Eligible bool
	// OneOff is paid once: there is no month to speak of.
	OneOff                 bool
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
	Subsidy, Href, When, Result string
	Tag                         tagView
}

// subsidyAsk is a project with the subsidies that can be asked for in it.
type subsidyAsk struct {
	service.PlanView
	all []pluginhost.Subsidy
	// sub is the one that is asked for; nil where there is none, or one is still to be chosen.
	sub *pluginhost.Subsidy
}

func (s *site) showSubsidy(w http.ResponseWriter, r *http.Request) error {
	v, err := s.openSubsidy(r, r.URL.Query().Get("per"))
	if err != nil {
		return err
	}
	t := typed{}
	if v.sub != nil {
		t = encode(v.sub.Facts, "", knownFacts(v.PlanView))
	}
	p, err := s.subsidyPage(r, v, t, nil)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

// openSubsidy loads a project and the rule that is asked: the only one where no code is given.
// NotFound for one that is not active for the project's entity.
func (s *site) openSubsidy(r *http.Request, code string) (v subsidyAsk, err error) {
	if v.PlanView, err = s.svc.Plan(r.Context(), projectID(r)); err != nil {
		return v, err
	}
	if v.all, err = s.svc.ProjectSubsidies(r.Context(), v.Project.ID); err != nil {
		return v, err
	}
	known := false
	for i := range v.all {
		known = known || v.all[i].Code == code
		if v.all[i].Stopped == "" && (v.all[i].Code == code || (code == "" && len(v.all) == 1)) {
			v.sub = &v.all[i]
		}
	}
	if code != "" && !known && r.Method == http.MethodGet {
		return v, fault.Missing()
	}
	if v.Project.Relation == casework.Received { // who evaluates reads what was decided
		v.all, v.sub = nil, nil
	}
	return v, nil
}

// taken is a subsidy that was taken away while its form was open; nil for one that nobody knows.
func (v subsidyAsk) taken(code string) *pluginhost.Subsidy {
	for i := range v.all {
		if v.all[i].Code == code && v.all[i].Stopped != "" {
			return &v.all[i]
		}
	}
	return nil
}

// subsidyLink names the way from a project to its subsidies: the only one by its name. It is
// empty where nothing can be asked for and nothing was decided.
func (s *site) subsidyLink(r *http.Request, f *frame, v service.PlanView) (string, error) {
	if v.Project.Relation == casework.Received {
		decided, err := s.svc.Decisions(r.Context(), v.Project.ID)
		if fault.Is(err, fault.Forbidden) || err == nil && len(decided) == 0 {
			return "", nil
		}
		return f.t("subsidy.all"), err
	}
	list, err := s.svc.ProjectSubsidies(r.Context(), v.Project.ID)
	if fault.Is(err, fault.Forbidden) {
		return "", nil
	}
	if err != nil || len(list) == 1 {
		if err == nil {
			return list[0].Title.In(f.Lang), nil
		}
		return "", err
	}
	if len(list) == 0 {
		decided, err := s.svc.Decisions(r.Context(), v.Project.ID)
		if err != nil || len(decided) == 0 {
			return "", err
		}
	}
	return f.t("subsidy.all"), nil
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
		if how, ok := iv.Details["arrangement"]; ok {
			facts["arrangement"] = how
		}
		if n := iv.Duration(); n > 0 {
			facts["months_requested"] = int64(n)
		}
	}
	return facts
}

func (s *site) subsidyPage(r *http.Request, v subsidyAsk, t typed, complaints []fault.Field) (*subsidyPage, error) {
	title := s.say(r, "subsidy.all")
	if v.sub != nil {
		title = v.sub.Title.In(languageOf(r))
	}
	f := s.projectFrame(r, v.Project.Project, title)
	home := "/progetti/" + string(v.Project.ID)
	p := &subsidyPage{frame: f, Action: home + "/contributo", Back: home, MayKeep: v.Project.May(casework.Edit)}
	switch {
	case v.sub != nil:
		p.Code = v.sub.Code
		p.Fields, p.Errors = questions(p.frame, v.sub.Facts, t, complaints, p.Action)
		if len(v.all) > 1 {
			p.All = p.Action
			p.Crumbs = slices.Insert(p.Crumbs, len(p.Crumbs)-1, crumb{f.t("subsidy.all"), p.All})
		}
	case v.Project.Relation == casework.Received:
	case len(v.all) == 0:
		p.Down = &noticeView{Tone: "info", Text: f.t("subsidy.none")}
	default:
		for _, o := range v.all {
			choice := typeView{Title: o.Title.In(f.Lang), Href: p.Action + "?per=" + url.QueryEscape(o.Code)}
			if o.Stopped != "" {
				choice.Href, choice.Hint = "", f.t("subsidy."+o.Stopped)
			}
			p.Choices = append(p.Choices, choice)
		}
	}
	var err error
	p.Stored, err = s.decisionRows(r, &f, v.Project.ID)
	return p, err
}

// decisionRows lists the decisions of a project that the viewer may see: for the lead
// agency, those that came with the submission.
func (s *site) decisionRows(r *http.Request, f *frame, id casework.ProjectID) ([]decisionRow, error) {
	list, err := s.svc.Decisions(r.Context(), id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	all, err := s.svc.ProjectSubsidies(r.Context(), id)
	if err != nil {
		return nil, err
	}
	var out []decisionRow
	for _, d := range list {
		view := decisionViewOf(f, d)
		row := decisionRow{Subsidy: subsidyName(f, all, d.Subsidy), Href: "/progetti/" + string(id) + "/contributo/" + string(d.ID), When: view.When, Tag: tagView{f.t("subsidy.refused"), "bad"}, Result: f.t("subsidy.not_due")}
		if d.Eligible {
			row.Tag, row.Result = tagView{f.t("subsidy.granted"), "good"}, view.Monthly+" × "+view.Months
			if view.OneOff {
				row.Result = view.Total
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// subsidyName is the title of a subsidy; of one that is not active any more, what is known.
func subsidyName(f *frame, list []pluginhost.Subsidy, code string) string {
	for _, o := range list {
		if o.Code == code {
			return o.Title.In(f.Lang)
		}
	}
	if code == casework.SubsidyRent {
		return f.t("subsidy.title")
	}
	return code
}

func (s *site) decideSubsidy(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	t := typed(r.PostForm)
	v, err := s.openSubsidy(r, t.get("_per"))
	if err != nil {
		return err
	}
	sub := v.sub
	if sub == nil {
		if v.sub = v.taken(t.get("_per")); v.sub == nil {
			return fault.New(fault.Conflict, "subsidy_gone")
		}
		return s.againSubsidy(w, r, v, t, http.StatusConflict, nil, nil)
	}
	if _, pressed := t.reshape(); pressed {
		return s.againSubsidy(w, r, v, t, http.StatusOK, nil, nil)
	}
	values, complaints := answersTo(sub.Facts, t)
	if len(complaints) > 0 {
		return s.againSubsidy(w, r, v, t, http.StatusUnprocessableEntity, complaints, nil)
	}
	d, err := s.svc.DecideSubsidy(r.Context(), service.SubsidyRequest{Subsidy: sub.Code, Facts: values, Project: v.Project.ID, WhatIf: t.get("azione") != "decidi"})
	switch fields, ok := complaintsOf(err); {
	case ok:
		return s.againSubsidy(w, r, v, t, http.StatusUnprocessableEntity, under(fields, "facts/"), nil)
	case fault.Is(err, fault.Unavailable):
		s.log.Warn("a subsidy rule did not answer", "request_id", httpkit.RequestID(r.Context()), "error", err.Error())
		return s.againSubsidy(w, r, v, t, http.StatusServiceUnavailable, nil, err)
	case err != nil:
		return err
	case d.WhatIf:
		return s.showWhatIf(w, r, v, t, d)
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
func (s *site) againSubsidy(w http.ResponseWriter, r *http.Request, v subsidyAsk, t typed, status int, complaints []fault.Field, down error) error {
	p, err := s.subsidyPage(r, v, t, complaints)
	if err != nil {
		return err
	}
	if v.sub != nil && v.sub.Stopped != "" {
		p.Down = &noticeView{Tone: "bad", Text: p.t("subsidy." + v.sub.Stopped)}
	}
	if down != nil {
		p.Down = &noticeView{Tone: "bad", Title: p.t("subsidy.down"), Text: s.errorText(p.Lang, down)}
	}
	return s.render(w, status, p)
}

func (s *site) showWhatIf(w http.ResponseWriter, r *http.Request, v subsidyAsk, t typed, d casework.Decision) error {
	p, err := s.subsidyPage(r, v, t, nil)
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
	list, err := s.svc.ProjectSubsidies(r.Context(), v.ID)
	if err != nil {
		return err
	}
	p.Subsidy = subsidyName(&f, list, d.Subsidy)
	for _, sub := range list {
		if sub.Code == d.Subsidy {
			p.Facts = answers(f.Lang, s.texts, sub.Facts, d.Facts)
		}
	}
	return s.render(w, http.StatusOK, p)
}

func decisionViewOf(f *frame, d casework.Decision) decisionView {
	v := decisionView{Eligible: d.Eligible, OneOff: d.MonthlyCents == 0 && d.TotalCents > 0, Monthly: formatMoney(f.Lang, d.MonthlyCents), Months: f.t("months.count", "Count", d.Months),
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
