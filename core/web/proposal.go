// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// proposalView is what a plugin would add to the plan, above the form it was asked with.
type proposalView struct {
	Agency string
	sdk.Contribution
	// Action is where the button posts that takes the amount over; Cents and Total are it.
	Action, Total string
	Cents         int64
}

// useAmount is the button that takes a proposed amount over, findCourse the one that saves
// and looks for a course.
const (
	useAmount  = "_amount"
	findCourse = "_courses"
)

// proposeIntervention asks the plugin of a type what the intervention as typed would cost and
// when. Nothing is saved; the form comes back with everything typed, whatever the plugin does.
func (s *site) proposeIntervention(w http.ResponseWriter, r *http.Request) error {
	o, err := s.postedIntervention(r)
	if err != nil {
		return err
	}
	in, t := o.in, o.typ
	if t.Plugin == "" {
		return fault.Missing()
	}
	p, parts := s.interventionPage(r, o.view, t, o.key, o.base)
	if t.Inactive {
		p.Notice = &noticeView{Tone: "warn", Title: p.t("intervention.inactive"), Text: p.t("intervention.inactive_text")}
		return s.showProposal(w, r, p, parts, in, http.StatusConflict, nil)
	}
	if cents, err := strconv.ParseInt(in.get(useAmount), 10, 64); err == nil && cents >= 0 {
		in["amount_cents"] = []string{typedMoney(cents)}
		p.Notice = &noticeView{Tone: "info", Text: p.t("proposal.used", "Amount", formatMoney(p.Lang, cents))}
		return s.showProposal(w, r, p, parts, in, http.StatusOK, nil)
	}
	details, complaints := completeAnswers(parts[0], in)
	if len(complaints) > 0 {
		return s.showProposal(w, r, p, parts, in, http.StatusUnprocessableEntity, complaints)
	}
	got, err := s.svc.ProposeIntervention(r.Context(), service.ProposeRequest{Project: o.view.Project.ID, Type: t.Code, Details: details})
	switch fields, invalid := complaintsOf(err); {
	case invalid:
		return s.showProposal(w, r, p, parts, in, http.StatusUnprocessableEntity, fields)
	case fault.Is(err, fault.Unavailable):
		s.log.Warn("a plugin did not propose", "request_id", httpkit.RequestID(r.Context()), "error", err.Error())
		p.Notice = &noticeView{Tone: "warn", Title: p.t("proposal.down"), Text: p.t("proposal.down_text")}
		return s.showProposal(w, r, p, parts, in, http.StatusServiceUnavailable, nil)
	case err != nil:
		return err
	}
	for _, d := range got.Remarks {
		if d.Advice {
			got.Contribution.Diagnostics = append(got.Contribution.Diagnostics, d)
		}
	}
	p.Proposal = &proposalView{Agency: got.Agency, Contribution: got.Contribution, Action: p.Propose, Cents: got.TotalCents, Total: formatMoney(p.Lang, got.TotalCents)}
	return s.showProposal(w, r, p, parts, in, http.StatusOK, remarks(got.Remarks, parts[0].prefix))
}

// completeAnswers reads a part that must be complete, and all that is wrong with it.
func completeAnswers(p part, t typed) (values map[string]any, complaints []fault.Field) {
	values, complaints = decode(p.form, p.prefix, t)
	for _, c := range p.form.Validate(values, form.Complete) {
		complaints = append(complaints, fault.Field{Path: c.Path, Code: c.Code, Params: c.Params})
	}
	complaints = firstOfEach(complaints)
	for i := range complaints {
		complaints[i].Path = p.prefix + complaints[i].Path
	}
	return values, complaints
}

func (s *site) showProposal(w http.ResponseWriter, r *http.Request, p *formPage, parts []part, in typed, status int, complaints []fault.Field) error {
	p.show(parts, in, complaints, "")
	p.Forget = in.get(forget) != ""
	if p.finds {
		offerCourses(p)
	}
	return s.render(w, status, p)
}

// remarks are what a plugin has against an intervention, at their fields; advice stands with
// the proposal instead.
func remarks(list []sdk.Diagnostic, prefix string) []fault.Field {
	out := make([]fault.Field, 0, len(list))
	for _, d := range list {
		if d.Advice {
			continue
		}
		out = append(out, fault.At(prefix+d.Path, "plugin_remark", "it", d.Text.IT, "en", d.Text.EN))
	}
	return firstOfEach(out)
}

// typeOf finds the type of an intervention of the plan or, for a new one, the type that was
// asked for: one that can be added, or could until it was taken away.
func typeOf(v service.PlanView, key, asked string) (casework.InterventionType, bool) {
	if key == "" {
		t, ok := v.Types.Find(asked)
		return t, ok && (!t.Inactive || t.Had)
	}
	old, ok := v.Plan.Intervention(key)
	if !ok {
		return casework.InterventionType{}, false
	}
	return v.Types.Find(old.Type)
}

// offerCourses puts the button beside each question about a course that saves the form and
// leads to the catalogs.
func offerCourses(p *formPage) {
	for i := range p.Groups {
		for j := range p.Groups[i].Fields {
			if v := &p.Groups[i].Fields[j]; v.Shape == "input" && v.Base != "" {
				v.Find = true
			}
		}
	}
}

// courseAreas are the areas to begin a search in, by the type of the intervention.
var courseAreas = map[string]string{casework.TypeItalian: "language", casework.TypeVocational: "vocational", casework.TypeLicence: "licence"}

// courseSearch is where a course for a question of an intervention is looked for.
func courseSearch(project casework.ProjectID, iv casework.Intervention, field string) string {
	q := url.Values{"progetto": {string(project)}, "intervento": {iv.Key}, "campo": {field}, "open": {"1"}}
	if area := courseAreas[iv.Type]; area != "" {
		q.Set("area", area)
	}
	return "/corsi?" + q.Encode()
}

// chooseCourse puts an edition into an intervention's question, as the plan was when the
// edition was looked at.
func (s *site) chooseCourse(w http.ResponseWriter, r *http.Request) error {
	o, err := s.postedIntervention(r)
	if err != nil {
		return err
	}
	field, is := o.typ.Form.Field(o.in.get("campo"))
	if o.key == "" || !is || field.Kind != form.KindCourse {
		return fault.Missing()
	}
	e, err := s.svc.Course(r.Context(), o.in.get("catalog"), o.in.get("edition"))
	if err != nil {
		return err
	}
	d, err := s.draftOf(r, o, func(iv *casework.Intervention) error {
		iv.Details = withCourse(o.typ.Form, iv.Details, field.Name, e, languageOf(r))
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := s.svc.SaveSection(r.Context(), o.view.Project.ID, d.base, casework.SectionInterventions, d.plan); err != nil {
		return err
	}
	s.sessions.Notify(r.Context(), "courses.chosen")
	http.Redirect(w, r, "/progetti/"+string(o.view.Project.ID)+"/interventi/"+o.key, http.StatusSeeOther)
	return nil
}

// withCourse answers the question about a course, and the provider and the hours where those
// are asked for and not answered yet.
func withCourse(f form.Form, details map[string]any, name string, e casework.Edition, lang string) map[string]any {
	out := map[string]any{}
	for k, v := range details {
		out[k] = v
	}
	out[name] = map[string]any{"title": e.Title.In(lang), "catalog": e.Catalog, "edition": e.ID}
	for other, v := range map[string]any{"provider": e.Provider, "hours": int64(e.Hours)} {
		field, asked := f.Field(other)
		if _, answered := out[other]; !asked || answered || field.Kind != map[string]form.Kind{"provider": form.KindText, "hours": form.KindInteger}[other] {
			continue
		}
		out[other] = v
	}
	return out
}
