// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// versionsPage lists the sealed versions of a project.
type versionsPage struct {
	frame
	Items []historyEntry
	// Working leads to what the version in the works changes; empty where there is none.
	Working string
	Back    string
}

func (*versionsPage) template() string { return "versions" }

// versionPage is one version, or what it changes against another.
type versionPage struct {
	frame
	Compare bool
	Changes []changeView
	Plan    []planSection
	Hash    string
	Sealed  string
	Back    string
}

func (*versionPage) template() string { return "version" }

// changeView is one difference in words.
type changeView struct {
	Kind          tagView
	Section, Item string
	Field         string
	From, To      string
	Changed       bool
}

var changeTones = map[casework.ChangeKind]string{casework.Added: "good", casework.Removed: "bad", casework.Modified: "info"}

func (s *site) showVersions(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Project(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	list, err := s.svc.Versions(r.Context(), v.ID)
	if err != nil {
		return err
	}
	f := s.projectFrame(r, v.Project, s.say(r, "versions.title"))
	home := "/progetti/" + string(v.ID)
	p := &versionsPage{frame: f, Back: home}
	for i, ver := range list {
		n := strconv.Itoa(ver.Version)
		e := historyEntry{When: ver.SealedAt, What: f.t("strip.version") + " " + n, Hash: ver.ContentHash, Href: home + "/versioni/" + n, Link: f.t("versions.read")}
		if i+1 < len(list) {
			e.Href, e.Link = home+"/versioni/"+n+"?da="+strconv.Itoa(list[i+1].Version), f.t("versions.compare", "Version", list[i+1].Version)
		}
		p.Items = append(p.Items, e)
	}
	if v.Relation != casework.Received && len(list) > 0 && list[0].Version < v.Version {
		p.Working = home + "/versioni/" + strconv.Itoa(v.Version) + "?da=" + strconv.Itoa(list[0].Version)
	}
	return s.render(w, http.StatusOK, p)
}

func (s *site) showVersion(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(chi.URLParam(r, "n"))
	if err != nil || n < 1 {
		return fault.Missing()
	}
	title := s.texts.T(languageOf(r), "strip.version") + " " + strconv.Itoa(n)
	f := s.projectFrame(r, v.Project.Project, title)
	p := &versionPage{frame: f, Back: "/progetti/" + string(v.Project.ID) + "/versioni"}
	if from := r.URL.Query().Get("da"); from != "" {
		m, err := strconv.Atoi(from)
		if err != nil {
			return fault.Missing()
		}
		p.Compare, p.Heading = true, f.t("versions.difference", "To", n, "From", m)
		return s.showDifference(w, r, p, v, m, n)
	}
	ver, err := s.svc.Version(r.Context(), v.Project.ID, n)
	if err != nil {
		return err
	}
	staff, err := s.staff(r.Context(), &f, v)
	if err != nil {
		return err
	}
	p.Plan, p.Hash, p.Sealed = s.planSections(&f, ver.Plan.Normal(), v.Types, staff, nil), ver.ContentHash, formatTime(f.Lang, ver.SealedAt)
	return s.render(w, http.StatusOK, p)
}

func (s *site) showDifference(w http.ResponseWriter, r *http.Request, p *versionPage, v service.PlanView, m, n int) error {
	list, err := s.svc.Diff(r.Context(), v.Project.ID, m, n)
	if err != nil {
		return err
	}
	staff, err := s.staff(r.Context(), &p.frame, v)
	if err != nil {
		return err
	}
	kinds := map[string]string{}
	for _, at := range []int{m, n} {
		if ver, err := s.svc.Version(r.Context(), v.Project.ID, at); err == nil {
			for _, iv := range ver.Plan.Interventions {
				kinds[iv.Key] = iv.Type
			}
		}
	}
	for _, iv := range v.Plan.Interventions {
		kinds[iv.Key] = iv.Type
	}
	for _, c := range list {
		p.Changes = append(p.Changes, s.changeView(&p.frame, c, kinds, v.Types, staff))
	}
	return s.render(w, http.StatusOK, p)
}

// changeView says a difference in words. kinds tells the type of an intervention by its key.
func (s *site) changeView(f *frame, c casework.Change, kinds map[string]string, types casework.Types, staff []form.Option) changeView {
	out := changeView{Kind: tagView{f.t("change." + string(c.Kind)), changeTones[c.Kind]}, Section: f.t("section." + string(c.Section)), Item: c.Item}
	switch c.Section {
	case casework.SectionInterventions:
		if t, ok := types.Find(kinds[c.Item]); ok {
			out.Item = t.Label.In(f.Lang)
		}
	case casework.SectionReviews:
		out.Item = formatDate(f.Lang, casework.Date(c.Item))
	case casework.SectionReferenceOperators:
		out.Item = optionLabel(f.Lang, form.Field{Options: staff}, c.Item)
	}
	if c.Kind != casework.Modified {
		out.From, out.To = s.wholeItem(f, c.Section, c.From), s.wholeItem(f, c.Section, c.To)
		return out
	}
	field := s.changedField(c, kinds, types)
	out.Field, out.Changed = field.Label.In(f.Lang), true
	out.From, out.To = s.changedValue(f, field, c.From), s.changedValue(f, field, c.To)
	return out
}

// wholeItem says what came or went with an item, where its name does not tell all.
func (s *site) wholeItem(f *frame, sec casework.Section, v any) string {
	text, _ := v.(string)
	switch sec {
	case casework.SectionNeeds, casework.SectionObjectives, casework.SectionExitCriteria:
		return text
	case casework.SectionCommitments:
		if key := "party." + text; s.texts.Has(key) {
			return f.t(key)
		}
	}
	return ""
}

// changedField describes the question whose answer changed.
func (s *site) changedField(c casework.Change, kinds map[string]string, types casework.Types) form.Field {
	if c.Section != casework.SectionInterventions {
		whole := sectionForm(c.Section, s.texts, nil).Fields[0]
		if column, ok := (form.Form{Fields: whole.Columns}).Field(c.Field); ok {
			return column
		}
		return whole
	}
	where, name, detail := strings.Cut(c.Field, "/")
	if !detail {
		field, _ := interventionForm(s.texts).Field(c.Field)
		return field
	}
	t, _ := types.Find(kinds[c.Item])
	if field, asked := t.Form.Field(name); asked && where == "details" {
		return field
	}
	if c.To != nil {
		return t.Question(name, c.To)
	}
	return t.Question(name, c.From)
}

// changedValue writes an old or new value; typed values come back to plain JSON first.
func (s *site) changedValue(f *frame, field form.Field, v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	var plain any
	_ = json.Unmarshal(raw, &plain)
	if plain == nil {
		return ""
	}
	rows := answers(f.Lang, s.texts, form.Form{Fields: []form.Field{{Name: field.Name, Kind: field.Kind, Label: field.Label, Options: field.Options, Columns: field.Columns, Unit: field.Unit}}},
		map[string]any{field.Name: plain})
	if len(rows) == 0 {
		return ""
	}
	return flat(rows[0])
}
