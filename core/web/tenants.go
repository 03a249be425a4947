// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// kindTexts name the kinds of organisation, statusTags their states.
var kindTexts = map[tenant.Kind]string{
	tenant.ImplementingEntity: "kind.implementing_entity", tenant.SocialServices: "kind.social_services", tenant.LeadAgency: "kind.lead_agency",
}

func statusTag(f *frame, suspended bool) tagView {
	if suspended {
		return tagView{f.t("admin.suspended"), "bad"}
	}
	return tagView{}
}

// showTenants lists the organisations of the network, for who runs them.
func (s *site) showTenants(w http.ResponseWriter, r *http.Request) error {
	list, err := s.svc.Tenants(r.Context())
	if err != nil {
		return err
	}
	f := s.frame(r)
	may := s.offers(r)
	p := &listingPage{frame: f.titled(f.t("nav.tenants"), "tenants"),
		Head: []string{f.t("tenant.name"), f.t("tenant.kind"), f.t("tenant.municipalities")}, None: f.t("admin.none")}
	if may.May(policy.TenantNetwork, policy.Create) {
		p.Buttons = []linkView{{f.t("tenant.new"), "/organizzazioni/nuova", "new-tenant"}}
	}
	for _, t := range list {
		name := cellView{Text: t.Name, Tag: statusTag(&f, t.Status != "active")}
		if may.May(policy.TenantNetwork, policy.Read) {
			name.Href = "/organizzazioni/" + string(t.ID)
		}
		p.Rows = append(p.Rows, []cellView{name,
			{Label: f.t("tenant.kind"), Text: f.t(kindTexts[t.Kind])}, {Label: f.t("tenant.municipalities"), Text: strings.Join(t.Municipalities, ", ")}})
	}
	return s.render(w, http.StatusOK, p)
}

// tenantForm asks for what the secretariat writes of an organisation.
func tenantForm(isNew bool) form.Form {
	line := func(name string, required bool, label, hint form.Text) form.Field {
		return form.Field{Name: name, Kind: form.KindText, Class: form.ClassNetwork, Required: required, Label: label, Hint: hint}
	}
	fields := []form.Field{
		line("name", true, tx("Denominazione", "Name"), form.Text{}),
		{Name: "municipalities", Kind: form.KindText, Class: form.ClassNetwork, Label: tx("Comuni", "Municipalities"),
			Hint: tx("Separati da virgole. Per i servizi sociali: quelli di cui sono competenti.", "Separated by commas. For social services: those they are competent for.")},
		line("codice_fiscale", true, tx("Codice fiscale", "Codice fiscale"), form.Text{}),
		line("partita_iva", false, tx("Partita IVA", "VAT number"), form.Text{}),
		line("pec", false, tx("PEC", "PEC (certified mail)"), form.Text{}),
		line("legal_representative", false, tx("Legale rappresentante", "Legal representative"), form.Text{}),
		line("address", false, tx("Indirizzo della sede", "Address of the seat"), form.Text{}),
		line("postal_code", false, tx("CAP", "Postal code"), form.Text{}),
		line("municipality", false, tx("Comune della sede", "Municipality of the seat"), form.Text{}),
	}
	if isNew {
		fields = append([]form.Field{{Name: "kind", Kind: form.KindChoice, Class: form.ClassNetwork, Required: true, Label: tx("Tipo", "Kind"), Options: []form.Option{
			{Value: string(tenant.ImplementingEntity), Label: tx("Ente attuatore", "Implementing entity")},
			{Value: string(tenant.SocialServices), Label: tx("Servizi sociali territoriali", "Social services")}}}}, fields...)
	}
	return form.Form{Fields: fields}
}

func tenantValues(t postgres.TenantRecord) map[string]any {
	p := t.Profile
	return map[string]any{"name": t.Name, "municipalities": strings.Join(t.Municipalities, ", "), "codice_fiscale": p.CodiceFiscale, "partita_iva": p.PartitaIVA,
		"pec": p.PEC, "legal_representative": p.LegalRepresentative, "address": p.Address, "postal_code": p.PostalCode, "municipality": p.Municipality}
}

func tenantInput(v map[string]any) service.TenantInput {
	text := func(name string) string { return textOf(v[name]) }
	return service.TenantInput{Kind: tenant.Kind(text("kind")), Name: text("name"), Municipalities: strings.Split(text("municipalities"), ","),
		Profile: tenant.Profile{CodiceFiscale: text("codice_fiscale"), PartitaIVA: text("partita_iva"), PEC: text("pec"),
			LegalRepresentative: text("legal_representative"), Address: text("address"), PostalCode: text("postal_code"), Municipality: text("municipality")}}
}

func (s *site) newTenantPage(r *http.Request) *formPage {
	f := s.frame(r)
	p := &formPage{frame: f.titled(f.t("tenant.new"), "tenants"), Action: "/organizzazioni/nuova", Submit: f.t("tenant.create"), Back: "/organizzazioni"}
	p.Crumbs = []crumb{{f.t("nav.tenants"), "/organizzazioni"}, {f.t("tenant.new"), ""}}
	return p
}

func (s *site) showNewTenant(w http.ResponseWriter, r *http.Request) error {
	if err := s.only(r, policy.TenantNetwork, policy.Create); err != nil {
		return err
	}
	p := s.newTenantPage(r)
	p.show([]part{{form: tenantForm(true)}}, typed{}, nil, "")
	return s.render(w, http.StatusOK, p)
}

func (s *site) saveNewTenant(w http.ResponseWriter, r *http.Request) error {
	return s.saveForm(w, r, s.newTenantPage(r), []part{{form: tenantForm(true)}}, func(v map[string]any) (string, string, error) {
		t, err := s.svc.CreateTenant(r.Context(), tenantInput(v))
		return "tenant.created", "/organizzazioni/" + string(t.ID), err
	})
}

// saveForm reads a form of administration and hands it to store, which tells what to say
// and where to go. What is wrong is shown at its field, with everything typed still there.
func (s *site) saveForm(w http.ResponseWriter, r *http.Request, p *formPage, parts []part, store func(map[string]any) (key, to string, err error)) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	t := typed(r.PostForm)
	values, complaints := read(parts, t)
	if len(complaints) == 0 {
		key, to, err := store(values[0])
		if err == nil {
			if to == "" {
				return nil // store wrote the page itself
			}
			return s.finish(w, r, key, to)
		}
		fields, ok := complaintsOf(err)
		switch kind := fault.KindOf(err); {
		case ok:
			complaints = fields
		case kind == fault.Conflict || kind == fault.Stale:
			p.Errors = append(p.Errors, complaintView{Text: s.errorText(p.Lang, err)})
		default:
			return err
		}
	}
	p.show(parts, t, complaints, "")
	return s.render(w, http.StatusUnprocessableEntity, p)
}

// tenantPage begins the page of one organisation.
func (s *site) tenantPage(r *http.Request) (*formPage, postgres.TenantRecord, error) {
	t, err := s.svc.TenantRecord(r.Context(), tenantID(r))
	if err != nil {
		return nil, t, err
	}
	f := s.frame(r)
	home := "/organizzazioni/" + string(t.ID)
	p := &formPage{frame: f.titled(t.Name, "tenants"), Lead: f.t(kindTexts[t.Kind]), Action: home, Submit: f.t("form.save"), Back: "/organizzazioni",
		Hidden: []hiddenInput{{"_base", strconv.FormatInt(t.Revision, 10)}}}
	p.Crumbs = []crumb{{f.t("nav.tenants"), "/organizzazioni"}, {t.Name, ""}}
	may := s.offers(r)
	if may.Users(t.ID, policy.List) {
		p.Links = []linkView{{f.t("nav.users"), home + "/utenti", "tenant-users"}}
	}
	if !may.May(policy.TenantNetwork, policy.Update) {
		p.Submit = "" // to be read only
	}
	suspends := may.May(policy.TenantNetwork, policy.Suspend)
	switch {
	case t.Kind == tenant.LeadAgency:
	case t.Status == "active" && suspends:
		p.Links = append(p.Links, linkView{f.t("admin.suspend"), home + "/sospendi", "suspend"})
	case t.Status == "active":
	default:
		p.Notice = &noticeView{Tone: "warn", Text: f.t("tenant.is_suspended")}
		if suspends {
			p.Resume = home + "/riammetti"
		}
	}
	return p, t, nil
}

func (s *site) showTenant(w http.ResponseWriter, r *http.Request) error {
	p, t, err := s.tenantPage(r)
	if err != nil {
		return err
	}
	p.show([]part{{form: tenantForm(false)}}, encode(tenantForm(false), "", tenantValues(t)), nil, "")
	return s.render(w, http.StatusOK, p)
}

func (s *site) saveTenant(w http.ResponseWriter, r *http.Request) error {
	p, t, err := s.tenantPage(r)
	if err != nil {
		return err
	}
	return s.saveForm(w, r, p, []part{{form: tenantForm(false)}}, func(v map[string]any) (string, string, error) {
		base, err := baseOf(typed(r.PostForm))
		if err == nil {
			_, err = s.svc.UpdateTenant(r.Context(), t.ID, base, tenantInput(v))
		}
		return "form.saved", p.Action, err
	})
}

func (s *site) showSuspendTenant(w http.ResponseWriter, r *http.Request) error {
	if err := s.only(r, policy.TenantNetwork, policy.Suspend); err != nil {
		return err
	}
	t, err := s.svc.TenantRecord(r.Context(), tenantID(r))
	if err != nil {
		return err
	}
	f := s.frame(r)
	home := "/organizzazioni/" + string(t.ID)
	p := &confirmPage{frame: f.titled(f.t("tenant.suspend_title", "Name", t.Name), "tenants"), Text: f.t("tenant.suspend_text"),
		Action: home + "/sospendi", Submit: f.t("admin.suspend"), Back: home}
	return s.render(w, http.StatusOK, p)
}

func (s *site) suspendTenant(w http.ResponseWriter, r *http.Request) error {
	return s.posted(w, r, "tenant.was_suspended", "/organizzazioni", func() error { return s.svc.SuspendTenant(r.Context(), tenantID(r)) })
}

func (s *site) resumeTenant(w http.ResponseWriter, r *http.Request) error {
	return s.posted(w, r, "tenant.was_resumed", "/organizzazioni", func() error { return s.svc.ResumeTenant(r.Context(), tenantID(r)) })
}
