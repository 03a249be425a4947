// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"regexp"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
)

// personsPage lists the persons of the viewer's organisation.
type personsPage struct {
	frame
	Items []personRow
	// Named shows the column of names: to operators only.
	Named, MayCreate bool
	// Query is what was searched for.
	Query string
	Empty emptyState
	Pager pager
}

func (*personsPage) template() string { return "persons" }

type personRow struct{ Code, Href, Name, Citizenship, Municipality, Since string }

// personPage is one person: the code, the facts, the answers, the projects.
type personPage struct {
	frame
	ID             string
	Facts          []summaryRow
	Consents       []consentRow
	Projects       []projectRow
	MayEdit        bool
	MaySeeIdentity bool
	MaySeeConsents bool
	// Identity is shown on demand, and each time it is shown is recorded.
	Identity []summaryRow
}

func (*personPage) template() string { return "person" }

type consentRow struct {
	Kind   string
	Answer tagView
	Note   string
}

// personCode tells a code from a name.
var personCode = regexp.MustCompile(`(?i)^\s*P-[0-9A-Z]{4}-[0-9A-Z]{4}\s*$`)

func personID(r *http.Request) casework.PersonID { return casework.PersonID(chi.URLParam(r, "id")) }

func (s *site) showPersons(w http.ResponseWriter, r *http.Request) error {
	return s.listPersons(w, r, service.PersonQuery{Page: service.PageRequest{Cursor: r.URL.Query().Get("da")}}, "")
}

// searchPersons searches by name or code. It is posted: a name must not stand in an address.
func (s *site) searchPersons(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	text := r.PostForm.Get("cerca")
	q := service.PersonQuery{Name: text, Page: service.PageRequest{Limit: 100}}
	if personCode.MatchString(text) {
		q.Code, q.Name = text, ""
	}
	return s.listPersons(w, r, q, text)
}

func (s *site) listPersons(w http.ResponseWriter, r *http.Request, q service.PersonQuery, typed string) error {
	f, may := s.frame(r), s.offers(r)
	q.WithIdentity = may.May(policy.IdentityOwn, policy.Read)
	list, err := s.svc.Persons(r.Context(), q)
	if err != nil {
		return err
	}
	p := &personsPage{frame: f.titled(f.t("persons.title"), "persons"), Named: q.WithIdentity, MayCreate: may.May(policy.PersonOwn, policy.Create), Query: typed, Pager: pagerOf(r, list.Next)}
	if typed != "" {
		p.Pager, p.Here = pager{}, "/persone"
	}
	for _, v := range list.Items {
		p.Items = append(p.Items, s.personRow(&f, v))
	}
	p.Empty = emptyState{Text: f.t("persons.empty")}
	if typed != "" {
		p.Empty = emptyState{Text: f.t("persons.none_found"), Action: f.t("persons.all"), Href: "/persone"}
	}
	return s.render(w, http.StatusOK, p)
}

func (s *site) personRow(f *frame, v service.PersonView) personRow {
	row := personRow{Code: v.Code, Href: "/persone/" + string(v.ID), Citizenship: countryName(f.Lang, v.Citizenship),
		Municipality: v.Municipality, Since: formatDate(f.Lang, v.TakenInChargeOn)}
	if v.Identity != nil {
		row.Name = v.Identity.FamilyName + " " + v.Identity.GivenName
	}
	return row
}

func (s *site) showPerson(w http.ResponseWriter, r *http.Request) error {
	p, err := s.personPage(r)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

// showIdentity is posted because reading an identity leaves a trace.
func (s *site) showIdentity(w http.ResponseWriter, r *http.Request) error {
	p, err := s.personPage(r)
	if err != nil {
		return err
	}
	id, err := s.svc.Identity(r.Context(), personID(r))
	if err != nil {
		return err
	}
	p.Identity = answers(p.Lang, s.texts, identityForm(), asValues(id))
	p.Here = "/persone/" + p.ID
	return s.render(w, http.StatusOK, p)
}

func (s *site) personPage(r *http.Request) (*personPage, error) {
	v, err := s.svc.Person(r.Context(), personID(r))
	if err != nil {
		return nil, err
	}
	f := s.frame(r)
	p := &personPage{frame: f.titled(f.t("person.title", "Code", v.Code), "persons"), ID: string(v.ID), MayEdit: v.MayEdit, MaySeeIdentity: v.MaySeeIdentity}
	p.Crumbs = []crumb{{f.t("nav.persons"), "/persone"}, {v.Code, ""}}
	p.Facts = answers(f.Lang, s.texts, factsForm(f.Lang), factsValues(v.Person))
	consents, err := s.svc.Consents(r.Context(), v.ID)
	if err == nil {
		p.MaySeeConsents, p.Consents = true, consentRows(&f, consents)
	} else if !fault.Is(err, fault.Forbidden) {
		return nil, err
	}
	list, err := s.svc.Projects(r.Context(), service.ProjectQuery{Person: v.ID, Page: service.PageRequest{Limit: 100}})
	if err != nil {
		return nil, err
	}
	for _, item := range list.Items {
		p.Projects = append(p.Projects, s.projectRow(&f, item.Project))
	}
	return p, nil
}

func consentRows(f *frame, have casework.Consents) []consentRow {
	out := make([]consentRow, 0, len(casework.ConsentKinds()))
	for _, k := range casework.ConsentKinds() {
		row := consentRow{Kind: f.t("consent." + string(k)), Answer: tagView{f.t("consent.not_asked"), "neutral"}}
		if c, asked := have[k]; asked {
			row.Answer, row.Note = tagView{f.t("consent.no"), "bad"}, formatDate(f.Lang, c.On)
			if c.Given {
				row.Answer = tagView{f.t("consent.yes"), "good"}
			}
			if c.Language != "" {
				row.Note += ", " + languageName(f.Lang, c.Language)
			}
		}
		out = append(out, row)
	}
	return out
}
