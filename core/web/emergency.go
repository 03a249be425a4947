// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// emergencyPage lets somebody in to an identity, where the network's policy grants it, and
// shows it for as long as that lasts.
type emergencyPage struct {
	frame
	Action, Back string
	Fields       []fieldView
	Open         bool
	Until        string
	Identity     []summaryRow
}

func (*emergencyPage) template() string { return "emergency" }

func emergencyForm() form.Form {
	one, most := int64(1), int64(service.BreakGlassMinutes)
	return form.Form{Fields: []form.Field{
		{Name: "reason", Kind: form.KindLongText, Class: form.ClassCase, Required: true, Label: tx("Perché serve l'identità", "Why the identity is needed"),
			Hint: tx("Almeno 20 caratteri. L'ente legge questo testo.", "At least 20 characters. The entity reads this text.")},
		{Name: "minutes", Kind: form.KindInteger, Class: form.ClassCase, Required: true, Unit: "minutes", Min: &one, Max: &most,
			Label: tx("Per quanti minuti", "For how many minutes"), Hint: tx("Al massimo 60.", "At most 60.")},
	}}
}

func (s *site) emergencyPage(r *http.Request) (*emergencyPage, error) {
	id := projectID(r)
	state, err := s.svc.Emergency(r.Context(), id)
	if err != nil {
		return nil, err
	}
	home := "/progetti/" + string(id)
	p := &emergencyPage{Action: home + "/emergenza", Back: home}
	title := s.say(r, "emergency.title")
	if s.offers(r).May(policy.ProjectSubmitted, policy.Read) {
		v, err := s.svc.Project(r.Context(), id)
		if err != nil {
			return nil, err
		}
		p.frame = s.projectFrame(r, v.Project, title)
	} else { // the secretariat sees no projects
		f := s.frame(r).titled(title+" – "+state.ProjectCode, "emergencies")
		f.Heading, f.Crumbs = title, []crumb{{f.t("nav.emergencies"), emergencyPath}, {state.ProjectCode, ""}}
		p.frame, p.Back = f, emergencyPath
	}
	if state.Open != nil {
		p.Open, p.Until = true, formatTime(p.Lang, state.Open.ExpiresAt)
	}
	return p, nil
}

func (s *site) showEmergency(w http.ResponseWriter, r *http.Request) error {
	p, err := s.emergencyPage(r)
	if err != nil {
		return err
	}
	p.Fields = newFormView(p.frame, typed{"minutes": {"15"}}, nil).fields(emergencyForm(), "")
	return s.render(w, http.StatusOK, p)
}

// openEmergency opens the access; the identity itself is another click, and another entry.
func (s *site) openEmergency(w http.ResponseWriter, r *http.Request) error {
	p, err := s.emergencyPage(r)
	if err != nil {
		return err
	}
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	t := typed(r.PostForm)
	v, complaints := decode(emergencyForm(), "", t)
	if len(complaints) == 0 {
		minutes, _ := wholeOf(v["minutes"])
		_, err := s.svc.OpenBreakGlass(r.Context(), projectID(r), textOf(v["reason"]), int(minutes))
		if err == nil {
			return s.finish(w, r, "emergency.opened", p.Action)
		}
		var ok bool
		if complaints, ok = complaintsOf(err); !ok {
			return err
		}
	}
	p.Fields = newFormView(p.frame, t, complaints).fields(emergencyForm(), "")
	p.Errors = p.summary(complaints, p.Fields...)
	return s.render(w, http.StatusUnprocessableEntity, p)
}

// showEmergencyIdentity is posted: it is a read that leaves a trace at both organisations.
func (s *site) showEmergencyIdentity(w http.ResponseWriter, r *http.Request) error {
	p, err := s.emergencyPage(r)
	if err != nil {
		return err
	}
	id, _, err := s.svc.BreakGlassIdentity(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	p.Identity = answers(p.Lang, s.texts, identityForm(), asValues(id))
	return s.render(w, http.StatusOK, p)
}

func (s *site) endEmergency(w http.ResponseWriter, r *http.Request) error {
	p, err := s.emergencyPage(r)
	if err != nil {
		return err
	}
	return s.posted(w, r, "emergency.ended", p.Back, func() error { return s.svc.EndBreakGlass(r.Context(), projectID(r)) })
}

// emergencyPath has the list of accesses, and the way in for who sees no projects.
const emergencyPath = "/emergenze"

func emergencyCodeForm() form.Form {
	return form.Form{Fields: []form.Field{{Name: "code", Kind: form.KindText, Class: form.ClassCase, Required: true, Label: tx("Codice del progetto", "Code of the project"),
		Hint: tx("Come PI-7K2M-9QXD. È scritto in ciò che l'ente ti ha mandato.", "Like PI-7K2M-9QXD. It stands in what the entity sent you.")}}}
}

func (s *site) findEmergencyPage(r *http.Request) *formPage {
	f := s.frame(r)
	p := &formPage{frame: f.titled(f.t("emergency.title"), "emergencies"), Lead: f.t("emergency.find"), Action: emergencyPath + "/apri", Submit: f.t("emergency.go_on"), Back: emergencyPath}
	p.Crumbs = []crumb{{f.t("nav.emergencies"), emergencyPath}, {p.Title, ""}}
	return p
}

func (s *site) showFindEmergency(w http.ResponseWriter, r *http.Request) error {
	if err := s.only(r, policy.IdentitySubmitted, policy.BreakGlass); err != nil {
		return err
	}
	p := s.findEmergencyPage(r)
	p.show([]part{{form: emergencyCodeForm()}}, typed{}, nil, "")
	return s.render(w, http.StatusOK, p)
}

// findEmergency leads from a code to the page of the access: nothing is opened yet.
func (s *site) findEmergency(w http.ResponseWriter, r *http.Request) error {
	return s.saveForm(w, r, s.findEmergencyPage(r), []part{{form: emergencyCodeForm()}}, func(v map[string]any) (string, string, error) {
		id, err := s.svc.EmergencyProject(r.Context(), textOf(v["code"]))
		return "", "/progetti/" + string(id) + "/emergenza", err
	})
}
