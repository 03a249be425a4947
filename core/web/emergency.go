// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
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
	v, err := s.svc.Project(r.Context(), projectID(r))
	if err != nil {
		return nil, err
	}
	state, err := s.svc.Emergency(r.Context(), v.ID)
	if err != nil {
		return nil, err
	}
	if !state.May {
		return nil, fault.New(fault.Forbidden, "not_allowed")
	}
	f := s.projectFrame(r, v.Project, s.say(r, "emergency.title"))
	home := "/progetti/" + string(v.ID)
	p := &emergencyPage{frame: f, Action: home + "/emergenza", Back: home}
	if state.Open != nil {
		p.Open, p.Until = true, formatTime(f.Lang, state.Open.ExpiresAt)
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
	home := "/progetti/" + string(projectID(r))
	return s.posted(w, r, "emergency.ended", home, func() error { return s.svc.EndBreakGlass(r.Context(), projectID(r)) })
}
