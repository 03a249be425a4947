// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/credential"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// invitationLasts is how long an invitation can be accepted.
const invitationLasts = 7 * 24 * time.Hour

// Invite describes an invitation to an organisation.
type Invite struct {
	// Tenant is empty for the actor's own.
	Tenant      tenant.ID
	Email, Name string
	Roles       []tenant.Role
	Lang        string
}

// Invited is an invitation that was made.
type Invited struct {
	ID string
	// Token belongs into the link that is handed over. It is told this once.
	Token     string
	ExpiresAt time.Time
}

// InviteUser makes an invitation and tells its token, for the actor to hand over: no mail
// is sent. Whether the address has an account elsewhere, nobody learns by it.
func (s *Service) InviteUser(ctx context.Context, in Invite) (Invited, error) {
	var out Invited
	in.Email, in.Name = CleanEmail(in.Email), strings.Join(strings.Fields(in.Name), " ")
	in.Roles = slices.Compact(slices.Sorted(slices.Values(in.Roles)))
	if in.Lang == "" {
		in.Lang = "it"
	}
	err := s.write(ctx, func(a *act) error {
		if in.Tenant == "" {
			in.Tenant = a.actor.Tenant
		}
		t, err := a.usersOf(in.Tenant, policy.Invite)
		if err != nil {
			return err
		}
		if err := a.checkInvite(t, in); err != nil {
			return err
		}
		by, err := a.by()
		if err != nil {
			return err
		}
		token, hash := credential.NewInvitation(uuid.MustParse(string(t.ID)))
		i := postgres.Invitation{ID: newID(), Tenant: t.ID, Email: in.Email, Name: in.Name, Lang: in.Lang, CreatedAt: a.at, ExpiresAt: a.at.Add(invitationLasts)}
		for _, r := range in.Roles {
			i.Roles = append(i.Roles, string(r))
		}
		if err := a.tx.Invite(a, i, hash, by); err != nil {
			return err
		}
		out = Invited{i.ID, token, i.ExpiresAt}
		return a.audit(policy.Invite, a.userObject(t.ID), i.ID, "roles", strings.Join(i.Roles, " "), "tenant", string(t.ID))
	})
	return answer(out, err)
}

// checkInvite looks at every field, and whether the address is the actor's or a member's.
func (a *act) checkInvite(t postgres.Tenant, in Invite) error {
	if t.Status != "active" {
		return fault.New(fault.Conflict, "tenant_suspended")
	}
	fields := checkTexts(text{"name", in.Name, true, 200}, text{"email", in.Email, true, 254})
	if m, err := mail.ParseAddress(in.Email); in.Email != "" && (err != nil || m.Address != in.Email) {
		fields = append(fields, fault.At("email", "bad_email"))
	}
	if in.Lang != "it" && in.Lang != "en" {
		fields = append(fields, fault.At("lang", "not_an_option"))
	}
	if err := giveable(t.Kind, in.Roles, "roles"); err != nil {
		return err
	}
	if err := fault.OfFields(fields); err != nil {
		return err
	}
	self, err := a.tx.MemberRows(a, a.actor.Tenant, a.actor.User)
	if err != nil {
		return err
	}
	if len(self) > 0 && self[0].Email == in.Email {
		return a.refuse(a.userObject(t.ID), policy.Invite, "", fault.New(fault.Forbidden, "not_to_yourself"))
	}
	members, err := a.tx.MemberRows(a, t.ID, "")
	if err == nil && slices.ContainsFunc(members, func(m postgres.MemberRow) bool { return m.Email == in.Email }) {
		return fault.New(fault.Conflict, "already_member")
	}
	return err
}

// Invitations lists the invitations that wait, of an organisation or with an empty id of
// all the actor may see.
func (s *Service) Invitations(ctx context.Context, t tenant.ID) ([]postgres.Invitation, error) {
	var out []postgres.Invitation
	err := s.read(ctx, func(a *act) error {
		if t == "" && !a.may(policy.UserNetwork, policy.Invite) {
			t = a.actor.Tenant
		}
		if t != "" {
			if _, err := a.usersOf(t, policy.Invite); err != nil {
				return err
			}
		}
		var err error
		out, err = a.tx.OpenInvitations(a, t, a.at)
		return err
	})
	return answer(out, err)
}

// WithdrawInvitation takes an invitation back: its link leads nowhere from now on.
func (s *Service) WithdrawInvitation(ctx context.Context, id string) error {
	return s.write(ctx, func(a *act) error {
		if !a.may(policy.UserNetwork, policy.Invite) {
			if err := a.allow(policy.UserOwn, policy.Invite, loggedID(id)); err != nil {
				return err
			}
		}
		if err := validID(id); err != nil {
			return err
		}
		i, err := a.tx.Invitation(a, id)
		if err != nil {
			return err
		}
		if err := a.tx.WithdrawInvitation(a, i.Tenant, i.ID, a.at); err != nil {
			return err
		}
		return a.audit(policy.Invite, a.userObject(i.Tenant), i.ID, "step", "withdraw", "tenant", string(i.Tenant))
	})
}

// CheckInvitation answers NotFound where a token cannot be accepted any more, whatever the
// reason. Nobody is signed in: it tells nothing else.
func (s *Service) CheckInvitation(ctx context.Context, token string) error {
	return s.withInvitation(ctx, token, func(*postgres.Tx, postgres.Invitation, []byte) error { return nil })
}

// AcceptInvitation makes the user, or adds the roles to the account the address has
// already: then the password must be that account's. A link is used once; five wrong
// passwords void it. It asks no policy: who invited was asked.
func (s *Service) AcceptInvitation(ctx context.Context, token, password string) error {
	var refused error // what the caller is told although the count of failures is kept
	err := s.withInvitation(ctx, token, func(tx *postgres.Tx, i postgres.Invitation, hash []byte) error {
		refused = nil
		u, err := tx.UserByEmail(ctx, i.Email)
		switch {
		case fault.Is(err, fault.NotFound):
			if u, refused, err = s.invitedUser(ctx, tx, i, password); err != nil || refused != nil {
				return err
			}
		case err != nil:
			return err
		default:
			ok, _, err := credential.Verify(u.PasswordHash, password)
			if err != nil || !ok || u.Status != "active" {
				refused = fault.OfFields([]fault.Field{fault.At("password", "wrong_password")})
				return tx.CloseInvitation(ctx, i.Tenant, hash, s.now(), false)
			}
		}
		return s.joinTenant(ctx, tx, i, u.ID, hash)
	})
	if err == nil {
		err = refused
	}
	return err
}

// withInvitation finds and locks an open invitation.
func (s *Service) withInvitation(ctx context.Context, token string, fn func(*postgres.Tx, postgres.Invitation, []byte) error) error {
	place, hash, ok := credential.ParseInvitation(token)
	if !ok {
		return fault.Missing()
	}
	return s.db.AsSystem(ctx, postgres.JobInvite, func(tx *postgres.Tx) error {
		i, err := tx.FindInvitation(ctx, tenant.ID(uuid.UUID(place).String()), hash, s.now())
		if err != nil {
			return err
		}
		return fn(tx, i, hash)
	})
}

// invitedUser makes the account of somebody who has none; refused is what is wrong with
// the password he chose.
func (s *Service) invitedUser(ctx context.Context, tx *postgres.Tx, i postgres.Invitation, password string) (u postgres.User, refused, err error) {
	if code := credential.CheckStrength(password, i.Email, i.Name); code != "" {
		return u, fault.OfFields([]fault.Field{fault.At("password", code)}), nil
	}
	hash, err := credential.Hash(password)
	if err != nil {
		return u, nil, fmt.Errorf("service: hash password: %w", err)
	}
	u = postgres.User{ID: tenant.UserID(newID()), Email: i.Email, Name: i.Name, PasswordHash: hash, Lang: i.Lang}
	return u, nil, tx.InsertUser(ctx, u)
}

// joinTenant gives the roles, uses the invitation up and records it in the organisation.
func (s *Service) joinTenant(ctx context.Context, tx *postgres.Tx, i postgres.Invitation, u tenant.UserID, hash []byte) error {
	var roles []tenant.Role
	for _, r := range i.Roles {
		roles = append(roles, tenant.Role(r))
		if err := tx.InsertMember(ctx, i.Network, postgres.Member{User: u, Role: tenant.Role(r), Tenant: i.Tenant}); err != nil {
			return err
		}
	}
	if err := tx.MovePolicy(ctx, i.Network); err != nil {
		return err
	}
	if err := tx.CloseInvitation(ctx, i.Tenant, hash, s.now(), true); err != nil {
		return err
	}
	if err := tx.AuditFor(ctx, i.Tenant); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{At: s.now(), Actor: u, Tenant: i.Tenant, Roles: roles, Action: string(policy.Invite), Object: string(policy.UserOwn),
		ID: i.ID, Outcome: audit.Allowed, Detail: fault.Pairs("step", "accept", "user", string(u))})
}
