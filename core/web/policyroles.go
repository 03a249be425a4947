// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// draftRolesPage is who is to hold which role in an organisation, a box for each.
type draftRolesPage struct {
	frame
	Address, Back string
	Places        []optionView
	Tenant        string
	Base          int64
	MayEdit       bool
	Members       []memberBoxes
}

func (*draftRolesPage) template() string { return "policy-roles" }

type memberBoxes struct {
	Name string
	// Self marks the reader: what he gives himself another one has to publish.
	Self  bool
	Roles []roleBox
}

// roleBox is one role of one member.
type roleBox struct {
	Name, Label string
	Chosen      bool
	// Fixed: only the host of the installation gives and takes it.
	Fixed bool
	// Now says how it is today where the draft has it otherwise.
	Now string
}

// roleLine is a role that is given or taken, in words.
type roleLine struct {
	Tag  tagView
	Text string
	// Problem says why it can no longer be made, or nothing.
	Problem string
}

func (s *site) showDraftRoles(w http.ResponseWriter, r *http.Request) error {
	return s.draftRoles(w, r, tenant.ID(r.URL.Query().Get("organizzazione")), http.StatusOK, nil)
}

func (s *site) draftRoles(w http.ResponseWriter, r *http.Request, t tenant.ID, status int, complaints []complaintView) error {
	v, err := s.svc.PolicyDraftRoles(r.Context(), chi.URLParam(r, "draft"), t)
	if err != nil {
		return err
	}
	f := s.frame(r)
	at := draftPath(v.Draft.ID)
	p := &draftRolesPage{frame: f.titled(f.t("policy.roles_edit"), "policies"), Address: at + "/persone", Back: at, Tenant: string(t), Base: v.Draft.Revision, MayEdit: v.Draft.MayEdit}
	p.Errors = complaints
	p.Crumbs = []crumb{{f.t("policy.title"), policyPath}, {f.t("policy.draft_of", "Who", v.Draft.AuthorName), at}, {p.Title, ""}}
	for _, in := range v.Tenants {
		p.Places = append(p.Places, optionView{Value: string(in.ID), Label: in.Name, Chosen: in.ID == t})
	}
	self := tenant.UserID("")
	if a, err := tenant.From(r.Context()); err == nil {
		self = a.User
	}
	for _, m := range v.Members {
		p.Members = append(p.Members, boxesOf(&f, v.Roles, m, m.User == self))
	}
	return s.render(w, status, p)
}

func boxesOf(f *frame, roles []tenant.Role, m service.PolicyMember, self bool) memberBoxes {
	out := memberBoxes{Name: m.Name, Self: self}
	for _, role := range roles {
		b := roleBox{Name: string(m.User) + "-" + string(role), Label: f.t("role." + string(role)), Chosen: slices.Contains(m.Wanted, role), Fixed: role == tenant.DataProtectionOfficer}
		if held := slices.Contains(m.Held, role); held != b.Chosen {
			b.Now = f.t(map[bool]string{true: "policy.now_held", false: "policy.now_not_held"}[held])
		}
		out.Roles = append(out.Roles, b)
	}
	return out
}

// saveDraftRoles makes the boxes of one organisation the draft's: what is as it is today is
// no change, what was not shown stays as the draft has it.
func (s *site) saveDraftRoles(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	t := tenant.ID(r.PostForm.Get("organizzazione"))
	v, err := s.svc.PolicyDraftRoles(r.Context(), chi.URLParam(r, "draft"), t)
	if err != nil {
		return err
	}
	base, _ := strconv.ParseInt(r.PostForm.Get("_base"), 10, 64)
	changes := chosenRoles(v, r.PostForm)
	_, err = s.svc.SavePolicyDraft(r.Context(), v.Draft.ID, base, service.DraftChange{Reason: v.Draft.Reason, Roles: &changes})
	switch {
	case fault.Is(err, fault.Invalid):
		return s.draftRoles(w, r, t, http.StatusUnprocessableEntity, s.refusals(r, err))
	case fault.Is(err, fault.Conflict):
		return s.draftRoles(w, r, t, http.StatusConflict, s.refusals(r, err))
	case err != nil:
		return err
	}
	s.sessions.Notify(r.Context(), "policy.saved")
	http.Redirect(w, r, draftPath(v.Draft.ID), http.StatusSeeOther)
	return nil
}

func chosenRoles(v service.PolicyRoles, form url.Values) []policy.GrantChange {
	shown := form["shown"]
	name := func(u tenant.UserID, role tenant.Role) string { return string(u) + "-" + string(role) }
	out := slices.DeleteFunc(slices.Clone(v.Draft.Changes), func(c policy.GrantChange) bool {
		return c.Tenant == v.Tenant && slices.Contains(shown, name(c.User, c.Role))
	})
	for _, m := range v.Members {
		for _, role := range v.Roles {
			held, box := slices.Contains(m.Held, role), name(m.User, role)
			if role == tenant.DataProtectionOfficer || !slices.Contains(shown, box) || form.Has(box) == held {
				continue
			}
			out = append(out, policy.GrantChange{Grant: policy.Grant{User: m.User, Role: role, Tenant: v.Tenant}, Take: held})
		}
	}
	for i := range out {
		out[i].Line = i + 1
	}
	return out
}

// rolesOf says changes of roles in words, with what keeps each from being made.
func rolesOf(f *frame, changes []policy.GrantChange, problems []fault.Field, names service.PolicyNames) (out []roleLine) {
	for i, c := range changes {
		line := roleLine{Tag: tagView{f.t("policy.given"), "good"}, Text: f.t("role."+string(c.Role)) + " – " + personIn(f, c.User, c.Tenant, names)}
		if c.Take {
			line.Tag = tagView{f.t("policy.taken"), "bad"}
		}
		for _, p := range problems {
			if p.Path == "grants/"+strconv.Itoa(i+1) {
				line.Problem = f.texts.Fault(f.Lang, p.Code, p.Params)
			}
		}
		out = append(out, line)
	}
	return out
}

// rolesBroken says what keeps the changes of roles from being made, each once.
func rolesBroken(f *frame, problems []fault.Field) (out []string) {
	for _, p := range problems {
		if text := f.texts.Fault(f.Lang, p.Code, p.Params); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// peopleOf says what the members whose roles change gain and lose.
func peopleOf(f *frame, changes []policy.GrantChange, d policy.Diff, names service.PolicyNames) (out []changeLine) {
	for _, m := range d.Members {
		for _, u := range m.Users {
			if !slices.ContainsFunc(changes, func(c policy.GrantChange) bool { return c.User == u && c.Tenant == m.Tenant }) {
				continue
			}
			out = append(out, changeLine{Tag: gainTag(f, m.Gains), Text: personIn(f, u, m.Tenant, names) + ": " + permissionText(f, m.Permission)})
		}
	}
	slices.SortStableFunc(out, func(a, b changeLine) int { return strings.Compare(a.Text, b.Text) })
	return out
}

func personIn(f *frame, u tenant.UserID, t tenant.ID, names service.PolicyNames) string {
	who := names.Users[u]
	if who == "" {
		who = f.t("policy.gone")
	}
	return who + " (" + names.Tenants[t] + ")"
}
