// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/credential"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// Host is what whoever runs the installation can order from its command line: networks,
// organisations, users, roles, tokens, verification of the audit. It acts as the system
// role, which sees no case, and is never reachable over HTTP.
type Host struct{ s *Service }

// Host gives the orders of the command line.
func (s *Service) Host() Host { return Host{s} }

// hostUser stands for the host in the audit.
const hostUser tenant.UserID = "00000000-0000-0000-0000-000000000000"

// NewTenant describes an organisation to create.
type NewTenant struct {
	// Network is the one it joins; empty makes a new network, which a lead agency begins.
	Network        tenant.NetworkID
	NetworkName    string
	Kind           tenant.Kind
	Name           string
	Municipalities []string
}

// CreateTenant creates an organisation with its own keys; a lead agency without a network
// begins one, with the default policies and parameters.
func (h Host) CreateTenant(ctx context.Context, n NewTenant) (postgres.Tenant, error) {
	t := postgres.Tenant{ID: tenant.ID(newID()), Network: n.Network, Kind: n.Kind, Name: strings.TrimSpace(n.Name), Municipalities: n.Municipalities, Status: "active"}
	if t.Name == "" || !slices.Contains(tenant.Kinds(), n.Kind) {
		return t, fault.OfFields([]fault.Field{fault.At("kind", "not_an_option"), fault.At("name", "required")})
	}
	if n.Network == "" && n.Kind != tenant.LeadAgency {
		return t, fault.OfFields([]fault.Field{fault.At("network", "required")})
	}
	wrapped, err := h.s.master.NewKeys(t.ID)
	if err != nil {
		return t, fmt.Errorf("service: make keys: %w", err)
	}
	err = h.provision(ctx, t.ID, "create", "tenant@network", string(t.ID), func(tx *postgres.Tx) error {
		if t.Network == "" {
			t.Network = tenant.NetworkID(newID())
			if err := h.createNetwork(ctx, tx, t.Network, n.NetworkName); err != nil {
				return err
			}
		}
		if err := tx.InsertTenant(ctx, t); err != nil {
			return err
		}
		if err := tx.InsertKeys(ctx, t.ID, wrapped); err != nil {
			return err
		}
		return tx.MovePolicy(ctx, t.Network)
	})
	if err == nil && n.Network == "" {
		err = h.EnterBundled(ctx, t.Network)
	}
	return t, err
}

func (h Host) createNetwork(ctx context.Context, tx *postgres.Tx, id tenant.NetworkID, name string) error {
	rules, err := policy.Defaults()
	if err != nil {
		return fmt.Errorf("service: default policies: %w", err)
	}
	var text strings.Builder
	for _, r := range rules {
		text.WriteString(r.String() + "\n")
	}
	if err := tx.InsertNetwork(ctx, id, name, casework.DefaultParameters()); err != nil {
		return err
	}
	_, err = tx.PublishRules(ctx, id, text.String(), "default policies", h.s.now())
	return err
}

// NewUser describes a user to create, or an existing one to give a role to.
type NewUser struct {
	Email, Name, Password, Lang string
	Tenant                      tenant.ID
	Roles                       []tenant.Role
}

// PutUser creates a user where the address is new, and gives him the roles in the tenant.
// Invalid where he would hold two that watch over each other.
func (h Host) PutUser(ctx context.Context, n NewUser) (tenant.UserID, error) {
	n.Email = CleanEmail(n.Email)
	if n.Lang == "" {
		n.Lang = "it"
	}
	var id tenant.UserID
	err := h.provision(ctx, n.Tenant, "invite", "user@own", "", func(tx *postgres.Tx) error {
		t, err := tx.Tenant(ctx, n.Tenant)
		if err != nil {
			return err
		}
		if err := rolesFit(t.Kind, n.Roles); err != nil {
			return err
		}
		if id, err = h.findOrInsert(ctx, tx, n); err != nil {
			return err
		}
		if err := tx.MovePolicy(ctx, t.Network); err != nil { // whoever gives roles too waits from here on
			return err
		}
		held, err := tx.MemberRows(ctx, t.ID, id)
		if err != nil {
			return err
		}
		if err := rolesApart(held, n.Roles); err != nil {
			return err
		}
		for _, r := range n.Roles {
			if err := tx.InsertMember(ctx, t.Network, postgres.Member{User: id, Role: r, Tenant: t.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	return id, err
}

func rolesFit(k tenant.Kind, roles []tenant.Role) error {
	if len(roles) == 0 {
		return fault.OfFields([]fault.Field{fault.At("roles", "required")})
	}
	for _, r := range roles {
		if of, ok := tenant.KindOf(r); !ok || of != k {
			return fault.OfFields([]fault.Field{fault.At("roles", "not_an_option")})
		}
	}
	return nil
}

// rolesApart refuses new roles that would leave two that watch over each other in one hand.
func rolesApart(held []postgres.MemberRow, roles []tenant.Role) error {
	all := slices.Clone(roles)
	for _, m := range held {
		all = append(all, m.Role)
	}
	if slices.ContainsFunc(roles, policy.Overseer) && !policy.Apart(all) {
		return fault.OfFields([]fault.Field{fault.At("roles", "roles_apart")})
	}
	return nil
}

func (h Host) findOrInsert(ctx context.Context, tx *postgres.Tx, n NewUser) (tenant.UserID, error) {
	u, err := tx.UserByEmail(ctx, n.Email)
	if err == nil {
		return u.ID, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return "", err
	}
	if strings.TrimSpace(n.Name) == "" || !strings.Contains(n.Email, "@") {
		return "", fault.OfFields([]fault.Field{fault.At("email", "bad_email"), fault.At("name", "required")})
	}
	if code := credential.CheckStrength(n.Password, n.Email, n.Name); code != "" {
		return "", fault.OfFields([]fault.Field{fault.At("password", code)})
	}
	hash, err := credential.Hash(n.Password)
	if err != nil {
		return "", fmt.Errorf("service: hash password: %w", err)
	}
	id := tenant.UserID(newID())
	return id, tx.InsertUser(ctx, postgres.User{ID: id, Email: n.Email, Name: strings.TrimSpace(n.Name), PasswordHash: hash, Lang: n.Lang})
}

// TakeRole takes a role away; it is gone at the user's next request. Conflict where too few
// would be left in one that watches over the others: give it to somebody else first.
func (h Host) TakeRole(ctx context.Context, t tenant.ID, u tenant.UserID, r tenant.Role) error {
	return h.provision(ctx, t, "update", "user@own", string(u), func(tx *postgres.Tx) error {
		where, err := tx.Tenant(ctx, t)
		if err != nil {
			return err
		}
		if err := tx.MovePolicy(ctx, where.Network); err != nil { // whoever takes roles too waits from here on
			return err
		}
		m := postgres.Member{User: u, Role: r, Tenant: t}
		if err := tx.DeleteMember(ctx, m); err != nil {
			return err
		}
		left, err := tx.OtherHolders(ctx, m)
		if err != nil {
			return err
		}
		if policy.Overseer(r) && left < policy.LeastHolders(r) {
			return fault.New(fault.Conflict, "last_administrator")
		}
		return nil
	})
}

// SetTenantStatus suspends an organisation ("suspended") or lets it back in ("active").
func (h Host) SetTenantStatus(ctx context.Context, t tenant.ID, status string) error {
	if status != "active" && status != "suspended" {
		return fault.OfFields([]fault.Field{fault.At("status", "not_an_option")})
	}
	return h.provision(ctx, t, "suspend", "tenant@network", string(t), func(tx *postgres.Tx) error {
		where, err := tx.Tenant(ctx, t)
		if err != nil {
			return err
		}
		if err := tx.SetTenantStatus(ctx, t, status); err != nil {
			return err
		}
		return tx.MovePolicy(ctx, where.Network)
	})
}

// IssueToken makes an API token for a user in a tenant, in place of one of the same name;
// NotFound where he does not belong to it.
// The token is told once and never again.
func (h Host) IssueToken(ctx context.Context, t tenant.ID, u tenant.UserID, name string, lasts time.Duration) (string, error) {
	plain, hash := credential.NewToken()
	err := h.provision(ctx, t, "create", "token@self", string(u), func(tx *postgres.Tx) error {
		where, err := tx.Memberships(ctx, u)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(where, func(m postgres.Membership) bool { return m.Tenant == t }) {
			return fault.Missing()
		}
		if err := tx.DeleteTokens(ctx, t, u, name); err != nil {
			return err
		}
		return tx.InsertToken(ctx, postgres.Token{ID: newID(), Hash: hash, Tenant: t, User: u, Name: name,
			CreatedAt: h.s.now(), ExpiresAt: h.s.now().Add(lasts)})
	})
	return plain, err
}

// SetPassword stores a new password of a user.
func (h Host) SetPassword(ctx context.Context, email, password string) error {
	if code := credential.CheckStrength(password, email); code != "" {
		return fault.OfFields([]fault.Field{fault.At("password", code)})
	}
	hash, err := credential.Hash(password)
	if err != nil {
		return fmt.Errorf("service: hash password: %w", err)
	}
	return h.s.db.AsSystem(ctx, postgres.JobProvision, func(tx *postgres.Tx) error {
		u, err := tx.UserByEmail(ctx, CleanEmail(email))
		if err != nil {
			return err
		}
		where, err := tx.Memberships(ctx, u.ID)
		if err != nil {
			return err
		}
		if err := tx.SetPassword(ctx, u.ID, hash); err != nil {
			return err
		}
		for _, m := range where {
			if err := h.record(ctx, tx, m.Tenant, "update", "user@own", string(u.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// AllTenants lists every organisation of every network.
func (h Host) AllTenants(ctx context.Context) (out []postgres.Tenant, err error) {
	err = h.s.db.AsSystem(ctx, postgres.JobProvision, func(tx *postgres.Tx) (err error) {
		out, err = tx.Tenants(ctx)
		return err
	})
	return out, err
}

// ChainReport is what verification found of one tenant's chain.
type ChainReport struct {
	Tenant  postgres.Tenant
	Entries int64
	// Broken says where and how the chain is broken; nil where it holds.
	Broken error
}

// VerifyAudit follows every chain from its beginning.
func (h Host) VerifyAudit(ctx context.Context) ([]ChainReport, error) {
	tenants, err := h.AllTenants(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]ChainReport, 0, len(tenants))
	for _, t := range tenants {
		n, err := h.s.verifyChain(ctx, t.ID, func(ctx context.Context, fn func(*postgres.Tx) error) error {
			return h.s.db.AsSystem(ctx, postgres.JobAudit, fn)
		})
		if err != nil && !errors.Is(err, audit.ErrBroken) {
			return nil, err
		}
		out = append(out, ChainReport{Tenant: t, Entries: n, Broken: err})
	}
	return out, nil
}

// provision runs an order of the host and records it in the chain of the tenant it concerns.
func (h Host) provision(ctx context.Context, t tenant.ID, do policy.Action, obj policy.Object, id string, fn func(*postgres.Tx) error) error {
	return h.s.db.AsSystem(ctx, postgres.JobProvision, func(tx *postgres.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return h.record(ctx, tx, t, do, obj, id)
	})
}

// record puts an order of the host into an organisation's chain; detail comes in pairs of codes.
func (h Host) record(ctx context.Context, tx *postgres.Tx, t tenant.ID, do policy.Action, obj policy.Object, id string, detail ...string) error {
	if err := tx.AuditFor(ctx, t); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{At: h.s.now(), Actor: hostUser, Tenant: t, Action: string(do), Object: string(obj), ID: id, Outcome: audit.Allowed, Detail: fault.Pairs(detail...)})
}
