// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

// interventionParts are the two forms of one intervention: what all have, and its type's own.
func (s *site) interventionParts(f *frame, t casework.InterventionType) []part {
	return []part{
		{title: f.t("intervention.details"), prefix: "details/", form: t.Form},
		{title: f.t("intervention.common"), form: interventionForm(s.texts)},
	}
}

func (s *site) interventionPage(r *http.Request, v service.PlanView, t casework.InterventionType, key string, base int64) (*formPage, []part) {
	title := t.Label.In(languageOf(r))
	f := s.projectFrame(r, v.Project.Project, title)
	list := "/progetti/" + string(v.Project.ID) + "/sezioni/interventions"
	p := &formPage{frame: f, Lead: t.Hint.In(f.Lang), Submit: f.t("form.save"), Back: list,
		Hidden: []hiddenInput{{"_base", strconv.FormatInt(base, 10)}}, finds: s.offers(r).Courses(v.Project.Tenant)}
	if key == "" {
		p.Action = "/progetti/" + string(v.Project.ID) + "/interventi/nuovo"
		p.Hidden = append(p.Hidden, hiddenInput{"_type", t.Code})
	} else {
		p.Action = "/progetti/" + string(v.Project.ID) + "/interventi/" + key
		p.Remove = p.Action + "/togli"
	}
	p.Crumbs = slices.Insert(p.Crumbs, len(p.Crumbs)-1, crumb{f.t("section.interventions"), list})
	if !v.Saved.At.IsZero() {
		p.Saved = f.t("form.saved_at", "When", savedText(&f, v.Saved))
	}
	if t.Plugin != "" && !t.Inactive {
		p.Propose = p.Action + "/proposta"
	}
	return p, s.interventionParts(&f, t)
}

// showEditor fills the questions in, with the way to the catalogs where there are any.
func (s *site) showEditor(w http.ResponseWriter, r *http.Request, p *formPage, parts []part, t typed) error {
	p.show(parts, t, nil, "")
	if p.finds {
		offerCourses(p)
	}
	return s.render(w, http.StatusOK, p)
}

func (s *site) showNewIntervention(w http.ResponseWriter, r *http.Request) error {
	v, err := s.openPlan(r)
	if err != nil {
		return err
	}
	t, ok := v.Types.Offered().Find(r.URL.Query().Get("tipo"))
	if !ok {
		return fault.Missing()
	}
	p, parts := s.interventionPage(r, v, t, "", v.Project.Revision)
	return s.showEditor(w, r, p, parts, typed{})
}

func (s *site) showIntervention(w http.ResponseWriter, r *http.Request) error {
	v, err := s.openPlan(r)
	if err != nil {
		return err
	}
	iv, ok := v.Plan.Intervention(chi.URLParam(r, "key"))
	if !ok {
		return fault.Missing()
	}
	if inactive(v.Types, iv.Type) {
		return s.showInactive(w, r, v, iv)
	}
	t, _ := v.Types.Find(iv.Type)
	p, parts := s.interventionPage(r, v, t, iv.Key, v.Project.Revision)
	return s.showEditor(w, r, p, parts, interventionTyped(parts, iv))
}

// inactivePage reads an intervention whose type cannot be used any more.
type inactivePage struct {
	frame
	Item         planItem
	Remove, Back string
}

func (*inactivePage) template() string { return "intervention-inactive" }

func (s *site) showInactive(w http.ResponseWriter, r *http.Request, v service.PlanView, iv casework.Intervention) error {
	t, _ := v.Types.Find(iv.Type)
	p, _ := s.interventionPage(r, v, t, iv.Key, v.Project.Revision)
	out := &inactivePage{frame: p.frame, Item: s.planItem(&p.frame, iv, v.Types), Remove: p.Remove, Back: p.Back}
	if out.Title, out.Heading = p.Title, p.Heading; out.Heading == "" {
		out.Title, out.Heading = iv.Type+" – "+v.Project.Code, iv.Type
	}
	return s.render(w, http.StatusOK, out)
}

// interventionTyped is what the inputs show of an intervention.
func interventionTyped(parts []part, iv casework.Intervention) typed {
	values := asValues(iv)
	if iv.Months == 0 {
		delete(values, "months")
	}
	out := encode(parts[1].form, "", values)
	for k, v := range encode(parts[0].form, parts[0].prefix, iv.Details) {
		out[k] = v
	}
	return out
}

func (s *site) saveIntervention(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	v, err := s.openPlan(r)
	if err != nil {
		return err
	}
	in := typed(r.PostForm)
	key := chi.URLParam(r, "key")
	base, err := baseOf(in)
	if err != nil {
		return err
	}
	t, ok := typeOf(v, key, in.get("_type"))
	if !ok {
		return fault.Missing()
	}
	if base, err = s.freshBase(r, v, key, base); err != nil {
		return err
	}
	p, parts := s.interventionPage(r, v, t, key, base)
	saved := casework.Intervention{Key: key, Type: t.Code}
	return s.saveEditor(w, r, editor{page: p, parts: parts, typed: in, project: v, section: casework.SectionInterventions, base: base,
		plan: func(values []map[string]any) (casework.Plan, string, error) {
			plan, prefix, err := s.planWith(r, v, base, key, t, values)
			if n := len(plan.Interventions); key == "" && n > 0 {
				saved.Key = plan.Interventions[n-1].Key
			}
			return plan, prefix, err
		},
		next: func() string {
			if field, ok := strings.CutPrefix(in.get(findCourse), parts[0].prefix); ok {
				return courseSearch(v.Project.ID, saved, field)
			}
			return p.Back
		},
		theirs: func(plan casework.Plan) typed {
			other, _ := plan.Intervention(key)
			return interventionTyped(parts, other)
		},
	})
}

// freshBase moves the base up to now where nobody touched this very intervention since: two
// people working on two interventions are not in each other's way. A new one is in nobody's.
func (s *site) freshBase(r *http.Request, v service.PlanView, key string, base int64) (int64, error) {
	if key == "" || base == v.Project.Revision {
		return v.Project.Revision, nil
	}
	then, err := s.svc.PlanAt(r.Context(), v.Project.ID, base)
	if err != nil {
		return base, err
	}
	before, had := then.Plan.Normal().Intervention(key)
	now, has := v.Plan.Intervention(key)
	if had && has && then.Version == v.Project.Version && reflect.DeepEqual(asValues(before), asValues(now)) {
		return v.Project.Revision, nil
	}
	return base, nil
}

// planWith is the plan as it was when the editor was opened, with one intervention put in.
// prefix is the path of that intervention in it.
func (s *site) planWith(r *http.Request, v service.PlanView, base int64, key string, t casework.InterventionType, values []map[string]any) (casework.Plan, string, error) {
	then, err := s.svc.PlanAt(r.Context(), v.Project.ID, base)
	if err != nil {
		return casework.Plan{}, "", err
	}
	plan := then.Plan.Normal()
	iv := casework.Intervention{Key: key, Type: t.Code}
	if err := fromValues(values[1], &iv); err != nil {
		return plan, "", err
	}
	iv.Details = values[0]
	at := slices.IndexFunc(plan.Interventions, func(o casework.Intervention) bool { return o.Key == key })
	if at < 0 {
		if iv.Key == "" {
			iv.Key = freeKey(plan, t.Code)
		}
		at = len(plan.Interventions)
		plan.Interventions = append(plan.Interventions, iv)
	} else {
		plan.Interventions[at] = iv
	}
	return plan, "interventions/" + strconv.Itoa(at) + "/", nil
}

// freeKey names a new intervention after its type: "housing", "housing-2".
func freeKey(plan casework.Plan, code string) string {
	base := strings.ReplaceAll(code, "_", "-")
	for n := 1; ; n++ {
		key := base
		if n > 1 {
			key += "-" + strconv.Itoa(n)
		}
		if _, taken := plan.Intervention(key); !taken && key != "nuovo" {
			return key
		}
	}
}

// removePage asks before an intervention is taken out of the plan.
type removePage struct {
	frame
	What, Action, Back string
	Base               int64
}

func (*removePage) template() string { return "remove" }

func (s *site) showRemoveIntervention(w http.ResponseWriter, r *http.Request) error {
	v, err := s.openPlan(r)
	if err != nil {
		return err
	}
	iv, ok := v.Plan.Intervention(chi.URLParam(r, "key"))
	if !ok {
		return fault.Missing()
	}
	f := s.projectFrame(r, v.Project.Project, s.say(r, "intervention.remove"))
	home := "/progetti/" + string(v.Project.ID) + "/interventi/" + iv.Key
	p := &removePage{frame: f, What: s.interventionRow(&f, iv, v.Types).Title, Action: home + "/togli", Back: home, Base: v.Project.Revision}
	return s.render(w, http.StatusOK, p)
}

func (s *site) removeIntervention(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	v, err := s.openPlan(r)
	if err != nil {
		return err
	}
	base, err := baseOf(typed(r.PostForm))
	if err != nil {
		return err
	}
	then, err := s.svc.PlanAt(r.Context(), v.Project.ID, base)
	if err != nil {
		return err
	}
	key := chi.URLParam(r, "key")
	plan := then.Plan.Normal()
	plan.Interventions = slices.DeleteFunc(slices.Clone(plan.Interventions), func(o casework.Intervention) bool { return o.Key == key })
	if _, err := s.svc.SaveSection(r.Context(), v.Project.ID, base, casework.SectionInterventions, plan); err != nil {
		return err
	}
	s.sessions.Notify(r.Context(), "intervention.removed")
	http.Redirect(w, r, "/progetti/"+string(v.Project.ID)+"/sezioni/interventions", http.StatusSeeOther)
	return nil
}

// livePage lists the interventions of a project that has begun.
type livePage struct {
	frame
	Items []planItem
	Back  string
}

func (*livePage) template() string { return "live" }

func (s *site) showInterventions(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Plan(r.Context(), projectID(r)) // with the types that are inactive by now
	if err != nil {
		return err
	}
	list, err := s.svc.Interventions(r.Context(), v.Project.ID)
	if err != nil {
		return err
	}
	f := s.projectFrame(r, v.Project.Project, s.say(r, "live.title"))
	p := &livePage{frame: f, Back: "/progetti/" + string(v.Project.ID)}
	for _, iv := range list {
		p.Items = append(p.Items, s.planItem(&f, iv.Intervention, v.Types))
	}
	return s.render(w, http.StatusOK, p)
}
