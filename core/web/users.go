// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// showUsers lists the users the viewer may see: the network's, or the own organisation's.
func (s *site) showUsers(w http.ResponseWriter, r *http.Request) error {
	a, err := tenant.From(r.Context())
	if err != nil {
		return err
	}
	if s.offers(r).May(policy.UserNetwork, policy.List) {
		return s.usersOf(w, r, "")
	}
	return s.usersOf(w, r, a.Tenant)
}

func (s *site) showTenantUsers(w http.ResponseWriter, r *http.Request) error {
	return s.usersOf(w, r, tenantID(r))
}

// usersOf shows the members of one organisation, or of all, and to who may invite the open
// invitations.
func (s *site) usersOf(w http.ResponseWriter, r *http.Request, of tenant.ID) error {
	members, err := s.svc.Users(r.Context(), of)
	if err != nil {
		return err
	}
	may := s.offers(r)
	invites := may.Users(of, policy.Invite)
	var open []postgres.Invitation
	if invites {
		if open, err = s.svc.Invitations(r.Context(), of); err != nil {
			return err
		}
	}
	names, err := s.tenantNames(r)
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &listingPage{frame: f.titled(f.t("nav.users"), "users"), None: f.t("admin.none"),
		Head: []string{f.t("user.name"), f.t("user.roles")}}
	switch {
	case of == "":
		p.Head = append(p.Head, f.t("tenant.name"))
		if invites {
			p.Lead = f.t("user.choose_tenant")
		}
	case invites:
		p.Buttons = []linkView{{f.t("user.invite"), "/organizzazioni/" + string(of) + "/invita", "invite"}}
		fallthrough
	default:
		p.Lead = names[of].Name
	}
	for _, m := range members {
		row := []cellView{{Text: m.Name, Href: memberPath(m), Hint: m.Email, Tag: statusTag(&f, m.Suspended != nil)}, {Label: f.t("user.roles"), Text: roleNames(&f, m.Roles)}}
		if of == "" {
			row = append(row, cellView{Label: f.t("tenant.name"), Text: names[m.Tenant].Name, Href: "/organizzazioni/" + string(m.Tenant) + "/utenti"})
		}
		p.Rows = append(p.Rows, row)
	}
	waiting := tableView{Title: f.t("user.invitations"), Head: []string{f.t("user.name"), f.t("user.roles"), f.t("user.until"), f.t("admin.action")}}
	for _, i := range open {
		var roles []tenant.Role
		for _, role := range i.Roles {
			roles = append(roles, tenant.Role(role))
		}
		waiting.Rows = append(waiting.Rows, []cellView{{Text: i.Name, Hint: i.Email}, {Label: f.t("user.roles"), Text: roleNames(&f, roles)},
			{Label: f.t("user.until"), Text: formatTime(f.Lang, i.ExpiresAt)},
			{Posts: []postView{{Action: "/organizzazioni/" + string(i.Tenant) + "/inviti/" + i.ID + "/ritira", Text: f.t("user.withdraw"), About: i.Name}}}})
	}
	p.More = []tableView{waiting}
	return s.render(w, http.StatusOK, p)
}

func memberPath(m service.Member) string {
	return "/organizzazioni/" + string(m.Tenant) + "/utenti/" + string(m.User)
}

func roleNames(f *frame, list []tenant.Role) string {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = f.t("role." + string(r))
	}
	return strings.Join(names, ", ")
}

func (s *site) tenantNames(r *http.Request) (map[tenant.ID]postgres.Tenant, error) {
	list, err := s.svc.Tenants(r.Context())
	out := make(map[tenant.ID]postgres.Tenant, len(list))
	for _, t := range list {
		out[t.ID] = t
	}
	return out, err
}

// oneTenant finds the organisation a page is about.
func (s *site) oneTenant(r *http.Request) (postgres.Tenant, error) {
	names, err := s.tenantNames(r)
	if err != nil {
		return postgres.Tenant{}, err
	}
	t, ok := names[tenantID(r)]
	if !ok {
		return t, fault.Missing()
	}
	return t, nil
}

func roleOptions(texts *Texts, list []tenant.Role) (out []form.Option) {
	for _, r := range list {
		out = append(out, form.Option{Value: string(r), Label: form.Text{IT: texts.T("it", "role."+string(r)), EN: texts.T("en", "role."+string(r))}})
	}
	return out
}

func (s *site) inviteForm(k tenant.Kind) form.Form {
	return form.Form{Fields: []form.Field{
		{Name: "name", Kind: form.KindText, Class: form.ClassNetwork, Required: true, Label: tx("Nome e cognome", "Name")},
		{Name: "email", Kind: form.KindText, Class: form.ClassNetwork, Required: true, Label: tx("Email", "Email")},
		{Name: "roles", Kind: form.KindMultiChoice, Class: form.ClassNetwork, Required: true, Label: tx("Ruoli", "Roles"), Options: roleOptions(s.texts, service.GiveableRoles(k))},
	}}
}

func (s *site) invitePage(r *http.Request) (*formPage, []part, postgres.Tenant, error) {
	if _, err := s.svc.Invitations(r.Context(), tenantID(r)); err != nil {
		return nil, nil, postgres.Tenant{}, err // may he invite there?
	}
	t, err := s.oneTenant(r)
	if err != nil {
		return nil, nil, t, err
	}
	f := s.frame(r)
	home := "/organizzazioni/" + string(t.ID)
	p := &formPage{frame: f.titled(f.t("user.invite"), "users"), Lead: t.Name, Action: home + "/invita", Submit: f.t("user.make_link"), Back: home + "/utenti"}
	p.Crumbs = []crumb{{f.t("nav.users"), home + "/utenti"}, {f.t("user.invite"), ""}}
	return p, []part{{form: s.inviteForm(t.Kind)}}, t, nil
}

func (s *site) showInvite(w http.ResponseWriter, r *http.Request) error {
	p, parts, _, err := s.invitePage(r)
	if err != nil {
		return err
	}
	p.show(parts, typed{}, nil, "")
	return s.render(w, http.StatusOK, p)
}

func (s *site) saveInvite(w http.ResponseWriter, r *http.Request) error {
	p, parts, t, err := s.invitePage(r)
	if err != nil {
		return err
	}
	return s.saveForm(w, r, p, parts, func(v map[string]any) (string, string, error) {
		in := service.Invite{Tenant: t.ID, Name: textOf(v["name"]), Email: textOf(v["email"]), Lang: "it"}
		for _, role := range listOf(v["roles"]) {
			in.Roles = append(in.Roles, tenant.Role(textOf(role)))
		}
		i, err := s.svc.InviteUser(r.Context(), in)
		if err != nil {
			return "", "", err
		}
		return "", "", s.showLink(w, r, p, i)
	})
}

func (s *site) withdrawInvitation(w http.ResponseWriter, r *http.Request) error {
	return s.posted(w, r, "user.withdrawn", "/organizzazioni/"+string(tenantID(r))+"/utenti", func() error {
		return s.svc.WithdrawInvitation(r.Context(), chi.URLParam(r, "invitation"))
	})
}

// memberPage shows one member with his roles.
type memberPage struct {
	frame
	Home  string
	Facts []summaryRow
	Roles []roleView
	Give  *fieldView
	// MayChange: the viewer may give and take roles. Fixed: but not suspend him.
	MayChange, Fixed, Suspended bool
}

func (*memberPage) template() string { return "member" }

// roleView is a role; Fixed where who runs the users does not take it.
type roleView struct {
	Code, Name string
	Fixed      bool
}

func (s *site) showMember(w http.ResponseWriter, r *http.Request) error {
	return s.memberPage(w, r, http.StatusOK, nil)
}

// memberPage shows a member; why says what was refused just now.
func (s *site) memberPage(w http.ResponseWriter, r *http.Request, status int, why error) error {
	list, err := s.svc.Users(r.Context(), tenantID(r))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(m service.Member) bool { return m.User == userID(r) })
	if at < 0 {
		return fault.Missing()
	}
	m := list[at]
	t, err := s.oneTenant(r)
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &memberPage{frame: f.titled(f.t("user.title"), "users"), Home: memberPath(m), Fixed: m.Self || (m.Overseer && m.Suspended == nil), Suspended: m.Suspended != nil,
		MayChange: s.offers(r).Users(m.Tenant, policy.Update)}
	p.Heading = m.Name
	p.Crumbs = []crumb{{f.t("nav.users"), "/organizzazioni/" + string(m.Tenant) + "/utenti"}, {f.t("user.title"), ""}}
	p.Facts = []summaryRow{{Label: f.t("user.email"), Values: []string{m.Email}}, {Label: f.t("tenant.name"), Values: []string{t.Name}}}
	for _, role := range m.Roles {
		p.Roles = append(p.Roles, roleView{string(role), f.t("role." + string(role)), policy.Overseer(role)})
	}
	if p.MayChange {
		p.Give = s.giveField(&f, t.Kind, m)
	}
	if why != nil {
		p.Errors = []complaintView{{Text: s.errorText(f.Lang, why)}}
	}
	return s.render(w, status, p)
}

// giveField offers the roles the member could be given; nil where there are none.
func (s *site) giveField(f *frame, k tenant.Kind, m service.Member) *fieldView {
	free := slices.DeleteFunc(service.GiveableRoles(k), func(r tenant.Role) bool { return slices.Contains(m.Roles, r) })
	if len(free) == 0 || m.Self || m.Suspended != nil {
		return nil
	}
	v := &fieldView{Shape: "select", Path: "role", ID: "f-role", Label: f.t("user.role"), Required: true}
	for _, r := range free {
		v.Options = append(v.Options, optionView{Value: string(r), Label: f.t("role." + string(r))})
	}
	return v
}

func (s *site) grantRole(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, "user.granted", func() error {
		return s.svc.GrantRole(r.Context(), tenantID(r), userID(r), tenant.Role(r.PostForm.Get("role")))
	})
}

func (s *site) takeRole(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, "user.taken", func() error {
		return s.svc.TakeRole(r.Context(), tenantID(r), userID(r), tenant.Role(r.PostForm.Get("role")))
	})
}

func (s *site) suspendUser(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, "user.was_suspended", func() error { return s.svc.SuspendUser(r.Context(), tenantID(r), userID(r)) })
}

func (s *site) resumeUser(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, "user.was_resumed", func() error { return s.svc.ResumeUser(r.Context(), tenantID(r), userID(r)) })
}

// changeMember does something to a member; what is refused is said on his page.
func (s *site) changeMember(w http.ResponseWriter, r *http.Request, key string, do func() error) error {
	to := "/organizzazioni/" + string(tenantID(r)) + "/utenti"
	err := s.posted(w, r, key, to, do)
	if kind := fault.KindOf(err); err != nil && (kind == fault.Conflict || kind == fault.Invalid) {
		return s.memberPage(w, r, http.StatusConflict, err)
	}
	return err
}
