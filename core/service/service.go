// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/seal"
	"github.com/satis-toscana/satis/core/tenant"
)

// Config is what a Service stands on.
type Config struct {
	DB     *postgres.DB
	Master *seal.Master
	// Plugins runs the subsidy rules; nil where the host runs none.
	Plugins *pluginhost.Host
	// Now is the clock; nil means the real one.
	Now    func() time.Time
	Logger *slog.Logger
}

// Service is the door. It is safe for concurrent use.
type Service struct {
	db       *postgres.DB
	master   *seal.Master
	plugins  *pluginhost.Host
	now      func() time.Time
	log      *slog.Logger
	policies policy.Store
	keys     sync.Map // tenant.ID → *seal.Keys
	tenants  sync.Map // tenant.ID → tenant.Actor without a user
	// directories names the organisations: tenant.NetworkID → *directory.
	directories sync.Map
	// extensions are the plugins in force: tenant.NetworkID → *inForceHere.
	extensions sync.Map
}

// New makes a Service.
func New(c Config) *Service {
	s := &Service{db: c.DB, master: c.Master, plugins: c.Plugins, now: c.Now, log: c.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// act is one actor's work in one transaction.
type act struct {
	context.Context
	*Service
	tx    *postgres.Tx
	actor tenant.Actor
	rules *policy.Snapshot
	at    time.Time
	// refused is the last act that was refused, by the policy or by a law above it, and why.
	refused *refusal
}

// refusal is an act that was refused, as the audit gets it where the error is of the kind.
type refusal struct {
	entry audit.Entry
	kind  fault.Kind
}

// read runs fn in a transaction that cannot write; write in one that can.
func (s *Service) read(ctx context.Context, fn func(*act) error) error { return s.do(ctx, false, fn) }
func (s *Service) write(ctx context.Context, fn func(*act) error) error {
	return s.do(ctx, true, fn)
}

// maxTries is how often a request is decided anew when the policy moves under it.
const maxTries = 5

func (s *Service) do(ctx context.Context, write bool, fn func(*act) error) error {
	actor, err := tenant.From(ctx)
	if err != nil {
		return fault.Wrap(err, fault.Unauthenticated, "sign_in")
	}
	for range maxTries {
		rules, err := s.rules(ctx, actor.Network)
		if err != nil {
			return err
		}
		if len(rules.Roles(actor.User, actor.Tenant)) == 0 {
			// He may hold one since this process last looked: ask before turning him away.
			if rules, err = s.reloaded(ctx, actor.Network); err != nil {
				return err
			}
			if len(rules.Roles(actor.User, actor.Tenant)) == 0 {
				return fault.New(fault.Unauthenticated, "no_role")
			}
		}
		a := &act{Context: ctx, Service: s, actor: actor, rules: rules, at: s.now().UTC().Truncate(time.Microsecond)}
		scope := postgres.Scope{Actor: actor, PolicyVersion: rules.Version(), Write: write}
		err = s.db.InTenant(ctx, scope, func(tx *postgres.Tx) error {
			a.tx = tx
			return fn(a)
		})
		if errors.Is(err, postgres.ErrPolicyMoved) {
			if err := s.reload(ctx, actor.Network); err != nil {
				return err
			}
			continue
		}
		if a.refused != nil && fault.Is(err, a.refused.kind) {
			s.recordRefusal(ctx, scope, a.refused.entry)
		}
		return err
	}
	return fault.New(fault.Unavailable, "policy_moving")
}

// recordRefusal writes what was refused into the audit. The act is refused either way.
func (s *Service) recordRefusal(ctx context.Context, scope postgres.Scope, e audit.Entry) {
	scope.Write = true
	err := s.db.InTenant(ctx, scope, func(tx *postgres.Tx) error { return audit.Append(ctx, tx, e) })
	if err != nil {
		s.log.WarnContext(ctx, "a refusal could not be recorded", "action", e.Action, "error", err)
	}
}

// rules gives the snapshot of a network's policy, loading it where it was never asked for.
func (s *Service) rules(ctx context.Context, n tenant.NetworkID) (*policy.Snapshot, error) {
	if snap, ok := s.policies.Get(n); ok {
		return snap, nil
	}
	return s.reloaded(ctx, n)
}

// reloaded loads the policy in force and gives its snapshot.
func (s *Service) reloaded(ctx context.Context, n tenant.NetworkID) (*policy.Snapshot, error) {
	if err := s.reload(ctx, n); err != nil {
		return nil, err
	}
	snap, ok := s.policies.Get(n)
	if !ok {
		return nil, fault.New(fault.Internal, "internal")
	}
	return snap, nil
}

// reload puts the policy in force into the store. One that does not compile leaves the
// last good version in place, and every transaction under it is refused by the database.
func (s *Service) reload(ctx context.Context, n tenant.NetworkID) error {
	var p postgres.PolicyInForce
	var plugins *extensions
	var offers []policy.Extension
	err := s.db.AsSystem(ctx, postgres.JobPolicy, func(tx *postgres.Tx) (err error) {
		if p, err = tx.Policy(ctx, n); err != nil {
			return err
		}
		if plugins, offers, err = s.reloadExtensions(ctx, tx, n, p.Version); err != nil {
			return err
		}
		return s.reloadDirectory(ctx, tx, n, p.Version)
	})
	if err != nil {
		return fmt.Errorf("service: load policy: %w", err)
	}
	rules, err := policy.Parse(p.Rules)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "policy_unusable")
	}
	grants := make([]policy.Grant, len(p.Members))
	for i, m := range p.Members {
		grants[i] = policy.Grant{User: m.User, Role: m.Role, Tenant: m.Tenant}
	}
	snap, err := policy.Compile(n, p.Version, rules, grants)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "policy_unusable")
	}
	extended, err := snap.WithExtensions(offers)
	if err != nil {
		// What cannot be told apart is offered to nobody; the rest of the product goes on.
		s.log.ErrorContext(ctx, "the plugins in force contradict each other: none is offered", "network", n, "error", err)
		extended, plugins = snap, &extensions{version: p.Version, known: plugins.known}
	}
	s.putExtensions(n, plugins)
	s.policies.Put(extended)
	return nil
}

// may asks the policy without consequence: for buttons and lists of events.
func (a *act) may(obj policy.Object, do policy.Action) bool { return a.rules.Allowed(a.actor, obj, do) }

// allow asks the policy and answers Forbidden, to be recorded, where it says no. id is the
// thing that was loaded, or empty.
func (a *act) allow(obj policy.Object, do policy.Action, id string) error {
	if a.may(obj, do) {
		return nil
	}
	return a.refuse(obj, do, id, fault.New(fault.Forbidden, "not_allowed"))
}

// refuse leaves word of a refusal for the audit, which gets it once the transaction is undone.
// Detail comes in pairs of codes, as for audit.
func (a *act) refuse(obj policy.Object, do policy.Action, id string, why error, detail ...string) error {
	e := a.entry(do, obj, id)
	e.Outcome, e.Detail = audit.Refused, fault.Pairs(detail...)
	a.refused = &refusal{e, fault.KindOf(why)}
	return why
}

func (a *act) entry(do policy.Action, obj policy.Object, id string) audit.Entry {
	return audit.Entry{At: a.at, Actor: a.actor.User, Tenant: a.actor.Tenant, Roles: a.rules.Roles(a.actor.User, a.actor.Tenant),
		Action: string(do), Object: string(obj), ID: id, Outcome: audit.Allowed, PolicyVersion: a.rules.Version()}
}

// audit appends what was done; detail comes in pairs of codes, never personal values. It
// is the last statement before the commit: the chain's head is locked for as short as can be.
func (a *act) audit(do policy.Action, obj policy.Object, id string, detail ...string) error {
	e := a.entry(do, obj, id)
	e.Detail = fault.Pairs(detail...)
	return audit.Append(a, a.tx, e)
}

// today is the civil date in Rome.
func (a *act) today() casework.Date { return casework.DateOf(a.at) }

// parameters are what the actor's network decided for itself.
func (a *act) parameters() (casework.Parameters, error) {
	_, pm, err := a.tx.Network(a, a.actor.Network)
	return pm, err
}

// tenantKeys opens a tenant's keys, once per process.
func (s *Service) tenantKeys(ctx context.Context, t tenant.ID) (*seal.Keys, error) {
	if k, ok := s.keys.Load(t); ok {
		return k.(*seal.Keys), nil
	}
	var wrapped []byte
	err := s.db.AsSystem(ctx, postgres.JobKeys, func(tx *postgres.Tx) (err error) {
		wrapped, err = tx.Keys(ctx, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("service: load keys: %w", err)
	}
	k, err := s.master.Open(t, wrapped)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "keys_unavailable")
	}
	s.keys.Store(t, k)
	return k, nil
}

// answer gives what a method found out, or the error alone: what could not be recorded in
// the audit is not told either.
func answer[T any](out T, err error) (T, error) {
	if err != nil {
		var nothing T
		return nothing, err
	}
	return out, nil
}

// newID makes a UUID that sorts by time of creation.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// validID refuses what is no UUID before it reaches the database, exactly as an unknown id.
func validID[T ~string](id T) error {
	if !tenant.ValidUUID(string(id)) {
		return fault.Missing()
	}
	return nil
}

// userName is the actor's own name, for signatures and histories.
func (a *act) userName() (string, error) { return a.tx.UserName(a, a.actor.User) }
