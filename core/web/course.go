// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// coursesPage searches the catalogs that partner agencies publish.
type coursesPage struct {
	frame
	// For is what a course is looked for; nil where somebody only looks.
	For     *courseFor
	Filters []fieldView
	// Open leaves out what nobody can be enrolled in.
	Open   bool
	Hidden []hiddenInput
	Found  string
	Items  []editionRow
	Empty  emptyState
	Pager  pager
}

func (*coursesPage) template() string { return "courses" }

// editionRow is an edition in a list.
type editionRow struct {
	Title, Href, Level string
	// When is when and where it is held, What the rest in a line.
	When, What string
	Seats      tagView
}

// courseFor is what a course is looked for: a project, and perhaps an intervention of its plan.
// It travels in the addresses: codes of cases, never of people.
type courseFor struct {
	Project      casework.ProjectID
	Code         string
	Intervention string
	// Field is the intervention's question that the course answers; empty to enrol only.
	Field string
	// What names the intervention; Back leads to where the search came from.
	What, Back string
}

// Query is what keeps the purpose in an address.
func (c *courseFor) Query() url.Values {
	q := url.Values{}
	if c == nil {
		return q
	}
	for name, v := range map[string]string{"progetto": string(c.Project), "intervento": c.Intervention, "campo": c.Field} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return q
}

// at is an address with the purpose in it.
func (c *courseFor) at(path string) string {
	if q := c.Query(); len(q) > 0 {
		return path + "?" + q.Encode()
	}
	return path
}

// purpose reads for what a course is looked for, with the plan it is for; nil where the address
// does not say. NotFound where project, intervention or question are not there.
func (s *site) purpose(r *http.Request, q url.Values) (*courseFor, *service.PlanView, error) {
	id := casework.ProjectID(q.Get("progetto"))
	if id == "" {
		return nil, nil, nil
	}
	v, err := s.svc.Plan(r.Context(), id)
	if err != nil {
		return nil, nil, err
	}
	c := &courseFor{Project: v.Project.ID, Code: v.Project.Code, Intervention: q.Get("intervento"), Field: q.Get("campo"), Back: "/progetti/" + string(v.Project.ID)}
	if c.Intervention == "" {
		c.Field = ""
		return c, &v, nil
	}
	iv, ok := v.Plan.Intervention(c.Intervention)
	if !ok {
		return nil, nil, fault.Missing()
	}
	t, _ := v.Types.Find(iv.Type)
	if field, is := t.Form.Field(c.Field); c.Field != "" && (!is || field.Kind != form.KindCourse) {
		return nil, nil, fault.Missing()
	}
	c.What = iv.Type
	if t.Code != "" {
		c.What = t.Label.In(languageOf(r))
	}
	if c.Field != "" {
		c.Back += "/interventi/" + c.Intervention
	}
	return c, &v, nil
}

// courseForm asks what to look for.
func courseForm(texts *Texts, places []string) form.Form {
	both := func(key string) form.Text { return form.Text{IT: texts.T("it", key), EN: texts.T("en", key)} }
	place := form.Field{Name: "municipality", Kind: form.KindChoice, Class: form.ClassNetwork, Label: both("courses.place")}
	for _, p := range places {
		place.Options = append(place.Options, form.Option{Value: p, Label: tx(p, p)})
	}
	area := form.Field{Name: "area", Kind: form.KindChoice, Class: form.ClassNetwork, Label: both("courses.area")}
	for _, a := range casework.Areas() {
		area.Options = append(area.Options, form.Option{Value: a, Label: both("course_area." + a)})
	}
	return form.Form{Fields: []form.Field{
		{Name: "text", Kind: form.KindText, Class: form.ClassNetwork, Label: both("courses.words")}, place, area,
		{Name: "from", Kind: form.KindDate, Class: form.ClassNetwork, Label: both("courses.from")},
		{Name: "to", Kind: form.KindDate, Class: form.ClassNetwork, Label: both("courses.to")},
	}}
}

// courseFilter reads what is looked for out of an address.
func courseFilter(q url.Values) (service.CourseFilter, []fault.Field) {
	day := func(name string) casework.Date {
		d, _ := parseDate(q.Get(name))
		return casework.Date(d)
	}
	f := service.CourseFilter{Text: q.Get("text"), Municipality: q.Get("municipality"), Area: q.Get("area"), From: day("from"), To: day("to"), Open: q.Get("open") != ""}
	var complaints []fault.Field
	for _, name := range []string{"from", "to"} {
		if strings.TrimSpace(q.Get(name)) != "" && day(name) == "" {
			complaints = append(complaints, fault.At(name, "bad_date"))
		}
	}
	return f, complaints
}

func (s *site) showCourses(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	purpose, _, err := s.purpose(r, q)
	if err != nil {
		return err
	}
	filter, complaints := courseFilter(q)
	list, err := s.svc.Courses(r.Context(), filter, service.PageRequest{Cursor: q.Get("da")})
	status := http.StatusOK
	if fields, ok := complaintsOf(err); ok {
		if complaints = firstOfEach(append(complaints, fields...)); complaints[0].Path == "cursor" {
			return err
		}
		list, err = s.svc.Courses(r.Context(), service.CourseFilter{}, service.PageRequest{Limit: 1}) // for the places
		list.Items, list.Total, list.Next = nil, 0, ""
	}
	if err != nil {
		return err
	}
	if len(list.Catalogs) == 0 {
		return fault.Missing() // nothing of it is to be seen where no catalog is active
	}
	f := s.frame(r)
	p := &coursesPage{frame: f.titled(f.t("courses.title"), "courses"), For: purpose, Open: filter.Open}
	if len(complaints) > 0 {
		status, list.Items = http.StatusUnprocessableEntity, nil
	}
	for name, v := range purpose.Query() {
		p.Hidden = append(p.Hidden, hiddenInput{name, v[0]})
	}
	p.Filters = asFilters(newFormView(p.frame, typed(q), complaints).fields(courseForm(s.texts, list.Places), ""))
	p.Errors = p.summary(complaints, p.Filters...)
	for _, e := range list.Items {
		p.Items = append(p.Items, s.editionRow(&f, e, purpose))
	}
	p.Pager, p.Found = pagerOf(r, list.Next), f.t("editions.found", "Count", list.Total)
	p.Empty = emptyState{Text: f.t("courses.none"), Action: f.t("courses.again"), Href: purpose.at("/corsi")}
	return s.render(w, status, p)
}

func (s *site) editionRow(f *frame, e casework.Edition, purpose *courseFor) editionRow {
	row := editionRow{Title: e.Title.In(f.Lang), Level: e.Level, Href: purpose.at(editionPath(e)), Seats: s.seats(f, e),
		When: editionWhen(f, e)}
	what := []string{e.Provider, f.t("editions.hours", "Count", e.Hours), costText(f, e)}
	if e.Childcare {
		what = append(what, f.t("editions.childcare"))
	}
	row.What = strings.Join(what, " · ")
	return row
}

func editionPath(e casework.Edition) string {
	return "/corsi/" + url.PathEscape(e.Catalog) + "/" + url.PathEscape(e.ID)
}

func costText(f *frame, e casework.Edition) string {
	if e.CostCents == 0 {
		return f.t("editions.free")
	}
	return formatMoney(f.Lang, e.CostCents)
}

// seats says in a word whether somebody can still be enrolled.
func (s *site) seats(f *frame, e casework.Edition) tagView {
	switch {
	case e.Withdrawn:
		return tagView{f.t("courses.withdrawn"), "bad"}
	case s.today() > e.LastDay():
		return tagView{f.t("courses.over"), "neutral"}
	case e.Left() == 0:
		return tagView{f.t("courses.full"), "neutral"}
	case e.Left() <= 2:
		return tagView{f.t("courses.seats_left", "Count", e.Left()), "warn"}
	}
	return tagView{f.t("courses.seats_left", "Count", e.Left()), "good"}
}

func (s *site) today() casework.Date { return casework.DateOf(s.now()) }

// mayEnrol tells whether to offer it. It grants nothing: the service decides.
func (s *site) mayEnrol(r *http.Request) bool {
	return s.offers(r).May(policy.EnrolmentOwn, policy.Create)
}
