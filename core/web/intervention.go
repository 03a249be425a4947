// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
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
	if iv, ok := v.Plan.Intervention(key); ok {
		p.Kept = keptRows(f.Lang, s.texts, t, iv.For(t).Kept)
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
	return s.showEditor(w, r, p, parts, interventionTyped(parts, iv.For(t)))
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

// postedIntervention is what one of an intervention's forms was posted with.
type postedIntervention struct {
	view service.PlanView
	in   typed
	// key is empty for a new intervention; base is the revision that the form was made at.
	key  string
	base int64
	typ  casework.InterventionType
}

// postedIntervention reads the form of an intervention that is to be changed or, where the
// address names none, put in.
func (s *site) postedIntervention(r *http.Request) (o postedIntervention, err error) {
	if err = httpkit.ParseForm(r); err != nil {
		return o, err
	}
	if o.view, err = s.openPlan(r); err != nil {
		return o, err
	}
	o.in, o.key = typed(r.PostForm), chi.URLParam(r, "key")
	if o.base, err = baseOf(o.in); err != nil {
		return o, err
	}
	var ok bool
	if o.typ, ok = typeOf(o.view, o.key, o.in.get("_type")); !ok {
		return o, fault.Missing()
	}
	return o, nil
}

func (s *site) saveIntervention(w http.ResponseWriter, r *http.Request) error {
	o, err := s.postedIntervention(r)
	if err != nil {
		return err
	}
	p, parts := s.interventionPage(r, o.view, o.typ, o.key, o.base)
	saved := casework.Intervention{Type: o.typ.Code}
	return s.saveEditor(w, r, editor{page: p, parts: parts, typed: o.in, project: o.view, section: casework.SectionInterventions,
		plan: func(values []map[string]any) (draft, error) {
			d, err := s.draftOf(r, o, func(iv *casework.Intervention) error {
				posted := casework.Intervention{Key: iv.Key, Type: iv.Type, Details: values[0], Kept: iv.Kept}
				if o.in.get(forget) != "" {
					posted.Kept = map[string]any{}
				}
				*iv = posted
				return fromValues(values[1], iv)
			})
			saved.Key = d.key
			return d, err
		},
		next: func() string {
			if field, ok := strings.CutPrefix(o.in.get(findCourse), parts[0].prefix); ok {
				return courseSearch(o.view.Project.ID, saved, field)
			}
			return p.Back
		},
		theirs: func(plan casework.Plan) typed {
			other, _ := plan.Intervention(o.key)
			return interventionTyped(parts, other.For(o.typ))
		},
	})
}

// draftOf is the plan with one intervention changed, or put in: as it was when the form was
// made or, where that is in nobody's way, as it is now. Two people who work on two
// interventions are not in each other's way, nor is a form that is sent twice in its own.
func (s *site) draftOf(r *http.Request, o postedIntervention, change func(*casework.Intervention) error) (draft, error) {
	now, then := o.view.Plan, o.view.Plan
	sameVersion := true
	if o.base != o.view.Project.Revision {
		was, err := s.svc.PlanAt(r.Context(), o.view.Project.ID, o.base)
		if err != nil {
			return draft{}, err
		}
		then, sameVersion = was.Plan.Normal(), was.Version == o.view.Project.Version
	}
	before, had := then.Intervention(o.key)
	iv := before.For(o.typ)
	iv.Key, iv.Type = o.key, o.typ.Code
	if iv.Kept == nil {
		iv.Kept = map[string]any{} // what the page did not show as kept is not
	}
	if err := change(&iv); err != nil {
		return draft{}, err
	}
	if o.key == "" {
		return newDraft(then, now, iv, o), nil
	}
	d := draft{plan: then, base: o.base, key: o.key}
	stored, has := now.Intervention(o.key)
	untouched := had && sameVersion && before.For(o.typ).SameContent(stored.For(o.typ))
	if has && (untouched || stored.For(o.typ).SameContent(iv)) {
		d.plan, d.base = now, o.view.Project.Revision
	}
	return d.with(iv), nil
}

// newDraft puts a new intervention into the plan as it is now: it is in nobody's way. One that
// came since the form was made and says the same is that very one, sent twice.
func newDraft(then, now casework.Plan, iv casework.Intervention, o postedIntervention) draft {
	d := draft{plan: now, base: o.view.Project.Revision}
	for i, other := range now.Interventions {
		if _, had := then.Intervention(other.Key); !had && other.Type == iv.Type && other.For(o.typ).SameContent(iv) {
			d.key, d.prefix = other.Key, "interventions/"+strconv.Itoa(i)+"/"
			return d
		}
	}
	iv.Key = freeKey(now, iv.Type)
	return d.with(iv)
}

// with puts an intervention into the plan: in the place of the one with its key, or behind all.
func (d draft) with(iv casework.Intervention) draft {
	list := slices.Clone(d.plan.Interventions)
	at := slices.IndexFunc(list, func(o casework.Intervention) bool { return o.Key == iv.Key })
	if at < 0 {
		at, list = len(list), append(list, iv)
	} else {
		list[at] = iv
	}
	d.plan.Interventions, d.key, d.prefix = list, iv.Key, "interventions/"+strconv.Itoa(at)+"/"
	return d
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

// removeIntervention takes an intervention out. One that is out already, sent twice or by
// somebody else meanwhile, is no error.
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
	before, had := then.Plan.Normal().Intervention(key)
	now, has := v.Plan.Intervention(key)
	plan := then.Plan.Normal()
	switch {
	case !had && !has:
		return fault.Missing()
	case !has, had && then.Version == v.Project.Version && before.SameContent(now):
		plan, base = v.Plan, v.Project.Revision
	}
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
