// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// interventionsPage lists the interventions of a plan in the works, and offers the types.
type interventionsPage struct {
	frame
	ID      string
	Items   []interventionRow
	Types   []typeView
	Total   string
	Housing string
	Remarks []string
	Saved   string
}

func (*interventionsPage) template() string { return "interventions" }

type interventionRow struct {
	Title, Href, When, Amount string
	Status                    tagView
}

type typeView struct{ Title, Hint, Href string }

// openPlan loads a plan that the viewer is about to edit. It refuses where the state or
// the viewer's role forbids it.
func (s *site) openPlan(r *http.Request) (service.PlanView, error) {
	v, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return v, err
	}
	if v.Project.May(casework.Edit) {
		return v, nil
	}
	if _, err := v.Project.State.Next(casework.Edit); err != nil {
		return v, err
	}
	return v, fault.New(fault.Forbidden, "not_allowed")
}

func sectionParam(r *http.Request) (casework.Section, error) {
	name := chi.URLParam(r, "section")
	if !slices.Contains(casework.Sections(), casework.Section(name)) {
		return "", fault.Missing()
	}
	return casework.Section(name), nil
}

func (s *site) showSection(w http.ResponseWriter, r *http.Request) error {
	v, err := s.openPlan(r)
	if err != nil {
		return err
	}
	sec, err := sectionParam(r)
	if err != nil {
		return err
	}
	if sec == casework.SectionInterventions {
		return s.showPlanInterventions(w, r, v)
	}
	p, parts, err := s.sectionPage(r, v, sec, v.Project.Revision)
	if err != nil {
		return err
	}
	p.show(parts, encode(parts[0].form, "", asValues(v.Plan)), nil, "")
	quietRows(p)
	return s.render(w, http.StatusOK, p)
}

// sectionPage begins the editor of a section that was read at revision base.
func (s *site) sectionPage(r *http.Request, v service.PlanView, sec casework.Section, base int64) (*formPage, []part, error) {
	f := s.projectFrame(r, v.Project.Project, s.say(r, "section."+string(sec)))
	home := "/progetti/" + string(v.Project.ID)
	p := &formPage{frame: f, Lead: f.t("section_hint." + string(sec)), Action: home + "/sezioni/" + string(sec), Submit: f.t("form.save"), Back: home,
		Hidden: []hiddenInput{{"_base", strconv.FormatInt(base, 10)}}, Remarks: remarksOn(sec, v.Comments)}
	if !v.Saved.At.IsZero() {
		p.Saved = f.t("form.saved_at", "When", savedText(&f, v.Saved))
	}
	if len(v.Signatures) > 0 {
		p.Notice = &noticeView{Tone: "warn", Text: f.t("section.voids")}
	}
	staff, err := s.staff(r.Context(), &f, v)
	return p, []part{{form: sectionForm(sec, s.texts, staff)}}, err
}

// quietRows keeps the heading from being said twice: the page's own is enough.
func quietRows(p *formPage) {
	for i := range p.Groups {
		for j := range p.Groups[i].Fields {
			p.Groups[i].Fields[j].Quiet = true
		}
	}
}

func (s *site) saveSection(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	v, err := s.openPlan(r)
	if err != nil {
		return err
	}
	sec, err := sectionParam(r)
	if err != nil || sec == casework.SectionInterventions {
		return fault.Missing()
	}
	t := typed(r.PostForm)
	base, err := baseOf(t)
	if err != nil {
		return err
	}
	p, parts, err := s.sectionPage(r, v, sec, base)
	if err != nil {
		return err
	}
	return s.saveEditor(w, r, editor{page: p, parts: parts, typed: t, project: v, section: sec,
		plan: func(values []map[string]any) (draft, error) {
			d := draft{base: base}
			return d, fromValues(values[0], &d.plan)
		},
		theirs: func(plan casework.Plan) typed { return encode(parts[0].form, "", asValues(plan)) },
	})
}

// editor is one posted editor of a part of a plan.
type editor struct {
	page    *formPage
	parts   []part
	typed   typed
	project service.PlanView
	section casework.Section
	// plan puts what was read into a plan.
	plan func(values []map[string]any) (draft, error)
	// next is where to go once it is saved; nil leads back.
	next func() string
	// theirs is what the same inputs would show of another plan.
	theirs func(casework.Plan) typed
}

// draft is a plan that is to be saved.
type draft struct {
	plan casework.Plan
	// base is the revision that it was read at.
	base int64
	// prefix is where complaints about what the page edits begin.
	prefix string
	// key names the intervention that is edited; empty for the other sections.
	key string
}

// saveEditor does what the pressed button asks for: change the rows, show the editor again,
// or save. Whatever goes wrong, the page comes back with everything typed.
func (s *site) saveEditor(w http.ResponseWriter, r *http.Request, e editor) error {
	if focus, pressed := e.typed.reshape(); pressed {
		return s.showAgain(w, e, http.StatusOK, nil, focus)
	}
	if e.typed.get("_choice") == "edit" {
		return s.showAgain(w, e, http.StatusOK, nil, "")
	}
	values, complaints := read(e.parts, e.typed)
	d, err := e.plan(values)
	if err != nil {
		return err
	}
	if len(complaints) > 0 { // with all else that is wrong
		complaints = firstOfEach(append(complaints, under(e.project.Complaints(d.plan), d.prefix)...))
		return s.showAgain(w, e, http.StatusUnprocessableEntity, complaints, "")
	}
	saved, err := s.svc.SaveSection(r.Context(), e.project.Project.ID, d.base, e.section, d.plan)
	switch fields, ok := complaintsOf(err); {
	case err == nil:
		said := "form.saved"
		if saved.Unchecked {
			said = "form.saved_unchecked"
		}
		s.sessions.Notify(r.Context(), said)
		to := e.page.Back
		if e.next != nil {
			to = e.next()
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	case ok:
		return s.showAgain(w, e, http.StatusUnprocessableEntity, under(fields, d.prefix), "")
	case fault.Is(err, fault.Stale):
		return s.showConflict(w, e)
	}
	return err
}

func (s *site) showAgain(w http.ResponseWriter, e editor, status int, complaints []fault.Field, focus string) error {
	e.page.show(e.parts, e.typed, complaints, focus)
	e.page.Forget = e.typed.get(forget) != ""
	quietRows(e.page)
	if e.page.finds {
		offerCourses(e.page)
	}
	return s.render(w, status, e.page)
}

func (s *site) showPlanInterventions(w http.ResponseWriter, r *http.Request, v service.PlanView) error {
	f := s.projectFrame(r, v.Project.Project, s.say(r, "section.interventions"))
	home := "/progetti/" + string(v.Project.ID)
	p := &interventionsPage{frame: f, ID: string(v.Project.ID), Total: formatMoney(f.Lang, v.Plan.TotalCents()), Remarks: remarksOn(casework.SectionInterventions, v.Comments),
		Housing: f.t("project.housing_used", "Used", v.HousingBefore+v.HousingMonths, "Limit", v.Parameters.HousingMonths)}
	if !v.Saved.At.IsZero() {
		p.Saved = f.t("form.saved_at", "When", savedText(&f, v.Saved))
	}
	for i, iv := range v.Plan.Interventions {
		row := s.interventionRow(&f, iv, v.Types)
		row.Href = home + "/interventi/" + iv.Key
		row.Status = tagView{f.t("status.done"), "plain"}
		if slices.ContainsFunc(v.Missing, func(m fault.Field) bool { return within(m.Path, "interventions/"+strconv.Itoa(i)) }) {
			row.Status = tagView{f.t("status.to_finish"), "info"}
		}
		if inactive(v.Types, iv.Type) {
			row.Status = tagView{f.t("intervention.inactive"), "warn"}
		}
		p.Items = append(p.Items, row)
	}
	for _, t := range v.Types.Offered() {
		p.Types = append(p.Types, typeView{Title: t.Label.In(f.Lang), Hint: t.Hint.In(f.Lang), Href: home + "/interventi/nuovo?tipo=" + t.Code})
	}
	return s.render(w, http.StatusOK, p)
}

// inactive reports whether a type cannot be used any more: its plugin was suspended, or taken
// away from the entity.
func inactive(types casework.Types, code string) bool {
	t, known := types.Find(code)
	return !known || t.Inactive
}

// within reports whether a path is at or below another.
func within(path, at string) bool {
	return path == at || (len(path) > len(at) && path[:len(at)] == at && path[len(at)] == '/')
}

func (s *site) interventionRow(f *frame, v casework.Intervention, types casework.Types) interventionRow {
	row := interventionRow{Title: v.Type, Amount: formatMoney(f.Lang, v.AmountCents), When: formatDate(f.Lang, v.StartsOn)}
	if t, ok := types.Find(v.Type); ok {
		row.Title = t.Label.In(f.Lang)
	}
	if n := v.Duration(); n > 0 {
		row.When += ", " + f.t("months.count", "Count", n)
	}
	return row
}
