// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
)

// Offers tells what the actor may do by the policy this process last saw: for what a page
// shows and a menu leads to. It grants nothing: each method asks for itself, in its
// transaction, under the version in force.
type Offers struct {
	actor tenant.Actor
	rules *policy.Snapshot
}

// Offers reads no database where the policy is known, so that a menu costs nothing.
// Unauthenticated for who holds no role where he acts.
func (s *Service) Offers(ctx context.Context) (Offers, error) {
	a, err := tenant.From(ctx)
	if err != nil {
		return Offers{}, fault.Wrap(err, fault.Unauthenticated, "sign_in")
	}
	rules, err := s.rules(ctx, a.Network)
	if err != nil {
		return Offers{}, err
	}
	// A kind that is claimed and not held is offered nothing, as the database would give it nothing.
	for _, r := range rules.Roles(a.User, a.Tenant) {
		if k, ok := tenant.KindOf(r); !ok || k != a.Kind {
			return Offers{}, fault.New(fault.Unauthenticated, "no_role")
		}
	}
	if len(rules.Roles(a.User, a.Tenant)) == 0 {
		return Offers{}, fault.New(fault.Unauthenticated, "no_role")
	}
	return Offers{a, rules}, nil
}

// May tells whether the policy allows something. False for the zero Offers.
func (o Offers) May(obj policy.Object, do policy.Action) bool {
	return o.rules != nil && o.rules.Allowed(o.actor, obj, do)
}

// Any tells whether the policy allows one of them.
func (o Offers) Any(list ...policy.Permission) bool {
	for _, p := range list {
		if o.May(p.Object, p.Action) {
			return true
		}
	}
	return false
}

// Courses tells whether the policy allows to look for courses, and one of the organisations
// has a catalog of them: the owner of a project, or those of Profile.Meets.
func (o Offers) Courses(owners ...tenant.ID) bool {
	return o.May(policy.CourseNetwork, policy.List) && slices.ContainsFunc(owners, func(owner tenant.ID) bool {
		return slices.ContainsFunc(o.rules.Extensions(owner), func(e policy.Extension) bool {
			return slices.ContainsFunc(e.Offers, func(offer string) bool { return strings.HasPrefix(offer, policy.OfferCatalog+":") })
		})
	})
}

// Users tells whether the policy allows something to the users of an organisation, or with
// an empty id of the whole network.
func (o Offers) Users(t tenant.ID, do policy.Action) bool {
	return o.May(policy.UserNetwork, do) || t == o.actor.Tenant && o.May(policy.UserOwn, do)
}
