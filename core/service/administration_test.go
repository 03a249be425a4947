// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// missingIsFine takes "no such thing" for an answer: the actor was let in to look.
func missingIsFine(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// codeOf tells the code of an error, or of its first field.
func codeOf(err error) string {
	e, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok:
		return ""
	case len(e.Fields) > 0:
		return e.Fields[0].Path + " " + e.Fields[0].Code
	}
	return e.Code
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if codeOf(err) != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newEntity is an organisation as the secretariat writes it.
func newEntity(name, code string) service.TenantInput {
	return service.TenantInput{Kind: tenant.ImplementingEntity, Name: name, Municipalities: []string{"Lucca"},
		Profile: tenant.Profile{CodiceFiscale: code, PEC: "ente@pec.example.it", LegalRepresentative: "Ada Prova"}}
}

const (
	someCode  = "00488410010"
	otherCode = "01585210337"
)

// join invites somebody and accepts; it tells who he is.
func join(t *testing.T, w *sample.World, by context.Context, in postgres.Tenant, email string, roles ...tenant.Role) tenant.Actor {
	t.Helper()
	i, err := w.Service.InviteUser(by, service.Invite{Tenant: in.ID, Email: email, Name: "Nuova Persona", Roles: roles})
	must(t, err)
	must(t, w.Service.AcceptInvitation(t.Context(), i.Token, sample.Password))
	a, err := w.Service.SignIn(t.Context(), email, sample.Password)
	must(t, err)
	a.Tenant, a.Kind, a.Network = in.ID, in.Kind, in.Network
	return a
}

// An organisation that the secretariat creates can work at once, is corrected under a
// revision, and is shut out and let in again at the next request.
func TestTenantLife(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	sec := w.As(w.Lead, "secretariat")
	made, err := w.Service.CreateTenant(sec, newEntity("  Onda   Nuova ", someCode))
	must(t, err)
	if made.Name != "Onda Nuova" || made.Network != w.Lead.Network || made.Revision != 1 {
		t.Errorf("%+v", made)
	}
	admin := join(t, w, sec, made.Tenant, "capo@onda.example", tenant.EntityAdmin, tenant.Operator)
	if _, err := w.Service.RegisterPerson(tenant.With(t.Context(), admin), service.NewPerson{Identity: sample.Identity(1), Person: samplePerson()}); err != nil {
		t.Errorf("its keys do not work: %v", err)
	}

	in := newEntity("Onda", otherCode)
	_, err = w.Service.UpdateTenant(sec, made.ID, 9, in)
	if !fault.Is(err, fault.Stale) {
		t.Errorf("stale update: %v", err)
	}
	got, err := w.Service.UpdateTenant(sec, made.ID, 1, in)
	must(t, err)
	again, err := w.Service.TenantRecord(sec, made.ID)
	must(t, err)
	if again.Revision != 2 || got.Revision != 2 || again.Profile.CodiceFiscale != otherCode || again.Name != "Onda" {
		t.Errorf("%+v", again)
	}

	must(t, w.Service.SuspendTenant(sec, made.ID))
	if _, err := w.Service.Me(tenant.With(t.Context(), admin)); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a suspended organisation works: %v", err)
	}
	must(t, w.Service.ResumeTenant(sec, made.ID))
	if _, err := w.Service.Me(tenant.With(t.Context(), admin)); err != nil {
		t.Error(err)
	}
	wantCode(t, w.Service.SuspendTenant(sec, w.Lead.ID), "lead_stays")
	notices, err := w.Service.Notices(tenant.With(t.Context(), admin), service.PageRequest{})
	must(t, err)
	kinds := []string{}
	for _, n := range notices.Items {
		kinds = append(kinds, n.Kind)
	}
	if !slices.Equal(kinds, []string{"tenant_resumed", "tenant_updated", "user_invited"}) {
		t.Errorf("notices: %v", kinds)
	}
}

func TestTenantIsChecked(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	sec := w.As(w.Lead, "secretariat")
	_, err := w.Service.CreateTenant(sec, newEntity("Prima", someCode))
	must(t, err)
	for want, change := range map[string]func(*service.TenantInput){
		"kind not_an_option":                func(i *service.TenantInput) { i.Kind = tenant.LeadAgency },
		"name required":                     func(i *service.TenantInput) { i.Name = " " },
		"name bad_text":                     func(i *service.TenantInput) { i.Name = "a\x00" },
		"codice_fiscale required":           func(i *service.TenantInput) { i.Profile.CodiceFiscale = "" },
		"codice_fiscale bad_codice_fiscale": func(i *service.TenantInput) { i.Profile.CodiceFiscale = "00488410011" },
		"codice_fiscale known_tenant":       func(i *service.TenantInput) { i.Profile.CodiceFiscale = someCode },
		"partita_iva bad_partita_iva":       func(i *service.TenantInput) { i.Profile.PartitaIVA = "123" },
		"postal_code bad_postal_code":       func(i *service.TenantInput) { i.Profile.PostalCode = "5504" },
		"pec bad_email":                     func(i *service.TenantInput) { i.Profile.PEC = "pec" },
		"municipalities required": func(i *service.TenantInput) {
			i.Kind, i.Municipalities = tenant.SocialServices, nil
		},
	} {
		in := newEntity("Seconda", otherCode)
		change(&in)
		_, err := w.Service.CreateTenant(sec, in)
		wantCode(t, err, want)
	}
}

// An entity_admin runs the users of the own entity, and of no other.
func TestEntityAdminStaysAtHome(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	admin := w.As(w.Entity, "entity_admin")
	operator, stranger := w.Actor(w.Entity, "operator").User, w.Actor(w.OtherEntity, "operator").User
	must(t, w.Service.GrantRole(admin, w.Entity.ID, operator, tenant.EntityManager))
	wantCode(t, w.Service.GrantRole(admin, w.Entity.ID, operator, tenant.EntityManager), "role_held")
	wantCode(t, w.Service.GrantRole(admin, w.Entity.ID, operator, tenant.Approver), "role not_an_option")
	wantCode(t, w.Service.GrantRole(admin, w.Entity.ID, operator, tenant.SocialWorker), "role not_an_option")
	wantCode(t, w.Service.GrantRole(admin, w.Entity.ID, w.Actor(w.Entity, "entity_admin").User, tenant.Operator), "not_to_yourself")
	wantCode(t, w.Service.SuspendUser(admin, w.Entity.ID, w.Actor(w.Entity, "entity_admin").User), "not_to_yourself")
	wantCode(t, w.Service.GrantRole(admin, w.OtherEntity.ID, stranger, tenant.EntityManager), "not_allowed")
	wantCode(t, w.Service.GrantRole(admin, w.Entity.ID, stranger, tenant.EntityManager), "not_found")
	_, err := w.Service.Users(admin, w.OtherEntity.ID)
	wantCode(t, err, "not_allowed")
	_, err = w.Service.InviteUser(admin, service.Invite{Tenant: w.OtherEntity.ID, Email: "a@b.example", Name: "A", Roles: []tenant.Role{tenant.Operator}})
	wantCode(t, err, "not_allowed")
	users, err := w.Service.Users(admin, "")
	must(t, err)
	for _, u := range users {
		if u.Tenant != w.Entity.ID || u.Email == "" {
			t.Errorf("%+v", u)
		}
	}
	if len(users) != 3 {
		t.Errorf("%d users, want 3", len(users))
	}
	must(t, w.Service.TakeRole(admin, w.Entity.ID, operator, tenant.EntityManager))
	wantCode(t, w.Service.TakeRole(admin, w.Entity.ID, operator, tenant.EntityManager), "not_found")
}

// The secretariat reaches every organisation of its network, gives no role that watches
// over others, and never leaves an organisation without who is needed.
func TestSecretariatRunsTheNetwork(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	sec := w.As(w.Lead, "secretariat")
	for _, r := range []tenant.Role{tenant.PolicyAdmin, tenant.PluginAdmin, tenant.DataProtectionOfficer} {
		wantCode(t, w.Service.GrantRole(sec, w.Lead.ID, w.Actor(w.Lead, "evaluator").User, r), "role given_by_host")
		_, err := w.Service.InviteUser(sec, service.Invite{Tenant: w.Lead.ID, Email: "x@y.example", Name: "X", Roles: []tenant.Role{r}})
		wantCode(t, err, "roles given_by_host")
	}
	wantCode(t, w.Service.TakeRole(sec, w.Entity.ID, w.Actor(w.Entity, "entity_admin").User, tenant.EntityAdmin), "last_administrator")
	wantCode(t, w.Service.TakeRole(sec, w.Lead.ID, w.Actor(w.Lead, "secretariat").User, tenant.Secretariat), "last_administrator")
	self := service.Invite{Tenant: w.Entity.ID, Email: w.Email(w.Lead, "secretariat"), Name: "Io", Roles: []tenant.Role{tenant.Operator}}
	_, err := w.Service.InviteUser(sec, self)
	wantCode(t, err, "not_to_yourself")

	// Suspended in one organisation, he works on in the other.
	op := w.Actor(w.Entity, "operator")
	other := op
	other.Tenant = w.OtherEntity.ID
	_, err = w.Service.Host().PutUser(t.Context(), service.NewUser{Email: w.Email(w.Entity, "operator"), Tenant: w.OtherEntity.ID, Roles: []tenant.Role{tenant.Operator}})
	must(t, err)
	must(t, w.Service.SuspendUser(sec, w.Entity.ID, op.User))
	if _, err := w.Service.Me(tenant.With(t.Context(), op)); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("suspended, and works: %v", err)
	}
	if _, err := w.Service.Me(tenant.With(t.Context(), other)); err != nil {
		t.Errorf("suspended elsewhere: %v", err)
	}
	wantCode(t, w.Service.GrantRole(sec, w.Entity.ID, op.User, tenant.EntityManager), "user_suspended")
	must(t, w.Service.ResumeUser(sec, w.Entity.ID, op.User))
	if _, err := w.Service.Me(tenant.With(t.Context(), op)); err != nil {
		t.Error(err)
	}
}

// Two who take the role from each other at the same time do not both succeed.
func TestTheLastTwoAdmins(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	sec := w.As(w.Lead, "secretariat")
	second := join(t, w, sec, w.Entity, "due@example.org", tenant.EntityAdmin)
	users := []tenant.UserID{w.Actor(w.Entity, "entity_admin").User, second.User}
	var wg sync.WaitGroup
	errs := make([]error, len(users))
	for i, u := range users {
		wg.Go(func() { errs[i] = w.Service.TakeRole(sec, w.Entity.ID, u, tenant.EntityAdmin) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%v and %v: one of them must fail", errs[0], errs[1])
	}
	var n int
	w.Query(t, &n, "SELECT count(*) FROM member WHERE tenant_id = $1 AND role = 'entity_admin'", w.Entity.ID)
	if n != 1 {
		t.Errorf("%d admins are left", n)
	}
}
