// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// duplicatesPage sets the person to register beside those who look alike.
type duplicatesPage struct {
	frame
	New    []summaryRow
	Alike  []alikeView
	Hidden []hiddenInput
}

func (*duplicatesPage) template() string { return "duplicates" }

type alikeView struct {
	Code, Href string
	Same       []string
	Identity   []summaryRow
}

const despite = "_despite"

// personParts are the three parts of the form that registers a person.
func (s *site) personParts(r *http.Request, f *frame) []part {
	return []part{
		{title: f.t("person.identity"), hint: f.t("person.identity_hint"), prefix: "identity/", form: identityForm()},
		{title: f.t("person.facts"), form: factsForm(f.Lang), suggest: map[string][]string{"municipality": s.municipalities(r)}},
		{title: f.t("person.consents"), hint: f.t("person.consents_hint"), prefix: "consents/", form: consentsForm(f.Lang, s.texts)},
	}
}

// municipalities are those some social service of the network is competent for.
func (s *site) municipalities(r *http.Request) []string {
	list, err := s.svc.Tenants(r.Context())
	if err != nil {
		return nil // only an offer: the page works without
	}
	var out []string
	for _, t := range list {
		out = append(out, t.Municipalities...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *site) newPersonPage(f frame) *formPage {
	return &formPage{frame: f.titled(f.t("person.new"), "persons"), Action: "/persone/nuova", Submit: f.t("person.register"), Back: "/persone"}
}

func (s *site) showNewPerson(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	p := s.newPersonPage(f)
	today := typedDate(string(casework.DateOf(s.now())))
	p.show(s.personParts(r, &f), typed{"taken_in_charge_on": {today}, "consents/on": {today}, "municipality_reason": {string(casework.Residence)}}, nil, "")
	return s.render(w, http.StatusOK, p)
}

func (s *site) savePerson(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	f, t := s.frame(r), typed(r.PostForm)
	f.Here = "/persone/nuova"
	parts := s.personParts(r, &f)
	values, complaints := read(parts, t)
	var n service.NewPerson
	if len(complaints) == 0 && t.get("_edit") == "" {
		n = s.newPersonOf(values, t.get(despite) == "yes")
		v, err := s.svc.RegisterPerson(r.Context(), n)
		if err == nil {
			s.sessions.Notify(r.Context(), "person.registered")
			http.Redirect(w, r, "/persone/"+string(v.ID), http.StatusSeeOther)
			return nil
		}
		if fe, ok := isFault(err); ok && fe.Code == "possible_duplicate" {
			return s.showDuplicates(w, r, f, n, values)
		}
		var ok bool
		if complaints, ok = complaintsOf(err); !ok {
			return err
		}
		complaints = consentComplaints(complaints)
	}
	p := s.newPersonPage(f)
	p.show(parts, t, complaints, "")
	return s.render(w, http.StatusUnprocessableEntity, p)
}

func (s *site) newPersonOf(values []map[string]any, despite bool) service.NewPerson {
	n := service.NewPerson{Person: personOf(values[1]), DespiteDuplicates: despite}
	_ = fromValues(values[0], &n.Identity) // texts only: they always fit
	for _, k := range casework.ConsentKinds() {
		if given, asked := values[2][string(k)].(bool); asked {
			n.Consents = append(n.Consents, consentOf(k, given, values[2], casework.DateOf(s.now())))
		}
	}
	return n
}

// consentComplaints leads complaints about the n-th answer to the inputs all answers share.
func consentComplaints(list []fault.Field) []fault.Field {
	var out []fault.Field
	for _, c := range list {
		if rest, ok := strings.CutPrefix(c.Path, "consents/"); ok {
			_, name, _ := strings.Cut(rest, "/")
			c.Path = "consents/" + name
		}
		if !slices.ContainsFunc(out, func(o fault.Field) bool { return o.Path == c.Path && o.Code == c.Code }) {
			out = append(out, c)
		}
	}
	return out
}

func (s *site) showDuplicates(w http.ResponseWriter, r *http.Request, f frame, n service.NewPerson, values []map[string]any) error {
	alike, err := s.svc.Duplicates(r.Context(), n.Identity)
	if err != nil {
		return err
	}
	p := &duplicatesPage{frame: f.titled(f.t("duplicates.title"), "persons"), Hidden: hiddenInputs(r.PostForm, despite)}
	p.New = answers(f.Lang, s.texts, identityForm(), values[0])
	for _, d := range alike {
		v := alikeView{Code: d.Code, Href: "/persone/" + string(d.ID)}
		for _, what := range d.Same {
			v.Same = append(v.Same, f.t("same."+what))
		}
		if d.Identity != nil {
			v.Identity = answers(f.Lang, s.texts, identityForm(), asValues(*d.Identity))
		}
		p.Alike = append(p.Alike, v)
	}
	return s.render(w, http.StatusConflict, p)
}

// editPage is a form about an existing person.
func (s *site) editPage(r *http.Request, v service.PersonView, what, action string) *formPage {
	f := s.frame(r)
	home := "/persone/" + string(v.ID)
	f.Here = home
	p := &formPage{frame: f.titled(f.t(what)+" – "+v.Code, "persons"), Action: home + action, Submit: f.t("form.save"), Back: home}
	p.Heading = f.t(what)
	p.Crumbs = []crumb{{f.t("nav.persons"), "/persone"}, {v.Code, home}, {f.t(what), ""}}
	return p
}

func (s *site) showFacts(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Person(r.Context(), personID(r))
	if err != nil {
		return err
	}
	if !v.MayEdit {
		return fault.New(fault.Forbidden, "not_allowed")
	}
	p := s.editPage(r, v, "person.facts", "/dati")
	p.Hidden = []hiddenInput{{"_base", strconv.FormatInt(v.Revision, 10)}}
	p.show(s.factsParts(r, &p.frame), encode(factsForm(p.Lang), "", factsValues(v.Person)), nil, "")
	return s.render(w, http.StatusOK, p)
}

func (s *site) factsParts(r *http.Request, f *frame) []part {
	return []part{{form: factsForm(f.Lang), suggest: map[string][]string{"municipality": s.municipalities(r)}}}
}

func (s *site) saveFacts(w http.ResponseWriter, r *http.Request) error {
	return s.savePart(w, r, "person.facts", "/dati", s.factsParts, func(id casework.PersonID, values map[string]any, base int64) error {
		p := personOf(values)
		p.ID = id
		_, err := s.svc.UpdatePerson(r.Context(), p, base)
		return err
	})
}

// showIdentityForm is posted, as it shows the identity: a read that leaves a trace.
func (s *site) showIdentityForm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Person(r.Context(), personID(r))
	if err != nil {
		return err
	}
	id, err := s.svc.Identity(r.Context(), v.ID)
	if err != nil {
		return err
	}
	p := s.editPage(r, v, "person.identity", "/identita/salva")
	p.Hidden = []hiddenInput{{"_base", strconv.FormatInt(v.Revision, 10)}}
	p.show(s.identityParts(r, &p.frame), encode(identityForm(), "identity/", asValues(id)), nil, "")
	return s.render(w, http.StatusOK, p)
}

func (s *site) identityParts(*http.Request, *frame) []part {
	return []part{{prefix: "identity/", form: identityForm()}}
}

func (s *site) saveIdentity(w http.ResponseWriter, r *http.Request) error {
	return s.savePart(w, r, "person.identity", "/identita/salva", s.identityParts, func(id casework.PersonID, values map[string]any, base int64) error {
		var identity casework.Identity
		_ = fromValues(values, &identity)
		return s.svc.UpdateIdentity(r.Context(), id, identity, base)
	})
}

func (s *site) showConsentForm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Person(r.Context(), personID(r))
	if err != nil {
		return err
	}
	if !v.MayEdit {
		return fault.New(fault.Forbidden, "not_allowed")
	}
	p := s.editPage(r, v, "person.consents", "/consensi")
	p.show(s.consentParts(r, &p.frame), typed{"on": {typedDate(string(casework.DateOf(s.now())))}}, nil, "")
	return s.render(w, http.StatusOK, p)
}

func (s *site) consentParts(_ *http.Request, f *frame) []part {
	return []part{{form: consentForm(f.Lang, s.texts)}}
}

func (s *site) saveConsent(w http.ResponseWriter, r *http.Request) error {
	return s.savePart(w, r, "person.consents", "/consensi", s.consentParts, func(id casework.PersonID, values map[string]any, _ int64) error {
		given, said := values["given"].(bool)
		if !said {
			return fault.OfFields([]fault.Field{fault.At("given", "required")})
		}
		return s.svc.RecordConsent(r.Context(), id, consentOf(casework.ConsentKind(textOf(values["kind"])), given, values, casework.DateOf(s.now())))
	})
}

// savePart reads one form about a person and hands it to store. What is wrong is shown at
// its field with everything typed still there; Stale says that somebody was faster.
func (s *site) savePart(w http.ResponseWriter, r *http.Request, what, action string, parts func(*http.Request, *frame) []part,
	store func(casework.PersonID, map[string]any, int64) error) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	v, err := s.svc.Person(r.Context(), personID(r))
	if err != nil {
		return err
	}
	p, t := s.editPage(r, v, what, action), typed(r.PostForm)
	base, _ := strconv.ParseInt(t.get("_base"), 10, 64)
	list := parts(r, &p.frame)
	values, complaints := read(list, t)
	if len(complaints) == 0 {
		err := store(v.ID, values[0], base)
		if err == nil {
			s.sessions.Notify(r.Context(), "form.saved")
			http.Redirect(w, r, p.Back, http.StatusSeeOther)
			return nil
		}
		switch fields, ok := complaintsOf(err); {
		case ok:
			complaints = fields
		case fault.Is(err, fault.Stale):
			p.Errors = append(p.Errors, complaintView{Text: p.t("person.stale")})
			base = v.Revision
		default:
			return err
		}
	}
	if action != "/consensi" {
		p.Hidden = []hiddenInput{{"_base", strconv.FormatInt(base, 10)}}
	}
	p.show(list, t, complaints, "")
	return s.render(w, http.StatusUnprocessableEntity, p)
}

// newProjectPage asks which social services the project is co-designed with.
type newProjectPage struct {
	frame
	Action, Back string
	Field        fieldView
	None         bool
}

func (*newProjectPage) template() string { return "new-project" }

func (s *site) showNewProject(w http.ResponseWriter, r *http.Request) error {
	return s.newProject(w, r, http.StatusOK, "", nil)
}

func (s *site) newProject(w http.ResponseWriter, r *http.Request, status int, chosen string, complaints []fault.Field) error {
	v, err := s.svc.Person(r.Context(), personID(r))
	if err != nil {
		return err
	}
	if !v.MayEdit {
		return fault.New(fault.Forbidden, "not_allowed")
	}
	all, err := s.svc.Tenants(r.Context())
	if err != nil {
		return err
	}
	e := s.editPage(r, v, "project.new", "/progetti")
	p := &newProjectPage{frame: e.frame, Action: e.Action, Back: e.Back}
	p.Field = fieldView{Shape: "radios", Path: "social_services_id", ID: "f-social_services_id", Label: p.t("project.services"), Required: true,
		Hint: p.t("project.services_hint", "Municipality", v.Municipality)}
	for _, t := range all {
		if t.Kind != tenant.SocialServices || !slices.ContainsFunc(t.Municipalities, func(m string) bool { return strings.EqualFold(m, v.Municipality) }) {
			continue
		}
		o := optionView{ID: p.Field.ID, Value: string(t.ID), Label: t.Name, Chosen: chosen == string(t.ID)}
		if n := len(p.Field.Options); n > 0 {
			o.ID += "-" + strconv.Itoa(n)
		}
		p.Field.Options = append(p.Field.Options, o)
	}
	if len(p.Field.Options) == 1 {
		p.Field.Options[0].Chosen = true
	}
	p.None = len(p.Field.Options) == 0
	for _, c := range complaints {
		p.Field.Error = s.texts.Fault(p.Lang, c.Code, c.Params)
		p.Errors = append(p.Errors, complaintView{Text: p.Field.Label + ": " + p.Field.Error, Href: "#" + p.Field.ID})
	}
	return s.render(w, status, p)
}

func (s *site) saveProject(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	if _, err := s.svc.Person(r.Context(), personID(r)); err != nil {
		return err
	}
	chosen := r.PostForm.Get("social_services_id")
	v, err := s.svc.CreateProject(r.Context(), personID(r), tenant.ID(chosen))
	if fields, ok := complaintsOf(err); ok {
		return s.newProject(w, r, http.StatusUnprocessableEntity, chosen, fields)
	}
	if err != nil {
		return err
	}
	s.sessions.Notify(r.Context(), "done.create")
	http.Redirect(w, r, "/progetti/"+string(v.ID), http.StatusSeeOther)
	return nil
}
