// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	address := w.Email(w.Entity, "operator")
	got, err := w.Service.SignIn(t.Context(), "  "+address+" ", sample.Password)
	if diff := cmp.Diff(w.Actor(w.Entity, "operator"), got); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	wrong := func(email, password string) string {
		_, err := w.Service.SignIn(t.Context(), email, password)
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", email, err)
			return ""
		}
		return err.Error()
	}
	if a, b := wrong(address, "no"), wrong("nobody@example.org", sample.Password); a != b {
		t.Errorf("a wrong password answers %q, an unknown address %q", a, b)
	}
	wrong(address, "")
	w.Admin(t, "UPDATE app_user SET status = 'suspended' WHERE email = '"+address+"'")
	if wrong(address, sample.Password) != wrong(address, "no") {
		t.Error("a suspended user is told apart")
	}
}

// Someone who was given a role a moment ago, by another process, can sign in at once.
func TestSignInOfANewUser(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	serving := service.New(service.Config{DB: w.DB, Master: w.Master})
	if _, err := serving.Me(w.As(w.Entity, "operator")); err != nil { // the policy is loaded
		t.Fatal(err)
	}
	w.User(t, w.Entity, "nuova", tenant.Operator)
	if _, err := serving.SignIn(t.Context(), w.Email(w.Entity, "nuova"), sample.Password); err != nil {
		t.Error(err)
	}
}

func TestSwitch(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	both := w.User(t, w.Entity, "both", tenant.Operator)
	w.User(t, w.Entity, "both", tenant.Operator)
	if _, err := w.Service.Host().PutUser(t.Context(), service.NewUser{Email: w.Email(w.Entity, "both"), Tenant: w.Services.ID, Roles: []tenant.Role{tenant.SocialWorker}}); err != nil {
		t.Fatal(err)
	}
	got, err := w.Service.Switch(tenant.With(t.Context(), both), w.Services.ID)
	if err != nil || got.Tenant != w.Services.ID || got.Kind != tenant.SocialServices {
		t.Errorf("%+v, %v", got, err)
	}
	for _, to := range []tenant.ID{w.Lead.ID, w.OtherEntity.ID, nobody, "x"} {
		if _, err := w.Service.Switch(tenant.With(t.Context(), both), to); !fault.Is(err, fault.NotFound) {
			t.Errorf("to %s: %v", to, err)
		}
	}
	if _, err := w.Service.Switch(t.Context(), w.Entity.ID); !fault.Is(err, fault.Unauthenticated) {
		t.Error("nobody switches:", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	who := w.Actor(w.Entity, "operator")
	issue := func(lasts time.Duration) string {
		token, err := w.Service.Host().IssueToken(t.Context(), w.Entity.ID, who.User, "api", lasts)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	old := issue(time.Hour)
	if got, err := w.Service.ActorByToken(t.Context(), old); err != nil || got != who {
		t.Errorf("%+v, %v", got, err)
	}
	replaced := old
	token := issue(time.Hour)
	for _, bad := range []string{replaced, "", "x", token + "x", token[1:]} {
		if _, err := w.Service.ActorByToken(t.Context(), bad); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a bad token: %v", err)
		}
	}
	expired := issue(-time.Second)
	if _, err := w.Service.ActorByToken(t.Context(), expired); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an expired token: %v", err)
	}
	// A suspended organisation's tokens hold no more.
	token = issue(time.Hour)
	if err := w.Service.Host().SetTenantStatus(t.Context(), w.Entity.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.ActorByToken(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a token of a suspended organisation: %v", err)
	}
	var leaks int
	w.Query(t, &leaks, "SELECT count(*) FROM api_token WHERE hash = $1", []byte(token))
	if leaks != 0 {
		t.Error("the token itself is stored")
	}
}

// Actor names who acts and grants nothing; SetLang is for oneself; Ready asks the database.
func TestActorSetLangReady(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	me := w.Actor(w.Entity, "operator")
	a, err := w.Service.Actor(t.Context(), me.User, me.Tenant)
	if err != nil || a.Kind != me.Kind || a.Network != me.Network {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err = w.Service.Actor(t.Context(), nobody, me.Tenant); err == nil {
		_, err = w.Service.Me(tenant.With(t.Context(), a))
	}
	if !fault.Is(err, fault.Unauthenticated) {
		t.Error("someone without a role:", err)
	}
	if _, err := w.Service.Actor(t.Context(), me.User, nobody); !fault.Is(err, fault.Unauthenticated) {
		t.Error("an unknown organisation:", err)
	}
	if err := w.Service.SetLang(t.Context(), "en"); !fault.Is(err, fault.Unauthenticated) {
		t.Error(err)
	}
	if err := w.Service.SetLang(tenant.With(t.Context(), me), "xx"); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	if err := w.Service.SetLang(tenant.With(t.Context(), me), "en"); err != nil {
		t.Error(err)
	}
	var others int
	w.Query(t, &others, "SELECT count(*) FROM app_user WHERE lang = 'en'")
	if others != 1 {
		t.Errorf("%d users read English now", others)
	}
	if err := w.Service.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
