// SPDX-License-Identifier: AGPL-3.0-or-later

// Package tenant says who acts and for which organisation.
//
// An Actor is put into a context once, where the request is authenticated, and taken out
// by the service that decides. A context without one is an error, never a default.
package tenant

import (
	"context"
	"errors"
	"fmt"
)

// ID is the UUID of an organisation, in canonical lower-case text.
type ID string

// UserID is the UUID of a user.
type UserID string

// NetworkID is the UUID of a network: one lead agency and its entities and services.
type NetworkID string

// Kind is what an organisation is in its network; it chooses the database role it works under.
type Kind string

const (
	// ImplementingEntity drafts and carries out projects (ente attuatore).
	ImplementingEntity Kind = "implementing_entity"
	// SocialServices co-designs and signs what is shared with it (servizi sociali territoriali).
	SocialServices Kind = "social_services"
	// LeadAgency evaluates, approves and administers (ente capofila).
	LeadAgency Kind = "lead_agency"
)

// Kinds lists the kinds in the order they are shown.
func Kinds() []Kind { return []Kind{ImplementingEntity, SocialServices, LeadAgency} }

// Role is a named bundle of rights in one organisation.
type Role string

// The roles of the network. Each belongs to one kind of organisation; see RolesOf.
const (
	Operator              Role = "operator"
	EntityManager         Role = "entity_manager"
	EntityAdmin           Role = "entity_admin"
	SocialWorker          Role = "social_worker"
	Evaluator             Role = "evaluator"
	Approver              Role = "approver"
	Secretariat           Role = "secretariat"
	PolicyAdmin           Role = "policy_admin"
	PluginAdmin           Role = "plugin_admin"
	Accountant            Role = "accountant"
	DataProtectionOfficer Role = "data_protection_officer"
)

// RolesOf lists the roles a kind of organisation can give.
func RolesOf(k Kind) []Role {
	switch k {
	case ImplementingEntity:
		return []Role{Operator, EntityManager, EntityAdmin}
	case SocialServices:
		return []Role{SocialWorker}
	case LeadAgency:
		return []Role{Evaluator, Approver, Secretariat, PolicyAdmin, PluginAdmin, Accountant, DataProtectionOfficer}
	}
	return nil
}

// KindOf tells the kind of organisation a role belongs to; ok is false for an unknown role.
func KindOf(r Role) (k Kind, ok bool) {
	for _, k := range Kinds() {
		for _, have := range RolesOf(k) {
			if have == r {
				return k, true
			}
		}
	}
	return "", false
}

// Actor is who acts, for which organisation, in which network.
type Actor struct {
	User    UserID
	Tenant  ID
	Kind    Kind
	Network NetworkID
	// Lang is the language that answers are wanted in, "it" or "en".
	Lang string
}

// ErrNoActor is returned by From for a context that was never authenticated.
var ErrNoActor = errors.New("tenant: no actor in context")

type actorKey struct{}

// With puts the actor into the context.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// From takes the actor out of the context, or returns ErrNoActor.
func From(ctx context.Context) (Actor, error) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	if !ok || a.Tenant == "" || a.User == "" {
		return Actor{}, ErrNoActor
	}
	return a, nil
}

// ValidUUID reports whether s is a UUID in canonical lower-case text. What passes may be
// put between quotes in an SQL statement.
func ValidUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// ParseID checks s and makes it an ID.
func ParseID(s string) (ID, error) {
	if !ValidUUID(s) {
		return "", fmt.Errorf("tenant: not a UUID")
	}
	return ID(s), nil
}
