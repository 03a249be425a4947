// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// Member is a user in one organisation, as who runs its users sees him.
type Member struct {
	Tenant tenant.ID
	User   tenant.UserID
	Name   string
	// Email is empty for those who may see names only.
	Email string
	Roles []tenant.Role
	// Overseer marks who watches over the others, whom who runs the users does not suspend.
	Overseer bool
	// Suspended is since when he holds none of them; nil where he does.
	Suspended *time.Time
	// Self marks the actor, whom the actor cannot change.
	Self bool
}

// GiveableRoles lists the roles that can be given, and taken, in an organisation of a kind by
// who runs its users: none of those that watch over the others, lest he become one through a
// straw man or be rid of who watches him. The host of the installation gives and takes these,
// or a policy that two administrators put into force.
func GiveableRoles(k tenant.Kind) []tenant.Role {
	return slices.DeleteFunc(tenant.RolesOf(k), policy.Overseer)
}

// Users lists the members of an organisation, or with an empty id of all the actor may see:
// the network's for the secretariat, the own ones for an entity_admin, names alone for
// those who choose colleagues.
func (s *Service) Users(ctx context.Context, t tenant.ID) ([]Member, error) {
	var out []Member
	err := s.read(ctx, func(a *act) error {
		namesOnly := false
		switch {
		case t == "" && a.may(policy.UserNetwork, policy.List):
		case t == "" && !a.may(policy.UserOwn, policy.List) && a.may(policy.UserOwn, policy.ListNames):
			t, namesOnly = a.actor.Tenant, true
		default:
			if t == "" {
				t = a.actor.Tenant
			}
			if _, err := a.usersOf(t, policy.List); err != nil {
				return err
			}
		}
		rows, err := a.tx.MemberRows(a, t, "")
		if err != nil {
			return err
		}
		out = a.members(rows)
		if namesOnly {
			out = namesOf(out)
		}
		return nil
	})
	return answer(out, err)
}

func namesOf(list []Member) []Member {
	list = slices.DeleteFunc(list, func(m Member) bool { return m.Suspended != nil })
	for i := range list {
		list[i].Email = ""
	}
	return list
}

// members puts the roles of a member in one organisation together.
func (a *act) members(rows []postgres.MemberRow) (out []Member) {
	for _, r := range rows {
		if n := len(out); n > 0 && out[n-1].User == r.User && out[n-1].Tenant == r.Tenant {
			out[n-1].Roles = append(out[n-1].Roles, r.Role)
			continue
		}
		out = append(out, Member{Tenant: r.Tenant, User: r.User, Name: r.Name, Email: r.Email, Roles: []tenant.Role{r.Role}, Suspended: r.Suspended,
			Self: r.User == a.actor.User})
	}
	for i := range out {
		out[i].Overseer = slices.ContainsFunc(out[i].Roles, policy.Overseer)
	}
	return out
}

// usersOf asks whether the actor may do something to the users of an organisation, and
// loads it; NotFound outside the network.
func (a *act) usersOf(t tenant.ID, do policy.Action) (postgres.Tenant, error) {
	if !(t == a.actor.Tenant && a.may(policy.UserOwn, do)) {
		if err := a.allow(a.userObject(t), do, ""); err != nil {
			return postgres.Tenant{}, err
		}
	}
	if err := validID(t); err != nil {
		return postgres.Tenant{}, err
	}
	return a.tx.Tenant(a, t)
}

// userObject is what the users of an organisation are to the actor: the lead agency runs
// its own as those of the network.
func (a *act) userObject(t tenant.ID) policy.Object {
	if t == a.actor.Tenant && a.actor.Kind != tenant.LeadAgency {
		return policy.UserOwn
	}
	return policy.UserNetwork
}

// member loads a member whom the actor is about to change.
func (a *act) member(t tenant.ID, u tenant.UserID) (Member, postgres.Tenant, error) {
	where, err := a.usersOf(t, policy.Update)
	if err != nil {
		return Member{}, where, err
	}
	if err := validID(u); err != nil {
		return Member{}, where, err
	}
	rows, err := a.tx.MemberRows(a, t, u)
	if err != nil {
		return Member{}, where, err
	}
	if len(rows) == 0 {
		return Member{}, where, fault.Missing()
	}
	return a.members(rows)[0], where, nil
}

// GrantRole gives a member a role; it holds at his next request. Nobody gives himself one.
func (s *Service) GrantRole(ctx context.Context, t tenant.ID, u tenant.UserID, r tenant.Role) error {
	return s.changeMember(ctx, t, u, "grant", r, func(a *act, m Member, where postgres.Tenant, by postgres.By) error {
		switch {
		case m.Self:
			return a.refuse(a.userObject(t), policy.Update, string(u), fault.New(fault.Forbidden, "not_to_yourself"))
		case m.Suspended != nil:
			return fault.New(fault.Conflict, "user_suspended")
		case slices.Contains(m.Roles, r):
			return fault.New(fault.Conflict, "role_held")
		}
		if err := giveable(where.Kind, []tenant.Role{r}, "role"); err != nil {
			return err
		}
		return a.tx.GrantRole(a, postgres.Member{Tenant: t, User: u, Role: r}, by)
	})
}

// TakeRole takes a role from a member; it is gone at his next request. The last entity_admin
// or secretary stays, and who watches over the others does: Forbidden. A member without roles
// is none any more.
func (s *Service) TakeRole(ctx context.Context, t tenant.ID, u tenant.UserID, r tenant.Role) error {
	return s.changeMember(ctx, t, u, "take", r, func(a *act, m Member, _ postgres.Tenant, by postgres.By) error {
		if !slices.Contains(m.Roles, r) {
			return fault.Missing()
		}
		if policy.Overseer(r) {
			return a.refuse(a.userObject(t), policy.Update, string(u), fault.New(fault.Forbidden, "overseer"))
		}
		if err := a.notLast(m, r); err != nil {
			return err
		}
		return a.tx.TakeRole(a, postgres.Member{Tenant: t, User: u, Role: r}, by)
	})
}

// SuspendUser suspends a member in one organisation: what he holds elsewhere stays. Forbidden
// for who watches over the others.
func (s *Service) SuspendUser(ctx context.Context, t tenant.ID, u tenant.UserID) error {
	return s.suspendMember(ctx, t, u, true)
}

// ResumeUser lets a suspended member back in, with the roles he had.
func (s *Service) ResumeUser(ctx context.Context, t tenant.ID, u tenant.UserID) error {
	return s.suspendMember(ctx, t, u, false)
}

func (s *Service) suspendMember(ctx context.Context, t tenant.ID, u tenant.UserID, suspend bool) error {
	step := map[bool]string{true: "suspend", false: "resume"}[suspend]
	return s.changeMember(ctx, t, u, step, "", func(a *act, m Member, _ postgres.Tenant, by postgres.By) error {
		if m.Self {
			return a.refuse(a.userObject(t), policy.Update, string(u), fault.New(fault.Forbidden, "not_to_yourself"))
		}
		if (m.Suspended != nil) == suspend {
			return fault.New(fault.Conflict, "changed_meanwhile")
		}
		if suspend && m.Overseer {
			return a.refuse(a.userObject(t), policy.Update, string(u), fault.New(fault.Forbidden, "overseer"))
		}
		for _, r := range m.Roles {
			if err := a.notLast(m, r); err != nil && suspend {
				return err
			}
		}
		return a.tx.SuspendMember(a, t, u, suspend, by)
	})
}

// changeMember loads a member, changes him and records it.
func (s *Service) changeMember(ctx context.Context, t tenant.ID, u tenant.UserID, step string, r tenant.Role,
	change func(*act, Member, postgres.Tenant, postgres.By) error) error {
	return s.write(ctx, func(a *act) error {
		m, where, err := a.member(t, u)
		if err != nil {
			return err
		}
		by, err := a.by()
		if err != nil {
			return err
		}
		if err := change(a, m, where, by); err != nil {
			return err
		}
		return a.audit(policy.Update, a.userObject(t), string(u), "step", step, "role", string(r), "tenant", string(t))
	})
}

// notLast answers Conflict where too few others hold a role that is needed. A change under
// way elsewhere cannot slip by: both move the policy's version, and one of them decides anew.
func (a *act) notLast(m Member, r tenant.Role) error {
	if policy.LeastHolders(r) == 0 || m.Suspended != nil {
		return nil
	}
	n, err := a.tx.OtherHolders(a, postgres.Member{Tenant: m.Tenant, User: m.User, Role: r})
	if err == nil && n < policy.LeastHolders(r) {
		return fault.New(fault.Conflict, "last_administrator")
	}
	return err
}

// giveable complains of roles that the kind does not have, or that are not for who runs the
// users to give.
func giveable(k tenant.Kind, roles []tenant.Role, path string) error {
	if len(roles) == 0 {
		return fault.OfFields([]fault.Field{fault.At(path, "required")})
	}
	for _, r := range roles {
		switch {
		case !slices.Contains(tenant.RolesOf(k), r):
			return fault.OfFields([]fault.Field{fault.At(path, "not_an_option")})
		case policy.Overseer(r):
			return fault.OfFields([]fault.Field{fault.At(path, "given_by_host")})
		}
	}
	return nil
}
