// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func samplePerson() casework.Person {
	return casework.Person{Citizenship: "NGA", Municipality: "Viareggio"}
}

func TestInvitationIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	admin := w.As(w.Entity, "entity_admin")
	in := service.Invite{Email: " Nuova@Example.org", Name: "Nuova Operatrice", Roles: []tenant.Role{tenant.Operator}}
	old, err := w.Service.InviteUser(admin, in)
	must(t, err)
	i, err := w.Service.InviteUser(admin, in)
	must(t, err)
	wantCode(t, w.Service.CheckInvitation(t.Context(), old.Token), "not_found") // the newer one stands for it
	must(t, w.Service.CheckInvitation(t.Context(), i.Token))
	wantCode(t, w.Service.AcceptInvitation(t.Context(), i.Token, "corta"), "password password_too_short")

	var wg sync.WaitGroup
	errs := make([]error, 4)
	for n := range errs {
		wg.Go(func() { errs[n] = w.Service.AcceptInvitation(t.Context(), i.Token, sample.Password) })
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else if !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("accepted %d times", good)
	}
	a, err := w.Service.SignIn(t.Context(), "nuova@example.org", sample.Password)
	must(t, err)
	me, err := w.Service.Me(tenant.With(t.Context(), a))
	if err != nil || me.Tenant.Tenant != w.Entity.ID || me.Roles[0] != tenant.Operator || len(me.Roles) != 1 {
		t.Errorf("%+v %v", me, err)
	}
	_, err = w.Service.InviteUser(admin, in)
	wantCode(t, err, "already_member")
}

// An address that has an account keeps its password: the link alone does not open it.
func TestInvitationToAnAccount(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	admin := w.As(w.Entity, "entity_admin")
	in := service.Invite{Email: w.Email(w.OtherEntity, "operator"), Name: "Altro Nome", Roles: []tenant.Role{tenant.Operator}}
	i, err := w.Service.InviteUser(admin, in)
	must(t, err)
	wantCode(t, w.Service.AcceptInvitation(t.Context(), i.Token, "otto gabbiani al molo"), "password wrong_password")
	must(t, w.Service.AcceptInvitation(t.Context(), i.Token, sample.Password))
	a := w.Actor(w.OtherEntity, "operator")
	a.Tenant = w.Entity.ID
	me, err := w.Service.Me(tenant.With(t.Context(), a))
	if err != nil || len(me.Memberships) != 2 || me.Name == "Altro Nome" {
		t.Errorf("%+v %v", me, err)
	}

	in.Email = w.Email(w.OtherEntity, "entity_manager")
	guess, err := w.Service.InviteUser(admin, in)
	must(t, err)
	for range 5 {
		wantCode(t, w.Service.AcceptInvitation(t.Context(), guess.Token, "otto gabbiani al molo"), "password wrong_password")
	}
	wantCode(t, w.Service.AcceptInvitation(t.Context(), guess.Token, sample.Password), "not_found")
}

// What ran out, was withdrawn, was made up or leads to a suspended organisation reads alike.
func TestInvitationsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := sample.With(t, sample.Options{Config: func(c *service.Config) { c.Now = func() time.Time { return now } }})
	sec := w.As(w.Lead, "secretariat")
	invite := func(email string) service.Invited {
		i, err := w.Service.InviteUser(sec, service.Invite{Tenant: w.Services.ID, Email: email, Name: "Nome", Roles: []tenant.Role{tenant.SocialWorker}})
		must(t, err)
		return i
	}
	nowhere := func(what, token string) {
		t.Helper()
		for _, err := range []error{w.Service.CheckInvitation(t.Context(), token), w.Service.AcceptInvitation(t.Context(), token, sample.Password)} {
			if err == nil || err.Error() != fault.Missing().Error() {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	back := invite("a@example.org")
	open, err := w.Service.Invitations(sec, "")
	if err != nil || len(open) != 1 || open[0].Email != "a@example.org" {
		t.Errorf("%v %v", open, err)
	}
	must(t, w.Service.WithdrawInvitation(sec, back.ID))
	nowhere("withdrawn", back.Token)
	shut := invite("b@example.org")
	must(t, w.Service.SuspendTenant(sec, w.Services.ID))
	nowhere("suspended", shut.Token)
	_, err = w.Service.InviteUser(sec, service.Invite{Tenant: w.Services.ID, Email: "c@example.org", Name: "N", Roles: []tenant.Role{tenant.SocialWorker}})
	wantCode(t, err, "tenant_suspended")
	must(t, w.Service.ResumeTenant(sec, w.Services.ID))
	must(t, w.Service.CheckInvitation(t.Context(), shut.Token))
	now = now.Add(8 * 24 * time.Hour)
	nowhere("run out", shut.Token)
	for _, made := range []string{"", "x", strings.Repeat("A", 64), shut.Token[:63] + "A"} {
		nowhere("made up", made)
	}
	var stored int
	w.Query(t, &stored, "SELECT count(*) FROM invitation WHERE encode(token_hash, 'escape') LIKE '%' || $1 || '%'", shut.Token[30:])
	if stored != 0 {
		t.Error("the token is stored")
	}
}
