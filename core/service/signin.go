// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"net/mail"
	"strings"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/credential"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// Profile is who is signed in, and where else he could act.
type Profile struct {
	User        tenant.UserID
	Name, Email string
	Lang        string
	Tenant      postgres.Membership
	Roles       []tenant.Role
	Memberships []postgres.Membership
	// Meets are the organisations whose catalogs of courses are of use to the user: the own
	// one, for a social service those that share projects with it, for the lead agency all
	// that have plugins. It is no right: see Offers.Courses.
	Meets []tenant.ID
}

// SignIn checks an address and a password and tells who acts: in the first of the user's
// organisations by name. Unknown address, wrong password and suspended user answer alike,
// and take alike. It asks no policy: who signs in has no rights yet.
func (s *Service) SignIn(ctx context.Context, email, password string) (tenant.Actor, error) {
	wrong := fault.New(fault.Unauthenticated, "wrong_credentials")
	var u postgres.User
	var where []postgres.Membership
	err := s.db.AsSystem(ctx, postgres.JobSignIn, func(tx *postgres.Tx) (err error) {
		if u, err = tx.UserByEmail(ctx, CleanEmail(email)); err != nil {
			return err
		}
		where, err = tx.Memberships(ctx, u.ID)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		credential.VerifyNothing(password)
		return tenant.Actor{}, wrong
	}
	if err != nil {
		return tenant.Actor{}, err
	}
	ok, _, err := credential.Verify(u.PasswordHash, password)
	if err != nil || !ok || u.Status != "active" || len(where) == 0 {
		return tenant.Actor{}, wrong
	}
	return s.begin(ctx, u, where[0])
}

// begin records the sign-in in the organisation's audit.
func (s *Service) begin(ctx context.Context, u postgres.User, m postgres.Membership) (tenant.Actor, error) {
	a := tenant.Actor{User: u.ID, Tenant: m.Tenant, Kind: m.Kind, Network: m.Network, Lang: u.Lang}
	err := s.write(tenant.With(ctx, a), func(x *act) error {
		return x.audit("sign_in", "profile@self", string(u.ID))
	})
	return a, err
}

// Switch lets a signed-in user act in another of his organisations; NotFound for any other.
func (s *Service) Switch(ctx context.Context, to tenant.ID) (tenant.Actor, error) {
	a, err := tenant.From(ctx)
	if err != nil {
		return a, fault.Wrap(err, fault.Unauthenticated, "sign_in")
	}
	var u postgres.User
	var where []postgres.Membership
	err = s.db.AsSystem(ctx, postgres.JobSignIn, func(tx *postgres.Tx) (err error) {
		if u, err = tx.UserByID(ctx, a.User); err != nil {
			return err
		}
		where, err = tx.Memberships(ctx, a.User)
		return err
	})
	if err != nil {
		return a, err
	}
	for _, m := range where {
		if m.Tenant == to && u.Status == "active" {
			return s.begin(ctx, u, m)
		}
	}
	return a, fault.Missing()
}

// ActorByToken tells who acts with an API token; Unauthenticated for any that does not hold.
func (s *Service) ActorByToken(ctx context.Context, token string) (tenant.Actor, error) {
	a, err := s.db.ActorByToken(ctx, credential.HashToken(token), s.now())
	if fault.Is(err, fault.NotFound) {
		return a, fault.New(fault.Unauthenticated, "bad_token")
	}
	return a, err
}

// Actor tells who acts where a session names a user and an organisation. It grants
// nothing: every method asks what the user may do there, and a user without a role in the
// organisation is Unauthenticated. An organisation's kind and network never change, so
// they are looked up once per process.
func (s *Service) Actor(ctx context.Context, u tenant.UserID, t tenant.ID) (tenant.Actor, error) {
	if known, ok := s.tenants.Load(t); ok {
		a := known.(tenant.Actor)
		a.User = u
		return a, nil
	}
	var row postgres.Tenant
	err := s.db.AsSystem(ctx, postgres.JobSignIn, func(tx *postgres.Tx) (err error) {
		row, err = tx.Tenant(ctx, t)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return tenant.Actor{}, fault.New(fault.Unauthenticated, "sign_in")
	}
	if err != nil {
		return tenant.Actor{}, err
	}
	a := tenant.Actor{Tenant: row.ID, Kind: row.Kind, Network: row.Network}
	s.tenants.Store(t, a)
	a.User = u
	return a, nil
}

// Me tells who is signed in.
func (s *Service) Me(ctx context.Context) (Profile, error) {
	var p Profile
	err := s.read(ctx, func(a *act) (err error) {
		if err := a.allow("profile@self", "read", string(a.actor.User)); err != nil {
			return err
		}
		t, err := a.tx.Tenant(a, a.actor.Tenant)
		if err != nil {
			return err
		}
		p.Tenant = postgres.Membership{Tenant: t.ID, Network: t.Network, Kind: t.Kind, Name: t.Name}
		p.User, p.Roles = a.actor.User, a.rules.Roles(a.actor.User, a.actor.Tenant)
		p.Meets, err = a.meets()
		return err
	})
	if err != nil {
		return p, err
	}
	err = s.db.AsSystem(ctx, postgres.JobSignIn, func(tx *postgres.Tx) error {
		u, err := tx.UserByID(ctx, p.User)
		if err != nil {
			return err
		}
		p.Name, p.Email, p.Lang = u.Name, u.Email, u.Lang
		p.Memberships, err = tx.Memberships(ctx, p.User)
		return err
	})
	return p, err
}

// meets asks the database only for who could look for courses somewhere in the network.
func (a *act) meets() ([]tenant.ID, error) {
	if a.actor.Kind == tenant.SocialServices && a.may(policy.CourseNetwork, policy.List) && len(a.catalogs()) > 0 {
		return a.tx.SharingTenants(a)
	}
	return a.ownersOf(), nil
}

// SetLang stores the language the user reads in, "it" or "en".
func (s *Service) SetLang(ctx context.Context, lang string) error {
	a, err := tenant.From(ctx)
	if err != nil {
		return fault.Wrap(err, fault.Unauthenticated, "sign_in")
	}
	if lang != "it" && lang != "en" {
		return fault.OfFields([]fault.Field{fault.At("lang", "not_an_option")})
	}
	return s.db.AsSystem(ctx, postgres.JobSignIn, func(tx *postgres.Tx) error {
		if err := tx.SetLang(ctx, a.User, lang); err != nil {
			return err
		}
		if err := tx.AuditFor(ctx, a.Tenant); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{At: s.now(), Actor: a.User, Tenant: a.Tenant, Action: "update", Object: string(policy.ProfileSelf),
			ID: string(a.User), Outcome: audit.Allowed, Detail: fault.Pairs("lang", lang)})
	})
}

// Colleagues lists the members of the actor's organisation, to choose reference operators
// among.
func (s *Service) Colleagues(ctx context.Context) ([]postgres.Colleague, error) {
	var out []postgres.Colleague
	err := s.read(ctx, func(a *act) error {
		if !a.may("user@own", "list") {
			if err := a.allow("user@own", "list_names", ""); err != nil {
				return err
			}
		}
		var err error
		out, err = a.tx.Colleagues(a)
		return err
	})
	return answer(out, err)
}

// Tenants lists the organisations of the network with their kinds and municipalities.
func (s *Service) Tenants(ctx context.Context) ([]postgres.Tenant, error) {
	var out []postgres.Tenant
	err := s.read(ctx, func(a *act) error {
		if err := a.allow("tenant@network", "list", ""); err != nil {
			return err
		}
		var err error
		out, err = a.tx.Tenants(a)
		return err
	})
	return answer(out, err)
}

// Ready asks whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return s.db.Ping(ctx) }

// CleanEmail makes the one spelling of an address that users are found by.
func CleanEmail(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if a, err := mail.ParseAddress(s); err == nil {
		return a.Address
	}
	return s
}
