// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/satis-toscana/satis/core/tenant"
)

// The benchmarks compare three ways to the same decision, over organisations of one network:
//
//	index   what requests ask, with 64 actors at work
//	cold    the same, every question from another of all the actors: the processor's cache
//	        misses, in the actors' own ids too, are the greater part
//	casbin  the same snapshot's reference: rules shared by all organisations of a kind
//	naive   Casbin with the rules written out for every organisation, the usual first design
//
// go test ./core/policy -run - -bench . -benchmem

var benchSizes = []int{10, 1_000, 10_000}

// benchWorld is a policy at one size, with the actors that ask in turn.
type benchWorld struct {
	rules  []Rule
	grants []Grant
	actors []tenant.Actor
}

var benchWorlds sync.Map // size → func() benchWorld, built once however often b.N grows

// worldOf builds n organisations: one lead, a fifth services, the rest entities; everyone of
// a kind's roles is held by a user of its own.
func worldOf(b *testing.B, n int) benchWorld {
	b.Helper()
	build, _ := benchWorlds.LoadOrStore(n, sync.OnceValue(func() benchWorld {
		w := benchWorld{rules: mustDefaults(b)}
		user := 0
		for i := range n {
			kind := tenant.ImplementingEntity
			switch {
			case i == 0:
				kind = tenant.LeadAgency
			case i%5 == 0:
				kind = tenant.SocialServices
			}
			for _, role := range tenant.RolesOf(kind) {
				user++
				// Grants and actors spell their ids apart: comparing a string with itself is free.
				w.grants = append(w.grants, Grant{userID(user), role, tenantID(i)})
				w.actors = append(w.actors, tenant.Actor{User: userID(user), Tenant: tenantID(i), Kind: kind, Network: network})
			}
		}
		return w
	}))
	return build.(func() benchWorld)()
}

// some picks actors from all over the world, in an order that a cache cannot guess.
func (w benchWorld) some(n int) []tenant.Actor {
	order := rand.New(rand.NewPCG(1, 2)).Perm(len(w.actors))
	var out []tenant.Actor
	for _, i := range order[:min(n, len(order))] {
		out = append(out, w.actors[i])
	}
	return out
}

func BenchmarkAllowed(b *testing.B) {
	for _, n := range benchSizes {
		w := worldOf(b, n)
		b.Run(fmt.Sprintf("index/tenants=%d", n), func(b *testing.B) { benchIndex(b, w, w.some(64)) })
		b.Run(fmt.Sprintf("cold/tenants=%d", n), func(b *testing.B) { benchIndex(b, w, w.some(len(w.actors))) })
		b.Run(fmt.Sprintf("casbin/tenants=%d", n), func(b *testing.B) { benchCasbin(b, w, w.rules) })
		b.Run(fmt.Sprintf("naive/tenants=%d", n), func(b *testing.B) { benchCasbin(b, w, perTenant(w)) })
	}
}

func benchIndex(b *testing.B, w benchWorld, actors []tenant.Actor) {
	var store Store
	store.Put(mustCompile(b, 1, w.rules, w.grants))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s, _ := store.Get(network)
		s.Allowed(actors[i], ProjectOwn, Edit)
		if i++; i == len(actors) {
			i = 0
		}
	}
}

func benchCasbin(b *testing.B, w benchWorld, rules []Rule) {
	ref, err := newReference(rules, w.grants, nil)
	if err != nil {
		b.Fatal(err)
	}
	actors := w.some(64)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		a := actors[i%len(actors)]
		if _, _, err := ref.ask(a.User, a.Tenant, ProjectOwn, Edit); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// perTenant writes the default rules out for every organisation of their role's kind.
func perTenant(w benchWorld) []Rule {
	kinds := map[tenant.ID]tenant.Kind{}
	for _, a := range w.actors {
		kinds[a.Tenant] = a.Kind
	}
	var out []Rule
	for id, kind := range kinds {
		for _, r := range w.rules {
			if have, _ := tenant.KindOf(r.Role); have == kind {
				r.Tenant = id
				out = append(out, r)
			}
		}
	}
	return out
}

// BenchmarkCompile is the cost of a reload, of a published policy or a changed grant, without
// the reference, which is built when first asked.
func BenchmarkCompile(b *testing.B) {
	for _, n := range benchSizes {
		w := worldOf(b, n)
		b.Run(fmt.Sprintf("tenants=%d", n), func(b *testing.B) {
			for b.Loop() {
				mustCompile(b, 1, w.rules, w.grants)
			}
		})
	}
}
